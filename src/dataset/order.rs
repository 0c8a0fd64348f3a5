//! Orders and selections of rows by chance or by class: [`Dataset::shuffle`], [`Dataset::split`],
//! [`Dataset::class_balanced`]; and by what rows say: [`Dataset::of_splits`].
//!
//! Invariant: each is a list of rows made once, a pure function of the seed and, for class balance, of the
//! labels; keys are not touched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use super::keys::{KeySelection, Selector};
use super::rows::Rows;
use super::source::Access;
use super::value::Value;
use super::view::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::random::Random;

/// How much of a dataset each part of a split gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Shares {
    /// Fractions, each at least 0, together at most 1. Cuts fall at the rounded running totals, so that
    /// fractions that make 1 leave no row out.
    Fractions(Vec<f64>),
    /// Numbers of rows, together at most all.
    Counts(Vec<usize>),
}

impl<const N: usize> From<[f64; N]> for Shares {
    fn from(fractions: [f64; N]) -> Shares {
        Shares::Fractions(fractions.into())
    }
}

impl<const N: usize> From<[usize; N]> for Shares {
    fn from(counts: [usize; N]) -> Shares {
        Shares::Counts(counts.into())
    }
}

impl Shares {
    /// Where each part ends among `len` rows.
    fn ends(&self, len: usize) -> Result<Vec<usize>> {
        let bad = |what: String| Error::new(ErrorKind::Usage, what).at(Place::area("split"));
        match self {
            Shares::Fractions(fractions) => {
                let mut total = 0.0;
                let mut ends = Vec::with_capacity(fractions.len());
                for fraction in fractions {
                    if !(0.0..=1.0).contains(fraction) {
                        return Err(bad(format!("the fraction {fraction} is not between 0 and 1")));
                    }
                    total += fraction;
                    ends.push(((total * len as f64).round() as usize).min(len));
                }
                // Sums of decimal fractions miss 1 by an ulp or two.
                if total > 1.0 + 1e-9 {
                    return Err(bad(format!("the fractions make {total}, which is more than 1")));
                }
                Ok(ends)
            }
            Shares::Counts(counts) => {
                let mut ends = Vec::with_capacity(counts.len());
                let mut total = 0usize;
                for count in counts {
                    total = total.saturating_add(*count);
                    ends.push(total);
                }
                if total > len {
                    return Err(bad(format!("the parts make {total} rows, there are {len}")));
                }
                Ok(ends)
            }
        }
    }
}

impl Dataset {
    /// The rows in a random order that depends on the seed and the number of rows alone.
    #[must_use]
    pub fn shuffle(&self, seed: u64) -> Dataset {
        let mut rows: Arc<[u64]> = self.rows().iter().collect();
        Random::keyed(&[seed]).shuffle(Arc::make_mut(&mut rows));
        self.with_rows(Rows::indices(rows))
    }

    /// Parts that share no row, chosen at random by the seed; within a part rows keep their order. Rows that
    /// no part gets are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for shares that are negative or more than the whole.
    ///
    /// ```
    /// use lensframe::dataset::Dataset;
    /// let ds = Dataset::zip([(0..10).collect::<Vec<i64>>()])?;
    /// let parts = ds.split([0.8, 0.2], 7)?;
    /// assert_eq!((parts[0].len(), parts[1].len()), (8, 2));
    /// assert_eq!(ds.split([3usize, 3], 7)?[1].len(), 3);
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    pub fn split(&self, shares: impl Into<Shares>, seed: u64) -> Result<Vec<Dataset>> {
        let ends = shares.into().ends(self.len())?;
        let mut order: Vec<u64> = (0..self.len() as u64).collect();
        Random::keyed(&[seed]).shuffle(&mut order);
        let mut start = 0;
        let mut parts = Vec::with_capacity(ends.len());
        for end in ends {
            let mut rows = order.get(start..end).map_or_else(Vec::new, <[u64]>::to_vec);
            rows.sort_unstable();
            parts.push(self.take(&rows)?);
            start = end;
        }
        Ok(parts)
    }

