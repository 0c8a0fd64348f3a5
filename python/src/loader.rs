//! Batches for training loops: what `lensframe.Loader` is made of.

#![allow(unsafe_code)] // NumPy is lent memory that an object of ours keeps alive.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lensframe::augment::{Dtype, Pipeline, Shape};
use lensframe::convert::Opened;
use lensframe::feed::sampler::Plan;
use lensframe::feed::{Batch, Feed, Loader, OnError, Options, Tensor};
use lensframe::geometry::Size;
use lensframe::job::Job;
use numpy::ndarray::ArrayViewD;
use numpy::{PyArray1, PyArrayDyn, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::dataset::PyDataset;
use crate::error::Raise;
use crate::value;

/// How long a signal may go unheard.
const PATIENCE: Duration = Duration::from_millis(20);

/// Keeps the memory of a batch for the array that lies in it.
#[pyclass(frozen, module = "lensframe")]
struct Block {
    tensor: Mutex<Tensor>,
}

/// The numbers of a tensor as an array that may be written to: nobody else has them. Half precision is given as the
/// 16 bits it is.
fn array(py: Python<'_>, tensor: Tensor) -> PyResult<Py<PyAny>> {
    let (dtype, shape) = (tensor.dtype(), tensor.shape().to_vec());
    let block = Bound::new(py, Block { tensor: Mutex::new(tensor) })?;
    let address = {
        let mut tensor = block.get().tensor.lock().unwrap_or_else(PoisonError::into_inner);
        tensor.bytes_mut().as_mut_ptr()
    };
    macro_rules! lent {
        ($ty:ty) => {{
            // SAFETY: the block holds as many numbers as the shape says, begins at a multiple of 64 bytes and is neither
            // moved nor freed before `block`, which the array keeps alive; nothing else reads or writes it.
            unsafe {
                let view = ArrayViewD::from_shape_ptr(shape, address.cast::<$ty>());
                PyArrayDyn::borrow_from_array(&view, block.into_any()).into_py_any(py)
            }
        }};
    }
    match dtype {
        Dtype::U8 => lent!(u8),
        Dtype::F32 => lent!(f32),
        Dtype::F16 | Dtype::Bf16 => lent!(u16),
    }
}

/// A view, an order of its rows, a pipeline.
#[pyclass(frozen, name = "Feeder", module = "lensframe")]
pub(crate) struct PyLoader {
    loader: Loader,
    /// What must stay open as long as rows are read.
    opened: Vec<Arc<Opened>>,
}

#[pymethods]
impl PyLoader {
    #[new]
    #[pyo3(signature = (of, pipeline, plan, *, workers, ahead, substitute, rank, world, multiple))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one call")]
    fn new(
        py: Python<'_>,
        of: &PyDataset,
        pipeline: &str,
        plan: &str,
        workers: usize,
        ahead: usize,
        substitute: bool,
        rank: u32,
        world: u32,
        multiple: u32,
    ) -> PyResult<PyLoader> {
        let pipeline = Pipeline::from_json(pipeline).raise(py)?;
        let plan: Plan = serde_json::from_str(plan).map_err(|e| PyValueError::new_err(e.to_string()))?;
        let on_error = if substitute { OnError::Substitute } else { OnError::Fail };
        let options = Options { workers, ahead, on_error, rank, world, multiple, drafts: false };
        let ds = of.ds.clone();
        let loader = py.detach(|| Loader::new(&ds, pipeline, plan, options, &Job::new())).raise(py)?;
        Ok(PyLoader { loader, opened: of.opened.clone() })
    }

    fn len(&self, py: Python<'_>, epoch: u64) -> PyResult<u64> {
        self.loader.len(epoch).raise(py)
    }

    fn dtype(&self) -> &'static str {
        match self.loader.pipeline().finish().dtype {
            Dtype::U8 => "uint8",
            Dtype::F32 => "float32",
            Dtype::F16 => "float16",
            Dtype::Bf16 => "bfloat16",
        }
    }

    fn pipeline(&self) -> String {
        self.loader.pipeline().to_json().to_string()
    }

    /// The batches of an epoch, or those after a state; made by so many threads.
    #[pyo3(signature = (epoch, state=None, workers=None))]
    fn feed(
        &self,
        py: Python<'_>,
        epoch: u64,
        state: Option<&str>,
        workers: Option<usize>,
    ) -> PyResult<PyFeed> {
        let own = self.loader.options().clone();
        let workers = workers.unwrap_or(own.workers);
        let loader = self.loader.with(Options { workers, ..own });
        let feed = match state {
            None => py.detach(|| loader.epoch(epoch)).raise(py)?,
            Some(text) => {
                let state = text.parse().raise(py)?;
                py.detach(|| loader.resume(&state)).raise(py)?
            }
        };
        Ok(PyFeed { feed: Mutex::new(Some(feed)), _opened: self.opened.clone(), process: std::process::id() })
    }
}

