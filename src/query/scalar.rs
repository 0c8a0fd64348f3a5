//! Subqueries in the place of a value, answered before the question that they stand in: polars has none.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Statement, Value as Sql, ValueWithSpan, VisitMut, VisitorMut, With};

use crate::dataset::{Dataset, Value};
use crate::error::{Error, ErrorKind, Place, Result};

/// Puts the value of each subquery that stands for one in its place, the inner ones first.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for subqueries that look at the rows around them, and for answers that are no single
/// value; those of `answer`.
pub(super) fn fill(statement: &mut Statement, answer: impl FnMut(&Query) -> Result<Dataset>) -> Result<()> {
    let with = match &*statement {
        Statement::Query(query) => query.with.clone(),
        _ => None,
    };
    match statement.visit(&mut Fill { with, answer }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Fill<F> {
    /// The tables that the whole question makes for itself.
    with: Option<With>,
    answer: F,
}

impl<F: FnMut(&Query) -> Result<Dataset>> Fill<F> {
    fn value(&mut self, query: &Query) -> Result<Expr> {
        let refused = |what: String, remedy: &str| {
            Error::new(ErrorKind::Unsupported, what).at(Place::area("query")).remedy(remedy)
        };
        let mut alone = query.clone();
        if alone.with.is_none() {
            alone.with.clone_from(&self.with);
        }
        let answer = (self.answer)(&alone).map_err(|e| match e.kind() {
            ErrorKind::Key | ErrorKind::Usage => refused(
                format!("the subquery ({query}) cannot be answered by itself: {}", e.what()),
                "join the tables, if it looks at rows outside of it",
            ),
            _ => e,
        })?;
        if answer.keys().len() != 1 || answer.len() > 1 {
            let (rows, columns) = (answer.len(), answer.keys().len());
            return Err(refused(
                format!(
                    "the subquery ({query}) stands for one value, and has {rows} rows of {columns} columns"
                ),
                "compare with IN (SELECT …), or make one value of it, as MAX or with LIMIT 1",
            ));
        }
        let value = match answer.len() {
            0 => Value::Null,
            _ => answer.get(0)?.get(0).cloned().unwrap_or(Value::Null),
        };
        literal(&value).ok_or_else(|| {
            refused(
                format!("the subquery ({query}) gives {}", value.kind_name()),
                "compare numbers, texts or flags",
            )
        })
    }
}

impl<F: FnMut(&Query) -> Result<Dataset>> VisitorMut for Fill<F> {
    type Break = Error;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if let Expr::Subquery(query) = expr {
            match self.value(query) {
                Ok(value) => *expr = value,
                Err(error) => return ControlFlow::Break(error),
            }
        }
        ControlFlow::Continue(())
    }
}

/// A value as it is written in SQL; `None` for what cannot be.
fn literal(value: &Value) -> Option<Expr> {
    let of = |value: Sql| Expr::Nested(Box::new(Expr::Value(ValueWithSpan::from(value))));
    let number = |text: String| of(Sql::Number(text, false));
    Some(match value {
        Value::Null => of(Sql::Null),
        Value::Bool(flag) => of(Sql::Boolean(*flag)),
        Value::Int(n) => number(n.to_string()),
        Value::Float(x) if x.is_finite() => {
            let text = x.to_string();
            number(if text.contains('.') { text } else { format!("{text}.0") })
        }
        Value::Text(text) => of(Sql::SingleQuotedString(text.to_string())),
        _ => return None,
    })
}
