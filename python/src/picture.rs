//! Rows as pictures: what `show()` and notebooks draw.

use lensframe::dataset::Dataset;
use lensframe::gallery::Gallery;
use lensframe::image::{Encoding, encode};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::dataset::PyDataset;
use crate::job;

/// The rows of a view on one sheet, their objects drawn on them: (H, W, 3) uint8.
#[pyfunction]
#[pyo3(signature = (dataset, sets, columns=None, tile=None))]
pub(crate) fn sheet(
    py: Python<'_>,
    dataset: &PyDataset,
    sets: Vec<String>,
    columns: Option<u32>,
    tile: Option<u32>,
) -> PyResult<Py<PyAny>> {
    let mut gallery = Gallery { panels: sets, columns, ..Gallery::default() };
    if let Some(tile) = tile {
        gallery.tile = tile;
    }
    let ds: Dataset = dataset.ds.clone();
    let pixels = job::run(py, move |job| Ok(gallery.sheet(&ds, job)?.pixels))?;
    let shape = (pixels.height() as usize, pixels.width() as usize, pixels.channels().count());
    PyArray1::from_vec(py, pixels.into_data()).reshape(shape)?.into_py_any(py)
}

/// One row with its objects, as a PNG file.
#[pyfunction]
pub(crate) fn thumbnail<'py>(
    py: Python<'py>,
    dataset: &PyDataset,
    row: usize,
    tile: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let ds = dataset.ds.clone();
    let gallery = Gallery { tile, ..Gallery::default() };
    let file = job::run(py, move |job| {
        let one = ds.slice(row..row + 1)?;
        encode(&gallery.sheet(&one, job)?.pixels, Encoding::Png)
    })?;
    Ok(PyBytes::new(py, &file))
}
