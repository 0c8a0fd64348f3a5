//! Where datasets come from: paths, tables of other libraries, other datasets, another process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lensframe::convert::{self, ImportOptions, Opened};
use lensframe::dataset::store::Store;
use lensframe::dataset::{Dataset, Part, Rows};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::dataset::{Form, Origin, PyDataset};
use crate::error::Raise;
use crate::{arrow, job};

/// Opens a dataset, or any path in a known format: a stored dataset (`name.lf`, `name.lf@3` for a version), COCO, VOC,
/// panoptic, Cityscapes; files, folders and archives. Nothing is read before it is asked for; what is not a stored
/// dataset is imported for as long as the dataset lives.
///
/// `split` keeps only these splits; `image_root` says where images are, if not beside the annotations.
#[pyfunction]
#[pyo3(signature = (path, *, format=None, split=None, image_root=None))]
pub(crate) fn open(
    py: Python<'_>,
    path: PathBuf,
    format: Option<String>,
    split: Option<Names>,
    image_root: Option<PathBuf>,
) -> PyResult<PyDataset> {
    let split = split.map(Names::all);
    let (place, version) = versioned(&path)?;
    // Rows are read later, wherever the program is by then.
    let place = std::path::absolute(&place)?;
    let options = ImportOptions {
        splits: split.clone().unwrap_or_default(),
        image_roots: image_root.iter().cloned().collect(),
        ..ImportOptions::default()
    };
    if let Some(format) = format {
        // A name that is none is said before anything is read.
        convert::format(&format).map_err(|e| PyValueError::new_err(e.to_string()))?;
    }
    let at = place.clone();
    let opened = job::run(py, move |job| match version {
        Some(version) => Store::open_version(&at, version).map(Opened::from),
        None => convert::open(&at, &options, &job.clone().muted("images.none")),
    })?;
    let mut ds = opened.store().dataset();
    let stored = opened.imported().is_none();
    let told = if stored { (None, None) } else { (split.clone(), image_root) };
    if let (Some(split), true) = (split, stored) {
        let all = ds.clone();
        ds = job::run(py, move |job| all.of_splits(&split, job))?;
    }
    let version = stored.then(|| opened.store().version().version);
    let (split, image_root) = told;
    let origin = Origin { path: place, version, source: Arc::clone(ds.source()), split, image_root };
    Ok(PyDataset { ds, form: Form::Mapping, opened: vec![Arc::new(opened)], origin: Some(origin) })
}

/// One name, or several.
#[derive(FromPyObject)]
pub(crate) enum Names {
    One(String),
    Many(Vec<String>),
}

impl Names {
    fn all(self) -> Vec<String> {
        match self {
            Names::One(name) => vec![name],
            Names::Many(names) => names,
        }
    }
}

/// The path and the version of `name.lf@3`; a path that exists is taken as it is.
fn versioned(path: &Path) -> PyResult<(PathBuf, Option<u64>)> {
    let text = path.to_string_lossy();
    if let Some((name, set)) =
        text.rsplit_once('#').filter(|(name, _)| !path.exists() && name.ends_with(".lf"))
    {
        return Err(PyValueError::new_err(format!(
            "a set is not opened alone: open '{name}', whose keys '{set}.bbox' and so on are the set's"
        )));
    }
    match text.rsplit_once('@') {
        Some((name, version)) if !path.exists() && name.ends_with(".lf") => {
            let number = version.trim_start_matches('v').parse();
            let number =
                number.map_err(|_| PyValueError::new_err(format!("'{version}' is no version number")))?;
            Ok((name.into(), Some(number)))
        }
        _ => Ok((path.to_owned(), None)),
    }
}

/// A table of pyarrow, polars, DuckDB or pandas as a dataset, without a copy.
#[pyfunction]
pub(crate) fn from_arrow(table: &Bound<'_, PyAny>) -> PyResult<PyDataset> {
    arrow::table(table).map(PyDataset::of)
}

/// What must stay open for several datasets, each once: joins of joins are made of the same few.
fn all_opened(datasets: &[Py<PyDataset>]) -> Vec<Arc<Opened>> {
    let mut all: Vec<Arc<Opened>> = Vec::new();
    for opened in datasets.iter().flat_map(|part| &part.get().opened) {
        if !all.iter().any(|known| Arc::ptr_eq(known, opened)) {
            all.push(Arc::clone(opened));
        }
    }
    all
}

/// The rows of several datasets one after the other.
#[pyfunction]
#[pyo3(signature = (*datasets))]
pub(crate) fn concat(py: Python<'_>, datasets: Vec<Py<PyDataset>>) -> PyResult<PyDataset> {
    let parts: Vec<Dataset> = datasets.iter().map(|part| part.get().ds.clone()).collect();
    let form = datasets.first().map_or(Form::Mapping, |first| first.get().form);
    let opened = all_opened(&datasets);
    Ok(PyDataset { ds: Dataset::concat(parts).raise(py)?, form, opened, origin: None })
}

/// The keys of several datasets side by side.
#[pyfunction]
#[pyo3(signature = (*datasets))]
pub(crate) fn zip(py: Python<'_>, datasets: Vec<Py<PyDataset>>) -> PyResult<PyDataset> {
    let parts = datasets.iter().map(|part| Part::from(part.get().ds.clone()));
    let opened = all_opened(&datasets);
    Ok(PyDataset { ds: Dataset::zip(parts).raise(py)?, form: Form::Mapping, opened, origin: None })
}

/// Opens what `Dataset.__reduce__` told of.
#[pyfunction]
#[pyo3(signature = (path, version, rows, names, form, split=None, image_root=None))]
#[allow(clippy::too_many_arguments, reason = "what a pickle holds")]
pub(crate) fn _reopen(
    py: Python<'_>,
    path: PathBuf,
    version: Option<u64>,
    rows: &Bound<'_, PyAny>,
    names: Vec<String>,
    form: &str,
    split: Option<Vec<String>>,
    image_root: Option<PathBuf>,
) -> PyResult<PyDataset> {
    let place = match version {
        Some(version) if !path.exists() || path.extension().is_some_and(|e| e == "lf") => {
            let opened = Store::open_version(&path, version).map(Opened::from).raise(py)?;
            let ds = opened.store().dataset();
            let source = Arc::clone(ds.source());
            let origin = Origin { path, version: Some(version), source, split: None, image_root: None };
            PyDataset { ds, form: Form::Mapping, opened: vec![Arc::new(opened)], origin: Some(origin) }
        }
        _ => open(py, path, None, split.map(Names::Many), image_root)?,
    };
    let chosen = match rows.extract::<(u64, i64, u64)>() {
        Ok((first, step, len)) => {
            let range = (0..len as i64).map(|n| (first as i64 + n * step) as u64).collect::<Vec<_>>();
            match step {
                1 => Rows::span(first, len as usize),
                _ => Rows::indices(range),
            }
        }
        Err(_) => {
            let bytes: Vec<u8> = rows.extract()?;
            let numbers = bytes.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
            Rows::indices(numbers.collect::<Vec<_>>())
        }
    };
    let ds = place.ds.choose(&chosen).and_then(|ds| ds.select(names)).raise(py)?;
    let form = match form {
        "tuple" => Form::Tuple,
        "bare" => Form::Bare,
        _ => Form::Mapping,
    };
    Ok(PyDataset { form, ..place.with(ds) })
}
