//! What a table's metadata tells Hugging Face `datasets`: which keys are images and which are class labels.
//!
//! `datasets` reads the entry [`KEY`] of a file's schema, in IPC and in Parquet files. For a field that the
//! entry describes with exactly the field's type it shows the feature described; every other field it shows by
//! its Arrow type. So only images and labels are described here, and a label that has no class table stays a
//! number. A list is written `[item]`, which releases read that do not know the name `List`: the entry was
//! tried with 2.21, 3.6, 4.4, 4.8, 5.0, 5.1 and 5.2. A type `datasets` has no name for makes it refuse the
//! whole file, whatever the entry says: intervals in all of these, fixed-size binary before release 5.1.
//!
//! An image that has a path and no bytes is opened by `datasets` from the working directory: paths are
//! relative to the dataset's roots, which `datasets` does not know.
//!
//! `datasets` insists on distinct class names: the second `stand` of a table is called `stand (2)` in the
//! entry, and only there.

use std::collections::BTreeSet;

use arrow_schema::{DataType, Field, Fields};
use serde_json::{Map, Value, json};

use super::axis::{Axis, DEFAULT_SET, base_name};
use super::classes::ClassTable;
use super::field::image_type;
use crate::error::Result;

/// The metadata entry of a schema that `datasets` reads.
pub const KEY: &str = "huggingface";

/// The value of [`KEY`] for a table of these fields; `classes` gives the class table of a set by its name.
///
/// Described are: fields of [`image_type`] (`img`, `label_map`, `panoptic`, …) as `Image`; `label` of any set,
/// and `image_label` by the default set's table, as `ClassLabel`, alone or in a list. A field that may not be
/// null is left to its Arrow type, because `datasets` knows no such field.
///
/// ```
/// use arrow_schema::Fields;
/// use lensframe::schema::{classes::ClassTable, field, huggingface};
/// let fields = Fields::from(vec![field::row("img").unwrap(), field::object("", "label").unwrap()]);
/// let classes = ClassTable::from_names(["cat"]);
/// assert_eq!(
///     huggingface::metadata(&fields, |_| Some(&classes)).unwrap(),
///     r#"{"info":{"features":{"img":{"_type":"Image"},"label":[{"names":["cat"],"_type":"ClassLabel"}]}}}"#
/// );
/// ```
///
/// # Errors
/// [`ErrorKind::Corrupt`](crate::error::ErrorKind::Corrupt) if a field's axis entry is not understood, or its
/// name does not begin with its set.
pub fn metadata<'a>(fields: &Fields, classes: impl Fn(&str) -> Option<&'a ClassTable>) -> Result<String> {
    let mut features = Map::new();
    for field in fields.iter().filter(|f| f.is_nullable()) {
        let feature = if *field.data_type() == image_type() {
            Some(json!({"_type": "Image"}))
        } else {
            set_of_label(field)?
                .and_then(|set| classes(&set))
                .and_then(|table| label(field.data_type(), table))
        };
        if let Some(feature) = feature {
            features.insert(field.name().clone(), feature);
        }
    }
    Ok(json!({"info": {"features": features}}).to_string())
}

/// The set whose classes a field's values are, if the field holds labels.
fn set_of_label(field: &Field) -> Result<Option<String>> {
    Ok(match (Axis::of(field)?, base_name(field)?) {
        (Axis::Object(set), "label") => Some(set),
        (Axis::Row, "image_label") => Some(DEFAULT_SET.to_owned()),
        _ => None,
    })
}

/// `ClassLabel`, or a list of it; `None` for other types and for an empty table.
fn label(ty: &DataType, table: &ClassTable) -> Option<Value> {
    match ty {
        DataType::Int64 if !table.is_empty() => {
            Some(json!({"names": distinct(&table.names()), "_type": "ClassLabel"}))
        }
        DataType::List(item) if *item.data_type() == DataType::Int64 => {
            label(&DataType::Int64, table).map(|one| json!([one]))
        }
        _ => None,
    }
}

