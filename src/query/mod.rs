//! Questions: rows by their own keys, rows by their objects, fewer objects a row, and SQL.
//!
//! Conditions are SQL text, as after `WHERE`, or expressions of polars. Only the keys that a question names are read;
//! what comes back are row numbers, so that an answer is a view that copies nothing.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, Int64Array};
//! use lensframe::dataset::{Column, Dataset, Key, Table};
//! use lensframe::query::Order;
//! use arrow_schema::{DataType, Field};
//!
//! let widths: ArrayRef = Arc::new(Int64Array::from(vec![640, 480, 1024]));
//! let key = Key::arrow(Field::new("width", DataType::Int64, true));
//! let ds = Dataset::new(Table::new([(key, Column::Arrow(vec![widths]))])?);
//! assert_eq!(ds.filter("width >= 640")?.len(), 2);
//! let widest = ds.query().sort_by([("width", Order::Descending)]).limit(1).view()?;
//! assert_eq!(widest.column("width")?.values()[0].as_int(), Some(1024));
//! let answer = ds.sql("SELECT COUNT(*) AS n, MAX(width) AS most FROM images")?;
//! assert_eq!(answer.column("most")?.values()[0].as_int(), Some(1024));
//! # Ok::<(), lensframe::error::Error>(())
//! ```
//!
//! # Names
//!
//! A name is a key, or one of these where no key has it: `row`; for objects `category`, `supercategory`,
//! `category_id`, `iscrowd` (0 or 1), `keypoints`, `x1 y1 x2 y2 cx cy w h aspect rel_area touches_border` of the box,
//! and the keys of the image that an object is on; for images `image`, and `category` where each has one class.
//!
//! # The room
//!
//! | file | what |
//! |---|---|
//! | `predicate.rs`, `text.rs` | conditions, and their text |
//! | `names.rs`, `parts.rs` | what a name means, and its column |
//! | `comparison.rs`, `bounds.rs`, `plain.rs` | comparisons: which rows they can hold for, and which they do |
//! | `spans.rs`, `objects.rs` | which objects are of which row; how many of them satisfy |
//! | `kept.rs` | views with fewer objects a row |
//! | `join.rs`, `tables.rs` | rows beside those of another view; CSV, Parquet and Arrow files as views |
//! | `plan.rs` | [`Query`]: steps that run once |
//! | `statement.rs`, `scalar.rs`, `hints.rs` | SELECT as polars is to see it, and what it may not have meant |
//! | `sql.rs`, `write.rs` | its tables, its answer as a file |
//! | `frame.rs`, `bridge.rs`, `run.rs`, `fault.rs` | polars: its columns, its threads, its errors |

mod bounds;
mod bridge;
mod comparison;
mod fault;
mod frame;
mod hints;
mod join;
mod kept;
mod names;
mod objects;
mod parts;
mod plain;
mod plan;
mod predicate;
mod run;
mod scalar;
mod spans;
mod sql;
mod statement;
mod tables;
mod text;
mod write;

pub use join::Join;
pub use objects::Quantity;
pub use plan::{Explained, Order, Query};
pub use polars::prelude::{Expr, col, lit};
pub use predicate::Predicate;
pub use sql::Reading;
pub use tables::{is_table, read_table};
pub use write::{AnswerFormat, shown, unbounded};

use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

impl Dataset {
    /// A question about this view, to be put together.
    pub fn query(&self) -> Query {
        Query::new(self)
    }

    /// The rows that satisfy a condition on their own keys; a condition that is null is not satisfied.
    ///
    /// # Errors
    /// As [`Query::view`].
    pub fn filter(&self, predicate: impl Into<Predicate>) -> Result<Dataset> {
        self.query().filter(predicate).view()
    }

    /// The rows of whose objects so many satisfy a condition.
    ///
    /// # Errors
    /// As [`Query::view`].
    pub fn filter_objects(&self, predicate: impl Into<Predicate>, quantity: Quantity) -> Result<Dataset> {
        self.query().filter_objects(predicate, quantity).view()
    }

    /// All rows, with those of their objects that satisfy a condition.
    ///
    /// # Errors
    /// As [`Query::view`].
    pub fn keep_objects(&self, predicate: impl Into<Predicate>) -> Result<Dataset> {
        self.query().keep_objects(predicate).view()
    }

    /// The answer to a SELECT over `images`, `objects`, `objects_all` and the sets by their names, as a table in
    /// memory.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for text that is no SELECT; [`ErrorKind::Unsupported`] for what writes or reads files;
    /// [`ErrorKind::NotFound`] and [`ErrorKind::Key`] for unknown tables and columns, with the nearest names; those of
    /// reading.
    pub fn sql(&self, text: &str) -> Result<Dataset> {
        sql(&[("", self)], text, &Job::new())
    }

    /// How many rows of a table (`images`, `objects`, a set's name) have each combination of values of these columns:
    /// the columns and `count`, the largest count first, equal ones by value.
    ///
    /// # Errors
    /// As [`Dataset::sql`].
    pub fn group_counts<S: AsRef<str>>(
        &self,
        table: &str,
        by: impl IntoIterator<Item = S>,
    ) -> Result<Dataset> {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let by: Vec<String> = by.into_iter().map(|name| quoted(name.as_ref())).collect();
        if by.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "no column is named").at(Place::area("query")));
        }
        let (by, table) = (by.join(", "), quoted(table));
        self.sql(&format!(
            "SELECT {by}, COUNT(*) AS count FROM {table} GROUP BY {by} ORDER BY count DESC, {by}"
        ))
    }

    /// The rows that an answer names in its column `row`, in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] if it has no such column; [`ErrorKind::Index`] for rows that this view does not have.
    pub fn rows_of(&self, answer: &Dataset) -> Result<Dataset> {
        let places = answer.column(names::ROW)?.values();
        let row = |value: &crate::dataset::Value| value.as_int().and_then(|row| u64::try_from(row).ok());
        let rows = places.iter().map(|value| {
            row(value).ok_or_else(|| {
                Error::new(ErrorKind::Type, "a row's number is no number")
                    .at(Place::area("query").key(names::ROW))
            })
        });
        self.take(&rows.collect::<Result<Vec<u64>>>()?)
    }
}

/// The answer to a SELECT over any number of datasets: one of the empty name is asked by the bare names of its tables,
/// others by `name.images` and so on; `name` alone is its images too, or the table that it is.
///
/// # Errors
/// As [`Dataset::sql`]; [`ErrorKind::Cancelled`].
pub fn sql(datasets: &[(&str, &Dataset)], text: &str, job: &Job) -> Result<Dataset> {
    sql::answer(datasets, text, job)
}

/// What the answer to a SELECT takes: the keys that are read, which this does, and the plan of polars. Subqueries that
/// stand for a value are answered for it.
///
/// # Errors
/// As [`sql`].
pub fn explain(datasets: &[(&str, &Dataset)], text: &str, job: &Job) -> Result<Reading> {
    sql::explain(datasets, text, job)
}
