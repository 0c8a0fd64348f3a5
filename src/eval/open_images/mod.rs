//! Open Images: average precision at one overlap, with a hierarchy of classes, groups, and verified labels.
//!
//! A truth is also one of every class above its own. A truth may stand for a *group* of more than five that touch:
//! what is not true otherwise is held against groups by the share of the detection that lies inside; all detections
//! inside one group count as one, the best, or not at all. A detection counts only if its class was verified on the
//! image: by a box or by an image-level label.
//!
//! Where tools differ, [`Params`] names which is followed:
//!
//! | | [`Params::v2`] | [`Params::challenge`] | [`Params::mmdetection`] |
//! |---|---|---|---|
//! | source | TF Object Detection API, Open Images V2 metric | the same, Challenge metric | MMDetection's `OpenImages.evaluate` |
//! | a group | weighs 0: neither sought nor found | weighs 1 | weighs 1 |
//! | detections of classes above | are the detector's to give | the same | are added, where verified |
//! | arithmetic | double | double | single, as in [`mean_ap`](super::mean_ap) |
//! | mean without any truth | NaN | NaN | 0 |
//!
//! | file | noun |
//! |---|---|
//! | `hierarchy.rs` | [`Hierarchy`]: classes above and below |
//! | `params.rs` | [`Params`], [`Groups`]: what is asked |
//! | `evaluator.rs` | [`OpenImages`]: images as they come |
//! | `declared.rs` | [`Declared`]: hierarchy and image-level labels as they are published |
//! | `expand.rs` | both sides with the hierarchy applied |
//! | `scores.rs` | [`OpenImagesScores`]: the numbers |

mod declared;
mod evaluator;
mod expand;
mod hierarchy;
mod params;
mod report;
mod scores;

pub use declared::Declared;
pub use evaluator::OpenImages;
pub use hierarchy::Hierarchy;
pub use params::{Arithmetic, Groups, Params};
pub use scores::{ClassScores, OpenImagesScores};
