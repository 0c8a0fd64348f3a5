//! [`PyColumn`]: one key of a view, read.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field};
use lensframe::dataset::{Column, Key};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};

use crate::error::Raise;
use crate::{arrow, value};

/// The values of one key of a view, in the order of its rows.
///
/// It is a sequence, hands itself out as an Arrow stream, and as NumPy arrays where it can.
#[pyclass(frozen, sequence, name = "Column", module = "lensframe")]
pub(crate) struct PyColumn {
    key: Key,
    column: Column,
}

impl PyColumn {
    pub(crate) fn new(key: Key, column: Column) -> PyColumn {
        PyColumn { key, column }
    }

    fn chunks(&self) -> PyResult<&[ArrayRef]> {
        match &self.column {
            Column::Arrow(chunks) => Ok(chunks),
            Column::Values(_) => {
                Err(PyTypeError::new_err("the type of its values is not declared; use list()"))
            }
        }
    }

    fn whole(&self, py: Python<'_>) -> PyResult<ArrayRef> {
        self.chunks()?;
        self.column.whole(self.key.field().map_or(&DataType::Null, |field| field.data_type())).raise(py)
    }
}

#[pymethods]
impl PyColumn {
    /// The name of the key; `None` if it has none.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.key.name()
    }

    /// The Arrow type as text; `None` where it is not declared.
    #[getter]
    fn dtype(&self) -> Option<String> {
        self.key.field().map(|field| field.data_type().to_string())
    }

    fn __len__(&self) -> usize {
        self.column.len()
    }

    fn __getitem__(&self, py: Python<'_>, at: isize) -> PyResult<Py<PyAny>> {
        let len = self.column.len();
        let place = if at < 0 { at + len as isize } else { at };
        match usize::try_from(place).ok().filter(|place| *place < len) {
            Some(place) => value::value(py, &self.column.value(place)),
            None => Err(PyIndexError::new_err(format!("position {at} of {len} values"))),
        }
    }

    /// All values as a list.
    fn to_list(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let values = self.column.values();
        let items = values.iter().map(|item| value::value(py, item)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, items)?.into_py_any(py)
    }

    /// The values as one NumPy array: numbers (n,), fixed-size lists (n, size). It shares memory where the column is in
    /// one piece, and is read-only then. Raises TypeError for lists of different lengths (see `values` and `offsets`)
    /// and for nulls.
    fn to_numpy(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let whole = self.whole(py)?;
        if let Some(lent) = value::lent(py, &whole)? {
            return Ok(lent);
        }
        if matches!(whole.data_type(), DataType::Boolean) && whole.null_count() == 0 {
            return value::array(py, &whole);
        }
        let what = match whole.null_count() {
            0 => format!("values of type {}", whole.data_type()),
            n => format!("{n} nulls"),
        };
        Err(PyTypeError::new_err(format!(
            "{what} are no NumPy array; use to_list(), or values and offsets of lists"
        )))
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__(&self, py: Python<'_>, dtype: Option<Py<PyAny>>, copy: Option<bool>) -> PyResult<Py<PyAny>> {
        let array = match self.to_numpy(py) {
            Ok(array) => array,
            Err(_) => {
                let numpy = py.import("numpy")?;
                return numpy.call_method1("array", (self.to_list(py)?, "O"))?.into_py_any(py);
            }
        };
        match dtype {
            Some(dtype) => array.call_method1(py, "astype", (dtype,)),
            None if copy == Some(true) => array.call_method0(py, "copy"),
            None => Ok(array),
        }
    }

    /// The elements of all lists, one after the other: (n,) or (n, size); for a column of lists.
    #[getter]
    fn values(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (values, _) = self.flat(py)?;
        value::array(py, &values)
    }

    /// Where the list of each row begins in `values`, and the end: (rows + 1,) int64.
    #[getter]
    fn offsets(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (_, offsets) = self.flat(py)?;
        numpy::PyArray1::from_vec(py, offsets).into_py_any(py)
    }

    /// The column as an Arrow stream of one column.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let field = match self.key.field() {
            Some(field) => field.as_ref().clone().with_nullable(true),
            None => Field::new("", DataType::Null, true),
        };
        arrow::column(py, field, self.chunks()?)
    }

    fn __repr__(&self) -> String {
        let ty = self.dtype().unwrap_or_else(|| "values".to_owned());
        format!("<lensframe.Column '{}' of {} values, {ty}>", self.key, self.column.len())
    }
}

impl PyColumn {
    fn flat(&self, py: Python<'_>) -> PyResult<(ArrayRef, Vec<i64>)> {
        let whole = self.whole(py)?;
        match whole.data_type() {
            DataType::List(_) => {
                let list = whole.as_list::<i32>();
                let offsets = list.value_offsets();
                let (first, last) =
                    (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
                let values = list.values().slice(first as usize, (last - first) as usize);
                Ok((values, offsets.iter().map(|offset| i64::from(offset - first)).collect()))
            }
            DataType::LargeList(_) => {
                let list = whole.as_list::<i64>();
                let offsets = list.value_offsets();
                let (first, last) =
                    (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
                let values = list.values().slice(first as usize, (last - first) as usize);
                Ok((values, offsets.iter().map(|offset| offset - first).collect()))
            }
            other => Err(PyTypeError::new_err(format!("a column of {other} has no lists"))),
        }
    }
}
