//! COCO's protocol for `lensframe.coco.COCOeval`: columns in, cells and curves out.
//!
//! A side is a dict of columns: `counts` (objects an image), `label`, `flags` (1 crowd, 2 ignored, 4 nameless), `area`,
//! `score`, and `bbox`, `masks` or `points`, whichever is compared. Places that are none are −1.

use lensframe::eval::coco::{AreaRange, Assigned, Coco, Judgements, Kind, Params, Tensors};
use lensframe::eval::coco::{assign, curves, overlaps};
use lensframe::eval::matching::NONE;
use lensframe::eval::{Batch, Flags, ImageId, Objects, Points};
use lensframe::geometry::Size;
use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::Raise;
use crate::job::run;
use crate::mask::Coded;

/// Images of one class list, matched.
#[pyclass(frozen, name = "Matched", module = "lensframe._lensframe")]
pub(crate) struct PyMatched {
    images: Vec<ImageId>,
    truth: Objects,
    found: Objects,
    coco: Coco,
}

/// A column of a side; empty where it is not given.
pub(crate) fn column<T: Element + Clone>(side: &Bound<'_, PyDict>, key: &str) -> PyResult<Vec<T>> {
    match side.get_item(key)? {
        None => Ok(Vec::new()),
        Some(values) => Ok(values.cast::<PyArray1<T>>()?.to_vec()?),
    }
}

fn flags(bits: &[u8]) -> Vec<Flags> {
    let one = |bits: &u8| Flags {
        crowd: bits & 1 != 0,
        ignored: bits & 2 != 0,
        nameless: bits & 4 != 0,
        group: false,
    };
    bits.iter().map(one).collect()
}

fn points(values: &[f64], each: usize) -> Points {
    let values = values.chunks_exact(3).filter_map(|point| point.try_into().ok()).collect();
    Points { each, values }
}

pub(crate) fn objects(py: Python<'_>, side: &Bound<'_, PyDict>, each: usize) -> PyResult<Objects> {
    let counts: Vec<i64> = column(side, "counts")?;
    let mut out = Objects::new(counts.into_iter().map(|count| count.max(0) as usize)).raise(py)?;
    out.label = column(side, "label")?;
    out.flags = flags(&column::<u8>(side, "flags")?);
    out.area = column(side, "area")?;
    out.score = column(side, "score")?;
    let boxes: Vec<f64> = column(side, "bbox")?;
    out.bbox = boxes.chunks_exact(4).filter_map(|bbox| bbox.try_into().ok()).collect();
    out.points = points(&column::<f64>(side, "points")?, each);
    if let Some(masks) = side.get_item("masks")? {
        for (h, w, counts) in masks.extract::<Vec<Coded>>()? {
            out.masks.push_text(Size::new(h, w), &counts);
        }
    }
    Ok(out)
}

fn kind(name: &str, sigmas: Vec<f64>) -> PyResult<Kind> {
    match name {
        "bbox" => Ok(Kind::Bbox),
        "segm" => Ok(Kind::Segm),
        "keypoints" => Ok(Kind::Keypoints(sigmas)),
        other => Err(PyValueError::new_err(format!("{other:?} is no kind of overlap"))),
    }
}

/// Matches all images; they are numbered from 0.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // Named in Python.
pub(crate) fn coco_match(
    py: Python<'_>,
    name: &str,
    sigmas: Vec<f64>,
    classes: usize,
    thresholds: Vec<f64>,
    ranges: Vec<(f64, f64)>,
    caps: Vec<u32>,
    truth: &Bound<'_, PyDict>,
    found: &Bound<'_, PyDict>,
) -> PyResult<PyMatched> {
    let each = sigmas.len();
    let ranges = ranges.into_iter().map(|(from, to)| AreaRange::new("", from, to)).collect();
    let kind = kind(name, sigmas)?;
    let params = Params { thresholds, ranges, caps, ..Params::new(kind) };
    let (truth, found) = (objects(py, truth, each)?, objects(py, found, each)?);
    let images: Vec<ImageId> = (0i64..).take(truth.images()).map(ImageId::from).collect();
    let mut coco = Coco::new(params, classes).raise(py)?;
    let matched = run(py, |job| {
        let batch = Batch { images: &images, truth: &truth, found: &found };
        coco.update(&batch, job)?;
        Ok(coco)
    });
    let coco = matched?;
    Ok(PyMatched { images, truth, found, coco })
}

pub(crate) fn shaped<T: Element>(py: Python<'_>, values: Vec<T>, shape: &[usize]) -> PyResult<Py<PyAny>> {
    PyArray1::from_vec(py, values).reshape(shape)?.into_py_any(py)
}

