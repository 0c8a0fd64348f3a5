//! Stored datasets changed: keys added, rows updated and deleted. Each makes a new version.

use std::path::PathBuf;
use std::sync::Arc;

use lensframe::dataset::store::{Edit, Operation, Store};
use lensframe::dataset::{Dataset, Rows};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::dataset::{Origin, PyDataset};
use crate::{arrow, job, opening};

impl PyDataset {
    /// The stored dataset that the view is of.
    ///
    /// # Errors
    /// `TypeError` if it is of several, of functions or joins, or of files in another format.
    pub(crate) fn stored(&self, what: &str) -> PyResult<(&Origin, &Store)> {
        let own =
            |origin: &&Origin| origin.version.is_some() && Arc::ptr_eq(&origin.source, self.ds.source());
        let found = self.origin.as_ref().filter(own);
        match found.zip(self.opened.first()) {
            Some((origin, opened)) => Ok((origin, opened.store())),
            None => Err(PyTypeError::new_err(format!(
                "{what} goes into a stored dataset, and this view is not of one alone; save() it, and use what that returns"
            ))),
        }
    }

    /// The rows of the view in the newest version, whose positions may be others.
    fn newest(&self, edit: &Edit) -> PyResult<Rows> {
        let (_, store) = self.stored("this")?;
        if edit.store().version().version != store.version().version {
            return Err(PyValueError::new_err(format!(
                "the view is of version {}, and the dataset is at version {} now; open it again",
                store.version().version,
                edit.store().version().version
            )));
        }
        Ok(self.ds.rows().clone())
    }
}

/// A table that Python gives: a dataset, what hands out Arrow, or a dict of columns.
fn table(given: &Bound<'_, PyAny>) -> PyResult<Dataset> {
    if let Ok(ds) = given.cast::<PyDataset>() {
        return Ok(ds.get().ds.clone());
    }
    if given.is_instance_of::<PyDict>() {
        let table = given.py().import("lensframe._table")?.call_method1("of_columns", (given,))?;
        return arrow::table(&table);
    }
    arrow::table(given)
}

#[pymethods]
impl PyDataset {
    /// Where the stored dataset is that this is a view of; `None` for what is not stored.
    #[getter]
    fn path(&self) -> Option<PathBuf> {
        self.stored("").ok().map(|(origin, _)| origin.path.clone())
    }

    /// Adds keys to the stored dataset, and returns it at its new version: a dict from names to columns, or a table of
    /// pyarrow, polars or pandas, with a value for each row of this view. Other rows have none. With `set` (`""` is the
    /// set without a name) the values are lists, one element an object.
    #[pyo3(signature = (columns, *, set=None))]
    fn add_keys(
        &self,
        py: Python<'_>,
        columns: &Bound<'_, PyAny>,
        set: Option<String>,
    ) -> PyResult<PyDataset> {
        let (origin, _) = self.stored("a key")?;
        let (path, given) = (origin.path.clone(), table(columns)?);
        self.edited(py, path, move |edit, rows| {
            edit.add_keys(&rows, &given, set.as_deref())?;
            let names: Vec<String> = given.keys().iter().map(ToString::to_string).collect();
            Ok(Operation::new("add_keys").with("keys", names))
        })
    }

    /// Sets keys of the rows that a table names by its column `on`: its other columns are their new values. Returns the
    /// stored dataset at its new version. What the table has beyond the dataset's rows is not an error.
    #[pyo3(signature = (table, on))]
    fn update(&self, py: Python<'_>, table: &Bound<'_, PyAny>, on: &str) -> PyResult<PyDataset> {
        let (origin, _) = self.stored("an update")?;
        let (path, given, on) = (origin.path.clone(), self::table(table)?, on.to_owned());
        self.edited(py, path, move |edit, _| {
            let matched = edit.update_from(&given, &on)?;
            Ok(Operation::new("update").with("rows", matched.rows).with("unmatched", matched.unmatched))
        })
    }

