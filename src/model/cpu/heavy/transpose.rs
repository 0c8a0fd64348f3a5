//! Transposed convolution: a product of the weights with the picture, each result added where its window lies.
//!
//! The invariant: what would lie outside the result is left out. Sums are in the order of the places in a window.

#![allow(clippy::indexing_slicing, reason = "shapes are checked before elements are read")]

use super::finish::{Act, Finish};
use super::given::Given;
use super::matmul::{Multiply, Sides};
use super::narrow;
use super::product::{Job, Matrix, Panels, multiply};
use super::spatial::{Axis, signed, steps};
use crate::error::Result;
use crate::model::cpu::threads::Threads;
use crate::model::op::{ConvTranspose, Padding};
use crate::model::tensor::{DType, Tensor};

/// The shapes of a transposed convolution. Of its axes, `input` is the result's and `output` the picture's: those
/// of the convolution that it turns round.
struct Layout {
    batch: usize,
    inputs: usize,
    /// Channels that come out of each group.
    each: usize,
    group: usize,
    axes: Vec<Axis>,
}

/// The result's axes.
fn axes(op: &ConvTranspose, given: &Given<'_>, picture: &[usize], kernel: &[usize]) -> Result<Vec<Axis>> {
    let rank = picture.len();
    let steps = steps(&op.window, rank, Some(kernel)).map_err(|error| given.named(error))?;
    for list in [&op.output_padding, &op.output_shape] {
        if !list.is_empty() && list.len() != rank {
            return Err(given.usage(format!("{list:?} is not an element for each of {rank} spatial axes")));
        }
    }
    let axis = |at: usize| {
        let (kernel, stride, dilation) = (steps.kernel[at], steps.strides[at], steps.dilations[at]);
        let mut axis = Axis { input: 0, kernel, stride, dilation, before: 0, after: 0, output: picture[at] };
        let more = op.output_padding.get(at).copied().unwrap_or(0);
        let limit = |n: usize| i64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let full =
            (signed(picture[at]) - 1).saturating_mul(limit(stride)) + limit(more) + signed(axis.extent());
        let same = steps.pads.is_none();
        let wanted = match op.output_shape.get(at) {
            Some(n) => Some(limit(*n)),
            None if same => Some(signed(picture[at]).saturating_mul(limit(stride))),
            None => None,
        };
        let length = if let Some(length) = wanted {
            let all = (full - length).max(0);
            let upper = op.window.padding == Padding::SameUpper;
            axis.before = if upper { all / 2 } else { all - all / 2 };
            length
        } else {
            let pads = steps.pads.as_ref().and_then(|pads| pads.get(at)).copied().unwrap_or((0, 0));
            axis.before = pads.0;
            full - pads.0 - pads.1
        };
        axis.input = usize::try_from(length)
            .ok()
            .filter(|n| *n <= 1 << 31)
            .ok_or_else(|| given.usage(format!("a result of {length} elements along spatial axis {at}")))?;
        Ok(axis)
    };
    (0..rank).map(axis).collect()
}

/// `x`, `w` of the shape (inputs, outputs of a group, kernel...), perhaps a bias and a residual.
///
/// # Errors
/// As those of convolution.
pub(super) fn compute(op: &ConvTranspose, given: &Given<'_>, threads: &Threads) -> Result<Tensor> {
    let (x, w, bias) = (given.need(0, "X")?, given.need(1, "W")?, given.option(2));
    let (&[batch, inputs, ref picture @ ..], &[deep, each, ref kernel @ ..]) = (x.shape(), w.shape()) else {
        return Err(given.usage(format!("shapes {:?} and {:?} have no channels", x.shape(), w.shape())));
    };
    let group = op.group;
    if picture.len() != kernel.len() || inputs != deep || group == 0 || !inputs.is_multiple_of(group) {
        let what = format!("a picture of {:?} and weights of {:?}, {group} groups", x.shape(), w.shape());
        return Err(given.usage(what));
    }
    let layout = Layout { batch, inputs, each, group, axes: axes(op, given, picture, kernel)? };
    let channels = each.checked_mul(group).ok_or_else(|| given.usage("too many channels".into()))?;
    let mut shape = vec![batch, channels];
    shape.extend(layout.axes.iter().map(|axis| axis.input));
    if let Some(bias) = bias.filter(|bias| bias.shape() != [channels]) {
        return Err(given.usage(format!("a bias of {:?} for {channels} channels", bias.shape())));
    }
    let residual = if op.epilogue.residual { Some(given.need(3, "residual")?) } else { None };
    if let Some(more) = residual.filter(|more| more.shape() != shape) {
        return Err(given.usage(format!("a residual of {:?} for a result of {shape:?}", more.shape())));
    }
    match x.dtype() {
        DType::F32 => {
            let act = Act::of(op.epilogue.activation).map_err(|error| given.named(error))?;
            let mut out = layout.run::<f32>(given, &shape, threads)?;
            let residual = residual.map(|more| given.elements::<f32>(more, "residual")).transpose()?;
            let plane = layout.axes.iter().map(|axis| axis.input).product::<usize>();
            threads.chunks(&mut out, plane, |at, out| {
                if let Some(more) = residual {
                    out.iter_mut().zip(&more[at * plane..]).for_each(|(o, m)| *o += *m);
                }
                act.apply(out);
            });
            Tensor::new(&shape, out)
        }
        DType::F64 if residual.is_none() && op.epilogue.activation.is_none() => {
            Tensor::new(&shape, layout.run::<f64>(given, &shape, threads)?)
        }
        dtype @ (DType::F16 | DType::BF16) => narrow::one(given, dtype, |wide| compute(op, wide, threads)),
        other => Err(given.no_type(other)),
    }
}

