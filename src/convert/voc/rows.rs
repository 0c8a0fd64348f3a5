//! The rows of a dataset: every image that has an annotation, stands in a list, or is there.
//!
//! Rows come by part, split, place in the list that says the split, and name. Memory holds a name and some
//! numbers an image.

use std::collections::{BTreeMap, HashMap};

use super::finder::{Finder, Member, image_stem};
use super::layout::{self, Layout, Part};
use super::list::{self, List};
use crate::convert::photos::join;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::{Job, Warning};
use crate::place::Tree;

/// A list longer than this is refused: 256 MiB.
const MAX_LIST: usize = 256 << 20;

/// How deep folders of photographs may be nested.
const DEPTH: usize = 16;

/// The annotation of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Xml {
    /// There is none.
    None,
    /// The row's id and `.xml`.
    Plain,
    /// This path below the folder of annotations.
    Named(Box<str>),
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) part: usize,
    /// Path and name below the folder of annotations, without the ending.
    pub(super) id: Box<str>,
    pub(super) xml: Xml,
    /// A position in [`Rows::splits`].
    pub(super) split: Option<usize>,
}

/// A list of images and the rows that it means.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) part: usize,
    pub(super) list: List,
    /// True if numbers stand behind the ids.
    pub(super) numbered: bool,
    pub(super) rows: Vec<usize>,
}

/// All rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) splits: Vec<String>,
    pub(super) lists: Vec<Listed>,
    /// How many rows are photographs on their own.
    pub(super) alone: usize,
    known: Vec<HashMap<Box<str>, usize>>,
    /// Photographs that so far no row is about.
    spare: BTreeMap<Member, (usize, Box<str>)>,
    /// For each row what it is sorted by beside its part and name.
    places: Vec<Option<Where>>,
}

/// The best list a row stands in: how good, which, where.
type Where = ((usize, usize), usize, usize);

impl Rows {
    /// Every row of a layout, in no order yet. Photographs on their own count where `alone`.
    ///
    /// # Errors
    /// Those of the tree, [`ErrorKind::Limit`] for a list of more than 256 MiB, those of warnings.
    pub(super) fn collect(
        layout: &Layout,
        tree: &Tree,
        finder: &mut Finder,
        alone: bool,
        job: &Job,
    ) -> Result<Rows> {
        let mut rows = Rows::default();
        for (number, part) in layout.parts.iter().enumerate() {
            rows.known.push(HashMap::new());
            rows.annotations(number, part, tree, job)?;
            let listed = rows.lists_of(number, part, tree, job)?;
            if listed {
                rows.warn_unlisted(number, part, tree, job)?;
            }
        }
        if alone {
            for (number, part) in layout.parts.iter().enumerate().filter(|(_, p)| p.only.is_none()) {
                rows.photographs(number, part, tree, finder)?;
            }
        }
        Ok(rows)
    }

    fn add(&mut self, part: usize, id: &str, xml: Xml) -> usize {
        let row = self.rows.len();
        self.rows.push(Row { part, id: id.into(), xml, split: None });
        self.places.push(None);
        if let Some(known) = self.known.get_mut(part) {
            known.insert(id.into(), row);
        }
        row
    }

    fn find(&self, part: usize, id: &str) -> Option<usize> {
        self.known.get(part)?.get(id).copied()
    }

    fn annotations(&mut self, number: usize, part: &Part, tree: &Tree, job: &Job) -> Result<()> {
        for file in part.xml_files(tree)? {
            job.check()?;
            let Some((stem, ending)) = file.rsplit_once('.') else { continue };
            let xml = if ending == "xml" { Xml::Plain } else { Xml::Named(file.as_str().into()) };
            if self.find(number, stem).is_none() {
                self.add(number, stem, xml);
                continue;
            }
            let folder = part.annotations.as_deref().unwrap_or_default();
            let place = Place::area("voc").file(tree.name(&join(folder, &file)));
            let what = format!("another annotation is called {stem:?} too");
            job.warn(Warning::new("voc.colliding-names", place, what, "its row has the whole name as id"))?;
            self.add(number, &file, Xml::Named(file.as_str().into()));
        }
        Ok(())
    }

