//! What `lensframe.chainercv` is made of: plain arrays in, ChainerCV's numbers out.
//!
//! Boxes are y_min, x_min, y_max, x_max in one flat array; a list an image is a flat array and a count an image. Boxes
//! travel in double precision, which holds single precision whole; `single` says in which of the two to reckon.

use lensframe::error::{Error, ErrorKind, Result};
use lensframe::eval::semantic::{Evaluator, Options};
use lensframe::eval::voc::{self, Curves};
use lensframe::geometry::rle::runs;
use lensframe::geometry::{self, Bitmap, LabelMap, Real, Rle, Size};
use lensframe::image::{
    Alpha, Channels, Decode, Encoding, Filter, LabelData, LabelImage, MAX_LABEL_PIXELS, Pixels, Sampling,
};
use lensframe::schema::classes::{Class, SourceId};
use lensframe::schema::labels;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::error::Raise;

type Numbers<'py> = PyReadonlyArray1<'py, f64>;
type Planes<'py> = PyReadonlyArray3<'py, u8>;
type Lists = (Vec<Option<Vec<f64>>>, Vec<Option<Vec<f64>>>);

/// A flat array as a list an image.
fn by_image<T: Clone>(counts: &[usize], flat: &[T]) -> Vec<Vec<T>> {
    let mut rest = flat;
    let mut take = |count: &usize| {
        let (own, after) = rest.split_at((*count).min(rest.len()));
        rest = after;
        own.to_vec()
    };
    counts.iter().map(&mut take).collect()
}

fn corners<T: Real>(flat: &[f64]) -> Vec<[T; 4]> {
    flat.as_chunks::<4>().0.iter().map(|corners| corners.map(T::nearest)).collect()
}

fn lists(curves: Curves) -> Lists {
    (curves.prec, curves.rec)
}

/// Detections as Python has them: counts an image, labels, scores.
#[derive(FromPyObject)]
pub(crate) struct Found<'py> {
    counts: Vec<usize>,
    labels: PyReadonlyArray1<'py, u32>,
    scores: Numbers<'py>,
}

/// Truths as Python has them: counts an image, labels, and whether they are difficult.
#[derive(FromPyObject)]
pub(crate) struct Truth<'py> {
    counts: Vec<usize>,
    labels: PyReadonlyArray1<'py, u32>,
    difficult: Option<PyReadonlyArray1<'py, bool>>,
}

fn box_curves<T: Real>(
    py: Python<'_>,
    found: &Found<'_>,
    boxes: &[f64],
    truth: &Truth<'_>,
    there: &[f64],
    iou_thresh: f64,
) -> PyResult<Result<Curves>> {
    let difficult = match &truth.difficult {
        Some(flags) => Some(by_image(&truth.counts, flags.as_slice()?)),
        None => None,
    };
    let boxes = by_image(&found.counts, &corners::<T>(boxes));
    let labels = by_image(&found.counts, found.labels.as_slice()?);
    let scores = by_image(&found.counts, found.scores.as_slice()?);
    let there = by_image(&truth.counts, &corners::<T>(there));
    let classes = by_image(&truth.counts, truth.labels.as_slice()?);
    let difficult = difficult.as_deref();
    Ok(py.detach(|| {
        voc::calc_detection_voc_prec_rec(&boxes, &labels, &scores, &there, &classes, difficult, iou_thresh)
    }))
}

/// Precision and recall of boxes by VOC's rule, class by class; `None` where there is none.
#[pyfunction]
pub(crate) fn voc_box_curves(
    py: Python<'_>,
    found: Found<'_>,
    boxes: Numbers<'_>,
    truth: Truth<'_>,
    there: Numbers<'_>,
    single: bool,
    iou_thresh: f64,
) -> PyResult<Lists> {
    let (boxes, there) = (boxes.as_slice()?, there.as_slice()?);
    let curves = match single {
        true => box_curves::<f32>(py, &found, boxes, &truth, there, iou_thresh)?,
        false => box_curves::<f64>(py, &found, boxes, &truth, there, iou_thresh)?,
    };
    Ok(lists(curves.raise(py)?))
}

