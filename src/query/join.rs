//! Rows of one view beside those rows of another that agree with them in some keys: [`Join`].

use arrow_array::new_null_array;
use polars::prelude::{
    DataFrame, DataType, IntoLazy, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, Schema, col,
};

use super::frame::Frame;
use super::names::{self, Meaning, Scope};
use super::predicate::Log;
use super::{bridge, fault, run};
use crate::dataset::{Column, Dataset, Key, Table, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::Axis;

/// Which keys of two views must agree, and what becomes of rows that agree with none.
///
/// ```
/// use lensframe::dataset::{Dataset, Part};
/// use lensframe::query::Join;
/// let images = Dataset::zip([Part::from(("image_id", vec![7, 8, 9])), Part::from(("width", vec![64, 48, 32]))])?;
/// let scores = Dataset::zip([Part::from(("id", vec![9, 7])), Part::from(("score", vec![0.5, 0.25]))])?;
/// let scored = images.join(&scores, Join::pairs([("image_id", "id")]))?;
/// assert_eq!((scored.len(), scored.column("width")?.values()[1].as_int()), (2, Some(32)));
/// let all = images.join(&scores, Join::pairs([("image_id", "id")]).left())?;
/// assert_eq!((all.len(), all.column("score")?.values()[1].is_null()), (3, true));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    on: Vec<(String, String)>,
    left: bool,
    suffix: String,
}

impl Join {
    /// Keys that both views call the same. Rows without a partner are left out.
    pub fn on<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Join {
        Join::pairs(names.into_iter().map(Into::into).map(|name: String| (name.clone(), name)))
    }

    /// Keys of the first view, each with the key of the second that must be equal to it.
    pub fn pairs<A: Into<String>, B: Into<String>>(names: impl IntoIterator<Item = (A, B)>) -> Join {
        let on = names.into_iter().map(|(own, other)| (own.into(), other.into())).collect();
        Join { on, left: false, suffix: "_right".to_owned() }
    }

    /// Keeps rows of the first view without a partner; keys of the second are null there.
    #[must_use]
    pub fn left(self) -> Join {
        Join { left: true, ..self }
    }

    /// What is put behind names of the second view that the first has too; `_right` unless said otherwise.
    #[must_use]
    pub fn suffix(self, suffix: impl Into<String>) -> Join {
        Join { suffix: suffix.into(), ..self }
    }
}

impl std::fmt::Display for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let on = self.on.iter().map(|(own, other)| match own == other {
            true => own.clone(),
            false => format!("{own} = {other}"),
        });
        write!(f, "{} on {}", if self.left { "left join" } else { "join" }, on.collect::<Vec<_>>().join(", "))
    }
}

impl Dataset {
    /// The rows of this view beside the rows of `other` that agree with them: in this view's order, then in the
    /// other's; a row with several partners comes once for each. Null agrees with nothing.
    ///
    /// The keys are those of this view, then those of `other` without the ones that were compared. Only what is
    /// compared is read, and nothing is copied. A table of a file is joined the same way, see
    /// [`read_table`](super::read_table).
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if no key is named, or both views have objects of one set; [`ErrorKind::Key`] for unknown
    /// names; [`ErrorKind::Type`] for keys that cannot be equal; those of reading.
    pub fn join(&self, other: &Dataset, how: Join) -> Result<Dataset> {
        self.query().join(other, how).view()
    }
}

/// The column that says where a row of the first view stood.
const LEFT: &str = "lensframe left";

/// The column that says where a row of the second view stood.
const RIGHT: &str = "lensframe right";

/// The view that a join leaves.
pub(super) fn join(ds: &Dataset, other: &Dataset, how: &Join, job: &Job, log: &mut Log) -> Result<Dataset> {
    if how.on.is_empty() {
        return Err(fault_of(ErrorKind::Usage, "a join needs a key that both sides have")
            .remedy("name it, as image_id or file_name"));
    }
    let beside = beside(ds, other, how)?;
    let (own, log_own) = compared(ds, how.on.iter().map(|(own, _)| own), LEFT, job)?;
    let (others, log_other) = compared(other, how.on.iter().map(|(_, other)| other), RIGHT, job)?;
    log.read.extend(log_own);
    log.read.extend(log_other);
    let (own, others) = alike(own, others, how)?;
    let names: Vec<_> = (0..how.on.len()).map(|n| col(column(n))).collect();
    let kind = if how.left { JoinType::Left } else { JoinType::Inner };
    let mut args = JoinArgs::new(kind);
    args.maintain_order = MaintainOrderJoin::LeftRight;
    let plan = own.join(others, names.clone(), names, args).select([col(LEFT), col(RIGHT)]);
    let done = run::collect(plan, job)?;
    let first: Vec<u64> = places(&done, LEFT)?.into_iter().flatten().collect();
    let second = places(&done, RIGHT)?;
    let left = ds.take(&first)?;
    if beside.keys().is_empty() {
        return Ok(left);
    }
    Dataset::zip([left, partners(&beside, &second)?])
}