    /// The row that an id of a list means: an ending of an image may stand behind it.
    pub(super) fn listed(&self, part: usize, id: &str) -> Option<usize> {
        self.find(part, id).or_else(|| self.find(part, image_stem(id)?))
    }

    /// Reads the lists of a part; true if there are any.
    fn lists_of(&mut self, number: usize, part: &Part, tree: &Tree, job: &Job) -> Result<bool> {
        let Some(folder) = &part.lists else { return Ok(false) };
        let mut files = Vec::new();
        layout::walk(tree, folder, "", 4, &mut |path| files.push(path.to_owned()))?;
        for file in files {
            let Some(name) = file.strip_suffix(".txt") else { continue };
            job.check()?;
            let list = List { name: name.to_owned(), member: join(folder, &file) };
            let text = read_list(tree, &list, job)?;
            let numbered = text.lines().filter_map(list::line).any(|line| !line.numbers.is_empty());
            let (at, rank) = (self.lists.len(), list.split_rank(numbered));
            let (mut rows, mut seen) = (Vec::new(), Vec::new());
            for (position, line) in text.lines().filter_map(list::line).enumerate() {
                let row = match self.listed(number, line.id) {
                    Some(row) => row,
                    None if crate::convert::photos::safe_path(line.id).is_ok() => {
                        self.add(number, line.id, Xml::None)
                    }
                    None => {
                        let place = Place::area("voc").file(tree.name(&list.member));
                        let what = format!("the name {:?} would lead out of its folder", line.id);
                        job.warn(Warning::new("voc.unsafe-id", place, what, "the line is left out"))?;
                        continue;
                    }
                };
                let here = rank.map(|rank| (rank, at, position));
                if let Some(place) = self.places.get_mut(row).filter(|_| here.is_some())
                    && (place.is_none() || here < *place)
                {
                    *place = here;
                }
                // Layout and Action name an image once for each of its objects.
                if seen.len() <= row {
                    seen.resize(row + 1, false);
                }
                if list.means(&line) && seen.get_mut(row).is_some_and(|seen| !std::mem::replace(seen, true)) {
                    rows.push(row);
                }
            }
            self.lists.push(Listed { part: number, list, numbered, rows });
        }
        Ok(!self.lists.is_empty())
    }

    fn warn_unlisted(&self, number: usize, part: &Part, tree: &Tree, job: &Job) -> Result<()> {
        let rows = self.rows.iter().zip(&self.places);
        let unlisted = rows.filter(|(row, place)| row.part == number && place.is_none());
        for (row, _) in unlisted {
            let folder = part.annotations.as_deref().unwrap_or_default();
            let place = Place::area("voc").file(tree.name(&join(folder, &format!("{}.xml", row.id))));
            let what = "no list of the images of a split names it";
            job.warn(Warning::new("voc.unlisted", place, what, "its row has no split"))?;
        }
        Ok(())
    }

    /// Photographs that are not called like an annotation or a line of a list.
    fn photographs(&mut self, number: usize, part: &Part, tree: &Tree, finder: &mut Finder) -> Result<()> {
        for (_, folder) in finder.folders(number)? {
            // In the folder of everything the other folders have their own.
            let depth = if folder == part.folder { 0 } else { DEPTH };
            let mut found = Vec::new();
            layout::walk(tree, &folder, "", depth, &mut |path| {
                if let Some(stem) = image_stem(path)
                    && self.find(number, stem).is_none()
                    && self.find(number, path).is_none()
                {
                    found.push((join(&folder, path), Box::from(stem)));
                }
            })?;
            for (member, stem) in found {
                self.spare.entry((0, member)).or_insert((number, stem));
            }
        }
        Ok(())
    }

    /// A photograph belongs to a row, so that it is not one by itself.
    pub(super) fn claim(&mut self, photograph: &Member) {
        if !self.spare.is_empty() {
            self.spare.remove(photograph);
        }
    }