/// The batches of an epoch.
#[pyclass(frozen, name = "Feed", module = "lensframe")]
pub(crate) struct PyFeed {
    feed: Mutex<Option<Feed>>,
    _opened: Vec<Arc<Opened>>,
    process: u32,
}

impl PyFeed {
    fn with<T>(&self, py: Python<'_>, ask: impl FnOnce(&mut Feed) -> T + Send) -> PyResult<T>
    where
        T: Send,
    {
        if self.process != std::process::id() {
            return Err(PyRuntimeError::new_err(
                "this feed is another process's: its threads did not come along; begin one here",
            ));
        }
        let answer = py.detach(|| self.feed.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(ask));
        answer.ok_or_else(|| PyValueError::new_err("the feed is closed"))
    }
}

#[pymethods]
impl PyFeed {
    /// The next batch as a dict of its parts; `None` at the end.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Py<PyDict>>> {
        loop {
            let came = self.with(py, |feed| feed.next_within(PATIENCE))?;
            match came {
                Some(None) => return Ok(None),
                Some(Some(batch)) => {
                    // A signal that came meanwhile is an exception here, and not within what makes arrays.
                    py.check_signals()?;
                    return parts(py, batch.raise(py)?).map(|dict| Some(dict.unbind()));
                }
                None => py.check_signals()?,
            }
        }
    }

    fn left(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |feed| feed.left())
    }

    fn state(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |feed| feed.state().to_string())
    }

    fn statistics(&self, py: Python<'_>) -> PyResult<String> {
        let statistics = self.with(py, |feed| feed.statistics())?;
        serde_json::to_string(&statistics).map_err(|e| PyValueError::new_err(e.to_string()))
    }

    fn close(&self, py: Python<'_>) {
        let feed = py.detach(|| self.feed.lock().unwrap_or_else(PoisonError::into_inner).take());
        if self.process == std::process::id() {
            py.detach(|| drop(feed));
        } else {
            // Its threads are in another process, and cannot be waited for.
            std::mem::forget(feed);
        }
    }
}

fn flat<T: numpy::Element, const N: usize>(py: Python<'_>, rows: Vec<[T; N]>) -> PyResult<Py<PyAny>> {
    let shape = (rows.len(), N);
    let numbers: Vec<T> = rows.into_iter().flatten().collect();
    PyArray1::from_vec(py, numbers).reshape([shape.0, shape.1])?.into_py_any(py)
}

