//! [`Suppression`]: of many boxes the best that do not stand on one another.
//!
//! The first half is one `NonMaxSuppression` behind the graph: boxes (N, A, 4) with scores (N, L, A) go in, and what was
//! chosen, (M, 3) of picture, class and place, comes back with them.

use serde::{Deserialize, Serialize};

use super::super::found::Found;
use super::super::lens::Lens;
use super::{numbers, odd, places, wrong};
use crate::error::Result;
use crate::geometry::BoxLayout;
use crate::model::{Graph, Op, Reduce, Tensor, ValueId};

/// Which boxes are told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Suppression {
    /// A box with more overlap (intersection over union) with a better one of its class goes.
    pub iou: f64,
    /// Boxes must have more than this.
    pub score: f64,
    /// Of a picture at most so many, the best.
    pub most: usize,
    /// Boxes go for better ones of any class, and have their best class only.
    pub agnostic: bool,
}

impl Default for Suppression {
    fn default() -> Suppression {
        Suppression { iou: 0.5, score: 0.25, most: 300, agnostic: false }
    }
}

impl Suppression {
    pub(super) fn check(&self) -> Result<()> {
        match (0.0..=1.0).contains(&self.iou) && self.score.is_finite() && self.most > 0 {
            true => Ok(()),
            false => Err(wrong("iou is 0 to 1, score is a number, and most is at least 1")),
        }
    }

    /// Nodes that choose among boxes (N, A, 4), by corners or, if `centres`, cx, cy, w, h. The values that
    /// [`Suppression::read`] reads.
    pub(super) fn extend(
        &self,
        graph: &mut Graph,
        boxes: ValueId,
        scores: ValueId,
        centres: bool,
    ) -> Vec<ValueId> {
        let (scores, labels) = match self.agnostic {
            false => (scores, None),
            true => {
                let axis = graph.hold_row(&[1]);
                let best = Op::Reduce { kind: Reduce::Max, keep: true, nothing_if_no_axes: false };
                let best = graph.then(best, &[scores, axis]);
                let labels = graph.then(Op::ArgMax { axis: 1, keep: false, last: false }, &[scores]);
                (best, Some(labels))
            }
        };
        let most = i64::try_from(self.most).unwrap_or(i64::MAX);
        let most = graph.hold(Tensor::row(vec![most]));
        let iou = graph.hold(Tensor::row(vec![single(self.iou)]));
        let score = graph.hold(Tensor::row(vec![single(self.score)]));
        let chosen = graph
            .then(Op::NonMaxSuppression { center_point_box: centres }, &[boxes, scores, most, iou, score]);
        [Some(boxes), Some(scores), Some(chosen), labels].into_iter().flatten().collect()
    }

    /// What was chosen, of each picture the best first. `more` adds to an object what else there is of a (picture,
    /// place), with the object's box in the model's picture.
    pub(super) fn read(
        &self,
        outputs: &[Tensor],
        lenses: &[Lens],
        layout: BoxLayout,
        unit: impl Fn(&Lens) -> (f64, f64),
        mut more: impl FnMut(usize, usize, [f64; 4], &mut Found) -> Result<()>,
    ) -> Result<Vec<Vec<Found>>> {
        let pictures = lenses.len();
        let (boxes, shape) = numbers(outputs, 0, "boxes", &[Some(pictures), None, Some(4)])?;
        let anchors = shape.get(1).copied().unwrap_or(0);
        let (scores, shape) = numbers(outputs, 1, "scores", &[Some(pictures), None, Some(anchors)])?;
        let classes = shape.get(1).copied().unwrap_or(0);
        let (chosen, rest) = places(outputs, 2, "chosen boxes")?.as_chunks::<3>();
        let labels = if self.agnostic { Some(places(outputs, 3, "labels")?) } else { None };
        let beyond = || odd("chosen boxes", "lie beyond the boxes there are".to_owned());
        if !rest.is_empty() {
            return Err(beyond());
        }
        let (boxes, _) = boxes.as_chunks::<4>();
        let mut found = vec![Vec::new(); pictures];
        for chosen in chosen {
            let [picture, class, place] = chosen.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
            let score = (class < classes && place < anchors)
                .then(|| scores.get((picture.checked_mul(classes)? + class).checked_mul(anchors)? + place))
                .flatten();
            let (Some(lens), Some(score)) = (lenses.get(picture), score) else { return Err(beyond()) };
            let at = picture * anchors + place;
            let label = match labels {
                Some(labels) => labels.get(at).copied().ok_or_else(beyond)?,
                None => i64::try_from(class).unwrap_or(i64::MAX),
            };
            let bbox = boxes.get(at).ok_or_else(beyond)?.map(f64::from);
            let (wide, high) = unit(lens);
            let [x, y, w, h] = layout.convert(&bbox, BoxLayout::Xywh);
            let own = [x * wide, y * high, w * wide, h * high];
            let Some(bbox) = lens.bbox(own) else { continue };
            let mut object = Found { label, score: f64::from(*score), bbox: Some(bbox), ..Found::default() };
            more(picture, place, own, &mut object)?;
            if let Some(list) = found.get_mut(picture) {
                list.push(object);
            }
        }
        for list in &mut found {
            // A stable sort: equal scores stay in the order of classes and places.
            list.sort_by(|a, b| b.score.total_cmp(&a.score));
            list.truncate(self.most);
        }
        Ok(found)
    }
}

#[allow(clippy::as_conversions, reason = "thresholds are what models compute with: single precision")]
fn single(value: f64) -> f32 {
    value as f32
}
