//! A view in detection form: the masks of stored panoptic PNGs, made when they are read.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::Buffer;
use arrow_schema::Field;

use super::channels::is_thing;
use super::picture::{Picture, PictureSegment};
use crate::convert::export::Cell;
use crate::dataset::store::Store;
use crate::dataset::{Call, Dataset, Key, Mapping, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{Rle, Size};
use crate::job::Warning;
use crate::schema::axis::{Axis, base_name};
use crate::schema::field;

/// The object keys of a set, with their names.
pub(super) fn object_fields(ds: &Dataset, set: &str) -> Result<Vec<(String, Field)>> {
    let mut fields = Vec::new();
    for field in ds.keys().iter().filter_map(Key::field) {
        if Axis::of(field)?.set() == Some(set) {
            fields.push((base_name(field)?.to_owned(), field.as_ref().clone()));
        }
    }
    if fields.is_empty() {
        let what = format!("the dataset has no objects of the set '{set}'");
        return Err(Error::new(ErrorKind::NotFound, what).at(Place::area("panoptic")));
    }
    Ok(fields)
}

/// The values of one row, by the name of their key.
pub(super) struct Row<'a> {
    pub(super) names: &'a [String],
    pub(super) values: &'a [Value],
}

impl Row<'_> {
    pub(super) fn get(&self, name: &str) -> &Value {
        let at = self.names.iter().position(|n| n == name);
        at.and_then(|at| self.values.get(at)).unwrap_or(&Value::Null)
    }

    pub(super) fn list(&self, name: &str) -> Option<&ArrayRef> {
        self.get(name).as_array()
    }

    pub(super) fn label(&self, object: usize) -> Option<i64> {
        Cell::new(self.list("label")?.as_ref(), object)?.int()
    }

    pub(super) fn crowded(&self, object: usize) -> Option<bool> {
        Cell::new(self.list("crowded")?.as_ref(), object)?.flag()
    }
}

pub(super) fn image(bytes: Vec<u8>) -> Value {
    Value::Record(
        vec![("bytes".to_owned(), Value::Bytes(Buffer::from_vec(bytes))), ("path".to_owned(), Value::Null)]
            .into(),
    )
}

pub(super) fn warn(call: &Call<'_>, code: &'static str, what: String, done: &str) -> Result<()> {
    let place = Place::area("panoptic").row(call.row).key("panoptic");
    call.access.job.warn(Warning::new(code, place, what, done))
}

/// The picture of a row whose PNG and segments are stored; `None` where it has no PNG, or one that cannot be
/// decoded, which is a warning.
pub(super) fn stored_picture(store: &Store, row: &Row<'_>, call: &Call<'_>) -> Result<Option<Picture>> {
    let (png, ids) = (row.get("panoptic"), row.list("object_id"));
    let (false, Some(ids)) = (png.is_null(), ids) else { return Ok(None) };
    let segment = |object: usize| PictureSegment {
        // An id that is no colour has no pixels; 0 is void and has none either.
        id: Cell::new(ids.as_ref(), object)
            .and_then(|id| u32::try_from(id.int()?).ok())
            .filter(|id| *id < 1 << 24)
            .unwrap_or(u32::MAX),
        label: row.label(object),
        crowded: row.crowded(object),
    };
    let segments = (0..ids.len()).map(segment).collect();
    let bytes = store.image_bytes(png)?;
    match Picture::of_png(&bytes, segments) {
        Ok(picture) => Ok(Some(picture)),
        Err(error) => {
            warn(call, "panoptic.png", error.what().to_owned(), "the row counts as one without a PNG")?;
            Ok(None)
        }
    }
}

/// A view in detection form: `segmentation` of the set is each segment's mask, from the PNG in the key
/// `panoptic`. With `things_only` segments of classes whose `isthing` is 0 are left out. Boxes and areas are
/// those declared.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no PNG key or no such set.
pub fn detections(store: &Store, ds: &Dataset, set: &str, things_only: bool) -> Result<Dataset> {
    ds.keys().find("panoptic")?;
    let mut fields = object_fields(ds, set)?;
    let classes = ds.classes(set).cloned().unwrap_or_default();
    let mut names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
    let mut keys: Vec<String> = fields.iter().map(|(_, field)| field.name().clone()).collect();
    names.push("panoptic".to_owned());
    keys.push("panoptic".to_owned());
    if !names.iter().any(|name| name == "segmentation") {
        fields.extend(field::object(set, "segmentation").map(|field| ("segmentation".to_owned(), field)));
    }
    let outputs: Vec<Field> = fields.iter().map(|(_, field)| field.clone()).collect();
    let bases: Vec<String> = fields.into_iter().map(|(name, _)| name).collect();
    let store = store.clone();
    let mapping = Mapping::new(outputs, move |values, call| {
        let row = Row { names: &names, values };
        let Some(ids) = row.list("object_id") else {
            return Ok(vec![Value::Null; bases.len()]);
        };
        let masks = match stored_picture(&store, &row, call)? {
            Some(picture) => picture.masks()?,
            None => vec![None; ids.len()],
        };
        let thing = |object: &usize| {
            let class = row.label(*object).and_then(|label| classes.get(label));
            !things_only || class.is_none_or(is_thing)
        };
        let kept: Vec<usize> = (0..ids.len()).filter(thing).collect();
        let shape = |object: &usize| match masks.get(*object) {
            Some(Some((_, mask))) => segmentation(mask),
            _ => Value::Null,
        };
        let made = |name: &String| match name.as_str() {
            "segmentation" => Value::from(kept.iter().map(shape).collect::<Vec<Value>>()),
            name => chosen(row.list(name), &kept),
        };
        Ok(bases.iter().map(made).collect())
    });
    ds.map_with(mapping.inputs(keys).keep_others())
}

/// The elements of a list at these positions.
pub(super) fn chosen(list: Option<&ArrayRef>, kept: &[usize]) -> Value {
    match list {
        Some(list) => {
            Value::from(kept.iter().map(|at| Value::of(list.as_ref(), *at)).collect::<Vec<Value>>())
        }
        None => Value::Null,
    }
}

/// A mask as COCO's compressed text.
fn segmentation(mask: &Rle) -> Value {
    let Size { height, width } = mask.size();
    let size = vec![Value::Int(height.into()), Value::Int(width.into())];
    let members = [
        ("size", Value::from(size)),
        ("polygon", Value::Null),
        ("counts", Value::Null),
        ("rle", Value::from(mask.to_coco_string().as_str())),
    ];
    Value::Record(members.map(|(name, value)| (name.to_owned(), value)).to_vec().into())
}
