//! COCO annotation files: into Arrow groups and back.
//!
//! [`import`] reads a file or folder into a stored dataset, [`read_bytes`] a file in memory into tables,
//! [`detect`] recognises a path. The rest of this page is the convention that import and export share: what
//! is stored where, and the rule by which a stored record is written again.
//!
//! # Groups
//! - `images` {`image_id`, `img`, `content_hash` if embedded, `orientation` if headers are looked at}: only if
//!   photographs are kept
//! - `objects` {`image_id`, `file_name`, `split`, `height`, `width`, `attr.*`, `extra`, the object keys of
//!   the default set}. `split` only if some file has one; name and size not for lists of results
//! - `sets/NAME` {`image_id`, `NAME.image_ordinal`, `NAME.image_extra`, the object keys of the set}
//!
//! Object keys come in the order `object_id`, `label`, `bbox`, `area`, `crowded`, `segmentation`, `point`,
//! `visible`, `caption`, `score`, `attr.*`, `object_extra`, `ordinal`; all but the first and `object_extra`
//! only if some record of the set has the member. A set whose files have no list of annotations has no object
//! keys.
//!
//! # Files, sets, splits
//! One folder is one dataset. A file's name says its kind: `instances_*` is the default set;
//! `person_keypoints_*`, `stuff_*`, `panoptic_*`, `captions_*`, `labels_*` are sets of these names;
//! `image_info_*` is a set that only lists images; `NAME.instances_*` is the set `NAME`. Other names are
//! instances, but `NAME_SPLIT` beside `instances_SPLIT` is the set `NAME`. A single file is the default set
//! whatever its kind. The rest of the stem is the split (`instances_val2017`: `val2017`); a bare stem is one if it
//! looks like one (`train.json`); `train/_annotations.coco.json` is of
//! the split `train`. Splits follow each other: train, val, test, the rest by name.
//!
//! Looked for, in this order: `annotations/*.json`; `*/_annotations*.json`; at the root `annotations.json`,
//! names with a known kind, or the one file that looks like COCO.
//!
//! # Rows
//! A split's files are joined by image id. The *primary* file (the first in the order of kinds above) gives
//! the first rows, in its order; images only other files list follow. `image_ordinal` is the position of the
//! image in the set's file, null where it is not listed; `image_extra` is the set's record of the image,
//! where it is not the same JSON value as the row's own (that of the first file that lists it). A null list
//! of objects: not listed in the set's file. An empty one: listed, without annotation. Of images with the
//! same id each is a row, and annotations belong to the last. Lists of results make a row of each image id in
//! order of first appearance, and classes of the category ids in ascending order, named by their ids.
//!
//! # Members
//! | image member | key | | annotation member | key |
//! |---|---|---|---|---|
//! | `id` | `image_id` | | `id` | `object_id` |
//! | `file_name` | `file_name` | | `image_id` | the row |
//! | `height`, `width` | same; where absent, of the photograph | | `category_id` | `label`: position in the class table |
//! | | | | `bbox`, `area`, `score`, `caption` | same |
//! | | | | `iscrowd` 0 or 1 | `crowded` |
//! | | | | `segmentation` | same: polygons, or counts and size, or text and size |
//! | | | | `keypoints` | `point`, `visible` |
//! | | | | `num_keypoints` | none: how many of `visible` are above 0 |
//!
//! Any other member is *promoted* to a typed `attr.NAME` (boolean, 64-bit integer, double, text) if at least
//! one record in a hundred has it with one and the same scalar token; else, and where a value is of another
//! token, it stands in `extra` or `object_extra`. Of annotations, `difficult`, `truncated`, `occluded`, `ignored`,
//! `group_of` (booleans) and `track_id` (integer) become the keys of these names, without `attr.`. In the default set a member that images have too is not
//! promoted. At most 64 members are.
//!
//! # Writing a record again
//! Each key that is not null is written as its member, in the order of the file's template; then the members
//! of `extra`; then those of `@declared`, in place of what the keys say; and those named in `@absent` are not
//! written. `num_keypoints` is written if the template has it and `point` and `visible` are not null.
//! Visibilities and run lengths are written as integers, the other numbers in the *style* of their member:
//! whole ones as `3.0` (`float`) or `3` (`int`), the rest as the shortest text that reads back. What this
//! rule would not give back is in `@declared`: explicit nulls, other types, numbers against the style,
//! integers beyond 2^53 in a double, unknown categories. The key then holds the best value, or null. An
//! absent member is a null key; `[]` is an empty list.
//!
//! `ordinal` is the position of the annotation in its file; it is left out when the rows, in order, give it.
//! Annotations of images their file does not list are *orphans*: they lie in the residue with their ordinal.
//!
//! # Rows that no COCO file made
//! A file of rows that no import of COCO knew is written so that COCO's tools can load it and evaluate on it. What
//! they cannot do without is made, what they fail on is left out, and [`crate::convert::LossReport`] counts both.
//!
//! | the dataset has | the file gets |
//! |---|---|
//! | `image_id` of text, null, or met before in the split | an integer; what it was is the image's `original_image_id` |
//! | `object_id` of text, null, 0, or met before in the file | an integer; what it was is the annotation's `original_id` |
//! | no id at all | numbers from 1: of the view's rows, of the file's annotations |
//! | classes whose source ids are not distinct integers | ids from 1 in the order of the table |
//! | labels without a table, boxes without labels | categories called by the label; one category `object` |
//! | no `area`, no `crowded` | the area of the segmentation, else of the box; `iscrowd` 0 |
//! | no finite `bbox`, but a segmentation | the box around it |
//! | an object without a class of the table, without box and segmentation | nothing: it is left out |
//! | outlines of fewer than three corners, damaged run lengths | nothing; the object stays |
//! | `point` without `visible` | keypoints that are labelled and seen (2), here and in all other files |
//! | `image_label` | the image's `category_ids` |
//! | any other key: `difficult`, `attr.pose`, `attr.part`, `rbox`, `tags` | a member of its name without `attr.`; lists and structs as JSON |
//! | `extra`, `object_extra` of another format | its plain members (`extra.NAME` where COCO means something else by NAME) |
//! | what only that format can use in them (`@declared`, `@absent`, …), bytes, `label_map`, `panoptic`, `mask` | nothing |
//!
//! A view of COCO's own rows is written by the rule above. Only its ids may change: where a row stands in it twice,
//! or where rows that came together have the same id.
//!
//! # Panoptic files
//! A file whose first annotation has `segments_info` is panoptic: an annotation is the record of an image, its
//! segments are the objects. The record has row keys, in the group of the set: `panoptic.record` (its position
//! in the file), `panoptic.file_name`, `panoptic.extra`; the PNG is the row key `panoptic` beside `img`. It is
//! sought in the folder named as the file is (`panoptic_val2017/` for `panoptic_val2017.json`), else beside the
//! file. PNG and segments are held against each other and kept as they are: see the warnings `coco.panoptic-*`.
//! A record that cannot be taken apart lies in the residue, and so does all but the last one of an image.
//!
//! # Residue
//! `coco`: `{"files": [{"file", "kind", "layout": "object" | "array", "set", "split", "primary", "members",
//! "image_members", "annotation_members", "record_members", "category_members", "numbers", "categories", "orphans"}]}`.
//! `members` are those of the top, in order: `["name", value]`, or `["images"]`, `["annotations"]`,
//! `["categories"]` for the table. `*_members` are templates. `numbers` are the styles. `categories` are the
//! file's own, only where the class table does not give them back exactly. `record_members` is the template of
//! panoptic records and there for panoptic files only. `orphans` are `[ordinal, record]`.
//! The kind of a list of results is `results`.
//!
//! # Photographs
//! Sought in `images/SPLIT`, `SPLIT`, `images`, beside the file, at the root: where most of a sample are.
//! With an image root given: there, in `SPLIT`, `images/SPLIT`, `images` below it. Links are relative to the
//! source, or to the image root given.
//!
//! # What it does not do
//! Nothing is repaired, rasterised or computed. Bare `NaN` and `Infinity`, ids beyond 64 bits, and image ids
//! of two types are errors. Floats come back as the shortest text of their value: `3.10` as `3.1`.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod annotation;
mod boxes;
mod categories;
mod check;
mod detect;
mod export;
mod extra;
mod ids;
mod image;
mod import;
mod index;
mod join;
mod layout;
mod members;
mod memory;
mod panoptic;
mod photo;
mod plan;
mod points;
mod prepare;
mod residue;
mod seen;
mod segmentation;
mod source;
mod style;
mod tables;

pub use detect::detect;
pub(in crate::convert) use detect::is_panoptic;
pub use export::export;
pub(in crate::convert) use export::{Form, Shape, export_as, panoptic_set};
pub use import::import;
pub(in crate::convert) use import::import_source;
pub use memory::{Table, Tables, read_bytes};

use crate::error::{Place, Result};

/// The place of a byte of a file, for warnings: a line would cost a pass over the file each.
fn place_at(file: &str, byte: usize) -> Place {
    Place::area("coco").file(file).byte(u64::try_from(byte).unwrap_or(u64::MAX))
}

/// Writes the entries of all files into the residue.
fn write_residue(prepared: &prepare::Prepared<'_>, out: &mut dyn std::io::Write) -> Result<()> {
    let mut first = true;
    for split in &prepared.splits {
        for (i, (file, rows)) in split.files.iter().zip(&split.rows.files).enumerate() {
            let set = prepared.set(&file.source.set);
            let empty = crate::schema::classes::ClassTable::default();
            let table = set.map_or(&empty, |set| &set.classes.table);
            residue::write_file(out, file, rows, table, i == 0, first)?;
            first = false;
        }
    }
    Ok(())
}
