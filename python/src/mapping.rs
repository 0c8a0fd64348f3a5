//! Keys that a Python function makes: `Dataset.map`; and boxes in other layouts.

use std::sync::Arc;

use lensframe::convert::Opened;
use lensframe::dataset::{Call, Dataset, Key, KeyIndex, KeySelection, Keys, Mapping, Rows, Value};
use lensframe::error::{Error, ErrorKind, Result};
use lensframe::geometry::BoxLayout;
use lensframe::schema::{field, types};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::dataset::{Form, PyDataset};
use crate::error::Raise;
use crate::example::{self, PyExample};
use crate::{given, lock, slicing};

#[pymethods]
impl PyDataset {
    /// Keys that a function makes of others, when they are read: nothing runs before, and nothing is kept.
    ///
    /// `keys` names what it makes: a name, a list of names, or a dict from names to types (`{"blur": "float64"}`), which
    /// SQL and Arrow need. With `inputs` the function is called with their values, one argument each, and reading what
    /// it makes reads nothing else; without, with the row as a mapping. With `batched` it is called with a list for each
    /// of the inputs and returns a list or array for each of the keys. With `random` its last argument is a
    /// `numpy.random.Generator` that depends on the seed and the row alone. Other keys stay unless `keep` is false.
    ///
    /// What the function raises comes out as the cause of an error that names the row.
    #[pyo3(signature = (function, keys, *, inputs=None, batched=false, random=false, keep=true, seed=0))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one call")]
    fn map(
        &self,
        py: Python<'_>,
        function: Py<PyAny>,
        keys: &Bound<'_, PyAny>,
        inputs: Option<&Bound<'_, PyAny>>,
        batched: bool,
        random: bool,
        keep: bool,
        seed: u64,
    ) -> PyResult<PyDataset> {
        if !function.bind(py).is_callable() {
            return Err(PyTypeError::new_err("map takes a function first, then the keys that it makes"));
        }
        let (outputs, one) = outputs(py, keys)?;
        let inputs = inputs.map(|keys| self.inputs(py, keys)).transpose()?;
        let names: Vec<String> = outputs.iter().map(|key| key.to_string()).collect();
        let own = Function {
            function,
            ds: self.ds.clone(),
            opened: self.opened.clone(),
            inputs,
            names,
            one,
            random,
        };
        let form = if one && !keep { Form::Bare } else { Form::Mapping };
        let ds = match batched {
            false => {
                let nothing = KeySelection::Many(Vec::new());
                let mapping =
                    Mapping::new(outputs, move |_, call| own.of_row(call)).inputs(nothing).stream(seed);
                self.ds.map_with(if keep { mapping.keep_others() } else { mapping }).raise(py)?
            }
            true => {
                if random {
                    return Err(PyValueError::new_err(
                        "batches are cut anywhere: random functions go row by row",
                    ));
                }
                if own.inputs.is_none() {
                    return Err(PyValueError::new_err("batched functions say what they take: inputs=..."));
                }
                let replaced: Vec<&str> = outputs.iter().filter_map(Key::name).collect();
                let kept = |key: &&Key| key.name().is_some_and(|name| !replaced.contains(&name));
                let kept: Vec<String> = self
                    .ds
                    .keys()
                    .iter()
                    .filter(kept)
                    .filter_map(|key| key.name().map(str::to_owned))
                    .collect();
                let made = self.ds.map_batches(outputs, move |_, rows, _| own.of_rows(rows)).raise(py)?;
                match keep && !kept.is_empty() {
                    true => Dataset::zip([self.ds.select(kept).raise(py)?, made]).raise(py)?,
                    false => made,
                }
            }
        };
        Ok(PyDataset { form, ..self.with(ds) })
    }

    /// The view with its boxes in another layout than x, y, width, height: `"xyxy"`, `"yxyx"`, `"cxcywh"`; as shares of
    /// the picture's width and height if `relative`. It is for who takes the boxes out: what
    /// reads boxes itself (questions with `x1` or `w`, export, evaluation, drawing, storing) refuses such a view.
    #[pyo3(signature = (layout, *, relative=false))]
    fn with_boxes(&self, py: Python<'_>, layout: &str, relative: bool) -> PyResult<PyDataset> {
        let layout: BoxLayout = layout.parse::<BoxLayout>().raise(py)?;
        let form = if relative { layout.relative() } else { layout.pixels() };
        Ok(self.with(self.ds.with_boxes(form).raise(py)?))
    }
}

impl PyDataset {
    /// The places of the keys that a function takes.
    fn inputs(&self, py: Python<'_>, keys: &Bound<'_, PyAny>) -> PyResult<Vec<KeyIndex>> {
        let selection = slicing::keys_of(keys)?;
        self.ds.keys().select(&selection).raise(py).map(|(_, places)| places)
    }
}

