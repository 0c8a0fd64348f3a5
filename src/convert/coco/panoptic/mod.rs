//! Panoptic annotations: a record an image, with the list `segments_info` of its segments and the name of the
//! PNG that paints them.
//!
//! A file whose first annotation has `segments_info` is panoptic, whatever it is called. Its segments are the
//! objects of the set: to the rest of this format a file of annotations, one a segment. What is left of the
//! image's record has row keys, the same in whatever set the file is:
//! - `panoptic.record` Int64: the position of the record in the file, null for an image without one
//! - `panoptic.file_name` Utf8: the member `file_name`
//! - `panoptic.extra` Utf8: the other members, as in `extra`
//! - `panoptic` Struct{bytes, path}: the PNG, beside the photographs
//!
//! A record that cannot be taken apart like that (no list of segments, one of them no object, a member twice,
//! another record of the same image behind it, an image the file does not list) stays whole, in the residue.
//!
//! | file | noun |
//! |---|---|
//! | `index.rs` | the first pass over such a list of annotations |
//! | `record.rs` | the row keys of the records |
//! | `paint.rs` | the PNGs, held against the segments |

mod index;
pub(super) mod paint;
mod record;

pub(super) use index::{Outer, begins, walk};
pub(super) use record::{KEYS, RecordColumns, fields};