fn parts(py: Python<'_>, batch: Batch) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("index", batch.index)?;
    dict.set_item("padded", batch.padded)?;
    let rows: Vec<i64> = batch.rows.iter().map(|row| *row as i64).collect();
    dict.set_item("row", PyArray1::from_vec(py, rows))?;
    let views: Vec<i64> = batch.views.iter().map(|view| *view as i64).collect();
    dict.set_item("view", PyArray1::from_vec(py, views))?;
    if let Some(tensor) = batch.pictures {
        dict.set_item("img", array(py, tensor)?)?;
    }
    let sizes: Vec<[i64; 2]> =
        batch.sizes.iter().map(|size| [size.height.into(), size.width.into()]).collect();
    dict.set_item("size", flat(py, sizes)?)?;
    let back: Vec<[f64; 6]> = batch.back.iter().map(|back| back.map_or([f64::NAN; 6], |map| map.0)).collect();
    dict.set_item("source_map", flat(py, back)?)?;
    let offsets: Vec<i64> = batch.offsets.iter().map(|offset| *offset as i64).collect();
    dict.set_item("offsets", PyArray1::from_vec(py, offsets))?;
    let objects = PyDict::new(py);
    if let Some(boxes) = batch.boxes {
        objects.set_item("bbox", flat(py, boxes)?)?;
    }
    if let Some(boxes) = batch.rboxes {
        objects.set_item("rbox", flat(py, boxes)?)?;
    }
    if let Some(points) = batch.points {
        let point = |points: Vec<lensframe::geometry::Keypoint>| {
            let numbers =
                points.iter().map(|point| [point.x, point.y, f64::from(point.visibility)]).collect();
            flat(py, numbers)
        };
        let lists = points.into_iter().map(point).collect::<PyResult<Vec<_>>>()?;
        objects.set_item("point", PyList::new(py, lists)?)?;
    }
    if let Some(shapes) = batch.shapes {
        let rows = batch.offsets.windows(2).zip(&batch.sizes);
        let sizes: Vec<Size> =
            rows.flat_map(|(pair, size)| std::iter::repeat_n(*size, (pair[1] - pair[0]) as usize)).collect();
        let shape = |(shape, size): (Option<Shape>, Size)| shape_of(py, shape, size);
        let lists = shapes.into_iter().zip(sizes).map(shape).collect::<PyResult<Vec<_>>>()?;
        objects.set_item("segmentation", PyList::new(py, lists)?)?;
    }
    for (name, column) in batch.objects {
        objects.set_item(name, value::array(py, &column)?)?;
    }
    dict.set_item("objects", objects)?;
    let maps = PyDict::new(py);
    let shape = [batch.sizes.len(), batch.canvas.height as usize, batch.canvas.width as usize];
    for (name, ids) in batch.maps {
        maps.set_item(name, PyArray1::from_vec(py, ids).reshape(shape)?)?;
    }
    dict.set_item("maps", maps)?;
    let values = PyDict::new(py);
    for (name, list) in batch.values {
        let list = list.iter().map(|one| value::value(py, one)).collect::<PyResult<Vec<_>>>()?;
        values.set_item(name, PyList::new(py, list)?)?;
    }
    dict.set_item("values", values)?;
    let replaced: Vec<(u64, u64, String)> =
        batch.replaced.into_iter().map(|one| (one.row, one.by, one.why)).collect();
    dict.set_item("replaced", replaced)?;
    Ok(dict)
}

/// Rings as a list of lists of numbers; a mask as COCO's compressed run lengths.
fn shape_of(py: Python<'_>, shape: Option<Shape>, size: Size) -> PyResult<Py<PyAny>> {
    match shape {
        None => Ok(py.None()),
        Some(Shape::Polygons(rings)) => {
            let rings: Vec<_> = rings.into_iter().map(|ring| PyArray1::from_vec(py, ring)).collect();
            PyList::new(py, rings)?.into_py_any(py)
        }
        Some(Shape::Mask(mask)) => {
            let dict = PyDict::new(py);
            dict.set_item("size", [size.height, size.width])?;
            dict.set_item("counts", PyBytes::new(py, mask.to_coco_string().as_bytes()))?;
            dict.into_py_any(py)
        }
    }
}

/// The pipeline in a file, as JSON with all its defaults.
#[pyfunction]
pub(crate) fn pipeline_file(py: Python<'_>, path: std::path::PathBuf) -> PyResult<String> {
    Ok(Pipeline::open(&path).raise(py)?.to_json().to_string())
}
