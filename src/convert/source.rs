//! What is imported: a folder, an archive, or one file with what lies around it.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;
use crate::place::{Tree, TreeKind, TreeOptions};

use super::options::ImportOptions;
use super::photos::join;

/// A path to import, opened for looking into.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    tree: Tree,
    file: Option<String>,
}

impl Source {
    /// Opens a path. Links in a folder are followed into the folder itself and into `roots`, nowhere else.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is nothing; those of [`Tree::open`].
    pub fn open(path: &Path, roots: &[PathBuf], job: &Job) -> Result<Source> {
        let place = || Place::area("convert").file(path);
        let meta = std::fs::metadata(path).map_err(|e| Error::io("look at", e).at(place()))?;
        let mut options = TreeOptions { roots: roots.to_vec(), ..TreeOptions::default() };
        if meta.is_dir() || Tree::is_tree(path) {
            let tree = Tree::open(path, &options, job)?;
            return Ok(Source { path: path.to_owned(), tree, file: None });
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The file was named by hand: wherever a link leads, it is meant.
        let real = std::fs::canonicalize(path).map_err(|e| Error::io("look at", e).at(place()))?;
        options.roots.extend(real.parent().map(Path::to_owned));
        let name = path.file_name().and_then(|n| n.to_str()).ok_or_else(|| {
            Error::new(ErrorKind::Format, "a file whose name is not UTF-8").at(place()).remedy("rename it")
        })?;
        let inner = folder.file_name().and_then(|n| n.to_str()).filter(|n| *n == "annotations");
        let above = folder.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p });
        // `annotations/x.json` belongs to the dataset that `annotations` is a folder of.
        let (root, file) = match (inner, above) {
            (Some(inner), Some(above)) => (above, format!("{inner}/{name}")),
            _ => (folder, name.to_owned()),
        };
        let tree = Tree::open(root, &options, job).at(place)?;
        Ok(Source { path: path.to_owned(), tree, file: Some(file) })
    }

    /// What was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tree: the folder or archive that was named, or the one around the file.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The one file that was named, as a member of the tree; `None` where the whole tree was.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Looks into the first files of the first folders, for the error that reading them gives, if one does.
    ///
    /// # Errors
    /// Those of the tree: a folder that may not be read, an archive that is damaged or encrypted, a link that a
    /// strict job does not pass over.
    pub(in crate::convert) fn try_reading(&self) -> Result<()> {
        let mut folder = String::new();
        for _ in 0..4 {
            let listing = self.tree.list(&folder)?;
            for name in listing.files().take(16) {
                self.tree.head(&join(&folder, name), 64)?;
            }
            let Some(next) = listing.folders().next() else { break };
            folder = join(&folder, next);
        }
        Ok(())
    }

    /// The same source seen from a folder of its tree.
    #[must_use]
    pub(in crate::convert) fn within(&self, folder: &str) -> Source {
        Source { path: self.path.clone(), tree: self.tree.within(folder), file: None }
    }

    /// The only folder at the top, where nothing else is: archives as a rule hold one.
    pub(in crate::convert) fn only_folder(&self) -> Option<String> {
        if self.file.is_some() {
            return None;
        }
        let listing = self.tree.list("").ok()?;
        // What file managers leave in archives.
        let litter = |name: &&str| name.starts_with('.') || *name == "__MACOSX";
        let mut folders = listing.folders().filter(|name| !litter(name));
        let only = folders.next().filter(|_| folders.next().is_none())?;
        listing.files().all(|name| litter(&name)).then(|| only.to_owned())
    }

    /// Which state of these members is read, as a hash of their names, lengths and times, or of those of the
    /// archive they are in.
    ///
    /// # Errors
    /// The operating system's.
    pub(in crate::convert) fn stamps<'a>(
        &self,
        mut members: impl Iterator<Item = &'a str>,
    ) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        let mut stamp = |path: &Path| -> Result<()> {
            let meta = std::fs::metadata(path)
                .map_err(|e| Error::io("look at", e).at(Place::area("convert").file(path)))?;
            let time = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            hasher.update(path.as_os_str().as_encoded_bytes());
            hasher.update(&[0]);
            hasher.update(&meta.len().to_le_bytes());
            hasher.update(&time.map_or(0, |t| t.as_nanos()).to_le_bytes());
            Ok(())
        };
        match self.tree.kind() {
            TreeKind::Folder => members.try_for_each(|m| stamp(&self.tree.name(m)))?,
            _ => stamp(self.tree.path())?,
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// The trees that images are sought in: those of the options, else the source's own.
    ///
    /// # Errors
    /// Those of [`Tree::open`].
    pub(in crate::convert) fn image_trees(&self, options: &ImportOptions, job: &Job) -> Result<Vec<Tree>> {
        if options.image_roots.is_empty() {
            return Ok(vec![self.tree.clone()]);
        }
        let tree_options = TreeOptions { roots: options.image_roots.clone(), ..TreeOptions::default() };
        let open = |path: &PathBuf| Tree::open(path, &tree_options, job).at(|| Place::area("image root"));
        options.image_roots.iter().map(open).collect()
    }
}
