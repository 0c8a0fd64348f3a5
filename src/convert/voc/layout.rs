//! Where things lie: finding annotations, photographs, lists and label PNGs in a tree.
//!
//! A tree is one *part* or several (the years of a devkit, the folders of splits). Nothing is read here but
//! the beginnings of some XML files.

use crate::convert::Source;
use crate::convert::photos::join;
use crate::error::Result;
use crate::place::{EntryKind, Tree};

/// Names of folders of annotations, as far as case does not count.
const ANNOTATIONS: [&str; 4] = ["annotations", "xmls", "xml", "labels"];

/// Names of folders of photographs, as far as case does not count.
const IMAGES: [&str; 5] = ["jpegimages", "images", "image", "imgs", "img"];

/// How deep folders of annotations or photographs may be nested.
const DEPTH: usize = 16;

/// A folder with annotations and what belongs to them. Paths are those of the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The year of a devkit with years: `VOC2007`.
    pub(super) source: Option<String>,
    /// The split whose folder this is.
    pub(super) split: Option<String>,
    /// The folder itself.
    pub(super) folder: String,
    /// The folder of XML files.
    pub(super) annotations: Option<String>,
    /// Photographs are sought in these, in this order.
    pub(super) images: Vec<String>,
    /// `ImageSets`
    pub(super) lists: Option<String>,
    /// `SegmentationClass`
    pub(super) classes: Option<String>,
    /// `SegmentationObject`
    pub(super) instances: Option<String>,
    /// `labelmap.txt`
    pub(super) labelmap: Option<String>,
    /// The one XML file that was named.
    pub(super) only: Option<String>,
}

/// The parts of a tree, and what gave them away.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) parts: Vec<Part>,
    pub(super) why: String,
}

/// The layout of a source; `None` if nothing in it looks like VOC.
///
/// # Errors
/// Those of the tree.
pub(super) fn find(source: &Source) -> Result<Option<Layout>> {
    let tree = source.tree();
    if let Some(file) = source.file() {
        return one_file(tree, file);
    }
    if let Some(part) = part(tree, "")? {
        let why = describe(tree, &part)?;
        return Ok(Some(Layout { parts: vec![part], why }));
    }
    for base in ["", "VOCdevkit"] {
        let parts = years(tree, base)?;
        if let Some(last) = parts.last() {
            let names: Vec<&str> = parts.iter().filter_map(|p| p.source.as_deref()).collect();
            let why = format!("the years {}; {}", names.join(", "), describe(tree, last)?);
            return Ok(Some(Layout { parts, why }));
        }
    }
    let mut parts = Vec::new();
    for name in folders(tree, "")? {
        if let Some(mut found) = part(tree, &name)? {
            found.split = Some(name);
            parts.push(found);
        }
    }
    // A lone folder is a split only if it is called like one: archives as a rule hold a folder of their own name.
    if let [part] = parts.as_slice()
        && !part.split.as_deref().is_some_and(is_split_name)
    {
        return Ok(None);
    }
    parts.sort_by_key(|p| super::list::rank(p.split.as_deref().unwrap_or_default()));
    let Some(first) = parts.first() else { return Ok(None) };
    let names: Vec<&str> = parts.iter().filter_map(|p| p.split.as_deref()).collect();
    let why = format!("the folders {}; {}", names.join(", "), describe(tree, first)?);
    Ok(Some(Layout { parts, why }))
}

/// True for names people give to splits.
fn is_split_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["train", "val", "test", "dev"].iter().any(|word| name.starts_with(word))
}

fn one_file(tree: &Tree, file: &str) -> Result<Option<Layout>> {
    if !is_xml(file) || !looks_like(&tree.head(file, 1024)?) {
        return Ok(None);
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut images = vec![folder.clone()];
    images.extend(image_folders(tree, "")?);
    let part = Part { annotations: Some(folder), images, only: Some(file.to_owned()), ..Part::default() };
    Ok(Some(Layout { parts: vec![part], why: format!("{file} begins with <annotation>") }))
}

fn years(tree: &Tree, base: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for name in folders(tree, base)? {
        let year =
            name.strip_prefix("VOC").is_some_and(|y| y.len() == 4 && y.bytes().all(|b| b.is_ascii_digit()));
        if !year {
            continue;
        }
        if let Some(mut found) = part(tree, &join(base, &name))? {
            found.source = Some(name);
            parts.push(found);
        }
    }
    Ok(parts)
}

/// The part in a folder, if it has annotations, or what can only be VOC's.
fn part(tree: &Tree, folder: &str) -> Result<Option<Part>> {
    let names = folders(tree, folder)?;
    let exact = |name: &str| names.iter().any(|n| n == name).then(|| join(folder, name));
    let mut found = Part {
        folder: folder.to_owned(),
        images: image_folders(tree, folder)?,
        lists: exact("ImageSets"),
        classes: exact("SegmentationClass"),
        instances: exact("SegmentationObject"),
        labelmap: Some(join(folder, "labelmap.txt")),
        ..Part::default()
    };
    if !found.labelmap.as_deref().map_or(Ok(false), |file| tree.has_file(file))? {
        found.labelmap = None;
    }
    for wanted in ANNOTATIONS {
        let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(wanted)) else { continue };
        let candidate = join(folder, name);
        if first_xml(tree, &candidate, DEPTH)?.is_some() {
            found.annotations = Some(candidate);
            break;
        }
    }
    if found.annotations.is_none() && first_xml(tree, folder, 0)?.is_some() {
        found.annotations = Some(folder.to_owned());
    }
    if found.annotations.as_deref() == Some(folder) || found.images.is_empty() {
        found.images.insert(0, folder.to_owned());
    }
    let lists = found.lists.is_some() && (found.classes.is_some() || exact("JPEGImages").is_some());
    let maps = found.classes.is_some() && exact("JPEGImages").is_some();
    Ok((found.annotations.is_some() || lists || maps).then_some(found))
}

