//! Lensframe: a dataset engine for computer vision.
pub mod error;
pub mod geometry;
pub mod job;
pub mod schema;
