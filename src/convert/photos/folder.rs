//! Folders that images may be in, and the choice between them.

use super::name::{join, safe_path};
use crate::error::Result;
use crate::place::Tree;

/// How many file names decide which folder is the right one.
pub(in crate::convert) const SAMPLE: usize = 16;

/// A folder of one of the trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::convert) struct Folder {
    pub(in crate::convert) tree: usize,
    pub(in crate::convert) path: String,
}

/// The folder, among those offered, that has the most of some file names; the first of equals. `None` where
/// none has any.
///
/// # Errors
/// Those of the trees.
pub(in crate::convert) fn best_folder(
    trees: &[Tree],
    offered: Vec<Folder>,
    names: &[String],
) -> Result<Option<Folder>> {
    let mut best: Option<(usize, Folder)> = None;
    for folder in offered {
        let Some(tree) = trees.get(folder.tree) else { continue };
        let mut found = 0;
        for name in names.iter().filter_map(|name| safe_path(name).ok()) {
            found += usize::from(tree.has_file(&join(&folder.path, &name))?);
        }
        if found > best.as_ref().map_or(0, |(found, _)| *found) {
            best = Some((found, folder));
        }
    }
    Ok(best.map(|(_, folder)| folder))
}
