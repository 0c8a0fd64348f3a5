//! Convolution: [`compute`] and, for weights that stay, [`Weights`].
//!
//! Floats of 32 bits go as products of blocks ([`windows`]) or, where a group is one channel, a row at a time
//! ([`depthwise`]); those of 16 bits become floats of 32 first; everything else is [`plain`].

mod depthwise;
pub(super) mod layout;
pub(super) mod plain;
mod tiles;
mod way;
mod windows;
mod winograd;

use std::sync::OnceLock;

use self::layout::Layout;
use self::way::Way;
pub(super) use self::way::kernel;
use self::windows::{Places, Windows, pad};
use super::finish::{Act, Finish};
use super::given::Given;
use super::narrow;
use super::product::{Job, Matrix, Panels, multiply};
use super::turned::{Columns, multiply_turned};
use crate::error::Result;
use crate::model::cpu::threads::Threads;
use crate::model::op::Conv;
use crate::model::tensor::{DType, Tensor};

/// The weights of a convolution of 32-bit floats, packed for the way that a picture of its size is convolved by when
/// the first one comes.
pub(super) struct Weights {
    plain: Tensor,
    group: usize,
    panels: OnceLock<Vec<Panels>>,
    columns: OnceLock<Vec<Columns>>,
    tiles: OnceLock<Vec<winograd::Weights>>,
}

impl Weights {
    /// Weights of the shape (outputs, inputs of a group, kernel...). None if they are no such weights.
    pub(super) fn keep(plain: &Tensor, group: usize) -> Option<Weights> {
        let outputs = *plain.shape().first()?;
        let fits = group > 0 && outputs > 0 && outputs.is_multiple_of(group) && plain.dtype() == DType::F32;
        fits.then(|| Weights {
            plain: plain.clone(),
            group,
            panels: OnceLock::new(),
            columns: OnceLock::new(),
            tiles: OnceLock::new(),
        })
    }

    /// Packs them for pictures of this shape, if it is one that they can convolve: else that is said when one comes.
    pub(super) fn pack(&self, conv: &Conv, x: &[usize]) {
        let layout = Layout::of(&Given::new("Conv", &[]), conv, x, self.plain.shape());
        let (Ok(layout), Some(w)) = (layout, self.plain.elements::<f32>()) else { return };
        match Way::of(&layout) {
            _ if depthwise::fits(&layout) => {}
            Way::Tiles => _ = self.tiles.get_or_init(|| Weights::tiles(w, &layout)),
            Way::Turned => _ = self.columns.get_or_init(|| Weights::columns(w, &layout)),
            Way::Panels => _ = self.panels.get_or_init(|| Weights::panels(w, &layout)),
        }
    }

    fn each<T>(w: &[f32], layout: &Layout, pack: impl Fn(&[f32], usize, usize) -> T) -> Vec<T> {
        let (rows, depth) = (layout.outputs_each(), layout.inputs_each() * layout.kernel());
        (0..layout.group)
            .map(|group| pack(w.get(group * rows * depth..).unwrap_or(&[]), rows, depth))
            .collect()
    }

    fn panels(w: &[f32], layout: &Layout) -> Vec<Panels> {
        Weights::each(w, layout, |w, rows, depth| Panels::pack(w, rows, depth, (depth, 1)))
    }

    fn tiles(w: &[f32], layout: &Layout) -> Vec<winograd::Weights> {
        let inputs = layout.inputs_each();
        Weights::each(w, layout, |w, outputs, _| winograd::Weights::transform(w, outputs, inputs))
    }

    fn columns(w: &[f32], layout: &Layout) -> Vec<Columns> {
        Weights::each(w, layout, |w, rows, depth| {
            Columns::pack(&Matrix { data: w, steps: (1, depth) }, rows, depth)
        })
    }
}

/// Whether a convolution is done without packed weights.
pub(super) fn by_rows(conv: &Conv, weights: &Tensor) -> bool {
    depthwise::takes(conv.group, weights.shape())
}

