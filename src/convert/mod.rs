//! Formats: foreign files into datasets and back.
//!
//! A [`Format`] reads a file or folder into a dataset and writes views of datasets out; [`detect`] finds out
//! which one a path is in. Both directions of a format stand side by side in its module. What a target cannot
//! hold is counted in a [`LossReport`]; damage in a source is a counted warning of the job and, as far as it
//! can be, kept.
//!
//! ```no_run
//! use std::path::Path;
//! use lensframe::{convert::{self, ImportOptions}, job::Job};
//! let (src, dst) = (Path::new("coco"), Path::new("coco.lf"));
//! convert::detect(src)?.format.import(src, dst, &ImportOptions::default(), &Job::new())?;
//! # Ok::<(), lensframe::error::Error>(())
//! ```

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

pub mod coco;
mod column;
mod format;
pub mod json;
mod loss;
mod options;
pub mod voc;

pub use coco::{Images, ImagesSummary, ImportOptions, ImportSummary};
pub use format::{Format, Found, detect, format, formats};
pub use loss::LossReport;
pub use options::{ExportImages, ExportOptions, ExportSummary};