/// Precision and recall of masks by VOC's rule: planes (R, H, W) an image.
#[pyfunction]
pub(crate) fn voc_mask_curves(
    py: Python<'_>,
    found: Found<'_>,
    masks: Vec<Planes<'_>>,
    truth: Truth<'_>,
    there: Vec<Planes<'_>>,
    iou_thresh: f64,
) -> PyResult<Lists> {
    let bitmaps = |planes: &Planes<'_>| each_plane(py, planes, Bitmap::from_pixels);
    let masks = masks.iter().map(bitmaps).collect::<PyResult<Vec<_>>>()?;
    let labels = by_image(&found.counts, found.labels.as_slice()?);
    let scores = by_image(&found.counts, found.scores.as_slice()?);
    let there = there.iter().map(bitmaps).collect::<PyResult<Vec<_>>>()?;
    let classes = by_image(&truth.counts, truth.labels.as_slice()?);
    let curves = py.detach(|| {
        voc::calc_instance_segmentation_voc_prec_rec(&masks, &labels, &scores, &there, &classes, iou_thresh)
    });
    Ok(lists(curves.raise(py)?))
}

/// Average precision of classes of their precision and recall; NaN where one is `None`.
#[pyfunction]
pub(crate) fn voc_ap(
    prec: Vec<Option<Vec<f64>>>,
    rec: Vec<Option<Vec<f64>>>,
    use_07_metric: bool,
) -> Vec<f64> {
    voc::calc_detection_voc_ap(&prec, &rec, use_07_metric)
}

/// Overlaps of boxes with boxes, row after row.
#[pyfunction]
pub(crate) fn corners_iou(
    py: Python<'_>,
    a: Numbers<'_>,
    b: Numbers<'_>,
    single: bool,
) -> PyResult<Py<PyAny>> {
    fn all<T: Real>(a: &[f64], b: &[f64]) -> Vec<f64> {
        geometry::corners_iou_matrix(&corners::<T>(a), &corners::<T>(b)).into_iter().map(T::into).collect()
    }
    let (a, b) = (a.as_slice()?, b.as_slice()?);
    let shared = py.detach(|| if single { all::<f32>(a, b) } else { all::<f64>(a, b) });
    PyArray1::from_vec(py, shared).into_py_any(py)
}

/// The places of the boxes that non-maximum suppression keeps, best first.
#[pyfunction]
pub(crate) fn suppress(
    py: Python<'_>,
    boxes: Numbers<'_>,
    single: bool,
    thresh: f64,
    score: Option<Numbers<'_>>,
    limit: Option<usize>,
) -> PyResult<Vec<usize>> {
    let boxes = boxes.as_slice()?;
    let score = score.as_ref().map(|score| score.as_slice()).transpose()?;
    let kept = py.detach(|| match single {
        true => geometry::non_maximum_suppression::<f32>(&corners(boxes), thresh, score, limit),
        false => geometry::non_maximum_suppression::<f64>(&corners(boxes), thresh, score, limit),
    });
    kept.raise(py)
}

/// What is made of each plane of (R, H, W): its size and its bytes, row after row.
fn each_plane<T>(
    py: Python<'_>,
    planes: &Planes<'_>,
    make: impl Fn(Size, &[u8]) -> Result<T>,
) -> PyResult<Vec<T>> {
    let (count, height, width) = planes.as_array().dim();
    let size = Size::new(side(height)?, side(width)?);
    let bytes = planes.as_slice()?;
    let each = height * width;
    let plane = |at: usize| make(size, bytes.get(at * each..(at + 1) * each).unwrap_or_default());
    (0..count).map(plane).collect::<Result<Vec<T>>>().raise(py)
}

fn side(pixels: usize) -> PyResult<u32> {
    u32::try_from(pixels).map_err(|_| PyValueError::new_err(format!("{pixels} pixels in a row")))
}

/// Overlaps of masks (N, H, W) with masks (K, H, W), row after row; NaN where both are empty.
#[pyfunction]
pub(crate) fn plane_iou(py: Python<'_>, a: Planes<'_>, b: Planes<'_>) -> PyResult<Py<PyAny>> {
    let (a, b) = (each_plane(py, &a, Rle::from_pixels)?, each_plane(py, &b, Rle::from_pixels)?);
    let mut shared = Vec::with_capacity(a.len() * b.len());
    for own in &a {
        for other in &b {
            let both = f64::from(runs::shared(own.counts(), other.counts()));
            shared.push((both / (f64::from(own.area()) + f64::from(other.area()) - both)) as f32);
        }
    }
    PyArray1::from_vec(py, shared).into_py_any(py)
}

/// The tight boxes of masks (R, H, W): y_min, x_min, y_max, x_max, half-open; zeros of an empty one.
#[pyfunction]
pub(crate) fn plane_bbox(py: Python<'_>, masks: Planes<'_>) -> PyResult<Vec<[f64; 4]>> {
    let masks = each_plane(py, &masks, Rle::from_pixels)?;
    let of = |mask: &Rle| {
        let bbox = mask.bbox();
        [bbox.y(), bbox.x(), bbox.bottom(), bbox.right()]
    };
    Ok(masks.iter().map(of).collect())
}

