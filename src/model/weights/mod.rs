//! Weights in files of their own, put into a graph by name.
//!
//! [`Weights`] is a file of named tensors, npz (NumPy's, Chainer's) or safetensors; a tensor is read when it is asked for.
//! A [`NameMap`] says which of them a value of a graph is, and `fill.rs` puts them there: [`Graph::fill`], or
//! [`Model::with_weights`] in one call. What does not fit is an error that lists all of it. Files may be damaged or
//! hostile: nothing is set aside on the word of a header alone, and no file makes a panic.
//!
//! ```no_run
//! use std::path::Path;
//! use lensframe::model::{Model, weights::{NameMap, Weights}};
//! let weights = Weights::open(Path::new("vgg16.npz"))?;
//! let names = NameMap::open(Path::new("vgg16.names.toml"))?;
//! let model = Model::open(Path::new("vgg16.onnx"))?.with_weights(&weights, &names)?;
//! # Ok::<(), lensframe::error::Error>(())
//! ```
//!
//! | file | noun |
//! |---|---|
//! | `file.rs` | [`Weights`]: a file of named tensors |
//! | `npz.rs`, `npy.rs` | zip archives of NumPy's arrays, and one array |
//! | `safetensors.rs` | tensors behind a header of JSON |
//! | `elements.rs` | bytes as elements, a piece at a time |
//! | `names.rs` | [`NameMap`]: names of a graph and keys of a file |
//! | `fill.rs` | [`Filled`]: a graph with its weights |
//!
//! [`Graph::fill`]: super::Graph::fill
//! [`Model::with_weights`]: super::Model::with_weights

mod elements;
mod file;
mod fill;
mod names;
mod npy;
mod npz;
mod safetensors;

#[cfg(test)]
mod tests;

pub use file::Weights;
pub use fill::Filled;
pub use names::{NameMap, Rule};
