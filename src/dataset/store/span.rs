//! How many bytes some rows of an array take, nested values included.
//!
//! What decides where batches are cut. Validity bitmaps are left out: they are an eighth of a byte a value.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

/// The bytes of rows `start..start + len`; the caller keeps them within the array.
pub(super) fn bytes(array: &dyn Array, start: usize, len: usize) -> u64 {
    let between = |offsets: &[i32]| match (offsets.get(start), offsets.get(start + len)) {
        (Some(from), Some(to)) => (*from as usize, (*to - *from) as usize),
        _ => (0, 0),
    };
    let between_large = |offsets: &[i64]| match (offsets.get(start), offsets.get(start + len)) {
        (Some(from), Some(to)) => (*from as usize, (*to - *from) as usize),
        _ => (0, 0),
    };
    let long = |views: &[u128]| -> usize {
        views.iter().skip(start).take(len).map(|view| (*view as u32) as usize + 4).sum()
    };
    let plain = match array.data_type() {
        DataType::Null => 0,
        DataType::Boolean => len.div_ceil(8),
        DataType::FixedSizeBinary(n) => len * *n as usize,
        DataType::Utf8 => 4 * len + between(array.as_string::<i32>().value_offsets()).1,
        DataType::Binary => 4 * len + between(array.as_binary::<i32>().value_offsets()).1,
        DataType::LargeUtf8 => 8 * len + between_large(array.as_string::<i64>().value_offsets()).1,
        DataType::LargeBinary => 8 * len + between_large(array.as_binary::<i64>().value_offsets()).1,
        DataType::Utf8View => long(array.as_string_view().views()),
        DataType::BinaryView => long(array.as_binary_view().views()),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let (from, count) = between(list.value_offsets());
            return 4 * len as u64 + bytes(list.values().as_ref(), from, count);
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            let (from, count) = between_large(list.value_offsets());
            return 8 * len as u64 + bytes(list.values().as_ref(), from, count);
        }
        DataType::FixedSizeList(_, n) => {
            let n = *n as usize;
            return bytes(array.as_fixed_size_list().values().as_ref(), start * n, len * n);
        }
        DataType::Struct(_) => {
            return array.as_struct().columns().iter().map(|c| bytes(c.as_ref(), start, len)).sum();
        }
        other => len * other.primitive_width().unwrap_or(16),
    };
    plain as u64
}

/// The bytes of rows of a batch, all columns.
pub(super) fn batch_bytes(batch: &RecordBatch, start: usize, len: usize) -> u64 {
    batch.columns().iter().map(|c| bytes(c.as_ref(), start, len)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::{
        ArrayRef, BinaryArray, FixedSizeBinaryArray, Int64Array, StringViewArray, StructArray,
    };
    use std::sync::Arc;

    #[test]
    fn only_the_rows_asked_for_are_counted() {
        let blobs = BinaryArray::from_iter_values([vec![0u8; 100], vec![0; 10], vec![0; 1]]);
        assert_eq!(bytes(&blobs, 1, 2), 8 + 11);
        assert_eq!(bytes(&blobs.slice(1, 2), 0, 1), 4 + 10);
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let both = StructArray::try_from(vec![("a", ids), ("b", Arc::new(blobs) as ArrayRef)]).unwrap();
        assert_eq!(bytes(&both, 0, 1), 8 + 104);
        let hashes = FixedSizeBinaryArray::try_from_iter([[0u8; 16], [1; 16]].into_iter()).unwrap();
        assert_eq!(bytes(&hashes, 1, 1), 16);
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_value([Some("abc"), Some("de")]);
        lists.append_null();
        assert_eq!(bytes(&lists.finish(), 0, 2), 8 + 8 + 5);
        assert_eq!(bytes(&StringViewArray::from(vec!["abc", "d"]), 0, 2), 8 + 4);
    }
}
