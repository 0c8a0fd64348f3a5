//! Which stored rows are there: positions in the dataset to fragments and offsets, and back.
//!
//! Invariant: the dataset's rows are those of its fragments in order without the deleted ones. Counting needs
//! only the manifest; the lists of deleted rows are read when a row of their fragment is first asked for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt32Type};
use arrow_schema::DataType;

use super::cache::{BUDGET, Cache};
use super::group_file::GroupFile;
use super::group_writer::split_row_id;
use super::saved::{self, OFFSET};
use crate::dataset::Rows;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::manifest::{FileEntry, Fragment, ROW, Run, Version, View};

/// Rows of one fragment: `len` from `offset` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Position in the manifest's list, not the id.
    pub(super) fragment: usize,
    pub(super) offset: u64,
    pub(super) len: u64,
}

struct Part {
    id: u32,
    deleted: Option<FileEntry>,
    offsets: OnceLock<Result<Arc<[u32]>>>,
    rows: u64,
}

/// The live rows of a version.
pub(super) struct Live {
    root: PathBuf,
    parts: Vec<Part>,
    /// The first position of each fragment, and the end.
    starts: Vec<u64>,
    by_id: HashMap<u32, usize>,
}

impl Live {
    pub(super) fn of(root: &Path, version: &Version) -> Live {
        let mut starts = vec![0];
        let mut end = 0;
        let mut parts = Vec::new();
        let mut by_id = HashMap::new();
        for fragment in &version.fragments {
            end += fragment.rows - fragment.deleted_rows().min(fragment.rows);
            starts.push(end);
            by_id.insert(fragment.id, parts.len());
            parts.push(Part::of(fragment));
        }
        Live { root: root.to_owned(), parts, starts, by_id }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The offsets of a fragment's deleted rows, ascending.
    pub(super) fn deleted(&self, fragment: usize) -> Result<Arc<[u32]>> {
        let Some(part) = self.parts.get(fragment) else { return Ok(Arc::default()) };
        let Some(entry) = &part.deleted else { return Ok(Arc::default()) };
        part.offsets.get_or_init(|| read_deleted(&self.root, entry, part.rows)).clone()
    }

    /// The stored rows at these positions, in order.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] past the end; those of reading the lists of deleted rows.
    pub(super) fn spans(&self, rows: &Rows) -> Result<Vec<Span>> {
        let mut spans = Vec::new();
        for (first, len) in rows.runs() {
            let end = first.saturating_add(len as u64);
            if end > self.len() {
                let what = format!("row {} out of range for {} rows", end.saturating_sub(1), self.len());
                return Err(Error::new(ErrorKind::Index, what).at(Place::area("store")));
            }
            let mut at = first;
            while at < end {
                let fragment = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
                let (Some(start), Some(stop)) = (self.starts.get(fragment), self.starts.get(fragment + 1))
                else {
                    break;
                };
                let take = end.min(*stop) - at;
                self.within(fragment, at - start, take, &mut spans)?;
                at += take;
            }
        }
        Ok(spans)
    }

    /// Spans of `len` live rows of a fragment from the `first` live one on.
    fn within(&self, fragment: usize, first: u64, len: u64, spans: &mut Vec<Span>) -> Result<()> {
        let deleted = self.deleted(fragment)?;
        // How many deleted rows come before the live row `first`: those whose offset, less the deleted ones
        // before them, is not beyond it.
        let mut passed = deleted_before(&deleted, first);
        let (mut offset, mut left) = (first + passed as u64, len);
        while left > 0 {
            let next = deleted.get(passed).map_or(u64::MAX, |next| u64::from(*next));
            let take = left.min(next.saturating_sub(offset));
            if take > 0 {
                spans.push(Span { fragment, offset, len: take });
            }
            left -= take;
            offset += take + 1;
            passed += 1;
        }
        Ok(())
    }

    /// The position of a stored row; `None` if it is deleted or its fragment is not there.
    pub(super) fn position(&self, fragment: u32, offset: u64) -> Result<Option<u64>> {
        let Some(part) = self.by_id.get(&fragment) else { return Ok(None) };
        let known = self.parts.get(*part).is_some_and(|p| offset < p.rows);
        let deleted = self.deleted(*part)?;
        let before = deleted.partition_point(|d| u64::from(*d) < offset);
        let gone = deleted.get(before).is_some_and(|d| u64::from(*d) == offset);
        let start = self.starts.get(*part).copied().unwrap_or(0);
        Ok((known && !gone).then(|| start + offset - before as u64))
    }

    /// The permanent ids of some positions, as runs.
    pub(super) fn runs(&self, rows: &Rows) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        for span in self.spans(rows)? {
            if let Some(part) = self.parts.get(span.fragment) {
                saved::push(&mut runs, Run(part.id, span.offset, span.len));
            }
        }
        Ok(runs)
    }

