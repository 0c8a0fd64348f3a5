//! Evaluation: what was found held against what is there.
//!
//! Every evaluator takes images as they come (`update`), joins with others of its kind in any order (`merge`),
//! and ends in numbers (`finish`). What it keeps in between is small and exact, so that threads, shards and the
//! order of images change no bit of the result.
//!
//! | room or file | noun |
//! |---|---|
//! | `objects.rs`, `masks.rs` | [`Objects`]: what both sides are made into |
//! | `images.rs`, `batch.rs` | [`ImageId`], [`Batch`]: what an evaluator is given |
//! | [`matching`] | the kernel: which truth each detection gets, by rule |
//! | [`outcomes`] | what matching leaves behind |
//! | [`cells`] | images class by class, and the walk over them |
//! | [`sum`] | sums with numpy's bits |
//! | [`coco`] | COCO's average precision and recall |
//! | [`lvis`] | COCO's protocol over a federated data set |
//! | [`mean_ap`] | MMDetection's `eval_map` |
//! | [`open_images`] | Open Images: hierarchy, groups, verified labels |
//! | [`proposals`] | recall of proposals, both kinds of MMDetection |
//! | [`voc`] | VOC's average precision, boxes and masks |

pub mod batch;
pub mod cells;
pub mod coco;
pub mod images;
pub mod lvis;
pub mod masks;
pub mod matching;
pub mod mean_ap;
pub mod objects;
pub mod open_images;
pub mod outcomes;
pub mod proposals;
pub mod sum;
pub mod voc;

pub use batch::Batch;
pub use images::ImageId;
pub use objects::{Flags, Objects, Points};
