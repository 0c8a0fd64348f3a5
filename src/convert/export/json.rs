//! Values as JSON text, straight from columns: numbers, texts and truths, lists and records of them.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt64Type};
use arrow_schema::DataType;

use super::table::Cell;
use crate::convert::json::write_text;

/// Whole numbers up to here are exact, and written without a point by [`Sink::short`].
const EXACT: f64 = 9_007_199_254_740_992.0;
/// No integer says this one.
const NEGATIVE_ZERO: u64 = 1 << 63;

/// Where text goes, and what could not be said in it.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(crate) bytes: Vec<u8>,
    /// Numbers that JSON has no text for, written as `null`.
    pub(crate) not_finite: u64,
}

impl Sink {
    /// Writes a number by the shortest text that reads back as the same double, whole ones as `3.0`. JSON has
    /// no infinities and no NaN: they become `null` and are counted.
    pub(crate) fn float(&mut self, value: f64) {
        if value.is_finite() {
            // A vector cannot fail to be written to.
            let _ = serde_json::to_writer(&mut self.bytes, &value);
        } else {
            self.bytes.extend_from_slice(b"null");
            self.not_finite += 1;
        }
    }

    /// As [`Sink::float`], but whole numbers as `3`.
    pub(crate) fn short(&mut self, value: f64) {
        match whole(value) {
            Some(n) => self.int(n),
            None => self.float(value),
        }
    }

    /// Writes an integer.
    pub(crate) fn int(&mut self, value: i64) {
        let _ = serde_json::to_writer(&mut self.bytes, &value);
    }

    /// Writes a string with its quotes.
    pub(crate) fn text(&mut self, text: &str) {
        write_text(&mut self.bytes, text);
    }

    /// Writes text that is JSON already.
    pub(crate) fn raw(&mut self, json: &[u8]) {
        self.bytes.extend_from_slice(json);
    }

    /// Writes a list, each element by `one`.
    pub(crate) fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut one: impl FnMut(&mut Sink, T)) {
        self.bytes.push(b'[');
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                self.bytes.push(b',');
            }
            one(self, item);
        }
        self.bytes.push(b']');
    }

    /// Writes a value; false, and nothing written, for a type that [`writable`] denies.
    pub(crate) fn value(&mut self, cell: Cell<'_>) -> bool {
        if let Some(n) = cell.int() {
            self.int(n);
        } else if let Some(text) = cell.text() {
            self.text(text);
        } else if let Some(x) = cell.float() {
            self.float(x);
        } else if let Some(flag) = cell.flag() {
            self.raw(if flag { b"true" } else { b"false" });
        } else {
            return writable(cell.array.data_type()) && self.other(cell);
        }
        true
    }

    fn other(&mut self, cell: Cell<'_>) -> bool {
        match cell.array.data_type() {
            DataType::UInt64 => {
                let n = cell.array.as_primitive::<UInt64Type>().value(cell.at);
                self.raw(n.to_string().as_bytes());
            }
            DataType::Float32 => {
                let x = cell.array.as_primitive::<Float32Type>().value(cell.at);
                if x.is_finite() {
                    // The shortest text of a single: `0.1`, where its double would be 0.10000000149011612.
                    let _ = serde_json::to_writer(&mut self.bytes, &x);
                } else {
                    self.float(f64::from(x));
                }
            }
            DataType::Struct(fields) => {
                let columns = cell.array.as_struct().columns();
                self.bytes.push(b'{');
                let mut first = true;
                for (field, column) in fields.iter().zip(columns) {
                    let Some(member) = Cell::new(column.as_ref(), cell.at) else { continue };
                    if !std::mem::take(&mut first) {
                        self.bytes.push(b',');
                    }
                    self.text(field.name());
                    self.bytes.push(b':');
                    self.value(member);
                }
                self.bytes.push(b'}');
            }
            _ => match cell.items() {
                Some(items) => self.list(items, |out, item| match item {
                    Some(item) => drop(out.value(item)),
                    None => out.raw(b"null"),
                }),
                None => return false,
            },
        }
        true
    }
}

/// The integer that a whole double within ±2^53 is; `None` for any other, minus zero included.
#[allow(clippy::as_conversions)] // exact: the range is checked
fn whole(value: f64) -> Option<i64> {
    let exact = value.fract() == 0.0 && value.abs() <= EXACT && value.to_bits() != NEGATIVE_ZERO;
    exact.then_some(value as i64)
}

/// True for the types that [`Sink::value`] writes: all but bytes, times and the rarer layouts.
pub(crate) fn writable(ty: &DataType) -> bool {
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
        Array, ArrayRef, BinaryArray, Float32Array, Float64Array, ListArray, StringArray, StructArray,
        UInt64Array,
    };
    use std::sync::Arc;

    fn text(array: &dyn Array) -> Option<String> {
        let mut out = Sink::default();
        out.value(Cell::new(array, 0)?).then(|| String::from_utf8(out.bytes).unwrap())
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
        out.value(Cell::new(&Float64Array::from(vec![f64::NAN]), 0).unwrap());
        out.value(Cell::new(&Float32Array::from(vec![f32::INFINITY]), 0).unwrap());
        assert_eq!((out.bytes.as_slice(), out.not_finite), (b"nullnull".as_slice(), 2));
    }

    #[test]
    fn numbers_read_back_as_themselves_and_whole_ones_are_long_or_short() {
        let text = |value, short| {
            let mut out = Sink::default();
            if short {
                out.short(value)
            } else {
                out.float(value)
            }
            String::from_utf8(out.bytes).unwrap()
        };
        for value in [0.1 + 0.2, 1e300, 5e-324, 9_007_199_254_740_993.0, 123_456_789.125, 3.0, -0.0] {
            for short in [false, true] {
                assert_eq!(text(value, short).parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
        assert_eq!([text(3.0, false), text(3.0, true)], ["3.0", "3"]);
        assert_eq!([text(-0.0, false), text(-0.0, true)], ["-0.0", "-0.0"]);
        assert_eq!(text(f64::NAN, true), "null");
    }
}
