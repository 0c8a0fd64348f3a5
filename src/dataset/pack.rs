//! Values turned into an Arrow array of a declared field: what makes a function's results a column.
//!
//! Invariant: a value that does not fit gives null at its row and an error that names the row's position; its
//! neighbours are unaffected. Numbers are never narrowed in silence: a whole number must fit the type, only
//! floating-point types round. Bytes of a view type are shared, not copied.

use std::sync::Arc;

use arrow_array::builder::{BinaryViewBuilder, FixedSizeBinaryBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, FixedSizeListArray, ListArray, NullArray, PrimitiveArray,
    StringArray, StringViewArray, StructArray, new_empty_array, new_null_array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, FieldRef, Fields};

use super::batch::RowPos;
use super::value::Value;
use crate::error::{Error, ErrorKind, Place, Result};

/// Positions of values that did not fit, ascending.
type Unfit = Vec<RowPos>;

/// An array of `values` as `field` declares them, and an error for each value that did not fit (null there).
///
/// # Errors
/// [`ErrorKind::Limit`] if text, bytes or list elements would pass 2^31 in one array; [`ErrorKind::Unsupported`]
/// for a type that [`check_packable`] refuses.
pub(crate) fn pack(values: &[Value], field: &Field) -> Result<(ArrayRef, Vec<(RowPos, Error)>)> {
    let (array, unfit) =
        array_of(values, field.data_type()).map_err(|e| e.at(Place::none().key(field.name())))?;
    let errors = unfit.into_iter().map(|position| {
        let got = values.get(position).map_or("nothing", Value::kind_name);
        let what = format!("{got} does not fit the declared type {}", field.data_type());
        (position, Error::new(ErrorKind::Type, what).at(Place::area("dataset").key(field.name())))
    });
    let errors = errors.collect();
    Ok((array, errors))
}

/// Checks that values can be turned into arrays of this type.
///
/// # Errors
/// [`ErrorKind::Unsupported`] naming the type.
pub(super) fn check_packable(field: &Field) -> Result<()> {
    array_of(&[], field.data_type()).map(|_| ()).map_err(|e| e.at(Place::area("dataset").key(field.name())))
}

fn array_of(values: &[Value], ty: &DataType) -> Result<(ArrayRef, Unfit)> {
    let mut unfit = Vec::new();
    let array: ArrayRef = match ty {
        DataType::Null => {
            unfit.extend(positions(values, |v| !v.is_null()));
            Arc::new(NullArray::new(values.len()))
        }
        DataType::Boolean => Arc::new(BooleanArray::from(fitting(values, &mut unfit, |v| match v {
            Value::Bool(b) => Some(*b),
            _ => None,
        }))),
        DataType::Int8 => whole::<Int8Type>(values, &mut unfit),
        DataType::Int16 => whole::<Int16Type>(values, &mut unfit),
        DataType::Int32 => whole::<Int32Type>(values, &mut unfit),
        DataType::Int64 => whole::<Int64Type>(values, &mut unfit),
        DataType::UInt8 => whole::<UInt8Type>(values, &mut unfit),
        DataType::UInt16 => whole::<UInt16Type>(values, &mut unfit),
        DataType::UInt32 => whole::<UInt32Type>(values, &mut unfit),
        DataType::UInt64 => whole::<UInt64Type>(values, &mut unfit),
        DataType::Float32 => {
            Arc::new(PrimitiveArray::<Float32Type>::from(fitting(values, &mut unfit, |v| {
                v.as_float().map(|x| x as f32)
            })))
        }
        DataType::Float64 => {
            Arc::new(PrimitiveArray::<Float64Type>::from(fitting(values, &mut unfit, Value::as_float)))
        }
        DataType::Utf8 => {
            check_total(values.iter().filter_map(Value::as_text).map(str::len))?;
            Arc::new(StringArray::from(fitting(values, &mut unfit, Value::as_text)))
        }
        DataType::Utf8View => Arc::new(StringViewArray::from(fitting(values, &mut unfit, Value::as_text))),
        DataType::Binary => {
            check_total(values.iter().filter_map(Value::as_bytes).map(<[u8]>::len))?;
            Arc::new(BinaryArray::from(fitting(values, &mut unfit, Value::as_bytes)))
        }
        DataType::BinaryView => byte_views(values, &mut unfit)?,
        DataType::FixedSizeBinary(size) if *size >= 0 => fixed_bytes(values, *size, &mut unfit)?,
        DataType::List(item) => lists(values, item, &mut unfit)?,
        DataType::FixedSizeList(item, size) => fixed_lists(values, item, *size, &mut unfit)?,
        DataType::Struct(fields) => records(values, fields, &mut unfit)?,
        other => {
            return Err(Error::new(ErrorKind::Unsupported, format!("values cannot be made into {other}"))
                .remedy("give the key as values, without a declared field"));
        }
    };
    Ok((array, unfit))
}

