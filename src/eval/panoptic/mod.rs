//! Panoptic quality: segments matched where they overlap by more than half.
//!
//! Kirillov et al., *Panoptic Segmentation* (2019), with the rules of COCO's panopticapi, of which these are
//! worth knowing:
//! - a match needs the same class and an IoU strictly above 1/2; so a segment has at most one;
//! - the area of a true segment is the *declared* one, that of a predicted segment is counted in its map;
//! - pixels that are void in the truth (id 0) leave the union; pixels of an id that the truth does not list are
//!   not void, and belong to nothing;
//! - a true crowd is no miss; a predicted segment that matches nothing is forgiven if more than half of it is
//!   void or the crowd of its class: the *last* one listed, where there are several;
//! - a class without a segment on either side leaves the means.
//!
//! SQ is the mean IoU of matches, RQ = TP / (TP + FP/2 + FN/2), PQ = Σ IoU / (TP + FP/2 + FN/2): see [`Scores`].
//!
//! ```
//! use lensframe::eval::panoptic::{Evaluator, Options, Painted, Segment};
//! use lensframe::geometry::{LabelMap, Size};
//! # fn main() -> lensframe::error::Result<()> {
//! let size = Size::new(1, 4);
//! let truth = Painted::new(LabelMap::try_new(size, &[5u32, 5, 5, 0])?, &[Segment::new(5, 0).with_area(3.0)]);
//! let found = Painted::new(LabelMap::try_new(size, &[9u32, 9, 0, 9])?, &[Segment::new(9, 0)]);
//! let mut evaluator = Evaluator::new(Options::new(vec![true]));
//! evaluator.update(0, "a.png", &truth, &found)?;
//! // Two pixels are shared; the third predicted one is void.
//! assert_eq!(evaluator.finish().all.pq, 2.0 / 3.0);
//! # Ok(())
//! # }
//! ```
//!
//! | file | noun |
//! |---|---|
//! | `segments.rs` | [`Segment`], [`Painted`]: one side of an image |
//! | `matching.rs` | the rules, for one image |
//! | `evaluator.rs` | [`Evaluator`], [`Options`] |
//! | `scores.rs` | [`Scores`], [`Quality`] |
//! | `rows.rs` | [`rows`]: two datasets |

mod evaluator;
mod matching;
mod report;
mod rows;
mod scores;
mod segments;

pub use evaluator::{Evaluator, Options};
pub use rows::{Panoptics, rows, things};
pub use scores::{ClassQuality, Quality, Scores};
pub use segments::{Painted, Segment};
