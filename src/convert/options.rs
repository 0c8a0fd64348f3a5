//! What every conversion can be told, and what it tells.

use std::path::PathBuf;

use super::loss::LossReport;

/// What an export does with images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportImages {
    /// Writes embedded images out as files, leaves linked ones where they are.
    #[default]
    Auto,
    /// Writes embedded images out and copies linked ones.
    Copy,
    /// Writes none.
    None,
}

/// How to export.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// Only this object set (`""` is the default set); `None` for all.
    pub set: Option<String>,
    /// Files that are there may be replaced.
    pub replace: bool,
    /// What to do with images.
    pub images: ExportImages,
    /// Members that the format's evaluation needs and the dataset does not say are made up: for COCO, `area`
    /// is width × height of the box, `iscrowd` is 0.
    pub fill: bool,
}

/// What an export wrote.
#[derive(Clone, Debug, Default)]
pub struct ExportSummary {
    /// The files, in the order they were finished.
    pub files: Vec<PathBuf>,
    /// Rows that are in at least one file.
    pub rows: u64,
    /// Annotations in all files.
    pub objects: u64,
    /// Images written.
    pub images: u64,
    /// What the format could not hold.
    pub loss: LossReport,
}
