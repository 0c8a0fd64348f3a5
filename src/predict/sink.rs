//! [`Sink`]: where what is found goes.

use super::found::{Found, Told, columns};
use super::predictor::Predictor;
use crate::dataset::store::{Operation, SetOptions, SetWriter, Store};
use crate::dataset::{Dataset, Rows};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::classification;
use crate::job::Job;

/// Takes what was found in rows.
pub trait Sink {
    /// The rows of a view of this length that are wanted, in order: those that it has already are not.
    fn wanted(&self, rows: usize) -> Vec<u64> {
        (0..rows as u64).collect()
    }

    /// What was found in rows, the best first.
    ///
    /// # Errors
    /// Whatever keeps it from taking them; the run ends then.
    fn take(&mut self, rows: &[u64], found: &[Vec<Found>]) -> Result<()>;

    /// Called every few seconds, and at the end: what was taken should outlive the process.
    ///
    /// # Errors
    /// As [`Sink::take`].
    fn keep(&mut self) -> Result<()> {
        Ok(())
    }
}

/// An object set beside the rows of a stored dataset. What was taken before a kill is there when it begins again.
pub struct IntoSet {
    writer: SetWriter,
    told: Told,
    /// The rows of the store that the view has.
    rows: Vec<u64>,
}

impl IntoSet {
    /// A set of a predictor's objects. `rows`: which rows of the store a view has, in its order.
    ///
    /// # Errors
    /// Those of [`SetWriter::begin`].
    pub fn begin(
        store: &Store,
        set: &str,
        rows: Vec<u64>,
        options: SetOptions,
        predictor: &Predictor,
        job: &Job,
    ) -> Result<IntoSet> {
        let classes = options.classes.or_else(|| predictor.recipe().classes().cloned());
        let options = SetOptions { classes, ..options };
        let writer = SetWriter::begin(store, set, options, job)?;
        Ok(IntoSet { writer, told: predictor.recipe().head().told(), rows })
    }

    /// Publishes the set as a new version, whose number it gives.
    ///
    /// # Errors
    /// Those of [`SetWriter::commit`].
    pub fn commit(self, operation: Operation) -> Result<u64> {
        self.writer.commit(operation)
    }

    fn stored(&self, row: u64) -> u64 {
        usize::try_from(row).ok().and_then(|row| self.rows.get(row)).copied().unwrap_or(u64::MAX)
    }
}

impl Sink for IntoSet {
    fn wanted(&self, rows: usize) -> Vec<u64> {
        let open =
            |row: &u64| !self.writer.is_written(usize::try_from(self.stored(*row)).unwrap_or(usize::MAX));
        (0..rows as u64).filter(open).collect()
    }

    fn take(&mut self, rows: &[u64], found: &[Vec<Found>]) -> Result<()> {
        let stored: Vec<u64> = rows.iter().map(|row| self.stored(*row)).collect();
        self.writer.write(&Rows::indices(stored), &columns(found, self.told)?)
    }

    fn keep(&mut self) -> Result<()> {
        self.writer.flush()
    }
}

/// The best class of each row against the one that the row says, counted as they come: memory does not grow.
pub struct Accuracy {
    truth: Dataset,
    key: String,
    evaluator: classification::Evaluator,
    classes: u32,
}

impl Accuracy {
    /// Against a key of labels (`image_label`) of the view that is run.
    ///
    /// # Errors
    /// `Key` if it is not there.
    pub fn new(view: &Dataset, key: &str, options: classification::Options) -> Result<Accuracy> {
        let truth = view.select([key])?;
        let classes = options.classes;
        Ok(Accuracy {
            truth,
            key: key.to_owned(),
            evaluator: classification::Evaluator::new(options),
            classes,
        })
    }

    /// The numbers.
    pub fn finish(self) -> classification::Scores {
        self.evaluator.finish()
    }
}

impl Sink for Accuracy {
    fn take(&mut self, rows: &[u64], found: &[Vec<Found>]) -> Result<()> {
        let values = self.truth.take(rows)?.column(self.key.as_str())?.values();
        let odd = |row: u64, what: String| {
            Error::new(ErrorKind::Index, what).at(Place::area("predict").row(row).key(self.key.clone()))
        };
        let label = |row: u64, label: Option<i64>, of: &str| {
            let label =
                label.and_then(|label| u32::try_from(label).ok()).filter(|label| *label < self.classes);
            label.ok_or_else(|| odd(row, format!("{of} no label of {} classes", self.classes)))
        };
        let (mut asked, mut got) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for ((row, value), found) in rows.iter().zip(&values).zip(found) {
            asked.push(label(*row, value.as_int(), "it is")?);
            got.push(label(*row, found.first().map(|best| best.label), "the model says")?);
        }
        self.evaluator.update(&asked, &got)
    }
}
