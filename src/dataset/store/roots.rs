//! Roots: where relative image paths lead.
//!
//! A root is kept twice: as it was (absolute) and as seen from the dataset's folder, so that a dataset moved
//! together with its images still finds them. The relative one is looked at first.

use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use arrow_buffer::Buffer;
use serde_json::Map;

use crate::error::{Error, Place, Result};
use crate::job::Job;
use crate::place::{Tree, TreeOptions, relative as relative_path, within};
use crate::schema::manifest::Root;

/// The entry of a folder or archive of images for a dataset at `dataset`.
pub(super) fn entry(dataset: &Path, root: &Path) -> Root {
    let absolute = absolute(root);
    let relative = relative(&self::absolute(dataset), &absolute);
    Root {
        absolute: absolute.to_string_lossy().into_owned(),
        relative: relative.map(|p| p.to_string_lossy().into_owned()),
        rest: Map::new(),
    }
}

/// The places a root may be, best first.
fn places(dataset: &Path, root: &Root) -> Vec<PathBuf> {
    let near = root.relative.as_ref().map(|relative| dataset.join(relative));
    near.into_iter().chain([PathBuf::from(&root.absolute)]).collect()
}

/// The roots of a dataset, for reading images. Archives among them are opened when first needed.
pub(super) struct ImageRoots {
    /// For each place a root may be: its path, and the archive there.
    places: Vec<(PathBuf, OnceLock<Option<Tree>>)>,
}

impl ImageRoots {
    pub(super) fn of(dataset: &Path, roots: &[Root]) -> ImageRoots {
        let places = roots.iter().flat_map(|root| places(dataset, root));
        ImageRoots { places: places.map(|path| (path, OnceLock::new())).collect() }
    }

    /// The file a relative path leads to in the first root that is a folder and has it.
    pub(super) fn resolve(&self, path: &str) -> Option<PathBuf> {
        self.places.iter().filter_map(|(root, _)| within(root, path)).find(|path| path.is_file())
    }

    /// The length of the file a relative path leads to; `None` where no root has it.
    pub(super) fn bytes(&self, path: &str) -> Option<u64> {
        let length = |root: &Path, archive: &OnceLock<Option<Tree>>| {
            if root.is_dir() {
                let meta = std::fs::metadata(within(root, path)?).ok()?;
                return meta.is_file().then_some(meta.len());
            }
            relative_path(path).ok()?;
            archive.get_or_init(|| open(root)).as_ref()?.bytes(path).ok()
        };
        self.places.iter().find_map(|(root, archive)| length(root, archive))
    }

    /// The bytes a relative path leads to, in the first root that has it; `None` where none has.
    pub(super) fn read(&self, path: &str) -> Result<Option<Buffer>> {
        for (root, archive) in &self.places {
            // A folder is asked for the one file: listing it, as a tree does, is for those who want many.
            if root.is_dir() {
                if let Some(file) = within(root, path).filter(|file| file.is_file()) {
                    let bytes = std::fs::read(&file)
                        .map_err(|e| Error::io("read", e).at(Place::area("store").file(&file)))?;
                    return Ok(Some(Buffer::from_vec(bytes)));
                }
                continue;
            }
            if let Some(tree) = archive.get_or_init(|| open(root))
                && relative_path(path).is_ok()
                && tree.has_file(path)?
            {
                return tree.read(path).map(Some);
            }
        }
        Ok(None)
    }
}

/// The archive at a path, if there is one.
fn open(path: &Path) -> Option<Tree> {
    Tree::open(path, &TreeOptions::default(), &Job::new()).ok()
}

/// The path with links resolved where it exists, else made absolute by text.
fn absolute(path: &Path) -> PathBuf {
    let text = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    std::fs::canonicalize(path).unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        // A dataset that is not there yet: its parent is.
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
            std::fs::canonicalize(parent).map_or_else(|_| text(), |parent| parent.join(name))
        }
        _ => text(),
    })
}

/// `to` as seen from the folder `from`; `None` where they have nothing in common (drives).
fn relative(from: &Path, to: &Path) -> Option<PathBuf> {
    let (from, to): (Vec<Component>, Vec<Component>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return None;
    }
    let up = from.iter().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.iter().skip(shared).copied()).collect();
    Some(if path.as_os_str().is_empty() { PathBuf::from(".") } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_seen_from_the_dataset() {
        let seen = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).unwrap();
        assert_eq!(seen("/a/b/set.lf", "/a/b/images"), PathBuf::from("../images"));
        assert_eq!(seen("/a/set.lf", "/a/set.lf/in"), PathBuf::from("in"));
        assert_eq!(seen("/a", "/a"), PathBuf::from("."));
        assert_eq!(seen("/a/b", "/c"), PathBuf::from("../../c"));
    }
}
