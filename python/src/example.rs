//! [`PyExample`]: one row as a mapping, each key read when it is asked for.

use std::sync::Arc;

use lensframe::convert::Opened;
use lensframe::dataset::{Access, Dataset, KeyIndex, Rows, Source};
use lensframe::image::{Alpha, Decode, LabelImage, MAX_LABEL_PIXELS, Pixels};
use lensframe::schema::field;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};

use crate::error::Raise;
use crate::value;

/// One row of a dataset: a mapping from keys to values. A key is read when it is asked for, and no other.
#[pyclass(frozen, mapping, name = "Example", module = "lensframe")]
pub(crate) struct PyExample {
    ds: Dataset,
    row: u64,
    /// What must stay open as long as the row is asked.
    _opened: Vec<Arc<Opened>>,
}

impl PyExample {
    pub(crate) fn new(ds: Dataset, row: u64, opened: Vec<Arc<Opened>>) -> PyExample {
        PyExample { ds, row, _opened: opened }
    }

    fn names(&self) -> Vec<Option<String>> {
        self.ds.keys().iter().map(|key| key.name().map(str::to_owned)).collect()
    }
}

/// The value of a key of a row: pictures decoded, the rest as stored.
pub(crate) fn read(py: Python<'_>, ds: &Dataset, row: u64, key: KeyIndex) -> PyResult<Py<PyAny>> {
    let image = ds.keys().get(key).and_then(|key| Some((key.name()?, key.field()?)));
    if let Some((name, _)) = image.filter(|(_, field)| field::is_image(field.data_type())) {
        return picture(py, ds, row, key, name);
    }
    let batch = Source::read(ds, &Rows::one(row), &[key], &Access::default()).and_then(|batch| batch.whole());
    match batch.raise(py)?.columns.first() {
        Some(column) => value::value(py, &column.value(0)),
        None => Ok(py.None()),
    }
}

/// A picture: photographs as (H, W, 3) uint8 RGB, upright; maps of labels as (H, W) numbers. `None` where there is none.
fn picture(py: Python<'_>, ds: &Dataset, row: u64, key: KeyIndex, name: &str) -> PyResult<Py<PyAny>> {
    let at = usize::try_from(row).unwrap_or(usize::MAX);
    let (ds, photo) = (ds.clone(), name == "img");
    enum Read {
        Photo(Pixels),
        Map((u32, u32), Vec<u32>),
        Nothing,
    }
    let done = py.detach(|| -> lensframe::error::Result<Read> {
        let batch = Source::read(&ds, &Rows::one(row), &[key], &Access::default())?.whole()?;
        let value = batch.columns.first().map(|column| column.value(0));
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Read::Nothing) };
        if photo {
            return ds.image(at).map(Read::Photo);
        }
        let file = ds.file_of(at, key, &value)?;
        match LabelImage::decode(&file, MAX_LABEL_PIXELS) {
            Ok(map) => Ok(Read::Map(map.size(), map.ids())),
            // A picture under another name.
            Err(_) => {
                let options = Decode { alpha: Alpha::White, ..Decode::default() };
                lensframe::image::decode(&file, &options).map(|decoded| Read::Photo(decoded.pixels))
            }
        }
    });
    match done.raise(py)? {
        Read::Nothing => Ok(py.None()),
        Read::Photo(pixels) => {
            let shape = (pixels.height() as usize, pixels.width() as usize, pixels.channels().count());
            PyArray1::from_vec(py, pixels.into_data()).reshape(shape)?.into_py_any(py)
        }
        Read::Map((height, width), ids) => {
            let ids: Vec<i32> = ids.into_iter().map(|id| id as i32).collect();
            PyArray1::from_vec(py, ids).reshape((height as usize, width as usize))?.into_py_any(py)
        }
    }
}

#[pymethods]
impl PyExample {
    fn __getitem__(&self, py: Python<'_>, key: &Bound<'_, PyString>) -> PyResult<Py<PyAny>> {
        let name = key.to_cow()?;
        let index = self.ds.keys().find(&name).map_err(|e| match &*name {
            "img" => e.remedy("there are no images: say where they are, open(path, image_root=...)"),
            _ => e,
        });
        let index = index.raise(py)?;
        read(py, &self.ds, self.row, index)
    }

    fn __len__(&self) -> usize {
        self.ds.keys().len()
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> bool {
        key.cast::<PyString>()
            .ok()
            .and_then(|key| key.to_cow().ok().map(|key| self.ds.keys().find(&key).is_ok()))
            == Some(true)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PyList::new(py, self.names())?.as_any().try_iter().map(Bound::into_any)
    }

    /// The names of the keys.
    fn keys(&self) -> Vec<Option<String>> {
        self.names()
    }

    /// The values of all keys, read now.
    fn values(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        self.ds.keys().indices().map(|key| read(py, &self.ds, self.row, key)).collect()
    }

    /// Pairs of key and value, read now.
    fn items(&self, py: Python<'_>) -> PyResult<Vec<(Option<String>, Py<PyAny>)>> {
        Ok(self.names().into_iter().zip(self.values(py)?).collect())
    }

    /// The value of a key, or `default` where there is no such key.
    #[pyo3(signature = (key, default=None))]
    fn get(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyString>,
        default: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        match self.ds.keys().find(&key.to_cow()?) {
            Ok(index) => read(py, &self.ds, self.row, index),
            Err(_) => Ok(default.unwrap_or_else(|| py.None())),
        }
    }

    /// The number of the row in its dataset.
    #[getter]
    fn row(&self) -> u64 {
        self.row
    }

    /// Pickled as a dict of all its values, read now.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, (Bound<'py, PyDict>,))> {
        let values = PyDict::new(py);
        for (name, value) in self.items(py)? {
            values.set_item(name, value)?;
        }
        Ok((py.get_type::<PyDict>(), (values,)))
    }

    fn __repr__(&self) -> String {
        let names: Vec<String> = self.ds.keys().iter().map(ToString::to_string).collect();
        format!("<lensframe.Example row {} with {}>", self.row, names.join(", "))
    }
}
