//! Semantic segmentation: a class a pixel, compared by the confusion matrix.
//!
//! From the matrix (truth × prediction, `u64`) follow, for each class, intersection over union, accuracy
//! (recall), precision, F1 and dice, and their means, pixel accuracy and frequency-weighted IoU: [`Scores`]. What
//! tools do differently is named in [`Options`]: which truth numbers are left out, whether the number of classes
//! is given or grows, what a number outside of it means, and what a class scores that is nowhere.
//!
//! ```
//! use lensframe::eval::semantic::{Evaluator, Options};
//! use lensframe::geometry::{LabelMap, Size};
//! # fn main() -> lensframe::error::Result<()> {
//! let size = Size::new(2, 2);
//! let mut evaluator = Evaluator::new(Options { classes: Some(2), ignore: vec![255], ..Options::default() })?;
//! evaluator.update("a.png", LabelMap::try_new(size, &[0u8, 0, 1, 255])?, LabelMap::try_new(size, &[0u8, 1, 1, 1])?)?;
//! let scores = evaluator.finish();
//! assert_eq!((scores.iou.as_slice(), scores.pixel_accuracy), ([0.5, 0.5].as_slice(), 2.0 / 3.0));
//! # Ok(())
//! # }
//! ```
//!
//! | file | noun |
//! |---|---|
//! | `options.rs` | [`Options`], [`Numbering`]: the rules |
//! | `evaluator.rs` | [`Evaluator`]: the counts |
//! | `scores.rs` | [`Scores`], [`Confusion`]: what follows from them |
//! | `folders.rs`, `rows.rs` | [`folders`], [`rows`]: label images of folders and of datasets |

mod evaluator;
mod folders;
mod options;
mod report;
mod rows;
mod scores;

pub use evaluator::Evaluator;
pub use folders::{Compared, Pairing, folders, folders_paired};
pub use options::{Absent, MOST_CLASSES, Numbering, Options, Outside};
pub(in crate::eval) use rows::row_name;
pub use rows::{Maps, rows};
pub use scores::{Confusion, Scores};
