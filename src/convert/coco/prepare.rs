//! Between the passes: files joined into rows, class tables made, keys planned.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::convert::json::Cursor;
use crate::error::{Place, Result, ResultExt};
use crate::job::{Job, Warning};

use super::categories::Classes;
use super::ids::{Ids, read_id};
use super::index::{Layout, Top};
use super::join::{SplitRows, join};
use super::layout::Kind;
use super::plan::{FilePlan, ImagePlan, SetPlan, plan_images, plan_set};
use super::source::SourceFile;
use crate::convert::column::Id;
use crate::convert::photos::Folder;

/// A split with its files, the primary one first.
pub(super) struct Split<'a> {
    pub(super) name: Option<String>,
    pub(super) files: Vec<&'a SourceFile<'a>>,
    pub(super) rows: SplitRows,
    pub(super) ids: &'a Ids,
    /// The folder of the PNGs of a panoptic file, where it was found.
    pub(super) paintings: Option<Folder>,
}

impl Split<'_> {
    /// The first file that lists a row, and the row's record there: what the row's own columns say.
    pub(super) fn base(&self, row: usize) -> Option<(usize, usize)> {
        self.rows.files.iter().enumerate().find_map(|(i, rows)| rows.record(row).map(|record| (i, record)))
    }

    /// The file that has a panoptic record of a row, and which.
    pub(super) fn panoptic(&self, row: usize) -> Option<(&'_ SourceFile<'_>, usize)> {
        let mut files = self.files.iter().zip(&self.rows.files);
        files.find_map(|(file, rows)| Some((*file, rows.panoptic(row)?)))
    }

    /// The text of a file's record of a row, if it is not the same JSON value as the row's own.
    pub(super) fn differing(&self, row: usize, file: usize, record: usize) -> Result<Option<String>> {
        let text = |file: usize, record: usize| {
            let file = self.files.get(file)?;
            let mut json = Cursor::new(file.bytes);
            let start = file.index.images.offset(record)?;
            json.seek(start);
            json.skip().ok()?;
            Some(json.slice(start, json.at()))
        };
        let Some((base, base_record)) = self.base(row).filter(|(base, _)| *base != file) else {
            return Ok(None);
        };
        let (Some(own), Some(theirs)) = (text(base, base_record), text(file, record)) else {
            return Ok(None);
        };
        if own == theirs {
            return Ok(None);
        }
        let place = || Place::area("coco").file(self.files.get(file).map_or("", |f| f.source.name.as_str()));
        let raw = Cursor::new(theirs).raw_value(2).at(place)?;
        let value = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).ok();
        let same = value(own).zip(value(theirs)).is_some_and(|(a, b)| a == b);
        Ok(if same { None } else { Some(raw) })
    }
}

/// A set and, unless it only lists images, its object keys.
pub(super) struct Set {
    pub(super) name: String,
    pub(super) plan: Option<SetPlan>,
    pub(super) classes: Classes,
}

/// All that is known before the second pass.
pub(super) struct Prepared<'a> {
    pub(super) splits: Vec<Split<'a>>,
    pub(super) images: ImagePlan,
    pub(super) sets: Vec<Set>,
}

