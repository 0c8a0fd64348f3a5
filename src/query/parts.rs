//! The columns that a question names, laid out as its scope wants them: [`Parts`].
//!
//! Only the keys behind the names are read. What is stored is shared; what follows from it is made here, once.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int8Array, Int64Array, StringArray, StringViewArray,
    UInt64Array,
};
use arrow_schema::DataType;
use arrow_select::concat::concat;
use arrow_select::take::take;
use std::sync::Arc;

use super::names::{self, BoxPart, ClassPart, Meaning, Scope};
use super::spans::{Spans, flat};
use crate::dataset::{Access, Column, Dataset, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::DEFAULT_SET;
use crate::schema::classes::{ClassTable, SourceId};

/// The most rows of a table that polars has.
const MOST: usize = u32::MAX as usize - 1;

/// The keys to be read for these meanings, each once.
fn keys<'a>(ds: &Dataset, scope: Scope, meanings: impl Iterator<Item = &'a Meaning>) -> Result<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    let mut counted = false;
    for meaning in meanings {
        let own: Vec<String> = match meaning {
            Meaning::Row | Meaning::Nothing(_) => Vec::new(),
            Meaning::OfRow(key) => vec![key.clone()],
            Meaning::Box(BoxPart::RelativeArea | BoxPart::TouchesBorder, key) => {
                vec![key.clone(), "height".to_owned(), "width".to_owned()]
            }
            Meaning::Key(key) | Meaning::Number(key) | Meaning::Class(_, key) | Meaning::Box(_, key) => {
                vec![key.clone()]
            }
        };
        counted |= !matches!(meaning, Meaning::Row | Meaning::OfRow(_) | Meaning::Nothing(_));
        own.into_iter().for_each(|key| {
            if !keys.contains(&key) {
                keys.push(key);
            }
        });
    }
    if scope == Scope::Objects(DEFAULT_SET) && names::keys(ds, scope).is_empty() {
        return Ok(keys);
    }
    if let (Scope::Objects(set), false) = (scope, counted) {
        // Something has to say how many objects there are: labels as a rule, being light.
        let all = names::keys(ds, scope);
        let chosen =
            all.iter().find(|key| *key == "label").or(all.first()).ok_or_else(|| names::no_set(ds, set))?;
        keys.push(crate::schema::axis::key_name(set, chosen));
    }
    Ok(keys)
}

/// The columns of a scope, as Arrow arrays.
pub(super) struct Parts<'a> {
    ds: &'a Dataset,
    /// What each name stands for.
    meanings: Vec<(String, Meaning)>,
    /// The rows of the view.
    rows: usize,
    /// Which objects are of which row; for objects.
    pub(super) spans: Option<Spans>,
    /// The keys that were read, and how many bytes they have in memory.
    pub(super) read: Vec<(String, u64)>,
    /// Keys with a value a row.
    of_rows: Vec<Read>,
    /// Keys with a value an object.
    of_objects: Vec<Read>,
}

/// The chunks of a column, all of one type.
pub(super) type Made = (DataType, Vec<ArrayRef>);

type Read = (String, DataType, Vec<ArrayRef>);

