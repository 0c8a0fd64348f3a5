//! Pascal VOC: a folder of XML annotations, lists of images and label PNGs, into Arrow groups and back.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod check;
mod classes;
mod export;
mod extra;
mod file;
mod finder;
mod images;
mod import;
mod layout;
mod list;
mod masks;
mod number;
mod objects;
mod pass;
mod plan;
mod prepare;
mod render;
mod residue;
mod rows;
mod shape;
mod slot;
mod survey;
mod tuple;
mod values;
pub mod xml;

pub use export::export;
pub use import::import;
pub(in crate::convert) use import::{detect, import_source};
