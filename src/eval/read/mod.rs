//! Files of truths and detections, read straight into the columns that evaluators take.
//!
//! The shortest way from COCO's JSON to a number: nothing is converted, no field is kept that the protocol does not
//! ask for. What other tools write comes through [`doors`]; every dataset, and truths in other formats, through
//! [`crate::eval::columns`].
//!
//! | file | noun |
//! |---|---|
//! | `truth.rs` | an annotation file |
//! | `results.rs` | a results file |
//! | `shape.rs` | masks and points as both spell them |
//! | [`doors`] | predictions in every other format |
//! | `ids.rs`, `scan.rs` | ids as small numbers; JSON member by member |

pub mod doors;
mod ids;
mod results;
mod scan;
mod shape;
mod truth;

use std::path::Path;

pub use doors::{BoxForm, ClassNumbers, PredictionFormat, PredictionOptions, predictions};

use super::coco::Kind;
use super::side::Side;
use crate::error::Result;
use crate::place::{Access, Map};
use results::Results;
use truth::Truth;

/// What a protocol needs of the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Boxes.
    pub boxes: bool,
    /// Masks.
    pub masks: bool,
    /// So many points an object; 0 for none.
    pub points: usize,
    /// Boxes that are turned.
    pub rotated: bool,
    /// What is known of the classes of images of which not all were looked for.
    pub known: bool,
    /// Objects that are declared difficult or to be ignored are left out of account, as VOC has it.
    pub left_out: bool,
    /// Repair what makes the reference's number wrong.
    pub corrected: bool,
    /// Masks of COCO files are looked at as they are read, so that one that is none is told with its place. Else they
    /// are looked at when they are compared, if ever.
    pub checked: bool,
    /// The objects' own ids, of COCO's annotations and of sets.
    pub ids: bool,
}

/// What is done with boxes that are none.
pub(super) const ODD_BOX: &str = "held against others as it is, as pycocotools does";

/// What is done with points of another number than the protocol's.
pub(super) const ODD_POINTS: &str = "taken for none; give a sigma for each point by --sigmas";

impl Wanted {
    /// What a kind of COCO's protocol needs.
    pub fn by(kind: &Kind) -> Wanted {
        match kind {
            Kind::Bbox => Wanted { boxes: true, ..Wanted::default() },
            Kind::Segm | Kind::Boundary(_) => Wanted { masks: true, ..Wanted::default() },
            Kind::Keypoints(sigmas) => Wanted { points: sigmas.len(), ..Wanted::default() },
        }
    }
}

/// The truth of a COCO annotation file, plain or compressed by gzip.
///
/// # Errors
/// Those of reading; [`ErrorKind::Format`](crate::error::ErrorKind::Format), naming file, byte and line, for what
/// is no such file.
pub fn coco_truth(file: &Path, wanted: &Wanted) -> Result<Side> {
    let mut map = Map::open(file, Access::Sequential)?;
    if map.buffer().starts_with(b"\x1f\x8b") {
        map = Map::of(doors::expand(map.buffer(), file)?);
    }
    Truth::read(map.buffer(), file, wanted)
}

/// The detections of a COCO results file.
///
/// # Errors
/// As [`coco_truth`].
pub fn coco_results(file: &Path, wanted: &Wanted) -> Result<Side> {
    let map = Map::open(file, Access::Sequential)?;
    Results::read(map.buffer(), file, wanted, |end| map.forget(0..end))
}
