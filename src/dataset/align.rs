//! [`Dataset::align_classes`]: labels made to point into another class table.
//!
//! Invariant: only label keys are rewritten, and only their numbers: list lengths and nulls stay. Every other
//! key passes through with the buffers it had. A label that points outside its own table fails its row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, ListArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::batch::{Batch, RowPos};
use super::column::Column;
use super::keys::{Key, KeyIndex, Keys};
use super::rows::Rows;
use super::source::{Access, Source};
use super::value::Value;
use super::view::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::{DEFAULT_SET, check_set_name};
use crate::schema::classes::ClassTable;

/// How classes are matched, for which set, and what becomes of those without a match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Align {
    set: String,
    names: BTreeMap<String, String>,
    unmapped_null: bool,
}

impl Align {
    /// Classes of the default set match where their names are equal; one without a match is an error.
    pub fn by_name() -> Align {
        Align::default()
    }

    /// As [`Align::by_name`], with these classes (name here, name there) matched as the map says.
    pub fn by_map<A: Into<String>, B: Into<String>>(names: impl IntoIterator<Item = (A, B)>) -> Align {
        let names = names.into_iter().map(|(here, there)| (here.into(), there.into())).collect();
        Align { names, ..Align::default() }
    }

    /// The labels of this object set.
    #[must_use]
    pub fn set(mut self, set: impl Into<String>) -> Align {
        self.set = set.into();
        self
    }

    /// Labels of classes without a match become null.
    #[must_use]
    pub fn unmapped_to_null(mut self) -> Align {
        self.unmapped_null = true;
        self
    }

    /// For each label of `from`, its label in `to`.
    fn labels(&self, from: &ClassTable, to: &ClassTable) -> Result<Vec<Option<i64>>> {
        let place = || set_place("align_classes", &self.set);
        let known: BTreeSet<&str> = from.iter().map(|c| c.name.as_str()).collect();
        if let Some(absent) = self.names.keys().find(|name| !known.contains(name.as_str())) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("the map names '{absent}', which is no class here"),
            )
            .at(place()));
        }
        let there = |name: &str| to.label_of(self.names.get(name).map_or(name, String::as_str));
        let labels: Vec<Option<i64>> = from.iter().map(|class| there(&class.name)).collect();
        let unmapped = from.iter().zip(&labels).filter(|(_, l)| l.is_none()).map(|(c, _)| c.name.as_str());
        let unmapped: Vec<&str> = unmapped.collect();
        if unmapped.is_empty() || self.unmapped_null {
            return Ok(labels);
        }
        let shown = unmapped.iter().take(8).copied().collect::<Vec<_>>().join("', '");
        let more = match unmapped.len().saturating_sub(8) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let what = format!("no match for '{shown}'{more}");
        Err(Error::new(ErrorKind::Mismatch, what)
            .at(place())
            .remedy("match them with by_map, or let their labels become null with unmapped_to_null"))
    }
}

/// The classes of several tables by name, in order of first appearance: something to align them to.
pub fn merge_classes<'a>(tables: impl IntoIterator<Item = &'a ClassTable>) -> ClassTable {
    let mut seen = BTreeSet::new();
    let classes = tables.into_iter().flat_map(ClassTable::iter);
    classes.filter(|class| seen.insert(class.name.as_str())).cloned().collect()
}

/// The place of an object set; the default set has no name to show.
pub(super) fn set_place(area: &'static str, set: &str) -> Place {
    if set == DEFAULT_SET { Place::area(area) } else { Place::area(area).key(set) }
}

/// The object set whose classes a key's values are: keys `label`, `SET.label` and `image_label` of label
/// types, or of values.
pub(super) fn labelled_set(key: &Key) -> Option<&str> {
    let fits = |field: &arrow_schema::FieldRef| {
        *field.data_type() == DataType::Int64 || is_label_list(field.data_type())
    };
    if !key.field().is_none_or(fits) {
        return None;
    }
    match key.name()? {
        "label" | "image_label" => Some(DEFAULT_SET),
        name => name.strip_suffix(".label").filter(|set| !set.is_empty() && check_set_name(set).is_ok()),
    }
}

