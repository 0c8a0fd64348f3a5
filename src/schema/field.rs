//! The Arrow field of every known key (DESIGN §2): name, type, axis.
//!
//! Every field and every list item is nullable, and items are called `item`: so Hugging Face `datasets`,
//! polars and pyarrow meet the types they would have made themselves. No dictionary types.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields};

use super::axis::{Axis, key_name};

/// `List<item>` with a nullable item.
pub fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

/// `FixedSizeList<item, n>` with a nullable item.
pub fn fixed_list(item: DataType, n: i32) -> DataType {
    DataType::FixedSizeList(Arc::new(Field::new("item", item, true)), n)
}

/// `Struct{name: type, …}` with nullable members.
pub fn record(members: &[(&str, DataType)]) -> DataType {
    DataType::Struct(members.iter().map(|(name, ty)| Field::new(*name, ty.clone(), true)).collect::<Fields>())
}

/// Encoded image bytes, a path relative to the dataset's roots, or both: Hugging Face's Image layout.
pub fn image_type() -> DataType {
    record(&[("bytes", DataType::Binary), ("path", DataType::Utf8)])
}

/// What a getter gives for [`image_type`]: the same layout with view arrays, so that gathering rows moves
/// 16 bytes a row and leaves the payload in the map.
pub fn image_view_type() -> DataType {
    record(&[("bytes", DataType::BinaryView), ("path", DataType::Utf8View)])
}

/// A segmentation as its source declared it, in the form declared: exactly one of `polygon`, `counts`, `rle`
/// is set. `size` is (height, width); polygons are flat `x0, y0, x1, y1, …` rings.
pub fn segmentation_type() -> DataType {
    record(&[
        ("size", fixed_list(DataType::Int32, 2)),
        ("polygon", list(list(DataType::Float64))),
        ("counts", list(DataType::UInt32)),
        ("rle", DataType::Utf8),
    ])
}

/// Canonical run lengths with their tight box (x, y, w, h) and area: a computed cache.
pub fn mask_type() -> DataType {
    record(&[
        ("size", fixed_list(DataType::Int32, 2)),
        ("counts", DataType::Binary),
        ("bbox", fixed_list(DataType::Float64, 4)),
        ("area", DataType::Float64),
    ])
}

/// The type of ids in a table: both are used, never mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdType {
    /// 64-bit signed integers.
    Int,
    /// Text.
    Text,
}

impl IdType {
    /// The Arrow type of one id.
    pub fn arrow(self) -> DataType {
        match self {
            IdType::Int => DataType::Int64,
            IdType::Text => DataType::Utf8,
        }
    }
}

/// The type of one value of a known row key; `None` for names this table does not hold. `image_id` and
/// `image_label` have two possible types: see [`image_id`]; `image_label` here is a single class.
pub fn row_type(name: &str) -> Option<DataType> {
    Some(match name {
        "image_id" | "image_label" => DataType::Int64,
        "file_name" | "source" | "split" | "extra" => DataType::Utf8,
        "tags" => list(DataType::Utf8),
        "img" | "label_map" | "panoptic" => image_type(),
        "height" | "width" => DataType::Int32,
        "orientation" => DataType::Utf8,
        "content_hash" => DataType::FixedSizeBinary(16),
        "sequence" => DataType::Utf8,
        "frame" | "time_ms" => DataType::Int64,
        _ => return None,
    })
}

/// The type of one object's value of a known object key; `None` for names this table does not hold.
/// `object_id` has two possible types: see [`object_id`].
pub fn object_type(base: &str) -> Option<DataType> {
    Some(match base {
        "object_id" | "label" | "track_id" => DataType::Int64,
        "bbox" => fixed_list(DataType::Float64, 4),
        "rbox" => fixed_list(DataType::Float64, 5),
        "score" | "area" => DataType::Float64,
        "crowded" | "difficult" | "truncated" | "occluded" | "ignored" | "group_of" => DataType::Boolean,
        "segmentation" => segmentation_type(),
        "mask" => mask_type(),
        "point" => list(fixed_list(DataType::Float64, 2)),
        "visible" => list(DataType::UInt8),
        "caption" | "object_extra" => DataType::Utf8,
        // Position of the annotation in its source file: what lets an export put it back.
        "ordinal" => DataType::Int64,
        _ => return None,
    })
}

/// The field of a known row key; `None` if [`row_type`] does not know it.
pub fn row(name: &str) -> Option<Field> {
    row_type(name).map(|ty| row_of(name, ty))
}

/// A row field of any type, as for `attr.*`.
pub fn row_of(name: &str, ty: DataType) -> Field {
    Axis::Row.mark(Field::new(name, ty, true))
}

/// The field of a known object key in a set; `None` if [`object_type`] does not know it.
pub fn object(set: &str, base: &str) -> Option<Field> {
    object_type(base).map(|ty| object_of(set, base, ty))
}

/// An object field whose elements are of type `item`, as for `attr.*`.
pub fn object_of(set: &str, base: &str, item: DataType) -> Field {
    Axis::Object(set.to_owned()).mark(Field::new(key_name(set, base), list(item), true))
}

/// The field `image_id` of this id type.
pub fn image_id(ids: IdType) -> Field {
    row_of("image_id", ids.arrow())
}

/// The field `object_id` of this id type in a set.
pub fn object_id(set: &str, ids: IdType) -> Field {
    object_of(set, "object_id", ids.arrow())
}

/// True for types whose values are encoded files: they are stored in a heavy group and read as views.
pub fn is_image(ty: &DataType) -> bool {
    *ty == image_type() || *ty == image_view_type()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_a_list_of_four_floats() {
        let bbox = object("", "bbox").unwrap();
        assert_eq!(bbox.data_type(), &list(fixed_list(DataType::Float64, 4)));
        assert_eq!(Axis::of(&bbox).unwrap(), Axis::objects());
    }

    #[test]
    fn a_set_prefixes_the_name_and_marks_the_axis() {
        let score = object("r50", "score").unwrap();
        assert_eq!(score.name(), "r50.score");
        assert_eq!(Axis::of(&score).unwrap(), Axis::Object("r50".into()));
    }

    #[test]
    fn unknown_names_have_no_type() {
        assert!(row("nonsense").is_none() && object("", "img").is_none());
    }
}
