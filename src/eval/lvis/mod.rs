//! LVIS: COCO's protocol over a federated data set, with lvis-api's numbers.
//!
//! No image is annotated for all classes. Of each it is known which classes it holds, which it does not hold
//! (negative), and of which not every object was marked (not exhaustive). Detections of other classes are dropped;
//! a detection of a class that was not marked exhaustively is left out of account where it finds no truth. Nothing is
//! a crowd. Of an image the 300 best detections of all classes together are looked at.
//!
//! | file | noun |
//! |---|---|
//! | `evaluator.rs` | [`Lvis`], [`Federation`], [`Frequency`]: images as they come |
//! | `summary.rs` | [`LvisSummary`]: the thirteen numbers |

mod evaluator;
mod report;
mod summary;

pub use evaluator::{CAP, Federation, Frequency, Lvis};
pub use summary::LvisSummary;
