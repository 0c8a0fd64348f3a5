//! The keys of scenes, and their columns made of rows.

use std::sync::Arc;

use arrow_array::builder::BinaryViewBuilder;
use arrow_array::{
    Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, FixedSizeListArray, Float64Array, Int32Array,
    Int64Array, ListArray, StringArray, StructArray, UInt8Array, UInt32Array, new_null_array,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field};

use super::outline::outline;
use super::truth::{Need, Object, PanopticSegment, Row};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::field;

/// A key: its field, what it needs of a row, and how its column is made.
pub(super) struct KeyColumn {
    pub(super) field: Field,
    /// The group it is stored in, as importers lay them out.
    pub(super) group: &'static str,
    pub(super) need: Need,
    pub(super) make: fn(&[Row]) -> Result<ArrayRef>,
}

/// The set of captions.
pub(super) const CAPTIONS: &str = "captions";
/// The set of panoptic segments.
pub(super) const PANOPTIC: &str = "panoptic";

/// Every key, in order: images, what is known of them, objects, captions, segments.
pub(super) fn all() -> Vec<KeyColumn> {
    let none = Need::default();
    let scene = Need { scene: true, ..none };
    let mut keys = Vec::new();
    let mut add = |group, field: Option<Field>, need, make: fn(&[Row]) -> Result<ArrayRef>| {
        keys.extend(field.map(|field| KeyColumn { field, group, need, make }));
    };
    let image = |name: &str| Some(field::row_of(name, field::image_view_type()));
    let img = Need { img: true, ..none };
    add("images", field::row("image_id"), none, |rows| Ok(ints(rows.iter().map(|r| r.facts.image_id()))));
    add("images", image("img"), img, |rows| images(rows, |r| r.img.as_ref()));
    add("images", field::row("content_hash"), img, hashes);
    let need = Need { label_map: true, ..none };
    add("images", image("label_map"), need, |rows| images(rows, |r| r.label_map.as_ref()));
    let need = Need { instance_map: true, ..none };
    add("images", image("instance_map"), need, |rows| images(rows, |r| r.instance_map.as_ref()));
    let need = Need { panoptic: true, ..none };
    add("images", image("panoptic"), need, |rows| images(rows, |r| r.panoptic.as_ref()));

    add("objects", field::row("file_name"), none, |rows| Ok(texts(rows.iter().map(|r| r.facts.file_name()))));
    add("objects", field::row("split"), none, |rows| Ok(texts(rows.iter().map(|r| r.facts.split))));
    add("objects", field::row("height"), none, |rows| sides(rows, |r| r.facts.height));
    add("objects", field::row("width"), none, |rows| sides(rows, |r| r.facts.width));
    add("objects", field::row("tags"), none, tags);
    let object = |base| field::object("", base);
    add("objects", object("object_id"), scene, |rows| objects(rows, |o| ints(o.map(|o| o.id))));
    add("objects", object("label"), scene, |rows| objects(rows, |o| ints(o.map(|o| o.label))));
    add("objects", object("bbox"), scene, |rows| try_objects(rows, |o| fixed(o.map(|o| Some(o.bbox)))));
    add("objects", object("rbox"), scene, |rows| try_objects(rows, |o| fixed(o.map(|o| o.rbox))));
    add("objects", object("area"), scene, |rows| objects(rows, |o| floats(o.map(|o| o.area))));
    add("objects", object("crowded"), scene, |rows| objects(rows, |o| flags(o.map(|o| o.crowded))));
    add("objects", object("difficult"), scene, |rows| objects(rows, |o| flags(o.map(Object::is_difficult))));
    add("objects", object("truncated"), scene, |rows| objects(rows, |o| flags(o.map(|o| o.truncated))));
    add("objects", object("occluded"), scene, |rows| objects(rows, |o| flags(o.map(|o| o.hidden > 0.0))));
    let hidden = field::object_of("", "attr.hidden", DataType::Float64);
    add("objects", Some(hidden), scene, |rows| objects(rows, |o| floats(o.map(|o| o.hidden))));
    add("objects", object("segmentation"), scene, |rows| {
        try_objects(rows, |o| segmentations(&o.collect::<Vec<_>>()))
    });
    add("objects", object("point"), scene, |rows| try_objects(rows, |o| points(&o.collect::<Vec<_>>())));
    add("objects", object("visible"), scene, |rows| try_objects(rows, |o| visible(&o.collect::<Vec<_>>())));

    let caption = |base| field::object(CAPTIONS, base);
    add("sets/captions", caption("object_id"), none, |rows| {
        lists(rows, |_| 2, ints(rows.iter().flat_map(|r| [1, 2].map(|n| r.facts.image_id() * 10 + n))))
    });
    add("sets/captions", caption("caption"), scene, |rows| {
        lists(rows, |r| r.captions.len(), texts(rows.iter().flat_map(|r| &r.captions)))
    });

    let segment = |base| field::object(PANOPTIC, base);
    let record = field::row_of("panoptic.record", DataType::Int64);
    add("sets/panoptic", Some(record), none, |rows| Ok(ints(rows.iter().map(|r| r.facts.index as i64))));
    let name = field::row_of("panoptic.file_name", DataType::Utf8);
    add("sets/panoptic", Some(name), none, |rows| {
        Ok(texts(rows.iter().map(|r| format!("{:06}.png", r.facts.image_id()))))
    });
    add("sets/panoptic", segment("object_id"), scene, |rows| {
        segments(rows, |s| ints(s.map(|s| i64::from(s.id))))
    });
    add("sets/panoptic", segment("label"), scene, |rows| segments(rows, |s| ints(s.map(|s| s.label))));
    add("sets/panoptic", segment("bbox"), scene, |rows| {
        lists(rows, |r| r.segments.len(), fixed(rows.iter().flat_map(|r| &r.segments).map(|s| Some(s.bbox)))?)
    });
    add("sets/panoptic", segment("area"), scene, |rows| segments(rows, |s| floats(s.map(|s| s.area))));
    add("sets/panoptic", segment("crowded"), scene, |rows| segments(rows, |s| flags(s.map(|s| s.crowded))));
    keys
}

