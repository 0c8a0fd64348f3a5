//! A view in panoptic form: pictures painted from the segmentations of a set, made when they are read.

use std::sync::Arc;

use arrow_array::Array;
use arrow_schema::{DataType, Field};

use super::picture::Picture;
use super::view::{Row, chosen, image, object_fields, warn};
use crate::convert::coco::Shape;
use crate::convert::export::Cell;
use crate::convert::panoptic::SegmentIds;
use crate::dataset::{Call, Dataset, Mapping, Value};
use crate::error::Result;
use crate::geometry::{Size, rasterize};
use crate::schema::axis::key_name;
use crate::schema::classes::ClassTable;
use crate::schema::field;

/// A picture of more pixels is not painted: 2^26.
const MAX_PIXELS: u64 = 1 << 26;

/// The objects of a row that were painted, and their picture.
pub(super) struct Painted {
    pub(super) picture: Picture,
    /// Positions of the objects in their list.
    pub(super) kept: Vec<usize>,
}

/// Paints the objects of a row in their order; with `tell`, what goes wrong is a warning.
pub(super) fn paint(
    row: &Row<'_>,
    classes: &ClassTable,
    tell: bool,
    call: &Call<'_>,
) -> Result<Option<Painted>> {
    let Some(shapes) = row.list("segmentation") else { return Ok(None) };
    let side = |name: &str| row.get(name).as_int().and_then(|side| u32::try_from(side).ok());
    let declared = side("height").zip(side("width")).map(|(height, width)| Size::new(height, width));
    let of = |object: usize| Cell::new(shapes.as_ref(), object).and_then(Shape::of);
    let first = || {
        (0..shapes.len()).find_map(|object| match of(object) {
            Some(Shape::Mask(mask)) => Some(mask.size()),
            _ => None,
        })
    };
    let size = declared.or_else(first).filter(|size| (1..=MAX_PIXELS).contains(&size.pixels()));
    let Some(size) = size else {
        if tell {
            let what = "the size of the image is not known, or not one of a picture".to_owned();
            warn(call, "panoptic.size", what, "the row has no picture")?;
        }
        return Ok(None);
    };
    let (mut kept, mut masks, mut without) = (Vec::new(), Vec::new(), 0u64);
    for object in 0..shapes.len() {
        let mask = match of(object) {
            Some(Shape::Outline(rings, _)) => rasterize(size, &rings).ok(),
            Some(Shape::Mask(mask)) if mask.size() == size => Some(mask),
            _ => None,
        };
        match mask.filter(|mask| !mask.is_empty()) {
            Some(mask) => {
                kept.push(object);
                masks.push(mask);
            }
            None => without += 1,
        }
    }
    let objects =
        kept.iter().zip(&masks).map(|(object, mask)| (mask, row.label(*object), row.crowded(*object)));
    let (picture, taken) = Picture::paint(size, objects, &mut SegmentIds::new(classes))?;
    let visible: Vec<bool> = picture.extents()?.iter().map(Option::is_some).collect();
    if tell {
        let taken: u64 = taken.into_iter().map(u64::from).sum();
        let covered = visible.iter().filter(|visible| !**visible).count();
        for (code, n, what, done) in [
            ("panoptic.no-mask", without, "objects have no mask of the image's size", "they are left out"),
            ("panoptic.overlap", taken, "pixels are of more than one object", "the last one has them"),
            (
                "panoptic.covered",
                u64::try_from(covered).unwrap_or(u64::MAX),
                "objects are covered by later ones",
                "they are left out",
            ),
        ] {
            if n > 0 {
                warn(call, code, format!("{n} {what}"), done)?;
            }
        }
    }
    let segments = picture.segments().iter().zip(&visible).filter(|(_, visible)| **visible);
    let segments = segments.map(|(segment, _)| segment.clone()).collect();
    let kept =
        kept.into_iter().zip(visible).filter_map(|(object, visible)| visible.then_some(object)).collect();
    let picture = Picture::new(size, picture.ids().to_vec(), segments)?;
    Ok(Some(Painted { picture, kept }))
}

/// What a picture is painted from, beside the object keys.
const OF_IMAGE: [&str; 4] = ["height", "width", "file_name", "image_id"];

/// Object keys that a list of segments has no use for: other forms of the mask, and what belongs to the record
/// that an object came from.
const LEFT_OUT: [&str; 4] = ["segmentation", "mask", "object_extra", "ordinal"];

