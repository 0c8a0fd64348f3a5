//! Reading a column as a wider type, and writing a view as the plain type that is stored.
//!
//! The rule of what widens to what is [`types::widens`]; this is its arithmetic, which loses nothing. Inner
//! fields take the names of the wider type. A view array (`utf8_view`, `binary_view`) is stored plain.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    LargeBinaryType, LargeUtf8Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, FixedSizeListArray, GenericByteArray, GenericListArray, PrimitiveArray,
    StringArray, StructArray, new_null_array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, FieldRef};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::types;

/// The type that is stored for values of `ty`: views become plain, at any depth of structs.
pub(super) fn stored_type(ty: &DataType) -> DataType {
    match ty {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Struct(fields) => DataType::Struct(
            fields.iter().map(|f| Field::new(f.name(), stored_type(f.data_type()), true)).collect(),
        ),
        other => other.clone(),
    }
}

/// `array` as type `to`; the same array where nothing is to be done.
///
/// # Errors
/// [`ErrorKind::Type`] where the type neither widens to `to` nor is a view of it.
pub(super) fn widened(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    use DataType as T;
    let from = array.data_type();
    if from == to {
        return Ok(Arc::clone(array));
    }
    Ok(match (from, to) {
        (T::Null, _) => new_null_array(to, array.len()),
        (T::Utf8View, T::Utf8) => Arc::new(array.as_string_view().iter().collect::<StringArray>()),
        (T::BinaryView, T::Binary) => Arc::new(array.as_binary_view().iter().collect::<BinaryArray>()),
        (T::Utf8, T::LargeUtf8) => Arc::new(large_bytes::<_, LargeUtf8Type>(array.as_string::<i32>())?),
        (T::Binary, T::LargeBinary) => Arc::new(large_bytes::<_, LargeBinaryType>(array.as_binary::<i32>())?),
        (T::List(_), T::List(item)) => Arc::new(list::<i32, i32>(array, item)?),
        (T::List(_), T::LargeList(item)) => Arc::new(list::<i32, i64>(array, item)?),
        (T::LargeList(_), T::LargeList(item)) => Arc::new(list::<i64, i64>(array, item)?),
        (T::FixedSizeList(_, n), T::FixedSizeList(item, m)) if n == m => {
            let old = array.as_fixed_size_list();
            let values = widened(old.values(), item.data_type())?;
            Arc::new(FixedSizeListArray::try_new(Arc::clone(item), *n, values, old.nulls().cloned())?)
        }
        (T::Struct(old), T::Struct(new)) if old.len() == new.len() => {
            let pairs = array.as_struct().columns().iter().zip(old).zip(new);
            let columns = pairs
                .map(|((column, old), new)| match old.name() == new.name() {
                    true => widened(column, new.data_type()),
                    false => Err(refused(from, to)),
                })
                .collect::<Result<Vec<_>>>()?;
            let nulls = array.nulls().cloned();
            Arc::new(StructArray::try_new_with_length(new.clone(), columns, nulls, array.len())?)
        }
        _ if types::widens(from, to) => number(array, to)?,
        _ => return Err(refused(from, to)),
    })
}

fn refused(from: &DataType, to: &DataType) -> Error {
    let text = |ty: &DataType| types::to_text(ty).unwrap_or_else(|_| ty.to_string());
    Error::new(ErrorKind::Type, format!("values of type {} where {} is declared", text(from), text(to)))
        .at(Place::area("store"))
        .remedy("declare the type of the values, or one they widen to")
}

fn large_bytes<S, L>(array: &GenericByteArray<S>) -> Result<GenericByteArray<L>>
where
    S: arrow_array::types::ByteArrayType<Offset = i32>,
    L: arrow_array::types::ByteArrayType<Offset = i64>,
{
    let offsets = large(array.offsets());
    Ok(GenericByteArray::try_new(offsets, array.values().clone(), array.nulls().cloned())?)
}

fn large<O: Into<i64> + Copy + arrow_buffer::ArrowNativeType>(
    offsets: &OffsetBuffer<O>,
) -> OffsetBuffer<i64> {
    OffsetBuffer::new(offsets.iter().map(|o| (*o).into()).collect::<ScalarBuffer<i64>>())
}

fn list<S, L>(array: &ArrayRef, item: &FieldRef) -> Result<GenericListArray<L>>
where
    S: arrow_array::OffsetSizeTrait,
    L: arrow_array::OffsetSizeTrait + From<S>,
{
    let old = array.as_list::<S>();
    let values = widened(old.values(), item.data_type())?;
    let offsets = OffsetBuffer::new(old.offsets().iter().map(|o| L::from(*o)).collect::<ScalarBuffer<L>>());
    Ok(GenericListArray::try_new(Arc::clone(item), offsets, values, old.nulls().cloned())?)
}

