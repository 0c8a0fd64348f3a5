//! What two sides have to say so that they can be compared by a kind of overlap.

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::coco::Kind;

/// Checks that both sides have the columns of a kind.
///
/// # Errors
/// [`ErrorKind::Usage`], naming the side and the column.
pub(super) fn needs(kind: &Kind, batch: &Batch) -> Result<()> {
    for (side, objects) in [("truths", batch.truth), ("detections", batch.found)] {
        let n = objects.len();
        let (there, key) = match kind {
            Kind::Bbox => (objects.bbox.len() == n, "bbox"),
            Kind::Segm | Kind::Boundary(_) => (objects.masks.len() == n, "masks"),
            Kind::Keypoints(_) => (n == 0 || !objects.points.values.is_empty(), "points"),
        };
        if !there {
            let what = format!("the {side} have no {key}, which {} needs", kind.name());
            return Err(Error::new(ErrorKind::Usage, what));
        }
    }
    let n = batch.truth.len();
    if matches!(kind, Kind::Keypoints(_)) && (batch.truth.bbox.len() != n || batch.truth.area.len() != n) {
        return Err(Error::new(
            ErrorKind::Usage,
            "the truths have no bbox or no area, which keypoints needs",
        ));
    }
    Ok(())
}
