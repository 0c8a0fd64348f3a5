//! What a condition demands of single columns: [`Comparisons`].
//!
//! Of a conjunction the parts that compare a column with literals, in which a flag may stand alone.

use std::fmt;
use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value, ValueWithSpan, visit_expressions};

/// The comparisons that a condition is joined of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Comparisons {
    pub(super) list: Vec<Comparison>,
    /// Whether they are all of the condition.
    pub(super) whole: bool,
}

/// A column, and what is demanded of its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    pub(super) column: String,
    pub(super) demand: Demand,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Demand {
    /// More than this.
    Above(Literal),
    /// At least this.
    From(Literal),
    /// Less than this.
    Below(Literal),
    /// At most this.
    To(Literal),
    /// One of these.
    Among(Vec<Literal>),
    /// Anything but this.
    Not(Literal),
    /// This flag.
    Is(bool),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Int(i64),
    /// Finite.
    Float(f64),
    Text(String),
}

impl Comparisons {
    /// The comparisons of a condition; none where it does more than compare, so that a row's answer might depend on
    /// others.
    pub(super) fn of(expr: &Expr) -> Comparisons {
        let odd =
            |inner: &Expr| matches!(inner, Expr::Function(_) | Expr::Subquery(_) | Expr::InSubquery { .. });
        let looks_further = visit_expressions(expr, |inner| {
            if odd(inner) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let mut found = Comparisons { list: Vec::new(), whole: looks_further.is_continue() };
        if found.whole {
            found.add(expr);
        }
        found
    }

    fn add(&mut self, expr: &Expr) {
        if let Expr::Nested(inner) = expr {
            return self.add(inner);
        }
        if let Expr::BinaryOp { left, op: BinaryOperator::And, right } = expr {
            self.add(left);
            return self.add(right);
        }
        match compared(expr) {
            Some((column, demands)) => self
                .list
                .extend(demands.into_iter().map(|demand| Comparison { column: column.clone(), demand })),
            None => self.whole = false,
        }
    }

    /// The columns that are compared, each once.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for Comparison { column, .. } in &self.list {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        columns
    }
}

impl fmt::Display for Comparisons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Comparison { column, demand }) in self.list.iter().enumerate() {
            let joint = if n == 0 { "" } else { " AND " };
            match demand {
                Demand::Is(true) => write!(f, "{joint}{column}")?,
                Demand::Is(false) => write!(f, "{joint}NOT {column}")?,
                Demand::Above(low) => write!(f, "{joint}{column} > {low}")?,
                Demand::From(low) => write!(f, "{joint}{column} >= {low}")?,
                Demand::Below(high) => write!(f, "{joint}{column} < {high}")?,
                Demand::To(high) => write!(f, "{joint}{column} <= {high}")?,
                Demand::Not(one) => write!(f, "{joint}{column} <> {one}")?,
                Demand::Among(list) => match list.as_slice() {
                    [one] => write!(f, "{joint}{column} = {one}")?,
                    many => {
                        let many: Vec<String> = many.iter().map(Literal::to_string).collect();
                        write!(f, "{joint}{column} IN ({})", many.join(", "))?;
                    }
                },
            }
        }
        Ok(())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Int(n) => write!(f, "{n}"),
            Literal::Float(x) => write!(f, "{x:?}"),
            Literal::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}

/// A column and what an expression demands of it; `None` for what is no such comparison.
fn compared(expr: &Expr) -> Option<(String, Vec<Demand>)> {
    match expr {
        Expr::Identifier(_) => Some((column(expr)?, vec![Demand::Is(true)])),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => Some((column(expr)?, vec![Demand::Is(false)])),
        Expr::BinaryOp { left, op, right } => {
            let (column, literal, op) = match (column(left), literal(right), column(right), literal(left)) {
                (Some(column), Some(literal), ..) => (column, literal, op.clone()),
                (_, _, Some(column), Some(literal)) => (column, literal, turned(op)),
                _ => return None,
            };
            let demand = match op {
                BinaryOperator::Gt => Demand::Above(literal),
                BinaryOperator::GtEq => Demand::From(literal),
                BinaryOperator::Lt => Demand::Below(literal),
                BinaryOperator::LtEq => Demand::To(literal),
                BinaryOperator::Eq => Demand::Among(vec![literal]),
                BinaryOperator::NotEq => Demand::Not(literal),
                _ => return None,
            };
            Some((column, vec![demand]))
        }
        Expr::Between { expr, negated: false, low, high } => {
            Some((column(expr)?, vec![Demand::From(literal(low)?), Demand::To(literal(high)?)]))
        }
        Expr::InList { expr, list, negated: false } => {
            let list = list.iter().map(literal).collect::<Option<Vec<_>>>()?;
            Some((column(expr)?, vec![Demand::Among(list)]))
        }
        _ => None,
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
        Expr::Value(ValueWithSpan { value: Value::Number(text, _), .. }) => {
            if text.bytes().all(|byte| byte.is_ascii_digit()) {
                return text.parse().ok().map(Literal::Int);
            }
            text.parse().ok().filter(|x: &f64| x.is_finite()).map(Literal::Float)
        }
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

    #[test]
    fn comparisons_are_found_in_conjunctions_and_are_whole_where_nothing_else_is() {
        for (text, want, whole) in [
            ("a > 3 AND (4.5 >= b)", "a > 3 AND b <= 4.5", true),
            ("a BETWEEN -1 AND 2.0 AND NOT c AND d", "a >= -1 AND a <= 2.0 AND NOT c AND d", true),
            (r#""x y" IN (1, 'o''k') AND a <> 1"#, "x y IN (1, 'o''k') AND a <> 1", true),
            ("a > 3 AND b + 1 > 2", "a > 3", false),
            ("a > 3 OR b > 2", "", false),
            ("a > 3 AND LENGTH(b) = 3", "", false),
            ("NOT a > 3", "", false),
            ("a > 99999999999999999999", "", false),
            ("a > b", "", false),
            ("a > NULL AND b = 1", "b = 1", false),
            ("TRUE", "", false),
        ] {
            let expr = Parser::new(&GenericDialect).try_with_sql(text).unwrap().parse_expr().unwrap();
            let found = Comparisons::of(&expr);
            assert_eq!((found.to_string().as_str(), found.whole), (want, whole), "{text}");
        }
    }
}
