//! Columns of some rows of a view, any value of any of them in a few steps.
//!
//! A [`Reader`] knows which keys a kind of record needs; a [`Table`] holds them for a window of rows. Ranges
//! of stored rows are slices of the map; only shuffled rows are gathered, a window at a time.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
};
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use crate::dataset::{Access, Dataset, Rows};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::{Axis, base_name, key_name};

/// One column in the chunks it came in.
#[derive(Debug)]
pub(super) struct Chunks {
    /// The first row of each chunk.
    starts: Vec<usize>,
    arrays: Vec<ArrayRef>,
}

impl Chunks {
    pub(super) fn new(arrays: Vec<ArrayRef>) -> Chunks {
        let lengths = arrays.iter().scan(0, |at, a| Some(std::mem::replace(at, *at + a.len())));
        Chunks { starts: lengths.collect(), arrays }
    }

    /// The chunk that holds a row, and where in it; `None` past the end.
    fn find(&self, row: usize) -> Option<(&ArrayRef, usize)> {
        let chunk = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        let (array, start) = (self.arrays.get(chunk)?, self.starts.get(chunk)?);
        (row - start < array.len()).then_some((array, row - start))
    }

    /// The value of a row; `None` if it is null.
    pub(super) fn cell(&self, row: usize) -> Option<Cell<'_>> {
        let (array, at) = self.find(row)?;
        Cell::new(array.as_ref(), at)
    }

    /// The list of a row: its child array and the range in it; `None` if the list is null.
    pub(super) fn list(&self, row: usize) -> Option<(&dyn Array, std::ops::Range<usize>)> {
        let (array, at) = self.find(row)?;
        list_of(array.as_ref(), at)
    }
}

impl Chunks {
    /// The value of element `object` in the list of a row; `None` if it is null or past the end.
    pub(super) fn element(&self, row: usize, object: usize) -> Option<Cell<'_>> {
        let (child, range) = self.list(row)?;
        let at = range.start + object;
        if at >= range.end { None } else { Cell::new(child, at) }
    }
}

/// The child array and range of a list; `None` where it is null or no list.
pub(super) fn list_of(array: &dyn Array, at: usize) -> Option<(&dyn Array, std::ops::Range<usize>)> {
    let list: &ListArray = array.as_list_opt()?;
    if list.is_null(at) {
        return None;
    }
    let offsets = list.value_offsets();
    let (start, end) = (offsets.get(at)?, offsets.get(at + 1)?);
    Some((list.values().as_ref(), usize::try_from(*start).ok()?..usize::try_from(*end).ok()?))
}

/// One value of an array that is not null.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) array: &'a dyn Array,
    pub(super) at: usize,
}

impl<'a> Cell<'a> {
    /// The value at a position; `None` if it is null or past the end.
    pub(super) fn new(array: &'a dyn Array, at: usize) -> Option<Cell<'a>> {
        (at < array.len() && !array.is_null(at)).then_some(Cell { array, at })
    }

    /// The whole number, of any width that 64 bits with a sign hold.
    pub(super) fn int(self) -> Option<i64> {
        macro_rules! of {
            ($ty:ty) => {
                self.array.as_primitive::<$ty>().value(self.at).into()
            };
        }
        Some(match self.array.data_type() {
            DataType::Int64 => self.array.as_primitive::<Int64Type>().value(self.at),
            DataType::Int32 => of!(Int32Type),
            DataType::UInt8 => of!(UInt8Type),
            DataType::Int8 => of!(Int8Type),
            DataType::Int16 => of!(Int16Type),
            DataType::UInt16 => of!(UInt16Type),
            DataType::UInt32 => of!(UInt32Type),
            _ => return None,
        })
    }

    pub(super) fn float(self) -> Option<f64> {
        Some(self.array.as_primitive_opt::<Float64Type>()?.value(self.at))
    }

    pub(super) fn text(self) -> Option<&'a str> {
        match self.array.data_type() {
            DataType::Utf8 => Some(self.array.as_string::<i32>().value(self.at)),
            DataType::Utf8View => Some(self.array.as_string_view().value(self.at)),
            DataType::LargeUtf8 => Some(self.array.as_string::<i64>().value(self.at)),
            _ => None,
        }
    }

