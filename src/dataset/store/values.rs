//! Checking the values of one group's file against each other and the manifest.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::group_file::GroupFile;
use super::group_writer::row_id;
use super::open::Store;
use super::verify::Lengths;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::{Axis, DEFAULT_SET, base_name};
use crate::schema::classes::ClassTable;
use crate::schema::manifest::{Fragment, Group, IMAGE_ID, ROW};

/// Looks at a group's file of the `n`-th fragment and gives what is wrong with it.
pub(super) fn group(
    store: &Store,
    n: usize,
    fragment: &Fragment,
    group: &Group,
    sets: &mut Lengths,
    job: &Job,
) -> Result<Vec<Error>> {
    let Some(file) = store.stored().file(n, &group.name)? else { return Ok(Vec::new()) };
    let path = store.path().join(&file.entry().path);
    let check = Check { file: &file, place: Place::area("store").file(path), job };
    let mut problems = Vec::new();
    let mut keep = |found: Result<()>| match found {
        Err(e) if e.is_cancelled() => Err(e),
        Err(e) => {
            problems.push(e);
            Ok(())
        }
        Ok(()) => Ok(()),
    };
    keep(check.row_ids(fragment.id))?;
    for key in &group.keys {
        let Some(column) = file.find(&key.name) else { continue };
        let field = key.field()?;
        if key.name == IMAGE_ID {
            keep(check.ids(store, n, column))?;
            continue;
        }
        let axis = Axis::of(&field)?;
        let set = axis.set().unwrap_or(DEFAULT_SET);
        let label = base_name(&field).is_ok_and(|base| base == "label" || base == "image_label");
        let classes = if label { store.classes(set) } else { None };
        let lengths = check.column(column, field.data_type(), &axis, classes);
        match lengths {
            Ok(Some(lengths)) => {
                keep(agree(sets, set, &key.name, lengths).map_err(|e| e.at(check.place.clone())))?
            }
            other => keep(other.map(drop))?,
        }
    }
    Ok(problems)
}

struct Check<'a> {
    file: &'a GroupFile,
    place: Place,
    job: &'a Job,
}

impl Check<'_> {
    fn damaged(&self, what: String) -> Error {
        Error::new(ErrorKind::Corrupt, what).at(self.place.clone())
    }

    fn row_ids(&self, fragment: u32) -> Result<()> {
        let column = self.file.find(ROW).ok_or_else(|| self.damaged(format!("no column '{ROW}'")))?;
        let mut offset = 0;
        for batch in 0..self.file.batches() {
            self.job.check()?;
            let ids = self.file.column(batch, column, &DataType::Int64)?;
            let first = offset;
            let right = ids.null_count() == 0
                && ids.as_primitive::<Int64Type>().values().iter().all(|id| {
                    offset += 1;
                    *id == row_id(fragment, offset - 1)
                });
            if !right {
                return Err(self.damaged(format!("rows from {first} on do not have the ids of their places")));
            }
        }
        Ok(())
    }

    /// Decodes every batch of a key; gives the list length of each row where it counts along objects.
    fn column(
        &self,
        column: usize,
        ty: &DataType,
        axis: &Axis,
        classes: Option<&ClassTable>,
    ) -> Result<Option<Vec<Option<u32>>>> {
        let mut lengths = Vec::new();
        let mut row = 0;
        for batch in 0..self.file.batches() {
            self.job.check()?;
            let array = self.file.column(batch, column, ty)?;
            if let Some(classes) = classes {
                self.labels(&array, classes, row)?;
            }
            if matches!(axis, Axis::Object(_)) {
                list_lengths(&array, &mut lengths);
            }
            row += array.len() as u64;
        }
        Ok((lengths.len() as u64 == row && matches!(axis, Axis::Object(_))).then_some(lengths))
    }

    fn labels(&self, array: &ArrayRef, classes: &ClassTable, row: u64) -> Result<()> {
        let values = match array.data_type() {
            // Of a slice only its own part of the items counts; a stored column is whole.
            DataType::List(_) => Arc::clone(array.as_list::<i32>().values()),
            _ => Arc::clone(array),
        };
        let Some(labels) = values.as_primitive_opt::<Int64Type>() else { return Ok(()) };
        match labels.iter().flatten().find(|label| classes.get(*label).is_none()) {
            None => Ok(()),
            Some(label) => {
                let what =
                    format!("label {label} in a batch from this row on; there are {} classes", classes.len());
                Err(self.damaged(what).at(Place::none().row(row)))
            }
        }
    }

    /// The group's ids are those the dataset shows for the fragment.
    fn ids(&self, store: &Store, fragment: usize, column: usize) -> Result<()> {
        let Some((shown, shown_column, ty)) = store.stored().ids(fragment)? else { return Ok(()) };
        if shown.entry().path == self.file.entry().path {
            return (0..self.file.batches()).try_for_each(|b| self.file.column(b, column, &ty).map(drop));
        }
        let all = |file: &GroupFile, column| {
            let parts = (0..file.batches()).map(|b| file.column(b, column, &ty));
            parts.collect::<Result<Vec<_>>>()
        };
        let (ours, theirs) = (all(self.file, column)?, all(&shown, shown_column)?);
        let values = |parts: &[ArrayRef]| -> Vec<crate::dataset::Value> {
            let each =
                parts.iter().flat_map(|p| (0..p.len()).map(|i| crate::dataset::Value::of(p.as_ref(), i)));
            each.collect()
        };
        // A group that was written after rows were deleted has nothing in their places.
        let deleted = store.stored().live().deleted(fragment)?;
        let gone = |row: usize| u32::try_from(row).is_ok_and(|row| deleted.binary_search(&row).is_ok());
        let (ours, theirs) = (values(&ours), values(&theirs));
        let mut pairs = ours.iter().zip(&theirs).enumerate();
        match pairs.find(|(row, (a, b))| a != b && !gone(*row)).map(|(row, _)| row) {
            None => Ok(()),
            Some(row) => Err(self
                .damaged(format!("the image's id is not that of '{}'", shown.entry().path))
                .at(Place::none().row(row as u64).key(IMAGE_ID))),
        }
    }
}

fn list_lengths(array: &ArrayRef, lengths: &mut Vec<Option<u32>>) {
    match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let each = (0..list.len()).map(|i| list.is_valid(i).then(|| list.value_length(i) as u32));
            lengths.extend(each);
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            let length = |i| u32::try_from(list.value_length(i)).unwrap_or(u32::MAX);
            lengths.extend((0..list.len()).map(|i| list.is_valid(i).then(|| length(i))));
        }
        _ => {}
    }
}

/// Compares a key's list lengths with those that earlier keys of its set have. A null list says nothing: a key may be
/// absent where its set is not.
fn agree(sets: &mut Lengths, set: &str, key: &str, lengths: Vec<Option<u32>>) -> Result<()> {
    let Some((first, known)) = sets.get_mut(set) else {
        sets.insert(set.to_owned(), (key.to_owned(), lengths));
        return Ok(());
    };
    let differ = known.iter().zip(&lengths).position(|(a, b)| matches!((a, b), (Some(a), Some(b)) if a != b));
    match differ {
        None => {
            for (known, new) in known.iter_mut().zip(lengths) {
                *known = known.or(new);
            }
            Ok(())
        }
        Some(row) => {
            let count = |of: &[Option<u32>]| of.get(row).copied().flatten().unwrap_or(0);
            let what = format!("{} objects where key '{first}' has {}", count(&lengths), count(known));
            Err(Error::new(ErrorKind::Corrupt, what).at(Place::none().row(row as u64).key(key)))
        }
    }
}
