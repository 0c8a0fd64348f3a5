//! Rows that wait to become a batch of a file.
//!
//! Batches come in any size and leave cut by bytes: as many rows as fit, at least one, at most 2²⁰. So one row of a heavy
//! group is read without its neighbours, and 32-bit offsets suffice. A batch that fits alone passes uncopied;
//! small ones are joined.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;

use super::span;
use crate::error::Result;

/// A batch has no more rows than this, however few bytes they take.
const MAX_ROWS: usize = 1 << 20;

pub(super) struct Queue {
    schema: SchemaRef,
    limit: u64,
    held: Vec<RecordBatch>,
    bytes: u64,
}

impl Queue {
    pub(super) fn new(schema: SchemaRef, limit: u64) -> Queue {
        Queue { schema, limit: limit.max(1), held: Vec::new(), bytes: 0 }
    }

    /// Takes the next rows and gives the batches that are full now.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<Vec<RecordBatch>> {
        let mut ready = Vec::new();
        let mut start = 0;
        while start < batch.num_rows() {
            let room = self.limit.saturating_sub(self.bytes);
            let held: usize = self.held.iter().map(RecordBatch::num_rows).sum();
            let mut count = fitting(batch, start, room, MAX_ROWS - held.min(MAX_ROWS));
            if count == 0 {
                if let Some(full) = self.flush()? {
                    ready.push(full);
                    continue;
                }
                count = 1;
            }
            self.bytes += span::batch_bytes(batch, start, count);
            self.held.push(batch.slice(start, count));
            start += count;
            if self.bytes >= self.limit {
                ready.extend(self.flush()?);
            }
        }
        Ok(ready)
    }

    /// What is held, as one batch.
    pub(super) fn flush(&mut self) -> Result<Option<RecordBatch>> {
        self.bytes = 0;
        let mut held = std::mem::take(&mut self.held);
        match held.len() {
            0 => Ok(None),
            1 => Ok(held.pop()),
            _ => Ok(Some(concat_batches(&Arc::clone(&self.schema), &held)?)),
        }
    }
}

/// The largest number of rows from `start` on whose bytes fit, of at most `most`.
fn fitting(batch: &RecordBatch, start: usize, room: u64, most: usize) -> usize {
    let (mut fits, mut not) = (0, most.min(batch.num_rows() - start) + 1);
    while not - fits > 1 {
        let middle = fits + (not - fits) / 2;
        if span::batch_bytes(batch, start, middle) <= room { fits = middle } else { not = middle }
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::{ArrayRef, BinaryArray};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cut_batches_hold_the_same_rows_and_no_more_bytes_than_allowed(
            sizes in proptest::collection::vec(proptest::collection::vec(0usize..60, 0..9), 0..9),
            limit in 1u64..200,
        ) {
            let batch = |sizes: &[usize]| {
                let blobs = BinaryArray::from_iter_values(sizes.iter().map(|n| vec![*n as u8; *n]));
                RecordBatch::try_from_iter([("blob", Arc::new(blobs) as ArrayRef)]).unwrap()
            };
            let mut queue = Queue::new(batch(&[]).schema(), limit);
            let mut out = Vec::new();
            for part in &sizes {
                out.extend(queue.push(&batch(part)).unwrap());
            }
            out.extend(queue.flush().unwrap());
            let lengths = |b: &RecordBatch| {
                b.column(0).as_binary::<i32>().iter().map(|v| v.unwrap().len()).collect::<Vec<_>>()
            };
            prop_assert_eq!(out.iter().flat_map(lengths).collect::<Vec<_>>(), sizes.concat());
            for b in &out {
                prop_assert!(b.num_rows() == 1 || span::batch_bytes(b, 0, b.num_rows()) <= limit);
            }
        }
    }
}
