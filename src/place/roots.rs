//! An ordered list of trees that relative paths are looked up in.
//!
//! A dataset stores the paths of its photographs relative to its roots. The first root that has a path wins.

use std::path::PathBuf;

use super::limits::TreeOptions;
use super::listing::Entry;
use super::tree::Tree;
use crate::error::Result;
use crate::job::Job;

/// Trees in the order in which they are asked. A root may be a folder or an archive.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    trees: Vec<Tree>,
}

impl Roots {
    /// Opens every root. Links in one root may lead into the others.
    ///
    /// # Errors
    /// As [`Tree::open`], for the first that cannot be opened.
    pub fn open(paths: &[PathBuf], options: &TreeOptions, job: &Job) -> Result<Roots> {
        let mut options = options.clone();
        options.roots.extend(paths.iter().filter(|path| path.is_dir()).cloned());
        let trees = paths.iter().map(|path| Tree::open(path, &options, job)).collect::<Result<_>>()?;
        Ok(Roots { trees })
    }

    /// Trees that are already open, in this order.
    pub fn of(trees: Vec<Tree>) -> Roots {
        Roots { trees }
    }

    /// The trees in order.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The first root that has a path, and what is there.
    ///
    /// # Errors
    /// As [`Tree::find`].
    pub fn find(&self, member: &str) -> Result<Option<(&Tree, Entry)>> {
        for tree in &self.trees {
            if let Some(entry) = tree.find(member)? {
                return Ok(Some((tree, entry)));
            }
        }
        Ok(None)
    }
}
