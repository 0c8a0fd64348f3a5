//! Formats: foreign files into datasets and back.
//!
//! A [`Format`] reads a file, folder or archive into a dataset and writes views of datasets out; [`detect`] finds out
//! which one a path is in. Both directions of a format stand side by side in its module. What a target cannot
//! hold is counted in a [`LossReport`]; damage in a source is a counted warning of the job and, as far as it
//! can be, kept.
//!
//! ```no_run
//! use std::path::Path;
//! use lensframe::{convert::{self, ImportOptions}, job::Job};
//! let (src, dst) = (Path::new("coco"), Path::new("coco.lf"));
//! let found = convert::detect(src, &[], &Job::new())?;
//! found.format.import_source(&found.source, dst, &ImportOptions::default(), &Job::new())?;
//! # Ok::<(), lensframe::error::Error>(())
//! ```

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

pub mod cityscapes;
pub mod coco;
mod column;
mod export;
mod format;
pub mod json;
mod loss;
mod open;
mod options;
mod pack;
pub mod panoptic;
mod photos;
mod save;
mod sink;
mod source;
pub mod voc;

pub use format::{Format, Found, detect, format, formats};
pub use loss::{Loss, LossReport};
pub use open::{Imported, Opened, open};
pub use options::{
    Coords, ExportImages, ExportOptions, ExportSummary, ImageFolder, Images, ImagesSummary, ImportOptions,
    ImportSummary, OnError,
};
pub use pack::{PackSummary, pack};
pub use save::{SaveOptions, SaveSummary, save};
pub use source::Source;
