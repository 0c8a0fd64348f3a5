//! Image columns: stored as bytes and paths, read as views over them.
//!
//! A view is built for the rows asked for and no other: 16 bytes a row, pointing into the map. The payload is
//! not read, but for the page that begins with the first four bytes of each of these rows, which a view
//! repeats. Up to [`AHEAD`] bytes of payload are announced to the kernel first, so that a cold read waits once
//! for whole images and not for each page.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ByteArrayType;
use arrow_array::{Array, ArrayRef, BinaryViewArray, StringViewArray, StructArray};
use arrow_buffer::{Buffer, NullBufferBuilder, ScalarBuffer};
use arrow_data::ByteView;
use arrow_schema::DataType;

use crate::error::Result;
use crate::place::Map;
use crate::schema::field::image_view_type;

/// Payload that one read announces at most: a batch of images, not a whole dataset.
const AHEAD: usize = 256 << 20;

/// Rows `start..start + len` of a decoded image column.
pub(super) struct Part<'a> {
    pub(super) array: &'a ArrayRef,
    pub(super) start: usize,
    pub(super) len: usize,
    /// The map the payload lies in, for Arrow files.
    pub(super) map: Option<&'a Map>,
}

impl Part<'_> {
    /// Where each row's bytes lie in the file; nothing for null rows and for files that are decoded.
    pub(super) fn payload(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let bytes = self.array.as_struct().columns().first().map(|c| c.as_binary::<i32>());
        let base = self.map.zip(bytes).and_then(|(map, bytes)| {
            let payload = bytes.values().as_ptr().addr();
            payload.checked_sub(map.buffer().as_ptr().addr())
        });
        (self.start..self.start + self.len).filter_map(move |row| {
            let (base, bytes) = (base?, bytes?);
            let (from, to) = (bytes.value_offsets().get(row)?, bytes.value_offsets().get(row + 1)?);
            (from < to).then(|| base + *from as usize..base + *to as usize)
        })
    }
}

/// Announces the rows of parts, neighbours joined. Stops at a limit of bytes.
pub(super) fn announce<'a>(parts: impl Iterator<Item = &'a Part<'a>>, limit: usize) {
    let mut left = limit;
    for part in parts {
        let Some(map) = part.map else { continue };
        let mut open: Option<Range<usize>> = None;
        for range in part.payload() {
            left = left.saturating_sub(range.len());
            if left == 0 {
                return;
            }
            open = match open {
                Some(run) if run.end <= range.start && range.start - run.end < 4096 => {
                    Some(run.start..range.end)
                }
                Some(run) => {
                    map.will_need(run);
                    Some(range)
                }
                None => Some(range),
            };
        }
        if let Some(run) = open {
            map.will_need(run);
        }
    }
}

/// The views of all parts as one array of [`image_view_type`].
pub(super) fn gather(parts: &[Part<'_>]) -> Result<ArrayRef> {
    announce(parts.iter(), AHEAD);
    let rows = parts.iter().map(|p| p.len).sum();
    let bytes = views(parts, 0, rows, |a| bytes_of(a.as_binary::<i32>()));
    let paths = views(parts, 1, rows, |a| bytes_of(a.as_string::<i32>()));
    let mut nulls = NullBufferBuilder::new(rows);
    for part in parts {
        for row in part.start..part.start + part.len {
            nulls.append(part.array.is_valid(row));
        }
    }
    let DataType::Struct(fields) = image_view_type() else { return Ok(Arc::clone(parts[0].array)) };
    let (bytes, bytes_nulls, bytes_from) = bytes;
    let (paths, paths_nulls, paths_from) = paths;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(BinaryViewArray::try_new(bytes, bytes_from, bytes_nulls)?),
        Arc::new(StringViewArray::try_new(paths, paths_from, paths_nulls)?),
    ];
    Ok(Arc::new(StructArray::try_new_with_length(fields, columns, nulls.finish(), rows)?))
}

/// Payload, offsets and validity of a plain array.
struct Plain<'a> {
    payload: &'a Buffer,
    offsets: &'a [i32],
    array: &'a dyn Array,
}

fn bytes_of<T: ByteArrayType<Offset = i32>>(array: &arrow_array::GenericByteArray<T>) -> Plain<'_> {
    Plain { payload: array.values(), offsets: array.value_offsets(), array }
}

type Views = (ScalarBuffer<u128>, Option<arrow_buffer::NullBuffer>, Vec<Buffer>);

