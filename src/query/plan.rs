//! Questions that are planned before they are asked: [`Query`].

use std::fmt;

use polars::prelude::{IntoLazy, SortMultipleOptions, UniqueKeepStrategy, col};

use super::frame::Frame;
use super::join::{self, Join};
use super::kept::Kept;
use super::names::Scope;
use super::objects::{self, Quantity};
use super::predicate::{Log, Look, Predicate};
use super::{bridge, fault, run};
use crate::dataset::{Column, Dataset};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::DEFAULT_SET;

/// Steps that narrow a view, none of which has run. [`Query::view`] runs them, each once and in order.
///
/// ```
/// use lensframe::dataset::{Dataset, Part};
/// let ds = Dataset::zip([Part::from(("width", vec![640, 480, 1024])), Part::from(("height", vec![480; 3]))])?;
/// let wide = ds.query().filter("width > height").limit(1);
/// assert_eq!(wide.view()?.len(), 1);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    ds: Dataset,
    steps: Vec<Step>,
}

/// Which way a key is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From small to large.
    Ascending,
    /// From large to small.
    Descending,
}

#[derive(Clone, Debug)]
enum Step {
    Filter(Predicate),
    Objects(String, Predicate, Quantity),
    Keep(String, Predicate),
    Sort(Vec<(String, Order)>),
    Distinct(Vec<String>),
    Sample(usize, u64),
    Limit(usize),
    Join(Dataset, Join),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |set: &str| if set.is_empty() { String::new() } else { format!(" of {set}") };
        match self {
            Step::Filter(predicate) => write!(f, "images where {predicate}"),
            Step::Objects(set, predicate, quantity) => {
                write!(f, "images with {quantity} of the objects{} where {predicate}", of(set))
            }
            Step::Keep(set, predicate) => write!(f, "objects{} where {predicate}", of(set)),
            Step::Sort(by) => {
                let by = by.iter().map(|(name, order)| match order {
                    Order::Ascending => name.clone(),
                    Order::Descending => format!("{name} descending"),
                });
                write!(f, "sorted by {}", by.collect::<Vec<_>>().join(", "))
            }
            Step::Distinct(keys) => write!(f, "the first image of each {}", keys.join(", ")),
            Step::Sample(n, seed) => write!(f, "{n} images by chance, seed {seed}"),
            Step::Limit(n) => write!(f, "the first {n} images"),
            Step::Join(other, how) => write!(f, "{how} with {} rows", other.len()),
        }
    }
}

impl Query {
    pub(super) fn new(ds: &Dataset) -> Query {
        Query { ds: ds.clone(), steps: Vec::new() }
    }

    fn then(mut self, step: Step) -> Query {
        self.steps.push(step);
        self
    }

    /// Rows that satisfy a condition on their own keys.
    #[must_use]
    pub fn filter(self, predicate: impl Into<Predicate>) -> Query {
        self.then(Step::Filter(predicate.into()))
    }

    /// Rows of whose objects so many satisfy a condition.
    #[must_use]
    pub fn filter_objects(self, predicate: impl Into<Predicate>, quantity: Quantity) -> Query {
        self.filter_objects_of(DEFAULT_SET, predicate, quantity)
    }

    /// [`Query::filter_objects`] of a set.
    #[must_use]
    pub fn filter_objects_of(self, set: &str, predicate: impl Into<Predicate>, quantity: Quantity) -> Query {
        self.then(Step::Objects(set.to_owned(), predicate.into(), quantity))
    }

    /// All rows, with those of their objects that satisfy a condition.
    #[must_use]
    pub fn keep_objects(self, predicate: impl Into<Predicate>) -> Query {
        self.keep_objects_of(DEFAULT_SET, predicate)
    }

    /// [`Query::keep_objects`] of a set.
    #[must_use]
    pub fn keep_objects_of(self, set: &str, predicate: impl Into<Predicate>) -> Query {
        self.then(Step::Keep(set.to_owned(), predicate.into()))
    }

    /// Rows in the order of keys of theirs, equal ones as they stood, null last.
    #[must_use]
    pub fn sort_by<S: Into<String>>(self, by: impl IntoIterator<Item = (S, Order)>) -> Query {
        self.then(Step::Sort(by.into_iter().map(|(name, order)| (name.into(), order)).collect()))
    }

    /// The first row of each combination of values of these keys.
    #[must_use]
    pub fn distinct<S: Into<String>>(self, keys: impl IntoIterator<Item = S>) -> Query {
        self.then(Step::Distinct(keys.into_iter().map(Into::into).collect()))
    }

    /// So many rows by chance, none twice; all of them, in an order by chance, where there are no more.
    #[must_use]
    pub fn sample(self, rows: usize, seed: u64) -> Query {
        self.then(Step::Sample(rows, seed))
    }

    /// The first rows.
    #[must_use]
    pub fn limit(self, rows: usize) -> Query {
        self.then(Step::Limit(rows))
    }

    /// Rows beside the rows of another view that agree with them, as [`Dataset::join`].
    #[must_use]
    pub fn join(self, other: &Dataset, how: Join) -> Query {
        self.then(Step::Join(other.clone(), how))
    }

    /// Runs the steps.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for text that is no condition; [`ErrorKind::Key`] for names that mean nothing;
    /// [`ErrorKind::Type`] for conditions that are neither true nor false; those of reading.
    pub fn view(&self) -> Result<Dataset> {
        self.view_in(&Job::new())
    }

