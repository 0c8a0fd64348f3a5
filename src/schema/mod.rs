//! What tables may hold: keys, axes, classes, types.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]
pub mod axis;
pub mod classes;
pub mod field;
pub mod huggingface;
pub mod labels;
pub mod types;
