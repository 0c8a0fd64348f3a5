//! Which objects are of which row: [`Spans`], and lists laid flat.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, GenericListArray, OffsetSizeTrait};
use arrow_buffer::BooleanBuffer;

use crate::error::{Error, ErrorKind, Place, Result};

/// How many objects each row has. A row that is not annotated has none, and is told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    lengths: Vec<u32>,
    /// All objects.
    total: u64,
}

/// The length of a row that is not annotated.
const ABSENT: u32 = u32::MAX;

impl Spans {
    /// So many rows, none of which is annotated.
    pub(super) fn absent(rows: usize) -> Spans {
        Spans { lengths: vec![ABSENT; rows], total: 0 }
    }

    /// How many objects there are.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The number of objects of each row; `None` where it is not annotated.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = Option<u32>> + '_ {
        self.lengths.iter().map(|length| (*length != ABSENT).then_some(*length))
    }

    fn push(&mut self, length: Option<u64>) -> Result<()> {
        let own = u32::try_from(length.unwrap_or(u64::from(ABSENT))).ok();
        let own = own.filter(|own| length.is_none() || *own != ABSENT).ok_or_else(|| {
            Error::new(ErrorKind::Limit, "a row has 2^32 objects or more").at(Place::area("query"))
        })?;
        self.lengths.push(own);
        self.total += length.unwrap_or(0);
        Ok(())
    }

    /// The place of each object's row.
    pub(super) fn rows(&self) -> impl Iterator<Item = u64> + '_ {
        (0u64..)
            .zip(self.iter())
            .flat_map(|(row, length)| std::iter::repeat_n(row, length.unwrap_or(0) as usize))
    }

    /// Calls `each` with every row, how many objects it has, and how many of them have their bit set; `None` for a row
    /// that is not annotated. Bits beyond the mask count as unset.
    pub(super) fn count(&self, mask: &BooleanBuffer, mut each: impl FnMut(u64, Option<(u32, u32)>)) {
        let (bytes, mut at) = (mask.values(), mask.offset());
        for (row, length) in (0u64..).zip(self.iter()) {
            let count = length.map(|length| (length, ones(bytes, at, length as usize)));
            at += length.unwrap_or(0) as usize;
            each(row, count);
        }
    }
}

/// How many of `length` bits from `first` on are set.
fn ones(bytes: &[u8], first: usize, length: usize) -> u32 {
    let (mut at, end, mut sum) = (first, first + length, 0);
    while at < end {
        let (byte, bit) = (at / 8, at % 8);
        let some = (end - at).min(56);
        let word = match bytes.get(byte..byte + 8).and_then(|word| word.try_into().ok()) {
            Some(word) => u64::from_le_bytes(word),
            None => {
                let rest = bytes.get(byte..).unwrap_or_default().iter().take(8);
                rest.rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
            }
        };
        sum += (word >> bit & ((1 << some) - 1)).count_ones();
        at += some;
    }
    sum
}

/// The elements of lists, chunk after chunk, and how many each row has.
///
/// # Errors
/// [`ErrorKind::Type`] for what are no lists.
pub(super) fn flat(key: &str, chunks: &[ArrayRef]) -> Result<(Vec<ArrayRef>, Spans)> {
    let (mut out, mut spans) = (Vec::with_capacity(chunks.len()), Spans::default());
    for chunk in chunks {
        if let Some(list) = chunk.as_list_opt::<i32>() {
            lay(list, &mut out, &mut spans)?;
        } else if let Some(list) = chunk.as_list_opt::<i64>() {
            lay(list, &mut out, &mut spans)?;
        } else {
            let what = format!("{} is no list of objects", chunk.data_type());
            return Err(Error::new(ErrorKind::Type, what).at(Place::area("query").key(key)));
        }
    }
    Ok((out, spans))
}

fn lay<O: OffsetSizeTrait>(
    list: &GenericListArray<O>,
    out: &mut Vec<ArrayRef>,
    spans: &mut Spans,
) -> Result<()> {
    let offsets: &[O] = list.value_offsets();
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return Ok(()) };
    let mut hidden = 0;
    for (row, pair) in offsets.windows(2).enumerate() {
        let length = pair[1].as_usize() - pair[0].as_usize();
        match list.is_valid(row) {
            true => spans.push(Some(length as u64))?,
            false => {
                hidden += length;
                spans.push(None)?;
            }
        }
    }
    let values = list.values();
    if hidden == 0 {
        out.push(values.slice(first.as_usize(), last.as_usize() - first.as_usize()));
        return Ok(());
    }
    // A list that is null may still have elements, which are none.
    for (row, pair) in offsets.windows(2).enumerate().filter(|(row, _)| list.is_valid(*row)) {
        let _ = row;
        out.push(values.slice(pair[0].as_usize(), pair[1].as_usize() - pair[0].as_usize()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int64Type;
    use arrow_array::{Int64Array, ListArray};
    use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
    use arrow_schema::{DataType, Field};

    use super::*;

    #[test]
    fn bits_are_counted_across_bytes_and_up_to_the_end() {
        let bits: Vec<bool> = (0..300).map(|n| n % 3 == 0 || n % 7 == 2).collect();
        let mask = BooleanBuffer::from(bits.clone());
        for (first, length) in [(0, 0), (0, 1), (5, 60), (3, 297), (64, 64), (299, 1), (130, 57)] {
            let want = bits[first..first + length].iter().filter(|bit| **bit).count();
            assert_eq!(ones(mask.values(), first, length) as usize, want, "{first} {length}");
        }
    }

    #[test]
    fn null_lists_have_no_objects_even_where_elements_lie_beneath_them() {
        let values = Arc::new(Int64Array::from_iter_values(0..6));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0, 2, 2, 4, 6]));
        let nulls = NullBuffer::from(vec![true, true, false, true]);
        let field = Arc::new(Field::new("item", DataType::Int64, true));
        let list: ArrayRef = Arc::new(ListArray::new(field, offsets, values, Some(nulls)));
        let (chunks, spans) = flat("k", &[list.slice(0, 3), list.slice(3, 1)]).unwrap();
        let all: Vec<i64> =
            chunks.iter().flat_map(|c| c.as_primitive::<Int64Type>().values().to_vec()).collect();
        assert_eq!(all, [0, 1, 4, 5]);
        assert_eq!(spans.iter().collect::<Vec<_>>(), [Some(2), Some(0), None, Some(2)]);
        assert_eq!((spans.total(), spans.rows().collect::<Vec<_>>()), (4, vec![0, 0, 3, 3]));
        let mut counts = Vec::new();
        spans.count(&BooleanBuffer::from(vec![true, false, true, true]), |row, own| counts.push((row, own)));
        assert_eq!(counts, [(0, Some((2, 1))), (1, Some((0, 0))), (2, None), (3, Some((2, 2)))]);
    }
}
