//! [`PyDataset`]: a view as Python has it.

use std::path::PathBuf;
use std::sync::Arc;

use lensframe::convert::{self, Opened, SaveOptions};
use lensframe::dataset::store::{Storage, WriterOptions};
use lensframe::dataset::{Dataset, KeyIndex, KeySelection, Shares, Source};
use lensframe::query::{self, Join, Order, Quantity};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyIndexError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyCapsule, PyDict, PyFloat, PyList, PyString, PyTuple};

use crate::column::PyColumn;
use crate::error::Raise;
use crate::example::{self, PyExample};
use crate::slicing::{self, PySlicer};
use crate::{arrow, job, opening};

/// What `ds[i]` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A mapping from keys to values.
    Mapping,
    /// A tuple of values, in the order of the keys that were asked for.
    Tuple,
    /// The value of the one key.
    Bare,
}

/// Where a dataset was opened: what another process needs to open it again.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) path: PathBuf,
    pub(crate) version: Option<u64>,
    pub(crate) source: Arc<dyn Source>,
    /// What an import was told besides: the splits, and where images are.
    pub(crate) split: Option<Vec<String>>,
    pub(crate) image_root: Option<PathBuf>,
}

/// A view of a dataset: rows and keys that are read when they are asked for.
///
/// `ds[i]` is a row as a mapping, `ds[a:b]` and `ds[[3, 1]]` lists of rows; `ds.slice[rows, keys]` chooses without
/// reading. Everything that chooses, joins or filters gives another view and copies nothing.
#[pyclass(frozen, weakref, name = "Dataset", module = "lensframe")]
pub(crate) struct PyDataset {
    pub(crate) ds: Dataset,
    pub(crate) form: Form,
    /// What must stay open as long as the view lives: imports for the moment are folders that go with them.
    pub(crate) opened: Vec<Arc<Opened>>,
    pub(crate) origin: Option<Origin>,
}

impl PyDataset {
    pub(crate) fn of(ds: Dataset) -> PyDataset {
        PyDataset { ds, form: Form::Mapping, opened: Vec::new(), origin: None }
    }

    /// Another view of what this one is of.
    pub(crate) fn with(&self, ds: Dataset) -> PyDataset {
        PyDataset { ds, form: self.form, opened: self.opened.clone(), origin: self.origin.clone() }
    }

    fn row(&self, py: Python<'_>, row: u64) -> PyResult<Py<PyAny>> {
        let all = || self.ds.keys().indices().map(|key| example::read(py, &self.ds, row, key));
        match self.form {
            Form::Mapping => PyExample::new(self.ds.clone(), row, self.opened.clone()).into_py_any(py),
            Form::Tuple => PyTuple::new(py, all().collect::<PyResult<Vec<_>>>()?)?.into_py_any(py),
            Form::Bare => example::read(py, &self.ds, row, KeyIndex(0)),
        }
    }

    fn position(&self, at: i64) -> PyResult<u64> {
        let len = self.ds.len() as i64;
        let place = if at < 0 { at.saturating_add(len) } else { at };
        match u64::try_from(place) {
            Ok(place) if place < len as u64 => Ok(place),
            _ => Err(PyIndexError::new_err(format!("row {at} of a dataset of {len} rows"))),
        }
    }

    fn asked(&self, py: Python<'_>, query: query::Query) -> PyResult<PyDataset> {
        Ok(self.with(job::run(py, move |job| query.view_in(job))?))
    }
}

/// How many objects have to satisfy a condition, of the arguments of `filter_objects`.
fn quantity(
    at_least: Option<u32>,
    at_most: Option<u32>,
    exactly: Option<u32>,
    all: bool,
    none: bool,
) -> PyResult<Quantity> {
    let said = [
        at_least.map(Quantity::AtLeast),
        at_most.map(Quantity::AtMost),
        exactly.map(Quantity::Exactly),
        all.then_some(Quantity::All),
        none.then_some(Quantity::None),
    ];
    let mut said = said.into_iter().flatten();
    match (said.next(), said.next()) {
        (None, _) => Ok(Quantity::AtLeast(1)),
        (Some(one), None) => Ok(one),
        _ => Err(PyTypeError::new_err("say only one of at_least, at_most, exactly, all and none")),
    }
}