fn image_folders(tree: &Tree, folder: &str) -> Result<Vec<String>> {
    let names = folders(tree, folder)?;
    let of = |wanted: &str| names.iter().find(|name| name.eq_ignore_ascii_case(wanted));
    Ok(IMAGES.iter().filter_map(|wanted| of(wanted)).map(|name| join(folder, name)).collect())
}

fn folders(tree: &Tree, folder: &str) -> Result<Vec<String>> {
    if !folder.is_empty() && tree.find(folder)?.is_none_or(|e| e.kind != EntryKind::Folder) {
        return Ok(Vec::new());
    }
    Ok(tree.list(folder)?.folders().filter(|name| !name.starts_with('.')).map(str::to_owned).collect())
}

/// True for names of XML files, but for those that file managers hide.
pub(super) fn is_xml(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let end = base.len().checked_sub(4).and_then(|at| base.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(".xml")) && !base.starts_with("._")
}

/// True if a file begins as an annotation, in any encoding.
pub(super) fn looks_like(head: &[u8]) -> bool {
    let plain: Vec<u8> = head.iter().copied().filter(|b| *b != 0).collect();
    let at = memchr::memmem::find(&plain, b"<annotation");
    let next = at.and_then(|at| plain.get(at + 11));
    next.is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
}

/// The first XML file in a folder that begins as an annotation, among the first few of each.
fn first_xml(tree: &Tree, folder: &str, depth: usize) -> Result<Option<String>> {
    let listing = tree.list(folder)?;
    for name in listing.files().filter(|name| is_xml(name)).take(8) {
        let member = join(folder, name);
        if looks_like(&tree.head(&member, 1024)?) {
            return Ok(Some(member));
        }
    }
    if depth > 0 {
        for name in listing.folders() {
            if let Some(found) = first_xml(tree, &join(folder, name), depth - 1)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

fn describe(tree: &Tree, part: &Part) -> Result<String> {
    let Some(folder) = &part.annotations else {
        let lists = part.lists.as_ref().or(part.classes.as_ref()).cloned().unwrap_or_default();
        return Ok(format!("there is {lists}"));
    };
    let first = first_xml(tree, folder, DEPTH)?.unwrap_or_default();
    Ok(format!("{first} begins with <annotation>"))
}

impl Part {
    /// Every XML file below the folder of annotations, in order of the names: paths below the folder.
    ///
    /// # Errors
    /// Those of the tree.
    pub(super) fn xml_files(&self, tree: &Tree) -> Result<Vec<String>> {
        let Some(folder) = &self.annotations else { return Ok(Vec::new()) };
        if let Some(file) = &self.only {
            let below =
                if folder.is_empty() { Some(file.as_str()) } else { file.strip_prefix(folder.as_str()) };
            return Ok(below.map(|f| f.trim_start_matches('/').to_owned()).into_iter().collect());
        }
        let mut found = Vec::new();
        // The folder of everything has other folders' files too, which are not annotations.
        let depth = if *folder == self.folder { 0 } else { DEPTH };
        walk(tree, folder, "", depth, &mut |path| {
            if is_xml(path) {
                found.push(path.to_owned());
            }
        })?;
        Ok(found)
    }
}

/// Calls with the path below `root` of every file in a folder of it and the folders in that.
///
/// # Errors
/// Those of the tree.
pub(super) fn walk(
    tree: &Tree,
    root: &str,
    below: &str,
    depth: usize,
    each: &mut dyn FnMut(&str),
) -> Result<()> {
    let folder = if below.is_empty() { root.to_owned() } else { join(root, below) };
    let listing = tree.list(&folder)?;
    for (name, kind) in listing.iter() {
        let path = join(below, name);
        match kind {
            EntryKind::File => each(&path),
            EntryKind::Folder if depth > 0 && !name.starts_with('.') => {
                walk(tree, root, &path, depth - 1, each)?;
            }
            EntryKind::Folder => {}
        }
    }
    Ok(())
}