impl<'a> Parts<'a> {
    /// Reads what is behind these names, which must be different.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] for unknown names and sets; [`ErrorKind::Length`] for lists of a row that are not of one
    /// length; [`ErrorKind::Limit`] for more values than a question can have; those of reading.
    pub(super) fn read(ds: &'a Dataset, scope: Scope, asked: &[String], job: &Job) -> Result<Parts<'a>> {
        let meanings = asked.iter().map(|name| Ok((name.clone(), names::meaning(ds, scope, name)?)));
        let meanings: Vec<(String, Meaning)> = meanings.collect::<Result<_>>()?;
        for (_, meaning) in &meanings {
            if let Meaning::Box(_, key) = meaning {
                ds.select([key.as_str()])?.check_boxes("query")?;
            }
        }
        let keys = keys(ds, scope, meanings.iter().map(|(_, meaning)| meaning))?;
        let batch = ds.select(keys.clone())?.read_all(&Access::new(job))?.whole()?;
        let (read, of_rows, of_objects) = (Vec::new(), Vec::new(), Vec::new());
        let mut parts = Parts { ds, meanings, rows: batch.len, spans: None, read, of_rows, of_objects };
        for (key, column) in keys.iter().zip(&batch.columns) {
            let (ty, chunks) = arrays(ds, key, column)?;
            let bytes = chunks.iter().map(|chunk| chunk.get_buffer_memory_size() as u64).sum();
            parts.read.push((key.clone(), bytes));
            parts.add(scope, key, ty, chunks)?;
        }
        if matches!(scope, Scope::Objects(_)) && parts.spans.is_none() {
            // Nobody annotated anything.
            parts.spans = Some(Spans::absent(batch.len));
        }
        let height = parts.height();
        if height <= MOST {
            return Ok(parts);
        }
        Err(Error::new(ErrorKind::Limit, format!("a question over {height} values; the most are {MOST}"))
            .at(Place::area("query"))
            .remedy("ask of parts of the dataset, as ds.slice(..1000000)"))
    }

    /// How many rows the scope has.
    pub(super) fn height(&self) -> usize {
        match &self.spans {
            Some(spans) => usize::try_from(spans.total()).unwrap_or(usize::MAX),
            None => self.rows,
        }
    }

    fn add(&mut self, scope: Scope, key: &str, ty: DataType, chunks: Vec<ArrayRef>) -> Result<()> {
        let of_rows = match scope {
            Scope::Rows => true,
            Scope::Objects(_) => names::keys(self.ds, Scope::Rows).iter().any(|own| own == key),
        };
        if of_rows {
            self.of_rows.push((key.to_owned(), ty, chunks));
            return Ok(());
        }
        let (chunks, spans) = flat(key, &chunks)?;
        match &self.spans {
            None => self.spans = Some(spans),
            Some(other) if *other == spans => {}
            Some(_) => {
                return Err(Error::new(
                    ErrorKind::Length,
                    "its lists are not as long as those of other keys",
                )
                .at(Place::area("query").key(key))
                .remedy("`lensframe verify` names the row"));
            }
        }
        let element = match ty {
            DataType::List(field) | DataType::LargeList(field) => field.data_type().clone(),
            other => other,
        };
        self.of_objects.push((key.to_owned(), element, chunks));
        Ok(())
    }

    /// What was read of a key: a value an object, or a value a row.
    fn get(&self, key: &str) -> Result<&Read> {
        self.of_objects.iter().chain(&self.of_rows).find(|(own, ..)| own == key).ok_or_else(|| {
            Error::new(ErrorKind::Key, "the key was not read").at(Place::area("query").key(key))
        })
    }

    /// The column of a name that was asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] for columns of other types than the schema's.
    pub(super) fn make(&self, name: &str) -> Result<Made> {
        let meaning = self.meanings.iter().find(|(own, _)| own == name).map(|(_, meaning)| meaning);
        let meaning = meaning.ok_or_else(|| {
            Error::new(ErrorKind::Key, "the name was not asked for").at(Place::area("query").key(name))
        })?;
        match meaning {
            Meaning::Key(key) => {
                let (_, ty, chunks) = self.get(key)?;
                Ok((ty.clone(), chunks.clone()))
            }
            Meaning::OfRow(key) => {
                let (_, ty, chunks) = self.get(key)?;
                Ok((ty.clone(), vec![self.spread(name, ty, chunks)?]))
            }
            Meaning::Nothing(ty) => Ok((ty.clone(), Vec::new())),
            Meaning::Row => {
                let rows: Int64Array = match &self.spans {
                    Some(spans) => spans.rows().map(|row| row as i64).collect(),
                    None => (0..self.rows as i64).collect(),
                };
                Ok((DataType::Int64, vec![Arc::new(rows)]))
            }
            Meaning::Number(key) => {
                let (_, _, chunks) = self.get(key)?;
                let numbers = |chunk: &ArrayRef| -> Result<ArrayRef> {
                    let flags = chunk.as_boolean_opt().ok_or_else(|| odd(key, chunk))?;
                    Ok(Arc::new(flags.iter().map(|flag| flag.map(i8::from)).collect::<Int8Array>()))
                };
                Ok((DataType::Int8, chunks.iter().map(numbers).collect::<Result<_>>()?))
            }
            Meaning::Class(part, key) => self.classes(*part, key),
            Meaning::Box(part, key) => self.boxes(*part, key),
        }
    }

    /// A value a row, for each of its objects.
    fn spread(&self, name: &str, ty: &DataType, chunks: &[ArrayRef]) -> Result<ArrayRef> {
        let fault = |e: arrow_schema::ArrowError| {
            Error::new(ErrorKind::Limit, format!("cannot repeat it for every object: {e}"))
                .at(Place::area("query").key(name))
        };
        let all = match chunks {
            [] => arrow_array::new_empty_array(ty),
            [one] => ArrayRef::clone(one),
            many => concat(&many.iter().map(|chunk| chunk.as_ref()).collect::<Vec<_>>()).map_err(fault)?,
        };
        let rows: UInt64Array = self.spans.iter().flat_map(Spans::rows).collect();
        take(&all, &rows, None).map_err(fault)
    }

    /// Something of the class of each label; null for labels that have none.
    fn classes(&self, part: ClassPart, key: &str) -> Result<Made> {
        let set = key.strip_suffix("label").map_or("", |set| set.trim_end_matches('.'));
        let set = if key == "image_label" { "" } else { set };
        let empty = ClassTable::default();
        let values = class_values(self.ds.classes(set).unwrap_or(&empty), part);
        let (_, _, chunks) = self.get(key)?;
        let of = |chunk: &ArrayRef| -> Result<ArrayRef> {
            let labels = chunk.as_primitive_opt::<Int64Type>().ok_or_else(|| odd(key, chunk))?;
            let known = |label: Option<i64>| {
                label.and_then(|n| u64::try_from(n).ok()).filter(|n| *n < values.len() as u64)
            };
            let places: UInt64Array = labels.iter().map(known).collect();
            take(&values, &places, None)
                .map_err(|e| Error::new(ErrorKind::Limit, e.to_string()).at(Place::area("query").key(key)))
        };
        Ok((values.data_type().clone(), chunks.iter().map(of).collect::<Result<_>>()?))
    }

    /// Something of each box; null where there is none.
    fn boxes(&self, part: BoxPart, key: &str) -> Result<Made> {
        let (_, _, chunks) = self.get(key)?;
        let sides = match part {
            BoxPart::RelativeArea | BoxPart::TouchesBorder => {
                Some([self.sides("height")?, self.sides("width")?])
            }
            _ => None,
        };
        let ty = if part == BoxPart::TouchesBorder { DataType::Boolean } else { DataType::Float64 };
        let (mut first, mut out) = (0, Vec::with_capacity(chunks.len()));
        for chunk in chunks {
            let list = chunk.as_fixed_size_list_opt().filter(|list| list.value_length() == 4);
            let list = list.ok_or_else(|| odd(key, chunk))?;
            let numbers = list.values().as_primitive_opt::<Float64Type>().ok_or_else(|| odd(key, chunk))?;
            let start = list.value_offset_at(0);
            let (boxes, _) = numbers.values().get(start..).unwrap_or_default().as_chunks::<4>();
            let valid = |at: usize| list.is_valid(at);
            let boxes = boxes
                .iter()
                .take(list.len())
                .enumerate()
                .map(|(at, own)| (first + at, valid(at).then_some(own)));
            let side = |of: usize, at: usize| sides.as_ref().and_then(|sides| *sides.get(of)?.get(at)?);
            out.push(match part {
                BoxPart::TouchesBorder => Arc::new(
                    boxes
                        .map(|(at, own)| {
                            let ([x, y, w, h], height, width) = (own?, side(0, at)?, side(1, at)?);
                            Some(*x <= 0.0 || *y <= 0.0 || x + w >= width || y + h >= height)
                        })
                        .collect::<BooleanArray>(),
                ) as ArrayRef,
                BoxPart::RelativeArea => {
                    let share = |(at, own): (usize, Option<&[f64; 4]>)| {
                        let ([_, _, w, h], height, width) = (own?, side(0, at)?, side(1, at)?);
                        Some(w * h / (height * width))
                    };
                    Arc::new(boxes.map(share).collect::<Float64Array>())
                }
                _ => {
                    Arc::new(boxes.map(|(_, own)| own.map(|own| of_box(part, own))).collect::<Float64Array>())
                }
            });
            first += list.len();
        }
        Ok((ty, out))
    }

    /// The height or width of the image of each object.
    fn sides(&self, key: &str) -> Result<Vec<Option<f64>>> {
        let (_, ty, chunks) = self.get(key)?;
        let all = self.spread(key, ty, chunks)?;
        let column = Column::Arrow(vec![all]);
        Ok(column.values().iter().map(|value| value.as_int().map(|side| side as f64)).collect())
    }
}

fn of_box(part: BoxPart, [x, y, w, h]: &[f64; 4]) -> f64 {
    match part {
        BoxPart::X1 => *x,
        BoxPart::Y1 => *y,
        BoxPart::X2 => x + w,
        BoxPart::Y2 => y + h,
        BoxPart::CentreX => x + w / 2.0,
        BoxPart::CentreY => y + h / 2.0,
        BoxPart::Width => *w,
        BoxPart::Height => *h,
        BoxPart::Aspect => w / h,
        BoxPart::RelativeArea | BoxPart::TouchesBorder => f64::NAN,
    }
}

/// For each class what it is called.
fn class_values(classes: &ClassTable, part: ClassPart) -> ArrayRef {
    match part {
        ClassPart::Name => {
            Arc::new(StringViewArray::from_iter_values(classes.iter().map(|class| &class.name)))
        }
        ClassPart::Supercategory => {
            Arc::new(classes.iter().map(|class| class.supercategory.as_deref()).collect::<StringViewArray>())
        }
        ClassPart::Id => {
            let ids = (0i64..).zip(classes.iter()).map(|(label, class)| match &class.source_id {
                Some(SourceId::Int(id)) => Ok(*id),
                Some(SourceId::Text(id)) => Err(id.clone()),
                None => Ok(label),
            });
            if classes.iter().any(|class| matches!(class.source_id, Some(SourceId::Text(_)))) {
                let text = ids.map(|id| id.map_or_else(|text| text, |number| number.to_string()));
                return Arc::new(StringArray::from_iter_values(text));
            }
            Arc::new(ids.map(Result::ok).collect::<Int64Array>())
        }
    }
}

fn odd(key: &str, chunk: &ArrayRef) -> Error {
    Error::new(ErrorKind::Type, format!("a column of type {}", chunk.data_type()))
        .at(Place::area("query").key(key))
}

/// The arrays of a column; values become such if they are of one simple type.
fn arrays(ds: &Dataset, key: &str, column: &Column) -> Result<Made> {
    match column {
        Column::Arrow(chunks) => {
            let declared = ds.keys().find(key).ok().and_then(|index| ds.keys().get(index)?.field());
            let ty = chunks.first().map(|chunk| chunk.data_type().clone());
            let ty = ty.or(declared.map(|field| field.data_type().clone())).unwrap_or(DataType::Null);
            Ok((ty, chunks.clone()))
        }
        Column::Values(values) => {
            let array = of_values(values).ok_or_else(|| {
                Error::new(ErrorKind::Unsupported, "values of several kinds cannot be asked")
                    .at(Place::area("query").key(key))
                    .remedy("declare the key with an Arrow field")
            })?;
            Ok((array.data_type().clone(), vec![array]))
        }
    }
}

fn of_values(values: &[Value]) -> Option<ArrayRef> {
    let is =
        |kind: fn(&Value) -> bool| values.iter().all(|value| matches!(value, Value::Null) || kind(value));
    if is(|value| matches!(value, Value::Int(_))) {
        return Some(Arc::new(values.iter().map(Value::as_int).collect::<Int64Array>()));
    }
    if is(|value| matches!(value, Value::Int(_) | Value::Float(_))) {
        return Some(Arc::new(values.iter().map(Value::as_float).collect::<Float64Array>()));
    }
    let flag = |value: &Value| match value {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    };
    if is(|value| matches!(value, Value::Bool(_))) {
        return Some(Arc::new(values.iter().map(flag).collect::<BooleanArray>()));
    }
    let text = is(|value| matches!(value, Value::Text(_)));
    text.then(|| Arc::new(values.iter().map(Value::as_text).collect::<StringArray>()) as ArrayRef)
}
