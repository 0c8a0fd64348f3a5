//! Rows: the images of a split's files joined by id, and the annotations of each row.
//!
//! The first file is the primary one: its images are the first rows, in its order. An image of another file
//! joins the row that has its id and that this file has not taken yet, or else becomes a row at the end.
//! Annotations go to the last image of their file that has their image id; those without one are orphans.

use std::collections::HashMap;

use crate::error::Result;
use crate::job::{Job, Warning};

use super::ids::{Ids, NONE};
use super::index::Layout;
use super::panoptic::Outer;
use super::place_at;
use super::source::SourceFile;

/// The rows of one file.
#[derive(Debug, Default)]
pub(super) struct FileRows {
    /// For each row the image record; [`NONE`] where the file does not list it. Empty for results.
    records: Vec<u32>,
    /// For each row where its annotations begin in `order`; one more than rows.
    starts: Vec<u32>,
    /// Annotations by row, in file order within one.
    order: Vec<u32>,
    /// Records of the list of annotations without a row, in file order.
    pub(super) orphans: Vec<u32>,
    /// Of a panoptic file, for each row its record; [`NONE`] where there is none.
    panoptic: Vec<u32>,
    /// True if the order of rows gives the order of annotations back.
    pub(super) in_order: bool,
    results: bool,
}

impl FileRows {
    /// The image record of a row.
    pub(super) fn record(&self, row: usize) -> Option<usize> {
        self.records.get(row).filter(|r| **r != NONE).and_then(|r| usize::try_from(*r).ok())
    }

    /// The panoptic record of a row.
    pub(super) fn panoptic(&self, row: usize) -> Option<usize> {
        self.panoptic.get(row).filter(|r| **r != NONE).and_then(|r| usize::try_from(*r).ok())
    }

    /// True if the file speaks of the row.
    pub(super) fn lists(&self, row: usize) -> bool {
        self.results || self.record(row).is_some()
    }

    /// The annotations of a row, in file order.
    pub(super) fn annotations(&self, row: usize) -> impl Iterator<Item = usize> {
        let at = |i: usize| self.starts.get(i).and_then(|n| usize::try_from(*n).ok()).unwrap_or(0);
        let range = self.order.get(at(row)..at(row + 1)).unwrap_or_default();
        range.iter().filter_map(|n| usize::try_from(*n).ok())
    }
}

/// The rows of a split.
#[derive(Debug, Default)]
pub(super) struct SplitRows {
    /// The number of the image id of each row; [`NONE`] where it has none.
    pub(super) ids: Vec<u32>,
    /// In the order of the files.
    pub(super) files: Vec<FileRows>,
}

