//! The members of an archive in the order of their paths.
//!
//! Invariant: members are sorted part by part by the bytes of their paths and no path stands twice; a path is
//! never both a file and a folder. All that lies below a folder is one range, so that a folder is listed by
//! looking at its children alone. Paths lie one behind the other in one text: a member costs its path and 40
//! bytes.
//!
//! It knows where the bytes of a member are, not how to read them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::place::listing::{EntryKind, Listing};
use crate::place::member::{join, split};

/// How many names of listed folders are remembered before all are forgotten.
const REMEMBERED: usize = 1 << 21;

/// How many links to folders may stand in one path, as in a folder tree.
const MOST_LINKS: usize = 8;

/// Where the bytes of a member are. What the numbers mean is for the kind of archive to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// Where it begins: its bytes (tar), or its header (zip).
    pub(super) offset: u64,
    /// How many bytes it takes in the archive.
    pub(super) stored: u64,
    /// How many bytes it has.
    pub(super) length: u64,
    /// CRC-32 of its bytes (zip).
    pub(super) crc: u32,
    /// How it is stored (zip).
    pub(super) method: u16,
}

/// A member: where its path is in the text, and its bytes in the archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) start: u32,
    pub(super) length: u16,
    pub(super) folder: bool,
    pub(super) spot: Spot,
}

/// The sorted members of an archive, and its links to folders.
#[derive(Debug, Default)]
pub(super) struct Directory {
    text: String,
    members: Vec<Member>,
    /// Links to folders: the path of the link and that of the folder.
    links: BTreeMap<String, String>,
    remembered: Mutex<Remembered>,
}

/// Listings that were made, and how many names they have in all.
#[derive(Debug, Default)]
struct Remembered {
    listings: HashMap<String, Arc<Listing>>,
    names: usize,
}

/// The order of paths part by part: `/` comes before every other byte, which no path has below it.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    match a.iter().zip(b).find(|(x, y)| x != y) {
        None => a.len().cmp(&b.len()),
        Some((b'/', _)) => Ordering::Less,
        Some((_, b'/')) => Ordering::Greater,
        Some((x, y)) => x.cmp(y),
    }
}

/// What comes after `folder` and a `/` in a path below it.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// The text of a member's path.
pub(super) fn path_in<'a>(text: &'a str, member: &Member) -> &'a str {
    let start = usize::try_from(member.start).unwrap_or(usize::MAX);
    start.checked_add(usize::from(member.length)).and_then(|end| text.get(start..end)).unwrap_or_default()
}

impl Directory {
    /// A directory of members that keep its invariant.
    pub(super) fn of(text: String, members: Vec<Member>) -> Directory {
        Directory { text, members, ..Directory::default() }
    }

    /// Adds links to folders, which must be no members themselves.
    pub(super) fn with_links(mut self, links: BTreeMap<String, String>) -> Directory {
        self.links = links;
        self
    }

    /// What it is made of, to be changed.
    pub(super) fn into_parts(self) -> (String, Vec<Member>) {
        (self.text, self.members)
    }

    fn path(&self, member: &Member) -> &str {
        path_in(&self.text, member)
    }

    /// How many members come before `path`.
    fn before(&self, path: &str) -> usize {
        self.members.partition_point(|member| order(self.path(member), path) == Ordering::Less)
    }

    /// The file or folder at a path without links.
    fn real(&self, path: &str) -> Option<(EntryKind, Option<Spot>)> {
        if path.is_empty() {
            return Some((EntryKind::Folder, None));
        }
        let at = self.before(path);
        let member = self.members.get(at)?;
        match below(self.path(member), path) {
            Some(_) => Some((EntryKind::Folder, None)),
            None if self.path(member) != path => None,
            None if member.folder => Some((EntryKind::Folder, None)),
            None => Some((EntryKind::File, Some(member.spot))),
        }
    }

    /// A path with its links followed, and the folders that were passed on the way, the last one included.
    /// `None` if there are too many links or one leads back.
    fn follow(&self, path: &str) -> Option<(String, Vec<String>)> {
        let (mut real, mut trail, mut links) = (String::new(), vec![String::new()], 0);
        for part in path.split('/').filter(|part| !part.is_empty()) {
            real = join(&real, part);
            if let Some(target) = self.links.get(&real) {
                links += 1;
                if links > MOST_LINKS || trail.contains(target) {
                    return None;
                }
                real.clone_from(target);
            }
            trail.push(real.clone());
        }
        Some((real, trail))
    }

    /// What is at a path, and where its bytes are if it is a file.
    pub(super) fn find(&self, path: &str) -> Option<(EntryKind, Option<Spot>)> {
        if self.links.is_empty() {
            return self.real(path);
        }
        self.real(&self.follow(path)?.0)
    }

