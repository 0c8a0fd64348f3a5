//! Deformable convolution: each element of a window is taken from where an offset says, between the pixels.
//!
//! The invariant: pixels outside the picture count as zero. Offsets that are no numbers take nothing.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "shapes are checked before elements are read"
)]

use super::conv::layout::Layout;
use super::finish::{Act, Finish};
use super::given::Given;
use super::narrow;
use super::product::{Job, Matrix, Panels, multiply};
use crate::error::{ErrorKind, Result};
use crate::model::cpu::threads::Threads;
use crate::model::op::Conv;
use crate::model::tensor::{DType, Tensor};

/// The most spatial axes.
const AXES: usize = 3;

/// `x`, `w`, offsets, perhaps a bias, perhaps a mask; the residual of an epilogue comes behind them.
///
/// # Errors
/// As those of convolution; `Unsupported` beyond three spatial axes.
pub(super) fn compute(
    conv: &Conv,
    offset_groups: usize,
    given: &Given<'_>,
    threads: &Threads,
) -> Result<Tensor> {
    let (x, w, offset) = (given.need(0, "X")?, given.need(1, "W")?, given.need(2, "offset")?);
    let (bias, mask) = (given.option(3), given.option(4));
    let residual = if conv.epilogue.residual { Some(given.need(5, "residual")?) } else { None };
    match x.dtype() {
        DType::F32 => {}
        dtype @ (DType::F16 | DType::BF16) => {
            return narrow::one(given, dtype, |wide| compute(conv, offset_groups, wide, threads));
        }
        other => return Err(given.no_type(other)),
    }
    let layout = Layout::of(given, conv, x.shape(), w.shape())?;
    layout.check_bias(given, bias)?;
    let (rank, kernel) = (layout.axes.len(), layout.kernel());
    if rank == 0 || rank > AXES {
        return Err(
            given.fails(ErrorKind::Unsupported, format!("{rank} spatial axes, and there may be 1 to {AXES}"))
        );
    }
    if offset_groups == 0 || !layout.inputs.is_multiple_of(offset_groups) {
        return Err(given.usage(format!("{} channels in {offset_groups} groups of offsets", layout.inputs)));
    }
    let shape = layout.shape();
    let beside = |channels: Option<usize>| {
        let mut all = vec![layout.batch, channels.unwrap_or(0)];
        all.extend_from_slice(&shape[2..]);
        all
    };
    let taps = offset_groups.checked_mul(kernel);
    let (offsets, masks) = (beside(taps.and_then(|taps| taps.checked_mul(rank))), beside(taps));
    if offset.shape() != offsets || mask.is_some_and(|mask| mask.shape() != masks) {
        let what = format!(
            "offsets of {:?} and a mask of {:?}, where {offsets:?} and {masks:?} are needed",
            offset.shape(),
            mask.map(Tensor::shape)
        );
        return Err(given.usage(what));
    }
    if let Some(more) = residual.filter(|more| more.shape() != shape) {
        return Err(given.usage(format!("a residual of {:?} for a result of {shape:?}", more.shape())));
    }
    let floats =
        |tensor: Option<_>, name| tensor.map(|tensor| given.elements::<f32>(tensor, name)).transpose();
    let (bias, residual) = (floats(bias, "B")?, floats(residual, "residual")?);
    let sampling = Sampling {
        layout: &layout,
        groups: offset_groups,
        x: given.elements::<f32>(x, "X")?,
        offset: given.elements::<f32>(offset, "offset")?,
        mask: floats(mask, "mask")?,
    };
    let w = given.elements::<f32>(w, "W")?;
    let act = Act::of(conv.epilogue.activation).map_err(|error| given.named(error))?;
    let finish = Finish { bias, residual, act };
    let mut out = given.floats(&shape)?;
    let (each, columns) = (layout.outputs_each(), layout.output_plane());
    let depth = layout.inputs_each() * kernel;
    given.check_size(&[layout.inputs * kernel, columns])?;
    let panels: Vec<Panels> = (0..layout.group)
        .map(|group| Panels::pack(&w[group * each * depth..][..each * depth], each, depth, (depth, 1)))
        .collect();
    if each * columns == 0 {
        return Tensor::new(&shape, out);
    }
    let mut sampled = vec![0.0; layout.inputs * kernel * columns];
    for (image, out) in out.chunks_exact_mut(layout.outputs * columns).enumerate() {
        threads
            .chunks(&mut sampled, kernel * columns, |channel, into| sampling.channel(image, channel, into));
        let jobs = out.chunks_exact_mut(each * columns).enumerate().map(|(group, out)| {
            let first = image * layout.outputs + group * each;
            let finish = Finish {
                bias: finish.bias.map(|bias| &bias[group * each..]),
                residual: finish.residual.map(|all| &all[first * columns..]),
                act,
            };
            let source = Matrix { data: &sampled[group * depth * columns..], steps: (columns, 1) };
            Job { panels: &panels[group], source, finish, out, columns }
        });
        multiply(jobs.collect(), threads);
    }
    Tensor::new(&shape, out)
}

struct Sampling<'a> {
    layout: &'a Layout,
    groups: usize,
    x: &'a [f32],
    offset: &'a [f32],
    mask: Option<&'a [f32]>,
}

impl Sampling<'_> {
    /// All windows of one channel: for each place in a window, that of each.
    fn channel(&self, image: usize, channel: usize, into: &mut [f32]) {
        let layout = self.layout;
        let (plane, columns, kernel) = (layout.input_plane(), layout.output_plane(), layout.kernel());
        let rank = layout.axes.len();
        let x = &self.x[(image * layout.inputs + channel) * plane..][..plane];
        let group = image * self.groups + channel / (layout.inputs / self.groups);
        for (place, into) in into.chunks_exact_mut(columns).enumerate() {
            let tap = group * kernel + place;
            for (window, into) in into.iter_mut().enumerate() {
                let (mut rest, mut element) = (window, place);
                let mut at = [0.0_f32; AXES];
                for (number, axis) in layout.axes.iter().enumerate().rev() {
                    let offset = self.offset[(tap * rank + number) * columns + window];
                    let grid =
                        (rest % axis.output * axis.stride + element % axis.kernel * axis.dilation) as i64;
                    at[number] = (grid - axis.before) as f32 + offset;
                    rest /= axis.output;
                    element /= axis.kernel;
                }
                let weight = self.mask.map_or(1.0, |mask| mask[tap * columns + window]);
                *into = weight * self.between(x, &at);
            }
        }
    }

    /// The value between the pixels around a point.
    fn between(&self, x: &[f32], at: &[f32; AXES]) -> f32 {
        let axes = &self.layout.axes;
        let mut sum = 0.0;
        for corner in 0..1_usize << axes.len() {
            let (mut weight, mut place, mut inside) = (1.0, 0, true);
            for (number, axis) in axes.iter().enumerate() {
                let low = at[number].floor();
                let (part, up) = (at[number] - low, corner >> number & 1);
                let pixel = low + up as f32;
                weight *= if up == 1 { part } else { 1.0 - part };
                inside &= pixel >= 0.0 && pixel < axis.input as f32;
                place = place * axis.input + if inside { pixel as usize } else { 0 };
            }
            if inside && weight != 0.0 {
                sum += weight * x[place];
            }
        }
        sum
    }
}