/// The names, repeated ones with a number behind.
fn distinct(names: &[&str]) -> Vec<String> {
    let given: BTreeSet<&str> = names.iter().copied().collect();
    let mut used = BTreeSet::new();
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        let mut unique = (*name).to_owned();
        let mut n = 2_u64;
        while !used.insert(unique.clone()) {
            unique = loop {
                let numbered = format!("{name} ({n})");
                n += 1;
                // A later class may really be called so.
                if !given.contains(numbered.as_str()) {
                    break numbered;
                }
            };
        }
        out.push(unique);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::schema::axis::AXIS;
    use crate::schema::{field, labels};

    fn features(fields: Vec<Field>, classes: impl Fn(&str) -> Option<&'static ClassTable>) -> Value {
        let text = metadata(&Fields::from(fields), classes).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["info"]["features"].clone()
    }

    fn voc(_: &str) -> Option<&'static ClassTable> {
        labels::find("voc").map(|t| &t.classes)
    }

    #[test]
    fn only_images_and_labels_are_described() {
        let fields = ["image_id", "img", "label_map", "height", "content_hash", "image_label", "tags"];
        let objects = ["object_id", "bbox", "label", "score", "crowded", "segmentation", "mask"];
        let rows = fields.iter().map(|name| field::row(name).unwrap());
        let all = rows.chain(objects.iter().map(|name| field::object("r50", name).unwrap())).collect();
        let found = features(all, voc);
        let names: Vec<&String> = found.as_object().unwrap().keys().collect();
        assert_eq!(names, ["img", "label_map", "image_label", "r50.label"]);
        assert_eq!(found["image_label"]["names"].as_array().unwrap().len(), 20);
        assert_eq!(found["r50.label"][0]["_type"], "ClassLabel");
    }

    #[test]
    fn a_label_takes_the_classes_of_its_own_set() {
        let tables = |set: &str| match set {
            "" => labels::find("voc").map(|t| &t.classes),
            "r50" => labels::find("camvid").map(|t| &t.classes),
            _ => None,
        };
        let label = |set| field::object(set, "label").unwrap();
        let found = features(vec![label(""), label("r50"), label("other")], tables);
        assert_eq!(found["label"][0]["names"][0], "aeroplane");
        assert_eq!(found["r50.label"][0]["names"][0], "Sky");
        assert!(found.get("other.label").is_none());
    }

    #[test]
    fn several_classes_an_image_are_a_list() {
        let many = field::row_of("image_label", field::list(DataType::Int64));
        assert!(features(vec![many], voc)["image_label"].is_array());
    }

    #[test]
    fn labels_of_another_type_or_without_classes_stay_numbers() {
        let text = field::row_of("image_label", DataType::Utf8);
        let required = Field::new("image_label", DataType::Int64, false);
        for odd in [text, required] {
            assert_eq!(features(vec![odd], voc), json!({}));
        }
        assert_eq!(features(vec![field::object("", "label").unwrap()], |_| None), json!({}));
        let empty = ClassTable::default();
        let fields = Fields::from(vec![field::object("", "label").unwrap()]);
        assert_eq!(metadata(&fields, |_| Some(&empty)).unwrap(), r#"{"info":{"features":{}}}"#);
    }

    #[test]
    fn repeated_names_are_told_apart() {
        assert_eq!(distinct(&["a", "a", "a (2)", "a"]), ["a", "a (3)", "a (2)", "a (4)"]);
        let ade = distinct(&labels::find("ade20k").unwrap().classes.names());
        assert_eq!(ade.iter().collect::<BTreeSet<_>>().len(), 150);
        assert_eq!(ade[51], "stand (2)");
    }

    #[test]
    fn a_damaged_axis_is_an_error() {
        let axis = std::collections::HashMap::from([(AXIS.to_owned(), "rows".to_owned())]);
        let bad = Field::new("label", DataType::Int64, true).with_metadata(axis);
        let error = metadata(&Fields::from(vec![bad]), voc).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}