/// The counts of semantic segmentation, by ChainerCV's rules: truth below 0 is left out, classes grow.
#[pyclass(name = "SemanticCounts", module = "lensframe._lensframe")]
pub(crate) struct PySemanticCounts {
    of: Evaluator,
}

#[pymethods]
impl PySemanticCounts {
    #[new]
    fn new(py: Python<'_>) -> PyResult<PySemanticCounts> {
        Ok(PySemanticCounts { of: Evaluator::new(Options::chainercv()).raise(py)? })
    }

    /// Adds an image: truth and prediction, (H, W) each; `image` names it in errors.
    fn update(
        &mut self,
        py: Python<'_>,
        image: &str,
        truth: PyReadonlyArray2<'_, i32>,
        predicted: PyReadonlyArray2<'_, i32>,
    ) -> PyResult<()> {
        let size = |labels: &PyReadonlyArray2<'_, i32>| -> PyResult<Size> {
            let (height, width) = labels.as_array().dim();
            Ok(Size::new(side(height)?, side(width)?))
        };
        let sizes = (size(&truth)?, size(&predicted)?);
        let there: Vec<u32> =
            truth.as_slice()?.iter().map(|label| u32::try_from(*label).unwrap_or(u32::MAX)).collect();
        let own = predicted.as_slice()?.iter().map(|label| {
            u32::try_from(*label).map_err(|_| {
                let what = format!("image {image}: the predicted label {label} is below 0");
                PyValueError::new_err(what)
            })
        });
        let own: Vec<u32> = own.collect::<PyResult<_>>()?;
        let of = &mut self.of;
        let done = py.detach(|| {
            of.update(image, LabelMap::try_new(sizes.0, &there)?, LabelMap::try_new(sizes.1, &own)?)
        });
        done.raise(py)
    }

    /// The confusion matrix (L, L) int64 and what follows from it.
    fn scores<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let scores = self.of.finish();
        let classes = scores.confusion.classes();
        let counts = scores.confusion.counts().iter().map(|n| i64::try_from(*n).unwrap_or(i64::MAX));
        let out = PyDict::new(py);
        let confusion = PyArray1::from_vec(py, counts.collect()).reshape((classes, classes))?;
        out.set_item("confusion", confusion)?;
        out.set_item("iou", PyArray1::from_vec(py, scores.iou))?;
        out.set_item("miou", scores.mean_iou)?;
        out.set_item("pixel_accuracy", scores.pixel_accuracy)?;
        out.set_item("class_accuracy", PyArray1::from_vec(py, scores.class_accuracy))?;
        out.set_item("mean_class_accuracy", scores.mean_class_accuracy)?;
        Ok(out)
    }
}

/// A picture: (H, W, 3) or (H, W, 1) uint8, upright.
#[pyfunction]
pub(crate) fn decode_image(
    py: Python<'_>,
    file: &[u8],
    color: bool,
    alpha: Option<&str>,
) -> PyResult<Py<PyAny>> {
    let alpha = match alpha {
        None => Alpha::Error,
        Some("ignore") => Alpha::Ignore,
        Some("blend_with_white") => Alpha::White,
        Some("blend_with_black") => Alpha::Black,
        Some(other) => {
            let what =
                format!("alpha is None, 'ignore', 'blend_with_white' or 'blend_with_black', not {other:?}");
            return Err(PyValueError::new_err(what));
        }
    };
    // ChainerCV minds transparency only where colours are asked for.
    let alpha = if !color && alpha == Alpha::Error { Alpha::Ignore } else { alpha };
    let channels = if color { Channels::Rgb } else { Channels::Gray };
    let options = Decode { channels, alpha, ..Decode::default() };
    let pixels = py.detach(|| lensframe::image::decode(file, &options)).raise(py)?.pixels;
    let shape = (pixels.height() as usize, pixels.width() as usize, pixels.channels().count());
    PyArray1::from_vec(py, pixels.into_data()).reshape(shape)?.into_py_any(py)
}

/// A label image: (H, W) int32, indices of a palette or gray values as they are.
#[pyfunction]
pub(crate) fn decode_label(py: Python<'_>, file: &[u8]) -> PyResult<Py<PyAny>> {
    let map = py.detach(|| LabelImage::decode(file, MAX_LABEL_PIXELS)).raise(py)?;
    let numbers: Vec<i32> = match map.data() {
        LabelData::U8(values) => values.iter().map(|value| i32::from(*value)).collect(),
        LabelData::U16(values) => values.iter().map(|value| i32::from(*value)).collect(),
        _ => {
            return Err(PyValueError::new_err(
                "a label image is gray or has a palette; this one has colours",
            ));
        }
    };
    let (height, width) = map.size();
    PyArray1::from_vec(py, numbers).reshape((height as usize, width as usize))?.into_py_any(py)
}