/// Joins the files of a split, the primary one first.
pub(super) fn join(files: &[&SourceFile<'_>], ids: &Ids, job: &Job) -> Result<SplitRows> {
    let mut rows = Rows { ids: Vec::new(), first: vec![NONE; ids.len()], more: HashMap::new() };
    let mut joined = Vec::new();
    for file in files {
        job.check()?;
        joined.push(join_file(file, &mut rows, ids, job)?);
    }
    for file in &mut joined {
        let last = file.starts.last().copied().unwrap_or(0);
        file.starts.resize(rows.ids.len() + 1, last);
    }
    Ok(SplitRows { ids: rows.ids, files: joined })
}

struct Rows {
    ids: Vec<u32>,
    /// For each id its first row.
    first: Vec<u32>,
    /// Its further rows, where there are any.
    more: HashMap<u32, Vec<u32>>,
}

impl Rows {
    /// The row of the `n`th image of an id, made if there are fewer.
    fn nth(&mut self, id: u32, n: u32) -> u32 {
        let known = match n.checked_sub(1) {
            None => slot(&self.first, id).filter(|row| *row != NONE),
            Some(n) => self.more.get(&id).and_then(|rows| slot(rows, n)),
        };
        if let Some(row) = known {
            return row;
        }
        let row = self.push(id);
        match usize::try_from(id).ok().and_then(|i| self.first.get_mut(i)) {
            Some(first) if *first == NONE => *first = row,
            _ => self.more.entry(id).or_default().push(row),
        }
        row
    }

    fn push(&mut self, id: u32) -> u32 {
        let row = u32::try_from(self.ids.len()).unwrap_or(NONE);
        self.ids.push(id);
        row
    }
}

fn slot(values: &[u32], at: u32) -> Option<u32> {
    values.get(usize::try_from(at).ok()?).copied()
}

fn set(values: &mut Vec<u32>, at: u32, value: u32) {
    let Ok(at) = usize::try_from(at) else { return };
    if at >= values.len() {
        values.resize(at + 1, NONE);
    }
    if let Some(slot) = values.get_mut(at) {
        *slot = value;
    }
}

fn join_file(file: &SourceFile<'_>, rows: &mut Rows, ids: &Ids, job: &Job) -> Result<FileRows> {
    let results = file.index.layout == Layout::Array;
    let mut joined = FileRows { results, in_order: true, ..FileRows::default() };
    // For each id the row that the file's annotations of it go to.
    let mut target = vec![NONE; ids.len()];
    if results {
        for id in file.index.annotations.ids().iter().filter(|id| **id != NONE) {
            if slot(&target, *id) == Some(NONE) {
                set(&mut target, *id, rows.nth(*id, 0));
            }
        }
    } else {
        let mut taken = vec![0u32; ids.len()];
        for (record, id) in (0u32..).zip(file.index.images.ids()) {
            let row = match usize::try_from(*id).ok().and_then(|i| taken.get_mut(i)) {
                None => rows.push(NONE),
                Some(taken) => {
                    *taken += 1;
                    rows.nth(*id, *taken - 1)
                }
            };
            if slot(&target, *id).is_some_and(|before| before != NONE) {
                warn_twice(file, record, *id, ids, job)?;
            }
            set(&mut joined.records, row, record);
            if *id != NONE {
                set(&mut target, *id, row);
            }
        }
    }
    match &file.index.panoptic {
        Some(outer) => sort_panoptic(outer, &target, rows.ids.len(), &mut joined),
        None => sort(file.index.annotations.ids(), &target, rows.ids.len(), &mut joined),
    }
    Ok(joined)
}

/// Gives each row its panoptic record, the last of several, and that record's segments.
fn sort_panoptic(outer: &Outer, target: &[u32], rows: usize, out: &mut FileRows) {
    out.panoptic = vec![NONE; rows];
    for (record, (ordinal, id)) in (0u32..).zip(outer.records.ids()).enumerate() {
        let row = slot(target, *id).filter(|row| *row != NONE && outer.is_regular(record));
        let row = row.and_then(|row| usize::try_from(row).ok()).and_then(|row| out.panoptic.get_mut(row));
        let left = match row {
            Some(row) => std::mem::replace(row, ordinal),
            None => ordinal,
        };
        if left != NONE {
            out.orphans.push(left);
        }
    }
    out.orphans.sort_unstable();
    out.starts.push(0);
    for row in 0..rows {
        if let Some(record) = out.panoptic(row) {
            out.order.extend(outer.segments(record));
        }
        out.starts.push(u32::try_from(out.order.len()).unwrap_or(NONE));
    }
}

fn warn_twice(file: &SourceFile<'_>, record: u32, id: u32, ids: &Ids, job: &Job) -> Result<()> {
    let at = usize::try_from(record).ok().and_then(|r| file.index.images.offset(r)).unwrap_or(0);
    let id = ids.get(id).map(ToString::to_string).unwrap_or_default();
    let what = format!("two images have the id {id}");
    let done = "both are rows; annotations go to the last, as in pycocotools";
    job.warn(Warning::new("coco.duplicate-image", place_at(&file.source.name, at), what, done))
}

/// Sorts annotations by row, stably, by counting.
fn sort(image_ids: &[u32], target: &[u32], rows: usize, out: &mut FileRows) {
    let mut starts = vec![0u32; rows + 1];
    let row_of =
        |id: &u32| slot(target, *id).filter(|row| *row != NONE).and_then(|row| usize::try_from(row).ok());
    let (mut last, mut count) = (0, 0usize);
    for (ordinal, id) in (0u32..).zip(image_ids) {
        match row_of(id) {
            Some(row) => {
                out.in_order &= row >= last;
                last = row;
                count += 1;
                if let Some(start) = starts.get_mut(row + 1) {
                    *start += 1;
                }
            }
            None => out.orphans.push(ordinal),
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut order = vec![0u32; count];
    for (ordinal, id) in (0u32..).zip(image_ids) {
        let Some(next) = row_of(id).and_then(|row| next.get_mut(row)) else { continue };
        if let Some(slot) = usize::try_from(*next).ok().and_then(|at| order.get_mut(at)) {
            *slot = ordinal;
        }
        *next += 1;
    }
    // With orphans between them the annotations' own positions are no longer 0, 1, 2, ….
    out.in_order &= out.orphans.is_empty();
    (out.starts, out.order) = (starts, order);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::coco::source::tests::source_file;

    fn join_texts(texts: &[&str]) -> (SplitRows, Job) {
        let job = Job::new();
        let mut ids = Ids::default();
        let files: Vec<SourceFile<'_>> = texts.iter().map(|text| source_file(text, &mut ids)).collect();
        let rows = join(&files.iter().collect::<Vec<_>>(), &ids, &job).unwrap();
        (rows, job)
    }

    #[test]
    fn annotations_find_their_rows_and_orphans_are_told() {
        let (rows, _) = join_texts(&[
            r#"{"images": [{"id": 7}, {"id": 5}], "annotations": [{"image_id": 5}, {"image_id": 7}, {"image_id": 5}, {"image_id": 6}, {}]}"#,
        ]);
        let file = &rows.files[0];
        assert_eq!(file.annotations(0).collect::<Vec<_>>(), [1]);
        assert_eq!(file.annotations(1).collect::<Vec<_>>(), [0, 2]);
        assert_eq!((file.orphans.as_slice(), file.in_order), ([3, 4].as_slice(), false));
    }

    #[test]
    fn a_row_has_the_last_panoptic_record_of_its_image_and_the_others_are_left_over() {
        let (rows, _) = join_texts(&[r#"{"images": [{"id": 7}, {"id": 5}, {"id": 6}], "annotations": [
                {"image_id": 5, "segments_info": [{"id": 1}, {"id": 2}]}, {"image_id": 7, "segments_info": [{"id": 3}]},
                {"image_id": 5, "segments_info": [{"id": 4}]}, {"image_id": 6}, {"image_id": 9, "segments_info": []}]}"#]);
        let file = &rows.files[0];
        assert_eq!((0..3).map(|r| file.panoptic(r)).collect::<Vec<_>>(), [Some(1), Some(2), None]);
        assert_eq!(
            (0..3).map(|r| file.annotations(r).collect::<Vec<_>>()).collect::<Vec<_>>(),
            [vec![2], vec![3], vec![]]
        );
        assert_eq!((file.orphans.as_slice(), file.in_order, file.lists(2)), (&[0, 3, 4][..], true, true));
    }

    #[test]
    fn images_only_another_file_has_come_last() {
        let (rows, _) = join_texts(&[
            r#"{"images": [{"id": 7}, {"id": 5}], "annotations": []}"#,
            r#"{"images": [{"id": 9}, {"id": 7}], "annotations": [{"image_id": 9}, {"image_id": 5}]}"#,
        ]);
        assert_eq!(rows.ids.len(), 3);
        let (first, second) = (&rows.files[0], &rows.files[1]);
        assert_eq!((0..3).map(|r| first.record(r)).collect::<Vec<_>>(), [Some(0), Some(1), None]);
        assert_eq!((0..3).map(|r| second.record(r)).collect::<Vec<_>>(), [Some(1), None, Some(0)]);
        assert_eq!(second.annotations(2).collect::<Vec<_>>(), [0]);
        // Another file's image is not this file's.
        assert_eq!(second.orphans, [1]);
        assert_eq!(first.annotations(2).count(), 0);
    }

    #[test]
    fn of_two_images_with_one_id_both_stay_and_the_last_has_the_annotations() {
        let text = r#"{"images": [{"id": 7}, {"id": 7}], "annotations": [{"image_id": 7}]}"#;
        let (rows, job) = join_texts(&[text, text]);
        assert_eq!(rows.ids.len(), 2);
        assert_eq!(rows.files[1].annotations(1).collect::<Vec<_>>(), [0]);
        assert_eq!(rows.files[1].annotations(0).count(), 0);
        assert_eq!(job.warnings().count("coco.duplicate-image"), 2);
    }

    #[test]
    fn results_make_rows_in_order_of_first_appearance() {
        let (rows, _) = join_texts(&[r#"[{"image_id": 9}, {"image_id": 3}, {"image_id": 9}]"#]);
        assert_eq!(rows.ids, [0, 1]);
        assert_eq!(rows.files[0].annotations(0).collect::<Vec<_>>(), [0, 2]);
        assert!(rows.files[0].lists(1) && rows.files[0].record(1).is_none());
    }
}