fn positions<'a>(values: &'a [Value], is: impl Fn(&Value) -> bool + 'a) -> impl Iterator<Item = RowPos> + 'a {
    values.iter().enumerate().filter(move |(_, v)| is(v)).map(|(position, _)| position)
}

/// Each value as `T`; null stays null, what `cast` refuses becomes null and is noted.
fn fitting<'a, T>(
    values: &'a [Value],
    unfit: &mut Unfit,
    cast: impl Fn(&'a Value) -> Option<T>,
) -> Vec<Option<T>> {
    let mut made = Vec::with_capacity(values.len());
    for (position, value) in values.iter().enumerate() {
        let cast = if value.is_null() { None } else { cast(value) };
        if cast.is_none() && !value.is_null() {
            unfit.push(position);
        }
        made.push(cast);
    }
    made
}

fn whole<T: ArrowPrimitiveType>(values: &[Value], unfit: &mut Unfit) -> ArrayRef
where
    T::Native: TryFrom<i64> + TryFrom<u64>,
    PrimitiveArray<T>: From<Vec<Option<T::Native>>>,
{
    let cast = |value: &Value| match value {
        Value::Int(n) => T::Native::try_from(*n).ok(),
        Value::UInt(n) => T::Native::try_from(*n).ok(),
        _ => None,
    };
    Arc::new(PrimitiveArray::<T>::from(fitting(values, unfit, cast)))
}

/// Plain arrays count with 32 bits; past that the builders of arrow would panic.
fn check_total(lengths: impl Iterator<Item = usize>) -> Result<()> {
    let total: usize = lengths.sum();
    if i32::try_from(total).is_err() {
        return Err(Error::new(
            ErrorKind::Limit,
            format!("{total} elements in one array, the limit is 2^31 - 1"),
        )
        .at(Place::area("dataset"))
        .remedy("read fewer rows at once, or declare a view type"));
    }
    Ok(())
}