/// The keys of the second view that come beside those of the first, under the names that they get there.
fn beside(ds: &Dataset, other: &Dataset, how: &Join) -> Result<Dataset> {
    let has = |name: &str| ds.keys().find(name).is_ok();
    let sets = ds.sets();
    let (mut chosen, mut renamed) = (Vec::new(), Vec::new());
    for key in other.keys().iter() {
        let Some(name) = key.name() else {
            return Err(fault_of(ErrorKind::Key, "the second side has a key without a name")
                .remedy("select the keys that are wanted"));
        };
        let means = |asked: &str| names::meaning(other, Scope::Rows, asked);
        if how.on.iter().any(|(_, asked)| matches!(means(asked), Ok(Meaning::Key(own)) if own == name)) {
            continue;
        }
        let set = key.field().and_then(|field| Axis::of(field).ok()?.set().map(str::to_owned));
        if let Some(set) = set.filter(|set| sets.contains(set)) {
            let of = if set.is_empty() { String::new() } else { format!(" of the set '{set}'") };
            return Err(fault_of(ErrorKind::Usage, format!("both sides have objects{of}, as '{name}'"))
                .remedy("select the keys of one side that are wanted, as image_id and split"));
        }
        if has(name) {
            let new = format!("{name}{}", how.suffix);
            if has(&new) || other.keys().find(&new).is_ok() {
                return Err(fault_of(
                    ErrorKind::Key,
                    format!("both sides have '{name}', and '{new}' is taken"),
                )
                .remedy("give the join another suffix, or rename a key of one side"));
            }
            renamed.push((name.to_owned(), new));
        }
        chosen.push(name.to_owned());
    }
    let renamed: Vec<(&str, &str)> = renamed.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    other.select(chosen)?.rename(&renamed)
}

/// What is compared of a view, under common names, with the places of its rows; and what was read for it.
fn compared<'a>(
    ds: &Dataset,
    names: impl Iterator<Item = &'a String>,
    place: &str,
    job: &Job,
) -> Result<(DataFrame, Vec<(String, u64)>)> {
    let names: Vec<String> = names.cloned().collect();
    let mut distinct: Vec<String> = Vec::new();
    names.iter().for_each(|name| {
        if !distinct.contains(name) {
            distinct.push(name.clone());
        }
    });
    let frame = Frame::of(ds, Scope::Rows, &distinct, job)?;
    let mut columns = Vec::with_capacity(names.len());
    for (n, name) in names.iter().enumerate() {
        let mut series = frame.columns.column(name).map_err(fault::of)?.clone();
        series.rename(column(n).into());
        columns.push(series);
    }
    let columns = DataFrame::new(ds.len(), columns).map_err(fault::of)?;
    Ok((columns.with_row_index(place.into(), None).map_err(fault::of)?, frame.read))
}

/// The name of the nth pair of compared keys.
fn column(n: usize) -> String {
    format!("lensframe {n}")
}

/// Both sides with types that can be equal: whole numbers of any width, and whole numbers beside fractions.
fn alike(own: DataFrame, others: DataFrame, how: &Join) -> Result<(LazyFrame, LazyFrame)> {
    let types = |schema: &Schema, n: usize| schema.get(&column(n)).cloned().unwrap_or(DataType::Null);
    let (mut first, mut second) = (own.clone().lazy(), others.clone().lazy());
    for (n, (name, other)) in how.on.iter().enumerate() {
        let (a, b) = (types(own.schema(), n), types(others.schema(), n));
        let common = match () {
            () if a == b => continue,
            () if a.is_integer() && b.is_integer() => DataType::Int64,
            () if a.is_primitive_numeric() && b.is_primitive_numeric() => DataType::Float64,
            // A side on which all is null.
            () if b == DataType::Null => a.clone(),
            () if a == DataType::Null => b.clone(),
            () => {
                let what = format!("{name} is {a} on one side, and {other} is {b} on the other");
                return Err(fault_of(ErrorKind::Type, what)
                    .remedy("compare keys of one kind: numbers with numbers, texts with texts"));
            }
        };
        // What the common type cannot say is equal to nothing: null.
        first = first.with_columns([col(column(n)).cast(common.clone())]);
        second = second.with_columns([col(column(n)).cast(common)]);
    }
    Ok((first, second))
}

/// The places that a column says, null where there is none.
fn places(done: &DataFrame, name: &str) -> Result<Vec<Option<u64>>> {
    let series = done.column(name).map_err(fault::of)?.as_materialized_series();
    let (_, chunks) = bridge::arrays(series)?;
    let place = |value: &Value| u64::try_from(value.as_int()?).ok();
    Ok(Column::Arrow(chunks).values().iter().map(place).collect())
}

/// Rows of a view, and rows in which all is null.
fn partners(ds: &Dataset, places: &[Option<u64>]) -> Result<Dataset> {
    if places.iter().all(Option::is_some) {
        return ds.take(&places.iter().flatten().copied().collect::<Vec<_>>());
    }
    let absent = ds.len() as u64;
    let places: Vec<u64> = places.iter().map(|place| place.unwrap_or(absent)).collect();
    Dataset::concat([ds, &nulls(ds)?])?.take(&places)
}

/// One row in which all keys of a view are null.
fn nulls(ds: &Dataset) -> Result<Dataset> {
    let columns = ds.keys().iter().map(|key| match key.field() {
        Some(field) => {
            let field = field.as_ref().clone().with_nullable(true);
            let column = Column::Arrow(vec![new_null_array(field.data_type(), 1)]);
            (Key::arrow(field), column)
        }
        None => (key.clone(), Column::Values(vec![Value::Null])),
    });
    let mut table = Table::new(columns)?;
    for set in ds.sets() {
        if let Some(classes) = ds.classes(&set) {
            table = table.with_classes(&set, classes.clone());
        }
    }
    Ok(Dataset::new(table))
}

fn fault_of(kind: ErrorKind, what: impl Into<String>) -> Error {
    Error::new(kind, what).at(Place::area("join"))
}
