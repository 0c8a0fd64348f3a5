//! Cityscapes' instance-level semantic labelling: AP of scored masks against an instance map.
//!
//! The rules are those of cityscapesscripts 2.3 (`evalInstanceLevelSemanticLabeling`):
//! - the truth is a map of numbers: class × 1000 + instance is an object, a bare class below 1000 is a *group*, and
//!   bare void classes are void;
//! - a prediction overlaps an object of its class where their IoU is strictly above the threshold (0.50, 0.55 … 0.95);
//!   of several that overlap one object, the best scored is right and each other is wrong;
//! - groups and objects of less than 100 pixels are not asked for; a prediction that overlaps nothing is forgiven
//!   if a larger part of it than the threshold lies on void, on groups of its class, or on its small objects;
//! - the curve has a point for each score, is not made monotone, and ends at recall 0 with precision 1; it is summed
//!   with half the distance of a point's neighbours as its width;
//! - a class without objects is NaN, one without predictions is 0; means leave NaN out.
//!
//! Its distances (AP at 50 m and 100 m) are off in the original too, which lacks the depth they need.
//!
//! ```
//! use lensframe::eval::cityscapes::{Evaluator, Options, Prediction};
//! use lensframe::geometry::{LabelMap, Rle, Size};
//! # fn main() -> lensframe::error::Result<()> {
//! let size = Size::new(20, 20);
//! let mut ids = vec![26_001u16; 300];
//! ids.resize(400, 7);
//! let car = Rle::try_new(size, vec![0, 400])?; // IoU 300/400
//! let mut evaluator = Evaluator::new(Options::cityscapes())?;
//! evaluator.update(0, "a", LabelMap::try_new(size, &ids)?, &[Prediction { class: 26, score: 0.9, mask: &car }])?;
//! // More than 0.50, 0.55 … 0.70: half of the thresholds.
//! let scores = evaluator.finish();
//! assert_eq!((scores.ap50, scores.ap), (1.0, 0.5));
//! # Ok(())
//! # }
//! ```
//!
//! | file | noun |
//! |---|---|
//! | `evaluator.rs` | [`Evaluator`], [`Options`], [`Prediction`]: what of an image is kept |
//! | `curve.rs` | the average precision of one class at one threshold |
//! | `scores.rs` | [`Scores`] |
//! | `folders.rs` | [`folders`]: instance maps, and the results that the original reads |

mod curve;
mod evaluator;
mod folders;
mod report;
mod scores;

pub use evaluator::{Evaluator, Options, Prediction};
pub use folders::folders;
pub use scores::Scores;
