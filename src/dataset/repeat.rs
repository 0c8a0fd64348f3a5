//! [`Dataset::repeat`]: the rows of a view several times over.
//!
//! Invariant: a read asks for each row of the view at most once, however many times round it goes; a range
//! gives the view's own chunks, as often as it passes them. A repeat of a repeat is one repeat.

use std::ops::Range;

use arrow_buffer::Buffer;

use super::batch::Batch;
use super::keys::{KeyIndex, Keys};
use super::rows::Rows;
use super::source::{Access, Source};
use super::view::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;

struct Repeat {
    /// Not empty: an empty view repeated is itself.
    input: Dataset,
    len: usize,
}

impl Dataset {
    /// The rows `times` over: row `i` is row `i % len` of this view. Nothing is read; 0 times is empty.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if there would be more than `i64::MAX` rows.
    pub fn repeat(&self, times: usize) -> Result<Dataset> {
        let len =
            self.len().checked_mul(times).filter(|len| i64::try_from(*len).is_ok()).ok_or_else(|| {
                Error::new(ErrorKind::Limit, format!("{} rows {times} times over are too many", self.len()))
                    .at(Place::area("repeat"))
            })?;
        if times == 1 {
            return Ok(self.clone());
        }
        if times == 0 || self.is_empty() {
            return self.slice(..0);
        }
        if let Some(inner) = self.source_as::<Repeat>()
            && self.rows().is_identity()
            && self.len() == inner.len
            && self.positions().iter().copied().eq(inner.keys().indices())
            && self.keys().is_same(inner.keys())
        {
            return Ok(Dataset::new(Repeat { input: inner.input.clone(), len }));
        }
        Ok(Dataset::new(Repeat { input: self.clone(), len }))
    }
}

/// What a read asks of the input, and what it makes of the answers.
struct Plan {
    /// Each row of the input at most once.
    asked: Vec<Rows>,
    /// The ranges of the joined answers that are wanted; none if they are wanted as they are.
    ranges: Vec<Range<usize>>,
}

impl Repeat {
    /// True if no row of the input's source stands twice in the input, so that two requests may split it.
    fn seam_is_clean(&self) -> bool {
        self.input.rows().as_range().is_some() && self.input.source_as::<Repeat>().is_none()
    }

    fn plan(&self, rows: &Rows) -> Plan {
        let cycle = self.input.len();
        let Some((first, 1)) = rows.as_range() else {
            let locals: Vec<u64> = rows.iter().map(|row| row % cycle as u64).collect();
            return Plan { asked: vec![Rows::indices(locals)], ranges: Vec::new() };
        };
        let (start, len) = ((first % cycle as u64) as usize, rows.len());
        if start + len <= cycle {
            return Plan { asked: vec![Rows::span(start as u64, len)], ranges: Vec::new() };
        }
        if len < cycle && self.seam_is_clean() {
            let tail = cycle - start;
            let asked = vec![Rows::span(start as u64, tail), Rows::span(0, len - tail)];
            return Plan { asked, ranges: Vec::new() };
        }
        if len < cycle {
            let over = (start..cycle).chain(0..start + len - cycle).map(|row| row as u64);
            return Plan { asked: vec![Rows::indices(over.collect::<Vec<_>>())], ranges: Vec::new() };
        }
        let mut ranges = Vec::with_capacity(len / cycle + 2);
        let (mut at, mut left) = (start, len);
        while left > 0 {
            let upto = cycle.min(at + left);
            ranges.push(at..upto);
            left -= upto - at;
            at = 0;
        }
        Plan { asked: vec![Rows::all(cycle)], ranges }
    }
}

impl Source for Repeat {
    fn keys(&self) -> &Keys {
        self.input.keys()
    }

    fn len(&self) -> usize {
        self.len
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        rows.check(self.len)?;
        let Plan { asked, ranges } = self.plan(rows);
        let mut answer = Batch::empty(self.input.keys(), keys);
        for rows in asked {
            answer.append(self.input.read(&rows, keys, access)?)?;
        }
        if ranges.is_empty() {
            return Ok(answer);
        }
        let mut repeated = Batch::empty(self.input.keys(), keys);
        for range in ranges {
            repeated.append(answer.slice(range))?;
        }
        Ok(repeated)
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        if rows.check(self.len).is_ok() {
            for rows in self.plan(rows).asked {
                self.input.prefetch(&rows, keys);
            }
        }
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.input.classes(set)
    }

    fn linked(&self, row: u64, key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        // The input is not empty.
        self.input.linked(row % self.input.len().max(1) as u64, key, path)
    }

    fn map_depth(&self) -> u64 {
        self.input.map_depth()
    }
}
