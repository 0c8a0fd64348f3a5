//! [`Dataset::map_batches`]: keys that a function makes of several rows at once.
//!
//! Invariant: the function is called once a read and [`MOST`] rows, with the rows in the order of the read, each once;
//! if it fails, so do the rows it was called with. What it needs it reads itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::Batch;
use super::keys::{Key, KeyIndex, Keys};
use super::pack::check_packable;
use super::rows::Rows;
use super::source::{Access, Source};
use super::value::Value;
use super::view::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;

/// The most rows of one call.
const MOST: usize = 256;

type Function = Arc<dyn Fn(&Dataset, &Rows, &Access<'_>) -> Result<Vec<Vec<Value>>> + Send + Sync>;

struct Batches {
    input: Dataset,
    outputs: Keys,
    function: Function,
}

impl Dataset {
    /// Keys that a function makes of several rows at once: it is given this view and the numbers of rows in it, and
    /// returns a column an output, a value a row. Outputs that are Arrow fields are read as arrays of that type, names
    /// as values.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for an output field whose type values cannot be made into.
    ///
    /// ```
    /// use lensframe::dataset::{Dataset, Part, Value};
    /// let ds = Dataset::zip([Part::from(("x", [1, 2, 3]))])?;
    /// let less = ds.map_batches("less", |ds, rows, access| {
    ///     let xs = ds.select("x")?.read_rows(rows, access)?.whole()?.columns.remove(0).values();
    ///     let least = xs.iter().filter_map(Value::as_int).min().unwrap_or(0);
    ///     Ok(vec![xs.iter().map(|x| Value::from(x.as_int().unwrap_or(0) - least)).collect()])
    /// })?;
    /// assert_eq!(less.column("less")?.value(2), Value::Int(2));
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    pub fn map_batches(
        &self,
        outputs: impl Into<Keys>,
        function: impl Fn(&Dataset, &Rows, &Access<'_>) -> Result<Vec<Vec<Value>>> + Send + Sync + 'static,
    ) -> Result<Dataset> {
        let outputs = outputs.into();
        for field in outputs.iter().filter_map(Key::field) {
            check_packable(field)?;
        }
        Ok(Dataset::new(Batches { input: self.clone(), outputs, function: Arc::new(function) }))
    }
}

impl Batches {
    /// All outputs of some rows, at most [`MOST`] of them.
    fn call(&self, rows: &Rows, access: &Access<'_>) -> Result<Vec<Vec<Value>>> {
        let fault = |e: Error| {
            let names = self.outputs.iter().map(Key::to_string).collect::<Vec<_>>().join(", ");
            let place = Place::area("map").key(names);
            e.at(rows.get(0).map_or(place.clone(), |row| place.row(row)))
        };
        access.job.check()?;
        let made = (self.function)(&self.input, rows, access).map_err(fault)?;
        if made.len() != self.outputs.len() {
            let what = format!("the function gave {} columns for {} keys", made.len(), self.outputs.len());
            return Err(fault(Error::new(ErrorKind::Getter, what).remedy("return one column a key")));
        }
        if let Some(odd) = made.iter().find(|column| column.len() != rows.len()) {
            let what = format!("the function gave {} values for {} rows", odd.len(), rows.len());
            return Err(fault(Error::new(ErrorKind::Getter, what).remedy("return one value a row")));
        }
        Ok(made)
    }

    fn read_distinct(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        let mut columns: Vec<Vec<Value>> = vec![Vec::with_capacity(rows.len()); keys.len()];
        let mut failed = BTreeMap::new();
        for start in (0..rows.len()).step_by(MOST) {
            let some = rows.slice(start..rows.len().min(start + MOST))?;
            match self.call(&some, access) {
                Ok(made) => {
                    for (column, key) in columns.iter_mut().zip(keys) {
                        column.extend(made.get(key.0).into_iter().flatten().cloned());
                    }
                }
                Err(e) if e.is_cancelled() => return Err(e),
                Err(e) => {
                    failed.extend((start..start + some.len()).map(|position| (position, e.clone())));
                    columns.iter_mut().for_each(|column| column.resize(start + some.len(), Value::Null));
                }
            }
        }
        let keys: Vec<&Key> = keys.iter().filter_map(|key| self.outputs.get(*key)).collect();
        Batch::of_values(&keys, columns, rows, failed)
    }
}

impl Source for Batches {
    fn keys(&self) -> &Keys {
        &self.outputs
    }

    fn len(&self) -> usize {
        self.input.len()
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        rows.check(self.len())?;
        self.outputs.check(keys)?;
        match rows.distinct() {
            None => self.read_distinct(rows, keys, access),
            Some((rows, places)) => self.read_distinct(&rows, keys, access)?.take(&places),
        }
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.input.classes(set)
    }

    fn map_depth(&self) -> u64 {
        1 + self.input.source().map_depth()
    }
}
