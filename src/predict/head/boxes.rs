//! [`Boxes`]: boxes that the model chose itself.

use serde::{Deserialize, Serialize};

use super::super::found::Found;
use super::super::lens::Lens;
use super::{odd, port, wrong};
use crate::error::Result;
use crate::geometry::BoxLayout;
use crate::model::{Data, Graph, Tensor};

/// Boxes (N, K, 4) with scores and labels (N, K); of one picture without the first axis, or with a first column of
/// picture numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Boxes {
    /// The output of boxes; the first where there is none.
    pub boxes: Option<String>,
    /// The output of scores; the second where there is none.
    pub scores: Option<String>,
    /// The output of labels; all are 0 where there is none.
    pub labels: Option<String>,
    /// `xyxy`, `xywh`, `yxyx` or `cxcywh`.
    pub layout: BoxLayout,
    /// Sides are shares of the picture's, and not pixels.
    pub relative: bool,
    /// The number of the first class: 1 where 0 is the background.
    pub first: i64,
    /// Objects with less are not told.
    pub score: f64,
}

impl Default for Boxes {
    fn default() -> Boxes {
        Boxes {
            boxes: None,
            scores: None,
            labels: None,
            layout: BoxLayout::Xyxy,
            relative: false,
            first: 0,
            score: 0.05,
        }
    }
}

impl Boxes {
    pub(super) fn check(&self) -> Result<()> {
        match self.score.is_finite() && self.first >= 0 {
            true => Ok(()),
            false => Err(wrong("score is a number, and first is at least 0")),
        }
    }

    pub(super) fn extend(&self, graph: &mut Graph) -> Result<()> {
        let mut outputs =
            vec![port(graph, self.boxes.as_deref(), 0)?, port(graph, self.scores.as_deref(), 1)?];
        if self.labels.is_some() {
            outputs.push(port(graph, self.labels.as_deref(), 2)?);
        }
        graph.give(outputs);
        Ok(())
    }

    pub(super) fn read(&self, outputs: &[Tensor], lenses: &[Lens]) -> Result<Vec<Vec<Found>>> {
        let all = |place: usize, what: &str| {
            outputs.get(place).map(numbers).ok_or_else(|| odd(what, "are not there".to_owned()))
        };
        let (boxes, scores) = (all(0, "boxes")?, all(1, "scores")?);
        let labels = match self.labels {
            Some(_) => all(2, "labels")?,
            None => vec![0.0; scores.len()],
        };
        let each = scores.len() / lenses.len().max(1);
        if boxes.len() != scores.len() * 4
            || labels.len() != scores.len()
            || each * lenses.len() != scores.len()
        {
            let how = format!(
                "are {} numbers, the scores {} and the labels {}, of {} pictures",
                boxes.len(),
                scores.len(),
                labels.len(),
                lenses.len()
            );
            return Err(odd("boxes", how));
        }
        let (boxes, _) = boxes.as_chunks::<4>();
        let mut objects = boxes.iter().zip(&scores).zip(&labels);
        let mut found = Vec::with_capacity(lenses.len());
        for lens in lenses {
            let mut own = Vec::new();
            for ((bbox, score), label) in objects.by_ref().take(each) {
                // Not a number is not enough.
                if score.is_nan() || *score < self.score {
                    continue;
                }
                let (high, wide) = (f64::from(lens.seen().height), f64::from(lens.seen().width));
                let [x, y, w, h] = self.layout.convert(bbox, BoxLayout::Xywh);
                let bbox =
                    if self.relative { [x * wide, y * high, w * wide, h * high] } else { [x, y, w, h] };
                let label = whole(*label) - self.first;
                if let (Some(bbox), true) = (lens.bbox(bbox), label >= 0) {
                    own.push(Found { label, score: *score, bbox: Some(bbox), ..Found::default() });
                }
            }
            own.sort_by(|a, b| b.score.total_cmp(&a.score));
            found.push(own);
        }
        Ok(found)
    }
}

/// A label, which some models give as a fraction.
#[allow(clippy::as_conversions, reason = "as saturates, and labels are small")]
fn whole(label: f64) -> i64 {
    label.round() as i64
}

/// The numbers of a tensor of any type that boxes, scores and labels come in.
#[allow(clippy::as_conversions, reason = "labels are small")]
fn numbers(tensor: &Tensor) -> Vec<f64> {
    match tensor.data() {
        Data::F32(own) => own.iter().map(|v| f64::from(*v)).collect(),
        Data::F64(own) => own.to_vec(),
        Data::F16(own) => own.iter().map(|v| v.to_f64()).collect(),
        Data::I32(own) => own.iter().map(|v| f64::from(*v)).collect(),
        Data::I64(own) => own.iter().map(|v| *v as f64).collect(),
        _ => Vec::new(),
    }
}
