//! Which rows a condition can hold for, as far as what is known without reading them says: [`rows`].
//!
//! Of a conjunction the parts that compare a column with literals are looked at. What is left out by them cannot
//! satisfy the condition; what is kept may.

use super::comparison::{Comparison, Demand, Literal};
use super::names::{self, Meaning, Scope};
use crate::dataset::{Bounds, Dataset, Source};

/// The rows of a view for which these can all hold, or whose objects can satisfy them; `None` if that may be all of
/// them.
pub(super) fn rows(comparisons: &[Comparison], ds: &Dataset, scope: Scope) -> Option<Vec<u64>> {
    let mut kept: Option<Vec<(u64, u64)>> = None;
    for Comparison { column, demand } in comparisons {
        let Ok(Meaning::Key(key) | Meaning::OfRow(key)) = names::meaning(ds, scope, column) else {
            continue;
        };
        let Some(zones) = ds.keys().find(&key).ok().and_then(|key| ds.zones(key)) else { continue };
        let (mut spans, mut at) = (Vec::new(), 0);
        for zone in &zones {
            if may_hold(demand, &zone.bounds) {
                spans.push((at, at + zone.rows));
            }
            at += zone.rows;
        }
        kept = Some(match kept {
            None => spans,
            Some(others) => both(&others, &spans),
        });
    }
    let kept = kept?;
    let rows: u64 = kept.iter().map(|(from, to)| to - from).sum();
    (rows < ds.len() as u64).then(|| kept.into_iter().flat_map(|(from, to)| from..to).collect())
}

/// What lies in spans of both lists, which are in order.
fn both(one: &[(u64, u64)], other: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut out = Vec::new();
    let (mut a, mut b) = (0, 0);
    while let (Some(left), Some(right)) = (one.get(a), other.get(b)) {
        let (from, to) = (left.0.max(right.0), left.1.min(right.1));
        if from < to {
            out.push((from, to));
        }
        if left.1 <= right.1 { a += 1 } else { b += 1 }
    }
    out
}

fn may_hold(demand: &Demand, bounds: &Bounds) -> bool {
    match demand {
        Demand::Above(low) => !ends_at_or_below(bounds, low),
        Demand::From(low) => !ends_below(bounds, low),
        Demand::Below(high) => !begins_at_or_above(bounds, high),
        Demand::To(high) => !begins_above(bounds, high),
        Demand::Among(list) => {
            list.iter().any(|one| !begins_above(bounds, one) && !ends_below_or_nan(bounds, one))
        }
        // Null satisfies neither.
        Demand::Not(_) | Demand::Is(_) => *bounds != Bounds::Nothing,
    }
}

/// How the lower and the upper bound stand to a literal; `None` where they cannot be compared.
fn compared(bounds: &Bounds, literal: &Literal) -> Option<[std::cmp::Ordering; 2]> {
    match (bounds, literal) {
        (Bounds::Int(low, high), Literal::Int(n)) => Some([low.cmp(n), high.cmp(n)]),
        (Bounds::Int(low, high), Literal::Float(x)) => {
            Some([(*low as f64).partial_cmp(x)?, (*high as f64).partial_cmp(x)?])
        }
        (Bounds::Float(low, high), Literal::Int(n)) => {
            Some([low.partial_cmp(&(*n as f64))?, high.partial_cmp(&(*n as f64))?])
        }
        (Bounds::Float(low, high), Literal::Float(x)) => Some([low.partial_cmp(x)?, high.partial_cmp(x)?]),
        (Bounds::Text(low, high), Literal::Text(text)) => {
            Some([low.as_ref().cmp(text.as_bytes()), high.as_ref().cmp(text.as_bytes())])
        }
        _ => None,
    }
}

/// NaN, of which bounds say nothing, is above all numbers: only an upper bound of others is one of all.
fn has_no_nan(bounds: &Bounds) -> bool {
    !matches!(bounds, Bounds::Float(..))
}

fn ends_below(bounds: &Bounds, literal: &Literal) -> bool {
    has_no_nan(bounds) && ends_below_or_nan(bounds, literal)
}

fn ends_below_or_nan(bounds: &Bounds, literal: &Literal) -> bool {
    *bounds == Bounds::Nothing || compared(bounds, literal).is_some_and(|[_, high]| high.is_lt())
}

fn ends_at_or_below(bounds: &Bounds, literal: &Literal) -> bool {
    *bounds == Bounds::Nothing
        || has_no_nan(bounds) && compared(bounds, literal).is_some_and(|[_, high]| high.is_le())
}

fn begins_above(bounds: &Bounds, literal: &Literal) -> bool {
    *bounds == Bounds::Nothing || compared(bounds, literal).is_some_and(|[low, _]| low.is_gt())
}

fn begins_at_or_above(bounds: &Bounds, literal: &Literal) -> bool {
    *bounds == Bounds::Nothing || compared(bounds, literal).is_some_and(|[low, _]| low.is_ge())
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::GenericDialect;
    use sqlparser::parser::Parser;

    use super::super::comparison::Comparisons;
    use super::*;

    /// Whether each demand of a condition may hold within bounds.
    fn may(text: &str, bounds: &Bounds) -> Vec<bool> {
        let expr = Parser::new(&GenericDialect).try_with_sql(text).unwrap().parse_expr().unwrap();
        Comparisons::of(&expr).list.iter().map(|one| may_hold(&one.demand, bounds)).collect()
    }

    #[test]
    fn what_lies_outside_of_the_bounds_cannot_hold_and_all_else_may() {
        let ints = Bounds::Int(10, 20);
        for (text, want) in [
            ("a > 20", vec![false]),
            ("a >= 20", vec![true]),
            ("20 < a", vec![false]),
            ("a < 10", vec![false]),
            ("a <= 10.5 AND (a = 9)", vec![true, false]),
            ("a BETWEEN -5 AND 9", vec![true, false]),
            ("a IN (1, 2, 15)", vec![true]),
            ("a IN (1, 2)", vec![false]),
            ("a > 100 OR a = 3", vec![]),
            ("NOT a > 100", vec![]),
            ("a <> 15", vec![true]),
            ("a > 100 AND LENGTH(b) = 3", vec![]),
            ("a > 'x'", vec![true]),
        ] {
            assert_eq!(may(text, &ints), want, "{text}");
        }
        let texts = Bounds::Text(b"cat".as_slice().into(), b"dog".as_slice().into());
        assert_eq!(may("a = 'cow' AND a = 'ant' AND a > 'dog'", &texts), [true, false, false]);
        assert_eq!(may("a = 1 AND a > 1 AND a < 1", &Bounds::Nothing), [false; 3]);
        assert_eq!(may("a = 1 AND a > 1 AND a < 1", &Bounds::Unknown), [true; 3]);
    }

    #[test]
    fn not_a_number_is_above_all_numbers_and_equal_to_none() {
        let floats = Bounds::Float(1.0, 2.0);
        assert_eq!(
            may("a > 5 AND a >= 5 AND a = 5 AND a < 1 AND a <= 0.5", &floats),
            [true, true, false, false, false]
        );
    }

    #[test]
    fn spans_of_both_are_what_both_keep() {
        assert_eq!(both(&[(0, 5), (8, 12)], &[(3, 9), (11, 20)]), [(3, 5), (8, 9), (11, 12)]);
        assert_eq!(both(&[], &[(0, 3)]), []);
    }
}