    /// The rows whose key `split` is one of these, in their order.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] without that key; [`ErrorKind::NotFound`] for a name that no row has, naming those there
    /// are; that of the first row that cannot be read.
    ///
    /// ```
    /// use arrow_array::{ArrayRef, RecordBatch, StringArray};
    /// use lensframe::dataset::{Dataset, Table};
    /// use lensframe::job::Job;
    /// let split: ArrayRef = std::sync::Arc::new(StringArray::from(vec!["train", "val", "train"]));
    /// let rows = RecordBatch::try_from_iter([("split", split)])?;
    /// let ds = Dataset::new(Table::from_batches(&[rows])?);
    /// assert_eq!(ds.of_splits(&["train"], &Job::new())?.len(), 2);
    /// assert!(ds.of_splits(&["test"], &Job::new()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_splits<S: AsRef<str>>(&self, names: &[S], job: &Job) -> Result<Dataset> {
        let batch = self.select("split")?.read_all(&Access::new(job))?.whole()?;
        let values = batch.columns.first().map_or_else(Vec::new, |column| column.values());
        let text = |value: &Value| value.as_text().map(str::to_owned).unwrap_or_default();
        let values: Vec<String> = values.iter().map(text).collect();
        for name in names.iter().map(AsRef::as_ref) {
            if !values.iter().any(|value| value == name) {
                let known: BTreeSet<&str> = values.iter().map(String::as_str).collect();
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                return Err(Error::new(ErrorKind::NotFound, format!("no row is of the split '{name}'"))
                    .at(Place::none().key("split"))
                    .remedy(format!("there are: {known}")));
            }
        }
        let wanted = |value: &String| names.iter().any(|name| name.as_ref() == value);
        self.mask(&values.iter().map(wanted).collect::<Vec<_>>())
    }

    /// The rows with those of rare classes repeated, one after the other: row I comes `ceil(r(I))` times; see
    /// [`Dataset::repeat_factors`].
    ///
    /// # Errors
    /// As [`Dataset::repeat_factors`].
    pub fn class_balanced(&self, key: impl Into<Selector>, threshold: f64, job: &Job) -> Result<Dataset> {
        let factors = self.repeat_factors(key, threshold, job)?;
        let times = |factor: &f64| factor.ceil() as usize;
        let mut rows = Vec::with_capacity(factors.iter().map(times).sum());
        for (row, factor) in self.rows().iter().zip(&factors) {
            rows.extend(std::iter::repeat_n(row, times(factor)));
        }
        Ok(self.with_rows(Rows::indices(rows)))
    }

    /// How often each row should be seen for classes rarer than `threshold` to be balanced: `f(c)` is the
    /// fraction of rows that hold class c, `r(c) = max(1, sqrt(threshold / f(c)))`, and a row's factor is the
    /// largest `r` of its classes, 1 if it has none. The rule of LVIS (Gupta, Dollár and Girshick 2019), as in
    /// MMDetection's `ClassBalancedDataset`. Reads `key`: a label or a list of labels a row; null labels do
    /// not count.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the threshold is negative or not finite, [`ErrorKind::Type`] for a key that
    /// holds no labels, [`ErrorKind::Key`] or [`ErrorKind::Index`] for an unknown key; that of the first row
    /// that cannot be read.
    pub fn repeat_factors(&self, key: impl Into<Selector>, threshold: f64, job: &Job) -> Result<Vec<f64>> {
        if !threshold.is_finite() || threshold < 0.0 {
            let what = format!("the threshold {threshold} is not a fraction of the rows");
            return Err(Error::new(ErrorKind::Usage, what).at(Place::area("class_balanced")));
        }
        let view = self.select(KeySelection::One(key.into()))?;
        let batch = view.read_all(&Access::new(job))?.whole()?;
        let values = batch.columns.first().map_or_else(Vec::new, |column| column.values());
        let classes = values.iter().enumerate().map(|(row, value)| {
            let mut classes = BTreeSet::new();
            collect_labels(value, &mut classes)
                .map_err(|e| e.at(Place::area("class_balanced").row(row as u64)))?;
            Ok(classes)
        });
        let classes = classes.collect::<Result<Vec<BTreeSet<i64>>>>()?;
        let mut rows_with: BTreeMap<i64, u64> = BTreeMap::new();
        for class in classes.iter().flatten() {
            *rows_with.entry(*class).or_default() += 1;
        }
        let total = self.len() as f64;
        let factor = |count: u64| (threshold / (count as f64 / total)).sqrt().max(1.0);
        let factors: BTreeMap<i64, f64> =
            rows_with.into_iter().map(|(c, count)| (c, factor(count))).collect();
        let of_row =
            |row: &BTreeSet<i64>| row.iter().filter_map(|c| factors.get(c)).fold(1.0, |a, b| b.max(a));
        Ok(classes.iter().map(of_row).collect())
    }
}

fn collect_labels(value: &Value, classes: &mut BTreeSet<i64>) -> Result<()> {
    match value {
        Value::Null => {}
        Value::Int(label) => {
            classes.insert(*label);
        }
        Value::List(values) => values.iter().try_for_each(|v| collect_labels(v, classes))?,
        Value::Array(array) => match array.as_primitive_opt::<Int64Type>() {
            Some(labels) => classes.extend(labels.iter().flatten()),
            None => return Err(not_labels(&array.data_type().to_string())),
        },
        other => return Err(not_labels(other.kind_name())),
    }
    Ok(())
}

fn not_labels(got: &str) -> Error {
    Error::new(ErrorKind::Type, format!("{got} where labels are needed")).remedy("name a key of class labels")
}
