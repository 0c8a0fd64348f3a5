//! DOTA's protocol: VOC's average precision over rotated boxes.
//!
//! Each detection is held against the one truth of its class that it overlaps most, by the area that two rectangles
//! share ([`Rotated::iou`](crate::geometry::Rotated::iou), in doubles). Difficult truths take any number of detections
//! and nothing of it counts. The threshold itself is near enough, as in MMRotate's `eval_rbbox_map`; DOTA's own
//! development kit asks for more than the threshold ([`RotatedParams::reach`]), and both are found with either
//! average: the eleven points of VOC 2007, DOTA's default, or the area.

mod evaluator;

pub use evaluator::{RotatedAp, RotatedParams};
