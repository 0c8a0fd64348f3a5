//! Values that Python gives, as a dataset has them: what `value.rs` does, the other way round.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, BooleanArray, FixedSizeListArray, PrimitiveArray};
use arrow_schema::Field;
use lensframe::dataset::Value;
use numpy::{Element, PyReadonlyArrayDyn};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// A value: a number, text, bytes, an array or tensor, a list or a dict of such.
///
/// # Errors
/// `TypeError` for anything else; `OverflowError` for whole numbers beyond 64 bits.
pub(crate) fn value(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    if given.is_none() {
        return Ok(Value::Null);
    }
    if given.is_instance_of::<PyBool>() {
        return Ok(Value::Bool(given.extract()?));
    }
    if given.is_instance_of::<PyInt>() {
        return match given.extract::<i64>() {
            Ok(n) => Ok(Value::Int(n)),
            Err(_) => Ok(Value::UInt(given.extract()?)),
        };
    }
    if given.is_instance_of::<PyFloat>() {
        return Ok(Value::Float(given.extract()?));
    }
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(Value::from(text.to_cow()?.as_ref()));
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(Value::Bytes(bytes.as_bytes().to_vec().into()));
    }
    if let Ok(members) = given.cast::<PyDict>() {
        let members = members.iter().map(|(name, member)| Ok((name.extract::<String>()?, value(&member)?)));
        return Ok(Value::Record(members.collect::<PyResult<Vec<_>>>()?.into()));
    }
    if given.is_instance_of::<PyList>() || given.is_instance_of::<PyTuple>() {
        let items = given.try_iter()?.map(|item| value(&item?));
        return Ok(Value::List(items.collect::<PyResult<Vec<_>>>()?.into()));
    }
    // Arrays and numbers of NumPy, tensors of PyTorch.
    if given.hasattr("__array__")? || given.hasattr("__array_interface__")? {
        return array(given);
    }
    let name = given.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "a value of type {name} is not kept; return numbers, text, bytes, arrays, lists or dicts of them"
    )))
}

/// An array, in this machine's byte order; one without axes is a number.
fn array(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    let numpy = given.py().import("numpy")?;
    let array = numpy.call_method1("asarray", (given,))?;
    let dtype = array.getattr("dtype")?;
    if array.getattr("ndim")?.extract::<usize>()? == 0 {
        return value(&array.call_method0("item")?);
    }
    let native = match dtype.getattr("isnative")?.extract()? {
        true => array,
        false => array.call_method1("astype", (dtype.call_method1("newbyteorder", ("=",))?,))?,
    };
    let kind: String = dtype.getattr("str")?.extract()?;
    match kind.get(1..).unwrap_or_default() {
        "b1" => flags(&native),
        "i1" => numbers::<Int8Type>(&native),
        "i2" => numbers::<Int16Type>(&native),
        "i4" => numbers::<Int32Type>(&native),
        "i8" => numbers::<Int64Type>(&native),
        "u1" => numbers::<UInt8Type>(&native),
        "u2" => numbers::<UInt16Type>(&native),
        "u4" => numbers::<UInt32Type>(&native),
        "u8" => numbers::<UInt64Type>(&native),
        "f2" => numbers::<Float32Type>(&native.call_method1("astype", ("float32",))?),
        "f4" => numbers::<Float32Type>(&native),
        "f8" => numbers::<Float64Type>(&native),
        text if text.starts_with('U') => value(&native.call_method0("tolist")?),
        _ => {
            Err(PyTypeError::new_err(format!("an array of {dtype} is not kept; give numbers, flags or text")))
        }
    }
}

fn numbers<T: ArrowPrimitiveType<Native: Element>>(array: &Bound<'_, PyAny>) -> PyResult<Value> {
    let array: PyReadonlyArrayDyn<'_, T::Native> = array.extract()?;
    let view = array.as_array();
    let values: Vec<T::Native> = view.iter().copied().collect();
    nested(Arc::new(PrimitiveArray::<T>::from_iter_values(values)), view.shape())
}

fn flags(array: &Bound<'_, PyAny>) -> PyResult<Value> {
    let array: PyReadonlyArrayDyn<'_, bool> = array.extract()?;
    let view = array.as_array();
    nested(Arc::new(BooleanArray::from(view.iter().copied().collect::<Vec<bool>>())), view.shape())
}

/// Elements in rows of rows: the first axis is the array's own.
fn nested(values: ArrayRef, shape: &[usize]) -> PyResult<Value> {
    let fault =
        |e: &dyn std::fmt::Display| PyValueError::new_err(format!("an array of shape {shape:?}: {e}"));
    let mut array = values;
    for (at, width) in shape.iter().enumerate().skip(1).rev() {
        let width = i32::try_from(*width).map_err(|e| fault(&e))?;
        let rows: usize = shape.iter().take(at).product();
        let field = Arc::new(Field::new("item", array.data_type().clone(), true));
        array = match width {
            // Of lists of nothing only their number says how many there are.
            0 => Arc::new(
                FixedSizeListArray::try_new_with_length(field, 0, array, None, rows)
                    .map_err(|e| fault(&e))?,
            ),
            _ => Arc::new(FixedSizeListArray::try_new(field, width, array, None).map_err(|e| fault(&e))?),
        };
    }
    Ok(Value::Array(array))
}
