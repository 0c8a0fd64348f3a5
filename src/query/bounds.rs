//! Which rows a condition can hold for, as far as what is known without reading them says: [`Limits`].
//!
//! Of a conjunction the parts that compare a column with literals are looked at. What is left out by them cannot
//! satisfy the condition; what is kept may.

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value, ValueWithSpan, visit_expressions};
use std::ops::ControlFlow;

use super::names::{self, Meaning, Scope};
use crate::dataset::{Bounds, Dataset, Source};

/// What a condition demands of single columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits(Vec<Limit>);

#[derive(Clone, Debug)]
struct Limit {
    column: String,
    demand: Demand,
}

#[derive(Clone, Debug)]
enum Demand {
    /// At least, or above if true.
    From(Literal, bool),
    /// At most, or below if true.
    To(Literal, bool),
    /// One of these.
    Among(Vec<Literal>),
}

#[derive(Clone, Debug)]
enum Literal {
    Int(i64),
    Float(f64),
    Text(String),
}

impl Limits {
    /// The demands of a condition; none where it does more than compare, so that a row's answer might depend on
    /// others.
    pub(super) fn of(expr: &Expr) -> Limits {
        let odd =
            |inner: &Expr| matches!(inner, Expr::Function(_) | Expr::Subquery(_) | Expr::InSubquery { .. });
        let looks_further = visit_expressions(expr, |inner| {
            if odd(inner) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let mut limits = Vec::new();
        if looks_further.is_continue() {
            demands(expr, &mut limits);
        }
        Limits(limits)
    }

    /// The rows of a view for which the condition can hold, or whose objects can satisfy it; `None` if that may be all
    /// of them.
    pub(super) fn rows(&self, ds: &Dataset, scope: Scope) -> Option<Vec<u64>> {
        let mut kept: Option<Vec<(u64, u64)>> = None;
        for limit in &self.0 {
            let Ok(Meaning::Key(key) | Meaning::OfRow(key)) = names::meaning(ds, scope, &limit.column) else {
                continue;
            };
            let Some(zones) = ds.keys().find(&key).ok().and_then(|key| ds.zones(key)) else { continue };
            let (mut spans, mut at) = (Vec::new(), 0);
            for zone in &zones {
                if limit.demand.may_hold(&zone.bounds) {
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

impl Demand {
    fn may_hold(&self, bounds: &Bounds) -> bool {
        match self {
            Demand::From(low, above) => match above {
                true => !ends_at_or_below(bounds, low),
                false => !ends_below(bounds, low),
            },
            Demand::To(high, below) => match below {
                true => !begins_at_or_above(bounds, high),
                false => !begins_above(bounds, high),
            },
            Demand::Among(list) => {
                list.iter().any(|one| !begins_above(bounds, one) && !ends_below_or_nan(bounds, one))
            }
        }
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

fn demands(expr: &Expr, out: &mut Vec<Limit>) {
    match expr {
        Expr::Nested(inner) => demands(inner, out),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            demands(left, out);
            demands(right, out);
        }
        Expr::BinaryOp { left, op, right } => {
            let (column, literal, op) = match (column(left), literal(right), column(right), literal(left)) {
                (Some(column), Some(literal), ..) => (column, literal, op.clone()),
                (_, _, Some(column), Some(literal)) => (column, literal, turned(op)),
                _ => return,
            };
            let demand = match op {
                BinaryOperator::Gt => Demand::From(literal, true),
                BinaryOperator::GtEq => Demand::From(literal, false),
                BinaryOperator::Lt => Demand::To(literal, true),
                BinaryOperator::LtEq => Demand::To(literal, false),
                BinaryOperator::Eq => Demand::Among(vec![literal]),
                _ => return,
            };
            out.push(Limit { column, demand });
        }
        Expr::Between { expr, negated: false, low, high } => {
            let Some(column) = column(expr) else { return };
            if let Some(low) = literal(low) {
                out.push(Limit { column: column.clone(), demand: Demand::From(low, false) });
            }
            if let Some(high) = literal(high) {
                out.push(Limit { column, demand: Demand::To(high, false) });
            }
        }
        Expr::InList { expr, list, negated: false } => {
            let list = list.iter().map(literal).collect::<Option<Vec<_>>>();
            if let (Some(column), Some(list)) = (column(expr), list) {
                out.push(Limit { column, demand: Demand::Among(list) });
            }
        }
        _ => {}
    }
}

/// The comparison with its sides exchanged.
fn turned(op: &BinaryOperator) -> BinaryOperator {
    match op {
        BinaryOperator::Gt => BinaryOperator::Lt,
        BinaryOperator::GtEq => BinaryOperator::LtEq,
        BinaryOperator::Lt => BinaryOperator::Gt,
        BinaryOperator::LtEq => BinaryOperator::GtEq,
        other => other.clone(),
    }
}

fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::Nested(inner) => column(inner),
        _ => None,
    }
}

fn literal(expr: &Expr) -> Option<Literal> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal(expr)? {
            Literal::Int(n) => n.checked_neg().map(Literal::Int),
            Literal::Float(x) => Some(Literal::Float(-x)),
            Literal::Text(_) => None,
        },
        Expr::Value(ValueWithSpan { value: Value::Number(text, _), .. }) => match text.parse() {
            Ok(n) => Some(Literal::Int(n)),
            Err(_) => text.parse().ok().filter(|x: &f64| x.is_finite()).map(Literal::Float),
        },
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => {
            Some(Literal::Text(text.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::GenericDialect;
    use sqlparser::parser::Parser;

    use super::*;

    /// Whether each demand of a condition may hold within bounds.
    fn may(text: &str, bounds: &Bounds) -> Vec<bool> {
        let expr = Parser::new(&GenericDialect).try_with_sql(text).unwrap().parse_expr().unwrap();
        Limits::of(&expr).0.iter().map(|limit| limit.demand.may_hold(bounds)).collect()
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
            ("a <> 15", vec![]),
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
