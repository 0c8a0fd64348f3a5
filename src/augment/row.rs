//! [`Row`]: a sample that went through a pipeline, as the values of a row again.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, UInt8Array};
use arrow_buffer::Buffer;
use serde_json::Value as Json;

use super::objects::Shape;
use super::sample::Sample;
use crate::dataset::Value;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{Affine, Rle};
use crate::image::{Encoding, LabelImage, MAX_LABEL_PIXELS, encode};

/// A sample with what it was made of.
pub(super) struct Row<'a> {
    pub(super) sample: Sample,
    /// How the picture becomes a file; without, it stays the file it is.
    pub(super) encoding: Option<Encoding>,
    /// The values of the row as it is stored.
    pub(super) stored: &'a [Value],
}

/// Numbers, or null where they are none.
fn numbers(values: &[f64]) -> Value {
    match values.iter().any(|value| value.is_nan()) {
        true => Value::Null,
        false => Value::Array(Arc::new(Float64Array::from(values.to_vec())) as ArrayRef),
    }
}

fn image(bytes: Buffer) -> Value {
    let members = [("bytes".to_owned(), Value::Bytes(bytes)), ("path".to_owned(), Value::Null)];
    Value::Record(members.into())
}

impl Row<'_> {
    /// What was stored under a key.
    pub(super) fn value(&self, place: usize) -> &Value {
        self.stored.get(place).unwrap_or(&Value::Null)
    }

    /// True if nothing of it moved.
    fn stays(&self) -> bool {
        self.sample.motion() == Some(Affine::IDENTITY)
    }

    /// The picture as a file.
    pub(super) fn picture(&mut self) -> Result<Value> {
        let Some(picture) = self.sample.picture_mut() else { return Ok(Value::Null) };
        let Some(encoding) = self.encoding else {
            return Ok(picture.file().map_or(Value::Null, |file| image(file.clone())));
        };
        let file = encode(picture.seen()?, encoding)?;
        Ok(image(Buffer::from(file)))
    }

    /// A label map as a PNG, with the palette of the one it was.
    pub(super) fn map(&self, name: &str, file: &Buffer) -> Result<Value> {
        let Some((_, ids)) = self.sample.maps().iter().find(|(own, _)| own == name) else {
            return Ok(Value::Null);
        };
        if self.stays() {
            return Ok(image(file.clone()));
        }
        let size = (self.sample.size().height, self.sample.size().width);
        let odd = || Error::new(ErrorKind::Limit, "a label map with ids below 0").at(Place::none().key(name));
        let ids: Vec<u32> =
            ids.iter().map(|id| u32::try_from(*id).map_err(|_| odd())).collect::<Result<_>>()?;
        let old = LabelImage::decode(file, MAX_LABEL_PIXELS)?;
        let narrow = || ids.iter().map(|id| u8::try_from(*id).ok()).collect::<Option<Vec<u8>>>();
        let new = match old.palette().map(<[_]>::to_vec).zip(narrow()) {
            Some((mut palette, indices)) => {
                // What lies outside the picture has an index too.
                palette.resize(256, [0; 3]);
                LabelImage::indexed(size, indices, palette)?
            }
            None => LabelImage::from_ids(size, &ids)?,
        };
        Ok(image(Buffer::from(new.encode()?)))
    }

    /// A list of what objects have under a name. A set that is not annotated stays that.
    pub(super) fn object(&self, base: &str, place: usize) -> Result<Value> {
        let objects = &self.sample.objects;
        match self.value(place) {
            Value::Null if objects.is_empty() => return Ok(Value::Null),
            // As it was declared, where nothing moved and nothing went.
            Value::Array(list) if self.stays() && list.len() == objects.len() => {
                return Ok(self.value(place).clone());
            }
            _ => {}
        }
        let list = |values: Option<Vec<Value>>| Ok(values.map_or(Value::Null, Value::from));
        match base {
            "bbox" => list(objects.bbox.as_ref().map(|boxes| boxes.iter().map(|own| numbers(own)).collect())),
            "rbox" => list(objects.rbox.as_ref().map(|boxes| boxes.iter().map(|own| numbers(own)).collect())),
            "point" => {
                let place = |own: &crate::geometry::Keypoint| numbers(&[own.x, own.y]);
                let of = |points: &Vec<_>| Value::from(points.iter().map(place).collect::<Vec<_>>());
                list(objects.points.as_ref().map(|points| points.iter().map(of).collect()))
            }
            "visible" => {
                let of = |points: &Vec<crate::geometry::Keypoint>| {
                    let flags: UInt8Array = points.iter().map(|own| Some(own.visibility)).collect();
                    Value::Array(Arc::new(flags) as ArrayRef)
                };
                list(objects.points.as_ref().map(|points| points.iter().map(of).collect()))
            }
            "segmentation" => {
                let of = |shape: &Option<Shape>| shape.as_ref().map_or(Value::Null, segmentation);
                list(objects.shapes.as_ref().map(|shapes| shapes.iter().map(of).collect()))
            }
            base => {
                let Some(column) = objects.column(base)? else { return Ok(Value::Null) };
                if base != "object_extra" || self.stays() {
                    return Ok(Value::Array(column));
                }
                let texts = (0..column.len()).map(|at| undeclared(Value::of(column.as_ref(), at)));
                Ok(Value::from(texts.collect::<Vec<_>>()))
            }
        }
    }

    /// A value of the row itself.
    pub(super) fn other(&self, name: &str, place: usize, label: &str) -> Value {
        let value = self.value(place);
        let size = self.sample.size();
        match name {
            // A size that nobody knows stays unknown.
            "height" | "width" if size.pixels() == 0 => value.clone(),
            "height" => Value::from(u64::from(size.height)),
            "width" => Value::from(u64::from(size.width)),
            // The new file is upright, and says so.
            "orientation" if self.encoding.is_some() => Value::Null,
            "extra" if !self.stays() => undeclared(value.clone()),
            "file_name" => match value.as_text() {
                Some(text) => Value::from(self.named(text, label).as_str()),
                None => value.clone(),
            },
            _ => value.clone(),
        }
    }

    /// A file name with what tells the piece from others in it, and the extension that the file now has.
    fn named(&self, name: &str, label: &str) -> String {
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && !extension.contains('/') => {
                (stem, Some(extension))
            }
            _ => (name, None),
        };
        let mut made = format!("{stem}{label}");
        let known = self.encoding.map(|encoding| encoding.format().extensions());
        let kept = extension.filter(|own| {
            known.is_none_or(|known| known.iter().any(|known| own.eq_ignore_ascii_case(known)))
        });
        if let Some(extension) = kept.or(known.and_then(|known| known.first().copied())) {
            made.push('.');
            made.push_str(extension);
        }
        made
    }

    /// The map from here to the stored picture.
    pub(super) fn source_map(&self) -> Value {
        let back = self.sample.motion().and_then(|motion| motion.inverse());
        back.map_or(Value::Null, |Affine(map)| numbers(&map))
    }

    /// The class of the one object.
    pub(super) fn label(&self) -> Result<Value> {
        let labels = self.sample.objects.column("label")?;
        Ok(labels.map_or(Value::Null, |labels| Value::of(labels.as_ref(), 0)))
    }

    /// What a step told, as JSON.
    pub(super) fn told(&self, name: &str) -> Value {
        let found = self.sample.values.iter().rev().find(|(own, _)| own == name);
        found.map_or(Value::Null, |(_, value)| Value::from(value.to_json().to_string().as_str()))
    }
}

