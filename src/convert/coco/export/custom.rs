//! The files of a dataset that no COCO file made: named and spelt as COCO's own are.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Form;
use super::listing::Listing;
use super::plan::{FilePlan, Top};
use crate::convert::coco::layout::Kind;
use crate::dataset::Dataset;
use crate::schema::axis::key_name;

/// The members of an annotation in COCO's own order, and those that results have.
const ANNOTATION: [&str; 11] = [
    "segmentation",
    "num_keypoints",
    "area",
    "iscrowd",
    "keypoints",
    "image_id",
    "bbox",
    "category_id",
    "caption",
    "score",
    "id",
];
const IMAGE: [&str; 4] = ["file_name", "height", "width", "id"];
const CATEGORY: [&str; 3] = ["supercategory", "id", "name"];
const INFO: &[u8] = br#"{"description":"exported by lensframe"}"#;

/// The files of a set for the splits that `known` has no file for: one for each that the set annotates, and at
/// least one for a set of which nothing is known.
///
/// A set whose objects have neither labels nor extent, as captions, has no categories. `foreign` says that no
/// import of COCO made the dataset.
pub(super) fn files(
    ds: &Dataset,
    set: &str,
    known: &[FilePlan<'_>],
    listing: &Listing,
    foreign: bool,
    form: Form,
) -> Vec<FilePlan<'static>> {
    let mut splits = BTreeSet::new();
    if known.is_empty() || listing.has_objects() {
        splits.extend(listing.annotated_splits());
    }
    if known.is_empty() && splits.is_empty() {
        splits.insert(None);
    }
    splits.retain(|split| known.iter().all(|plan| plan.split.as_deref() != *split));
    let has = |base: &&str| ds.keys().find(&key_name(set, base)).is_ok();
    let categories = ds.classes(set).is_some() || ["label", "bbox", "segmentation"].iter().any(has);
    let plan = |split| match form {
        Form::Panoptic => panoptic(set, split),
        _ => file(set, split, categories),
    };
    splits.into_iter().map(|split| FilePlan { foreign, ..plan(split) }).collect()
}

/// A panoptic file, its members in COCO's own order.
fn panoptic(set: &str, split: Option<&str>) -> FilePlan<'static> {
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let split_name = split.map(|s| format!("_{s}")).unwrap_or_default();
    FilePlan {
        file: format!("annotations/panoptic{split_name}.json"),
        annotation_members: owned(&["id", "category_id", "iscrowd", "bbox", "area"]),
        record_members: Some(owned(&["segments_info", "file_name", "image_id"])),
        category_members: owned(&["supercategory", "isthing", "id", "name", "color"]),
        integers: owned(&["bbox", "area"]),
        ..file(set, split, true)
    }
}

fn file(set: &str, split: Option<&str>, categories: bool) -> FilePlan<'static> {
    let tables: &[&str] = match categories {
        true => &["images", "annotations", "categories"],
        false => &["images", "annotations"],
    };
    let kind = match set {
        "" => Cow::Borrowed("instances"),
        // Files of these names are of another form than this set's will be.
        set if Kind::is_name(set) && !["instances", "image_info", "panoptic"].contains(&set) => {
            Cow::Borrowed(set)
        }
        set => Cow::Owned(format!("{set}.instances")),
    };
    FilePlan { set: set.to_owned(), ..listing(&kind, split, tables) }
}

/// A file of images that no other file lists.
pub(super) fn images_only(split: Option<&str>, foreign: bool) -> FilePlan<'static> {
    FilePlan { foreign, ..listing("image_info", split, &["images"]) }
}

fn listing(kind: &str, split: Option<&str>, tables: &[&str]) -> FilePlan<'static> {
    let split_name = split.map(|s| format!("_{s}")).unwrap_or_default();
    let mut top = vec![Top { name: "info".to_owned(), value: Some(INFO) }];
    top.extend(tables.iter().map(|n| Top { name: (*n).to_owned(), value: None }));
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    FilePlan {
        file: format!("annotations/{kind}{split_name}.json"),
        split: split.map(str::to_owned),
        primary: true,
        custom: true,
        top,
        image_members: owned(&IMAGE),
        annotation_members: owned(&ANNOTATION),
        category_members: owned(&CATEGORY),
        // COCO's keypoints are integers; boxes, areas and polygons come as they are.
        integers: owned(&["keypoints"]),
        ..FilePlan::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_so_that_their_set_and_split_are_read_from_the_name() {
        let name = |set, split| file(set, split, true).file;
        assert_eq!(name("", Some("val")), "annotations/instances_val.json");
        assert_eq!(name("captions", None), "annotations/captions.json");
        assert_eq!(name("r50", Some("val")), "annotations/r50.instances_val.json");
        assert_eq!(name("panoptic", Some("val")), "annotations/panoptic.instances_val.json");
        assert_eq!(images_only(Some("test"), true).file, "annotations/image_info_test.json");
    }
}
