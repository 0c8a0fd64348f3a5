//! Lensframe: a dataset engine for computer vision.
//!
//! A dataset is a set of Arrow tables; a *key* is a column; a *view* is a choice of rows and keys that copies
//! nothing. Foreign formats are converted in and out without loss.
//!
//! Two types to start from:
//! - [`dataset::Dataset`]: rows and keys of something, to slice, join, map, shuffle and read;
//! - [`dataset::store::Store`]: a dataset on disk, in one of its versions.
//!
//! ```
//! use lensframe::dataset::Dataset;
//!
//! // Columns of anything make a dataset; slices of it, and joins of slices, copy nothing.
//! let ds = Dataset::zip([("height", vec![480, 427, 640]), ("width", vec![640, 640, 427])])?;
//! let view = Dataset::concat([ds.slice(1..)?, ds.slice(..1)?])?.select("width")?;
//! assert_eq!(view.get(2)?.value().and_then(|v| v.as_int()), Some(640));
//! # Ok::<(), lensframe::error::Error>(())
//! ```
//!
//! The rooms, from the ground up (ARCHITECTURE.md walks through them):
//! - [`error`], [`job`], [`random`]: what every call may fail with, is handed, and draws from
//! - [`geometry`], [`image`], [`place`]: boxes, masks and points; label images; mapped files and what a writer may do to a folder
//! - [`schema`]: keys, object sets, class tables, Arrow types, the manifest
//! - [`dataset`]: sources, views, storage
//! - [`convert`]: foreign formats, in and out
//! - [`profile`]: what a dataset is made of, and what may be wrong with it
//! - [`model`], [`predict`]: networks, and what they find as an object set
//! - [`eval`]: predictions against the truth
//! - `cli`: the program, with feature `cli`
//!
//! Conventions hold everywhere: boxes are x, y, w, h in pixels, 0-based and half-open, unless a door asks for a
//! [`geometry::BoxLayout`]; sizes are (height, width); labels are 0..L-1 in the class table of their set.

pub mod augment;
#[cfg(feature = "cli")]
pub mod cli;
pub mod convert;
pub mod dataset;
pub mod draw;
pub mod error;
pub mod eval;
pub mod feed;
pub mod gallery;
pub mod geometry;
pub mod image;
pub mod job;
pub mod model;
pub mod place;
pub mod predict;
pub mod profile;
#[cfg(feature = "query")]
pub mod query;
pub mod random;
pub mod report;
pub mod schema;
pub mod synth;

/// The README's example is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