/// Outlines stay outlines; masks become run lengths as COCO's text.
fn segmentation(shape: &Shape) -> Value {
    let rings = |rings: &[Vec<f64>]| Value::from(rings.iter().map(|ring| numbers(ring)).collect::<Vec<_>>());
    let (size, polygon, rle) = match shape {
        Shape::Polygons(own) => (Value::Null, rings(own), Value::Null),
        Shape::Mask(mask) => (sides(mask), Value::Null, Value::from(mask.to_coco_string().as_str())),
    };
    let members = [("size", size), ("polygon", polygon), ("counts", Value::Null), ("rle", rle)];
    Value::Record(members.map(|(name, value)| (name.to_owned(), value)).into())
}

fn sides(mask: &Rle) -> Value {
    let size = mask.size();
    Value::from([size.height, size.width].map(|side| Value::from(u64::from(side))).to_vec())
}

/// Without what a source declared in words that keys cannot say, which was true of the stored picture.
fn undeclared(value: Value) -> Value {
    let Some(text) = value.as_text().filter(|text| text.contains("@declared")) else { return value };
    let Ok(Json::Object(mut members)) = serde_json::from_str(text) else { return value };
    members.remove("@declared");
    match members.is_empty() {
        true => Value::Null,
        false => Value::from(Json::Object(members).to_string().as_str()),
    }
}
