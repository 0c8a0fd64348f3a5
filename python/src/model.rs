//! Networks from Python: [`PyModel`], which `lensframe.Model` is made of.

use std::path::PathBuf;

use lensframe::model::{DType, Data, Device, Dim, Element, Files, Session, Tensor, ValueId};
use numpy::{PyArray1, PyArrayDyn, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::error::Raise;
use crate::job;

/// A network on a device.
#[pyclass(frozen, name = "Session", module = "lensframe._lensframe")]
pub(crate) struct PyModel {
    session: Session,
}

/// Name, type and shape of an input or output.
type Port = (String, Option<&'static str>, Option<Vec<Option<usize>>>);

#[pymethods]
impl PyModel {
    #[new]
    #[pyo3(signature = (model, device, weights=None, names=None, half=false))]
    fn open(
        py: Python<'_>,
        model: PathBuf,
        device: &str,
        weights: Option<PathBuf>,
        names: Option<PathBuf>,
        half: bool,
    ) -> PyResult<PyModel> {
        let device: Device = device.parse().raise(py)?;
        let files = Files { model, weights, names };
        let session = job::run(py, move |job| Session::new(files.open()?.into_graph(), device, job))?;
        Ok(PyModel { session: session.half_weights(half) })
    }

    /// The inputs: name, type, and length of each axis, `None` where any will do.
    #[getter]
    fn inputs(&self) -> Vec<Port> {
        self.session.graph().inputs().iter().map(|id| self.port(id)).collect()
    }

    /// The outputs, as `inputs`.
    #[getter]
    fn outputs(&self) -> Vec<Port> {
        self.session.graph().outputs().iter().map(|id| self.port(id)).collect()
    }

    /// What runs it.
    #[getter]
    fn device(&self) -> &str {
        self.session.device_name()
    }

    /// Runs, plans, submissions and readbacks until now.
    fn counts(&self) -> (u64, u64, u64, u64) {
        let counts = self.session.counts();
        (counts.runs, counts.plans, counts.submits, counts.readbacks)
    }

    /// Arrays in the order of the inputs, row-major; those of the outputs in theirs.
    fn run(&self, py: Python<'_>, inputs: Vec<Bound<'_, PyAny>>) -> PyResult<Vec<Py<PyAny>>> {
        let inputs = inputs.iter().map(taken).collect::<PyResult<Vec<_>>>()?;
        let outputs = job::run(py, move |_| self.session.run(inputs))?;
        outputs.into_iter().map(|tensor| given(py, tensor)).collect()
    }
}

impl PyModel {
    fn port(&self, id: &ValueId) -> Port {
        let value = self.session.graph().value(*id).cloned().unwrap_or_default();
        let side = |dim: &Dim| match dim {
            Dim::Known(n) => Some(*n),
            Dim::Named(_) => None,
        };
        (value.name, value.dtype.map(numpy_name), value.shape.map(|shape| shape.iter().map(side).collect()))
    }
}

/// What NumPy calls a type.
fn numpy_name(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "float32",
        DType::F64 => "float64",
        other => other.name(),
    }
}

/// An array's numbers, copied: it may change as soon as Python runs again.
fn taken(array: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    fn of<T: Element + numpy::Element>(array: &Bound<'_, PyAny>) -> Option<PyResult<Tensor>> {
        let array = array.cast::<PyArrayDyn<T>>().ok()?.try_readonly().ok()?;
        let shape = array.as_array().shape().to_vec();
        let numbers = array.as_array().iter().copied().collect();
        Some(Tensor::new(&shape, numbers).raise(array.py()))
    }
    let readers = [
        of::<f32>, of::<u8>, of::<i64>, of::<f64>, of::<i32>, of::<bool>, of::<i8>, of::<i16>, of::<u16>,
        of::<u32>, of::<u64>,
    ];
    let wrong = || PyTypeError::new_err("an input is an array of numbers of a type that networks have");
    readers.iter().find_map(|read| read(array)).ok_or_else(wrong)?
}

fn given(py: Python<'_>, tensor: Tensor) -> PyResult<Py<PyAny>> {
    fn array<T: numpy::Element>(py: Python<'_>, numbers: Vec<T>, shape: Vec<usize>) -> PyResult<Py<PyAny>> {
        PyArray1::from_vec(py, numbers).reshape(shape)?.into_py_any(py)
    }
    fn own<T: Element + numpy::Element>(py: Python<'_>, tensor: Tensor) -> PyResult<Py<PyAny>> {
        let shape = tensor.shape().to_vec();
        array(py, tensor.into_elements::<T>().unwrap_or_default(), shape)
    }
    let shape = tensor.shape().to_vec();
    match tensor.data() {
        Data::F32(_) => own::<f32>(py, tensor),
        Data::F64(_) => own::<f64>(py, tensor),
        Data::I8(_) => own::<i8>(py, tensor),
        Data::I16(_) => own::<i16>(py, tensor),
        Data::I32(_) => own::<i32>(py, tensor),
        Data::I64(_) => own::<i64>(py, tensor),
        Data::U8(_) => own::<u8>(py, tensor),
        Data::U16(_) => own::<u16>(py, tensor),
        Data::U32(_) => own::<u32>(py, tensor),
        Data::U64(_) => own::<u64>(py, tensor),
        Data::Bool(_) => own::<bool>(py, tensor),
        // NumPy has the one only in part and the other not at all.
        Data::F16(numbers) => array(py, numbers.iter().map(|v| v.to_f32()).collect(), shape),
        Data::BF16(numbers) => array(py, numbers.iter().map(|v| v.to_f32()).collect(), shape),
    }
}
