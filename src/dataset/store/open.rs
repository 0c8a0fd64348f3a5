//! [`Store`]: a version of a dataset, opened.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_buffer::Buffer;

use super::commit;
use super::group_file::check_length;
use super::stored::Stored;
use crate::dataset::{Dataset, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;
use crate::schema::manifest::Version;

/// A version of a dataset on disk. Cheap to clone; its files are opened when first read.
///
/// What it shows never changes: another writer's commit is another version.
#[derive(Clone)]
pub struct Store {
    path: PathBuf,
    version: Arc<Version>,
    stored: Arc<Stored>,
}

impl Store {
    /// Opens the newest version.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no dataset; [`ErrorKind::Corrupt`] for a manifest that is torn or
    /// foreign, naming it and the version before it (an older one is never taken silently);
    /// [`ErrorKind::Unsupported`] for a format or need this build does not know.
    pub fn open(path: &Path) -> Result<Store> {
        Store::of(path, existing(path)?)
    }

    /// Opens one version.
    ///
    /// # Errors
    /// As [`Store::open`]; [`ErrorKind::NotFound`] also for a version that is not there.
    pub fn open_version(path: &Path, version: u64) -> Result<Store> {
        let there = commit::versions(path)?;
        if there.is_empty() {
            existing(path)?;
        }
        if !there.contains(&version) {
            let known: Vec<String> = there.iter().map(u64::to_string).collect();
            return Err(Error::new(ErrorKind::NotFound, format!("no version {version}"))
                .at(Place::area("store").file(path))
                .remedy(format!("there are: {}", known.join(", "))));
        }
        Store::of(path, commit::read_version(path, version)?)
    }

    pub(super) fn of(path: &Path, version: Version) -> Result<Store> {
        let version = Arc::new(version);
        let stored =
            Stored::of(path, Arc::clone(&version)).map_err(|e| e.at(Place::area("store").file(path)))?;
        Ok(Store { path: path.to_owned(), version, stored: Arc::new(stored) })
    }

    /// The manifest.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The dataset's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The live rows and all keys: groups in their order, without `row` and with `image_id` once. Image keys
    /// are read as [`crate::schema::field::image_view_type`].
    pub fn dataset(&self) -> Dataset {
        Dataset::from_arc(Arc::clone(&self.stored) as _)
    }

    pub(super) fn stored(&self) -> &Arc<Stored> {
        &self.stored
    }

    /// The names of the saved views.
    pub fn views(&self) -> impl Iterator<Item = &str> {
        self.version.views.keys().map(String::as_str)
    }

    /// A saved view: its rows in their order, those deleted since left out.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], naming the views there are.
    pub fn view(&self, name: &str) -> Result<Dataset> {
        let view = self.version.views.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.views().collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Error::new(ErrorKind::NotFound, format!("no view '{name}'"))
                .at(Place::area("store").file(&self.path))
                .remedy(format!("there are: {known}"))
        })?;
        self.dataset().choose(&self.stored.live().view(view)?)
    }

    /// The object sets that have a class table; `""` is the default set.
    pub fn sets(&self) -> impl Iterator<Item = &str> {
        self.version.sets.keys().map(String::as_str)
    }

    /// The class table of a set.
    pub fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.version.class_table(set)
    }

    /// Opens a side file; `None` if the dataset has none of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if it has another length than its manifest says; the operating system's.
    pub fn read_residue(&self, name: &str) -> Result<Option<File>> {
        let Some(entry) = self.version.residue.get(name) else { return Ok(None) };
        let path = self.path.join(&entry.path);
        check_length(&path, entry)?;
        File::open(&path).map(Some).map_err(|e| Error::io("open", e).at(Place::area("store").file(&path)))
    }

    /// The encoded bytes of an image value (`{bytes, path}`): those stored, else the file its path leads to.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] for a value that is no image, [`ErrorKind::NotFound`] where it has neither bytes nor
    /// a path that leads to a file below a root.
    pub fn image_bytes(&self, image: &Value) -> Result<Buffer> {
        match (image.member("bytes"), image.member("path")) {
            (Some(Value::Bytes(bytes)), _) => Ok(bytes.clone()),
            (_, Some(Value::Text(path))) => self.stored.image(path),
            (Some(_), Some(_)) => Err(Error::new(ErrorKind::NotFound, "an image without bytes and path")
                .at(Place::area("store").file(&self.path))),
            _ => Err(Error::new(ErrorKind::Type, "the value is not an image")
                .at(Place::area("store").file(&self.path))),
        }
    }

    /// How long the encoded bytes of an image value are; `None` where there are none.
    pub fn image_length(&self, image: &Value) -> Option<u64> {
        match (image.member("bytes"), image.member("path")) {
            (Some(Value::Bytes(bytes)), _) => u64::try_from(bytes.len()).ok(),
            (_, Some(Value::Text(path))) => self.stored.images().bytes(path),
            _ => None,
        }
    }

    /// The file a relative image path leads to, in the first root that is a folder and has it. The text cannot
    /// leave its root (no `..`, nothing absolute); links below a root are followed.
    pub fn resolve(&self, path: &str) -> Option<PathBuf> {
        self.stored.images().resolve(path)
    }
}

/// The newest version of the dataset that must be at `path`.
pub(super) fn existing(path: &Path) -> Result<Version> {
    let place = || Place::area("store").file(path);
    match commit::newest(path)? {
        Some(version) => Ok(version),
        None if path.is_file() => Err(Error::new(ErrorKind::NotFound, "a file, not a dataset folder")
            .at(place())
            .remedy("convert it into a dataset first")),
        None if path.is_dir() => {
            Err(Error::new(ErrorKind::NotFound, "no dataset in this folder: it has no version")
                .at(place())
                .remedy("name a folder that 'lensframe convert' made"))
        }
        None => Err(Error::new(ErrorKind::NotFound, "no such dataset").at(place())),
    }
}
