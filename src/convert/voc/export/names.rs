//! Which files a row becomes: its part of the tree, and its name there.

use std::collections::{HashMap, HashSet};

use crate::convert::export::{Cell, Reader, below};
use crate::convert::photos::join;
use crate::convert::voc::residue::{PartEntry, Residue};
use crate::dataset::Dataset;
use crate::error::{Place, Result};
use crate::job::{Job, Warning};
use crate::schema::axis::Axis;

/// A folder of label PNGs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// `SegmentationClass`
    Classes,
    /// `SegmentationObject`
    Instances,
}

/// A row's place.
#[derive(Clone, Debug)]
struct Name {
    part: usize,
    /// Path and name below the folder of annotations, without the ending.
    stem: Box<str>,
    split: Option<Box<str>>,
    /// True if the row came from VOC as it is called there.
    own: bool,
}

/// The names of all rows of a view.
#[derive(Debug)]
pub(super) struct Names {
    parts: Vec<PartEntry>,
    names: Vec<Name>,
    /// Rows from elsewhere whose ids are no names.
    pub(super) numbered: u64,
    /// Rows from elsewhere whose file is called otherwise here.
    pub(super) renamed: u64,
}

/// The part of rows that came from elsewhere.
fn usual() -> PartEntry {
    PartEntry {
        annotations: Some("Annotations".to_owned()),
        images: Some("JPEGImages".to_owned()),
        lists: Some("ImageSets".to_owned()),
        classes: Some("SegmentationClass".to_owned()),
        instances: Some("SegmentationObject".to_owned()),
        ..PartEntry::default()
    }
}

/// What makes one file of a name: signs that some system does not allow are written as `%` and two digits.
fn escaped(name: &str) -> String {
    let parts = name.split('/').filter(|part| !part.is_empty()).map(|part| {
        let dots = part.bytes().all(|b| b == b'.');
        let escape = |c: char| c.is_control() || "\\:*?\"<>|%".contains(c) || (dots && c == '.');
        let mut text = String::with_capacity(part.len());
        for c in part.chars() {
            if escape(c) {
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|b| text.push_str(&format!("%{b:02X}")));
            } else {
                text.push(c);
            }
        }
        text
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "%".to_owned() } else { parts.join("/") }
}

/// A file name without its ending.
fn without_ending(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && !stem.ends_with('/') && !ending.contains('/') => stem,
        _ => name,
    }
}

impl Names {
    /// The names of a view's rows.
    ///
    /// # Errors
    /// Those of reading the rows and of warnings.
    pub(super) fn of(ds: &Dataset, residue: Option<&Residue>, job: &Job) -> Result<Names> {
        let mut parts: Vec<PartEntry> = residue.map(|r| r.head.parts.clone()).unwrap_or_default();
        let keys = ["image_id", "file_name", "source", "split"];
        let reader = Reader::new(ds, |axis, base| *axis == Axis::Row && keys.contains(&base))?;
        let all: Vec<usize> = (0..ds.len()).collect();
        let mut names: Vec<Name> = Vec::new();
        let mut taken: HashSet<(usize, String)> = HashSet::new();
        let mut foreign = None;
        let (mut numbered, mut renamed) = (0, 0);
        for window in reader.windows(&all, job) {
            let (rows, table) = window?;
            for (at, row) in rows.iter().enumerate() {
                let cell = |key: &str| table.row_key(key).and_then(|c| c.cell(at));
                let text = |key: &str| cell(key).and_then(Cell::text);
                let (source, split) = (text("source"), text("split"));
                let known = parts.iter().position(|part| {
                    part.source.as_deref() == source
                        && part.split.as_deref().is_none_or(|own| Some(own) == split)
                });
                let known = known.filter(|at| Some(*at) != foreign);
                if let (Some(part), Some(id)) = (known, text("image_id"))
                    && below("", id).is_some()
                    && taken.insert((part, id.to_owned()))
                {
                    names.push(Name { part, stem: id.into(), split: split.map(Into::into), own: true });
                    continue;
                }
                let part = *foreign.get_or_insert_with(|| {
                    parts.push(usual());
                    parts.len() - 1
                });
                let wanted = match (text("file_name"), cell("image_id").and_then(Cell::int)) {
                    (Some(name), _) => without_ending(name).to_owned(),
                    (None, Some(id)) => format!("{id:012}"),
                    (None, None) => text("image_id").unwrap_or("image").to_owned(),
                };
                let stem = free(&wanted, split, part, &taken);
                numbered += u64::from(text("image_id") != Some(&stem));
                renamed += u64::from(text("file_name").is_some() && stem != wanted);
                if escaped(&wanted) != wanted {
                    let place = Place::area("voc").row(u64::try_from(*row).unwrap_or(u64::MAX));
                    let what = format!("the name {wanted:?} is none for a file");
                    job.warn(Warning::new("voc.unsafe-name", place, what, format!("called {stem:?}")))?;
                }
                taken.insert((part, stem.clone()));
                names.push(Name { part, stem: stem.into(), split: split.map(Into::into), own: false });
            }
        }
        Ok(Names { parts, names, numbered, renamed })
    }

    fn get(&self, row: usize) -> Option<(&PartEntry, &Name)> {
        let name = self.names.get(row)?;
        Some((self.parts.get(name.part)?, name))
    }

    /// The parts.
    pub(super) fn parts(&self) -> &[PartEntry] {
        &self.parts
    }

