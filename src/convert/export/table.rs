//! Columns of some rows of a view, any value of any of them in a few steps.
//!
//! A [`Reader`] knows which keys are wanted; a [`Table`] holds them for a window of rows. Ranges of stored rows
//! are slices of the map; only shuffled rows are gathered, a window at a time. A [`Cell`] is a value that is not
//! null: what is null, absent, or of another type than asked for is `None` throughout.

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
use crate::schema::axis::{Axis, base_name};

/// One column in the chunks it came in.
#[derive(Debug)]
pub(crate) struct Chunks {
    /// The first row of each chunk.
    starts: Vec<usize>,
    arrays: Vec<ArrayRef>,
}

impl Chunks {
    /// The column of these chunks.
    pub(crate) fn new(arrays: Vec<ArrayRef>) -> Chunks {
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
    pub(crate) fn cell(&self, row: usize) -> Option<Cell<'_>> {
        let (array, at) = self.find(row)?;
        Cell::new(array.as_ref(), at)
    }

    /// The list of a row: its child array and the range in it; `None` if the list is null.
    pub(crate) fn list(&self, row: usize) -> Option<(&dyn Array, std::ops::Range<usize>)> {
        let (array, at) = self.find(row)?;
        list_of(array.as_ref(), at)
    }

    /// The value of element `object` in the list of a row; `None` if it is null or past the end.
    pub(crate) fn element(&self, row: usize, object: usize) -> Option<Cell<'_>> {
        let (child, range) = self.list(row)?;
        let at = range.start + object;
        if at >= range.end { None } else { Cell::new(child, at) }
    }
}

/// The child array and range of a list; `None` where it is null or no list.
pub(crate) fn list_of(array: &dyn Array, at: usize) -> Option<(&dyn Array, std::ops::Range<usize>)> {
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
pub(crate) struct Cell<'a> {
    pub(crate) array: &'a dyn Array,
    pub(crate) at: usize,
}

impl<'a> Cell<'a> {
    /// The value at a position; `None` if it is null or past the end.
    pub(crate) fn new(array: &'a dyn Array, at: usize) -> Option<Cell<'a>> {
        (at < array.len() && !array.is_null(at)).then_some(Cell { array, at })
    }

    /// The whole number, of any width that 64 bits with a sign hold.
    pub(crate) fn int(self) -> Option<i64> {
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

    /// The double.
    pub(crate) fn float(self) -> Option<f64> {
        Some(self.array.as_primitive_opt::<Float64Type>()?.value(self.at))
    }

    /// The text, of any layout.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self.array.data_type() {
            DataType::Utf8 => Some(self.array.as_string::<i32>().value(self.at)),
            DataType::Utf8View => Some(self.array.as_string_view().value(self.at)),
            DataType::LargeUtf8 => Some(self.array.as_string::<i64>().value(self.at)),
            _ => None,
        }
    }

    /// The truth value.
    pub(crate) fn flag(self) -> Option<bool> {
        Some(self.array.as_boolean_opt()?.value(self.at))
    }

    /// The numbers of a list of doubles, of either kind of list; `None` if one of them is null.
    pub(crate) fn floats(self) -> Option<&'a [f64]> {
        let (child, range) = self.list()?;
        let whole = |nulls: &NullBuffer| nulls.slice(range.start, range.len()).null_count() == 0;
        if child.nulls().is_some_and(|nulls| !whole(nulls)) {
            return None;
        }
        child.as_primitive_opt::<Float64Type>()?.values().get(range)
    }

    /// The elements of a list, of either kind of list; those that are null are `None`.
    pub(crate) fn items(self) -> Option<impl Iterator<Item = Option<Cell<'a>>>> {
        let (child, range) = self.list()?;
        Some(range.map(move |at| Cell::new(child, at)))
    }

    /// The child array of a list, of either kind of list, and the range in it.
    pub(crate) fn list(self) -> Option<(&'a dyn Array, std::ops::Range<usize>)> {
        match self.array.data_type() {
            DataType::FixedSizeList(_, n) => {
                let n = usize::try_from(*n).ok()?;
                Some((self.array.as_fixed_size_list().values().as_ref(), self.at * n..(self.at + 1) * n))
            }
            _ => list_of(self.array, self.at),
        }
    }

    /// A member of a struct; `None` if it is null.
    pub(crate) fn member(self, name: &str) -> Option<Cell<'a>> {
        Cell::new(self.array.as_struct_opt()?.column_by_name(name)?.as_ref(), self.at)
    }
}

/// A key of a view, read.
#[derive(Debug)]
pub(crate) struct Column {
    /// The name without its set.
    pub(crate) base: String,
    /// The type of one value: of a row, or of an object.
    pub(crate) ty: DataType,
    pub(crate) chunks: Chunks,
}

/// Rows read at a time. Their text is a few megabytes; shuffled rows cost that much memory.
const WINDOW: usize = 1024;

/// Reads chosen keys of a view, a window of rows at a time.
///
/// ```text
/// let reader = Reader::new(&ds, |axis, base| axis.set().map_or(base == "file_name", |set| set.is_empty()))?;
/// let all: Vec<usize> = (0..ds.len()).collect();
/// for window in reader.windows(&all, job) {
///     let (rows, table) = window?;
///     for (row, view_row) in rows.iter().enumerate() {
///         let name = table.row_key("file_name").and_then(|c| c.cell(row)).and_then(Cell::text);
///         for object in 0..table.objects(row).unwrap_or(0) {
///             let bbox = table.object_key("bbox").and_then(|c| c.element(row, object)).and_then(Cell::floats);
///         }
///     }
/// }
/// ```
pub(crate) struct Reader {
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
    /// Reads the keys that `wanted` says: given a key's axis and its name without the set.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] for an object key that is no list.
    pub(crate) fn new(ds: &Dataset, mut wanted: impl FnMut(&Axis, &str) -> bool) -> Result<Reader> {
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
                    let place = Place::area("export").key(field.name().clone());
                    return Err(Error::new(ErrorKind::Type, what).at(place));
                }
            };
            keys.push(Key { base: base.to_owned(), ty, of_objects: axis != Axis::Row });
        }
        let ds = ds.select(flags)?;
        ds.check_boxes("export")?;
        Ok(Reader { ds, keys })
    }

    /// True if the view has none of the keys.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The tables of these rows of the view, which ascend, a window at a time, each with its rows.
    ///
    /// Errors are those of reading; a row that cannot be read is one.
    pub(crate) fn windows<'a>(
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
pub(crate) struct Table {
    /// How many rows there are.
    pub(crate) rows: usize,
    /// In the order of the view.
    pub(crate) row_keys: Vec<Column>,
    /// In the order of the view.
    pub(crate) object_keys: Vec<Column>,
}

impl Table {
    /// The row key of this name.
    pub(crate) fn row_key(&self, base: &str) -> Option<&Chunks> {
        self.row_keys.iter().find(|c| c.base == base).map(|c| &c.chunks)
    }

    /// The object key of this name.
    pub(crate) fn object_key(&self, base: &str) -> Option<&Chunks> {
        self.object_keys.iter().find(|c| c.base == base).map(|c| &c.chunks)
    }

    /// How many objects a row has; `None` if it is not annotated.
    ///
    /// All keys of a set have equally long lists, so the first answers for all; a set without keys annotates
    /// no row.
    pub(crate) fn objects(&self, row: usize) -> Option<usize> {
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
