//! [`Classes`]: a score for each class of the whole picture.

use serde::{Deserialize, Serialize};

use super::super::found::Found;
use super::super::lens::Lens;
use super::{numbers, odd, places, port, wrong};
use crate::error::Result;
use crate::model::{Graph, Op, Tensor};

/// Scores of classes, (N, L), or (N, L, 1, 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Classes {
    /// The output's name; the first where there is none.
    pub output: Option<String>,
    /// The numbers are logits, which a softmax makes shares of; else they are scores already.
    pub logits: bool,
    /// How many of the best classes are told.
    pub top: usize,
    /// How many classes at the beginning are none, as ImageNet's background in some.
    pub skip: i64,
}

impl Default for Classes {
    fn default() -> Classes {
        Classes { output: None, logits: true, top: 5, skip: 0 }
    }
}

impl Classes {
    pub(super) fn check(&self) -> Result<()> {
        match self.top == 0 || self.skip < 0 {
            true => Err(wrong("top is at least 1, and skip at least 0")),
            false => Ok(()),
        }
    }

    pub(super) fn extend(&self, graph: &mut Graph, classes: Option<usize>) -> Result<()> {
        let scores = port(graph, self.output.as_deref(), 0)?;
        let scores = graph.then(Op::Flatten { axis: 1 }, &[scores]);
        let scores = match self.skip {
            0 => scores,
            skip => {
                let (from, to, axis) =
                    (graph.hold_row(&[skip]), graph.hold_row(&[i64::MAX]), graph.hold_row(&[1]));
                graph.then(Op::Slice, &[scores, from, to, axis])
            }
        };
        let scores = match self.logits {
            true => graph.then(Op::Softmax { axis: -1, log: false, flat: false }, &[scores]),
            false => scores,
        };
        let top = classes.map_or(self.top, |classes| self.top.min(classes));
        let top = graph.hold_row(&[i64::try_from(top).unwrap_or(1)]);
        let (best, labels) =
            graph.then_two(Op::TopK { axis: -1, largest: true, sorted: true }, &[scores, top]);
        graph.give(vec![best, labels]);
        Ok(())
    }

    pub(super) fn read(&self, outputs: &[Tensor], lenses: &[Lens]) -> Result<Vec<Vec<Found>>> {
        let (scores, shape) = numbers(outputs, 0, "scores", &[Some(lenses.len()), None])?;
        let labels = places(outputs, 1, "labels")?;
        if labels.len() != scores.len() {
            return Err(odd("labels", format!("are {} of {} scores", labels.len(), scores.len())));
        }
        let top = shape.last().copied().unwrap_or(1).max(1);
        let found = |(score, label): (&f32, &i64)| Found {
            label: *label,
            score: f64::from(*score),
            ..Found::default()
        };
        let rows = scores.chunks_exact(top).zip(labels.chunks_exact(top));
        Ok(rows.map(|(scores, labels)| scores.iter().zip(labels).map(found).collect()).collect())
    }
}
