//! [`Getters`]: keys that functions produce, row by row.
//!
//! Invariant: a getter runs at most once a row and read, however many of its keys are asked for and however
//! often a row is repeated; getters of keys that are not asked for do not run. Nothing is remembered between
//! reads. A getter that fails fails its row alone.

use std::collections::BTreeMap;

use super::batch::Batch;
use super::keys::{Key, KeyIndex, Keys};
use super::pack::check_packable;
use super::rows::Rows;
use super::source::{Access, Source};
use super::value::Value;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;

type Call = Box<dyn Fn(u64, &Access<'_>) -> Result<Vec<Value>> + Send + Sync>;

struct Getter {
    /// Its keys' positions.
    first: usize,
    keys: usize,
    call: Call,
}

/// A source whose keys are functions of the row. Keys that a view leaves out cost nothing.
///
/// ```
/// use lensframe::dataset::{Dataset, Getters, Value};
/// let getters = Getters::new(20)
///     .add(["img"], |row, _| Ok(vec![Value::from(format!("{row}.jpg").as_str())]))?
///     .add(["bbox", "label"], |row, _| Ok(vec![Value::Null, Value::from(row % 3)]))?;
/// let ds = Dataset::new(getters);
/// assert_eq!(ds.select("label")?.get(4)?.value(), Some(&Value::Int(1))); // the image getter did not run
/// # Ok::<(), lensframe::error::Error>(())
/// ```
pub struct Getters {
    keys: Keys,
    getters: Vec<Getter>,
    /// For each key, which getter gives it.
    owner: Vec<usize>,
    len: usize,
    classes: BTreeMap<String, ClassTable>,
}

impl Getters {
    /// A source of `len` rows without keys.
    pub fn new(len: usize) -> Getters {
        Getters {
            keys: Keys::many([]),
            getters: Vec::new(),
            owner: Vec::new(),
            len,
            classes: BTreeMap::new(),
        }
    }

    /// Adds keys that one function gives together: it returns a value a key, in their order. A key that is an
    /// Arrow field is read as an array of that type, one that is a name as values.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a field whose type values cannot be made into.
    pub fn add<K: Into<Key>>(
        mut self,
        keys: impl IntoIterator<Item = K>,
        getter: impl Fn(u64, &Access<'_>) -> Result<Vec<Value>> + Send + Sync + 'static,
    ) -> Result<Getters> {
        let added: Vec<Key> = keys.into_iter().map(Into::into).collect();
        for field in added.iter().filter_map(Key::field) {
            check_packable(field)?;
        }
        self.owner.extend(added.iter().map(|_| self.getters.len()));
        self.getters.push(Getter { first: self.keys.len(), keys: added.len(), call: Box::new(getter) });
        self.keys = Keys::many(self.keys.iter().cloned().chain(added));
        Ok(self)
    }

    /// The source with the class table of an object set; `""` is the default set.
    #[must_use]
    pub fn with_classes(mut self, set: &str, classes: ClassTable) -> Getters {
        self.classes.insert(set.to_owned(), classes);
        self
    }

    /// Runs a getter for a row and checks how many values it gave.
    fn call(&self, getter: &Getter, row: u64, access: &Access<'_>) -> Result<Vec<Value>> {
        let fault = |e: Error| {
            let keys = self.keys.iter().skip(getter.first).take(getter.keys);
            let names = keys.map(Key::to_string).collect::<Vec<_>>().join(", ");
            e.at(Place::area("getter").row(row).key(names))
        };
        let values = (getter.call)(row, access).map_err(fault)?;
        if values.len() != getter.keys {
            let what = format!("the getter gave {} values for {} keys", values.len(), getter.keys);
            return Err(fault(Error::new(ErrorKind::Getter, what).remedy("return one value a key")));
        }
        Ok(values)
    }

    fn read_distinct(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        let mut needed: Vec<usize> = keys.iter().filter_map(|k| self.owner.get(k.0).copied()).collect();
        needed.sort_unstable();
        needed.dedup();
        let mut columns: Vec<Vec<Value>> = vec![Vec::with_capacity(rows.len()); keys.len()];
        let mut failed = BTreeMap::new();
        let mut given: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
        for (position, row) in rows.iter().enumerate() {
            access.job.check()?;
            given.clear();
            for (&at, getter) in needed.iter().filter_map(|at| Some((at, self.getters.get(*at)?))) {
                match self.call(getter, row, access) {
                    Ok(values) => given.insert(at, values),
                    Err(e) if e.is_cancelled() => return Err(e),
                    Err(e) => {
                        failed.insert(position, e);
                        break;
                    }
                };
            }
            for (column, key) in columns.iter_mut().zip(keys) {
                let value = self.owner.get(key.0).and_then(|at| {
                    let slot = key.0 - self.getters.get(*at)?.first;
                    given.get(at)?.get(slot).cloned()
                });
                column.push(value.unwrap_or(Value::Null));
            }
        }
        let keys: Vec<&Key> = keys.iter().filter_map(|k| self.keys.get(*k)).collect();
        Batch::of_values(&keys, columns, rows, failed)
    }
}

impl Source for Getters {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn len(&self) -> usize {
        self.len
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        rows.check(self.len)?;
        self.keys.check(keys)?;
        match rows.distinct() {
            None => self.read_distinct(rows, keys, access),
            Some((rows, places)) => self.read_distinct(&rows, keys, access)?.take(&places),
        }
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.classes.get(set)
    }
}
