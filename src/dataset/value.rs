//! A single value of a key, of whatever kind: what getters and mapped functions give and take.
//!
//! Values taken from Arrow arrays copy nothing larger than a scalar: text and bytes share the array's buffer,
//! lists are slices of the child array.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, TimeUnit};

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not there.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    UInt(u64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// Bytes, shared with the array they came from.
    Bytes(Buffer),
    /// A list whose elements are an Arrow array: boxes, labels, points.
    Array(ArrayRef),
    /// A list of values of any kind.
    List(Arc<[Value]>),
    /// Named members: an image's bytes and path, a segmentation.
    Record(Arc<[(String, Value)]>),
}

impl Value {
    /// The value at a position of an array; [`Value::Null`] where the array is null, out of range, or of a
    /// type that has no value form here (its one-element slice is then given as [`Value::Array`]).
    pub fn of(array: &dyn Array, position: usize) -> Value {
        if position >= array.len() || array.is_null(position) {
            return Value::Null;
        }
        macro_rules! int {
            ($ty:ty) => {
                Value::Int(array.as_primitive::<$ty>().value(position).into())
            };
        }
        match array.data_type() {
            DataType::Null => Value::Null,
            DataType::Boolean => Value::Bool(array.as_boolean().value(position)),
            DataType::Int8 => int!(Int8Type),
            DataType::Int16 => int!(Int16Type),
            DataType::Int32 => int!(Int32Type),
            DataType::Int64 => int!(Int64Type),
            DataType::UInt8 => int!(UInt8Type),
            DataType::UInt16 => int!(UInt16Type),
            DataType::UInt32 => int!(UInt32Type),
            DataType::UInt64 => Value::from(array.as_primitive::<UInt64Type>().value(position)),
            DataType::Float16 => Value::Float(array.as_primitive::<Float16Type>().value(position).into()),
            DataType::Float32 => Value::Float(array.as_primitive::<Float32Type>().value(position).into()),
            DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(position)),
            DataType::Utf8 => Value::from(array.as_string::<i32>().value(position)),
            DataType::LargeUtf8 => Value::from(array.as_string::<i64>().value(position)),
            DataType::Utf8View => Value::from(array.as_string_view().value(position)),
            DataType::Binary => {
                let array = array.as_binary::<i32>();
                let (start, end) = (array.value_offsets()[position], array.value_offsets()[position + 1]);
                Value::Bytes(array.values().slice_with_length(start as usize, (end - start) as usize))
            }
            DataType::LargeBinary => {
                let array = array.as_binary::<i64>();
                let (start, end) = (array.value_offsets()[position], array.value_offsets()[position + 1]);
                Value::Bytes(array.values().slice_with_length(start as usize, (end - start) as usize))
            }
            DataType::BinaryView => Value::Bytes(view_bytes(array.as_binary_view(), position)),
            DataType::FixedSizeBinary(_) => {
                Value::Bytes(Buffer::from(array.as_fixed_size_binary().value(position)))
            }
            DataType::List(_) => Value::Array(array.as_list::<i32>().value(position)),
            DataType::LargeList(_) => Value::Array(array.as_list::<i64>().value(position)),
            DataType::FixedSizeList(..) => Value::Array(array.as_fixed_size_list().value(position)),
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns();
                let members = fields.iter().zip(columns);
                Value::Record(members.map(|(f, c)| (f.name().clone(), Value::of(c, position))).collect())
            }
            _ => Value::Array(array.slice(position, 1)),
        }
    }

    /// True for [`Value::Null`].
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// What sort of value it is, for messages.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::UInt(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Array(_) => "an array",
            Value::List(_) => "a list",
            Value::Record(_) => "a record",
        }
    }

    /// The value as JSON: bytes as `<n bytes>`, NaN and infinities as null.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::from(*b),
            Value::Int(n) => Json::from(*n),
            Value::UInt(n) => Json::from(*n),
            Value::Float(x) => Json::from(*x),
            Value::Text(text) => Json::from(text.as_ref()),
            Value::Bytes(bytes) => Json::from(format!("<{} bytes>", bytes.len())),
            Value::Array(array) => {
                let element = |i| match moment(array.as_ref(), i) {
                    Some(text) => Json::from(text),
                    None if array.data_type().is_temporal() => Json::Null,
                    None => Value::of(array.as_ref(), i).to_json(),
                };
                (0..array.len()).map(element).collect()
            }
            Value::List(values) => values.iter().map(Value::to_json).collect(),
            Value::Record(members) => {
                Json::Object(members.iter().map(|(name, v)| (name.clone(), v.to_json())).collect())
            }
        }
    }

    /// The whole number, if it is one that fits.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The number, whole or not.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(x) => Some(*x),
            Value::Int(n) => Some(*n as f64),
            Value::UInt(n) => Some(*n as f64),
            _ => None,
        }
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, if they are bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The elements as an Arrow array, if it is one.
    pub fn as_array(&self) -> Option<&ArrayRef> {
        match self {
            Value::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The member of a record.
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Record(members) => members.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }
}

