//! What is in one folder of a tree, in the order of the names' bytes.
//!
//! Names lie one behind the other in one text: a folder of a million images costs its names and five bytes
//! for each.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// What a member of a tree is. Nothing else is listed: no links (they are what they lead to), no devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// Bytes.
    File,
    /// A folder, also one that is only implied by the path of a file in it.
    Folder,
}

/// A member of a tree: its last path part and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The last part of its path.
    pub name: String,
    /// File or folder.
    pub kind: EntryKind,
}

/// The files and folders in one folder, sorted by the bytes of their names; no name stands twice.
///
/// ```
/// use lensframe::place::{EntryKind, Tree, TreeOptions};
/// # fn main() -> lensframe::error::Result<()> {
/// # let dir = tempfile::tempdir().map_err(|e| lensframe::error::Error::io("make", e))?;
/// # std::fs::create_dir(dir.path().join("JPEGImages")).map_err(|e| lensframe::error::Error::io("make", e))?;
/// # std::fs::write(dir.path().join("a.xml"), "<a/>").map_err(|e| lensframe::error::Error::io("write", e))?;
/// let tree = Tree::open(dir.path(), &TreeOptions::default(), &lensframe::job::Job::new())?;
/// let listing = tree.list("")?;
/// assert_eq!(listing.files().collect::<Vec<_>>(), ["a.xml"]);
/// assert_eq!(listing.get("JPEGImages"), Some(EntryKind::Folder));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Listing {
    text: String,
    ends: Vec<u32>,
    kinds: Vec<EntryKind>,
}

impl Listing {
    /// A listing of names in any order.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for names of more than 4 GiB.
    pub(super) fn of(mut entries: Vec<(String, EntryKind)>) -> Result<Listing> {
        entries.sort_unstable();
        let mut listing = Listing::default();
        listing.text.reserve_exact(entries.iter().map(|(name, _)| name.len()).sum());
        listing.ends.reserve_exact(entries.len());
        listing.kinds.reserve_exact(entries.len());
        for (name, kind) in &entries {
            listing.push(name, *kind)?;
        }
        Ok(listing)
    }

    /// Appends a name, which must come after all others.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for names of more than 4 GiB.
    pub(super) fn push(&mut self, name: &str, kind: EntryKind) -> Result<()> {
        let end = self.text.len().checked_add(name.len()).and_then(|end| u32::try_from(end).ok());
        let Some(end) = end else {
            return Err(Error::new(ErrorKind::Limit, "the names in one folder pass 4 GiB"));
        };
        self.text.push_str(name);
        self.ends.push(end);
        self.kinds.push(kind);
        Ok(())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// True for an empty folder.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The name at a position of the order.
    pub fn name(&self, at: usize) -> Option<&str> {
        let position = |at: usize| self.ends.get(at).and_then(|end| usize::try_from(*end).ok());
        let start = match at.checked_sub(1) {
            None => 0,
            Some(before) => position(before)?,
        };
        self.text.get(start..position(at)?)
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, EntryKind)> {
        self.kinds.iter().enumerate().map(|(at, kind)| (self.name(at).unwrap_or_default(), *kind))
    }

    /// The names of the files, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(_, kind)| *kind == EntryKind::File).map(|(name, _)| name)
    }

    /// The names of the folders, in order.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(_, kind)| *kind == EntryKind::Folder).map(|(name, _)| name)
    }

    /// What has this name; letter case counts. Costs a binary search.
    pub fn get(&self, name: &str) -> Option<EntryKind> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.name(middle)?.cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return self.kinds.get(middle).copied(),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_their_bytes_and_found() {
        let names = ["b", "B", "a", "a.b", "a-b", "ü", "10", "9"];
        let entries = names.iter().map(|name| ((*name).to_owned(), EntryKind::File)).collect();
        let listing = Listing::of(entries).unwrap();
        let mut sorted = names;
        sorted.sort_unstable();
        assert_eq!(listing.files().collect::<Vec<_>>(), sorted);
        for name in names {
            assert_eq!(listing.get(name), Some(EntryKind::File), "{name}");
        }
        assert_eq!(listing.get("c"), None);
        assert_eq!(listing.get(""), None);
        assert_eq!((listing.name(0), listing.name(8)), (Some("10"), None));
    }
}
