//! [`Dataset::map`]: keys that a function makes of other keys.
//!
//! Invariant: reading an output reads the declared inputs and no other key (all keys, if none are declared);
//! reading a kept key does not run the function. The function runs at most once a row and read, never for a
//! row that failed below it, and draws its random numbers from a stream that depends on the seed, the epoch,
//! the row and how many maps lie beneath, never on the order of reads.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use arrow_buffer::Buffer;

use super::batch::{Batch, RowPos};
use super::column::Column;
use super::keys::{Key, KeyIndex, KeySelection, Keys};
use super::pack::check_packable;
use super::rows::Rows;
use super::source::{Access, Source};
use super::value::Value;
use super::view::Dataset;
use super::zones::Zone;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::random::Random;
use crate::schema::classes::ClassTable;

type Function = Arc<dyn Fn(&[Value], &Call<'_>) -> Result<Vec<Value>> + Send + Sync>;

/// One call of a mapped function: which row it is for, and the circumstances of the read.
pub struct Call<'a> {
    /// The row in the view that is mapped.
    pub row: u64,
    /// Seed, epoch and job of the read.
    pub access: &'a Access<'a>,
    depth: u64,
    stream: u64,
}

impl Call<'_> {
    /// The random numbers of this row: the same for the same seed, epoch, row and function.
    pub fn random(&self) -> Random {
        Random::keyed(&[self.access.seed, self.access.epoch, self.row, self.depth, self.stream])
    }
}

/// A function with its outputs, and what it reads and keeps; see [`Dataset::map_with`].
///
/// ```
/// use lensframe::dataset::{Dataset, Mapping, Part, Value};
/// let ds = Dataset::zip([Part::from(("id", [7, 8])), Part::from(("x", [1, 2]))])?;
/// let jitter = Mapping::new("x", |values, call| {
///     let x = values[0].as_int().unwrap_or(0);
///     Ok(vec![Value::from(x * 10 + call.random().below(10) as i64)])
/// });
/// let ds = ds.map_with(jitter.inputs("x").keep_others())?; // keys: id, x
/// assert_eq!(ds.get(1)?, ds.get(1)?);
/// assert_eq!(ds.get(1)?.get(0), Some(&Value::Int(8)));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
pub struct Mapping {
    outputs: Keys,
    inputs: KeySelection,
    keep: bool,
    stream: u64,
    function: Function,
}

