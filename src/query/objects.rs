//! Rows by their objects: how many of them have to satisfy a condition.

use super::predicate::Judged;
use super::spans::Spans;

/// How many of a row's objects have to satisfy a condition.
///
/// A row that is not annotated (its list is null) satisfies none of these: nothing is known of its objects. One that
/// is annotated and has none satisfies [`Quantity::All`] and [`Quantity::None`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// So many or more.
    AtLeast(u32),
    /// So many or fewer.
    AtMost(u32),
    /// So many.
    Exactly(u32),
    /// Every one.
    All,
    /// No one.
    None,
}

impl Quantity {
    /// Whether no row is enough of whose objects none satisfies the condition.
    pub(super) fn needs_one(self) -> bool {
        matches!(self, Quantity::AtLeast(n) | Quantity::Exactly(n) if n > 0)
    }

    /// Whether `count` of `all` objects are enough and not too many.
    pub fn holds(self, count: u32, all: u32) -> bool {
        match self {
            Quantity::AtLeast(n) => count >= n,
            Quantity::AtMost(n) => count <= n,
            Quantity::Exactly(n) => count == n,
            Quantity::All => count == all,
            Quantity::None => count == 0,
        }
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Quantity::AtLeast(n) => write!(f, "at least {n}"),
            Quantity::AtMost(n) => write!(f, "at most {n}"),
            Quantity::Exactly(n) => write!(f, "exactly {n}"),
            Quantity::All => f.write_str("all"),
            Quantity::None => f.write_str("none"),
        }
    }
}

/// The rows whose objects are enough.
pub(super) fn rows(judged: &Judged, quantity: Quantity) -> Vec<u64> {
    let mut rows = Vec::new();
    let empty = Spans::default();
    judged.spans.as_ref().unwrap_or(&empty).count(&judged.mask, |row, counts| {
        if counts.is_some_and(|(all, count)| quantity.holds(count, all)) {
            rows.push(judged.row(row));
        }
    });
    rows
}
