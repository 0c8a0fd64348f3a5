//! Classification of whole images: one class an image ([`Evaluator`]), or any number of them ([`multilabel`]).
//!
//! The numbers are scikit-learn's: precision, recall and F1 by class and their micro, macro and weighted means,
//! accuracy and balanced accuracy; average precision by class where images have several. Top-k accuracy asks whether
//! the true class is among the k with the highest scores; among equal scores the order is that of [`Ties`].
//!
//! ```
//! use lensframe::eval::classification::{Evaluator, Options};
//! # fn main() -> lensframe::error::Result<()> {
//! let mut evaluator = Evaluator::new(Options { top: vec![2], ..Options::new(3) });
//! // Two images of classes 0 and 2, and a score for each of three classes.
//! evaluator.update_scores(&[0, 2], &[0.7, 0.2, 0.1, /* second */ 0.1, 0.5, 0.4])?;
//! evaluator.update(&[1], &[1])?; // labels alone say nothing of the second best
//! let scores = evaluator.finish();
//! assert_eq!((scores.accuracy, scores.top[0].accuracy), (2.0 / 3.0, 1.0));
//! # Ok(())
//! # }
//! ```
//!
//! | file | noun |
//! |---|---|
//! | `quality.rs` | [`Quality`]: precision, recall, F1 and their means |
//! | `single.rs` | [`Evaluator`]: one class an image |
//! | `multilabel.rs` | [`multilabel::Evaluator`]: several |
//! | `rows.rs` | [`rows`]: labels of two datasets |

pub mod multilabel;
mod quality;
mod report;
mod rows;
mod single;

pub use quality::{Average, Over, Quality, ZeroDivision};
pub use rows::rows;
pub use single::{Evaluator, Options, Scores, Ties, TopK};
