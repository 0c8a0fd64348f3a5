//! Finding photographs and label PNGs: by the name of the annotation, by the name that it declares.

use std::collections::HashMap;
use std::sync::Arc;

use super::layout::Part;
use crate::convert::photos::{join, safe_path};
use crate::error::Result;
use crate::place::{EntryKind, Listing, Tree};

/// The endings of image files, as far as case does not count.
const IMAGES: [&str; 12] =
    ["jpg", "jpeg", "png", "jpe", "jfif", "bmp", "webp", "tif", "tiff", "gif", "ppm", "pgm"];

/// A file: the number of its tree and its path there.
pub(super) type Member = (usize, String);

/// Seeks files in the folders of the parts.
#[derive(Debug)]
pub(super) struct Finder {
    trees: Vec<Tree>,
    /// For each part the folders that photographs are sought in.
    folders: Vec<Vec<(usize, String)>>,
    listings: HashMap<(usize, String), Option<Arc<Listing>>>,
}

/// A name without the ending of an image; `None` for names of other files.
pub(super) fn image_stem(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    let known = IMAGES.iter().any(|known| known.eq_ignore_ascii_case(ending));
    (known && !stem.is_empty() && !stem.ends_with('/')).then_some(stem)
}

/// A path as folder and name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl Finder {
    /// Seeks photographs in the first `sought` of the trees; `given` says that these are not the tree of the
    /// annotations itself.
    pub(super) fn new(trees: Vec<Tree>, sought: usize, parts: &[Part], given: bool) -> Finder {
        let folders = |part: &Part| -> Vec<(usize, String)> {
            if !given {
                return part.images.iter().map(|folder| (0, folder.clone())).collect();
            }
            let mut folders = Vec::new();
            for tree in 0..sought {
                for inner in [part.split.as_deref(), part.source.as_deref()].into_iter().flatten() {
                    folders.extend([
                        (tree, format!("{inner}/JPEGImages")),
                        (tree, format!("{inner}/images")),
                        (tree, inner.to_owned()),
                        (tree, format!("images/{inner}")),
                    ]);
                }
                folders.extend(["", "JPEGImages", "images"].map(|folder| (tree, folder.to_owned())));
            }
            folders
        };
        let folders = parts.iter().map(folders).collect();
        Finder { trees, folders, listings: HashMap::new() }
    }

    /// The folders of a part that are there.
    pub(super) fn folders(&mut self, part: usize) -> Result<Vec<(usize, String)>> {
        let mut there = Vec::new();
        for (tree, folder) in self.folders.get(part).cloned().unwrap_or_default() {
            if self.listing(tree, &folder)?.is_some() {
                there.push((tree, folder));
            }
        }
        Ok(there)
    }

    fn listing(&mut self, tree: usize, folder: &str) -> Result<Option<Arc<Listing>>> {
        // Asked again and again for the same folder: one look into the map, nothing made.
        let key = (tree, folder.to_owned());
        if let Some(known) = self.listings.get(&key) {
            return Ok(known.clone());
        }
        let listing = match self.trees.get(tree) {
            Some(tree) if folder.is_empty() => Some(tree.list("")?),
            Some(tree) if tree.find(folder)?.is_some_and(|e| e.kind == EntryKind::Folder) => {
                Some(tree.list(folder)?)
            }
            _ => None,
        };
        self.listings.insert(key, listing.clone());
        Ok(listing)
    }

    /// The photograph of an annotation, by the annotation's own name.
    ///
    /// # Errors
    /// Those of the trees.
    pub(super) fn by_stem(&mut self, part: usize, id: &str) -> Result<Option<Member>> {
        let (folder, name) = split(id);
        for (tree, root) in self.folders.get(part).cloned().unwrap_or_default() {
            // First where the annotation would be, then without the folders it is in.
            for inner in [folder, ""].into_iter().take(if folder.is_empty() { 1 } else { 2 }) {
                let place = join_both(&root, inner);
                let Some(listing) = self.listing(tree, &place)? else { continue };
                if let Some(found) = image_named(&listing, name) {
                    return Ok(Some((tree, join(&place, found))));
                }
            }
        }
        Ok(None)
    }

    /// The photograph of a declared name, sought beside where the annotation's own would be.
    ///
    /// # Errors
    /// Those of the trees.
    pub(super) fn by_name(&mut self, part: usize, id: &str, declared: &str) -> Result<Option<Member>> {
        let Ok(declared) = safe_path(declared) else { return Ok(None) };
        let (inner, _) = split(id);
        let (folder, name) = split(&declared);
        for (tree, root) in self.folders.get(part).cloned().unwrap_or_default() {
            for inner in [inner, ""].into_iter().take(if inner.is_empty() { 1 } else { 2 }) {
                let place = join_both(&join_both(&root, inner), folder);
                let Some(listing) = self.listing(tree, &place)? else { continue };
                if listing.get(name) == Some(EntryKind::File) {
                    return Ok(Some((tree, join(&place, name))));
                }
            }
        }
        Ok(None)
    }

    /// The PNG of an image in a folder of a tree.
    ///
    /// # Errors
    /// Those of the trees.
    pub(super) fn png(&mut self, tree: usize, folder: &str, id: &str) -> Result<Option<String>> {
        let (inner, name) = split(id);
        let place = join_both(folder, inner);
        let Some(listing) = self.listing(tree, &place)? else { return Ok(None) };
        let file = format!("{name}.png");
        Ok((listing.get(&file) == Some(EntryKind::File)).then(|| join(&place, &file)))
    }

    /// A member's path below the folder of photographs that it was found in.
    pub(super) fn below<'m>(&self, part: usize, (tree, member): &'m (usize, String)) -> &'m str {
        let folders = self.folders.get(part).map(Vec::as_slice).unwrap_or_default();
        let roots = folders.iter().filter(|(other, _)| other == tree);
        let below = roots.filter_map(|(_, root)| match root.as_str() {
            "" => Some(member.as_str()),
            root => member.strip_prefix(root)?.strip_prefix('/'),
        });
        below.min_by_key(|path| path.len()).unwrap_or(member)
    }
}

fn join_both(folder: &str, inner: &str) -> String {
    if inner.is_empty() { folder.to_owned() } else { join(folder, inner) }
}

/// The image in a folder whose name without its ending is `stem`, or that is called `stem` itself; the first
/// in order of [`IMAGES`].
fn image_named<'l>(listing: &'l Listing, stem: &str) -> Option<&'l str> {
    let (mut low, mut high) = (0, listing.len());
    while low < high {
        let middle = low.midpoint(high);
        if listing.name(middle)? < stem {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let mut best: Option<(usize, &str)> = None;
    // Names that begin with the stem stand together; those that go on with a sign before `.` come first.
    for at in low..listing.len() {
        let name = listing.name(at)?;
        let Some(rest) = name.strip_prefix(stem) else { break };
        if rest.as_bytes().first().is_some_and(|b| *b > b'.') {
            break;
        }
        let ending = match rest.strip_prefix('.') {
            Some(ending) => ending,
            None if rest.is_empty() && image_stem(name).is_some() => "",
            None => continue,
        };
        let rank = IMAGES.iter().position(|known| known.eq_ignore_ascii_case(ending));
        let rank = rank.or_else(|| ending.is_empty().then_some(IMAGES.len()));
        if let Some(rank) = rank.filter(|rank| best.is_none_or(|(other, _)| *rank < other))
            && listing.get(name) == Some(EntryKind::File)
        {
            best = Some((rank, name));
        }
    }
    best.map(|(_, name)| name)
}
