//! Edits whose values come as a table: keys added to rows, rows updated by a key of theirs.

use std::collections::{BTreeMap, HashMap};

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use arrow_select::take::take;
use std::sync::Arc;

use super::cast;
use super::edit::Edit;
use crate::dataset::{Dataset, Key, Rows, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::{Axis, key_name};
use crate::schema::field;
use crate::schema::manifest::IMAGE_ID;

/// What [`Edit::update_from`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Rows that were updated.
    pub rows: usize,
    /// Rows of the table that no row agrees with.
    pub unmatched: usize,
}

impl Edit {
    /// Adds keys: the columns of a table that has a value for each of these rows (positions in the version the edit
    /// began with); others have null. Of an object set (`""` is the default one) if one is named: then they are lists
    /// as long as the objects of their rows, under the set's name.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] for a key that is there, or without a name; [`ErrorKind::Length`] for more or fewer values
    /// than rows or objects; [`ErrorKind::Type`] for columns without Arrow arrays, and those that are not stored;
    /// [`ErrorKind::Usage`] for a row that is named twice.
    pub fn add_keys(&mut self, rows: &Rows, table: &Dataset, set: Option<&str>) -> Result<()> {
        if table.len() != rows.len() {
            let what = format!("{} values for {} rows", table.len(), rows.len());
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("store")));
        }
        let ds = self.store().dataset();
        rows.check(ds.len())?;
        let ids = ds.select([IMAGE_ID])?;
        let id = whole(&ids, 0)?;
        let id_field = ids.keys().iter().find_map(Key::field).map(|field| Field::clone(field));
        let mut fields = vec![id_field.unwrap_or_else(|| field::image_id(field::IdType::Int))];
        let mut columns = vec![id];
        let places = scattered(rows, ds.len())?;
        for (at, key) in table.keys().iter().enumerate() {
            let name = named(key)?;
            let array = whole(table, at)?;
            let ty = cast::stored_type(array.data_type());
            let own = match set {
                None => field::row_of(name, ty),
                Some(set) => Axis::Object(set.to_owned()).mark(Field::new(key_name(set, name), ty, true)),
            };
            if ds.keys().find(own.name()).is_ok() {
                return Err(Error::new(ErrorKind::Key, "the dataset has this key already")
                    .at(Place::area("store").key(own.name()))
                    .remedy("update it, or give the new one another name"));
            }
            let array = take(&array, &places, None)?;
            if let Some(set) = set {
                check_lengths(&ds, set, &array, rows, own.name())?;
            }
            columns.push(cast::widened(&array, own.data_type())?);
            fields.push(own);
        }
        let Some(first) = fields.get(1) else {
            return Err(Error::new(ErrorKind::Usage, "the table has no column").at(Place::area("store")));
        };
        let group = self.free_group(first.name());
        let options = RecordBatchOptions::new().with_row_count(Some(ds.len()));
        let batch =
            RecordBatch::try_new_with_options(Arc::new(Schema::new(fields.clone())), columns, &options)?;
        self.add_group(&group, fields, [Ok(batch)])
    }

    /// A name for a group of keys that none has.
    fn free_group(&self, key: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let stem: String = key.chars().map(|c| if plain(c) { c } else { '_' }).collect();
        let taken = |name: &String| self.store().version().group(name).is_some();
        let names =
            std::iter::once(format!("keys/{stem}")).chain((2u64..).map(|n| format!("keys/{stem}_{n}")));
        names.into_iter().find(|name| !taken(name)).unwrap_or_default()
    }

    /// Sets keys of the rows that a table names: a row of the table is for all rows whose key `on` has its value, and
    /// its other columns are their new values.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] for columns that are no keys; [`ErrorKind::Type`] for a key that is neither whole numbers nor
    /// text, and for values that do not widen to their key's type; [`ErrorKind::Usage`] for a value that the table has
    /// twice.
    pub fn update_from(&mut self, table: &Dataset, on: &str) -> Result<Matched> {
        let place = || Place::area("store").key(on);
        let ds = self.store().dataset();
        let mut own: HashMap<Id, Vec<u64>> = HashMap::new();
        for (row, value) in (0u64..).zip(ds.column(on)?.values()) {
            if let Some(id) = Id::of(&value).map_err(|e| e.at(place()))? {
                own.entry(id).or_default().push(row);
            }
        }
        let mut matched = Matched::default();
        let (mut rows, mut from, mut seen) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (row, value) in (0u64..).zip(table.column(on)?.values()) {
            let Some(id) = Id::of(&value).map_err(|e| e.at(place().row(row)))? else {
                matched.unmatched += 1;
                continue;
            };
            if let Some(before) = seen.insert(id.to_string(), row) {
                let what = format!("{id} is in rows {before} and {row} of the table");
                return Err(Error::new(ErrorKind::Usage, what).at(place()).remedy("give each value once"));
            }
            match own.get(&id) {
                None => matched.unmatched += 1,
                Some(found) => {
                    from.extend(found.iter().map(|_| row));
                    rows.extend(found);
                }
            }
        }
        matched.rows = rows.len();
        let (rows, from) = (Rows::indices(rows), UInt64Array::from(from));
        for (at, key) in table.keys().iter().enumerate() {
            let name = named(key)?;
            if name == on {
                continue;
            }
            ds.keys().find(name)?;
            let values = take(&whole(table, at)?, &from, None)?;
            self.update(&rows, name, &values)?;
        }
        Ok(matched)
    }
}

