//! Predictions against the truth: evaluators that are updated, merged and finished.
//!
//! Those of areas (an id a pixel on both sides), and of labels, are rule tables over one kernel, the [`contingency`]
//! table: how often which pair of ids stands at the same place.
//!
//! | what | where |
//! |---|---|
//! | the kernel | [`contingency`] |
//! | segments: PQ, SQ, RQ | [`panoptic`] |
//! | scored masks against instance maps | [`cityscapes`] |
//! | a class, or several, an image | [`classification`] |
//! | a class a pixel: IoU, accuracy, dice | [`semantic`] |
//!
//! Every evaluator has `update` (an image), `merge` (what another one has seen) and `finish` (the scores).
//! Merging commutes and associates to the bit: integers are added, and what is not whole is kept image by image
//! and added up in the order of the images at the end.

pub mod cityscapes;
pub mod classification;
pub mod contingency;
pub mod mean;
pub mod panoptic;
pub mod semantic;