fn refused(error: ArrowError) -> Error {
    Error::new(ErrorKind::Limit, format!("scenes that do not fit one array: {error}"))
        .at(Place::area("synth"))
        .remedy("read fewer rows at once")
}

fn ints(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn floats(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

fn texts<T: AsRef<str>>(values: impl Iterator<Item = T>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// Sides of pictures, which are below 2^31.
fn sides(rows: &[Row], side: impl Fn(&Row) -> u32) -> Result<ArrayRef> {
    Ok(Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| side(row) as i32))))
}

/// Lists of this many elements each, of these.
fn list(lengths: impl Iterator<Item = usize>, child: ArrayRef, valid: Option<Vec<bool>>) -> Result<ArrayRef> {
    let item = Arc::new(Field::new("item", child.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let list = ListArray::try_new(item, offsets, child, valid.map(NullBuffer::from));
    Ok(Arc::new(list.map_err(refused)?))
}

fn lists(rows: &[Row], length: impl Fn(&Row) -> usize, child: ArrayRef) -> Result<ArrayRef> {
    list(rows.iter().map(length), child, None)
}

/// A key of the objects of all rows, one after the other.
fn objects<'a>(
    rows: &'a [Row],
    child: impl Fn(&mut dyn Iterator<Item = &'a Object>) -> ArrayRef,
) -> Result<ArrayRef> {
    try_objects(rows, |objects| Ok(child(objects)))
}

fn try_objects<'a>(
    rows: &'a [Row],
    child: impl Fn(&mut dyn Iterator<Item = &'a Object>) -> Result<ArrayRef>,
) -> Result<ArrayRef> {
    let child = child(&mut rows.iter().flat_map(|row| &row.objects))?;
    lists(rows, |row| row.objects.len(), child)
}

fn segments<'a>(
    rows: &'a [Row],
    child: impl Fn(&mut dyn Iterator<Item = &'a PanopticSegment>) -> ArrayRef,
) -> Result<ArrayRef> {
    let child = child(&mut rows.iter().flat_map(|row| &row.segments));
    lists(rows, |row| row.segments.len(), child)
}

/// So many numbers each, or null.
fn fixed<const N: usize>(values: impl Iterator<Item = Option<[f64; N]>>) -> Result<ArrayRef> {
    let values: Vec<Option<[f64; N]>> = values.collect();
    let valid: Vec<bool> = values.iter().map(Option::is_some).collect();
    let flat = floats(values.iter().flat_map(|v| v.unwrap_or([0.0; N])));
    let item = Arc::new(Field::new("item", DataType::Float64, true));
    let nulls = valid.contains(&false).then(|| NullBuffer::from(valid));
    Ok(Arc::new(FixedSizeListArray::try_new(item, N as i32, flat, nulls).map_err(refused)?))
}

fn points(objects: &[&Object]) -> Result<ArrayRef> {
    let there = objects.iter().flat_map(|o| o.points.iter().flatten());
    let child = fixed(there.map(|(place, _)| Some(*place)))?;
    list(objects.iter().map(|o| o.points.as_ref().map_or(0, Vec::len)), child, Some(have_points(objects)))
}

fn visible(objects: &[&Object]) -> Result<ArrayRef> {
    let there = objects.iter().flat_map(|o| o.points.iter().flatten());
    let child = Arc::new(UInt8Array::from_iter_values(there.map(|(_, visible)| *visible)));
    list(objects.iter().map(|o| o.points.as_ref().map_or(0, Vec::len)), child, Some(have_points(objects)))
}

fn have_points(objects: &[&Object]) -> Vec<bool> {
    objects.iter().map(|o| o.points.is_some()).collect()
}

fn tags(rows: &[Row]) -> Result<ArrayRef> {
    let of = |row: &Row| {
        let facts = &row.facts;
        let all = [("empty", facts.empty), ("gray", facts.gray), ("turned", facts.is_turned())];
        all.into_iter().filter(|(_, has)| *has).map(|(tag, _)| tag).collect::<Vec<_>>()
    };
    let tags: Vec<Vec<&str>> = rows.iter().map(of).collect();
    list(tags.iter().map(Vec::len), texts(tags.iter().flatten()), None)
}

fn hashes(rows: &[Row]) -> Result<ArrayRef> {
    let hash = |row: &Row| {
        let hash = blake3::hash(row.img.as_deref()?);
        hash.as_bytes().first_chunk::<16>().copied()
    };
    let hashes = rows.iter().map(hash);
    Ok(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(hashes, 16).map_err(refused)?))
}

/// Files, as views of the bytes the encoder gave.
fn images(rows: &[Row], file: impl Fn(&Row) -> Option<&Buffer>) -> Result<ArrayRef> {
    let mut bytes = BinaryViewBuilder::with_capacity(rows.len());
    for row in rows {
        match file(row) {
            Some(file) => {
                let length = u32::try_from(file.len()).unwrap_or(u32::MAX);
                let block = bytes.append_block(file.clone());
                bytes.try_append_view(block, 0, length).map_err(refused)?;
            }
            None => bytes.append_null(),
        }
    }
    let DataType::Struct(members) = field::image_view_type() else {
        return Err(Error::new(ErrorKind::Type, "images are no structs").at(Place::area("synth")));
    };
    let paths = new_null_array(&DataType::Utf8View, rows.len());
    let made = StructArray::try_new(members, vec![Arc::new(bytes.finish()), paths], None);
    Ok(Arc::new(made.map_err(refused)?))
}

/// What COCO would say of an object: a crowd as counts, a mask with holes as compressed text, another as
/// polygons.
enum Form {
    Counts,
    Text(String),
    Polygons(Vec<Vec<f64>>),
}

fn form(object: &Object) -> Form {
    if object.crowded {
        return Form::Counts;
    }
    let found = outline(&object.mask);
    if found.holes > 0 { Form::Text(object.mask.to_coco_string()) } else { Form::Polygons(found.rings) }
}

/// Masks in the form of [`field::segmentation_type`].
fn segmentations(objects: &[&Object]) -> Result<ArrayRef> {
    let forms: Vec<Form> = objects.iter().map(|object| form(object)).collect();
    let sizes = objects.iter().flat_map(|o| [o.mask.size().height as i32, o.mask.size().width as i32]);
    let item = |ty| Arc::new(Field::new("item", ty, true));
    let sizes = Arc::new(Int32Array::from_iter_values(sizes));
    let sizes = FixedSizeListArray::try_new(item(DataType::Int32), 2, sizes, None).map_err(refused)?;
    let rings = |form: &Form| match form {
        Form::Polygons(rings) => rings.len(),
        _ => 0,
    };
    let all: Vec<&Vec<f64>> = forms
        .iter()
        .flat_map(|form| match form {
            Form::Polygons(rings) => rings.as_slice(),
            _ => &[],
        })
        .collect();
    let numbers = floats(all.iter().flat_map(|ring| ring.iter().copied()));
    let polygons = list(all.iter().map(|ring| ring.len()), numbers, None)?;
    let valid = forms.iter().map(|form| matches!(form, Form::Polygons(_))).collect();
    let polygons = list(forms.iter().map(rings), polygons, Some(valid))?;
    let runs = |(form, object): (&Form, &&Object)| -> usize {
        if matches!(form, Form::Counts) { object.mask.counts().len() } else { 0 }
    };
    let counted = forms.iter().zip(objects).filter(|(form, _)| matches!(form, Form::Counts));
    let flat = UInt32Array::from_iter_values(counted.flat_map(|(_, o)| o.mask.counts().iter().copied()));
    let valid = forms.iter().map(|form| matches!(form, Form::Counts)).collect();
    let counts = list(forms.iter().zip(objects).map(runs), Arc::new(flat), Some(valid))?;
    let texts = forms.iter().map(|form| match form {
        Form::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let texts: ArrayRef = Arc::new(texts.collect::<StringArray>());
    let DataType::Struct(members) = field::segmentation_type() else {
        return Err(Error::new(ErrorKind::Type, "segmentations are no structs").at(Place::area("synth")));
    };
    let made = StructArray::try_new(members, vec![Arc::new(sizes), polygons, counts, texts], None);
    Ok(Arc::new(made.map_err(refused)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_name_of_its_own_and_the_groups_are_those_of_importers() {
        let keys = all();
        let names: std::collections::HashSet<&str> = keys.iter().map(|k| k.field.name().as_str()).collect();
        assert_eq!(names.len(), keys.len());
        let mut groups: Vec<&str> = keys.iter().map(|k| k.group).collect();
        groups.dedup();
        assert_eq!(groups, ["images", "objects", "sets/captions", "sets/panoptic"]);
    }
}
