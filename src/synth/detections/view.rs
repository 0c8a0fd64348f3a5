//! [`detections`]: an object set made when it is read; [`add_detections`]: one that is stored.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::json;

use super::errors::{Errors, Fault};
use super::fates::{Detection, Found, find};
use super::object::{Keypoint, Truth};
use crate::dataset::store::{Edit, Operation};
use crate::dataset::{Access, Batch, Dataset, Key, KeyIndex, Keys, Mapping, Rows, Source, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Rle;
use crate::job::Job;
use crate::random::Random;
use crate::schema::axis::{check_set_name, key_name};
use crate::schema::classes::ClassTable;
use crate::schema::field;

/// Rows that are made at a time.
const WINDOW: usize = 256;

/// How many detections of each kind there are, and how many objects without one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In the order of [`Fault::ALL`].
    pub faults: [u64; 6],
    /// Objects without a detection.
    pub missed: u64,
}

impl Tally {
    /// How many there are of a kind.
    pub fn of(&self, fault: Fault) -> u64 {
        let at = Fault::ALL.iter().position(|f| *f == fault);
        at.and_then(|at| self.faults.get(at)).copied().unwrap_or(0)
    }

    /// Counts the rows of a view that has the keys of [`detections`] under this name.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] if it does not; those of reading it.
    pub fn count(ds: &Dataset, name: &str, job: &Job) -> Result<Tally> {
        let view = ds.select([key_name(name, "attr.error"), key_name(name, "missed")])?;
        let mut tally = Tally::default();
        for start in (0..view.len()).step_by(WINDOW) {
            let rows = Rows::all(view.len()).slice(start..view.len().min(start + WINDOW))?;
            let batch = view.read_rows(&rows, &Access::new(job))?.whole()?;
            tally.add(&batch);
        }
        Ok(tally)
    }

    /// Adds a batch of the two keys.
    fn add(&mut self, batch: &Batch) {
        let [kinds, missed] = batch.columns.as_slice() else { return };
        for row in 0..batch.len {
            self.missed += missed.value(row).as_int().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            let Value::Array(kinds) = kinds.value(row) else { continue };
            for at in 0..kinds.len() {
                let kind = Value::of(kinds.as_ref(), at);
                let slot = Fault::ALL.iter().position(|f| Some(f.name()) == kind.as_text());
                if let Some(count) = slot.and_then(|at| self.faults.get_mut(at)) {
                    *count += 1;
                }
            }
        }
    }
}

/// The keys of the truth that detections are made of; the first two must be there.
const READ: [&str; 9] =
    ["bbox", "label", "crowded", "ignored", "segmentation", "point", "visible", "height", "width"];

/// Detections of the default set's objects of any view, as the object set `name`, to be zipped to the view:
/// `bbox`, `label`, `score`, `segmentation` and `point`, `visible` where the truth has them, and what they are:
/// `attr.error` (see [`Fault`]), `attr.truth` (the object's place in its row's lists), `attr.iou`,
/// `attr.mask_iou` (with that object). `NAME.missed` counts objects without a detection, a number a row.
///
/// ```
/// use lensframe::dataset::{Dataset, Part};
/// use lensframe::job::Job;
/// use lensframe::synth::{Errors, Fault, Options, Scenes, Tally, detections};
/// let options = Options { count: 20, height: 96.into(), width: 128.into(), ..Options::default() };
/// let truth = Dataset::new(Scenes::new(options, 7)?);
/// let pred = detections(&truth, "pred", &Errors::default(), 1)?;
/// let both = Dataset::zip([Part::from(&truth), Part::from(&pred)])?;
/// let tally = Tally::count(&both, "pred", &Job::new())?;
/// assert!(tally.of(Fault::Ok) > tally.missed);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Usage`] for a bad name or errors that are no shares; [`ErrorKind::Key`] if the view has no `bbox`
/// or `label`; [`ErrorKind::NotFound`] if it has no class table.
pub fn detections(truth: &Dataset, name: &str, errors: &Errors, seed: u64) -> Result<Dataset> {
    errors.check()?;
    check_set_name(name)?;
    let place = || Place::area("detections");
    if name.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "detections need a name of their own").at(place()));
    }
    let Some(classes) = truth.classes("").cloned() else {
        return Err(Error::new(ErrorKind::NotFound, "the truth has no class table").at(place()));
    };
    truth.check_boxes("detections")?;
    let has = |base: &str| truth.keys().find(base).is_ok();
    for base in READ.iter().take(2) {
        truth.keys().find(base)?;
    }
    let read: Vec<&'static str> = READ.into_iter().filter(|base| has(base)).collect();
    let (masks, points) = (has("segmentation"), has("point"));
    let fields = fields(name, masks, points);
    let (errors, count) = (*errors, classes.len() as i64);
    let names = read.clone();
    let mapping = Mapping::new(fields, move |values, call| {
        let mut random = Random::keyed(&[0x6465_7465_6374, seed, call.row]);
        let truth = Truth::of(&names, values);
        Ok(values_of(&find(&truth, &errors, count, masks, &mut random), masks, points))
    });
    let view = truth.map_with(mapping.inputs(read))?;
    Ok(Dataset::new(Predicted { view, set: name.to_owned(), classes }))
}

