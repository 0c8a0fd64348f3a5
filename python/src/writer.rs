//! Object sets written from Python: [`PySetWriter`], which `lensframe._writer` gives its arrays to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, Float64Array, Int32Array, Int64Array, ListArray, StringArray,
    StructArray, UInt8Array, new_null_array,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use lensframe::dataset::store::{Operation, SetOptions, SetWriter};
use lensframe::dataset::{Dataset, Rows, Value};
use lensframe::error::{Error, ErrorKind, Place, Result};
use lensframe::geometry::{BoxForm, BoxLayout, Size, Unit, convert_flat};
use lensframe::schema::classes::ClassTable;
use lensframe::schema::field;
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::dataset::PyDataset;
use crate::error::Raise;
use crate::job;
use crate::mask::Coded;

/// Writes an object set into a stored dataset. Its arrays are flat: the objects of row `i` are those from
/// `offsets[i]` up to `offsets[i + 1]`.
#[pyclass(frozen, name = "SetWriter", module = "lensframe._lensframe")]
pub(crate) struct PySetWriter {
    writer: Mutex<Option<SetWriter>>,
    ds: Dataset,
    path: std::path::PathBuf,
    /// How many classes labels are of; `None` where nobody says.
    classes: Option<usize>,
    /// Height and width of each row, once relative boxes come.
    sizes: Mutex<Option<Arc<Vec<Size>>>>,
}

/// What is written at once, owned: the arrays may change as soon as Python runs again.
struct Given {
    rows: Rows,
    offsets: Vec<i32>,
    columns: Vec<(&'static str, ArrayRef)>,
}

#[pymethods]
impl PySetWriter {
    /// Begins a set of the stored dataset that a view is of; rows are those of the view.
    #[new]
    #[pyo3(signature = (of, name, resume, replace, classes=None))]
    fn begin(
        py: Python<'_>,
        of: &PyDataset,
        name: String,
        resume: bool,
        replace: bool,
        classes: Option<Vec<String>>,
    ) -> PyResult<PySetWriter> {
        let (origin, store) = of.stored("a set")?;
        let (store, own) = (store.clone(), classes.map(ClassTable::from_names));
        let count = own.as_ref().or(store.classes("")).map(|table| table.names().len());
        let options = SetOptions { resume, replace, classes: own };
        let writer = job::run(py, move |job| SetWriter::begin(&store, &name, options, &job.clone()))?;
        Ok(PySetWriter {
            writer: Mutex::new(Some(writer)),
            ds: of.ds.clone(),
            path: origin.path.clone(),
            classes: count,
            sizes: Mutex::default(),
        })
    }

    /// Where the dataset is.
    #[getter]
    fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// How many rows the view has.
    fn __len__(&self) -> usize {
        self.ds.len()
    }

    /// The rows of the view that are not written yet.
    fn missing(&self) -> PyResult<Vec<u64>> {
        let guard = self.lock();
        let writer = guard.as_ref().ok_or_else(closed)?;
        let rows = (0u64..).zip(self.ds.rows().iter());
        Ok(rows.filter(|(_, row)| !writer.is_written(*row as usize)).map(|(at, _)| at).collect())
    }

