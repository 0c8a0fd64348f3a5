//! Panoptic pictures: what they are painted from, and what is made of them.
//!
//! A panoptic picture gives every pixel at most one segment, and every segment a class. Datasets have it in one
//! of three forms, which this module turns into each other:
//! - *panoptic*: a PNG of segment ids and a list of segments, as COCO's panoptic files (read and written in
//!   [`coco`](crate::convert::coco));
//! - *detection*: an object a segment, with its mask as `segmentation`;
//! - *semantic*: a PNG of class numbers, without instances.
//!
//! [`Picture`] does it for one picture, in memory. [`detections`], [`paintings`] and [`semantics`] are views:
//! keys that are made when they are read. [`export`], [`export_coco`] and [`export_labels`] write those views.
//! The rules are those of COCO's converters (panopticapi) but for what fails there and is told here: segments
//! that overlap (the later one has the pixels), segments without pixels, classes without a colour.
//!
//! | file | noun |
//! |---|---|
//! | `picture.rs` | [`Picture`]: ids and segments |
//! | `channels.rs` | the form with the class in one channel and the instance in another |
//! | `colours.rs` | ids that look like the colour of their class |
//! | `view.rs`, `paint.rs`, `semantic.rs` | views of datasets in detection, panoptic and semantic form |
//! | `export.rs` | what the exports write |

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod channels;
mod colours;
mod export;
mod paint;
mod picture;
mod semantic;
mod view;

pub use colours::SegmentIds;
pub use export::{export, export_coco, export_labels};
pub use paint::paintings;
pub use picture::{Picture, PictureSegment};
pub use semantic::{Numbers, semantics};
pub use view::detections;

pub(in crate::convert) use export::detect;