    /// The positions a view chooses; rows deleted since are left out.
    pub(super) fn view(&self, view: &View) -> Result<Rows> {
        let mut positions = Vec::new();
        let mut add = |fragment: u32, offset: u64| -> Result<()> {
            positions.extend(self.position(fragment, offset)?);
            Ok(())
        };
        match &view.file {
            None => {
                // One run without deletions is a range: the common split.
                if let [Run(fragment, start, count)] = view.runs.as_slice()
                    && self
                        .by_id
                        .get(fragment)
                        .is_some_and(|p| self.parts.get(*p).is_some_and(|p| p.deleted.is_none()))
                    && let Some(first) = self.position(*fragment, *start)?
                {
                    return Ok(Rows::span(first, usize::try_from(*count).unwrap_or(usize::MAX)));
                }
                for Run(fragment, start, count) in &view.runs {
                    for offset in *start..start.saturating_add(*count) {
                        add(*fragment, offset)?;
                    }
                }
            }
            Some(entry) => {
                for ids in list(&self.root, entry, ROW, &DataType::Int64)? {
                    for id in ids.as_primitive::<Int64Type>().values() {
                        if let Some((fragment, offset)) = split_row_id(*id) {
                            add(fragment, offset)?;
                        }
                    }
                }
            }
        }
        Ok(Rows::indices(positions))
    }
}

impl Part {
    fn of(fragment: &Fragment) -> Part {
        Part {
            id: fragment.id,
            deleted: fragment.deleted.clone(),
            offsets: OnceLock::new(),
            rows: fragment.rows,
        }
    }
}

/// How many deleted rows come before the `nth` live one.
fn deleted_before(deleted: &[u32], nth: u64) -> usize {
    let (mut low, mut high) = (0, deleted.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let offset = deleted.get(middle).map_or(u64::MAX, |d| u64::from(*d));
        if offset.saturating_sub(middle as u64) <= nth { low = middle + 1 } else { high = middle }
    }
    low
}

/// Reads the offsets of a fragment's deleted rows.
pub(super) fn read_deleted(root: &Path, entry: &FileEntry, rows: u64) -> Result<Arc<[u32]>> {
    let mut offsets = Vec::new();
    for part in list(root, entry, OFFSET, &DataType::UInt32)? {
        offsets.extend_from_slice(part.as_primitive::<UInt32Type>().values());
    }
    let ascending = offsets.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    if ascending && offsets.last().is_none_or(|last| u64::from(*last) < rows) {
        return Ok(offsets.into());
    }
    Err(Error::new(ErrorKind::Corrupt, "a list of deleted rows that is out of order or range")
        .at(Place::area("store").file(root.join(&entry.path))))
}

/// Reads the one column of a list file.
pub(super) fn list(
    root: &Path,
    entry: &FileEntry,
    name: &str,
    ty: &DataType,
) -> Result<Vec<arrow_array::ArrayRef>> {
    let file = GroupFile::open(root, entry, &Arc::new(Cache::new(BUDGET)), 0)?;
    let place = || Place::area("store").file(root.join(&entry.path));
    let column = file
        .find(name)
        .ok_or_else(|| Error::new(ErrorKind::Corrupt, format!("no column '{name}'")).at(place()))?;
    let parts =
        (0..file.batches()).map(|batch| file.column(batch, column, ty)).collect::<Result<Vec<_>>>()?;
    if parts.iter().any(|p| p.null_count() > 0) {
        return Err(Error::new(ErrorKind::Corrupt, "a list of rows with nulls").at(place()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn live_rows_are_those_not_deleted(
            deleted in proptest::collection::btree_set(0u32..40, 0..30),
            rows in 40u64..60,
        ) {
            let fragment = Fragment { id: 3, rows, ..Fragment::default() };
            let entry = FileEntry { rows: deleted.len() as u64, ..FileEntry::default() };
            let version = Version {
                fragments: vec![Fragment { deleted: Some(entry), ..fragment }],
                ..Version::default()
            };
            let live = Live::of(Path::new(""), &version);
            let listed: Vec<u32> = deleted.iter().copied().collect();
            live.parts[0].offsets.set(Ok(listed.into())).unwrap();
            let want: Vec<u64> = (0..rows).filter(|r| !deleted.contains(&(*r as u32))).collect();
            prop_assert_eq!(live.len(), want.len() as u64);
            for first in 0..want.len() {
                for len in [1, 3, want.len() - first] {
                    let rows = Rows::span(first as u64, len.min(want.len() - first));
                    let spans = live.spans(&rows).unwrap();
                    let got: Vec<u64> = spans.iter().flat_map(|s| s.offset..s.offset + s.len).collect();
                    prop_assert_eq!(&got, &want[first..first + rows.len()]);
                }
            }
            for offset in 0..rows {
                let position = live.position(3, offset).unwrap();
                prop_assert_eq!(position, want.iter().position(|w| *w == offset).map(|p| p as u64));
            }
            prop_assert_eq!(live.position(3, rows).unwrap(), None);
        }
    }
}
