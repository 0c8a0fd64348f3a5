//! From a batch's lists of nodes and buffers to an Arrow array over the map.
//!
//! The lists are flat and in the order of the schema: a column's part of them is known from its type alone, so
//! one column is built without looking at the others.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, FixedSizeListArray, GenericListArray, OffsetSizeTrait, StructArray, make_array, new_empty_array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, FieldRef};

use super::{damaged, unsupported};
use crate::error::Result;
use crate::place::Map;

/// The longest column of a type that takes no bytes; batches of ours are shorter (see `queue`).
const MAX_BARE: usize = 1 << 24;

/// What a batch's metadata says, checked against the length of its body.
pub(super) struct Table {
    pub(super) rows: usize,
    nodes: Vec<usize>,
    pub(super) buffers: Vec<Range<usize>>,
}

impl Table {
    pub(super) fn of(header: &arrow_ipc::RecordBatch<'_>, body: usize) -> Result<Table> {
        let length = |n: i64| usize::try_from(n).map_err(|_| damaged("a negative length"));
        let mut nodes = Vec::new();
        for node in header.nodes().iter().flatten() {
            nodes.push(length(node.length())?);
        }
        let mut buffers = Vec::new();
        for buffer in header.buffers().iter().flatten() {
            let (start, len) = (length(buffer.offset())?, length(buffer.length())?);
            match start.checked_add(len).filter(|end| *end <= body) {
                Some(end) => buffers.push(start..end),
                None => return Err(damaged("a buffer lies outside its batch")),
            }
        }
        Ok(Table { rows: length(header.length())?, nodes, buffers })
    }
}

/// The first node and buffer of a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position {
    pub(super) node: usize,
    pub(super) buffer: usize,
}

impl Position {
    /// Where the column after one of this type begins.
    pub(super) fn after(self, ty: &DataType) -> Result<Position> {
        let own = |buffers: usize| Position { node: self.node + 1, buffer: self.buffer + buffers };
        match ty {
            DataType::Null => Ok(own(0)),
            DataType::Utf8 | DataType::Binary | DataType::LargeUtf8 | DataType::LargeBinary => Ok(own(3)),
            DataType::List(item) | DataType::LargeList(item) => own(2).after(item.data_type()),
            DataType::FixedSizeList(item, _) => own(1).after(item.data_type()),
            DataType::Struct(members) => members.iter().try_fold(own(1), |at, m| at.after(m.data_type())),
            DataType::Boolean | DataType::FixedSizeBinary(_) => Ok(own(2)),
            other if other.is_primitive() => Ok(own(2)),
            other => Err(unsupported(&format!("columns of type {other}"))),
        }
    }
}

/// Builds and validates the column that begins at `start`.
pub(super) fn column(
    map: &Map,
    body: &Range<usize>,
    table: &Table,
    start: Position,
    field: &FieldRef,
) -> Result<ArrayRef> {
    let mut cursor = Cursor { map, body, table, at: start };
    let array = cursor.array(field.data_type())?;
    if array.len() != table.rows {
        return Err(damaged("a column is not as long as its batch"));
    }
    Ok(array)
}

struct Cursor<'a> {
    map: &'a Map,
    body: &'a Range<usize>,
    table: &'a Table,
    at: Position,
}

