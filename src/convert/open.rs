//! A path in any known format as a dataset.

use std::path::Path;

use tempfile::TempDir;

use super::format::{self, Found};
use super::options::{ImportOptions, ImportSummary};
use crate::dataset::store::Store;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;

/// A dataset that was opened by any path: a stored one as it is, anything else imported for as long as this
/// value lives.
///
/// An import for the moment links images, also into archives, and writes its tables below the system's folder
/// for temporary files; `convert` makes it fast and permanent.
pub struct Opened {
    store: Store,
    imported: Option<Imported>,
}

/// How a dataset came from another format.
pub struct Imported {
    /// The format, and what gave it away.
    pub found: Found,
    /// What the import said.
    pub summary: ImportSummary,
    _folder: TempDir,
}

impl Opened {
    /// The dataset.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where it came from, if it is not a stored dataset.
    pub fn imported(&self) -> Option<&Imported> {
        self.imported.as_ref()
    }
}

impl From<Store> for Opened {
    fn from(store: Store) -> Opened {
        Opened { store, imported: None }
    }
}

/// Opens the newest version of a stored dataset, or imports what is there for as long as the result lives.
///
/// ```
/// use lensframe::{convert::{self, ImportOptions}, job::Job};
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("val.json");
/// std::fs::write(&file, r#"{"images": [{"id": 7, "file_name": "a.jpg", "height": 2, "width": 3}],
///     "annotations": [], "categories": []}"#)?;
/// let opened = convert::open(&file, &ImportOptions::default(), &Job::new())?;
/// assert_eq!(opened.store().dataset().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is nothing; [`ErrorKind::Format`] for what is in no known format; those
/// of [`Store::open`] and of the format.
pub fn open(path: &Path, options: &ImportOptions, job: &Job) -> Result<Opened> {
    match Store::open(path) {
        Ok(store) => return Ok(store.into()),
        // No dataset there, which is not to say that nothing is.
        Err(error) if error.kind() == ErrorKind::NotFound && path.exists() => {}
        Err(error) => return Err(error),
    }
    let found = format::detect(path, &options.image_roots, job)?;
    let folder = tempfile::Builder::new()
        .prefix("lensframe-")
        .tempdir()
        .map_err(|e| Error::io("make a folder for temporary files", e))
        .at(|| Place::none().file(std::env::temp_dir()))?;
    let options = ImportOptions { momentary: true, ..options.clone() };
    let home = folder.path().join("import.lf");
    let summary = found.format.import_source(&found.source, &home, &options, job)?;
    let store = Store::open(&home)?;
    Ok(Opened { store, imported: Some(Imported { found, summary, _folder: folder }) })
}
