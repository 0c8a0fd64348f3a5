//! Pascal VOC's protocol for boxes and masks, with ChainerCV's numbers.
//!
//! Each detection is held against the one truth of its class that it overlaps most, whether that is taken or not: a
//! second detection of a truth is false even where another truth is in reach. A difficult truth takes any number of
//! detections and neither it nor they count.
//!
//! | file | noun |
//! |---|---|
//! | `params.rs` | [`Params`], [`Kind`], [`FarEdge`]: what is asked |
//! | `evaluator.rs` | [`Voc`]: images as they come |
//! | `overlap.rs` | boxes and masks compared in ChainerCV's arithmetic |
//! | `curves.rs` | [`Curves`], [`Scores`]: precision, recall and their area |
//! | `arrays.rs` | [`eval_detection_voc`] and its halves over plain arrays |

mod arrays;
mod curves;
mod evaluator;
mod overlap;
mod params;
mod report;

pub use arrays::{
    calc_detection_voc_prec_rec, calc_instance_segmentation_voc_prec_rec, eval_detection_voc,
    eval_instance_segmentation_voc,
};
pub(super) use curves::area_under;
pub use curves::{Curves, Scores, calc_detection_voc_ap};
pub use evaluator::Voc;
pub use overlap::Real;
pub use params::{FarEdge, Kind, Params};
pub(in crate::eval) use report::fill;
