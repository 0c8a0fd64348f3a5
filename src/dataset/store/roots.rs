//! Roots: where relative image paths lead.
//!
//! A root is kept twice: as it was (absolute) and as seen from the dataset's folder, so that a dataset moved
//! together with its images still finds them. The relative one is looked at first.

use std::path::{Component, Path, PathBuf};

use serde_json::Map;

use crate::schema::manifest::Root;

/// The entry of a folder of images for a dataset at `dataset`.
pub(super) fn entry(dataset: &Path, root: &Path) -> Root {
    let absolute = absolute(root);
    let relative = relative(&self::absolute(dataset), &absolute);
    Root {
        absolute: absolute.to_string_lossy().into_owned(),
        relative: relative.map(|p| p.to_string_lossy().into_owned()),
        rest: Map::new(),
    }
}

/// The folders a root may be, best first.
pub(super) fn folders(dataset: &Path, root: &Root) -> Vec<PathBuf> {
    let near = root.relative.as_ref().map(|relative| dataset.join(relative));
    near.into_iter().chain([PathBuf::from(&root.absolute)]).collect()
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
