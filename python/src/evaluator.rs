//! [`PyStream`]: COCO's protocol over images as they come, for `lensframe.Evaluator` and `lensframe.metrics`.
//!
//! Columns in, state and numbers out. A side is a dict of columns as in `cocoeval.rs`, with `labels` (int64) in the place
//! of `label`. What the columns hold was checked before, with places that a person knows; what does not fit together is
//! refused by the evaluator.

use lensframe::error::{Error, ErrorKind, Result};
use lensframe::eval::ImageId;
use lensframe::eval::coco::{Kind, Labelled, Params, Repeats, Stream, Tensors};
use lensframe::eval::protocol::{Protocol, known};
use lensframe::geometry::BoxLayout;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::cocoeval::{Who, column, objects, shaped};
use crate::error::Raise;
use crate::job::run;

/// What an image is called.
#[derive(FromPyObject)]
pub(crate) enum Name {
    Number(i64),
    Text(String),
}

/// How a stream is made; every part but the metric may be left out.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Made {
    metric: String,
    labels: Option<Vec<i64>>,
    iou: Option<Vec<f64>>,
    recalls: Option<Vec<f64>>,
    max_dets: Option<Vec<u32>>,
    sigmas: Option<Vec<f64>>,
    dilation: Option<f64>,
    class_agnostic: bool,
    repeats: String,
}

impl Made {
    fn params(&self) -> Result<Params> {
        let usage = |what: &str, remedy: &str| Error::new(ErrorKind::Usage, what).remedy(remedy);
        let mut params = match Protocol::named(&self.metric)? {
            Protocol::Coco(params) => params,
            _ => {
                let streams = |name: &&str| matches!(Protocol::named(name), Ok(Protocol::Coco(_)));
                let names: Vec<&str> = known().iter().map(|known| known.name).filter(streams).collect();
                let what = format!("{} is not evaluated as images come", self.metric);
                return Err(Error::new(ErrorKind::Unsupported, what)
                    .remedy(format!("use lensframe.evaluate, or name one of {}", names.join(", "))));
            }
        };
        match (&mut params.kind, &self.sigmas) {
            (Kind::Keypoints(own), Some(sigmas)) => own.clone_from(sigmas),
            (_, Some(_)) => {
                return Err(usage("sigmas belong to coco/keypoints", "leave them out, or name that metric"));
            }
            _ => {}
        }
        match (&mut params.kind, self.dilation) {
            (Kind::Boundary(own), Some(dilation)) if dilation > 0.0 => *own = dilation,
            (Kind::Boundary(_), Some(_)) => {
                return Err(usage("a dilation is above 0", "leave it out, or give a ratio as 0.02"));
            }
            (_, Some(_)) => {
                return Err(usage("dilation belongs to coco/boundary", "leave it out, or name that metric"));
            }
            _ => {}
        }
        params.thresholds = self.iou.clone().unwrap_or(params.thresholds);
        params.recalls = self.recalls.clone().unwrap_or(params.recalls);
        params.caps = self.max_dets.clone().unwrap_or(params.caps);
        params.class_agnostic = self.class_agnostic;
        Ok(params)
    }

    fn repeats(&self) -> Result<Repeats> {
        match self.repeats.as_str() {
            "same" => Ok(Repeats::Same),
            "first" => Ok(Repeats::First),
            "never" => Ok(Repeats::Never),
            other => {
                Err(Error::new(ErrorKind::Usage, format!("{other:?} says nothing of images given again"))
                    .remedy("say same, first or never"))
            }
        }
    }
}

/// COCO's protocol over images as they come.
#[pyclass(name = "Stream", module = "lensframe._lensframe")]
pub(crate) struct PyStream {
    stream: Stream,
}

impl PyStream {
    fn points(&self) -> usize {
        match &self.stream.params().kind {
            Kind::Keypoints(sigmas) => sigmas.len(),
            _ => 0,
        }
    }
}

/// A side of a batch; boxes are in this layout.
fn side(py: Python<'_>, side: &Bound<'_, PyDict>, points: usize, layout: BoxLayout) -> PyResult<Labelled> {
    let mut objects = objects(py, side, points)?;
    if layout != BoxLayout::Xywh {
        objects.bbox.iter_mut().for_each(|bbox| *bbox = layout.convert(bbox, BoxLayout::Xywh));
    }
    Ok(Labelled { objects, labels: column(side, "labels")? })
}

#[pymethods]
impl PyStream {
    /// A stream, empty or with a state that another one, made alike, wrote.
    #[new]
    #[pyo3(signature = (made, state=None))]
    fn new(py: Python<'_>, made: Made, state: Option<&[u8]>) -> PyResult<PyStream> {
        let (params, repeats) = (made.params().raise(py)?, made.repeats().raise(py)?);
        let stream = match state {
            None => Stream::new(params, made.labels, repeats),
            Some(state) => Stream::from_bytes(params, made.labels, repeats, state),
        };
        Ok(PyStream { stream: stream.raise(py)? })
    }

    /// Matches images.
    fn update(
        &mut self,
        py: Python<'_>,
        images: Vec<Name>,
        truth: &Bound<'_, PyDict>,
        found: &Bound<'_, PyDict>,
        layout: &str,
    ) -> PyResult<()> {
        let layout: BoxLayout = layout.parse().raise(py)?;
        let points = self.points();
        let (truth, found) = (side(py, truth, points, layout)?, side(py, found, points, layout)?);
        let id = |name: Name| match name {
            Name::Number(id) => ImageId::Int(id),
            Name::Text(id) => ImageId::from(id.as_str()),
        };
        let images: Vec<ImageId> = images.into_iter().map(id).collect();
        let stream = &mut self.stream;
        run(py, |job| stream.update(&images, truth, found, job))
    }

    /// Adds what another stream has seen; with `shift` its images have ids so much further on.
    fn merge(&mut self, py: Python<'_>, other: &PyStream, shift: i64) -> PyResult<()> {
        let stream = &mut self.stream;
        py.detach(|| stream.merge(&other.stream, shift)).raise(py)
    }

    /// The state as bytes.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let state = py.detach(|| self.stream.to_bytes()).raise(py)?;
        Ok(PyBytes::new(py, &state))
    }

    /// The number of images seen.
    fn images(&self) -> usize {
        self.stream.images()
    }

    /// The labels of the classes, ascending.
    fn labels(&self) -> Vec<i64> {
        self.stream.labels()
    }

    /// The numbers in pycocotools' order, −1 where there is none.
    fn stats(&self, py: Python<'_>) -> PyResult<Vec<f64>> {
        run(py, |job| Ok(self.stream.summary(job)?.stats()))
    }

    /// Precision, recall and scores: T × R × K × A × M, T × K × A × M, T × R × K × A × M.
    fn tensors(&self, py: Python<'_>) -> PyResult<Who> {
        let Tensors { thresholds: t, recalls: r, classes: k, ranges: a, caps: m, precision, recall, scores } =
            run(py, |job| self.stream.tensors(job))?;
        Ok((
            shaped(py, precision, &[t, r, k, a, m])?,
            shaped(py, recall, &[t, k, a, m])?,
            shaped(py, scores, &[t, r, k, a, m])?,
        ))
    }

    /// The report as JSON.
    fn report(&self, py: Python<'_>, names: Vec<String>, title: &str) -> PyResult<String> {
        run(py, |job| Ok(self.stream.report(&names, title, job)?.to_json()))
    }
}