impl<'a> Prepared<'a> {
    /// Joins and plans. `splits` gives for each split its name and its files, as ranges of `files`.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Mismatch`] if files disagree about classes or the type of ids.
    pub(super) fn new(
        files: &'a [SourceFile<'a>],
        splits: Vec<(Option<String>, std::ops::Range<usize>)>,
        ids: &'a [Ids],
        job: &Job,
    ) -> Result<Prepared<'a>> {
        let mut joined = Vec::new();
        for ((name, range), ids) in splits.into_iter().zip(ids) {
            let files: Vec<&SourceFile<'_>> = files.get(range).unwrap_or_default().iter().collect();
            let rows = join(&files, ids, job)?;
            warn_orphans(&files, &rows, job)?;
            joined.push(Split { name, files, rows, ids, paintings: None });
        }
        let images = plan_images(files, &joined)?;
        let mut sets = Vec::new();
        let mut names: Vec<(Kind, &str)> = Vec::new();
        for file in files {
            if !names.iter().any(|(_, name)| *name == file.source.set) {
                names.push((file.source.kind, &file.source.set));
            }
        }
        names.sort();
        for (kind, name) in names {
            let of_set: Vec<&SourceFile<'_>> = files.iter().filter(|f| f.source.set == name).collect();
            let classes = read_classes(&of_set, job)?;
            let empty = of_set.iter().all(|f| f.index.annotations.len() == 0);
            let listing_only = kind == Kind::ImageInfo && !name.is_empty() && empty;
            let annotated =
                of_set.iter().any(|f| f.index.layout == Layout::Array || f.index.has(Top::Annotations));
            let mut rows = joined.iter().flat_map(|split| split.files.iter().zip(&split.rows.files));
            let in_order = rows.all(|(file, rows)| file.source.set != name || rows.in_order);
            let plan =
                (annotated && !listing_only).then(|| plan_set(name, &of_set, in_order, &classes, &images));
            sets.push(Set { name: name.to_owned(), plan, classes });
        }
        Ok(Prepared { splits: joined, images, sets })
    }

    /// The set of this name.
    pub(super) fn set(&self, name: &str) -> Option<&Set> {
        self.sets.iter().find(|set| set.name == name)
    }

    /// How a file is read.
    pub(super) fn file_plan<'b>(&'b self, file: &'b SourceFile<'_>) -> FilePlan<'b> {
        static NO_LABELS: std::sync::LazyLock<HashMap<Id, i64>> = std::sync::LazyLock::new(HashMap::new);
        let set = self.set(&file.source.set);
        let labels = set.map_or(&*NO_LABELS, |set| &set.classes.labels);
        FilePlan::new(file, set.and_then(|set| set.plan.as_ref()), &self.images, labels)
    }
}

fn read_classes(files: &[&SourceFile<'_>], job: &Job) -> Result<Classes> {
    let mut classes = Classes::default();
    for file in files {
        for id in classes.add(&file.categories, &file.source.name)? {
            let place = Place::area("coco").file(&file.source.name);
            let what = format!("two categories have the id {id}");
            let done = "both are classes; annotations get the last, as in pycocotools";
            job.warn(Warning::new("coco.duplicate-category", place, what, done))?;
        }
        if file.index.layout == Layout::Array {
            classes.add_ids(category_ids(file, job)?);
        }
    }
    Ok(classes)
}

/// The distinct category ids of a list of results.
fn category_ids(file: &SourceFile<'_>, job: &Job) -> Result<Vec<Id>> {
    let (mut ints, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for record in 0..file.index.annotations.len() {
        job.check()?;
        let Some(at) = file.index.annotations.offset(record) else { continue };
        let mut json = Cursor::new(file.bytes);
        json.seek(at);
        match category_id(&mut json) {
            Some(Id::Int(id)) => drop(ints.insert(id)),
            Some(Id::Text(id)) => drop(texts.insert(id)),
            None => {}
        }
    }
    Ok(ints.into_iter().map(Id::Int).chain(texts.into_iter().map(Id::Text)).collect())
}

/// The category id of one record; the last of several.
fn category_id(json: &mut Cursor<'_>) -> Option<Id> {
    json.expect(b'{', "a record").ok()?;
    let mut id = None;
    loop {
        if json.key().ok()?.decode().ok()? == "category_id" {
            id = read_id(json).ok().and_then(|(token, _)| token.id());
        } else {
            json.skip().ok()?;
        }
        if !json.more(b'}', "a record").ok()? {
            return id;
        }
    }
}

fn warn_orphans(files: &[&SourceFile<'_>], rows: &SplitRows, job: &Job) -> Result<()> {
    for (file, rows) in files.iter().zip(&rows.files) {
        let outer = file.index.panoptic.as_ref();
        let images: HashSet<u32> = match outer.is_some() && !rows.orphans.is_empty() {
            true => file.index.images.ids().iter().copied().collect(),
            false => HashSet::new(),
        };
        for ordinal in &rows.orphans {
            let record = usize::try_from(*ordinal).unwrap_or(usize::MAX);
            let place = super::place_at(&file.source.name, file.index.listed().offset(record).unwrap_or(0));
            let listed = outer.and_then(|outer| outer.records.ids().get(record));
            let (code, why) = match outer {
                Some(outer) if !outer.is_regular(record) => {
                    ("coco.panoptic-record", "has no plain list of segments")
                }
                Some(_) if listed.is_some_and(|id| images.contains(id)) => {
                    ("coco.duplicate-panoptic", "is of an image that has another one")
                }
                _ => ("coco.orphan-annotation", "is of an image that the file does not list"),
            };
            let what = format!("annotation {ordinal} {why}");
            job.warn(Warning::new(code, place, what, "kept in the residue"))?;
        }
    }
    Ok(())
}