    /// Adds the photographs that nobody claimed, and brings rows and lists into order. `wanted` are the splits
    /// to keep, all if empty.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a wanted split that no row is of.
    pub(super) fn finish(&mut self, parts: &[Part], wanted: &[String]) -> Result<()> {
        for (part, stem) in std::mem::take(&mut self.spare).into_values() {
            if self.find(part, &stem).is_none() {
                self.add(part, &stem, Xml::None);
                self.alone += 1;
            }
        }
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let place = |row: &usize| self.places.get(*row).copied().flatten();
        let split_rank = |at: Option<Where>| {
            at.map_or((true, usize::MAX, ""), |(_, list, _)| {
                let name = self.lists.get(list).map_or("", |l| l.list.parts().1);
                (false, list::rank(name), name)
            })
        };
        let key = |row: &usize| {
            let at = place(row);
            let entry = self.rows.get(*row);
            let position = at.map(|(_, list, position)| (list, position));
            (entry.map(|r| r.part), split_rank(at), position, entry.map(|r| r.id.clone()))
        };
        order.sort_by_cached_key(key);
        let names: Vec<Option<String>> = order
            .iter()
            .map(|row| {
                let part = self.rows.get(*row).and_then(|r| parts.get(r.part));
                let own = part.and_then(|p| p.split.clone());
                let list = place(row).and_then(|(_, list, _)| self.lists.get(list));
                own.or_else(|| list.map(|l| l.list.parts().1.to_owned()))
            })
            .collect();
        if let Some(name) = wanted.iter().find(|name| !names.iter().any(|n| n.as_ref() == Some(*name))) {
            let mut known: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
            known.sort_unstable();
            known.dedup();
            return Err(Error::new(ErrorKind::Usage, format!("there is no split '{name}'"))
                .at(Place::area("voc"))
                .remedy(format!("the splits are: {}", known.join(", "))));
        }
        let mut moved = vec![None; self.rows.len()];
        let mut rows = Vec::new();
        for (old, name) in order.iter().zip(names) {
            let kept = wanted.is_empty() || name.as_ref().is_some_and(|name| wanted.contains(name));
            let Some(row) = self.rows.get(*old).filter(|_| kept) else { continue };
            let split = name.map(|name| match self.splits.iter().position(|known| *known == name) {
                Some(at) => at,
                None => {
                    self.splits.push(name);
                    self.splits.len() - 1
                }
            });
            if let Some(to) = moved.get_mut(*old) {
                *to = Some(rows.len());
            }
            rows.push(Row { split, ..row.clone() });
        }
        let to = |row: &usize| moved.get(*row).copied().flatten();
        for list in &mut self.lists {
            list.rows = list.rows.iter().filter_map(to).collect();
        }
        for known in &mut self.known {
            known.retain(|_, row| match to(row) {
                Some(now) => {
                    *row = now;
                    true
                }
                None => false,
            });
        }
        self.rows = rows;
        self.places = Vec::new();
        Ok(())
    }

    /// The lines of a list whose rows are kept; the whole text if all are.
    pub(super) fn kept_lines(&self, part: usize, text: &str) -> String {
        let kept = |raw: &str| list::line(raw).is_none_or(|line| self.listed(part, line.id).is_some());
        if text.lines().all(kept) {
            return text.to_owned();
        }
        text.split_inclusive('\n').filter(|raw| kept(raw)).collect()
    }

    /// The path of a row's annotation in the tree.
    pub(super) fn xml(&self, row: &Row, parts: &[Part]) -> Option<String> {
        let folder = parts.get(row.part)?.annotations.as_deref()?;
        match &row.xml {
            Xml::None => None,
            Xml::Plain => Some(join(folder, &format!("{}.xml", row.id))),
            Xml::Named(name) => Some(join(folder, name)),
        }
    }
}

/// The text of a list. Bytes that are not UTF-8 are read as windows-1252, with a warning.
///
/// # Errors
/// [`ErrorKind::Limit`] for more than 256 MiB; those of the tree and of warnings.
pub(super) fn read_list(tree: &Tree, list: &List, job: &Job) -> Result<String> {
    let mut bytes = Vec::new();
    tree.read_onto(&list.member, &mut bytes, MAX_LIST)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let place = Place::area("voc").file(tree.name(&list.member));
            let what = "the text is not UTF-8";
            job.warn(Warning::new("voc.encoding", place, what, "read as windows-1252"))?;
            Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned())
        }
    }
}
