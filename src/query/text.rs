//! Conditions as text: parsed by the parser that polars uses, with names as datasets have them.
//!
//! What is made of the text before polars sees it: `a.b` is a key of that name where there is one, and a comparison
//! of `category` with texts is one of labels, which are numbers. All else is polars' SQL.

use std::ops::ControlFlow;

use polars::prelude::Expr as Plan;
use sqlparser::ast::{BinaryOperator, Expr, Ident, Value, ValueWithSpan, VisitMut, VisitorMut};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::comparison::Comparisons;
use super::names::{self, ClassPart, Meaning, Scope};
use super::statement::has_aggregate;
use super::{fault, hints};
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::classes::ClassTable;

/// A condition on the rows of a scope.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// What was written.
    text: String,
    /// What polars is to read.
    sql: String,
    /// What it demands of single columns.
    pub(super) comparisons: Comparisons,
}

impl Condition {
    /// The condition as polars has it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for what polars cannot read.
    pub(super) fn plan(&self) -> Result<Plan> {
        polars::sql::sql_expr(&self.sql).map_err(|e| none(&self.text, fault::of(e).what()))
    }
}

/// Says that a text is no condition.
fn none(text: &str, why: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("'{}' is no condition: {why}", short(text)))
        .at(Place::area("query"))
        .remedy("write what stands behind WHERE in SQL, as: width >= 640 AND file_name LIKE '%night%'")
}

/// Reads a condition.
///
/// # Errors
/// [`ErrorKind::Usage`] for text that is none.
pub(super) fn condition(text: &str, ds: &Dataset, scope: Scope, job: &Job) -> Result<Condition> {
    let wrong = |why: String| none(text, &why);
    let mut parser = Parser::new(&GenericDialect).try_with_sql(text).map_err(|e| wrong(e.to_string()))?;
    let mut expr = parser.parse_expr().map_err(|e| wrong(plain(&e.to_string())))?;
    if parser.peek_token().token != Token::EOF {
        return Err(wrong(format!("what does '{}' mean there?", parser.peek_token().token)));
    }
    if has_aggregate(&expr) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "a condition looks at single rows, and holds an aggregate",
        )
        .at(Place::area("query"))
        .remedy("ask for rows with `query`: SELECT row FROM objects GROUP BY row HAVING COUNT(*) > 3"));
    }
    let mut rewrite = Rewrite::new(ds, scope);
    if let ControlFlow::Break(error) = expr.visit(&mut rewrite) {
        return Err(error);
    }
    for name in rewrite.unknown {
        hints::unknown(&name, rewrite.classes.map(ClassTable::names).unwrap_or_default(), job)?;
    }
    let comparisons = Comparisons::of(&expr);
    Ok(Condition { text: text.to_owned(), sql: expr.to_string(), comparisons })
}

/// The beginning of a text, for messages.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 80;
    match text.chars().count() > MOST {
        true => text.chars().take(MOST - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// What the parser says, without its own name.
fn plain(text: &str) -> String {
    match text.contains("recursion limit") {
        true => "it is nested too deeply".to_owned(),
        false => text.strip_prefix("sql parser error: ").unwrap_or(text).to_owned(),
    }
}

/// The changes to an expression.
struct Rewrite<'a> {
    ds: &'a Dataset,
    scope: Scope<'a>,
    classes: Option<&'a ClassTable>,
    /// Names of classes that are none.
    unknown: Vec<String>,
}

impl<'a> Rewrite<'a> {
    fn new(ds: &'a Dataset, scope: Scope<'a>) -> Rewrite<'a> {
        let set = match scope {
            Scope::Rows => "",
            Scope::Objects(set) => set,
        };
        Rewrite { ds, scope, classes: ds.classes(set), unknown: Vec::new() }
    }

    /// The column of labels behind `category`, as a question names it.
    fn labels(&self, expr: &Expr) -> Option<&'static str> {
        let Expr::Identifier(name) = expr else { return None };
        match names::meaning(self.ds, self.scope, &name.value).ok()? {
            Meaning::Class(ClassPart::Name, key) if key == "image_label" => Some("image_label"),
            Meaning::Class(ClassPart::Name, _) => Some("label"),
            _ => None,
        }
    }

    /// The labels of the classes of a name, as numbers; one that no class has where there is none.
    fn label(&mut self, name: &str) -> Vec<Expr> {
        let classes = self.classes.map(ClassTable::names).unwrap_or_default();
        let own: Vec<Expr> =
            (0..).zip(classes).filter(|(_, own)| *own == name).map(|(n, _)| number(n)).collect();
        if own.is_empty() {
            self.unknown.push(name.to_owned());
            return vec![number(-1)];
        }
        own
    }

    fn is_known(&self, name: &str) -> bool {
        names::meaning(self.ds, self.scope, name).is_ok()
    }
}

impl VisitorMut for Rewrite<'_> {
    type Break = Error;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => {
                return ControlFlow::Break(
                    Error::new(ErrorKind::Unsupported, "a condition has no SELECT of its own")
                        .at(Place::area("query"))
                        .remedy("ask with `query` and a whole SELECT"),
                );
            }
            Expr::CompoundIdentifier(parts) => {
                let name = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
                if self.is_known(&name) {
                    *expr = Expr::Identifier(Ident::with_quote('"', name));
                }
            }
            // polars reads no exponents.
            Expr::Value(ValueWithSpan { value: Value::Number(text, _), .. })
                if text.contains(['e', 'E']) && text.parse().is_ok_and(f64::is_finite) =>
            {
                let number: f64 = text.parse().unwrap_or_default();
                *text = if number.fract() == 0.0 { format!("{number:.1}") } else { number.to_string() };
            }
            Expr::BinaryOp { left, op: op @ (BinaryOperator::Eq | BinaryOperator::NotEq), right } => {
                let (column, text) = match (self.labels(left), hints::text(right)) {
                    (Some(column), Some(text)) => (column, text.to_owned()),
                    _ => match (self.labels(right), hints::text(left)) {
                        (Some(column), Some(text)) => (column, text.to_owned()),
                        _ => return ControlFlow::Continue(()),
                    },
                };
                let negated = *op == BinaryOperator::NotEq;
                let list = self.label(&text);
                *expr = among(column, list, negated);
            }
            Expr::InList { expr: own, list, negated } => {
                if let Some(column) = self.labels(own)
                    && let Some(texts) =
                        list.iter().map(|e| hints::text(e).map(str::to_owned)).collect::<Option<Vec<_>>>()
                {
                    let (list, negated) =
                        (texts.iter().flat_map(|text| self.label(text)).collect(), *negated);
                    *expr = among(column, list, negated);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Whether a column is one of these.
fn among(column: &str, mut list: Vec<Expr>, negated: bool) -> Expr {
    let column = Expr::Identifier(Ident::with_quote('"', column));
    if list.len() == 1
        && let Some(one) = list.pop()
    {
        let op = if negated { BinaryOperator::NotEq } else { BinaryOperator::Eq };
        return Expr::Nested(Box::new(Expr::BinaryOp { left: Box::new(column), op, right: Box::new(one) }));
    }
    Expr::Nested(Box::new(Expr::InList { expr: Box::new(column), list, negated }))
}

fn number(n: i64) -> Expr {
    Expr::Value(ValueWithSpan::from(Value::Number(n.to_string(), false)))
}
