//! Names of classes that no dataset has: said, since a question about them has an answer all the same, an empty one.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Statement, Value, visit_expressions};

use super::sql::Named;
use crate::error::{Place, Result};
use crate::job::{Job, Warning};
use crate::schema::classes::ClassTable;
use crate::schema::nearest;

/// Warns of texts that `category` is compared with and that are no class.
///
/// # Errors
/// Those of a job that takes warnings for errors.
pub(super) fn classes(statement: &Statement, datasets: &Named, job: &Job) -> Result<()> {
    // A key of that name holds what it likes.
    if datasets.iter().any(|(_, ds)| ds.keys().find("category").is_ok()) {
        return Ok(());
    }
    let mut tables: Vec<&ClassTable> = Vec::new();
    for (_, ds) in datasets {
        let sets = ds.sets().into_iter().chain([String::new()]);
        tables.extend(sets.filter_map(|set| ds.classes(&set)));
    }
    let known: Vec<&str> = tables.into_iter().flat_map(ClassTable::names).collect();
    if known.is_empty() {
        return Ok(());
    }
    for name in compared(statement) {
        if !known.contains(&name.as_str()) {
            unknown(&name, known.iter().copied(), job)?;
        }
    }
    Ok(())
}

/// Warns of a name that is no class.
///
/// # Errors
/// Those of a job that takes warnings for errors.
pub(super) fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, job: &Job) -> Result<()> {
    let like = nearest(name, known);
    let what = format!("no class is called '{name}'");
    let done = match like.is_empty() {
        true => "nothing has it".to_owned(),
        false => format!("nothing has it; did you mean {}?", like.join(", ")),
    };
    job.warn(Warning::new("query.class", Place::area("query"), what, done))
}

/// The texts that `category` is compared with, each once.
fn compared(statement: &Statement) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |expr: &Expr| {
        if let Some(text) = text(expr).filter(|text| !names.iter().any(|known| known == text)) {
            names.push(text.to_owned());
        }
    };
    let _ = visit_expressions(statement, |expr| {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right } => {
                if is_category(left) {
                    add(right);
                } else if is_category(right) {
                    add(left);
                }
            }
            Expr::InList { expr, list, .. } if is_category(expr) => list.iter().for_each(&mut add),
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    names
}

fn is_category(expr: &Expr) -> bool {
    let last = match expr {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(parts) => parts.last(),
        _ => None,
    };
    last.is_some_and(|name| name.value == "category")
}

/// The text of a literal.
pub(super) fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
