//! [`Found`]: an object that was found in a picture, and many of them as columns.

use arrow_array::ArrayRef;

use crate::dataset::{Value, pack};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Rle;
use crate::schema::field;

/// An object, in pixels of the stored picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Its class, 0..L-1 in the recipe's table.
    pub label: i64,
    /// How sure the model is.
    pub score: f64,
    /// x, y, w, h; none for what the model says of the whole picture.
    pub bbox: Option<[f64; 4]>,
    /// Landmarks: x, y.
    pub points: Option<Vec<[f64; 2]>>,
    /// The pixels it covers.
    pub mask: Option<Rle>,
}

/// The keys of objects, by which columns there are in every batch of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) bbox: bool,
    pub(super) points: bool,
    pub(super) mask: bool,
}

/// What was found in each picture, as columns of lists: `label`, `score` and what else `told` names.
pub(super) fn columns(found: &[Vec<Found>], told: Told) -> Result<Vec<(&'static str, ArrayRef)>> {
    let list = |of: &dyn Fn(&Found) -> Value| -> Vec<Value> {
        found.iter().map(|objects| Value::from(objects.iter().map(of).collect::<Vec<_>>())).collect()
    };
    let mut columns = vec![
        ("label", list(&|object| Value::from(object.label))),
        ("score", list(&|object| Value::from(object.score))),
    ];
    if told.bbox {
        columns.push(("bbox", list(&|object| object.bbox.map_or(Value::Null, |own| numbers(&own)))));
    }
    if told.points {
        let points = |object: &Found| {
            let each = |points: &Vec<[f64; 2]>| points.iter().map(|own| numbers(own)).collect::<Vec<_>>();
            object.points.as_ref().map_or(Value::Null, |points| Value::from(each(points)))
        };
        columns.push(("point", list(&points)));
    }
    if told.mask {
        columns.push(("segmentation", list(&|object| object.mask.as_ref().map_or(Value::Null, mask))));
    }
    columns.into_iter().map(|(key, values)| Ok((key, packed(key, &values)?))).collect()
}

fn packed(key: &'static str, values: &[Value]) -> Result<ArrayRef> {
    let unknown = || Error::new(ErrorKind::Key, "no key of objects").at(Place::area("predict").key(key));
    let (array, wrong) = pack(values, &field::object("", key).ok_or_else(unknown)?)?;
    match wrong.into_iter().next() {
        Some((_, error)) => Err(error),
        None => Ok(array),
    }
}

fn numbers(values: &[f64]) -> Value {
    Value::from(values.iter().map(|value| Value::from(*value)).collect::<Vec<_>>())
}

fn mask(mask: &Rle) -> Value {
    let size = mask.size();
    let size = [size.height, size.width].map(|side| Value::from(u64::from(side))).to_vec();
    let members = [
        ("size", Value::from(size)),
        ("polygon", Value::Null),
        ("counts", Value::Null),
        ("rle", Value::from(mask.to_coco_string().as_str())),
    ];
    Value::Record(members.map(|(name, value)| (name.to_owned(), value)).into())
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;

    use super::*;

    #[test]
    fn a_picture_without_objects_has_an_empty_list() {
        let face = Found { label: 0, score: 0.5, bbox: Some([1.0, 2.0, 3.0, 4.0]), ..Found::default() };
        let told = Told { bbox: true, points: false, mask: false };
        let columns = columns(&[vec![], vec![face]], told).unwrap();
        assert_eq!(columns.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["label", "score", "bbox"]);
        for (_, column) in &columns {
            assert_eq!((column.len(), column.null_count()), (2, 0));
            assert_eq!(Value::of(column.as_ref(), 0).as_array().map(|list| list.len()), Some(0));
        }
    }
}
