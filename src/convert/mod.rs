//! Formats: foreign files into datasets and back.
#![deny(clippy::indexing_slicing, clippy::as_conversions)]
pub mod coco;
pub mod json;