/// `List<Int64>`, whatever the metadata of its item.
fn is_label_list(ty: &DataType) -> bool {
    matches!(ty, DataType::List(item) if *item.data_type() == DataType::Int64)
}

struct Aligned {
    input: Dataset,
    set: String,
    /// For each label of the input, what it becomes.
    labels: Vec<Option<i64>>,
    to: ClassTable,
}

impl Dataset {
    /// The dataset with the labels of a set (keys `label`, `SET.label`, and `image_label` for the default set)
    /// pointing into `to`, matched as `by` says. Nothing is read; other keys pass through uncopied.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if the set has no class table here, or a class has no match and `by` does not
    /// say that its labels become null; [`ErrorKind::Usage`] if the map names a class that is not here.
    ///
    /// ```
    /// use lensframe::dataset::{Align, Column, Dataset, Key, Table, Value};
    /// use lensframe::schema::classes::ClassTable;
    /// let labels = Column::Values([0, 1].map(Value::from).to_vec());
    /// let table = Table::new([(Key::values("label"), labels)])?;
    /// let ds = Dataset::new(table.with_classes("", ClassTable::from_names(["cat", "dog"])));
    /// let ds = ds.align_classes(&ClassTable::from_names(["dog", "cow", "cat"]), &Align::by_name())?;
    /// assert_eq!(ds.get(0)?.get(0), Some(&Value::Int(2)));
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    pub fn align_classes(&self, to: &ClassTable, by: &Align) -> Result<Dataset> {
        let Some(from) = self.classes(&by.set) else {
            return Err(Error::new(ErrorKind::Mismatch, "the labels have no class table to match by")
                .at(set_place("align_classes", &by.set))
                .remedy("give the source its class table first"));
        };
        let labels = by.labels(from, to)?;
        let (input, set) = (self.clone(), by.set.clone());
        Ok(Dataset::new(Aligned { input, set, labels, to: to.clone() }))
    }
}

impl Aligned {
    /// The new label; `Err` with the label if it is none of the table's.
    fn map(&self, label: i64) -> Result<Option<i64>, i64> {
        usize::try_from(label).ok().and_then(|at| self.labels.get(at)).copied().ok_or(label)
    }

    fn map_array(&self, array: &Int64Array) -> Result<Int64Array, i64> {
        array.iter().map(|label| label.map_or(Ok(None), |label| self.map(label))).collect()
    }

    fn map_value(&self, value: &Value) -> Result<Value, Bad> {
        match value {
            Value::Null => Ok(Value::Null),
            Value::Int(label) => Ok(self.map(*label).map_err(Bad::Outside)?.map_or(Value::Null, Value::Int)),
            Value::List(labels) => {
                Ok(labels.iter().map(|v| self.map_value(v)).collect::<Result<Vec<_>, _>>()?.into())
            }
            Value::Array(array) => match array.as_primitive_opt::<Int64Type>() {
                Some(array) => Ok(Value::Array(Arc::new(self.map_array(array).map_err(Bad::Outside)?))),
                None => Err(Bad::NotLabels),
            },
            _ => Err(Bad::NotLabels),
        }
    }