/// The bytes of a view: a slice of the payload buffer, or of the view itself where they fit in it.
/// The text of a date, a time or both; `None` for null and for what is none of them.
pub(crate) fn moment(array: &dyn Array, position: usize) -> Option<String> {
    if position >= array.len() || array.is_null(position) {
        return None;
    }
    macro_rules! said {
        ($ty:ty, $read:ident) => {
            array.as_primitive::<$ty>().$read(position).map(|moment| moment.to_string())
        };
    }
    match array.data_type() {
        DataType::Date32 => said!(Date32Type, value_as_date),
        DataType::Date64 => said!(Date64Type, value_as_datetime),
        DataType::Time32(TimeUnit::Second) => said!(Time32SecondType, value_as_time),
        DataType::Time32(_) => said!(Time32MillisecondType, value_as_time),
        DataType::Time64(TimeUnit::Microsecond) => said!(Time64MicrosecondType, value_as_time),
        DataType::Time64(_) => said!(Time64NanosecondType, value_as_time),
        DataType::Timestamp(TimeUnit::Second, _) => said!(TimestampSecondType, value_as_datetime),
        DataType::Timestamp(TimeUnit::Millisecond, _) => said!(TimestampMillisecondType, value_as_datetime),
        DataType::Timestamp(TimeUnit::Microsecond, _) => said!(TimestampMicrosecondType, value_as_datetime),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => said!(TimestampNanosecondType, value_as_datetime),
        DataType::Duration(unit) => {
            let (count, unit) = match unit {
                TimeUnit::Second => (array.as_primitive::<DurationSecondType>().value(position), "s"),
                TimeUnit::Millisecond => {
                    (array.as_primitive::<DurationMillisecondType>().value(position), "ms")
                }
                TimeUnit::Microsecond => {
                    (array.as_primitive::<DurationMicrosecondType>().value(position), "us")
                }
                TimeUnit::Nanosecond => {
                    (array.as_primitive::<DurationNanosecondType>().value(position), "ns")
                }
            };
            Some(format!("{count}{unit}"))
        }
        _ => None,
    }
}

fn view_bytes(array: &arrow_array::BinaryViewArray, position: usize) -> Buffer {
    let view = arrow_data::ByteView::from(array.views()[position]);
    if view.length <= 12 {
        return Buffer::from(array.value(position));
    }
    array.data_buffers()[view.buffer_index as usize]
        .slice_with_length(view.offset as usize, view.length as usize)
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Value {
        Value::Int(value.into())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        i64::try_from(value).map_or(Value::UInt(value), Value::Int)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float(value)
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Value {
        Value::Float(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Value {
        Value::Bytes(Buffer::from_vec(value))
    }
}

impl From<ArrayRef> for Value {
    fn from(value: ArrayRef) -> Value {
        Value::Array(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Value {
        Value::List(values.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{BinaryArray, BinaryViewArray, StringArray};

    #[test]
    fn bytes_share_the_buffer_of_their_array() {
        let long = vec![7u8; 100];
        let plain = BinaryArray::from_iter_values([b"ab".as_slice(), &long]);
        let Value::Bytes(bytes) = Value::of(&plain, 1) else { panic!() };
        assert_eq!(bytes.as_ptr(), plain.value(1).as_ptr());
        let view = BinaryViewArray::from_iter_values([b"ab".as_slice(), &long]);
        let Value::Bytes(bytes) = Value::of(&view, 1) else { panic!() };
        assert_eq!(bytes.as_ptr(), view.value(1).as_ptr());
        assert_eq!(Value::of(&view, 0).as_bytes(), Some(b"ab".as_slice()));
    }

    #[test]
    fn null_and_out_of_range_are_null() {
        let texts = StringArray::from(vec![Some("a"), None]);
        assert_eq!(Value::of(&texts, 0), Value::from("a"));
        assert!(Value::of(&texts, 1).is_null() && Value::of(&texts, 2).is_null());
    }
}
