//! The formats that can be read and written, and how one is found out from a path.

use std::path::Path;

use super::coco;
use super::coco::{ImportOptions, ImportSummary};
use super::options::{ExportOptions, ExportSummary};
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// A file format: what it is called, what it can hold, and how it is read and written.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    name: &'static str,
    reads: &'static str,
    writes: &'static str,
    detect: fn(&Path) -> Option<String>,
    import: fn(&Path, &Path, &ImportOptions, &Job) -> Result<ImportSummary>,
    export: fn(&Store, &Dataset, &Path, &ExportOptions, &Job) -> Result<ExportSummary>,
}

/// Every format, in the order in which a path is tried.
static FORMATS: [Format; 1] = [Format {
    name: "coco",
    reads: "instances, person_keypoints, captions, stuff, labels, image_info, results",
    writes: "the same",
    detect: |path| coco::detect(path).map(|found| found.why),
    import: coco::import,
    export: coco::export,
}];

/// A format that a path was found to be in, and what gave it away.
#[derive(Clone, Debug)]
pub struct Found {
    /// The format.
    pub format: &'static Format,
    /// What gave it away, for people.
    pub why: String,
}

/// The formats there are.
///
/// ```
/// assert!(lensframe::convert::formats().iter().any(|format| format.name() == "coco"));
/// ```
pub fn formats() -> &'static [Format] {
    &FORMATS
}

/// The format of this name.
///
/// # Errors
/// [`ErrorKind::NotFound`], naming those there are.
pub fn format(name: &str) -> Result<&'static Format> {
    FORMATS.iter().find(|f| f.name == name).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
        Error::new(ErrorKind::NotFound, format!("no format '{name}'"))
            .at(Place::area("convert"))
            .remedy(format!("there are: {}", known.join(", ")))
    })
}

/// The format of a file or folder, by what lies there.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is nothing, [`ErrorKind::Format`] if no format is recognised.
pub fn detect(path: &Path) -> Result<Found> {
    let place = || Place::area("convert").file(path);
    if !path.exists() {
        return Err(Error::new(ErrorKind::NotFound, "no such file or folder").at(place()));
    }
    let found = FORMATS.iter().find_map(|format| Some(Found { format, why: (format.detect)(path)? }));
    found.ok_or_else(|| {
        Error::new(ErrorKind::Format, "in no format that is known here")
            .at(place())
            .remedy("name it with --from; `lensframe formats` lists them")
    })
}

impl Format {
    /// What it is called on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What of it can be read, for people.
    pub fn reads(&self) -> &'static str {
        self.reads
    }

    /// What of it can be written, for people.
    pub fn writes(&self) -> &'static str {
        self.writes
    }

    /// Makes a dataset at `dst` of what is at `src`.
    ///
    /// # Errors
    /// Those of the format and of [`crate::dataset::store::Writer`]. Then there is no dataset, or the old one.
    pub fn import(
        &self,
        src: &Path,
        dst: &Path,
        options: &ImportOptions,
        job: &Job,
    ) -> Result<ImportSummary> {
        (self.import)(src, dst, options, job)
    }

    /// Writes a view of a stored dataset to `dst`.
    ///
    /// # Errors
    /// Those of the format. Then nothing has been given its name at `dst`.
    pub fn export(
        &self,
        store: &Store,
        ds: &Dataset,
        dst: &Path,
        options: &ExportOptions,
        job: &Job,
    ) -> Result<ExportSummary> {
        (self.export)(store, ds, dst, options, job)
    }
}
