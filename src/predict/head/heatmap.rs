//! [`Heatmap`]: centres of objects as peaks of a map, as CenterNet and CenterFace give them.

use serde::{Deserialize, Serialize};

use super::super::found::Found;
use super::super::lens::Lens;
use super::{Suppression, numbers, odd, port, wrong};
use crate::error::Result;
use crate::geometry::BoxLayout;
use crate::model::{Binary, DType, Graph, Op, Padding, Pool, Tensor, Unary, ValueId, Window};

/// Maps of a picture's size divided by `stride`: scores of classes (N, L, h, w), and sizes, offsets and landmarks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heatmap {
    /// The output of scores.
    pub heat: String,
    /// The output of sizes, (N, 2, h, w).
    pub size: String,
    /// The output of where in its cell a centre lies, (N, 2, h, w); none for its corner.
    #[serde(default)]
    pub offset: Option<String>,
    /// The output of landmarks, (N, 2 K, h, w): shares of the box from its top left corner.
    #[serde(default)]
    pub points: Option<String>,
    /// Pixels of a cell.
    pub stride: u32,
    /// Added to the cell's number, in cells: one half in CenterFace.
    #[serde(default)]
    pub shift: f64,
    /// Sizes, offsets and landmarks have the vertical number first.
    #[serde(default)]
    pub vertical_first: bool,
    /// Sizes are logarithms of cells; else they are cells.
    #[serde(default)]
    pub log_size: bool,
    /// Scores are logits.
    #[serde(default)]
    pub logits: bool,
    /// Only what is the largest of its 3×3 neighbours is a centre.
    #[serde(default)]
    pub peaks: bool,
    /// Which are told.
    #[serde(default)]
    pub suppression: Suppression,
}

impl Heatmap {
    pub(super) fn check(&self) -> Result<()> {
        if self.stride == 0 || !self.shift.is_finite() {
            return Err(wrong("stride is at least 1, and shift is a number"));
        }
        self.suppression.check()
    }

    pub(super) fn extend(&self, graph: &mut Graph) -> Result<()> {
        let mut heat = port(graph, Some(&self.heat), 0)?;
        let size = port(graph, Some(&self.size), 0)?;
        let offset = self.offset.as_deref().map(|name| port(graph, Some(name), 0)).transpose()?;
        let points = self.points.as_deref().map(|name| port(graph, Some(name), 0)).transpose()?;
        if self.logits {
            heat = graph.then(Op::Unary(Unary::Sigmoid), &[heat]);
        }
        if self.peaks {
            let window = Window {
                kernel: vec![3, 3],
                strides: Vec::new(),
                dilations: Vec::new(),
                padding: Padding::Explicit(vec![1; 4]),
                ceil: false,
            };
            let largest = graph.then(Op::Pool { kind: Pool::Max { columns_first: false }, window }, &[heat]);
            let peak = graph.then(Op::Binary(Binary::Equal), &[heat, largest]);
            let zero = graph.hold(Tensor::scalar(0.0_f32));
            heat = graph.then(Op::Where, &[peak, heat, zero]);
        }
        let scores = flat(graph, heat);
        let boxes = self.boxes(graph, size, offset);
        let mut outputs = self.suppression.extend(graph, boxes, scores, true);
        if let Some(points) = points {
            let points = flat(graph, points);
            outputs.push(points);
        }
        graph.give(outputs);
        Ok(())
    }

    /// cx, cy, w, h at each cell, in pixels of the model's picture: (N, h · w, 4).
    fn boxes(&self, graph: &mut Graph, size: ValueId, offset: Option<ValueId>) -> ValueId {
        let multiply = |graph: &mut Graph, value: ValueId, by: f32| {
            let by = graph.hold(Tensor::scalar(by));
            graph.then(Op::Binary(Binary::Mul), &[value, by])
        };
        let stride = whole(self.stride);
        let size = match self.log_size {
            true => graph.then(Op::Unary(Unary::Exp), &[size]),
            false => size,
        };
        let size = multiply(graph, size, stride);
        // The two numbers of a pair, horizontal first.
        let order = if self.vertical_first { [1, 0] } else { [0, 1] };
        let sides = order.map(|at| row(graph, size, at));
        let mut centre = |axis: i64, at: i64| {
            let cells = self.cells(graph, size, axis);
            let place = match offset {
                Some(offset) => {
                    let offset = row(graph, offset, at);
                    graph.then(Op::Binary(Binary::Add), &[offset, cells])
                }
                None => {
                    let shape = row(graph, size, at);
                    let zero = multiply(graph, shape, 0.0);
                    graph.then(Op::Binary(Binary::Add), &[zero, cells])
                }
            };
            multiply(graph, place, stride)
        };
        let (x, y) = (centre(3, order[0]), centre(2, order[1]));
        let all = graph.then(Op::Concat { axis: 1 }, &[x, y, sides[0], sides[1]]);
        let all = flat(graph, all);
        graph.then(Op::Transpose { perm: Some(vec![0, 2, 1]) }, &[all])
    }