    pub(super) fn flag(self) -> Option<bool> {
        Some(self.array.as_boolean_opt()?.value(self.at))
    }

    /// The numbers of a list of doubles, of either kind of list; `None` if one of them is null.
    pub(super) fn floats(self) -> Option<&'a [f64]> {
        let (child, range) = match self.array.data_type() {
            DataType::FixedSizeList(_, n) => {
                let n = usize::try_from(*n).ok()?;
                let list = self.array.as_fixed_size_list();
                (list.values().as_ref(), self.at * n..(self.at + 1) * n)
            }
            _ => list_of(self.array, self.at)?,
        };
        let whole = |nulls: &NullBuffer| nulls.slice(range.start, range.len()).null_count() == 0;
        if child.nulls().is_some_and(|nulls| !whole(nulls)) {
            return None;
        }
        child.as_primitive_opt::<Float64Type>()?.values().get(range)
    }

    /// A member of a struct; `None` if it is null.
    pub(super) fn member(self, name: &str) -> Option<Cell<'a>> {
        Cell::new(self.array.as_struct_opt()?.column_by_name(name)?.as_ref(), self.at)
    }
}

/// A key of a view, read.
#[derive(Debug)]
pub(super) struct Column {
    /// The name without its set.
    pub(super) base: String,
    /// The type of one value: of a row, or of an object.
    pub(super) ty: DataType,
    pub(super) chunks: Chunks,
}

/// Rows read at a time. Their text is a few megabytes; shuffled rows cost that much memory.
const WINDOW: usize = 1024;

/// Row keys that no record needs: pixels, computed, or told by the file a row is in.
const NOT_READ: [&str; 4] = ["img", "content_hash", "orientation", "split"];

/// Reads the keys of a view that a kind of record needs.
pub(super) struct Reader {
    ds: Dataset,
    keys: Vec<Key>,
}

struct Key {
    base: String,
    /// Of one value.
    ty: DataType,
    of_objects: bool,
}

impl Reader {
    /// For the image records of a set's file: the row keys, those that belong to another set left out.
    pub(super) fn images(ds: &Dataset, set: &str) -> Result<Reader> {
        let own = key_name(set, "image_extra");
        Reader::new(ds, |axis, base| {
            let of_a_set = base.ends_with("image_extra") || base.ends_with("image_ordinal");
            *axis == Axis::Row && !NOT_READ.contains(&base) && (!of_a_set || base == own)
        })
    }

    /// For the annotation records of a set's file: the image id and the set's keys.
    pub(super) fn annotations(ds: &Dataset, set: &str) -> Result<Reader> {
        Reader::new(ds, |axis, base| axis.set().map_or(base == "image_id", |of| of == set))
    }

    /// For the places of a set's annotations in their file.
    pub(super) fn ordinals(ds: &Dataset, set: &str) -> Result<Reader> {
        Reader::new(ds, |axis, base| axis.set() == Some(set) && base == "ordinal")
    }

    /// For these row keys and the first of a set's, as far as the view has them.
    pub(super) fn of(ds: &Dataset, rows: &[&str], set: &str) -> Result<Reader> {
        let mut found = false;
        Reader::new(ds, |axis, base| match axis.set() {
            None => rows.contains(&base),
            Some(of) => of == set && !std::mem::replace(&mut found, true),
        })
    }