fn fields(set: &str, masks: bool, points: bool) -> Vec<Field> {
    let known = |bases: &[&str]| bases.iter().filter_map(|base| field::object(set, base)).collect::<Vec<_>>();
    let own = |base, ty| field::object_of(set, base, ty);
    let mut fields = known(&["bbox", "label", "score"]);
    fields.push(own("attr.error", DataType::Utf8));
    fields.push(own("attr.truth", DataType::Int64));
    fields.push(own("attr.iou", DataType::Float64));
    fields.push(field::row_of(&key_name(set, "missed"), DataType::Int64));
    if masks {
        fields.extend(known(&["segmentation"]));
        fields.push(own("attr.mask_iou", DataType::Float64));
    }
    if points {
        fields.extend(known(&["point", "visible"]));
    }
    fields
}

/// The values of a row, in the order of [`fields`].
fn values_of(found: &Found, masks: bool, points: bool) -> Vec<Value> {
    let list =
        |of: &dyn Fn(&Detection) -> Value| Value::from(found.detections.iter().map(of).collect::<Vec<_>>());
    let numbers = |numbers: &[f64]| Value::from(numbers.iter().copied().map(Value::from).collect::<Vec<_>>());
    let or_null = |value: Option<Value>| value.unwrap_or(Value::Null);
    let mut out = vec![
        list(&|d| numbers(&d.bbox.to_array())),
        list(&|d| Value::Int(d.label)),
        list(&|d| Value::from(d.score)),
        list(&|d| Value::from(d.fault.name())),
        list(&|d| or_null(d.truth.map(|at| Value::Int(at as i64)))),
        list(&|d| Value::from(d.iou)),
        Value::Int(found.missed),
    ];
    if masks {
        out.push(list(&|d| or_null(d.mask.as_ref().map(segmentation))));
        out.push(list(&|d| or_null(d.mask_iou.map(Value::from))));
    }
    if points {
        let each = |points: &[Keypoint], of: &dyn Fn(&Keypoint) -> Value| {
            Value::from(points.iter().map(of).collect::<Vec<_>>())
        };
        out.push(list(&|d| {
            or_null(d.points.as_ref().map(|points| each(points, &|(place, _)| numbers(place))))
        }));
        out.push(list(&|d| or_null(d.points.as_ref().map(|points| each(points, &|(_, v)| Value::Int(*v))))));
    }
    out
}

/// A mask as COCO's compressed text.
fn segmentation(mask: &Rle) -> Value {
    let size = [mask.size().height, mask.size().width].map(|side| Value::Int(side.into()));
    let members = [
        ("size", Value::from(size.to_vec())),
        ("polygon", Value::Null),
        ("counts", Value::Null),
        ("rle", Value::from(mask.to_coco_string().as_str())),
    ];
    Value::Record(members.map(|(name, value)| (name.to_owned(), value)).into())
}

/// The view of a mapping, with the class table of its set.
struct Predicted {
    view: Dataset,
    set: String,
    classes: ClassTable,
}

impl Source for Predicted {
    fn keys(&self) -> &Keys {
        self.view.keys()
    }

    fn len(&self) -> usize {
        self.view.len()
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        self.view.read(rows, keys, access)
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        self.view.prefetch(rows, keys);
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        (set == self.set).then_some(&self.classes)
    }

    fn map_depth(&self) -> u64 {
        self.view.map_depth()
    }
}

/// Makes detections of a stored dataset and stores them beside it, in the group `sets/NAME` of a new version,
/// whose number is given with what was made.
///
/// # Errors
/// As [`detections`]; those of [`Edit::add_group`], as for a set that is there. Then nothing is changed.
pub fn add_detections(
    path: &Path,
    name: &str,
    errors: &Errors,
    seed: u64,
    job: &Job,
) -> Result<(Tally, u64)> {
    let mut edit = Edit::begin(path, job)?;
    let truth = edit.store().dataset();
    let made = detections(&truth, name, errors, seed)?;
    if let Some(classes) = made.classes(name) {
        edit.set_classes(name, classes.clone())?;
    }
    let ids = truth.select(["image_id"])?;
    let view = Dataset::zip([&ids, &made])?;
    let fields: Vec<Field> =
        view.keys().iter().filter_map(Key::field).map(|field| Field::clone(field)).collect();
    let (schema, fields_of): (SchemaRef, _) = (Arc::new(Schema::new(fields.clone())), fields.clone());
    let told = [key_name(name, "attr.error"), key_name(name, "missed")];
    let mut told_at = Vec::new();
    for key in &told {
        told_at.push(view.keys().find(key)?);
    }
    let mut tally = Tally::default();
    let windows = (0..view.len()).step_by(WINDOW).map(|start| {
        let rows = Rows::all(view.len()).slice(start..view.len().min(start + WINDOW))?;
        let batch = view.read_rows(&rows, &Access::new(job))?.whole()?;
        let of_tally = told_at.iter().filter_map(|key| batch.columns.get(key.0).cloned()).collect();
        tally.add(&Batch::new(batch.len, of_tally)?);
        let columns =
            batch.columns.iter().zip(&fields_of).map(|(column, field)| column.whole(field.data_type()));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(|e| {
            Error::new(ErrorKind::Corrupt, format!("a batch does not fit its fields: {e}")).caused_by(e)
        })
    });
    edit.add_group(&format!("sets/{name}"), fields, windows)?;
    let operation = Operation::new("detections").with("set", name).with("errors", json!(errors));
    let version = edit.commit(operation.with("seed", seed))?;
    Ok((tally, version))
}
