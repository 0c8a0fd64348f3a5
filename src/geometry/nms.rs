//! Non-maximum suppression: the boxes that no better box stands on.

use std::cmp::Ordering;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::corners::{Real, corners_iou};

/// The places of the boxes that are kept, in the order in which they were: descending scores, equal ones in the order
/// of the list, or the order of the list where there is no score.
///
/// A box is kept if it overlaps each box kept before it by less than `threshold` ([`corners_iou`]; the threshold is
/// rounded to the type of the boxes, and an overlap that is not a number does not suppress). At most `limit` are kept.
/// Scores that are not numbers come first, as in ChainerCV.
///
/// ```
/// use lensframe::geometry::non_maximum_suppression;
/// let boxes = [[0.0f32, 0.0, 4.0, 4.0], [1.0, 1.0, 5.0, 5.0], [2.0, 1.0, 6.0, 5.0], [4.0, 0.0, 8.0, 4.0]];
/// assert_eq!(non_maximum_suppression(&boxes, 0.5, None, None)?, [0, 1, 3]);
/// assert_eq!(non_maximum_suppression(&boxes, 0.5, Some(&[0.1, 0.2, 0.9, 0.8]), Some(2))?, [2, 3]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// `Length` if there are not as many scores as boxes.
pub fn non_maximum_suppression<T: Real>(
    boxes: &[[T; 4]],
    threshold: f64,
    scores: Option<&[f64]>,
    limit: Option<usize>,
) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    if let Some(scores) = scores {
        if scores.len() != boxes.len() {
            let what = format!("{} scores for {} boxes", scores.len(), boxes.len());
            return Err(Error::new(ErrorKind::Length, what).at(Place::none().key("score")));
        }
        order.sort_by(|a, b| descending(scores.get(*a), scores.get(*b)));
    }
    let threshold = T::nearest(threshold);
    let limit = limit.unwrap_or(usize::MAX);
    let mut kept: Vec<(usize, [T; 4])> = Vec::new();
    for at in order {
        if kept.len() >= limit {
            break;
        }
        let Some(own) = boxes.get(at) else { continue };
        if !kept.iter().any(|(_, better)| corners_iou(own, better) >= threshold) {
            kept.push((at, *own));
        }
    }
    Ok(kept.into_iter().map(|(at, _)| at).collect())
}

fn descending(a: Option<&f64>, b: Option<&f64>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return Ordering::Equal };
    b.partial_cmp(a).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOXES: [[f32; 4]; 4] =
        [[0.0, 0.0, 4.0, 4.0], [1.0, 1.0, 5.0, 5.0], [2.0, 1.0, 6.0, 5.0], [4.0, 0.0, 8.0, 4.0]];

    fn kept(threshold: f64) -> Vec<usize> {
        non_maximum_suppression(&BOXES, threshold, None, None).unwrap()
    }

    // The numbers that ChainerCV's own tests expect of these boxes.
    #[test]
    fn chainercvs_worked_case_holds() {
        assert_eq!(kept(1.0), [0, 1, 2, 3]);
        assert_eq!(kept(0.5), [0, 1, 3]);
        assert_eq!(kept(0.3), [0, 2, 3]);
        assert_eq!(kept(0.2), [0, 3]);
        assert_eq!(kept(0.0), [0]);
    }

    #[test]
    fn an_overlap_of_exactly_the_threshold_suppresses() {
        let boxes = [[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 5.0]];
        assert_eq!(non_maximum_suppression(&boxes, 0.5, None, None).unwrap(), [0]);
        assert_eq!(non_maximum_suppression(&boxes, 0.500_001, None, None).unwrap(), [0, 1]);
        // 0.1 is another number in single precision; the threshold is held against boxes in theirs.
        let thin = [[0.0f32, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 1.0]];
        assert_eq!(non_maximum_suppression(&thin, 0.1, None, None).unwrap(), [0]);
    }

    #[test]
    fn scores_order_and_the_limit_counts_what_is_kept() {
        let scores = [0.5, 0.5, f64::NAN, 0.9];
        let apart = [[0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0], [4.0, 0.0, 5.0, 1.0], [6.0, 0.0, 7.0, 1.0]];
        let kept = |limit| non_maximum_suppression(&apart, 0.5, Some(&scores), limit).unwrap();
        assert_eq!(kept(None), [2, 3, 0, 1]);
        assert_eq!((kept(Some(3)), kept(Some(0))), (vec![2, 3, 0], vec![]));
        assert!(non_maximum_suppression::<f32>(&[], 0.5, Some(&[]), None).unwrap().is_empty());
        let wrong = non_maximum_suppression(&apart, 0.5, Some(&scores[..2]), None);
        assert_eq!(wrong.unwrap_err().kind(), ErrorKind::Length);
    }
}
