//! A value of any Arrow type as JSON text: numbers, texts and truths, lists and records of them.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt64Type};
use arrow_schema::DataType;

use super::table::{Cell, list_of};
use super::text::{Sink, float, int};
use crate::convert::coco::style::Style;
use crate::convert::json::write_text;

/// Writes a value; false, and nothing written, for a type that [`writable`] denies.
pub(super) fn value(out: &mut Sink, cell: Cell<'_>) -> bool {
    if let Some(n) = cell.int() {
        int(out, n);
    } else if let Some(text) = cell.text() {
        write_text(&mut out.bytes, text);
    } else if let Some(x) = cell.float() {
        float(out, x, Style::Float);
    } else if let Some(flag) = cell.flag() {
        out.bytes.extend_from_slice(if flag { b"true" } else { b"false" });
    } else {
        return other(out, cell);
    }
    true
}

fn other(out: &mut Sink, cell: Cell<'_>) -> bool {
    match cell.array.data_type() {
        ty if !writable(ty) => return false,
        DataType::UInt64 => {
            let n = cell.array.as_primitive::<UInt64Type>().value(cell.at);
            out.bytes.extend_from_slice(n.to_string().as_bytes());
        }
        DataType::Float32 => {
            let x = cell.array.as_primitive::<Float32Type>().value(cell.at);
            if x.is_finite() {
                // The shortest text of a single: `0.1`, where its double would be 0.10000000149011612.
                let _ = serde_json::to_writer(&mut out.bytes, &x);
            } else {
                float(out, f64::from(x), Style::Float);
            }
        }
        DataType::Struct(fields) => {
            let columns = cell.array.as_struct().columns();
            out.bytes.push(b'{');
            let mut first = true;
            for (field, column) in fields.iter().zip(columns) {
                let Some(member) = Cell::new(column.as_ref(), cell.at) else { continue };
                if !std::mem::take(&mut first) {
                    out.bytes.push(b',');
                }
                write_text(&mut out.bytes, field.name());
                out.bytes.push(b':');
                value(out, member);
            }
            out.bytes.push(b'}');
        }
        DataType::FixedSizeList(_, n) => {
            let list = cell.array.as_fixed_size_list();
            let n = usize::try_from(*n).unwrap_or(0);
            elements(out, list.values().as_ref(), cell.at * n..(cell.at + 1) * n);
        }
        _ => match list_of(cell.array, cell.at) {
            Some((child, range)) => elements(out, child, range),
            None => return false,
        },
    }
    true
}

fn elements(out: &mut Sink, child: &dyn Array, range: std::ops::Range<usize>) {
    out.bytes.push(b'[');
    for (n, at) in range.enumerate() {
        if n > 0 {
            out.bytes.push(b',');
        }
        match Cell::new(child, at) {
            Some(element) => {
                value(out, element);
            }
            None => out.bytes.extend_from_slice(b"null"),
        }
    }
    out.bytes.push(b']');
}

/// True for the types that [`value`] writes: all but bytes, times and the rarer layouts.
pub(super) fn writable(ty: &DataType) -> bool {
    match ty {
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8
        | DataType::Utf8View
        | DataType::LargeUtf8
        | DataType::Boolean => true,
        DataType::List(item) | DataType::FixedSizeList(item, _) => writable(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|f| writable(f.data_type())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field::{fixed_list, list, record};
    use arrow_array::types::Int32Type;
    use arrow_array::{
        ArrayRef, BinaryArray, Float32Array, Float64Array, ListArray, StringArray, StructArray, UInt64Array,
    };
    use std::sync::Arc;

    fn text(array: &dyn Array) -> Option<String> {
        let mut out = Sink::default();
        value(&mut out, Cell::new(array, 0)?).then(|| String::from_utf8(out.bytes).unwrap())
    }

    #[test]
    fn nested_values_are_written_as_json() {
        let ints = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), None, Some(-3)])]);
        assert_eq!(text(&ints).unwrap(), "[1,null,-3]");
        let members: Vec<ArrayRef> = vec![Arc::new(StringArray::from(vec!["q\"é"])), Arc::new(ints)];
        let DataType::Struct(fields) = record(&[("a", DataType::Utf8), ("b", list(DataType::Int32))]) else {
            panic!()
        };
        assert_eq!(
            text(&StructArray::new(fields, members, None)).unwrap(),
            r#"{"a":"q\"é","b":[1,null,-3]}"#
        );
        assert_eq!(text(&UInt64Array::from(vec![u64::MAX])).unwrap(), "18446744073709551615");
        assert_eq!(text(&Float32Array::from(vec![0.1])).unwrap(), "0.1");
    }

    #[test]
    fn bytes_have_no_place_in_json_and_nan_becomes_null_and_is_counted() {
        assert_eq!(text(&BinaryArray::from_iter_values([b"x"])), None);
        assert!(!writable(&fixed_list(DataType::Binary, 2)));
        let mut out = Sink::default();
        value(&mut out, Cell::new(&Float64Array::from(vec![f64::NAN]), 0).unwrap());
        value(&mut out, Cell::new(&Float32Array::from(vec![f32::INFINITY]), 0).unwrap());
        assert_eq!((out.bytes.as_slice(), out.not_finite), (b"nullnull".as_slice(), 2));
    }
}