impl Cursor<'_> {
    /// The length of the next node. `bare` types have no buffer that would bound it.
    fn length(&mut self, bare: bool) -> Result<usize> {
        let length = self.node()?;
        if bare && length > MAX_BARE {
            return Err(damaged("a column of nothing that is longer than any batch"));
        }
        Ok(length)
    }

    fn node(&mut self) -> Result<usize> {
        let node = self.table.nodes.get(self.at.node).ok_or_else(|| damaged("a column without its node"))?;
        self.at.node += 1;
        Ok(*node)
    }

    fn buffer(&mut self) -> Result<Buffer> {
        let missing = || damaged("a column without its buffers");
        let range = self.table.buffers.get(self.at.buffer).ok_or_else(missing)?;
        self.at.buffer += 1;
        // Within the body, which is within the map.
        self.map.slice(self.body.start + range.start..self.body.start + range.end).ok_or_else(missing)
    }

    /// The validity of `len` values; absent where the file leaves it out because none is null.
    fn nulls(&mut self, len: usize) -> Result<Option<NullBuffer>> {
        let bits = self.buffer()?;
        if bits.is_empty() {
            return Ok(None);
        }
        if bits.len() < len.div_ceil(8) {
            return Err(damaged("a validity map shorter than its column"));
        }
        let nulls = NullBuffer::new(BooleanBuffer::new(bits, 0, len));
        Ok(Some(nulls).filter(|nulls| nulls.null_count() > 0))
    }

    fn array(&mut self, ty: &DataType) -> Result<ArrayRef> {
        match ty {
            DataType::List(item) => self.list::<i32>(ty, item),
            DataType::LargeList(item) => self.list::<i64>(ty, item),
            DataType::FixedSizeList(item, n) => {
                let len = self.length(*n == 0)?;
                let nulls = self.nulls(len)?;
                let values = self.array(item.data_type())?;
                let size = usize::try_from(*n).map_err(|_| damaged("a negative size"))?;
                let wanted = len.checked_mul(size).filter(|wanted| *wanted <= values.len());
                let values =
                    values.slice(0, wanted.ok_or_else(|| damaged("a fixed list without its items"))?);
                let list = FixedSizeListArray::try_new_with_length(Arc::clone(item), *n, values, nulls, len);
                Ok(Arc::new(list?))
            }
            DataType::Struct(members) => {
                let len = self.length(members.is_empty())?;
                let nulls = self.nulls(len)?;
                let mut columns = Vec::with_capacity(members.len());
                for member in members {
                    let column = self.array(member.data_type())?;
                    if column.len() != len {
                        return Err(damaged("a member is not as long as its struct"));
                    }
                    columns.push(column);
                }
                Ok(Arc::new(StructArray::try_new_with_length(members.clone(), columns, nulls, len)?))
            }
            leaf => self.leaf(leaf),
        }
    }

    fn leaf(&mut self, ty: &DataType) -> Result<ArrayRef> {
        let len = self.length(matches!(ty, DataType::Null | DataType::FixedSizeBinary(0)))?;
        if *ty == DataType::Null {
            return Ok(make_array(ArrayData::builder(ty.clone()).len(len).build()?));
        }
        let nulls = self.nulls(len)?;
        let bytes =
            matches!(ty, DataType::Utf8 | DataType::Binary | DataType::LargeUtf8 | DataType::LargeBinary);
        let first = self.buffer()?;
        let second = if bytes { Some(self.buffer()?) } else { None };
        if len == 0 {
            // Empty columns may leave out even their one offset.
            return Ok(new_empty_array(ty));
        }
        // How many bytes the first buffer must have. It is cut to that: Arrow looks at the offsets of texts and
        // bytes as a whole and panics over a part of one at the end, and a product must not wrap before Arrow
        // compares it.
        let need = match ty {
            DataType::Boolean => Some(len.div_ceil(8)),
            DataType::FixedSizeBinary(n) => usize::try_from(*n).ok().and_then(|n| n.checked_mul(len)),
            DataType::LargeUtf8 | DataType::LargeBinary => len.checked_add(1).and_then(|n| n.checked_mul(8)),
            DataType::Utf8 | DataType::Binary => len.checked_add(1).and_then(|n| n.checked_mul(4)),
            other => other.primitive_width().and_then(|width| width.checked_mul(len)),
        };
        let need = need.filter(|need| *need <= first.len());
        let first =
            first.slice_with_length(0, need.ok_or_else(|| damaged("a buffer shorter than its column"))?);
        let builder = ArrayData::builder(ty.clone()).len(len).nulls(nulls).add_buffer(first);
        let builder = match second {
            Some(second) => builder.add_buffer(second),
            None => builder,
        };
        // Files of other writers may align to 8 bytes only; ours never need the copy this may make.
        Ok(make_array(builder.align_buffers(true).build()?))
    }

    fn list<O: OffsetSizeTrait>(&mut self, ty: &DataType, item: &FieldRef) -> Result<ArrayRef> {
        let len = self.node()?;
        let nulls = self.nulls(len)?;
        let offsets = self.buffer()?;
        let values = self.array(item.data_type())?;
        if len == 0 {
            return Ok(new_empty_array(ty));
        }
        let width = size_of::<O>();
        let need = len.checked_add(1).and_then(|n| n.checked_mul(width)).filter(|n| *n <= offsets.len());
        let need = need.ok_or_else(|| damaged("list offsets shorter than their column"))?;
        let offsets = offsets.slice_with_length(0, need);
        if offsets.as_ptr().align_offset(align_of::<O>()) != 0 {
            return Err(unsupported("offsets that are not aligned"));
        }
        let offsets = ScalarBuffer::<O>::from(offsets);
        // What `OffsetBuffer::new` would panic over; the end is checked by `try_new`.
        let first = offsets.first().copied().unwrap_or_default();
        if first < O::default() || !offsets.windows(2).all(|pair| matches!(pair, [a, b] if a <= b)) {
            return Err(damaged("list offsets that go back"));
        }
        Ok(Arc::new(GenericListArray::try_new(Arc::clone(item), OffsetBuffer::new(offsets), values, nulls)?))
    }
}
