//! Values as Python has them: numbers as NumPy arrays that share our memory, texts as `str`, the rest as lists and dicts.
//!
//! An array with a null is a list with `None` in its place: NumPy has no null. Arrays that share memory are read-only.

#![allow(unsafe_code)] // NumPy is lent memory that an object of ours keeps alive.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use lensframe::dataset::Value;
use numpy::ndarray::{ArrayView1, ArrayViewD};
use numpy::{Element, PyArray1, PyArrayDyn, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

/// Keeps the memory of an array for those to whom it was lent.
#[pyclass(frozen, module = "lensframe")]
struct Memory {
    _array: ArrayRef,
}

/// A value.
pub(crate) fn value(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    match value {
        Value::Null => Ok(py.None()),
        Value::Bool(flag) => (*flag).into_py_any(py),
        Value::Int(n) => (*n).into_py_any(py),
        Value::UInt(n) => (*n).into_py_any(py),
        Value::Float(x) => (*x).into_py_any(py),
        Value::Text(text) => text.as_ref().into_py_any(py),
        Value::Bytes(bytes) => PyBytes::new(py, bytes).into_py_any(py),
        Value::Array(elements) => array(py, elements),
        Value::List(values) => {
            let items = values.iter().map(|item| self::value(py, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_py_any(py)
        }
        Value::Record(members) => {
            let dict = PyDict::new(py);
            for (name, member) in members.iter() {
                dict.set_item(name, self::value(py, member)?)?;
            }
            dict.into_py_any(py)
        }
    }
}

/// The elements of an Arrow array: as NumPy where all have a value, else as a list.
pub(crate) fn array(py: Python<'_>, array: &ArrayRef) -> PyResult<Py<PyAny>> {
    if let Some(lent) = lent(py, array)? {
        return Ok(lent);
    }
    if let Some((flags, shape)) = dense(array).filter(|(values, _)| *values.data_type() == DataType::Boolean)
    {
        let flags: Vec<bool> = flags.as_boolean().values().iter().collect();
        return PyArray1::from_vec(py, flags).reshape(shape)?.into_py_any(py);
    }
    let items =
        (0..array.len()).map(|at| value(py, &Value::of(array.as_ref(), at))).collect::<PyResult<Vec<_>>>()?;
    PyList::new(py, items)?.into_py_any(py)
}

/// The innermost elements of lists of fixed lengths, and the lengths of all axes; `None` where one is null.
fn dense(array: &ArrayRef) -> Option<(ArrayRef, Vec<usize>)> {
    let (mut values, mut shape) = (ArrayRef::clone(array), vec![array.len()]);
    loop {
        if values.null_count() > 0 {
            return None;
        }
        let DataType::FixedSizeList(_, width) = values.data_type() else { return Some((values, shape)) };
        let width = usize::try_from(*width).unwrap_or(0);
        let list = values.as_fixed_size_list();
        let inner = list.values().slice(list.value_offset_at(0), list.len() * width);
        values = inner;
        shape.push(width);
    }
}

/// The elements as a NumPy array that shares their memory; `None` where that cannot be.
pub(crate) fn lent(py: Python<'_>, array: &ArrayRef) -> PyResult<Option<Py<PyAny>>> {
    let Some((values, shape)) = dense(array) else { return Ok(None) };
    macro_rules! by_type {
        ($($name:ident => $ty:ty),*) => {
            match values.data_type() {
                $(DataType::$name => numbers::<$ty>(py, &values, &shape).map(Some),)*
                _ => Ok(None),
            }
        };
    }
    by_type!(Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
        UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type,
        Float32 => Float32Type, Float64 => Float64Type)
}

/// Numbers along axes of these lengths.
fn numbers<T: ArrowPrimitiveType>(py: Python<'_>, array: &ArrayRef, shape: &[usize]) -> PyResult<Py<PyAny>>
where
    T::Native: Element,
{
    let values: &[T::Native] = array.as_primitive::<T>().values();
    let memory = Bound::new(py, Memory { _array: ArrayRef::clone(array) })?.into_any();
    if let [_] = shape {
        // SAFETY: `memory` keeps the buffer, which nobody changes, as long as the array lives.
        let lent = unsafe { PyArray1::borrow_from_array(&ArrayView1::from(values), memory) };
        lent.readwrite().make_nonwriteable();
        return lent.into_py_any(py);
    }
    let view = ArrayViewD::from_shape(shape, values)
        .map_err(|e| pyo3::exceptions::PyRuntimeError::new_err(e.to_string()))?;
    // SAFETY: as above.
    let lent = unsafe { PyArrayDyn::borrow_from_array(&view, memory) };
    lent.readwrite().make_nonwriteable();
    lent.into_py_any(py)
}