#[pymethods]
impl PyDataset {
    fn __len__(&self) -> usize {
        self.ds.len()
    }

    fn __getitem__(&self, py: Python<'_>, item: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if item.is_instance_of::<PyBool>() {
            return Err(PyTypeError::new_err("rows are numbers; a flag is none"));
        }
        match item.extract::<i64>() {
            Ok(at) => return self.row(py, self.position(at)?),
            Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
                let what = format!("row {item} of {}", self.ds.len());
                return Err(PyIndexError::new_err(what));
            }
            Err(_) => {}
        }
        if item.is_instance_of::<PyString>() {
            let name: String = item.extract()?;
            self.ds.keys().find(&name).raise(py)?;
            return Err(PyTypeError::new_err(format!(
                "rows come first: ds[0]['{name}'] for one, ds.column('{name}') for all"
            )));
        }
        if item.is_none() || item.is_instance_of::<PyFloat>() {
            let what = format!("rows are numbers, slices or lists, not {}", item.repr()?);
            return Err(PyTypeError::new_err(what));
        }
        let view = self.with(slicing::chosen(py, self, item)?);
        let rows = (0..view.ds.len() as u64).map(|row| view.row(py, row)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, rows)?.into_py_any(py)
    }

    /// `ds.slice[rows]` and `ds.slice[rows, keys]`: views, of which nothing is read.
    #[getter]
    fn slice(slf: Bound<'_, Self>) -> PySlicer {
        PySlicer { of: slf.unbind() }
    }

    /// The names of the keys; the name itself where the rows are bare values of one key.
    #[getter]
    fn keys(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let names: Vec<Option<&str>> = self.ds.keys().iter().map(|key| key.name()).collect();
        match self.form {
            Form::Bare => names.first().copied().flatten().into_py_any(py),
            _ => PyTuple::new(py, names)?.into_py_any(py),
        }
    }

    /// The names of the object sets; `""` is the one without a name.
    #[getter]
    fn sets(&self) -> Vec<String> {
        self.ds.sets()
    }

    /// The names of the classes of an object set, in the order of their labels; `None` if there is no class table.
    #[pyo3(signature = (set=""))]
    fn classes(&self, set: &str) -> Option<Vec<String>> {
        self.ds.classes(set).map(|table| table.names().into_iter().map(str::to_owned).collect())
    }

    /// The version of the stored dataset this is a view of; `None` for what is not stored.
    #[getter]
    fn version(&self) -> Option<u64> {
        self.origin.as_ref().and_then(|origin| origin.version)
    }

    /// Some keys of all rows: a name makes rows bare values, a list keeps them mappings.
    fn select(&self, py: Python<'_>, keys: &Bound<'_, PyAny>) -> PyResult<PyDataset> {
        let selection = slicing::keys_of(keys)?;
        let form = match selection {
            KeySelection::One(_) => Form::Bare,
            _ => Form::Mapping,
        };
        Ok(PyDataset { form, ..self.with(self.ds.select(selection).raise(py)?) })
    }

    /// The same rows and keys, some under new names, as `rename({"old": "new"})`.
    fn rename(
        &self,
        py: Python<'_>,
        names: std::collections::BTreeMap<String, String>,
    ) -> PyResult<PyDataset> {
        let names: Vec<(&str, &str)> = names.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
        Ok(self.with(self.ds.rename(&names).raise(py)?))
    }

    /// One key of all rows, read.
    fn column(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<PyColumn> {
        let KeySelection::One(key) = slicing::keys_of(key)? else {
            return Err(PyTypeError::new_err("column takes one name or position"));
        };
        let (keys, _) = self.ds.keys().select(&KeySelection::One(key.clone())).raise(py)?;
        let ds = self.ds.clone();
        let column = py.detach(|| ds.column(key)).raise(py)?;
        match keys.iter().next() {
            Some(key) => Ok(PyColumn::new(key.clone(), column)),
            None => Err(PyValueError::new_err("there is no key")),
        }
    }

    /// The encoded bytes of a picture of a row, as they are stored or as the file is that they are linked to.
    #[pyo3(signature = (row, key="img"))]
    fn image_bytes<'py>(
        &self,
        py: Python<'py>,
        row: i64,
        key: &str,
    ) -> PyResult<Bound<'py, pyo3::types::PyBytes>> {
        let row = usize::try_from(self.position(row)?).unwrap_or(usize::MAX);
        let file = py.detach(|| self.ds.image_file(row, key)).raise(py)?;
        Ok(pyo3::types::PyBytes::new(py, &file))
    }

    /// The rows for which a condition in SQL holds, as `filter("width >= 640 AND split = 'val'")`.
    fn filter(&self, py: Python<'_>, condition: &str) -> PyResult<PyDataset> {
        self.asked(py, self.ds.query().filter(condition))
    }

    /// The rows of whose objects at least one (or as many as said) satisfies a condition in SQL.
    #[pyo3(signature = (condition, *, at_least=None, at_most=None, exactly=None, all=false, none=false, set=""))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one call")]
    fn filter_objects(
        &self,
        py: Python<'_>,
        condition: &str,
        at_least: Option<u32>,
        at_most: Option<u32>,
        exactly: Option<u32>,
        all: bool,
        none: bool,
        set: &str,
    ) -> PyResult<PyDataset> {
        let quantity = quantity(at_least, at_most, exactly, all, none)?;
        self.asked(py, self.ds.query().filter_objects_of(set, condition, quantity))
    }

    /// All rows, with those of their objects that satisfy a condition in SQL.
    #[pyo3(signature = (condition, *, set=""))]
    fn keep_objects(&self, py: Python<'_>, condition: &str, set: &str) -> PyResult<PyDataset> {
        self.asked(py, self.ds.query().keep_objects_of(set, condition))
    }

    /// The rows in the order of keys, null last.
    #[pyo3(signature = (*keys, descending=false))]
    fn sort_by(&self, py: Python<'_>, keys: Vec<String>, descending: bool) -> PyResult<PyDataset> {
        let order = if descending { Order::Descending } else { Order::Ascending };
        self.asked(py, self.ds.query().sort_by(keys.into_iter().map(|key| (key, order))))
    }

    /// The first row of each combination of values of keys.
    #[pyo3(signature = (*keys))]
    fn distinct(&self, py: Python<'_>, keys: Vec<String>) -> PyResult<PyDataset> {
        self.asked(py, self.ds.query().distinct(keys))
    }

    /// So many rows by chance, none twice.
    #[pyo3(signature = (rows, seed=0))]
    fn sample(&self, py: Python<'_>, rows: usize, seed: u64) -> PyResult<PyDataset> {
        self.asked(py, self.ds.query().sample(rows, seed))
    }

    /// The answer to a SELECT over `images`, `objects` and the other sets, as a dataset in memory; other datasets by
    /// their names, as `ds.sql("SELECT … FROM images JOIN b.images USING (file_name)", b=other)`.
    #[pyo3(signature = (text, **datasets))]
    fn sql(&self, py: Python<'_>, text: String, datasets: Option<&Bound<'_, PyDict>>) -> PyResult<PyDataset> {
        let mut named = vec![(String::new(), self.ds.clone())];
        for (name, other) in datasets.into_iter().flatten() {
            let ds = match other.cast::<PyDataset>() {
                Ok(other) => other.get().ds.clone(),
                Err(_) => arrow::table(&other)?,
            };
            named.push((name.extract()?, ds));
        }
        let done = job::run(py, move |job| {
            let named: Vec<(&str, &Dataset)> = named.iter().map(|(name, ds)| (name.as_str(), ds)).collect();
            query::sql(&named, &text, job)
        })?;
        Ok(PyDataset::of(done))
    }

    /// How many rows of a table (`images`, `objects`, a set's name) have each combination of values of columns.
    #[pyo3(signature = (table, *by))]
    fn group_counts(&self, py: Python<'_>, table: &str, by: Vec<String>) -> PyResult<PyDataset> {
        let (ds, table) = (self.ds.clone(), table.to_owned());
        job::run(py, move |_| ds.group_counts(&table, by)).map(PyDataset::of)
    }

    /// The rows beside those of another dataset, or table of pyarrow, polars or pandas, that agree in keys: `on` is a
    /// name, a list of names, or a dict from own names to the other's. `how` is `"inner"` or `"left"`.
    #[pyo3(signature = (other, on, *, how="inner", suffix="_right"))]
    fn join(
        &self,
        py: Python<'_>,
        other: &Bound<'_, PyAny>,
        on: &Bound<'_, PyAny>,
        how: &str,
        suffix: &str,
    ) -> PyResult<PyDataset> {
        let join = if let Ok(name) = on.extract::<String>() {
            Join::on([name])
        } else if let Ok(pairs) = on.cast::<PyDict>() {
            let pairs = pairs.iter().map(|(own, other)| Ok((own.extract()?, other.extract()?)));
            Join::pairs(pairs.collect::<PyResult<Vec<(String, String)>>>()?)
        } else {
            Join::on(on.extract::<Vec<String>>()?)
        };
        let join = match how {
            "inner" => join,
            "left" => join.left(),
            other => return Err(PyValueError::new_err(format!("how is 'inner' or 'left', not '{other}'"))),
        };
        let (beside, mut opened) = match other.cast::<PyDataset>() {
            Ok(other) => (other.get().ds.clone(), other.get().opened.clone()),
            Err(_) => (arrow::table(other)?, Vec::new()),
        };
        opened.extend(self.opened.iter().cloned());
        let query = self.ds.query().join(&beside, join.suffix(suffix));
        let ds = job::run(py, move |job| query.view_in(job))?;
        Ok(PyDataset { ds, form: Form::Mapping, opened, origin: None })
    }

    /// The rows in an order by chance, the same for the same seed.
    #[pyo3(signature = (seed=0))]
    fn shuffle(&self, seed: u64) -> PyDataset {
        self.with(self.ds.shuffle(seed))
    }

    /// Parts by chance, of these shares, which sum up to 1.
    #[pyo3(signature = (shares, seed=0))]
    fn split(&self, py: Python<'_>, shares: Vec<f64>, seed: u64) -> PyResult<Vec<PyDataset>> {
        let parts = self.ds.split(Shares::Fractions(shares), seed).raise(py)?;
        Ok(parts.into_iter().map(|part| self.with(part)).collect())
    }

    /// The rows again and again.
    fn repeat(&self, py: Python<'_>, times: usize) -> PyResult<PyDataset> {
        Ok(self.with(self.ds.repeat(times).raise(py)?))
    }

    /// Stores the view as a dataset of its own, and returns that. Files that images link to are stored in it unless
    /// `links` is true.
    #[pyo3(signature = (path, *, storage="arrow", replace=false, links=false))]
    fn save(
        &self,
        py: Python<'_>,
        path: PathBuf,
        storage: &str,
        replace: bool,
        links: bool,
    ) -> PyResult<PyDataset> {
        let storage = match storage {
            "arrow" => Storage::Arrow,
            "parquet" => Storage::Parquet,
            other => {
                return Err(PyValueError::new_err(format!("storage is 'arrow' or 'parquet', not '{other}'")));
            }
        };
        let roots = || {
            let roots = self.opened.iter().flat_map(|opened| opened.store().version().roots.clone());
            roots.map(|root| PathBuf::from(root.absolute)).collect()
        };
        let options = SaveOptions {
            writer: WriterOptions { storage, replace, ..WriterOptions::default() },
            links: links.then(roots),
            ..SaveOptions::default()
        };
        let (ds, to) = (self.ds.clone(), path.clone());
        job::run(py, move |job| convert::save(&ds, &to, &options, job))?;
        opening::open(py, path, None, None, None)
    }

    /// Everything that is light enough, as an Arrow stream: pyarrow, polars, DuckDB and pandas take it.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        arrow::stream(py, &self.ds, self.opened.clone())
    }

    /// The view as a table of pyarrow.
    fn to_arrow(slf: Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,)).map(Bound::unbind)
    }

    /// The view as a frame of polars.
    fn to_polars(slf: Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        slf.py().import("polars")?.call_method1("DataFrame", (slf,)).map(Bound::unbind)
    }

    /// The view as a frame of pandas, by pyarrow.
    fn to_pandas(slf: Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let table = PyDataset::to_arrow(slf.clone())?;
        table.call_method0(slf.py(), "to_pandas")
    }

    /// What another process opens again: the path, the version, the rows and the keys.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Py<PyAny>)> {
        let own = |origin: &&Origin| Arc::ptr_eq(&origin.source, self.ds.source());
        let Some(origin) = self.origin.as_ref().filter(own) else {
            return Err(PyTypeError::new_err(
                "only views of one opened dataset are pickled; save() joins and functions, and pickle what was saved",
            ));
        };
        let names: Option<Vec<&str>> = self.ds.keys().iter().map(|key| key.name()).collect();
        let Some(names) = names else {
            return Err(PyTypeError::new_err("keys without names are not pickled"));
        };
        let rows = match self.ds.rows().as_range() {
            Some((first, step)) => (first, step, self.ds.len() as u64).into_py_any(py)?,
            None => {
                let bytes: Vec<u8> = self.ds.rows().iter().flat_map(u64::to_le_bytes).collect();
                pyo3::types::PyBytes::new(py, &bytes).into_py_any(py)?
            }
        };
        let form = match self.form {
            Form::Mapping => "mapping",
            Form::Tuple => "tuple",
            Form::Bare => "bare",
        };
        let path = origin.path.to_string_lossy().into_owned();
        let (split, root) = (origin.split.clone(), origin.image_root.clone());
        let args = (path, origin.version, rows, names, form, split, root).into_py_any(py)?;
        Ok((py.import("lensframe._lensframe")?.getattr("_reopen")?, args))
    }

    fn __repr__(&self) -> String {
        let names: Vec<String> = self.ds.keys().iter().map(ToString::to_string).collect();
        format!("<lensframe.Dataset of {} rows: {}>", self.ds.len(), names.join(", "))
    }

    fn _repr_html_(slf: Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        slf.py().import("lensframe._show")?.call_method1("html", (slf,)).map(Bound::unbind)
    }

    /// Rows as one picture, their objects drawn on them: (H, W, 3) uint8.
    #[pyo3(signature = (rows=None, *, set="", columns=None))]
    fn show(
        slf: Bound<'_, Self>,
        rows: Option<Py<PyAny>>,
        set: &str,
        columns: Option<u32>,
    ) -> PyResult<Py<PyAny>> {
        slf.py().import("lensframe._show")?.call_method1("show", (slf, rows, set, columns)).map(Bound::unbind)
    }

    /// The dataset as PyTorch has it: map-style, each row through `transform` if there is one.
    #[pyo3(signature = (transform=None))]
    fn torch(slf: Bound<'_, Self>, transform: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        slf.py().import("lensframe._torch")?.call_method1("MapDataset", (slf, transform)).map(Bound::unbind)
    }
}
