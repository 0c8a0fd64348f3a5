//! What a dataset's tables may hold: keys, object sets, class tables, Arrow types, and the manifest.
//!
//! A *key* is a column. A *row* key holds one value an image; an *object* key holds a list an image, one
//! element an object, and belongs to an *object set*: all keys of a set have the same list length in every
//! row. The field's metadata [`axis`] is the authority on which it is. The default set (the truth) has bare
//! names (`bbox`), other sets are prefixed (`r50.bbox`).
//!
//! - [`axis`]: row or object, and how names are joined and split
//! - [`field`]: the Arrow field of every known key
//! - [`boxes`]: the form that boxes are in
//! - [`classes`]: class tables, [`labels`]: those of the well-known datasets
//! - [`types`]: Arrow types as text, and how they widen
//! - [`manifest`]: a version of a dataset on disk
//! - [`nearest`]: names like the one that was meant
//! - [`huggingface`]: what tells Hugging Face `datasets` which keys are images and classes

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

pub mod axis;
pub mod boxes;
pub mod classes;
pub mod field;
pub mod huggingface;
pub mod labels;
pub mod manifest;
mod nearest;
pub mod types;

pub use nearest::nearest;
