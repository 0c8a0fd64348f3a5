//! Evaluation: what was found held against what is there.
//!
//! Every evaluator takes images as they come (`update`), joins with others of its kind in any order (`merge`),
//! and ends in numbers (`finish`). What it keeps in between is small and exact, so that threads, shards and the
//! order of images change no bit of the result: integers are added, and what is not whole is kept image by image
//! and added up in the order of the images at the end.
//!
//! | room or file | noun |
//! |---|---|
//! | `objects.rs`, `masks.rs` | [`Objects`]: what both sides are made into |
//! | `mask_cache.rs` | [`cache_masks`]: masks drawn once and stored |
//! | `images.rs`, `batch.rs` | [`ImageId`], [`Batch`]: what an evaluator is given |
//! | [`side`] | one side as read; [`join`] brings two together |
//! | [`comparison`] | [`Comparison`]: two sides with one list of images and classes |
//! | [`columns`] | an object set of a dataset as one side |
//! | [`rows`] | which rows of two datasets are one image |
//! | [`protocol`] | protocols by name: what they need, and their report |
//! | [`read`] | COCO's files, straight into columns |
//! | [`matching`] | the kernel: which truth each detection gets, by rule |
//! | [`outcomes`] | what matching leaves behind |
//! | [`mod@matches`] | who got whom: a row a detection, a row a missed truth |
//! | [`names`] | numbers of a report under the names of other tools |
//! | [`operating`] | where to cut scores off; calibration |
//! | [`resample`] | the bootstrap: intervals, paired differences |
//! | [`slices`] | images by the values of a key |
//! | [`cells`] | images class by class, and the walk over them |
//! | [`contingency`] | the other kernel: how often which pair of ids stands together |
//! | [`errors`] | where detections go wrong: confusion, types of error, worst images |
//! | [`sum`], [`mean`] | sums with numpy's bits; means that leave out what has no value |
//!
//! | protocol | |
//! |---|---|
//! | [`coco`] | COCO's average precision and recall of boxes, masks and points |
//! | [`lvis`] | COCO's protocol over a federated data set |
//! | [`voc`] | VOC's average precision of boxes and masks, as ChainerCV has it |
//! | [`mean_ap`] | MMDetection's `eval_map` |
//! | [`rotated`] | DOTA's average precision of rotated boxes |
//! | [`open_images`] | Open Images: hierarchy, groups, verified labels |
//! | [`proposals`] | recall of proposals, both kinds of MMDetection |
//! | [`panoptic`] | segments: PQ, SQ, RQ |
//! | [`cityscapes`] | scored masks against instance maps |
//! | [`semantic`] | a class a pixel: IoU, accuracy, dice |
//! | [`classification`] | a class, or several, an image |

pub mod batch;
pub mod cells;
pub mod cityscapes;
pub mod classification;
pub mod coco;
pub mod columns;
pub mod comparison;
pub mod contingency;
pub mod errors;
pub mod images;
pub mod lvis;
mod mask_cache;
pub mod masks;
pub mod matches;
pub mod matching;
pub mod mean;
pub mod mean_ap;
pub mod names;
pub mod npy;
pub mod objects;
pub mod open_images;
mod opening;
pub mod operating;
pub mod outcomes;
pub mod panoptic;
pub mod proposals;
pub mod protocol;
pub mod read;
mod records;
pub mod resample;
pub mod rotated;
pub mod rows;
pub mod semantic;
pub mod side;
pub mod slices;
pub mod sum;
pub mod voc;

pub use batch::Batch;
pub use comparison::Comparison;
pub use images::ImageId;
pub use mask_cache::{Cached, cache_masks};
pub use objects::{Flags, Objects, Points};
pub use side::{ClassesBy, MatchBy, Matching, Side, join};