fn byte_views(values: &[Value], unfit: &mut Unfit) -> Result<ArrayRef> {
    let mut builder = BinaryViewBuilder::with_capacity(values.len());
    for (position, value) in values.iter().enumerate() {
        match value {
            Value::Bytes(bytes) if bytes.len() <= 12 => builder.append_value(bytes.as_slice()),
            Value::Bytes(bytes) => match u32::try_from(bytes.len()) {
                Ok(len) if len < u32::MAX => {
                    let block = builder.append_block(bytes.clone());
                    builder.try_append_view(block, 0, len)?;
                }
                _ => {
                    unfit.push(position);
                    builder.append_null();
                }
            },
            other => {
                if !other.is_null() {
                    unfit.push(position);
                }
                builder.append_null();
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn fixed_bytes(values: &[Value], size: i32, unfit: &mut Unfit) -> Result<ArrayRef> {
    let mut builder = FixedSizeBinaryBuilder::with_capacity(values.len(), size);
    for bytes in fitting(values, unfit, |v| v.as_bytes().filter(|b| i32::try_from(b.len()) == Ok(size))) {
        match bytes {
            Some(bytes) => builder.append_value(bytes)?,
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// The elements of one list value as an array of `item`; `None` if it is no such list.
fn elements(value: &Value, item: &Field) -> Result<Option<ArrayRef>> {
    match value {
        Value::Array(array) => Ok((array.data_type() == item.data_type()).then(|| ArrayRef::clone(array))),
        Value::List(values) => {
            let (array, unfit) = array_of(values, item.data_type())?;
            Ok(unfit.is_empty().then_some(array))
        }
        _ => Ok(None),
    }
}

/// Joins the parts of a list's child.
fn joined(parts: &[ArrayRef], ty: &DataType) -> Result<ArrayRef> {
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    if parts.is_empty() { Ok(new_empty_array(ty)) } else { Ok(arrow_select::concat::concat(&parts)?) }
}

fn lists(values: &[Value], item: &FieldRef, unfit: &mut Unfit) -> Result<ArrayRef> {
    let mut parts = Vec::new();
    let mut lengths = Vec::with_capacity(values.len());
    let mut valid = Vec::with_capacity(values.len());
    for (position, value) in values.iter().enumerate() {
        let part = if value.is_null() { None } else { elements(value, item)? };
        if part.is_none() && !value.is_null() {
            unfit.push(position);
        }
        valid.push(part.is_some());
        lengths.push(part.as_ref().map_or(0, |p| p.len()));
        parts.extend(part);
    }
    check_total(lengths.iter().copied())?;
    let child = joined(&parts, item.data_type())?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, child, Some(NullBuffer::from(valid)))?))
}

fn fixed_lists(values: &[Value], item: &FieldRef, size: i32, unfit: &mut Unfit) -> Result<ArrayRef> {
    let width = usize::try_from(size).unwrap_or(0);
    let mut parts = Vec::with_capacity(values.len());
    let mut valid = Vec::with_capacity(values.len());
    for (position, value) in values.iter().enumerate() {
        let part = if value.is_null() { None } else { elements(value, item)?.filter(|p| p.len() == width) };
        if part.is_none() && !value.is_null() {
            unfit.push(position);
        }
        valid.push(part.is_some());
        parts.push(part.unwrap_or_else(|| new_null_array(item.data_type(), width)));
    }
    let child = joined(&parts, item.data_type())?;
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(FixedSizeListArray::try_new_with_length(Arc::clone(item), size, child, nulls, values.len())?))
}

fn records(values: &[Value], fields: &Fields, unfit: &mut Unfit) -> Result<ArrayRef> {
    let known = |name: &str| fields.iter().any(|f| f.name() == name);
    let mut bad: Vec<bool> = values
        .iter()
        .map(|value| match value {
            Value::Record(members) => members.iter().any(|(name, _)| !known(name)),
            other => !other.is_null(),
        })
        .collect();
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let members: Vec<Value> =
            values.iter().map(|v| v.member(field.name()).cloned().unwrap_or(Value::Null)).collect();
        let (column, misfits) = array_of(&members, field.data_type())?;
        for position in misfits {
            if let Some(flag) = bad.get_mut(position) {
                *flag = true;
            }
        }
        columns.push(column);
    }
    unfit.extend(bad.iter().enumerate().filter(|(_, bad)| **bad).map(|(position, _)| position));
    let valid: Vec<bool> = values.iter().zip(&bad).map(|(v, bad)| !bad && !v.is_null()).collect();
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, values.len())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field;
    use arrow_array::cast::AsArray;

    fn packed(values: &[Value], ty: DataType) -> (Vec<Value>, Vec<RowPos>) {
        let (array, errors) = pack(values, &Field::new("k", ty, true)).unwrap();
        let back = (0..array.len()).map(|i| Value::of(array.as_ref(), i)).collect();
        (back, errors.into_iter().map(|(p, _)| p).collect())
    }

    #[test]
    fn values_that_fit_come_back_and_the_rest_are_named() {
        let values = [Value::Int(3), Value::from("x"), Value::Null, Value::Int(300)];
        assert_eq!(
            packed(&values, DataType::UInt8),
            (vec![Value::Int(3), Value::Null, Value::Null, Value::Null], vec![1, 3])
        );
        let e = &pack(&values, &Field::new("k", DataType::UInt8, true)).unwrap().1[0].1;
        assert_eq!(e.to_string(), "dataset: key 'k': text does not fit the declared type UInt8");
    }

    #[test]
    fn boxes_are_packed_from_plain_numbers() {
        let boxes = Value::from(vec![Value::from([1.0, 2.0, 3.0, 4.0].map(Value::from).to_vec())]);
        let short = Value::from(vec![Value::from(vec![Value::from(1.0)])]);
        let empty = Value::from(Vec::<Value>::new());
        let ty = field::object_type("bbox").unwrap();
        let (array, errors) =
            pack(&[boxes, short, empty, Value::Null], &Field::new("bbox", field::list(ty), true)).unwrap();
        assert_eq!(errors.iter().map(|(p, _)| *p).collect::<Vec<_>>(), [1]);
        let lists = array.as_list::<i32>();
        assert_eq!(lists.value(0).as_fixed_size_list().value(0).len(), 4);
        assert!(lists.is_null(1) && lists.value(2).is_empty() && lists.is_null(3));
    }

    #[test]
    fn arrays_taken_from_a_column_pack_again() {
        let values = [Value::from(vec![Value::Int(1), Value::Int(2)]), Value::Null];
        let (array, _) = pack(&values, &Field::new("k", field::list(DataType::Int64), true)).unwrap();
        let taken = [Value::of(array.as_ref(), 0), Value::of(array.as_ref(), 1)];
        let (again, errors) = pack(&taken, &Field::new("k", field::list(DataType::Int64), true)).unwrap();
        assert!(errors.is_empty() && again == array);
    }

    #[test]
    fn long_bytes_of_a_view_are_shared() {
        let bytes = Value::from(vec![7u8; 100]);
        let short = Value::from(vec![1u8; 3]);
        let at = bytes.as_bytes().unwrap().as_ptr();
        let record = |b: Value| Value::Record(vec![("bytes".to_owned(), b)].into());
        let (array, errors) =
            pack(&[record(bytes), record(short)], &Field::new("img", field::image_view_type(), true))
                .unwrap();
        assert!(errors.is_empty());
        assert_eq!(array.as_struct().column(0).as_binary_view().value(0).as_ptr(), at);
        assert_eq!(array.as_struct().column(0).as_binary_view().value(1), [1, 1, 1]);
    }

    #[test]
    fn a_record_with_a_member_too_many_does_not_fit() {
        let record = Value::Record(vec![("colour".to_owned(), Value::Null)].into());
        assert_eq!(packed(&[record], field::image_type()).1, [0]);
    }

    #[test]
    fn types_without_a_value_form_are_refused_when_declared() {
        let time = Field::new("t", DataType::Date32, true);
        assert_eq!(check_packable(&time).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