    /// [`Query::view`] as part of a job.
    ///
    /// # Errors
    /// As [`Query::view`]; [`ErrorKind::Cancelled`].
    pub fn view_in(&self, job: &Job) -> Result<Dataset> {
        let mut ds = self.ds.clone();
        for step in &self.steps {
            ds = step.run(&ds, job, &mut Log::default())?;
        }
        Ok(ds)
    }

    /// Runs the steps and says what each of them read and left.
    ///
    /// # Errors
    /// As [`Query::view_in`].
    pub fn explain(&self, job: &Job) -> Result<Vec<Explained>> {
        let mut ds = self.ds.clone();
        let mut out = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let (before, mut log) = (ds.len(), Log::default());
            ds = step.run(&ds, job, &mut log)?;
            let Log { read, plan } = log;
            out.push(Explained { step: step.to_string(), plan, before, after: ds.len(), read });
        }
        Ok(out)
    }
}

/// What a step of a query did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What it asks.
    pub step: String,
    /// The condition as polars ran it, with names of classes as labels.
    pub plan: Option<String>,
    /// How many rows there were.
    pub before: usize,
    /// How many it left.
    pub after: usize,
    /// The keys it read, each with the bytes of its columns in memory.
    pub read: Vec<(String, u64)>,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum: u64 = self.read.iter().map(|(_, bytes)| bytes).sum();
        write!(f, "{}: {} of {} rows", self.step, self.after, self.before)?;
        for (n, (key, bytes)) in self.read.iter().enumerate() {
            let joint = if n == 0 { "; reads" } else { "," };
            write!(f, "{joint} {key} ({bytes} bytes)")?;
        }
        if self.read.len() > 1 {
            write!(f, ", {sum} in all")?;
        }
        if let Some(plan) = &self.plan {
            write!(f, "; runs {plan}")?;
        }
        Ok(())
    }
}

impl Step {
    /// The view that the step leaves; what it read goes to `log`.
    fn run(&self, ds: &Dataset, job: &Job, log: &mut Log) -> Result<Dataset> {
        match self {
            Step::Filter(predicate) => {
                let judged = predicate.judge(ds, Scope::Rows, Look::WhereItCanHold, job)?;
                let rows =
                    judged.mask.set_indices().map(|place| judged.row(place as u64)).collect::<Vec<_>>();
                (log.read, log.plan) = (judged.read, Some(judged.plan));
                ds.take(&rows)
            }
            Step::Objects(set, predicate, quantity) => {
                let look = match quantity.needs_one() {
                    true => Look::WhereItCanHold,
                    false => Look::Everywhere,
                };
                let judged = predicate.judge(ds, Scope::Objects(set), look, job)?;
                let rows = objects::rows(&judged, *quantity);
                (log.read, log.plan) = (judged.read, Some(judged.plan));
                ds.take(&rows)
            }
            Step::Keep(set, predicate) => {
                let judged = predicate.judge(ds, Scope::Objects(set), Look::Everywhere, job)?;
                (log.read, log.plan) = (judged.read, Some(judged.plan));
                let spans = judged.spans.unwrap_or_default();
                Ok(Dataset::new(Kept::new(ds, set, judged.mask, &spans)))
            }
            Step::Sort(by) => {
                let names: Vec<&str> = by.iter().map(|(name, _)| name.as_str()).collect();
                let descending = by.iter().map(|(_, order)| *order == Order::Descending);
                let options = SortMultipleOptions::default()
                    .with_order_descending_multi(descending.collect::<Vec<_>>())
                    .with_nulls_last(true)
                    .with_maintain_order(true);
                let by: Vec<_> = names.iter().map(|name| col(*name)).collect();
                reorder(ds, &names, job, log, |frame| frame.sort_by_exprs(by, options))
            }
            Step::Distinct(keys) => {
                let names: Vec<&str> = keys.iter().map(String::as_str).collect();
                let by: Vec<_> = names.iter().map(|name| col(*name)).collect();
                let first = UniqueKeepStrategy::First;
                reorder(ds, &names, job, log, |frame| frame.unique_stable_generic(Some(by), first))
            }
            Step::Sample(n, seed) => {
                let all = ds.shuffle(*seed);
                all.slice(..all.len().min(*n))
            }
            Step::Limit(n) => ds.slice(..ds.len().min(*n)),
            Step::Join(other, how) => join::join(ds, other, how, job, log),
        }
    }
}

/// The column that says where a row stood.
const PLACE: &str = "lensframe row";

/// Rows as a plan over some of their keys leaves them.
fn reorder(
    ds: &Dataset,
    names: &[&str],
    job: &Job,
    log: &mut Log,
    plan: impl FnOnce(polars::prelude::LazyFrame) -> polars::prelude::LazyFrame,
) -> Result<Dataset> {
    let mut own: Vec<String> = Vec::new();
    for name in names {
        if !own.iter().any(|known| known == name) {
            own.push((*name).to_owned());
        }
    }
    if own.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "no key is named").at(Place::area("query")));
    }
    let frame = Frame::of(ds, Scope::Rows, &own, job)?;
    log.read = frame.read;
    let plan = plan(frame.columns.lazy().with_row_index(PLACE, None)).select([col(PLACE)]);
    let done = run::collect(plan, job)?;
    let places = done.column(PLACE).map_err(fault::of)?.as_materialized_series();
    let (_, chunks) = bridge::arrays(places)?;
    let places = Column::Arrow(chunks).values();
    let rows: Vec<u64> = places.iter().filter_map(|place| u64::try_from(place.as_int()?).ok()).collect();
    ds.take(&rows)
}
