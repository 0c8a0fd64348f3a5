//! Pascal VOC: a folder of XML annotations, lists of images and label PNGs, into Arrow groups and back.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod render;
mod shape;
pub mod xml;
