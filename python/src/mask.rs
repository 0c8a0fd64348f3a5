//! Masks as run lengths: what `lensframe.coco.mask` is made of.
//!
//! A mask is (height, width, counts), the counts as COCO's compressed text.

use lensframe::error::Result;
use lensframe::geometry::{BBox, Rle, Size, coco_iou_matrix, coco_mask_iou_matrix};
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::Raise;

pub(crate) type Coded = (u32, u32, Vec<u8>);

fn parsed(masks: &[Coded]) -> Result<Vec<Rle>> {
    masks.iter().map(|(h, w, counts)| Rle::from_coco_string(Size::new(*h, *w), counts)).collect()
}

fn text<'py>(py: Python<'py>, rle: &Rle) -> Bound<'py, PyBytes> {
    PyBytes::new(py, rle.to_coco_string().as_bytes())
}

/// The masks of the planes of (H, W, N) uint8: what is not 0 is in the mask.
#[pyfunction]
pub(crate) fn mask_encode<'py>(
    py: Python<'py>,
    planes: PyReadonlyArray3<'py, u8>,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let view = planes.as_array();
    let (h, w, n) = view.dim();
    let size = size(h, w)?;
    let mut out = Vec::with_capacity(n);
    for plane in 0..n {
        // Column by column, as masks run.
        let mut columns = Vec::with_capacity(h * w);
        for x in 0..w {
            columns.extend((0..h).map(|y| view[[y, x, plane]]));
        }
        out.push(text(py, &Rle::from_columns(size, &columns).raise(py)?));
    }
    Ok(out)
}

/// Masks of one size as planes, (N, W, H) uint8: turned around they are (H, W, N), column by column.
#[pyfunction]
pub(crate) fn mask_decode(py: Python<'_>, masks: Vec<Coded>) -> PyResult<Py<PyAny>> {
    let (h, w) = masks.first().map_or((0, 0), |(h, w, _)| (*h as usize, *w as usize));
    let mut all = Vec::with_capacity(h * w * masks.len());
    for rle in parsed(&masks).raise(py)? {
        if rle.size() != size(h, w)? {
            return Err(PyValueError::new_err("masks of different sizes cannot stand in one array"));
        }
        all.extend(rle.to_columns().raise(py)?);
    }
    PyArray1::from_vec(py, all).reshape((masks.len(), w, h))?.into_py_any(py)
}

fn size(h: usize, w: usize) -> PyResult<Size> {
    match (u32::try_from(h), u32::try_from(w)) {
        (Ok(h), Ok(w)) => Ok(Size::new(h, w)),
        _ => Err(PyValueError::new_err(format!("a mask of {h} × {w} pixels"))),
    }
}

/// Overlaps of masks, detections by truths: (D, G) float64; of crowds the share of the detection.
#[pyfunction]
pub(crate) fn mask_iou(
    py: Python<'_>,
    found: Vec<Coded>,
    truth: Vec<Coded>,
    crowd: Vec<bool>,
) -> PyResult<Py<PyAny>> {
    let (d, g) = (found.len(), truth.len());
    let shared = py.detach(|| coco_mask_iou_matrix(&parsed(&found)?, &parsed(&truth)?, &crowd)).raise(py)?;
    PyArray1::from_vec(py, shared).reshape((d, g))?.into_py_any(py)
}

fn boxes(array: &PyReadonlyArray2<'_, f64>) -> PyResult<Vec<[f64; 4]>> {
    let view = array.as_array();
    if view.dim().1 != 4 {
        return Err(PyValueError::new_err(format!("boxes are (n, 4), not {:?}", view.dim())));
    }
    Ok(view.rows().into_iter().map(|row| [row[0], row[1], row[2], row[3]]).collect())
}

/// Overlaps of boxes (x, y, w, h), as those of masks.
#[pyfunction]
pub(crate) fn box_iou(
    py: Python<'_>,
    found: PyReadonlyArray2<'_, f64>,
    truth: PyReadonlyArray2<'_, f64>,
    crowd: Vec<bool>,
) -> PyResult<Py<PyAny>> {
    let (found, truth) = (boxes(&found)?, boxes(&truth)?);
    let shared = py.detach(|| coco_iou_matrix(&found, &truth, &crowd)).raise(py)?;
    PyArray1::from_vec(py, shared).reshape((found.len(), truth.len()))?.into_py_any(py)
}

/// All masks as one: what is in any of them, or with `intersect` in all.
#[pyfunction]
pub(crate) fn mask_merge<'py>(
    py: Python<'py>,
    masks: Vec<Coded>,
    intersect: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let masks = parsed(&masks).raise(py)?;
    let merged = match intersect {
        true => Rle::intersection_all(&masks),
        false => Rle::union_all(&masks),
    };
    Ok(text(py, &merged.raise(py)?))
}

/// The areas of masks in pixels.
#[pyfunction]
pub(crate) fn mask_area(py: Python<'_>, masks: Vec<Coded>) -> PyResult<Vec<u32>> {
    Ok(parsed(&masks).raise(py)?.iter().map(Rle::area).collect())
}

/// The tight boxes of masks: x, y, w, h.
#[pyfunction]
pub(crate) fn mask_bbox(py: Python<'_>, masks: Vec<Coded>) -> PyResult<Vec<[f64; 4]>> {
    let of = |rle: &Rle| {
        let bbox = rle.bbox();
        [bbox.x(), bbox.y(), bbox.w(), bbox.h()]
    };
    Ok(parsed(&masks).raise(py)?.iter().map(of).collect())
}

/// A polygon, x and y in turns, as a mask.
#[pyfunction]
pub(crate) fn mask_of_polygon<'py>(
    py: Python<'py>,
    polygon: Vec<f64>,
    h: u32,
    w: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    Ok(text(py, &Rle::from_polygons(Size::new(h, w), &[polygon]).raise(py)?))
}

/// A box as a mask.
#[pyfunction]
pub(crate) fn mask_of_box<'py>(
    py: Python<'py>,
    bbox: [f64; 4],
    h: u32,
    w: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let [x, y, bw, bh] = bbox;
    let rle = BBox::try_new(x, y, bw, bh).and_then(|bbox| Rle::from_bbox(Size::new(h, w), &bbox));
    Ok(text(py, &rle.raise(py)?))
}

/// Run lengths as a list, as a mask.
#[pyfunction]
pub(crate) fn mask_of_counts<'py>(
    py: Python<'py>,
    counts: Vec<i64>,
    h: u32,
    w: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    Ok(text(py, &Rle::from_list(Size::new(h, w), &counts).raise(py)?))
}