impl Mapping {
    /// A function of all keys. It is given the values of a row in the order of the keys and returns a value
    /// an output. Outputs that are Arrow fields are read as arrays of that type, names as values.
    pub fn new(
        outputs: impl Into<Keys>,
        function: impl Fn(&[Value], &Call<'_>) -> Result<Vec<Value>> + Send + Sync + 'static,
    ) -> Mapping {
        Mapping {
            outputs: outputs.into(),
            inputs: KeySelection::All,
            keep: false,
            stream: 0,
            function: Arc::new(function),
        }
    }

    /// The function is given these keys only, so that asking for an output reads no other.
    #[must_use]
    pub fn inputs(mut self, inputs: impl Into<KeySelection>) -> Mapping {
        self.inputs = inputs.into();
        self
    }

    /// Keys that no output replaces stay, in their places; an output takes the place of the key of its name,
    /// others come last. Examples are then tuples.
    #[must_use]
    pub fn keep_others(mut self) -> Mapping {
        self.keep = true;
        self
    }

    /// Another stream of random numbers: for functions side by side in a zip, which else draw the same.
    #[must_use]
    pub fn stream(mut self, stream: u64) -> Mapping {
        self.stream = stream;
        self
    }
}

#[derive(Clone, Copy)]
enum Slot {
    /// A position in the outputs.
    Output(usize),
    /// A position in the input.
    Kept(KeyIndex),
}

struct Map {
    input: Dataset,
    inputs: Vec<KeyIndex>,
    outputs: Keys,
    keys: Keys,
    /// For each key, where its values come from.
    slots: Vec<Slot>,
    function: Function,
    depth: u64,
    stream: u64,
}

impl Dataset {
    /// The outputs of a function of all keys of each row. One name makes bare values, a list of names tuples.
    /// The function is given the values of a row in the order of the keys and returns a value an output; it
    /// does not run until an output is read, and reading any output reads every key. See
    /// [`Dataset::map_from`] for one that reads less.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for an output field whose type values cannot be made into.
    ///
    /// ```
    /// use lensframe::dataset::{Dataset, Value};
    /// let ds = Dataset::zip([[1, 2, 3]])?;
    /// let squares = ds.map("square", |v, _| Ok(vec![Value::from(v[0].as_int().unwrap_or(0).pow(2))]))?;
    /// assert_eq!(squares.get(2)?.value(), Some(&Value::Int(9)));
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    pub fn map(
        &self,
        outputs: impl Into<Keys>,
        function: impl Fn(&[Value], &Call<'_>) -> Result<Vec<Value>> + Send + Sync + 'static,
    ) -> Result<Dataset> {
        self.map_with(Mapping::new(outputs, function))
    }

    /// As [`Dataset::map`], of the keys `inputs` alone: asking for an output reads no other key.
    ///
    /// # Errors
    /// As [`Dataset::map`]; for an unknown input as [`Keys::select`].
    pub fn map_from(
        &self,
        inputs: impl Into<KeySelection>,
        outputs: impl Into<Keys>,
        function: impl Fn(&[Value], &Call<'_>) -> Result<Vec<Value>> + Send + Sync + 'static,
    ) -> Result<Dataset> {
        self.map_with(Mapping::new(outputs, function).inputs(inputs))
    }

    /// The rows through a function, with what it reads and keeps said by the [`Mapping`].
    ///
    /// # Errors
    /// As [`Dataset::map_from`].
    pub fn map_with(&self, mapping: Mapping) -> Result<Dataset> {
        let Mapping { outputs, inputs, keep, stream, function } = mapping;
        for field in outputs.iter().filter_map(Key::field) {
            check_packable(field)?;
        }
        let (_, inputs) = self.keys().select(&inputs)?;
        let (keys, slots) = if keep {
            with_others(self.keys(), &outputs)
        } else {
            (outputs.clone(), (0..outputs.len()).map(Slot::Output).collect())
        };
        let depth = 1 + self.source().map_depth();
        let input = self.clone();
        Ok(Dataset::new(Map { input, inputs, outputs, keys, slots, function, depth, stream }))
    }
}

/// The keys of the input with outputs in the places of the keys they replace, the rest of them last.
fn with_others(input: &Keys, outputs: &Keys) -> (Keys, Vec<Slot>) {
    let mut left: Vec<usize> = (0..outputs.len()).collect();
    let mut keys = Vec::with_capacity(input.len() + outputs.len());
    let mut slots = Vec::with_capacity(keys.capacity());
    for (at, key) in input.indices().zip(input.iter()) {
        let replaced = left.iter().position(|o| {
            let output = outputs.get(KeyIndex(*o)).and_then(Key::name);
            output.is_some() && output == key.name()
        });
        match replaced.map(|place| left.remove(place)) {
            Some(output) => {
                keys.extend(outputs.get(KeyIndex(output)).cloned());
                slots.push(Slot::Output(output));
            }
            None => {
                keys.push(key.clone());
                slots.push(Slot::Kept(at));
            }
        }
    }
    for output in left {
        keys.extend(outputs.get(KeyIndex(output)).cloned());
        slots.push(Slot::Output(output));
    }
    (Keys::many(keys), slots)
}

impl Map {
    /// The keys of the input that are needed for `keys`, each once, and whether the function must run.
    fn plan(&self, keys: &[KeyIndex]) -> (Vec<KeyIndex>, bool) {
        let slots = || keys.iter().filter_map(|k| self.slots.get(k.0));
        let runs = slots().any(|slot| matches!(slot, Slot::Output(_)));
        let mut needed = Vec::new();
        let kept = slots().filter_map(|slot| match slot {
            Slot::Kept(key) => Some(key),
            Slot::Output(_) => None,
        });
        for key in kept.chain(self.inputs.iter().filter(|_| runs)) {
            if !needed.contains(key) {
                needed.push(*key);
            }
        }
        (needed, runs)
    }

    /// Runs the function for a row and checks how many values it gave.
    fn call(&self, values: &[Value], row: u64, access: &Access<'_>) -> Result<Vec<Value>> {
        let fault = |e: Error| {
            let names = self.outputs.iter().map(Key::to_string).collect::<Vec<_>>().join(", ");
            e.at(Place::area("map").row(row).key(names))
        };
        let call = Call { row, access, depth: self.depth, stream: self.stream };
        let made = (self.function)(values, &call).map_err(fault)?;
        if made.len() != self.outputs.len() {
            let what = format!("the function gave {} values for {} keys", made.len(), self.outputs.len());
            return Err(fault(Error::new(ErrorKind::Getter, what).remedy("return one value a key")));
        }
        Ok(made)
    }

    /// The outputs asked for, as a batch of its own, and the rows that failed there or below.
    fn run(&self, rows: &Rows, asked: &[usize], below: &Below<'_>, access: &Access<'_>) -> Result<Batch> {
        let inputs: Vec<Vec<Value>> =
            self.inputs.iter().map(|key| below.column(*key).map_or_else(Vec::new, Column::values)).collect();
        let mut failed: BTreeMap<RowPos, Error> = below.batch.failed.iter().cloned().collect();
        let mut columns: Vec<Vec<Value>> = vec![Vec::with_capacity(rows.len()); asked.len()];
        let mut values = Vec::with_capacity(inputs.len());
        for (position, row) in rows.iter().enumerate() {
            access.job.check()?;
            let mut made = Vec::new();
            if let Entry::Vacant(failure) = failed.entry(position) {
                values.clear();
                values
                    .extend(inputs.iter().map(|column| column.get(position).cloned().unwrap_or(Value::Null)));
                match self.call(&values, row, access) {
                    Ok(given) => made = given,
                    Err(e) if e.is_cancelled() => return Err(e),
                    Err(e) => {
                        failure.insert(e);
                    }
                }
            }
            for (column, output) in columns.iter_mut().zip(asked) {
                column.push(made.get(*output).cloned().unwrap_or(Value::Null));
            }
        }
        let keys: Vec<&Key> = asked.iter().filter_map(|o| self.outputs.get(KeyIndex(*o))).collect();
        Batch::of_values(&keys, columns, rows, failed)
    }

    fn read_distinct(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        let (needed, runs) = self.plan(keys);
        let below = Below { batch: &self.input.read(rows, &needed, access)?, keys: &needed };
        let slots: Vec<Slot> = keys.iter().filter_map(|k| self.slots.get(k.0).copied()).collect();
        let mut asked: Vec<usize> = Vec::new();
        for slot in &slots {
            if let Slot::Output(output) = slot
                && !asked.contains(output)
            {
                asked.push(*output);
            }
        }
        let made = if runs { self.run(rows, &asked, &below, access)? } else { Batch::default() };
        let columns = slots.iter().filter_map(|slot| match slot {
            Slot::Kept(key) => below.column(*key).cloned(),
            Slot::Output(output) => made.columns.get(asked.iter().position(|o| o == output)?).cloned(),
        });
        let columns = columns.collect();
        let failed = if runs { made.failed } else { below.batch.failed.clone() };
        Batch { len: rows.len(), columns, failed }.blanked().checked()
    }
}

/// What was read of the input.
struct Below<'a> {
    batch: &'a Batch,
    keys: &'a [KeyIndex],
}

impl Below<'_> {
    fn column(&self, key: KeyIndex) -> Option<&Column> {
        self.batch.columns.get(self.keys.iter().position(|k| *k == key)?)
    }
}

impl Source for Map {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn len(&self) -> usize {
        self.input.len()
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        rows.check(self.len())?;
        self.keys.check(keys)?;
        match rows.distinct() {
            None => self.read_distinct(rows, keys, access),
            Some((rows, places)) => self.read_distinct(&rows, keys, access)?.take(&places),
        }
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        self.input.prefetch(rows, &self.plan(keys).0);
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.input.classes(set)
    }

    /// A path that the function made is looked for where those of its inputs are.
    fn linked(&self, row: u64, key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        match self.slots.get(key.0) {
            Some(Slot::Kept(key)) => self.input.linked(row, *key, path),
            Some(Slot::Output(_)) => {
                let found = self.inputs.iter().map(|key| self.input.linked(row, *key, path));
                found.filter_map(Result::transpose).next().transpose()
            }
            None => Ok(None),
        }
    }

    fn zones(&self, key: KeyIndex) -> Option<Vec<Zone>> {
        match self.slots.get(key.0)? {
            Slot::Kept(key) => self.input.zones(*key),
            Slot::Output(_) => None,
        }
    }

    fn map_depth(&self) -> u64 {
        self.depth
    }
}