fn views<'a>(
    parts: &[Part<'a>],
    member: usize,
    rows: usize,
    plain: impl Fn(&'a ArrayRef) -> Plain<'a>,
) -> Views {
    let mut views: Vec<u128> = Vec::with_capacity(rows);
    let mut nulls = NullBufferBuilder::new(rows);
    let mut buffers: Vec<Buffer> = Vec::new();
    for part in parts {
        let Some(column) = part.array.as_struct().columns().get(member) else { continue };
        let Plain { payload, offsets, array } = plain(column);
        // Parts of one batch follow each other as a rule: look at the last few buffers only.
        let mut number = buffers.iter().rev().take(4).position(|b| b.as_ptr() == payload.as_ptr());
        number = number.map(|back| buffers.len() - 1 - back);
        for row in part.start..part.start + part.len {
            let valid = part.array.is_valid(row) && array.is_valid(row);
            nulls.append(valid);
            let value = match (offsets.get(row), offsets.get(row + 1)) {
                (Some(from), Some(to)) if valid => {
                    payload.get(*from as usize..*to as usize).map(|v| (*from, v))
                }
                _ => None,
            };
            let Some((from, value)) = value else {
                views.push(0);
                continue;
            };
            let number = if value.len() <= 12 {
                0
            } else {
                *number.get_or_insert_with(|| {
                    buffers.push(payload.clone());
                    buffers.len() - 1
                })
            };
            views.push(view(value, number as u32, from as u32));
        }
    }
    (views.into(), nulls.finish(), buffers)
}

/// A value of up to 12 bytes lies in its view; of a longer one the view has the length, four bytes, and where.
fn view(value: &[u8], buffer: u32, offset: u32) -> u128 {
    let length = value.len() as u32;
    if value.len() <= 12 {
        let mut inline = [0; 16];
        inline[..4].copy_from_slice(&length.to_le_bytes());
        inline[4..4 + value.len()].copy_from_slice(value);
        return u128::from_le_bytes(inline);
    }
    let prefix = value.first_chunk::<4>().map_or(0, |p| u32::from_le_bytes(*p));
    ByteView { length, prefix, buffer_index: buffer, offset }.as_u128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field::image_type;
    use arrow_array::{BinaryArray, StringArray};

    fn column(n: u8) -> ArrayRef {
        let bytes = (0..4).map(|i| (i != 1).then(|| vec![n + i; usize::from(i) * 20 + 3]));
        let paths = (0..4).map(|i| (i != 2).then(|| format!("folder/{n}/{i}.jpg")));
        let DataType::Struct(fields) = image_type() else { panic!() };
        let columns: Vec<ArrayRef> =
            vec![Arc::new(bytes.collect::<BinaryArray>()), Arc::new(paths.collect::<StringArray>())];
        let nulls = Some(vec![true, true, true, n == 0].into());
        Arc::new(StructArray::try_new(fields, columns, nulls).unwrap())
    }

    #[test]
    fn views_equal_the_values_and_share_the_payload() {
        let (a, b) = (column(0), column(100));
        let part = |array, start, len| Part { array, start, len, map: None };
        let parts = [part(&a, 3, 1), part(&b, 0, 4), part(&a, 0, 2), part(&a, 3, 1)];
        let got = gather(&parts).unwrap();
        assert_eq!(got.data_type(), &image_view_type());
        let mut row = 0;
        for part in &parts {
            for i in part.start..part.start + part.len {
                assert_eq!(got.is_valid(row), part.array.is_valid(i));
                if got.is_valid(row) {
                    let (new, old) = (got.as_struct(), part.array.as_struct());
                    let (bytes, old_bytes) =
                        (new.column(0).as_binary_view(), old.column(0).as_binary::<i32>());
                    assert_eq!(
                        bytes.is_valid(row).then(|| bytes.value(row)),
                        old_bytes.is_valid(i).then(|| old_bytes.value(i))
                    );
                    if bytes.is_valid(row) && bytes.value(row).len() > 12 {
                        assert_eq!(bytes.value(row).as_ptr(), old_bytes.value(i).as_ptr());
                    }
                    let (paths, old_paths) =
                        (new.column(1).as_string_view(), old.column(1).as_string::<i32>());
                    assert_eq!(
                        paths.is_valid(row).then(|| paths.value(row)),
                        old_paths.is_valid(i).then(|| old_paths.value(i))
                    );
                }
                row += 1;
            }
        }
        assert_eq!(row, got.len());
        assert_eq!(got.as_struct().column(0).as_binary_view().data_buffers().len(), 2);
    }
}