/// A view in panoptic form, painted from the `segmentation` of a set: the key `panoptic` is the PNG, the keys
/// `panoptic.record` and `panoptic.file_name` are those of COCO's panoptic files, `object_id` the ids in the
/// PNG, `bbox` and `area` those of the pixels. Objects are painted in their order; what has no mask, and what
/// later ones cover, is left out. Reading the PNGs tells of both, and of overlaps, as warnings.
///
/// # Errors
/// [`crate::error::ErrorKind::NotFound`] if there is no such set or it has no segmentations.
pub fn paintings(ds: &Dataset, set: &str) -> Result<Dataset> {
    ds.keys().find(&key_name(set, "segmentation"))?;
    let fields = object_fields(ds, set)?;
    let classes = Arc::new(ds.classes(set).cloned().unwrap_or_default());
    let (mut names, mut keys): (Vec<String>, Vec<String>) =
        fields.iter().map(|(name, field)| (name.clone(), field.name().clone())).unzip();
    for key in OF_IMAGE.into_iter().filter(|key| ds.keys().find(key).is_ok()) {
        names.push(key.to_owned());
        keys.push(key.to_owned());
    }
    let painting = {
        let (names, classes) = (names.clone(), classes.clone());
        Mapping::new(field::row_of("panoptic", field::image_type()), move |values, call| {
            let row = Row { names: &names, values };
            let png = match paint(&row, &classes, true, call)? {
                Some(painted) => image(painted.picture.png()?),
                None => Value::Null,
            };
            Ok(vec![png])
        })
    };
    let ds = ds.map_with(painting.inputs(keys.clone()).keep_others())?;
    let mut outputs = vec![
        field::row_of("panoptic.record", DataType::Int64),
        field::row_of("panoptic.file_name", DataType::Utf8),
        field::object_id(set, field::IdType::Int),
    ];
    outputs.extend(["bbox", "area"].into_iter().filter_map(|base| field::object(set, base)));
    let made = ["object_id", "bbox", "area"];
    let others = fields
        .iter()
        .filter(|(base, _)| !made.contains(&base.as_str()) && !LEFT_OUT.contains(&base.as_str()));
    let others: Vec<(String, Field)> = others.cloned().collect();
    outputs.extend(others.iter().map(|(_, field)| field.clone()));
    let bases: Vec<String> = others.into_iter().map(|(base, _)| base).collect();
    let segments = Mapping::new(outputs, move |values, call| {
        let row = Row { names: &names, values };
        let Some(Painted { picture, kept }) = paint(&row, &classes, false, call)? else {
            return Ok(vec![Value::Null; bases.len() + 5]);
        };
        let record = Value::Int(i64::try_from(call.row).unwrap_or(i64::MAX));
        let name = Value::from(png_name(&row, call.row).as_str());
        let ids: Vec<Value> = picture.segments().iter().map(|s| Value::Int(s.id.into())).collect();
        let extents = picture.extents()?;
        let boxes =
            extents.iter().flatten().map(|s| Value::from(s.bbox.to_array().map(Value::from).to_vec()));
        let (boxes, areas): (Vec<Value>, Vec<Value>) =
            boxes.zip(extents.iter().flatten().map(|s| Value::from(f64::from(s.area)))).unzip();
        let mut out = vec![record, name, ids.into(), boxes.into(), areas.into()];
        out.extend(bases.iter().map(|base| chosen(row.list(base), &kept)));
        Ok(out)
    });
    let ds = ds.map_with(segments.inputs(keys).keep_others())?;
    let left_out: Vec<String> = LEFT_OUT.iter().map(|base| key_name(set, base)).collect();
    let keep: Vec<bool> = ds
        .keys()
        .iter()
        .map(|key| !key.name().is_some_and(|name| left_out.iter().any(|l| l == name)))
        .collect();
    ds.select(keep)
}

/// The name of a row's PNG: that of its image, else its id, else its number.
fn png_name(row: &Row<'_>, number: u64) -> String {
    let stem = match (row.get("file_name").as_text(), row.get("image_id")) {
        (Some(name), _) => name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned(),
        (None, Value::Int(id)) => format!("{id:012}"),
        (None, Value::Text(id)) => id.to_string(),
        _ => format!("{number:012}"),
    };
    format!("{stem}.png")
}
