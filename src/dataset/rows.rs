//! A choice of rows: a range with a step, or a window into a shared index array.
//!
//! Invariant: views of views flatten into one of these two, so reading through a hundred of them costs the
//! same as through one. Ranges of ranges stay ranges; a slice of an index array shares the array. Bounds are
//! checked when a choice is built, so every row in it is below the length it was built against.

use std::collections::HashMap;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Place, Result};

/// Rows of a source, in order; may repeat.
///
/// ```
/// use lensframe::dataset::Rows;
/// let rows = Rows::all(10).slice(3..8)?.step(2)?;
/// assert_eq!(rows.iter().collect::<Vec<_>>(), [3, 5, 7]);
/// assert_eq!(rows.take(&[2, 0])?.iter().collect::<Vec<_>>(), [7, 3]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rows(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// `start, start + step, …`, `len` of them; `step` is not 0 and no term leaves `0..=i64::MAX`.
    Range { start: u64, step: i64, len: usize },
    /// `all[first], all[first + step], …`, `len` of them.
    Indices { all: Arc<[u64]>, first: usize, step: isize, len: usize },
}

/// A Python slice: absent, negative and too large bounds mean what they mean in Python.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// First row; negative counts from the end.
    pub start: Option<i64>,
    /// Row to stop before; negative counts from the end.
    pub stop: Option<i64>,
    /// Step, 1 if absent; negative walks backwards.
    pub step: Option<i64>,
}

impl Rows {
    /// Rows `0..len`.
    pub fn all(len: usize) -> Rows {
        Rows(Repr::Range { start: 0, step: 1, len })
    }

    /// Row `row` alone.
    pub fn one(row: u64) -> Rows {
        Rows(Repr::Range { start: row, step: 1, len: 1 })
    }

    /// `len` rows from `start` on.
    pub fn span(start: u64, len: usize) -> Rows {
        Rows(Repr::Range { start, step: 1, len })
    }

    /// These rows in this order.
    pub fn indices(rows: impl Into<Arc<[u64]>>) -> Rows {
        let all = rows.into();
        let len = all.len();
        Rows(Repr::Indices { all, first: 0, step: 1, len })
    }

    /// How many rows are chosen.
    pub fn len(&self) -> usize {
        match self.0 {
            Repr::Range { len, .. } | Repr::Indices { len, .. } => len,
        }
    }

    /// True if no row is chosen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at a position; `None` past the end.
    pub fn get(&self, position: usize) -> Option<u64> {
        (position < self.len()).then(|| self.at(position))
    }

    /// The row at a position below `len`.
    fn at(&self, position: usize) -> u64 {
        match &self.0 {
            Repr::Range { start, step, .. } => start.wrapping_add_signed(step.wrapping_mul(position as i64)),
            Repr::Indices { all, first, step, .. } => {
                all.get(first.wrapping_add_signed(step.wrapping_mul(position as isize))).copied().unwrap_or(0)
            }
        }
    }