    /// Deletes the rows of this view for which a condition in SQL holds, as `delete("split = 'test'")`, and returns the
    /// stored dataset at its new version. Earlier versions keep them.
    #[pyo3(name = "delete", signature = (r#where))]
    fn delete_rows(&self, py: Python<'_>, r#where: String) -> PyResult<PyDataset> {
        let (origin, _) = self.stored("a deletion")?;
        let (path, ds) = (origin.path.clone(), self.ds.clone());
        let condition = r#where.clone();
        let gone = job::run(py, move |job| ds.query().filter(condition).view_in(job))?;
        let rows = gone.rows().clone();
        self.edited(py, path, move |edit, _| {
            edit.delete_rows(&rows)?;
            Ok(Operation::new("delete").with("rows", rows.len()).with("where", r#where))
        })
    }
}

#[pymethods]
impl PyDataset {
    /// Writes an object set beside the rows of this view, as predictions are: `with ds.writer("r50") as w: w.write(rows,
    /// boxes=..., layout="xyxy", scores=..., labels=...)`. With `resume` it goes on with what an interrupted writer
    /// left, with `replace` a set that is there is replaced. `classes` are those of its labels, if not the dataset's.
    #[pyo3(signature = (name, *, resume=false, replace=false, classes=None))]
    fn writer(
        slf: Bound<'_, Self>,
        name: &str,
        resume: bool,
        replace: bool,
        classes: Option<Vec<String>>,
    ) -> PyResult<Py<PyAny>> {
        let options = PyDict::new(slf.py());
        options.set_item("resume", resume)?;
        options.set_item("replace", replace)?;
        options.set_item("classes", classes)?;
        let module = slf.py().import("lensframe._writer")?;
        module.getattr("Writer")?.call((slf, name), Some(&options)).map(Bound::unbind)
    }

    /// Calls a function with batches of rows, keeps what it finds as the object set `to`, and returns the stored dataset
    /// with it.
    ///
    /// The function takes a list of pictures, (H, W, 3) uint8, or of the values of the key `keys` (of dicts, if it is a
    /// list of names), and returns a list of one dict a row with any of `boxes`, `scores`, `labels`, `masks`, `points`, or one
    /// dict for all as `Writer.write` takes it. `layout` is that of the boxes. What was found stays if the program is
    /// stopped: called again, it goes on from there, unless `resume` is false. The function may be a `lensframe.Predictor`.
    #[pyo3(signature = (function, *, to, batch=16, keys=None, layout=None, relative=false, resume=true, replace=false,
        classes=None))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one call")]
    fn predict(
        slf: Bound<'_, Self>,
        function: Py<PyAny>,
        to: &str,
        batch: usize,
        keys: Option<Py<PyAny>>,
        layout: Option<&str>,
        relative: bool,
        resume: bool,
        replace: bool,
        classes: Option<Vec<String>>,
    ) -> PyResult<Py<PyAny>> {
        let options = PyDict::new(slf.py());
        options.set_item("to", to)?;
        options.set_item("batch", batch)?;
        options.set_item("keys", keys)?;
        options.set_item("layout", layout)?;
        options.set_item("relative", relative)?;
        options.set_item("resume", resume)?;
        options.set_item("replace", replace)?;
        options.set_item("classes", classes)?;
        let module = slf.py().import("lensframe._writer")?;
        module.getattr("predict")?.call((slf, function), Some(&options)).map(Bound::unbind)
    }
}

impl PyDataset {
    /// Runs an edit of the newest version, with the rows of the view, and opens what came of it.
    fn edited(
        &self,
        py: Python<'_>,
        path: PathBuf,
        change: impl FnOnce(&mut Edit, Rows) -> lensframe::error::Result<Operation> + Send,
    ) -> PyResult<PyDataset> {
        let at = path.clone();
        let (begun, rows) = job::run(py, move |job| Edit::begin(&at, job)).and_then(|edit| {
            let rows = self.newest(&edit)?;
            Ok((edit, rows))
        })?;
        job::run(py, move |_| {
            let mut edit = begun;
            let operation = change(&mut edit, rows)?;
            edit.commit(operation)
        })?;
        opening::open(py, path, None, None, None)
    }
}
