//! What is known of the values of a key without reading them: [`Zone`].
//!
//! Files of some forms say of each run of rows between which bounds its values lie. A question that holds only for
//! values outside of them need not read the run.

use std::sync::Arc;

/// A run of rows, and the bounds of what stands in a key there.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// How many rows.
    pub rows: u64,
    /// Between what the values lie.
    pub bounds: Bounds,
}

/// Between what values lie; of lists, their elements. Null lies nowhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Bounds {
    /// Nothing is known.
    Unknown,
    /// There is no value at all.
    Nothing,
    /// Whole numbers from the first to the second, both included.
    Int(i64, i64),
    /// Numbers from the first to the second, both included; NaN may stand among them.
    Float(f64, f64),
    /// Texts from the first to the second by their bytes, both included.
    Text(Arc<[u8]>, Arc<[u8]>),
}

/// The zones of rows `first..first + len`.
pub(super) fn span(zones: &[Zone], first: u64, len: u64) -> Vec<Zone> {
    let (mut start, mut out) = (0, Vec::new());
    for zone in zones {
        let end = start + zone.rows;
        let rows = end.min(first.saturating_add(len)).saturating_sub(start.max(first));
        if rows > 0 {
            out.push(Zone { rows, bounds: zone.bounds.clone() });
        }
        start = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_keeps_the_bounds_of_what_it_touches() {
        let zones =
            [(3, 0), (2, 10), (4, 20)].map(|(rows, low)| Zone { rows, bounds: Bounds::Int(low, low + 9) });
        let of = |first, len| -> Vec<(u64, Bounds)> {
            span(&zones, first, len).into_iter().map(|zone| (zone.rows, zone.bounds)).collect()
        };
        assert_eq!(of(0, 9).len(), 3);
        assert_eq!(of(4, 2), [(1, Bounds::Int(10, 19)), (1, Bounds::Int(20, 29))]);
        assert_eq!(of(3, 0), []);
    }
}