    /// The rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u64> + '_ {
        (0..self.len()).map(|position| self.at(position))
    }

    /// `(first row, step)` if the rows are an arithmetic sequence known as such; a single row has step 1.
    pub fn as_range(&self) -> Option<(u64, i64)> {
        match self.0 {
            Repr::Range { start, step, len } => Some((start, if len <= 1 { 1 } else { step })),
            Repr::Indices { .. } => None,
        }
    }

    /// These rows and then others, if together they are a range of consecutive rows.
    pub(super) fn followed_by(&self, next: &Rows) -> Option<Rows> {
        if self.is_empty() || next.is_empty() {
            return Some(if self.is_empty() { next.clone() } else { self.clone() });
        }
        match (self.as_range()?, next.as_range()?) {
            ((first, 1), (then, 1)) if first.checked_add(self.len() as u64) == Some(then) => {
                Some(Rows::span(first, self.len() + next.len()))
            }
            _ => None,
        }
    }

    /// Maximal runs of consecutive ascending rows, as `(first row, length)`: what a reader can fetch at once.
    pub fn runs(&self) -> impl Iterator<Item = (u64, usize)> + '_ {
        let whole = matches!(self.0, Repr::Range { step: 1, .. });
        let mut position = 0;
        std::iter::from_fn(move || {
            let first = self.get(position)?;
            let mut len = if whole { self.len() } else { 1 };
            while !whole
                && self.get(position + len).is_some_and(|row| first.checked_add(len as u64) == Some(row))
            {
                len += 1;
            }
            position += len;
            Some((first, len))
        })
    }

    /// Positions `range` of these rows: shares indices, O(1).
    ///
    /// # Errors
    /// [`ErrorKind::Index`] if the range ends before it starts or past the end.
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Rows> {
        let start = match range.start_bound() {
            Bound::Included(&n) => n,
            Bound::Excluded(&n) => n.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let stop = match range.end_bound() {
            Bound::Included(&n) => n.saturating_add(1),
            Bound::Excluded(&n) => n,
            Bound::Unbounded => self.len(),
        };
        if start > stop || stop > self.len() {
            return Err(out_of_range(&format!("rows {start}..{stop}"), self.len()));
        }
        Ok(self.window(start, 1, stop - start))
    }

    /// Every `step`-th row; a negative step walks backwards from the last.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the step is 0.
    pub fn step(&self, step: i64) -> Result<Rows> {
        self.slice_python(Slice { step: Some(step), ..Slice::default() })
    }

    /// A Python slice of these rows: bounds are clamped, never out of range. O(1).
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the step is 0.
    pub fn slice_python(&self, slice: Slice) -> Result<Rows> {
        let len = self.len() as i64;
        let step = slice.step.unwrap_or(1);
        if step == 0 {
            return Err(Error::new(ErrorKind::Usage, "slice step is 0").at(Place::area("rows")));
        }
        let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
        let clamp = |bound: i64| (if bound < 0 { bound.saturating_add(len) } else { bound }).clamp(low, high);
        let start = slice.start.map_or(if step > 0 { low } else { high }, clamp);
        let stop = slice.stop.map_or(if step > 0 { high } else { low }, clamp);
        let distance = if step > 0 { stop - start } else { start - stop };
        let stride = step.unsigned_abs() as i128;
        let count = if distance <= 0 { 0 } else { (distance as i128 + stride - 1) / stride };
        if count == 0 {
            return Ok(self.window(0, 1, 0));
        }
        // With one row the step is never taken; keeping it out avoids overflow on absurd steps.
        let step = if count == 1 { 1 } else { step };
        Ok(self.window(start as usize, step as isize, count as usize))
    }

    /// Positions `positions` of these rows, in that order; may repeat. O(positions).
    ///
    /// # Errors
    /// [`ErrorKind::Index`] if a position is past the end.
    pub fn take(&self, positions: &[u64]) -> Result<Rows> {
        let len = self.len() as u64;
        if let Some(bad) = positions.iter().find(|p| **p >= len) {
            return Err(out_of_range(&format!("row {bad}"), self.len()));
        }
        Ok(Rows::indices(positions.iter().map(|p| self.at(*p as usize)).collect::<Arc<[u64]>>()))
    }

    /// As [`Rows::take`] with Python's negative positions, counted from the end.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] if a position is out of range on either side.
    pub fn take_python(&self, positions: &[i64]) -> Result<Rows> {
        let len = self.len() as i64;
        let mut rows = Vec::with_capacity(positions.len());
        for &position in positions {
            let at = if position < 0 { position.saturating_add(len) } else { position };
            if at < 0 || at >= len {
                return Err(out_of_range(&format!("row {position}"), self.len()));
            }
            rows.push(self.at(at as usize));
        }
        Ok(Rows::indices(rows))
    }

    /// The rows whose flag is set.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if there are not as many flags as rows.
    pub fn mask(&self, flags: &[bool]) -> Result<Rows> {
        if flags.len() != self.len() {
            let what = format!("{} flags for {} rows", flags.len(), self.len());
            return Err(Error::new(ErrorKind::Length, what)
                .at(Place::area("rows"))
                .remedy("give one flag a row"));
        }
        let rows: Vec<u64> = flags
            .iter()
            .enumerate()
            .filter(|(_, keep)| **keep)
            .map(|(position, _)| self.at(position))
            .collect();
        Ok(Rows::indices(rows))
    }

    /// The rows that `outer` chooses among these: `outer`'s rows are positions here. What makes nested views
    /// flat.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] if `outer` reaches past the end.
    pub fn compose(&self, outer: &Rows) -> Result<Rows> {
        match &outer.0 {
            Repr::Range { len: 0, .. } => Ok(self.window(0, 1, 0)),
            Repr::Range { start, step, len } => {
                let (first, last) = (*start, outer.at(len - 1));
                if first.max(last) >= self.len() as u64 {
                    return Err(out_of_range(&format!("row {}", first.max(last)), self.len()));
                }
                Ok(self.window(first as usize, *step as isize, *len))
            }
            Repr::Indices { .. } if self.is_identity() => {
                outer.check(self.len())?;
                Ok(outer.clone())
            }
            Repr::Indices { .. } => {
                outer.check(self.len())?;
                Ok(Rows::indices(outer.iter().map(|p| self.at(p as usize)).collect::<Arc<[u64]>>()))
            }
        }
    }

    /// Checks that every row is below `len`: what a source does before it reads.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] naming the highest row.
    pub fn check(&self, len: usize) -> Result<()> {
        let highest = match (&self.0, self.len()) {
            (_, 0) => return Ok(()),
            (Repr::Range { .. }, n) => self.at(0).max(self.at(n - 1)),
            (Repr::Indices { .. }, _) => self.iter().max().unwrap_or(0),
        };
        if highest >= len as u64 {
            return Err(out_of_range(&format!("row {highest}"), len));
        }
        Ok(())
    }

    /// The rows without repeats, in order of first appearance, and where among them each row is; `None` if no
    /// row repeats. What lets a source do its work once a row.
    ///
    /// ```
    /// use lensframe::dataset::Rows;
    /// let (rows, places) = Rows::indices(vec![7, 2, 7]).distinct().unwrap();
    /// assert_eq!((rows, places), (Rows::indices(vec![7, 2]), Rows::indices(vec![0, 1, 0])));
    /// assert!(Rows::all(5).distinct().is_none());
    /// ```
    pub fn distinct(&self) -> Option<(Rows, Rows)> {
        let ascending = || self.iter().zip(self.iter().skip(1)).all(|(a, b)| a < b);
        if matches!(self.0, Repr::Range { .. }) || ascending() {
            return None;
        }
        let mut places = HashMap::with_capacity(self.len());
        let mut rows = Vec::new();
        let positions: Vec<u64> = self
            .iter()
            .map(|row| {
                *places.entry(row).or_insert_with(|| {
                    rows.push(row);
                    rows.len() as u64 - 1
                })
            })
            .collect();
        (rows.len() < self.len()).then(|| (Rows::indices(rows), Rows::indices(positions)))
    }

    /// True for rows `0, 1, 2, …`, known as such.
    pub(super) fn is_identity(&self) -> bool {
        matches!(self.0, Repr::Range { start: 0, step: 1, .. })
    }

    /// Positions `start, start + step, …` of these rows; the caller has checked them.
    fn window(&self, start: usize, by: isize, count: usize) -> Rows {
        if count == 0 {
            return Rows(Repr::Range { start: 0, step: 1, len: 0 });
        }
        match &self.0 {
            Repr::Range { step, .. } => {
                let step = if count == 1 { 1 } else { step.wrapping_mul(by as i64) };
                Rows(Repr::Range { start: self.at(start), step, len: count })
            }
            Repr::Indices { all, first, step, .. } => Rows(Repr::Indices {
                all: Arc::clone(all),
                first: first.wrapping_add_signed(step.wrapping_mul(start as isize)),
                step: step.wrapping_mul(by),
                len: count,
            }),
        }
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Rows) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Rows {}

fn out_of_range(what: &str, len: usize) -> Error {
    Error::new(ErrorKind::Index, format!("{what} out of range for {len} rows")).at(Place::area("rows"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(rows: &Rows) -> Vec<u64> {
        rows.iter().collect()
    }

    #[test]
    fn bounds_are_checked_when_the_choice_is_built() {
        assert_eq!(Rows::all(3).slice(1..4).unwrap_err().kind(), ErrorKind::Index);
        assert_eq!(Rows::all(3).take(&[3]).unwrap_err().kind(), ErrorKind::Index);
        assert_eq!(Rows::all(3).take_python(&[-4]).unwrap_err().kind(), ErrorKind::Index);
        assert_eq!(Rows::all(3).mask(&[true]).unwrap_err().kind(), ErrorKind::Length);
        assert_eq!(Rows::all(3).compose(&Rows::one(3)).unwrap_err().kind(), ErrorKind::Index);
        assert_eq!(Rows::all(3).slice(2..2).unwrap().len(), 0);
    }

    #[test]
    fn runs_join_consecutive_rows() {
        let rows = Rows::indices(vec![4, 5, 6, 2, 9, 10, 10]);
        assert_eq!(rows.runs().collect::<Vec<_>>(), [(4, 3), (2, 1), (9, 2), (10, 1)]);
        assert_eq!(Rows::span(7, 5).runs().collect::<Vec<_>>(), [(7, 5)]);
    }

    #[test]
    fn absurd_steps_do_not_overflow() {
        let rows = Rows::all(5);
        assert_eq!(listed(&rows.step(i64::MAX).unwrap()), [0]);
        assert_eq!(listed(&rows.step(i64::MIN).unwrap()), [4]);
        let all = Slice { start: Some(i64::MIN), stop: Some(i64::MAX), step: Some(-1) };
        assert!(rows.slice_python(all).unwrap().is_empty());
    }

    /// What a Python slice selects, by the definition in the language reference.
    fn python(len: i64, slice: Slice) -> Vec<u64> {
        let step = slice.step.unwrap_or(1);
        let fix = |b: i64| if b < 0 { b + len } else { b };
        let mut at = match slice.start {
            Some(b) if step > 0 => fix(b).max(0),
            Some(b) => fix(b).min(len - 1),
            None if step > 0 => 0,
            None => len - 1,
        };
        let stop = slice.stop.map(fix);
        let mut rows = Vec::new();
        while (0..len).contains(&at) && stop.is_none_or(|s| if step > 0 { at < s } else { at > s.max(-1) }) {
            rows.push(at as u64);
            at += step;
        }
        rows
    }

    proptest! {
        #[test]
        fn python_slices_select_what_python_selects(
            len in 0i64..12,
            start in proptest::option::of(-15i64..15),
            stop in proptest::option::of(-15i64..15),
            step in proptest::option::of((-4i64..5).prop_filter("not 0", |s| *s != 0)),
        ) {
            let slice = Slice { start, stop, step };
            prop_assert_eq!(listed(&Rows::all(len as usize).slice_python(slice).unwrap()), python(len, slice));
        }

        #[test]
        fn slices_of_slices_equal_slices_of_the_listed_rows(
            base in proptest::collection::vec(0u64..50, 0..12),
            use_indices in any::<bool>(),
            steps in proptest::collection::vec((-12i64..12, -12i64..12, (-3i64..4).prop_filter("not 0", |s| *s != 0)), 0..5),
        ) {
            let mut rows = if use_indices { Rows::indices(base) } else { Rows::all(base.len()) };
            let mut plain = listed(&rows);
            for (start, stop, step) in steps {
                let slice = Slice { start: Some(start), stop: Some(stop), step: Some(step) };
                rows = rows.slice_python(slice).unwrap();
                plain = python(plain.len() as i64, slice).into_iter().map(|p| plain[p as usize]).collect();
                prop_assert_eq!(listed(&rows), plain.clone());
            }
        }

        #[test]
        fn composing_equals_looking_up(
            inner in proptest::collection::vec(0u64..50, 1..12),
            outer in proptest::collection::vec(0u64..12, 0..12),
        ) {
            let outer: Vec<u64> = outer.into_iter().map(|p| p % inner.len() as u64).collect();
            let want: Vec<u64> = outer.iter().map(|p| inner[*p as usize]).collect();
            let rows = Rows::indices(inner).compose(&Rows::indices(outer)).unwrap();
            prop_assert_eq!(listed(&rows), want);
        }
    }
}