    /// The numbers of cells along an axis, shifted: (1, 1, h, 1) or (1, 1, 1, w).
    fn cells(&self, graph: &mut Graph, like: ValueId, axis: i64) -> ValueId {
        let count = graph.then(Op::Shape { start: axis, end: Some(axis + 1) }, &[like]);
        let axes = graph.hold_row(&[0]);
        let count = graph.then(Op::Squeeze, &[count, axes]);
        let (zero, one) = (graph.hold(Tensor::scalar(0_i64)), graph.hold(Tensor::scalar(1_i64)));
        let cells = graph.then(Op::Range, &[zero, count, one]);
        let cells = graph.then(Op::Cast { to: DType::F32, saturate: true }, &[cells]);
        let shift = graph.hold(Tensor::scalar(single(self.shift)));
        let cells = graph.then(Op::Binary(Binary::Add), &[cells, shift]);
        let shape = graph.hold_row(if axis == 2 { &[1, 1, -1, 1] } else { &[1, 1, 1, -1] });
        graph.then(Op::Reshape { allow_zero: false }, &[cells, shape])
    }

    pub(super) fn read(&self, outputs: &[Tensor], lenses: &[Lens]) -> Result<Vec<Vec<Found>>> {
        let place = if self.suppression.agnostic { 4 } else { 3 };
        let points = match self.points {
            Some(_) => Some(numbers(outputs, place, "landmarks", &[Some(lenses.len()), None, None])?),
            None => None,
        };
        let more = |picture: usize, at: usize, bbox: [f64; 4], object: &mut Found| {
            let (Some((points, shape)), Some(lens)) = (points, lenses.get(picture)) else { return Ok(()) };
            let (count, cells) = (shape.get(1).copied().unwrap_or(0), shape.get(2).copied().unwrap_or(0));
            let number = |nth: usize| points.get((picture * count + nth) * cells + at).map(|v| f64::from(*v));
            let mut own = Vec::with_capacity(count / 2);
            for pair in 0..count / 2 {
                let (Some(first), Some(second)) = (number(2 * pair), number(2 * pair + 1)) else {
                    return Err(odd("landmarks", "end before the boxes do".to_owned()));
                };
                let (x, y) = if self.vertical_first { (second, first) } else { (first, second) };
                own.push(lens.point([bbox[0] + x * bbox[2], bbox[1] + y * bbox[3]]));
            }
            object.points = Some(own);
            Ok(())
        };
        self.suppression.read(outputs, lenses, BoxLayout::Cxcywh, |_| (1.0, 1.0), more)
    }
}

/// (N, C, h, w) as (N, C, h · w).
fn flat(graph: &mut Graph, map: ValueId) -> ValueId {
    let shape = graph.hold_row(&[0, 0, -1]);
    graph.then(Op::Reshape { allow_zero: false }, &[map, shape])
}

/// One map of several, (N, 1, h, w).
fn row(graph: &mut Graph, maps: ValueId, at: i64) -> ValueId {
    let inputs = [maps, graph.hold_row(&[at]), graph.hold_row(&[at + 1]), graph.hold_row(&[1])];
    graph.then(Op::Slice, &inputs)
}

#[allow(clippy::as_conversions, reason = "numbers of a recipe become what models compute with")]
fn single(value: f64) -> f32 {
    value as f32
}

#[allow(clippy::as_conversions, reason = "strides are small")]
fn whole(value: u32) -> f32 {
    value as f32
}
