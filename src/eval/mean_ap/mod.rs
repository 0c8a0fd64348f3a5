//! Mean average precision as MMDetection's `eval_map` computes it.
//!
//! The rule of VOC over any number of overlap thresholds and ranges of size, and ImageNet's rule, in the reference's
//! arithmetic: corners, areas, overlaps, precision and AP in single precision, recall in double. Truths that are
//! ignored, or of a size outside the range, are matched and count for nothing. Crowds are not looked at.
//!
//! | file | noun |
//! |---|---|
//! | `params.rs` | [`Params`], [`Verdict`], [`Coordinates`]: what is asked |
//! | `corners.rs` | boxes as corners in single precision, and their overlaps |
//! | `evaluator.rs` | [`MeanAp`]: images as they come |
//! | `table.rs` | [`Tables`], [`ClassRow`], [`average_precision`]: the numbers |
//! | `arrays.rs` | [`eval_map`] over plain arrays |

mod arrays;
pub(super) mod corners;
mod evaluator;
mod params;
mod report;
mod table;

pub use arrays::{Annotation, eval_map};
pub use evaluator::MeanAp;
pub use params::{Coordinates, Params, Verdict};
pub use table::{ClassRow, Table, Tables, average_precision};

pub(super) use table::{Judgement, row_of};
