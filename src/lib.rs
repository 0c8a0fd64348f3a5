//! Lensframe: a dataset engine for computer vision.
pub mod convert;
pub mod dataset;
pub mod error;
pub mod geometry;
pub mod job;
pub mod place;
pub mod random;
pub mod schema;
