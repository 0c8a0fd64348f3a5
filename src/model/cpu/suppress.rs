//! `NonMaxSuppression`: boxes chosen by their score, without those that lie over a better one of the same class.
//!
//! Of equal scores the first box comes first. Scores that are no number are never chosen.

use super::inputs::{Inputs, length, usage};
use crate::error::Result;
use crate::model::tensor::Tensor;

/// Inputs: boxes (samples, boxes, 4), scores (samples, classes, boxes), the most boxes of a class, the overlap and
/// the score from which on. Made are rows of sample, class and box.
pub(super) fn suppress(center_point_box: bool, inputs: Inputs<'_>) -> Result<Tensor> {
    let (boxes, scores) = (inputs.get(0)?, inputs.get(1)?);
    let (&[n, count, 4], &[samples, classes, others]) = (boxes.shape(), scores.shape()) else {
        return Err(length("boxes and scores must have three axes, and a box four numbers"));
    };
    if n != samples || count != others {
        return Err(length(format!("scores of shape {:?} for boxes of {:?}", scores.shape(), boxes.shape())));
    }
    let (boxes, scores) = (inputs.elements::<f32>(0)?, inputs.elements::<f32>(1)?);
    let most =
        if inputs.maybe(2).is_some() { usize::try_from(inputs.int(2)?.max(0)).unwrap_or(0) } else { 0 };
    let overlap = if inputs.maybe(3).is_some() { inputs.number(3)? as f32 } else { 0.0 };
    let least = if inputs.maybe(4).is_some() { Some(inputs.number(4)? as f32) } else { None };
    if !(0.0..=1.0).contains(&overlap) {
        return Err(usage(format!("{overlap} is no overlap; it must be from 0 to 1")));
    }
    let corners: Vec<Corners> =
        boxes.chunks_exact(4).map(|numbers| Corners::new(numbers, center_point_box)).collect();
    let mut made = Vec::new();
    for sample in 0..n {
        let corners = &corners[sample * count..(sample + 1) * count];
        for class in 0..classes {
            let scores = &scores[(sample * classes + class) * count..][..count];
            for one in chosen(corners, scores, most, overlap, least) {
                made.extend([sample, class, one].map(|at| i64::try_from(at).unwrap_or(i64::MAX)));
            }
        }
    }
    Tensor::new(&[made.len() / 3, 3], made)
}

fn chosen(corners: &[Corners], scores: &[f32], most: usize, overlap: f32, least: Option<f32>) -> Vec<usize> {
    let mut left: Vec<usize> = (0..scores.len())
        .filter(|at| !scores[*at].is_nan() && least.is_none_or(|least| scores[*at] > least))
        .collect();
    left.sort_by(|a, b| {
        scores[*b].partial_cmp(&scores[*a]).unwrap_or(std::cmp::Ordering::Equal).then(a.cmp(b))
    });
    let mut made: Vec<usize> = Vec::new();
    for at in left {
        if made.len() >= most {
            break;
        }
        if made.iter().all(|better| corners[*better].overlap(&corners[at]) <= overlap) {
            made.push(at);
        }
    }
    made
}

/// A box by its least and its largest coordinates.
struct Corners {
    low: [f32; 2],
    high: [f32; 2],
}

impl Corners {
    fn new(numbers: &[f32], center: bool) -> Corners {
        let [a, b, c, d] = [numbers[0], numbers[1], numbers[2], numbers[3]];
        if center {
            let (w, h) = (c / 2.0, d / 2.0);
            return Corners { low: [a - w, b - h], high: [a + w, b + h] };
        }
        Corners { low: [a.min(c), b.min(d)], high: [a.max(c), b.max(d)] }
    }

    fn area(&self) -> f32 {
        (self.high[0] - self.low[0]) * (self.high[1] - self.low[1])
    }

    /// Intersection over union; 0 where either box has no area.
    fn overlap(&self, other: &Corners) -> f32 {
        let side = |k: usize| self.high[k].min(other.high[k]) - self.low[k].max(other.low[k]);
        let (height, width) = (side(0), side(1));
        let (own, its) = (self.area(), other.area());
        if !(height > 0.0 && width > 0.0 && own > 0.0 && its > 0.0) {
            return 0.0;
        }
        let both = height * width;
        let union = own + its - both;
        if union > 0.0 { both / union } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(boxes: Vec<f32>, scores: Vec<f32>, most: i64, overlap: f32, least: Option<f32>) -> Vec<i64> {
        let n = scores.len();
        let (boxes, scores) =
            (Tensor::new(&[1, n, 4], boxes).unwrap(), Tensor::new(&[1, 1, n], scores).unwrap());
        let (most, overlap) = (Tensor::row(vec![most]), Tensor::row(vec![overlap]));
        let least = least.map(Tensor::scalar);
        let inputs = [Some(&boxes), Some(&scores), Some(&most), Some(&overlap), least.as_ref()];
        let made = suppress(false, Inputs(&inputs)).unwrap();
        made.elements::<i64>().unwrap().iter().skip(2).step_by(3).copied().collect()
    }

    #[test]
    fn the_best_of_boxes_that_overlap_is_chosen() {
        let boxes = vec![0., 0., 2., 2., 0., 1., 2., 3., 2., 2., 0., 0., 5., 5., 6., 6.];
        let scores = vec![0.5, 0.9, 0.5, 0.1];
        assert_eq!(of(boxes.clone(), scores.clone(), 9, 0.3, None), [1, 3]);
        assert_eq!(of(boxes.clone(), scores.clone(), 9, 0.5, None), [1, 0, 3], "corners may be any two");
        assert_eq!(of(boxes.clone(), scores.clone(), 1, 0.5, None), [1]);
        assert_eq!(of(boxes.clone(), scores.clone(), 9, 0.5, Some(0.2)), [1, 0]);
        assert!(of(boxes.clone(), scores, 0, 0.5, None).is_empty());
        assert!(of(boxes, vec![f32::NAN; 4], 9, 0.5, None).is_empty());
    }

    #[test]
    fn an_overlap_that_is_none_is_refused() {
        let (boxes, scores) = (
            Tensor::new(&[1, 1, 4], vec![0.0_f32; 4]).unwrap(),
            Tensor::new(&[1, 1, 1], vec![1.0_f32]).unwrap(),
        );
        let (most, overlap) = (Tensor::row(vec![1_i64]), Tensor::row(vec![f32::NAN]));
        assert!(suppress(true, Inputs(&[Some(&boxes), Some(&scores), Some(&most), Some(&overlap)])).is_err());
        assert!(suppress(true, Inputs(&[Some(&scores), Some(&scores)])).is_err());
    }
}
