//! [`Matrix`]: counts by two names, such as a confusion matrix.
//!
//! Invariant: a cell that is not given is 0, so that no matrix is malformed. Which detections are counted, and
//! against what, is a rule of whoever counts; it is named in `rule`, since tools differ in it.

use serde::{Deserialize, Serialize};

/// Counts by row and column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// What it shows: `Confusion matrix`.
    pub name: String,
    /// The rule by which was counted, in words: `mmdet: score ≥ 0.3, IoU ≥ 0.5, every pair that overlaps`.
    pub rule: String,
    /// What rows are: `truth`.
    pub row_axis: String,
    /// What columns are: `predicted`.
    pub column_axis: String,
    /// The name that is no class but "nothing there", if there is one; what meets it is a miss or a false alarm, and
    /// no confusion of two classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<String>,
    /// True where rows and columns are the same things and order means nothing, as in how often two classes are seen
    /// together: then nothing is taken for anything, and each pair is told once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub symmetric: bool,
    /// Names of rows, top to bottom.
    pub rows: Vec<String>,
    /// Names of columns, left to right.
    pub columns: Vec<String>,
    /// The counts, row after row: `rows × columns` of them; what is missing at the end is 0.
    pub counts: Vec<u64>,
}

impl Matrix {
    /// The most classes of which a matrix says anything to anybody; of more it would be most of a page.
    pub const MOST_CLASSES: usize = 200;

    /// The count of a cell; 0 where none is given.
    pub fn count(&self, row: usize, column: usize) -> u64 {
        if row >= self.rows.len() || column >= self.columns.len() {
            return 0;
        }
        let at = row.checked_mul(self.columns.len()).and_then(|start| start.checked_add(column));
        at.and_then(|at| self.counts.get(at)).copied().unwrap_or(0)
    }

    /// The sum of a row.
    pub fn row_sum(&self, row: usize) -> u64 {
        (0..self.columns.len()).map(|column| self.count(row, column)).fold(0, u64::saturating_add)
    }

    /// Of how many a cell of the row is a share: of the sum of the row or, in a symmetric matrix, of the diagonal.
    pub(super) fn whole(&self, row: usize) -> u64 {
        if self.symmetric { self.count(row, row) } else { self.row_sum(row) }
    }

    /// True where the row and the column have one name: the truth was recognised. In a symmetric matrix, where they
    /// are one thing.
    pub(super) fn agrees(&self, row: usize, column: usize) -> bool {
        if self.symmetric {
            return row == column;
        }
        self.rows.get(row) == self.columns.get(column)
    }

    fn is_background(&self, row: usize, column: usize) -> bool {
        let either = [self.rows.get(row), self.columns.get(column)];
        self.background.is_some() && either.contains(&self.background.as_ref())
    }

    /// The largest counts of two classes taken for each other or, in a symmetric matrix, seen together, with row and column; the larger first, then by position.
    pub(super) fn confusions(&self, most: usize) -> Vec<(usize, usize, u64)> {
        let cells = (0..self.rows.len()).flat_map(|r| (0..self.columns.len()).map(move |c| (r, c)));
        let mut found: Vec<(usize, usize, u64)> = cells
            .filter(|(r, c)| match self.symmetric {
                true => r < c,
                false => !self.agrees(*r, *c) && !self.is_background(*r, *c),
            })
            .map(|(r, c)| (r, c, self.count(r, c)))
            .filter(|(_, _, n)| *n > 0)
            .collect();
        found.sort_by_key(|(_, _, n)| std::cmp::Reverse(*n));
        found.truncate(most);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_counts_are_zero_and_confusions_are_off_the_diagonal() {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let matrix = Matrix {
            rows: names(&["a", "b", "background"]),
            columns: names(&["a", "b", "background"]),
            counts: vec![5, 2, 1, 2, 9],
            background: Some("background".to_owned()),
            ..Matrix::default()
        };
        assert_eq!([matrix.count(1, 1), matrix.count(2, 2), matrix.count(0, 3)], [9, 0, 0]);
        assert_eq!(matrix.row_sum(0), 8);
        assert_eq!(matrix.confusions(9), [(0, 1, 2), (1, 0, 2)]);
        assert_eq!(Matrix { background: None, ..matrix }.confusions(9).len(), 3);
    }
}
