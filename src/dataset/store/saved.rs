//! Lists of rows on disk: named views and deleted rows.
//!
//! A view is kept as runs in the manifest while they are few, else as a small Arrow file with one column of
//! permanent row ids; deleted rows are a file with one ascending column of offsets in their fragment.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, UInt32Array};
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use serde_json::Map;

use super::attempt::Attempt;
use super::group_writer::row_id;
use crate::dataset::Rows;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::manifest::{FileEntry, ROW, Run, View};

/// The column of a file of deleted rows.
pub(super) const OFFSET: &str = "offset";

/// Up to this many runs are kept in the manifest itself.
const INLINE_RUNS: usize = 256;

/// Rows of a batch in a list file: 512 KiB of ids.
const LIST_BATCH: usize = 1 << 16;

/// The runs of permanent ids that `rows` chooses among `written`, fragments one after the other.
///
/// # Errors
/// [`ErrorKind::Index`] for a row past the end.
pub(super) fn runs_of(written: &[Run], rows: &Rows) -> Result<Vec<Run>> {
    let mut ends = Vec::with_capacity(written.len());
    let mut total = 0;
    for Run(_, _, count) in written {
        total += count;
        ends.push(total);
    }
    let mut out: Vec<Run> = Vec::new();
    for (first, len) in rows.runs() {
        let (mut at, end) = (first, first.saturating_add(len as u64));
        if end > total {
            return Err(Error::new(
                ErrorKind::Index,
                format!("row {} out of range for {total} rows", end - 1),
            )
            .at(Place::area("store: view")));
        }
        while at < end {
            let n = ends.partition_point(|e| *e <= at);
            let (Some(Run(fragment, start, count)), Some(stop)) = (written.get(n), ends.get(n)) else {
                break;
            };
            let take = (stop - at).min(end - at);
            push(&mut out, Run(*fragment, start + (at - (stop - count)), take));
            at += take;
        }
    }
    Ok(out)
}

/// Adds a run, joined to the last where it goes on from it.
pub(super) fn push(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.0 == run.0 && last.1 + last.2 == run.1 => last.2 += run.2,
        _ => runs.push(run),
    }
}

/// The entry of a view of these rows, its file written where one is needed.
pub(super) fn view(attempt: &mut Attempt, name: &str, runs: Vec<Run>, query: Option<String>) -> Result<View> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::new(ErrorKind::Usage, format!("'{}' cannot name a view", name.escape_debug()))
            .at(Place::area("store")));
    }
    let rows = runs.iter().map(|r| r.2).sum();
    if runs.len() <= INLINE_RUNS {
        return Ok(View { rows, query, runs, file: None, rest: Map::new() });
    }
    let ids = runs.iter().flat_map(|r| (r.1..r.1 + r.2).map(|offset| row_id(r.0, offset)));
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(ids));
    // The name is data; the file's is a hash of it.
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let stem = format!("views/{}", hash.get(..12).unwrap_or_default());
    let file = list_file(attempt, &stem, ROW, ids)?;
    Ok(View { rows, query, runs: Vec::new(), file: Some(file), rest: Map::new() })
}

/// Writes the ascending offsets of a fragment's deleted rows.
pub(super) fn deleted(attempt: &mut Attempt, fragment: u32, offsets: Vec<u32>) -> Result<FileEntry> {
    list_file(attempt, &format!("deletes/{fragment:05}"), OFFSET, Arc::new(UInt32Array::from(offsets)))
}

fn list_file(attempt: &mut Attempt, stem: &str, name: &str, list: ArrayRef) -> Result<FileEntry> {
    let all = RecordBatch::try_from_iter_with_nullable([(name, list, true)])?;
    let file = attempt.create(stem, "arrow")?;
    let options = IpcWriteOptions::try_new(64, false, MetadataVersion::V5)?;
    let mut writer = FileWriter::try_new_with_options(file, &all.schema(), options)?;
    let mut batches = Vec::new();
    for start in (0..all.num_rows()).step_by(LIST_BATCH) {
        let part = all.slice(start, LIST_BATCH.min(all.num_rows() - start));
        writer.write(&part)?;
        batches.push(part.num_rows() as u64);
    }
    writer.finish()?;
    let entry = writer.into_inner()?.finish()?;
    Ok(FileEntry { rows: all.num_rows() as u64, batches, ..entry })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_across_fragments_become_runs_of_permanent_ids() {
        let written = [Run(4, 0, 3), Run(9, 0, 2)];
        assert_eq!(runs_of(&written, &Rows::span(1, 3)).unwrap(), [Run(4, 1, 2), Run(9, 0, 1)]);
        let listed = Rows::indices(vec![4, 0, 1, 1]);
        assert_eq!(runs_of(&written, &listed).unwrap(), [Run(9, 1, 1), Run(4, 0, 2), Run(4, 1, 1)]);
        assert_eq!(runs_of(&written, &Rows::span(3, 3)).unwrap_err().kind(), ErrorKind::Index);
    }
}