    fn new(ds: &Dataset, mut wanted: impl FnMut(&Axis, &str) -> bool) -> Result<Reader> {
        let (mut keys, mut flags) = (Vec::new(), Vec::new());
        for key in ds.keys().iter() {
            let Some(field) = key.field() else {
                flags.push(false);
                continue;
            };
            let (axis, base) = (Axis::of(field)?, base_name(field)?);
            let take = wanted(&axis, base);
            flags.push(take);
            if !take {
                continue;
            }
            let ty = match (&axis, field.data_type()) {
                (Axis::Row, ty) => ty.clone(),
                (Axis::Object(_), DataType::List(item)) => item.data_type().clone(),
                (Axis::Object(_), ty) => {
                    let what = format!("an object key is {ty}, not a list");
                    let place = Place::area("coco").key(field.name().clone());
                    return Err(Error::new(ErrorKind::Type, what).at(place));
                }
            };
            keys.push(Key { base: base.to_owned(), ty, of_objects: axis != Axis::Row });
        }
        Ok(Reader { ds: ds.select(flags)?, keys })
    }

    /// True if the view has none of the keys.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The tables of these rows of the view, which ascend, a window at a time, each with its rows.
    pub(super) fn windows<'a>(
        &'a self,
        rows: &'a [usize],
        job: &'a Job,
    ) -> impl Iterator<Item = Result<(&'a [usize], Table)>> {
        rows.chunks(WINDOW).map(move |rows| Ok((rows, self.read(rows, job)?)))
    }

    fn read(&self, rows: &[usize], job: &Job) -> Result<Table> {
        job.check()?;
        let wide = |row: usize| u64::try_from(row).unwrap_or(u64::MAX);
        let (first, last) = (rows.first().copied().unwrap_or(0), rows.last().copied().unwrap_or(0));
        let chosen = if last - first + 1 == rows.len() {
            Rows::span(wide(first), rows.len())
        } else {
            Rows::indices(rows.iter().map(|row| wide(*row)).collect::<Vec<u64>>())
        };
        let batch = self.ds.read_rows(&chosen, &Access::new(job))?.whole()?;
        let mut table = Table { rows: rows.len(), row_keys: Vec::new(), object_keys: Vec::new() };
        for (key, column) in self.keys.iter().zip(&batch.columns) {
            let chunks = Chunks::new(column.chunks()?.to_vec());
            let column = Column { base: key.base.clone(), ty: key.ty.clone(), chunks };
            if key.of_objects { &mut table.object_keys } else { &mut table.row_keys }.push(column);
        }
        Ok(table)
    }
}

/// The row keys of a window and the object keys of one set.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: usize,
    pub(super) row_keys: Vec<Column>,
    pub(super) object_keys: Vec<Column>,
}

impl Table {
    /// The row key of this name.
    pub(super) fn row_key(&self, base: &str) -> Option<&Chunks> {
        self.row_keys.iter().find(|c| c.base == base).map(|c| &c.chunks)
    }

    /// The object key of this name.
    pub(super) fn object_key(&self, base: &str) -> Option<&Chunks> {
        self.object_keys.iter().find(|c| c.base == base).map(|c| &c.chunks)
    }

    /// How many objects a row has; `None` if it is not annotated.
    ///
    /// All keys of a set have equally long lists, so the first answers for all; a set without keys annotates
    /// no row.
    pub(super) fn objects(&self, row: usize) -> Option<usize> {
        self.object_keys.first()?.chunks.list(row).map(|(_, range)| range.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;
    use std::sync::Arc;

    #[test]
    fn every_row_is_found_in_its_chunk() {
        let parts: [Vec<i64>; 4] = [vec![1, 2], vec![], vec![3], vec![4, 5]];
        let arrays = parts.map(|p| -> ArrayRef { Arc::new(Int64Array::from(p)) });
        let chunks = Chunks::new(arrays.to_vec());
        let read: Vec<_> = (0..6).map(|row| chunks.cell(row).and_then(Cell::int)).collect();
        assert_eq!(read, [Some(1), Some(2), Some(3), Some(4), Some(5), None]);
    }
}