    /// The chunk with new labels. Rows of it that hold a label outside the table are given to `bad`, and keep
    /// null labels in its place.
    fn map_chunk(&self, chunk: &ArrayRef, mut bad: impl FnMut(RowPos, Bad)) -> Result<ArrayRef> {
        let lenient =
            |labels: &Int64Array| labels.iter().map(|l| self.map(l?).ok().flatten()).collect::<Int64Array>();
        if let Some(labels) = chunk.as_primitive_opt::<Int64Type>() {
            for (row, label) in labels.iter().enumerate() {
                if let Some(Err(label)) = label.map(|label| self.map(label)) {
                    bad(row, Bad::Outside(label));
                }
            }
            return Ok(Arc::new(lenient(labels)));
        }
        let Some(lists) = chunk.as_list_opt::<i32>() else { return Ok(ArrayRef::clone(chunk)) };
        let offsets = lists.value_offsets();
        let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
        let child = lists.values().slice(first as usize, (last - first) as usize);
        let Some(labels) = child.as_primitive_opt::<Int64Type>() else { return Ok(ArrayRef::clone(chunk)) };
        let child = match self.map_array(labels) {
            Ok(mapped) => mapped,
            Err(_) => {
                for row in (0..lists.len()).filter(|row| lists.is_valid(*row)) {
                    let labels = lists.value(row);
                    if let Some(Err(label)) =
                        labels.as_primitive_opt::<Int64Type>().map(|l| self.map_array(l))
                    {
                        bad(row, Bad::Outside(label));
                    }
                }
                lenient(labels)
            }
        };
        let DataType::List(item) = lists.data_type() else { return Ok(ArrayRef::clone(chunk)) };
        let offsets: ScalarBuffer<i32> = offsets.iter().map(|offset| offset - first).collect();
        let (offsets, nulls) = (OffsetBuffer::new(offsets), lists.nulls().cloned());
        Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, Arc::new(child), nulls)?))
    }

    fn map_column(&self, column: Column, mut bad: impl FnMut(RowPos, Bad)) -> Result<Column> {
        match column {
            Column::Values(values) => {
                let mapped = values.iter().enumerate().map(|(row, value)| {
                    self.map_value(value).unwrap_or_else(|e| {
                        bad(row, e);
                        Value::Null
                    })
                });
                Ok(Column::Values(mapped.collect()))
            }
            Column::Arrow(chunks) => {
                let mut start = 0;
                let mut mapped = Vec::with_capacity(chunks.len());
                for chunk in &chunks {
                    mapped.push(self.map_chunk(chunk, |row, e| bad(start + row, e))?);
                    start += chunk.len();
                }
                Ok(Column::Arrow(mapped))
            }
        }
    }
}

/// Why a value could not be aligned.
enum Bad {
    Outside(i64),
    NotLabels,
}

impl Bad {
    fn error(&self, classes: usize, row: u64, key: &Key) -> Error {
        let (kind, what) = match self {
            Bad::Outside(label) => {
                (ErrorKind::Index, format!("label {label} is none of the {classes} classes"))
            }
            Bad::NotLabels => (ErrorKind::Type, "the value is no label and no list of labels".to_owned()),
        };
        Error::new(kind, what).at(Place::area("align_classes").row(row).key(key.to_string()))
    }
}

impl Source for Aligned {
    fn keys(&self) -> &Keys {
        self.input.keys()
    }

    fn len(&self) -> usize {
        self.input.len()
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        let batch = self.input.read(rows, keys, access)?;
        let mut failed: BTreeMap<RowPos, Error> = batch.failed.into_iter().collect();
        let mut columns = Vec::with_capacity(batch.columns.len());
        for (column, at) in batch.columns.into_iter().zip(keys) {
            let key = self.keys().get(*at).filter(|key| labelled_set(key) == Some(&self.set));
            let Some(key) = key else {
                columns.push(column);
                continue;
            };
            columns.push(self.map_column(column, |position, bad| {
                let row = rows.get(position).unwrap_or(0);
                failed.entry(position).or_insert_with(|| bad.error(self.labels.len(), row, key));
            })?);
        }
        Batch { len: batch.len, columns, failed: failed.into_iter().collect() }.blanked().checked()
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        self.input.prefetch(rows, keys);
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        if set == self.set { Some(&self.to) } else { self.input.classes(set) }
    }

    fn linked(&self, row: u64, key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        self.input.linked(row, key, path)
    }

    fn map_depth(&self) -> u64 {
        self.input.map_depth()
    }
}