/// Integers by way of `i64` (only `uint64` exceeds it, and that widens to nothing), floats by way of `f64`.
fn number(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    use DataType as T;
    let from = array.data_type();
    macro_rules! via {
        ($middle:ty, $ty:ty) => {
            array.as_primitive::<$ty>().unary::<_, $middle>(|v| v.into())
        };
    }
    if from.is_floating() {
        let wide = match from {
            T::Float16 => via!(Float64Type, Float16Type),
            T::Float32 => via!(Float64Type, Float32Type),
            _ => return Err(refused(from, to)),
        };
        return Ok(match to {
            T::Float32 => Arc::new(wide.unary::<_, Float32Type>(|v| v as f32)),
            _ => Arc::new(wide),
        });
    }
    let wide = match from {
        T::Int8 => via!(Int64Type, Int8Type),
        T::Int16 => via!(Int64Type, Int16Type),
        T::Int32 => via!(Int64Type, Int32Type),
        T::UInt8 => via!(Int64Type, UInt8Type),
        T::UInt16 => via!(Int64Type, UInt16Type),
        T::UInt32 => via!(Int64Type, UInt32Type),
        _ => return Err(refused(from, to)),
    };
    match to {
        T::Int16 => narrow::<Int16Type>(&wide),
        T::Int32 => narrow::<Int32Type>(&wide),
        T::Int64 => Ok(Arc::new(wide)),
        T::UInt16 => narrow::<UInt16Type>(&wide),
        T::UInt32 => narrow::<UInt32Type>(&wide),
        T::UInt64 => narrow::<UInt64Type>(&wide),
        _ => Err(refused(from, to)),
    }
}

fn narrow<P: ArrowPrimitiveType>(wide: &PrimitiveArray<Int64Type>) -> Result<ArrayRef>
where
    P::Native: TryFrom<i64>,
{
    // Null slots may hold anything: only what is valid is converted.
    let fits = wide.unary_opt::<_, P>(|v| P::Native::try_from(v).ok());
    Ok(Arc::new(fits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field::{fixed_list, image_type, image_view_type, list as list_of};
    use arrow_array::builder::{BinaryViewBuilder, StringViewBuilder};
    use arrow_array::{Float32Array, Int32Array, ListArray, UInt8Array, UInt32Array};

    fn numbers(array: ArrayRef, to: DataType) -> ArrayRef {
        let wide = widened(&array, &to).unwrap();
        assert_eq!(wide.data_type(), &to);
        wide
    }

    #[test]
    fn numbers_keep_their_values_and_nulls() {
        let small: ArrayRef = Arc::new(UInt8Array::from(vec![Some(255), None]));
        for to in [DataType::UInt16, DataType::UInt32, DataType::UInt64, DataType::Int16, DataType::Int64] {
            let wide = numbers(Arc::clone(&small), to);
            assert_eq!(crate::dataset::Value::of(wide.as_ref(), 0).as_int(), Some(255));
            assert!(wide.is_null(1));
        }
        let big: ArrayRef = Arc::new(UInt32Array::from(vec![u32::MAX]));
        let wide = numbers(big, DataType::Int64);
        assert_eq!(wide.as_primitive::<Int64Type>().value(0), i64::from(u32::MAX));
        let floats: ArrayRef = Arc::new(Float32Array::from(vec![0.1_f32]));
        let wide = numbers(floats, DataType::Float64);
        assert_eq!(wide.as_primitive::<Float64Type>().value(0), f64::from(0.1_f32));
    }

    #[test]
    fn nested_items_are_widened_in_place() {
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
            Some(vec![Some(1), None]),
            None,
            Some(vec![]),
        ]);
        let wide = numbers(Arc::new(lists), list_of(DataType::Int64));
        assert_eq!(wide.as_list::<i32>().value(0).as_primitive::<Int64Type>().value(0), 1);
        assert!(wide.is_null(1) && wide.as_list::<i32>().value(2).is_empty());
        let pairs =
            FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>([Some([Some(1.0), None])], 2);
        numbers(Arc::new(pairs), fixed_list(DataType::Float64, 2));
    }

    #[test]
    fn an_image_view_is_stored_plain() {
        let (mut bytes, mut paths) = (BinaryViewBuilder::new(), StringViewBuilder::new());
        bytes.append_value([7; 40]);
        bytes.append_null();
        paths.append_null();
        paths.append_value("a.jpg");
        let DataType::Struct(fields) = image_view_type() else { panic!() };
        let columns: Vec<ArrayRef> = vec![Arc::new(bytes.finish()), Arc::new(paths.finish())];
        let view: ArrayRef = Arc::new(StructArray::try_new(fields, columns, None).unwrap());
        assert_eq!(stored_type(view.data_type()), image_type());
        let plain = widened(&view, &image_type()).unwrap();
        assert_eq!(plain.as_struct().column(0).as_binary::<i32>().value(0), [7; 40]);
        assert_eq!(plain.as_struct().column(1).as_string::<i32>().value(1), "a.jpg");
    }

    #[test]
    fn a_type_that_does_not_widen_is_refused_by_both_names() {
        let array: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        let e = widened(&array, &DataType::Int16).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Type);
        assert!(e.to_string().contains("int32 where int16"), "{e}");
    }
}
