//! A condition, as text or as an expression of polars: [`Predicate`].

use arrow_buffer::BooleanBuffer;
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy};

use super::comparison::Comparisons;
use super::names::{self, Scope};
use super::parts::Parts;
use super::spans::Spans;
use super::{bounds, fault, frame, plain, run, text};
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// What rows or objects have to satisfy: SQL, as after `WHERE`, or an expression of polars.
///
/// ```
/// use lensframe::query::{Predicate, col, lit};
/// let text: Predicate = "width >= 640 AND NOT crowded".into();
/// let same: Predicate = col("width").gt_eq(lit(640)).and(col("crowded").not()).into();
/// # let _ = (text, same);
/// ```
#[derive(Clone, Debug)]
pub struct Predicate(Form);

#[derive(Clone, Debug)]
enum Form {
    Text(String),
    Expr(Expr),
}

impl From<&str> for Predicate {
    fn from(text: &str) -> Predicate {
        Predicate(Form::Text(text.to_owned()))
    }
}

impl From<String> for Predicate {
    fn from(text: String) -> Predicate {
        Predicate(Form::Text(text))
    }
}

impl From<&String> for Predicate {
    fn from(text: &String) -> Predicate {
        Predicate(Form::Text(text.clone()))
    }
}

impl From<Expr> for Predicate {
    fn from(expr: Expr) -> Predicate {
        Predicate(Form::Expr(expr))
    }
}

impl std::fmt::Display for Predicate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Form::Text(text) => f.write_str(text),
            Form::Expr(expr) => write!(f, "{expr}"),
        }
    }
}

/// What a condition came to.
pub(super) struct Judged {
    /// A bit a row of the scope; null counts as false.
    pub(super) mask: BooleanBuffer,
    pub(super) spans: Option<Spans>,
    pub(super) read: Vec<(String, u64)>,
    /// The condition as it was run.
    pub(super) plan: String,
    /// The rows of the view that were looked at, since no other can satisfy it; `None` for all.
    pub(super) rows: Option<Vec<u64>>,
}

/// Which rows are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// All of them.
    Everywhere,
    /// Those for which the condition can hold, or can hold for an object of theirs.
    WhereItCanHold,
}

impl Judged {
    /// The row of the view that is at a place among those looked at.
    pub(super) fn row(&self, place: u64) -> u64 {
        match &self.rows {
            None => place,
            Some(rows) => usize::try_from(place).ok().and_then(|at| rows.get(at)).copied().unwrap_or(place),
        }
    }
}

/// What a step read, and the condition that it ran.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) read: Vec<(String, u64)>,
    pub(super) plan: Option<String>,
}

impl Predicate {
    /// Runs the condition over a scope of a view.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for text that is no condition; [`ErrorKind::Key`] for unknown names; [`ErrorKind::Type`]
    /// for what is neither true nor false; those of reading.
    pub(super) fn judge(&self, ds: &Dataset, scope: Scope, look: Look, job: &Job) -> Result<Judged> {
        let about = |e: Error| e.at(Place::area("query").key(text::short(&self.to_string())));
        if let Form::Text(text) = &self.0 {
            run::check_length(text)?;
        }
        // Comparisons alone need not be polars': they are judged where they lie.
        let asked = run::deep(|| -> Result<Asked> {
            match &self.0 {
                Form::Text(text) => match text::condition(text, ds, scope, job)? {
                    plain if plain.comparisons.whole => Ok(Asked::Plain(plain)),
                    other => Ok(Asked::Plan(other.plan()?, other.comparisons)),
                },
                Form::Expr(expr) => Ok(Asked::Plan(expr.clone(), Comparisons::default())),
            }
        })??;
        let (names, comparisons) = match &asked {
            Asked::Plain(condition) => (condition.comparisons.columns(), &condition.comparisons),
            Asked::Plan(expr, comparisons) => (run::deep(|| roots(expr))?, comparisons),
        };
        // Numbers of rows are those of the whole view.
        let rows = match look {
            Look::WhereItCanHold if !names.iter().any(|name| name == names::ROW) => {
                bounds::rows(&comparisons.list, ds, scope)
            }
            _ => None,
        };
        let part = rows.as_ref().map(|rows| ds.take(rows)).transpose()?;
        let parts = Parts::read(part.as_ref().unwrap_or(ds), scope, &names, job)?;
        let expr = match asked {
            Asked::Plan(expr, _) => expr,
            Asked::Plain(condition) => {
                if let Some(mask) = plain::judge(&parts, &condition.comparisons)? {
                    let plan = condition.comparisons.to_string();
                    let Parts { spans, read, .. } = parts;
                    return Ok(Judged { mask, spans, read, plan, rows });
                }
                run::deep(|| condition.plan())??
            }
        };
        let plan = run::deep(|| expr.to_string())?;
        let columns = frame::columns(&parts, &names)?;
        let Parts { spans, read, .. } = parts;
        let mask = judge(columns, expr, job).map_err(|e| match names::of_objects(ds, scope, &names) {
            Some(name) if e.kind() != ErrorKind::Cancelled => {
                let what = format!("'{name}' is said of objects, and the condition is on images");
                about(Error::new(ErrorKind::Type, what).remedy(
                    "ask for images with such an object: filter_objects, or --having on the command line",
                ))
            }
            _ => about(e),
        })?;
        Ok(Judged { mask, spans, read, plan, rows })
    }
}

/// What is to be run.
enum Asked {
    Plain(text::Condition),
    Plan(Expr, Comparisons),
}

/// The columns that an expression names, each once.
fn roots(expr: &Expr) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in expr.clone().meta().root_names() {
        if !names.iter().any(|own| *own == name.as_str()) {
            names.push(name.to_string());
        }
    }
    names
}

/// Runs an expression over columns: a bit a row, null as false.
pub(super) fn judge(columns: DataFrame, expr: Expr, job: &Job) -> Result<BooleanBuffer> {
    let height = columns.height();
    let done = run::collect(columns.lazy().select([expr.alias("condition")]), job)?;
    let column = done.column("condition").map_err(fault::of)?.as_materialized_series();
    let flags = match column.dtype() {
        DataType::Boolean => column.bool().map_err(fault::of)?,
        // A null alone has no type.
        DataType::Null => return Ok(BooleanBuffer::new_unset(height)),
        other => {
            let what = format!("the condition is neither true nor false: it is of type {other}");
            return Err(Error::new(ErrorKind::Type, what).remedy("compare it with something"));
        }
    };
    if flags.len() == 1 && height != 1 {
        // Said of all rows at once.
        return Ok(match flags.get(0) {
            Some(true) => BooleanBuffer::new_set(height),
            _ => BooleanBuffer::new_unset(height),
        });
    }
    if flags.len() != height {
        let what = format!("the condition has {} answers for {height} rows", flags.len());
        return Err(Error::new(ErrorKind::Length, what).remedy("leave out what changes the number of rows"));
    }
    super::bridge::mask(column)
}