/// `x`, `w`, perhaps a bias of a number a channel, and the residual where the epilogue has one.
///
/// # Errors
/// `Usage` for shapes that do not belong together, `Type` for elements that have no convolution, `Limit` if the
/// result is too large, `Unsupported` for an epilogue that nothing is written for.
pub(super) fn compute(
    conv: &Conv,
    given: &Given<'_>,
    kept: Option<&Weights>,
    threads: &Threads,
) -> Result<Tensor> {
    let (x, w, bias) = (given.need(0, "X")?, given.need(1, "W")?, given.option(2));
    let residual = if conv.epilogue.residual { Some(given.need(3, "residual")?) } else { None };
    let layout = Layout::of(given, conv, x.shape(), w.shape())?;
    layout.check_bias(given, bias)?;
    let shape = layout.shape();
    if let Some(more) = residual.filter(|more| more.shape() != shape) {
        return Err(given.usage(format!("a residual of {:?} for a result of {shape:?}", more.shape())));
    }
    match x.dtype() {
        DType::F32 => {
            let floats = |tensor: Option<_>, name| {
                tensor.map(|tensor| given.elements::<f32>(tensor, name)).transpose()
            };
            let finish = Finish {
                bias: floats(bias, "B")?,
                residual: floats(residual, "residual")?,
                act: Act::of(conv.epilogue.activation).map_err(|error| given.named(error))?,
            };
            let mut out = given.floats(&shape)?;
            let x = given.elements::<f32>(x, "X")?;
            let kept = kept.filter(|kept| kept.group == layout.group && kept.plain.shape() == w.shape());
            let w = given.elements::<f32>(w, "W")?;
            convolve(&layout, x, w, kept, &finish, &mut out, threads);
            Tensor::new(&shape, out)
        }
        dtype @ (DType::F16 | DType::BF16) => {
            narrow::one(given, dtype, |wide| compute(conv, wide, None, threads))
        }
        DType::F64 if residual.is_none() && conv.epilogue.activation.is_none() => {
            let mut out = given.zeros::<f64>(&shape)?;
            if let Some(bias) = bias {
                let bias = given.elements::<f64>(bias, "B")?;
                fill(&layout, bias, &mut out);
            }
            let (x, w) = (given.elements::<f64>(x, "X")?, given.elements::<f64>(w, "W")?);
            plain::convolve(&layout, x, w, &mut out, threads);
            Tensor::new(&shape, out)
        }
        other => Err(given.no_type(other)),
    }
}

/// Each channel filled with its bias.
pub(super) fn fill<T: Copy>(layout: &Layout, bias: &[T], out: &mut [T]) {
    let plane = layout.output_plane();
    if plane > 0 {
        for (plane, bias) in out.chunks_exact_mut(plane).zip(bias.iter().cycle()) {
            plane.fill(*bias);
        }
    }
}

/// Convolution of 32-bit floats whose shapes have been checked.
#[allow(clippy::indexing_slicing, reason = "the layout has been checked against the tensors")]
pub(super) fn convolve(
    layout: &Layout,
    x: &[f32],
    w: &[f32],
    kept: Option<&Weights>,
    finish: &Finish<'_>,
    out: &mut [f32],
    threads: &Threads,
) {
    let (columns, input) = (layout.output_plane(), layout.input_plane());
    if out.is_empty() {
        return;
    }
    if depthwise::fits(layout) {
        return depthwise::convolve(layout, x, w, finish, out, threads);
    }
    let each = layout.outputs_each();
    let way = Way::of(layout);
    let (own_panels, own_columns, own_tiles) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
    let (panels, right, transformed) = kept
        .map_or((&own_panels, &own_columns, &own_tiles), |kept| (&kept.panels, &kept.columns, &kept.tiles));
    let places = Places::of(&layout.axes, layout.inputs_each());
    let plane: usize = layout.axes.iter().map(super::spatial::Axis::padded).product();
    // Pictures are padded as many at a time as there are threads, which bounds the memory.
    let wave = threads.count();
    let pictures: Vec<&[f32]> = match layout.inputs * input {
        0 => vec![&[]; layout.batch],
        picture => x.chunks_exact(picture).collect(),
    };
    for (number, (pictures, out)) in
        pictures.chunks(wave).zip(out.chunks_mut(wave * layout.outputs * columns)).enumerate()
    {
        let count = if way == Way::Tiles { 0 } else { pictures.len() };
        let padded = threads.map(count, |at| pad(&layout.axes, pictures[at], layout.inputs));
        let mut jobs = Vec::with_capacity(pictures.len() * layout.group);
        for (job, out) in out.chunks_exact_mut(each * columns).enumerate() {
            let (picture, group) = (job / layout.group, job % layout.group);
            let first = (number * wave + picture) * layout.outputs + group * each;
            let finish = Finish {
                bias: finish.bias.map(|bias| &bias[group * each..(group + 1) * each]),
                residual: finish.residual.map(|all| &all[first * columns..(first + each) * columns]),
                act: finish.act,
            };
            if way == Way::Tiles {
                let weights = &transformed.get_or_init(|| Weights::tiles(w, layout))[group];
                let x = &pictures[picture][group * layout.inputs_each() * input..];
                winograd::convolve(layout, x, weights, &finish, out, threads);
                continue;
            }
            let data = &padded[picture][group * layout.inputs_each() * plane..];
            let source = Windows { places: &places, data };
            if way == Way::Turned {
                let right = &right.get_or_init(|| Weights::columns(w, layout))[group];
                let panels = Panels::of_columns(&source, columns, right.depth());
                multiply_turned(&panels, right, finish, out, threads);
            } else {
                let panels = &panels.get_or_init(|| Weights::panels(w, layout))[group];
                jobs.push(Job { panels, source, finish, out, columns });
            }
        }
        multiply(jobs, threads);
    }
}