/// What rows agree by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Id {
    Int(i64),
    Text(String),
}

impl Id {
    /// The value to agree by; `None` for null, which agrees with nothing.
    fn of(value: &Value) -> Result<Option<Id>> {
        match (value.as_int(), value) {
            (Some(n), Value::Int(_) | Value::UInt(_)) => Ok(Some(Id::Int(n))),
            (_, Value::Text(text)) => Ok(Some(Id::Text(text.to_string()))),
            (_, Value::Null) => Ok(None),
            (_, other) => {
                let what = format!("rows agree by whole numbers or text, and this is {}", other.kind_name());
                Err(Error::new(ErrorKind::Type, what))
            }
        }
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Id::Int(n) => write!(f, "{n}"),
            Id::Text(text) => write!(f, "'{text}'"),
        }
    }
}

fn named(key: &Key) -> Result<&str> {
    key.name().ok_or_else(|| {
        Error::new(ErrorKind::Key, "a column of the table has no name").at(Place::area("store"))
    })
}

/// A column of a table as one array.
fn whole(table: &Dataset, at: usize) -> Result<ArrayRef> {
    let ty = table.keys().iter().nth(at).and_then(|key| Some(key.field()?.data_type().clone()));
    table.column(i64::try_from(at).unwrap_or(i64::MAX))?.whole(&ty.unwrap_or(DataType::Null))
}

/// For each of `len` rows the place among `rows`, or null.
fn scattered(rows: &Rows, len: usize) -> Result<UInt64Array> {
    let mut places: Vec<Option<u64>> = vec![None; len];
    for (place, row) in (0u64..).zip(rows.iter()) {
        let Some(slot) = usize::try_from(row).ok().and_then(|row| places.get_mut(row)) else { continue };
        if slot.replace(place).is_some() {
            return Err(
                Error::new(ErrorKind::Usage, "the row is named twice").at(Place::area("store").row(row))
            );
        }
    }
    Ok(places.into())
}

/// Checks that lists are as long as the objects of their rows.
fn check_lengths(ds: &Dataset, set: &str, lists: &ArrayRef, rows: &Rows, key: &str) -> Result<()> {
    let place = || Place::area("store").key(key);
    let of_set = |known: &&Key| {
        let axis = known.field().and_then(|field| Axis::of(field).ok());
        axis.is_some_and(|axis| axis.set() == Some(set))
    };
    let known = ds
        .keys()
        .iter()
        .find(of_set)
        .and_then(Key::name)
        .ok_or_else(|| Error::new(ErrorKind::Key, format!("there is no set '{set}'")).at(place()))?;
    let objects = ds.column(known)?.values();
    for row in rows.iter() {
        let at = usize::try_from(row).unwrap_or(usize::MAX);
        let count = |value: &Value| value.as_array().map(|array| array.len());
        let (own, all) = (count(&Value::of(lists.as_ref(), at)), objects.get(at).and_then(count));
        if own != all {
            let say = |n: Option<usize>| n.map_or("no list".to_owned(), |n| format!("{n}"));
            let what = format!("{} values where the row has {} objects", say(own), say(all));
            return Err(Error::new(ErrorKind::Length, what).at(place().row(row)));
        }
    }
    Ok(())
}