    /// The file at a path.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub(super) fn file(&self, path: &str) -> Result<Spot> {
        match self.find(path) {
            Some((_, Some(spot))) => Ok(spot),
            Some(_) => Err(Error::new(ErrorKind::NotFound, "is a folder, not a file")),
            None => Err(Error::new(ErrorKind::NotFound, "there is no such file or folder")),
        }
    }

    /// What is in a folder.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    pub(super) fn list(&self, folder: &str) -> Result<Arc<Listing>> {
        let remembered = || self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = remembered().listings.get(folder) {
            return Ok(Arc::clone(listing));
        }
        match self.find(folder) {
            Some((EntryKind::Folder, _)) => {}
            Some(_) => return Err(Error::new(ErrorKind::NotFound, "is a file, not a folder")),
            None => return Err(Error::new(ErrorKind::NotFound, "there is no such file or folder")),
        }
        let listing = Arc::new(match self.links.is_empty() {
            true => self.children(folder)?,
            false => self.children_and_links(folder)?,
        });
        let mut all = remembered();
        if all.names > REMEMBERED {
            *all = Remembered::default();
        }
        all.names += listing.len() + 1;
        all.listings.insert(folder.to_owned(), Arc::clone(&listing));
        Ok(listing)
    }

    /// The members right below a folder.
    fn children(&self, folder: &str) -> Result<Listing> {
        let mut listing = Listing::default();
        let mut rest = self.members.get(self.before(folder)..).unwrap_or_default();
        while let Some((member, after)) = rest.split_first() {
            let path = self.path(member);
            let Some(child) = below(path, folder) else {
                if path == folder {
                    rest = after;
                    continue;
                }
                break;
            };
            match child.split_once('/') {
                None if !member.folder => {
                    listing.push(child, EntryKind::File)?;
                    rest = after;
                }
                _ => {
                    let name = child.split('/').next().unwrap_or_default();
                    listing.push(name, EntryKind::Folder)?;
                    let whole = join(folder, name);
                    let inside = |m: &Member| self.path(m) == whole || below(self.path(m), &whole).is_some();
                    rest = rest.get(rest.partition_point(inside)..).unwrap_or_default();
                }
            }
        }
        Ok(listing)
    }

    /// The members right below a folder and the links in it that may be followed from here.
    fn children_and_links(&self, folder: &str) -> Result<Listing> {
        let Some((real, _)) = self.follow(folder) else { return Ok(Listing::default()) };
        let plain = self.children(&real)?;
        let mut entries: Vec<(String, EntryKind)> =
            plain.iter().map(|(name, kind)| (name.to_owned(), kind)).collect();
        for link in self.links.keys().filter(|link| split(link).0 == real) {
            let name = split(link).1;
            if self.follow(&join(folder, name)).is_some() {
                entries.push((name.to_owned(), EntryKind::Folder));
            }
        }
        Listing::of(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(paths: &[(&str, bool)]) -> Directory {
        let mut text = String::new();
        let mut members = Vec::new();
        for (path, folder) in paths {
            let (start, length) = (u32::try_from(text.len()).unwrap(), u16::try_from(path.len()).unwrap());
            members.push(Member { start, length, folder: *folder, spot: Spot::default() });
            text.push_str(path);
        }
        members.sort_by(|a, b| order(path_in(&text, a), path_in(&text, b)));
        Directory::of(text, members)
    }

    #[test]
    fn folders_are_listed_in_the_order_of_their_names_though_their_members_lie_between() {
        let names =
            [("a/x", false), ("a-b", false), ("a.txt", false), ("a/y/z", false), ("b", true), ("0", false)];
        let tree = directory(&names);
        let root: Vec<_> = tree.list("").unwrap().iter().map(|(n, k)| (n.to_owned(), k)).collect();
        let (file, folder) = (EntryKind::File, EntryKind::Folder);
        let expected = [("0", file), ("a", folder), ("a-b", file), ("a.txt", file), ("b", folder)];
        // `a` comes before `a-b` because a name is compared whole.
        assert_eq!(root, expected.map(|(n, k)| (n.to_owned(), k)));
        assert_eq!(tree.list("a").unwrap().iter().collect::<Vec<_>>(), [("x", file), ("y", folder)]);
        assert!(tree.list("b").unwrap().is_empty());
        assert_eq!(tree.find("a/y").unwrap().0, folder);
        assert_eq!(tree.find("a/y/z").unwrap().0, file);
        for absent in ["a/", "a/z", "c", "a/x/y", "a-", "a/y/z/0"] {
            assert!(tree.find(absent).is_none(), "{absent}");
        }
        assert_eq!(tree.list("a-b").unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_member_costs_its_path_and_forty_bytes() {
        assert_eq!(size_of::<Member>(), 40);
    }
}