/// Places as numbers, −1 for none.
fn places(places: &[u32]) -> Vec<i64> {
    places.iter().map(|place| if *place == NONE { -1 } else { i64::from(*place) }).collect()
}

pub(crate) type Who = (Py<PyAny>, Py<PyAny>, Py<PyAny>);

/// Thresholds × detections, thresholds × truths, thresholds × detections.
fn who(py: Python<'_>, own: Assigned, thresholds: usize, truths: usize, found: usize) -> PyResult<Who> {
    Ok((
        shaped(py, places(&own.truth), &[thresholds, found])?,
        shaped(py, places(&own.found), &[thresholds, truths])?,
        shaped(py, own.left_out, &[thresholds, found])?,
    ))
}

#[pymethods]
impl PyMatched {
    /// Precision, recall and scores at points of recall: T × R × K × A × M, T × K × A × M, T × R × K × A × M.
    fn tensors(&self, py: Python<'_>, recalls: Vec<f64>) -> PyResult<Who> {
        let Tensors { thresholds: t, recalls: r, classes: k, ranges: a, caps: m, precision, recall, scores } =
            run(py, |job| self.coco.finish_at(&recalls, job))?;
        Ok((
            shaped(py, precision, &[t, r, k, a, m])?,
            shaped(py, recall, &[t, k, a, m])?,
            shaped(py, scores, &[t, r, k, a, m])?,
        ))
    }

    /// A cell: places of truths, whether they are ignored, places of detections, and who got whom; `None` without any.
    #[allow(clippy::type_complexity)] // A tuple of Python's.
    fn cell(
        &self,
        py: Python<'_>,
        image: usize,
        class: u32,
        range: usize,
    ) -> PyResult<Option<(Vec<u32>, Vec<bool>, Vec<u32>, Who)>> {
        let batch = Batch { images: &self.images, truth: &self.truth, found: &self.found };
        let Some(cell) = self.coco.cell(&batch, image, class, range).raise(py)? else { return Ok(None) };
        let thresholds = self.coco.params().thresholds.len();
        let who = who(py, cell.assigned, thresholds, cell.truths.len(), cell.found.len())?;
        Ok(Some((cell.truths, cell.ignored, cell.found, who)))
    }
}

/// Who gets whom in a cell, by overlaps row after row; without any nobody.
#[pyfunction]
pub(crate) fn coco_assign(
    py: Python<'_>,
    overlaps: &Bound<'_, PyArray1<f64>>,
    truths: Vec<u8>,
    found: Vec<u8>,
    thresholds: Vec<f64>,
) -> PyResult<Who> {
    let overlaps = overlaps.to_vec()?;
    let own = assign(&overlaps, &flags(&truths), &flags(&found), &thresholds).raise(py)?;
    who(py, own, thresholds.len(), truths.len(), found.len())
}

/// Precision (T × R × M), recall (T × M) and scores (T × R × M) of detections that were judged elsewhere, `matched` and
/// `left_out` threshold after threshold.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // Named in Python.
pub(crate) fn coco_curves(
    py: Python<'_>,
    counts: Vec<usize>,
    scores: &Bound<'_, PyArray1<f64>>,
    matched: &Bound<'_, PyArray1<bool>>,
    left_out: &Bound<'_, PyArray1<bool>>,
    truths: u32,
    thresholds: usize,
    recalls: Vec<f64>,
    caps: Vec<u32>,
) -> PyResult<Who> {
    let (scores, matched, left_out) = (scores.to_vec()?, matched.to_vec()?, left_out.to_vec()?);
    let judged =
        Judgements { counts: &counts, scores: &scores, matched: &matched, left_out: &left_out, truths };
    let own = py.detach(|| curves(&judged, thresholds, &recalls, &caps)).raise(py)?;
    let (t, r, m) = (thresholds, recalls.len(), caps.len());
    Ok((
        shaped(py, own.precision, &[t, r, m])?,
        shaped(py, own.recall, &[t, m])?,
        shaped(py, own.scores, &[t, r, m])?,
    ))
}

/// Object keypoint similarity of all detections with all truths of an image: (D, G).
#[pyfunction]
pub(crate) fn coco_oks(
    py: Python<'_>,
    sigmas: Vec<f64>,
    truth: &Bound<'_, PyDict>,
    found: &Bound<'_, PyDict>,
) -> PyResult<Py<PyAny>> {
    let each = sigmas.len();
    let (truth, found) = (objects(py, truth, each)?, objects(py, found, each)?);
    let batch = Batch { images: &[0.into()], truth: &truth, found: &found };
    let own = overlaps(&Kind::Keypoints(sigmas), &batch, 0).raise(py)?;
    shaped(py, own, &[found.len(), truth.len()])
}