/// A number that weights and pictures are made of.
trait Turn: Multiply {
    /// The product of weights, turned on their side, with a picture.
    fn product(w: &[Self], x: &[Self], sides: Sides, out: &mut [Self], threads: &Threads);
}

impl Turn for f32 {
    fn product(w: &[f32], x: &[f32], sides: Sides, out: &mut [f32], threads: &Threads) {
        let panels = Panels::pack(w, sides.rows, sides.depth, (1, sides.rows));
        let source = Matrix { data: x, steps: (sides.columns, 1) };
        let job = Job { panels: &panels, source, finish: Finish::NONE, out, columns: sides.columns };
        multiply(vec![job], threads);
    }
}

impl Turn for f64 {
    fn product(w: &[f64], x: &[f64], sides: Sides, out: &mut [f64], threads: &Threads) {
        let turned: Vec<f64> =
            (0..sides.rows).flat_map(|row| (0..sides.depth).map(move |k| w[k * sides.rows + row])).collect();
        out.fill(0.0);
        f64::multiply(&[(0, 0)], sides, &turned, x, out, threads);
    }
}

impl Layout {
    fn run<T: Turn>(&self, given: &Given<'_>, shape: &[usize], threads: &Threads) -> Result<Vec<T>> {
        let x = given.elements::<T>(given.need(0, "X")?, "X")?;
        let w = given.elements::<T>(given.need(1, "W")?, "W")?;
        let bias = given.option(2).map(|bias| given.elements::<T>(bias, "B")).transpose()?;
        let mut out = given.zeros::<T>(shape)?;
        let kernel: usize = self.axes.iter().map(|axis| axis.kernel).product();
        let columns: usize = self.axes.iter().map(|axis| axis.output).product();
        let plane: usize = self.axes.iter().map(|axis| axis.input).product();
        let depth = self.inputs / self.group;
        let sides = Sides { rows: self.each * kernel, depth, columns };
        let mut spread = given.zeros::<T>(&[sides.rows, columns])?;
        for at in 0..self.batch * self.group {
            if self.each * plane == 0 {
                break;
            }
            let (image, group) = (at / self.group, at % self.group);
            let x = &x[(image * self.inputs + group * depth) * columns..][..depth * columns];
            let w = &w[group * depth * sides.rows..][..depth * sides.rows];
            T::product(w, x, sides, &mut spread, threads);
            let out = &mut out[at * self.each * plane..][..self.each * plane];
            let few = threads.unless_few(spread.len());
            few.chunks(out, plane, |channel, out| {
                if let Some(bias) = bias {
                    out.fill(bias[group * self.each + channel]);
                }
                for place in 0..kernel {
                    let from = (channel * kernel + place) * columns;
                    self.add(place, &spread[from..from + columns], out);
                }
            });
        }
        Ok(out)
    }

    /// Adds what one place of the windows makes to where the windows lie.
    fn add<T: Turn>(&self, place: usize, from: &[T], out: &mut [T]) {
        let Some((last, outer)) = self.axes.split_last() else {
            out[0] = out[0].plus(from[0]);
            return;
        };
        let element = place % last.kernel;
        let windows = super::conv::plain::inside(last, element);
        let Some(first) = last.place(windows.start, element).filter(|_| !windows.is_empty()) else { return };
        let rows: usize = outer.iter().map(|axis| axis.output).product();
        'rows: for row in 0..rows {
            let (mut rest, mut places, mut step, mut to) = (row, place / last.kernel, last.input, first);
            for axis in outer.iter().rev() {
                let Some(at) = axis.place(rest % axis.output, places % axis.kernel) else { continue 'rows };
                to += at * step;
                step *= axis.input;
                rest /= axis.output;
                places /= axis.kernel;
            }
            let from = &from[row * last.output..][windows.clone()];
            for (o, f) in out[to..].iter_mut().step_by(last.stride).zip(from) {
                *o = o.plus(*f);
            }
        }
    }
}