    /// True if the row came from VOC as it is called there.
    pub(super) fn is_own(&self, row: usize) -> bool {
        self.names.get(row).is_some_and(|name| name.own)
    }

    /// The file of a row's annotation.
    pub(super) fn xml(&self, row: usize) -> Option<String> {
        let (part, name) = self.get(row)?;
        let ending = if name.own && name.stem.to_ascii_lowercase().ends_with(".xml") { "" } else { ".xml" };
        Some(join(part.annotations.as_deref().unwrap_or("Annotations"), &format!("{}{ending}", name.stem)))
    }

    /// The file of a row's photograph.
    pub(super) fn photograph(&self, row: usize, file_name: Option<&str>) -> Option<String> {
        let (part, name) = self.get(row)?;
        let folder = part.images.as_deref().unwrap_or("JPEGImages");
        match file_name.filter(|_| name.own) {
            Some(file) => below(folder, file),
            None => {
                let ending =
                    file_name.and_then(|file| file.strip_prefix(without_ending(file))).unwrap_or(".jpg");
                below(folder, &format!("{}{}", name.stem, escaped(ending)))
            }
        }
    }

    /// The file name that the annotation of a row from elsewhere says.
    pub(super) fn declared(&self, row: usize, file_name: Option<&str>) -> Option<String> {
        let file = self.photograph(row, file_name)?;
        Some(file.rsplit('/').next().unwrap_or(&file).to_owned())
    }

    /// The file of a row's label PNG.
    pub(super) fn png(&self, row: usize, target: Target) -> Option<String> {
        let (part, name) = self.get(row)?;
        let folder = match target {
            Target::Classes => part.classes.as_deref().unwrap_or("SegmentationClass"),
            Target::Instances => part.instances.as_deref().unwrap_or("SegmentationObject"),
        };
        below(folder, &format!("{}.png", name.stem))
    }

    /// The list of painted images of a row from elsewhere, and its line there.
    pub(super) fn segmentation_line(&self, row: usize) -> Option<(String, String)> {
        let (part, name) = self.get(row).filter(|(_, name)| !name.own)?;
        let folder = join(part.lists.as_deref().unwrap_or("ImageSets"), "Segmentation");
        let list = below(&folder, &format!("{}.txt", name.split.as_deref().unwrap_or("default")))?;
        Some((list, list_line(&name.stem)))
    }

    /// The names of the rows of a part.
    pub(super) fn of_part(&self, part: usize) -> HashSet<&str> {
        self.names.iter().filter(|name| name.part == part).map(|name| &*name.stem).collect()
    }

    /// The rows from elsewhere: for each split, in order of appearance, their names. `None` is no split.
    pub(super) fn foreign(&self) -> Vec<(Option<&str>, Vec<&str>)> {
        let mut lists: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
        let mut at: HashMap<Option<&str>, usize> = HashMap::new();
        for name in self.names.iter().filter(|name| !name.own) {
            let split = name.split.as_deref();
            let list = *at.entry(split).or_insert_with(|| {
                lists.push((split, Vec::new()));
                lists.len() - 1
            });
            if let Some((_, names)) = lists.get_mut(list) {
                names.push(&name.stem);
            }
        }
        lists
    }

    /// The part of rows from elsewhere, if there are any.
    pub(super) fn foreign_part(&self) -> Option<usize> {
        self.names.iter().find(|name| !name.own).map(|name| name.part)
    }
}

/// The line of a list that names an image: an id with spaces would read as an id and numbers.
pub(super) fn list_line(stem: &str) -> String {
    if stem.contains(char::is_whitespace) { format!("\"{stem}\"\n") } else { format!("{stem}\n") }
}

/// A name that no row has: the last part of the wanted one, all of it, with the split before it, numbered.
fn free(wanted: &str, split: Option<&str>, part: usize, taken: &HashSet<(usize, String)>) -> String {
    let whole = escaped(wanted);
    let last = whole.rsplit('/').next().unwrap_or(&whole).to_owned();
    let with_split = split.map(|split| format!("{}/{whole}", escaped(split)));
    let numbered = (2u64..).map(|n| format!("{whole}-{n}"));
    let mut names = [last, whole.clone()].into_iter().chain(with_split).chain(numbered);
    names.find(|name| !taken.contains(&(part, name.clone()))).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_none_are_escaped() {
        for (name, file) in [
            ("a.b c", "a.b c"),
            ("../a", "%2E%2E/a"),
            ("/a//b/", "a/b"),
            ("a\\b:c\n", "a%5Cb%3Ac%0A"),
            ("é", "é"),
            ("", "%"),
        ] {
            assert_eq!(escaped(name), file);
            assert!(below("x", &escaped(name)).is_some(), "{name}");
        }
    }

    #[test]
    fn names_that_collide_get_their_folder_then_their_split_then_a_number() {
        let mut taken = HashSet::new();
        let mut next = || {
            let name = free("a/b", Some("val"), 0, &taken);
            taken.insert((0, name.clone()));
            name
        };
        assert_eq!([next(), next(), next(), next(), next()], ["b", "a/b", "val/a/b", "a/b-2", "a/b-3"]);
        assert_eq!(free("a/b", None, 1, &taken), "b");
    }

    #[test]
    fn only_an_ending_is_taken_away() {
        assert_eq!(without_ending("a/b.c.jpg"), "a/b.c");
        assert_eq!(without_ending("a.b/c"), "a.b/c");
        assert_eq!(without_ending(".hidden"), ".hidden");
    }
}
