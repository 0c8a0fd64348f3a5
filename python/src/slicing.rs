//! `ds.slice[rows]` and `ds.slice[rows, keys]`, as ChainerCV writes them: [`PySlicer`].
//!
//! Rows are a slice, a list or array of integers, or one of booleans; keys are a name or position (bare values), or a
//! list, tuple or array of them, or of booleans (tuples). Nothing is read.

use lensframe::dataset::{KeySelection, Selector, Slice};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PySlice, PyString, PyTuple};

use crate::dataset::{Form, PyDataset};
use crate::error::Raise;

/// Chooses rows and keys of a dataset without reading anything.
#[pyclass(frozen, name = "Slicer", module = "lensframe")]
pub(crate) struct PySlicer {
    pub(crate) of: Py<PyDataset>,
}

#[pymethods]
impl PySlicer {
    fn __getitem__(&self, py: Python<'_>, item: &Bound<'_, PyAny>) -> PyResult<PyDataset> {
        let of = self.of.get();
        let (rows, keys) = match item.cast::<PyTuple>() {
            Ok(pair) if pair.len() == 2 => (pair.get_item(0)?, Some(pair.get_item(1)?)),
            Ok(pair) => {
                let what = format!("slice takes rows, or rows and keys, not {} things", pair.len());
                return Err(PyTypeError::new_err(what));
            }
            Err(_) => (item.clone(), None),
        };
        let mut view = of.with(chosen(py, of, &rows)?);
        if let Some(keys) = keys {
            let selection = keys_of(&keys)?;
            view.form = match selection {
                KeySelection::One(_) => Form::Bare,
                _ => Form::Tuple,
            };
            view.ds = view.ds.select(selection).raise(py)?;
        }
        Ok(view)
    }
}

/// The rows that an index names, in its order.
pub(crate) fn chosen(
    py: Python<'_>,
    of: &PyDataset,
    rows: &Bound<'_, PyAny>,
) -> PyResult<lensframe::dataset::Dataset> {
    if let Ok(slice) = rows.cast::<PySlice>() {
        return of.ds.slice_python(slice_of(slice)?).raise(py);
    }
    if rows.is_instance_of::<PyString>() || rows.extract::<i64>().is_ok() && rows.len().is_err() {
        return Err(PyTypeError::new_err(
            "rows are a slice, or a list of numbers or of flags; one row is ds[i]",
        ));
    }
    match list_of(rows)? {
        List::Flags(flags) => {
            if flags.len() != of.ds.len() {
                let what = format!("{} flags for {} rows", flags.len(), of.ds.len());
                return Err(PyValueError::new_err(what));
            }
            of.ds.mask(&flags).raise(py)
        }
        List::Numbers(numbers) => of.ds.take_python(&numbers).raise(py),
    }
}

/// A Python slice.
pub(crate) fn slice_of(slice: &Bound<'_, PySlice>) -> PyResult<Slice> {
    let part = |name: &str| -> PyResult<Option<i64>> { slice.getattr(name)?.extract() };
    Ok(Slice { start: part("start")?, stop: part("stop")?, step: part("step")? })
}

enum List {
    Flags(Vec<bool>),
    Numbers(Vec<i64>),
}

/// Numbers or flags of a list or array; an empty one holds neither, and means nothing chosen.
fn list_of(list: &Bound<'_, PyAny>) -> PyResult<List> {
    // Arrays of NumPy and tensors of PyTorch say what they hold best as lists.
    let list = match list.hasattr("tolist")? {
        true => list.call_method0("tolist")?,
        false => list.clone(),
    };
    let items = list.try_iter()?.collect::<PyResult<Vec<_>>>()?;
    let flags = items.iter().filter(|item| item.is_instance_of::<PyBool>()).count();
    if flags > 0 && flags == items.len() {
        return Ok(List::Flags(items.iter().map(|item| item.extract()).collect::<PyResult<_>>()?));
    }
    if flags > 0 {
        return Err(PyTypeError::new_err("flags and numbers in one list: give one or the other"));
    }
    let operator = list.py().import("operator")?;
    let number = |item: &Bound<'_, PyAny>| operator.call_method1("index", (item,))?.extract::<i64>();
    Ok(List::Numbers(items.iter().map(number).collect::<PyResult<_>>()?))
}

/// Which keys are meant.
pub(crate) fn keys_of(keys: &Bound<'_, PyAny>) -> PyResult<KeySelection> {
    if let Some(one) = selector(keys)? {
        return Ok(KeySelection::One(one));
    }
    if let Ok(slice) = keys.cast::<PySlice>() {
        if slice_of(slice)? == Slice::default() {
            return Ok(KeySelection::All);
        }
        return Err(PyTypeError::new_err("keys are names or positions; a slice of them is only `:`"));
    }
    let list = match keys.hasattr("tolist")? {
        true => keys.call_method0("tolist")?,
        false => keys.clone(),
    };
    let items = list.try_iter()?.collect::<PyResult<Vec<_>>>()?;
    if !items.is_empty() && items.iter().all(|item| item.is_instance_of::<PyBool>()) {
        return Ok(KeySelection::Mask(items.iter().map(|item| item.extract()).collect::<PyResult<_>>()?));
    }
    let chosen = items
        .iter()
        .map(|item| selector(item)?.ok_or_else(|| PyTypeError::new_err("a key is a name or a position")));
    Ok(KeySelection::Many(chosen.collect::<PyResult<_>>()?))
}

fn selector(item: &Bound<'_, PyAny>) -> PyResult<Option<Selector>> {
    if let Ok(name) = item.cast::<PyString>() {
        return Ok(Some(Selector::Name(name.to_cow()?.into_owned())));
    }
    if item.is_instance_of::<PyBool>() || item.len().is_ok() {
        return Ok(None);
    }
    match item.py().import("operator")?.call_method1("index", (item,)) {
        Ok(position) => Ok(Some(Selector::Position(position.extract()?))),
        Err(_) => Ok(None),
    }
}
