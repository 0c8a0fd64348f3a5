//! COCO's protocol: average precision and recall over thresholds, areas and caps, with pycocotools' numbers.
//!
//! | file | noun |
//! |---|---|
//! | `params.rs` | [`Params`], [`Kind`], [`AreaRange`]: what is asked |
//! | `evaluator.rs` | [`Coco`]: images as they come |
//! | `matcher.rs` | one image after another, matched |
//! | `cell.rs` | one cell looked into, or matched by overlaps from elsewhere |
//! | `overlap.rs` | boxes, masks and points compared |
//! | `boundary.rs` | masks compared by their boundaries |
//! | `curve.rs` | the detections of one class, best first |
//! | `tally.rs` | precision over recall of one class |
//! | `tensors.rs` | [`Tensors`]: precision, recall and scores, the reference's arrays whole |
//! | `slab.rs` | the part of them that is quoted |
//! | `report.rs` | all of it as a [`Report`](crate::report::Report) |
//! | `standing/` | [`Standing`]: the same numbers for samples and slices of the images, and after changes |
//! | `stream.rs` | [`Stream`]: images that come from many hands, some twice, with classes as they are met |
//! | `summary.rs` | [`Summary`]: the twelve (or ten) numbers, and their lines |

mod boundary;
mod cell;
mod curve;
mod evaluator;
mod matcher;
mod overlap;
mod params;
mod report;
mod slab;
mod standing;
mod stream;
mod summary;
mod tally;
mod tensors;

pub use cell::{Assigned, Cell, Curves, Judgements, assign, curves, overlaps};
pub use evaluator::Coco;
pub(super) use overlap::Overlap;
pub use params::{AreaRange, Kind, Params};
pub use standing::Standing;
pub use stream::{Labelled, Repeats, Stream};
pub use summary::{Line, Measure, Summary};
pub use tensors::Tensors;
