//! Columns of a view, any row of any of them in a few steps, nothing copied.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, UInt8Type};
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_schema::DataType;

use crate::dataset::{Access, Dataset};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::{Axis, base_name};

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

    pub(super) fn int(self) -> Option<i64> {
        match self.array.data_type() {
            DataType::Int64 => Some(self.array.as_primitive::<Int64Type>().value(self.at)),
            DataType::Int32 => Some(self.array.as_primitive::<Int32Type>().value(self.at).into()),
            DataType::UInt8 => Some(self.array.as_primitive::<UInt8Type>().value(self.at).into()),
            _ => None,
        }
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

    /// The numbers of a list of doubles, of either kind of list.
    pub(super) fn floats(self) -> Option<&'a [f64]> {
        let (child, range) = match self.array.data_type() {
            DataType::FixedSizeList(_, n) => {
                let n = usize::try_from(*n).ok()?;
                let list = self.array.as_fixed_size_list();
                (list.values().as_ref(), self.at * n..(self.at + 1) * n)
            }
            _ => list_of(self.array, self.at)?,
        };
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

/// The row keys of a view and the object keys of one set, read.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: usize,
    pub(super) row_keys: Vec<Column>,
    pub(super) object_keys: Vec<Column>,
}

/// Row keys that an annotation file never needs: large, or computed.
const NOT_READ: [&str; 5] = ["img", "label_map", "panoptic", "content_hash", "orientation"];

impl Table {
    /// Reads what a file of this set needs of a view; pixels are left alone.
    pub(super) fn read(ds: &Dataset, set: &str, job: &Job) -> Result<Table> {
        let mut table = Table { rows: ds.len(), row_keys: Vec::new(), object_keys: Vec::new() };
        for (index, key) in ds.keys().iter().enumerate() {
            let Some(field) = key.field() else { continue };
            let axis = Axis::of(field)?;
            if axis.set().is_some_and(|s| s != set) || NOT_READ.contains(&field.name().as_str()) {
                continue;
            }
            // The computed mask cache is not the declared segmentation.
            if axis.set().is_some() && base_name(field)? == "mask" {
                continue;
            }
            job.check()?;
            let position = i64::try_from(index).unwrap_or(i64::MAX);
            let batch = ds.select(position)?.read_all(&Access::new(job))?.whole()?;
            let chunks = match batch.columns.first() {
                Some(column) => column.chunks()?.to_vec(),
                None => Vec::new(),
            };
            let (base, chunks) = (base_name(field)?.to_owned(), Chunks::new(chunks));
            match (&axis, field.data_type()) {
                (Axis::Row, ty) => table.row_keys.push(Column { base, ty: ty.clone(), chunks }),
                (Axis::Object(_), DataType::List(item)) => {
                    table.object_keys.push(Column { base, ty: item.data_type().clone(), chunks });
                }
                (Axis::Object(_), ty) => {
                    let what = format!("an object key is {ty}, not a list");
                    return Err(
                        Error::new(ErrorKind::Type, what).at(Place::area("coco").key(field.name().clone()))
                    );
                }
            }
        }
        Ok(table)
    }

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