/// The keys that a function makes, and whether it is a single one that was named alone.
fn outputs(py: Python<'_>, keys: &Bound<'_, PyAny>) -> PyResult<(Keys, bool)> {
    if let Ok(name) = keys.cast::<PyString>() {
        return Ok((Keys::one(Key::values(&name.to_cow()?)), true));
    }
    let key = |name: String, ty: Option<String>| match ty {
        None => Ok(Key::values(&name)),
        Some(text) => types::parse(&text).map(|ty| Key::arrow(field::row_of(&name, ty))).raise(py),
    };
    let all = match keys.cast::<PyDict>() {
        Ok(typed) => typed
            .iter()
            .map(|(name, ty)| match ty.is_none() {
                true => key(name.extract()?, None),
                // A type of NumPy or pyarrow says its name.
                false => key(name.extract()?, Some(ty.str()?.extract()?)),
            })
            .collect::<PyResult<Vec<_>>>()?,
        Err(_) => keys
            .extract::<Vec<String>>()?
            .into_iter()
            .map(|name| key(name, None))
            .collect::<PyResult<Vec<_>>>()?,
    };
    if all.is_empty() {
        return Err(PyValueError::new_err("map makes at least one key"));
    }
    Ok((Keys::many(all), false))
}

/// A Python function, and what it is called with.
struct Function {
    function: Py<PyAny>,
    ds: Dataset,
    opened: Vec<Arc<Opened>>,
    /// `None` for the row as a mapping.
    inputs: Option<Vec<KeyIndex>>,
    /// The keys it makes.
    names: Vec<String>,
    /// Whether it makes one key, and returns its value alone.
    one: bool,
    random: bool,
}

impl Function {
    fn of_row(&self, call: &Call<'_>) -> Result<Vec<Value>> {
        lock::attached(|py| {
            let made = || -> PyResult<Vec<Value>> {
                let mut args: Vec<Py<PyAny>> = match &self.inputs {
                    None => {
                        vec![PyExample::new(self.ds.clone(), call.row, self.opened.clone()).into_py_any(py)?]
                    }
                    Some(keys) => keys
                        .iter()
                        .map(|key| example::read(py, &self.ds, call.row, *key))
                        .collect::<PyResult<_>>()?,
                };
                if self.random {
                    let seed = call.random().next_u64();
                    args.push(py.import("numpy.random")?.call_method1("default_rng", (seed,))?.unbind());
                }
                let made = self.function.bind(py).call1(PyTuple::new(py, args)?)?;
                if self.one {
                    return Ok(vec![given::value(&made)?]);
                }
                self.parts(&made)?.iter().map(given::value).collect()
            };
            made().map_err(|e| fault(py, e))
        })
    }

    fn of_rows(&self, rows: &Rows) -> Result<Vec<Vec<Value>>> {
        lock::attached(|py| {
            let made = || -> PyResult<Vec<Vec<Value>>> {
                let mut args = Vec::new();
                for key in self.inputs.iter().flatten() {
                    let values = rows.iter().map(|row| example::read(py, &self.ds, row, *key));
                    args.push(PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?);
                }
                let made = self.function.bind(py).call1(PyTuple::new(py, args)?)?;
                let columns = if self.one { vec![made] } else { self.parts(&made)? };
                let column =
                    |column: &Bound<'_, PyAny>| column.try_iter()?.map(|item| given::value(&item?)).collect();
                columns.iter().map(column).collect()
            };
            made().map_err(|e| fault(py, e))
        })
    }

    /// What a function returned for each of its keys: a dict by their names, or a tuple or list in their order.
    fn parts<'py>(&self, made: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        if let Ok(dict) = made.cast::<PyDict>() {
            let part = |name: &String| {
                dict.get_item(name)?.ok_or_else(|| {
                    PyValueError::new_err(format!("the function returned a dict without '{name}'"))
                })
            };
            return self.names.iter().map(part).collect();
        }
        let parts = made.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        if parts.len() != self.names.len() {
            let what = format!("the function returned {} values for {}", parts.len(), self.names.join(", "));
            return Err(PyValueError::new_err(what));
        }
        Ok(parts)
    }
}

/// What a function raised, as the cause of an error.
fn fault(py: Python<'_>, raised: PyErr) -> Error {
    let kind = match raised.is_instance_of::<PyKeyboardInterrupt>(py) {
        true => ErrorKind::Cancelled,
        false => ErrorKind::Getter,
    };
    let name = raised.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    Error::new(kind, format!("the function raised {name}: {}", raised.value(py))).caused_by(raised)
}
