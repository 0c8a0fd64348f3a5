//! Which keys COCO has members for, and what is said of those it has none for.

use crate::convert::LossReport;
use crate::convert::export::{Chunks, Table};

/// Row keys that have a member of their own, or none at all in a file: pixels, what is computed, and what is
/// told by the file a row is in.
pub(super) const ROW: [&str; 7] =
    ["image_id", "file_name", "height", "width", "extra", "image_label", "split"];
/// Row keys that are not read.
pub(super) const NOT_READ: [&str; 8] = [
    "img",
    "content_hash",
    "orientation",
    "split",
    "panoptic",
    "panoptic.record",
    "panoptic.file_name",
    "panoptic.extra",
];
/// Object keys that have a member of their own, or none at all in a file.
pub(super) const OBJECT: [&str; 13] = [
    "object_id",
    "label",
    "bbox",
    "area",
    "crowded",
    "segmentation",
    "point",
    "visible",
    "caption",
    "score",
    "object_extra",
    "ordinal",
    "mask",
];
/// Members of an image whose meaning is COCO's, whether or not the records at hand have them.
pub(super) const IMAGE_MEMBERS: &[&str] = &["id", "file_name", "height", "width"];
/// Members of an annotation whose meaning is COCO's.
pub(super) const OBJECT_MEMBERS: &[&str] = &[
    "id",
    "image_id",
    "category_id",
    "bbox",
    "area",
    "iscrowd",
    "segmentation",
    "keypoints",
    "num_keypoints",
    "caption",
    "score",
];

/// Counts what of a set's keys has no place in a file.
pub(super) fn report(table: &Table, loss: &mut LossReport) {
    let key = |base: &str| table.object_key(base);
    if let (Some(masks), None) = (key("mask"), key("segmentation")) {
        loss.add("mask", count(table, masks), "only declared segmentations are written");
    }
    if let (Some(visible), None) = (key("visible"), key("point")) {
        loss.add("visible", count(table, visible), "there are no points that it could belong to");
    }
}

/// How many objects have a value for a key.
pub(super) fn count(table: &Table, chunks: &Chunks) -> u64 {
    let lists = (0..table.rows).filter_map(|row| chunks.list(row));
    let values = lists.map(|(child, mut at)| (&mut at).filter(|i| !child.is_null(*i)).count());
    u64::try_from(values.sum::<usize>()).unwrap_or(u64::MAX)
}