    /// Writes the objects of rows.
    #[pyo3(signature = (rows, offsets, *, boxes=None, layout="xywh", relative=false, scores=None, labels=None,
        masks=None, points=None, visible=None))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one call")]
    fn write(
        &self,
        py: Python<'_>,
        rows: PyReadonlyArray1<'_, i64>,
        offsets: PyReadonlyArray1<'_, i64>,
        boxes: Option<PyReadonlyArray2<'_, f64>>,
        layout: &str,
        relative: bool,
        scores: Option<PyReadonlyArray1<'_, f64>>,
        labels: Option<PyReadonlyArray1<'_, i64>>,
        masks: Option<Vec<Coded>>,
        points: Option<PyReadonlyArray3<'_, f64>>,
        visible: Option<PyReadonlyArray2<'_, u8>>,
    ) -> PyResult<()> {
        let given = || -> Result<Given> {
            let places: Vec<i64> = rows.as_array().to_vec();
            let rows = self.ds.rows().take_python(&places)?;
            let offsets = checked(&offsets.as_array().to_vec(), places.len())?;
            let total = offsets.last().map_or(0, |last| *last as usize);
            let whose = |object: usize| {
                let at = offsets.partition_point(|offset| *offset as usize <= object).saturating_sub(1);
                places.get(at).copied().unwrap_or(0)
            };
            let mut columns: Vec<(&'static str, ArrayRef)> = Vec::new();
            let odd = |key: &'static str, len: usize| match len == total {
                true => Ok(()),
                false => Err(length(key, len, total)),
            };
            if let Some(boxes) = &boxes {
                let view = boxes.as_array();
                odd("boxes", view.nrows())?;
                if view.ncols() != 4 {
                    let what = format!("boxes of {} numbers", view.ncols());
                    return Err(Error::new(ErrorKind::Length, what).at(Place::none().key("boxes")));
                }
                let mut numbers: Vec<f64> = view.iter().copied().collect();
                finite("boxes", &numbers, 4, &whose)?;
                let layout: BoxLayout = layout.parse()?;
                self.in_pixels(&mut numbers, &offsets, &places, layout, relative)?;
                columns.push(("bbox", rows_of(Arc::new(Float64Array::from(numbers)), 4)?));
            }
            if let Some(labels) = &labels {
                let labels: Vec<i64> = labels.as_array().to_vec();
                odd("labels", labels.len())?;
                self.known(&labels, &whose)?;
                columns.push(("label", Arc::new(Int64Array::from(labels))));
            }
            if let Some(scores) = &scores {
                let scores: Vec<f64> = scores.as_array().to_vec();
                odd("scores", scores.len())?;
                finite("scores", &scores, 1, &whose)?;
                columns.push(("score", Arc::new(Float64Array::from(scores))));
            }
            if let Some(masks) = &masks {
                odd("masks", masks.len())?;
                columns.push(("segmentation", segmentations(masks)?));
            }
            if let Some(points) = &points {
                let view = points.as_array();
                let (objects, each, axes) = view.dim();
                odd("points", objects)?;
                if axes != 2 {
                    let what = format!("points of {axes} numbers");
                    return Err(Error::new(ErrorKind::Length, what).at(Place::none().key("points")));
                }
                let numbers: Vec<f64> = view.iter().copied().collect();
                finite("points", &numbers, each * 2, &whose)?;
                columns.push((
                    "point",
                    lists_of(rows_of(Arc::new(Float64Array::from(numbers)), 2)?, each, objects)?,
                ));
            }
            if let Some(visible) = &visible {
                let view = visible.as_array();
                odd("visible", view.nrows())?;
                let flags: ArrayRef = Arc::new(UInt8Array::from_iter_values(view.iter().copied()));
                columns.push(("visible", lists_of(flags, view.ncols(), view.nrows())?));
            }
            Ok(Given { rows, offsets, columns })
        };
        let given = given().raise(py)?;
        py.detach(|| -> Result<()> {
            let offsets = OffsetBuffer::new(given.offsets.into());
            let lists = given.columns.into_iter().map(|(key, values)| {
                let item = Arc::new(Field::new("item", values.data_type().clone(), true));
                Ok((key, Arc::new(ListArray::try_new(item, offsets.clone(), values, None)?) as ArrayRef))
            });
            let lists: Vec<(&str, ArrayRef)> = lists.collect::<Result<_>>()?;
            match self.lock().as_mut() {
                Some(writer) => writer.write(&given.rows, &lists),
                None => Err(Error::new(ErrorKind::Usage, "the writer is closed")),
            }
        })
        .raise(py)
    }

    /// Hands what is written to the system: it outlives this process.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.lock().as_mut().map_or(Ok(()), SetWriter::flush)).raise(py)
    }

    /// Publishes the set, and returns the number of the new version.
    #[pyo3(signature = (what="predictions"))]
    fn commit(&self, py: Python<'_>, what: &str) -> PyResult<u64> {
        let writer = self.lock().take().ok_or_else(closed)?;
        job::run(py, move |_| writer.commit(Operation::new(what)))
    }

    /// Ends without publishing; what is written stays for a writer that resumes.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let writer = self.lock().take();
        py.detach(|| writer.map_or(Ok(()), |mut writer| writer.flush())).raise(py)
    }

    /// Removes what is written and not published.
    fn discard(&self, py: Python<'_>) -> PyResult<()> {
        let writer = self.lock().take();
        py.detach(|| writer.map_or(Ok(()), SetWriter::discard)).raise(py)
    }
}

impl PySetWriter {
    fn lock(&self) -> MutexGuard<'_, Option<SetWriter>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Boxes as x, y, w, h in pixels.
    fn in_pixels(
        &self,
        numbers: &mut [f64],
        offsets: &[i32],
        places: &[i64],
        layout: BoxLayout,
        relative: bool,
    ) -> Result<()> {
        let unit = if relative { Unit::Relative } else { Unit::Pixels };
        let form = BoxForm { layout, unit };
        if !relative {
            return convert_flat(numbers, form, BoxForm::COCO, Size::new(0, 0));
        }
        let sizes = self.sizes()?;
        for (pair, place) in offsets.windows(2).zip(places) {
            let place = if *place < 0 { place + self.ds.len() as i64 } else { *place };
            let size = usize::try_from(place).ok().and_then(|at| sizes.get(at)).copied();
            if let ([first, last], Some(size)) = (pair, size)
                && let Some(own) =
                    numbers.get_mut(*first as usize * 4..*last as usize * 4).filter(|n| !n.is_empty())
            {
                convert_flat(own, form, BoxForm::COCO, size)
                    .map_err(|e| e.at(Place::none().row(place as u64)))?;
            }
        }
        Ok(())
    }