/// The file of a picture (H, W, 3) or (H, W, 1) uint8: `png`, `jpeg` or `bmp`.
#[pyfunction]
pub(crate) fn encode_image<'py>(
    py: Python<'py>,
    picture: Planes<'py>,
    format: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let (height, width, count) = picture.as_array().dim();
    let channels = match count {
        1 => Channels::Gray,
        3 => Channels::Rgb,
        other => return Err(PyValueError::new_err(format!("a picture has 1 or 3 channels, not {other}"))),
    };
    let encoding = match format {
        "png" => Encoding::Png,
        "jpeg" => Encoding::JPEG,
        "bmp" => Encoding::Bmp,
        other => {
            return Err(PyValueError::new_err(format!("format is 'png', 'jpeg' or 'bmp', not {other:?}")));
        }
    };
    let size = (side(height)?, side(width)?);
    let bytes = picture.as_slice()?.to_vec();
    let file = py.detach(|| lensframe::image::encode(&Pixels::new(size, channels, bytes)?, encoding));
    Ok(PyBytes::new(py, &file.raise(py)?))
}

/// Planes (C, H, W) in another size: `linear` by OpenCV's rule, `nearest`, `bilinear`, `bicubic` and `lanczos` by
/// Pillow's.
#[pyfunction]
pub(crate) fn resize_planes(
    py: Python<'_>,
    planes: PyReadonlyArray3<'_, f32>,
    height: u32,
    width: u32,
    sampling: &str,
) -> PyResult<Py<PyAny>> {
    let sampling = match sampling {
        "linear" => Sampling::Linear,
        "nearest" => Sampling::Filter(Filter::Nearest),
        "bilinear" => Sampling::Filter(Filter::Bilinear),
        "bicubic" => Sampling::Filter(Filter::Bicubic),
        "lanczos" => Sampling::Filter(Filter::Lanczos),
        other => return Err(PyValueError::new_err(format!("{other:?} is no way to resize"))),
    };
    let (count, from_height, from_width) = planes.as_array().dim();
    let from = (side(from_height)?, side(from_width)?);
    let (values, each) = (planes.as_slice()?, from_height * from_width);
    let made = py.detach(|| -> Result<Vec<f32>> {
        let mut out = Vec::new();
        for at in 0..count {
            let plane = values.get(at * each..(at + 1) * each);
            let plane = plane.ok_or_else(|| Error::new(ErrorKind::Length, "a plane is cut short"))?;
            out.extend(lensframe::image::resize_plane(plane, from, (height, width), sampling)?);
        }
        Ok(out)
    });
    let shape = (count, height as usize, width as usize);
    PyArray1::from_vec(py, made.raise(py)?).reshape(shape)?.into_py_any(py)
}

type Colour = Option<[u8; 3]>;
type Table = (Vec<String>, Vec<Option<i64>>, Vec<Colour>, Colour);

/// A class table that the library knows: names, numbers in the source's files, colours, and the colour of no class;
/// `None` for another name.
#[pyfunction]
pub(crate) fn label_table(name: &str) -> Option<Table> {
    let table = labels::find(name)?;
    let classes = &table.classes;
    let names = classes.names().into_iter().map(str::to_owned).collect();
    let number = |class: &Class| match class.source_id {
        Some(SourceId::Int(id)) => Some(id),
        _ => None,
    };
    let colours = classes.iter().map(|class| class.color).collect();
    Some((names, classes.iter().map(number).collect(), colours, table.ignore_color))
}

/// What this file adds to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PySemanticCounts>()?;
    module.add_function(wrap_pyfunction!(voc_box_curves, module)?)?;
    module.add_function(wrap_pyfunction!(voc_mask_curves, module)?)?;
    module.add_function(wrap_pyfunction!(voc_ap, module)?)?;
    module.add_function(wrap_pyfunction!(corners_iou, module)?)?;
    module.add_function(wrap_pyfunction!(suppress, module)?)?;
    module.add_function(wrap_pyfunction!(plane_iou, module)?)?;
    module.add_function(wrap_pyfunction!(plane_bbox, module)?)?;
    module.add_function(wrap_pyfunction!(decode_image, module)?)?;
    module.add_function(wrap_pyfunction!(decode_label, module)?)?;
    module.add_function(wrap_pyfunction!(encode_image, module)?)?;
    module.add_function(wrap_pyfunction!(resize_planes, module)?)?;
    module.add_function(wrap_pyfunction!(label_table, module)?)
}
