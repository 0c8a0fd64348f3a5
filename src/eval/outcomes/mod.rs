//! What matching left behind: for every detection its score and, for every threshold and area range, whether it
//! is a true positive, a false positive or left out of account. Everything else follows from these.
//!
//! The state of every evaluator with a grid of thresholds and ranges. Boxes, masks and points are not kept: a
//! detection takes its score and two bits a grid point (18 bytes for COCO's 4 × 10), a *cell* (image and class)
//! 4 bytes more. [`Outcomes::in_order`] brings images into the order of their ids, so that how work was shared out
//! cannot be seen in a result.
//!
//! | file | noun |
//! |---|---|
//! | `kept.rs` | [`Outcomes`], its [`Grid`], and a detection as [`Judged`] |
//! | `image.rs` | one image: compared with what another state has of it, taken over |
//! | `ordered.rs` | [`Ordered`]: the same class by class, best first |
//! | `state.rs` | the same as an Arrow file, for other processes |

mod image;
mod kept;
mod ordered;
mod state;

pub use kept::{Grid, Judged, MAX_CLASSES, MAX_THRESHOLDS, Outcomes};
pub use ordered::{Ordered, Ranked, descending};