    /// The sizes of the pictures of all rows of the view.
    fn sizes(&self) -> Result<Arc<Vec<Size>>> {
        let mut known = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sizes) = known.as_ref() {
            return Ok(Arc::clone(sizes));
        }
        let side = |value: &Value| value.as_int().and_then(|side| u32::try_from(side).ok()).unwrap_or(0);
        let (heights, widths) = (self.ds.column("height")?.values(), self.ds.column("width")?.values());
        let sizes: Vec<Size> =
            heights.iter().zip(&widths).map(|(h, w)| Size::new(side(h), side(w))).collect();
        Ok(Arc::clone(known.insert(Arc::new(sizes))))
    }

    /// Checks that labels are of classes.
    fn known(&self, labels: &[i64], whose: &impl Fn(usize) -> i64) -> Result<()> {
        let bad = |label: &i64| {
            usize::try_from(*label).ok().is_none_or(|l| self.classes.is_some_and(|all| l >= all))
        };
        let Some((object, label)) = labels.iter().enumerate().find(|(_, label)| bad(label)) else {
            return Ok(());
        };
        let what = match self.classes {
            Some(all) => format!("row {}: label {label} of {all} classes", whose(object)),
            None => format!("row {}: label {label}", whose(object)),
        };
        Err(Error::new(ErrorKind::Usage, what)
            .at(Place::none().key("labels"))
            .remedy("labels count from 0 in the set's classes; say classes=[...] if they are others than the dataset's"))
    }
}

fn closed() -> PyErr {
    PyValueError::new_err("the writer is closed")
}

fn length(key: &str, len: usize, total: usize) -> Error {
    Error::new(ErrorKind::Length, format!("{len} values for {total} objects")).at(Place::none().key(key))
}

/// Offsets from 0 on, never falling, one more than there are rows.
fn checked(offsets: &[i64], rows: usize) -> Result<Vec<i32>> {
    let wrong = |what: String| Err(Error::new(ErrorKind::Usage, what).at(Place::none().key("offsets")));
    if offsets.len() != rows + 1 {
        return wrong(format!("{} offsets for {rows} rows; there is one more than rows", offsets.len()));
    }
    if offsets.first() != Some(&0) || offsets.windows(2).any(|pair| pair[0] > pair[1]) {
        return wrong("offsets begin with 0 and never fall".to_owned());
    }
    match offsets.iter().map(|offset| i32::try_from(*offset)).collect::<std::result::Result<Vec<_>, _>>() {
        Ok(offsets) => Ok(offsets),
        Err(_) => wrong("more than 2^31 objects at once; write fewer rows at a time".to_owned()),
    }
}

/// Checks that all numbers are such.
fn finite(key: &'static str, numbers: &[f64], each: usize, whose: &impl Fn(usize) -> i64) -> Result<()> {
    let Some(at) = numbers.iter().position(|n| !n.is_finite()) else { return Ok(()) };
    let object = at.checked_div(each).unwrap_or(0);
    let number = numbers.get(at).copied().unwrap_or(f64::NAN);
    Err(Error::new(
        ErrorKind::Usage,
        format!("row {}: object {object} of the call has {number}", whose(object)),
    )
    .at(Place::none().key(key))
    .remedy("leave such objects out before they are written"))
}

/// Numbers in lists of a fixed length.
fn rows_of(numbers: ArrayRef, width: i32) -> Result<ArrayRef> {
    let item = Arc::new(Field::new("item", numbers.data_type().clone(), true));
    Ok(Arc::new(FixedSizeListArray::try_new(item, width, numbers, None)?))
}

/// `objects` lists of `each` elements.
fn lists_of(values: ArrayRef, each: usize, objects: usize) -> Result<ArrayRef> {
    let item = Arc::new(Field::new("item", values.data_type().clone(), true));
    let offsets = OffsetBuffer::<i32>::from_lengths(std::iter::repeat_n(each, objects));
    Ok(Arc::new(ListArray::try_new(item, offsets, values, None)?))
}

/// Masks as COCO's results have them: a size and compressed run lengths.
fn segmentations(masks: &[Coded]) -> Result<ArrayRef> {
    let DataType::Struct(members) = field::segmentation_type() else {
        return Err(Error::new(ErrorKind::Type, "segmentations are no records"));
    };
    let side = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let sizes: Int32Array =
        masks.iter().flat_map(|(h, w, _)| [side(*h), side(*w)]).collect::<Vec<i32>>().into();
    let texts = masks.iter().map(|(_, _, counts)| std::str::from_utf8(counts).map(str::to_owned));
    let texts: Vec<String> = texts.collect::<std::result::Result<_, _>>().map_err(|_| {
        Error::new(ErrorKind::Usage, "run lengths that are no text").at(Place::none().key("masks"))
    })?;
    let columns = members.iter().map(|member| match member.name().as_str() {
        "size" => rows_of(Arc::new(sizes.clone()), 2),
        "rle" => Ok(Arc::new(StringArray::from_iter_values(&texts)) as ArrayRef),
        _ => Ok(new_null_array(member.data_type(), masks.len())),
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StructArray::try_new_with_length(members, columns, None, masks.len())?))
}
