//! [`Dense`]: a box and scores at each of many places, as YOLO and SSD give them.

use serde::{Deserialize, Serialize};

use super::super::found::Found;
use super::super::lens::Lens;
use super::{Suppression, port, wrong};
use crate::error::Result;
use crate::geometry::BoxLayout;
use crate::model::{Binary, Graph, Op, Tensor, Unary, ValueId};

/// Boxes and scores at A places, in one output or two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dense {
    /// The output that has all: four numbers of the box, then, with `objectness`, how sure it is that there is anything,
    /// then scores. The first where no output is named.
    pub output: Option<String>,
    /// The output of boxes, where they have their own.
    pub boxes: Option<String>,
    /// The output of scores, where they have their own.
    pub scores: Option<String>,
    /// Numbers of a place lie side by side, (N, A, F) as YOLOv5 has it; else places do, (N, F, A) as YOLOv8.
    pub rows: bool,
    /// There is a number for anything at all, which scores are multiplied by.
    pub objectness: bool,
    /// `cxcywh` (the default), `xyxy`, `yxyx` or `xywh`.
    pub layout: BoxLayout,
    /// Boxes are shares of the picture's sides, and not pixels.
    pub relative: bool,
    /// Scores are logits, of which a sigmoid makes shares.
    pub logits: bool,
    /// Scores at the beginning that are of no class, as SSD's background.
    pub skip: usize,
    /// Which are told.
    pub suppression: Suppression,
}

impl Default for Dense {
    fn default() -> Dense {
        Dense {
            output: None,
            boxes: None,
            scores: None,
            rows: false,
            objectness: false,
            layout: BoxLayout::Cxcywh,
            relative: false,
            logits: false,
            skip: 0,
            suppression: Suppression::default(),
        }
    }
}

/// To the end of an axis.
const END: i64 = i64::MAX;

impl Dense {
    pub(super) fn check(&self) -> Result<()> {
        let apart = self.boxes.is_some() && self.scores.is_some();
        if (self.boxes.is_some() || self.scores.is_some()) && (!apart || self.output.is_some()) {
            return Err(wrong("either one output has all, or boxes and scores have one each"));
        }
        if apart && self.objectness {
            return Err(wrong("objectness is a column of an output that has all"));
        }
        self.suppression.check()
    }

    pub(super) fn extend(&self, graph: &mut Graph) -> Result<()> {
        let (boxes, scores) = match &self.boxes {
            Some(_) => {
                let boxes = port(graph, self.boxes.as_deref(), 0)?;
                let scores = port(graph, self.scores.as_deref(), 1)?;
                (self.places_first(graph, boxes), self.classes_first(graph, scores))
            }
            None => {
                let all = port(graph, self.output.as_deref(), 0)?;
                let all = self.classes_first(graph, all);
                let boxes = cut(graph, all, 0, 4);
                let boxes = turned(graph, boxes);
                let scores = cut(graph, all, if self.objectness { 5 } else { 4 }, END);
                let scores = self.shares(graph, scores);
                let scores = match self.objectness {
                    false => scores,
                    true => {
                        let any = cut(graph, all, 4, 5);
                        let any = self.shares(graph, any);
                        graph.then(Op::Binary(Binary::Mul), &[scores, any])
                    }
                };
                let scores = self.named(graph, scores);
                let centres = self.corners_or_centres(graph, boxes);
                let outputs = self.suppression.extend(graph, centres, scores, self.centres());
                graph.give(outputs);
                return Ok(());
            }
        };
        let scores = self.shares(graph, scores);
        let scores = self.named(graph, scores);
        let boxes = self.corners_or_centres(graph, boxes);
        let outputs = self.suppression.extend(graph, boxes, scores, self.centres());
        graph.give(outputs);
        Ok(())
    }

    pub(super) fn read(&self, outputs: &[Tensor], lenses: &[Lens]) -> Result<Vec<Vec<Found>>> {
        let unit = |lens: &Lens| match self.relative {
            true => (f64::from(lens.seen().width), f64::from(lens.seen().height)),
            false => (1.0, 1.0),
        };
        let layout = if self.layout == BoxLayout::Xywh { BoxLayout::Xyxy } else { self.layout };
        self.suppression.read(outputs, lenses, layout, unit, |_, _, _, _| Ok(()))
    }

    fn centres(&self) -> bool {
        self.layout == BoxLayout::Cxcywh
    }

    /// (N, F, A).
    fn classes_first(&self, graph: &mut Graph, value: ValueId) -> ValueId {
        if self.rows { turned(graph, value) } else { value }
    }

    /// (N, A, 4).
    fn places_first(&self, graph: &mut Graph, value: ValueId) -> ValueId {
        if self.rows { value } else { turned(graph, value) }
    }

    fn shares(&self, graph: &mut Graph, scores: ValueId) -> ValueId {
        if self.logits { graph.then(Op::Unary(Unary::Sigmoid), &[scores]) } else { scores }
    }

    /// Scores of classes that have a name.
    fn named(&self, graph: &mut Graph, scores: ValueId) -> ValueId {
        let skip = i64::try_from(self.skip).unwrap_or(END);
        if skip == 0 { scores } else { cut(graph, scores, skip, END) }
    }

    /// Suppression knows corners and centres; a corner and sides become corners.
    fn corners_or_centres(&self, graph: &mut Graph, boxes: ValueId) -> ValueId {
        if self.layout != BoxLayout::Xywh {
            return boxes;
        }
        let mut part = |from: i64, to: i64| {
            let inputs = [boxes, graph.hold_row(&[from]), graph.hold_row(&[to]), graph.hold_row(&[2])];
            graph.then(Op::Slice, &inputs)
        };
        let (corner, sides) = (part(0, 2), part(2, 4));
        let other = graph.then(Op::Binary(Binary::Add), &[corner, sides]);
        graph.then(Op::Concat { axis: 2 }, &[corner, other])
    }
}

/// The last two axes the other way round.
fn turned(graph: &mut Graph, value: ValueId) -> ValueId {
    graph.then(Op::Transpose { perm: Some(vec![0, 2, 1]) }, &[value])
}

/// Some of the second axis.
fn cut(graph: &mut Graph, value: ValueId, from: i64, to: i64) -> ValueId {
    let inputs = [value, graph.hold_row(&[from]), graph.hold_row(&[to]), graph.hold_row(&[1])];
    graph.then(Op::Slice, &inputs)
}
