//! Pooling: one number made of each window ([`compute`]), of each channel ([`global`]), and the way back
//! ([`unpool`]).
//!
//! Up to three spatial axes. Means and norms are of floats, the largest is of bytes as well.

mod average;
mod largest;
mod rows;
mod unpool;

pub(super) use self::unpool::unpool;

use super::given::Given;
use super::narrow;
use super::spatial::{Axis, axes, lead};
use crate::error::{ErrorKind, Result};
use crate::model::cpu::threads::Threads;
use crate::model::op::{Padding, Pool, Window};
use crate::model::tensor::{DType, Tensor};

/// The most spatial axes.
const AXES: usize = 3;

/// The shapes of a pooling, over three axes.
struct Layout {
    axes: [Axis; AXES],
    /// How many of the three there really are.
    rank: usize,
    shape: Vec<usize>,
}

impl Layout {
    fn of(given: &Given<'_>, shape: &[usize], window: &Window) -> Result<Layout> {
        let &[batch, channels, ref picture @ ..] = shape else {
            return Err(given.usage(format!("a picture of the shape {shape:?} has no batch and channels")));
        };
        let rank = picture.len();
        if rank == 0 || rank > AXES {
            let what = format!("{rank} spatial axes, and there may be 1 to {AXES}");
            return Err(given.fails(ErrorKind::Unsupported, what));
        }
        let axes = axes(window, picture, None).map_err(|error| given.named(error))?;
        let mut shape = vec![batch, channels];
        shape.extend(axes.iter().map(|axis| axis.output));
        given.check_size(&shape)?;
        let all = <[Axis; AXES]>::try_from(lead(&axes, AXES))
            .map_err(|_| given.usage("there are too many axes".into()))?;
        Ok(Layout { axes: all, rank, shape })
    }

    fn input(&self) -> usize {
        self.axes.iter().map(|axis| axis.input).product()
    }

    fn output(&self) -> usize {
        self.axes.iter().map(|axis| axis.output).product()
    }
}

/// The elements of a window that are inside, along one axis: where the first is, and how many there are.
fn span(axis: &Axis, window: usize) -> (usize, usize) {
    let inside = |element: &usize| axis.place(window, *element).is_some();
    let Some(first) = (0..axis.kernel).find(inside) else { return (0, 0) };
    let count = (first..axis.kernel).take_while(inside).count();
    (axis.place(window, first).unwrap_or(0), count)
}

/// The spans of all windows along each axis.
fn spans(axes: &[Axis; AXES]) -> rows::Spans {
    axes.each_ref().map(|axis| (0..axis.output).map(|window| span(axis, window)).collect())
}

/// ONNX's `MaxPool`, `AveragePool` and `LpPool`; `outputs` is 2 where the places of the largest are asked for.
///
/// # Errors
/// `Usage` for windows that do not fit, `Type` for elements that nothing is written for, `Unsupported` beyond three
/// spatial axes.
pub(super) fn compute(
    kind: Pool,
    window: &Window,
    outputs: usize,
    given: &Given<'_>,
    threads: &Threads,
) -> Result<Vec<Tensor>> {
    let x = given.need(0, "X")?;
    let layout = Layout::of(given, x.shape(), window)?;
    if let dtype @ (DType::F16 | DType::BF16) = x.dtype() {
        return narrow::through(given, dtype, |wide| compute(kind, window, outputs, wide, threads));
    }
    if let Pool::Max { columns_first } = kind {
        return largest::compute(&layout, given, x, (outputs > 1).then_some(columns_first), threads);
    }
    let made = match x.dtype() {
        DType::F32 if matches!(kind, Pool::Average { .. }) => {
            let x = given.elements::<f32>(x, "X")?;
            Tensor::new(&layout.shape, average::means(&layout, kind, x, given, threads)?)
        }
        DType::F32 => {
            let x = given.elements::<f32>(x, "X")?;
            Tensor::new(&layout.shape, average::compute(&layout, kind, x, given, threads)?)
        }
        DType::F64 => {
            let x = given.elements::<f64>(x, "X")?;
            Tensor::new(&layout.shape, average::compute(&layout, kind, x, given, threads)?)
        }
        other => Err(given.no_type(other)),
    };
    Ok(vec![made?])
}

/// ONNX's `GlobalMaxPool`, `GlobalAveragePool` and `GlobalLpPool`.
///
/// # Errors
/// As [`compute`], for any number of spatial axes.
pub(super) fn global(kind: Pool, given: &Given<'_>, threads: &Threads) -> Result<Tensor> {
    let x = given.need(0, "X")?;
    let &[batch, channels, ref picture @ ..] = x.shape() else {
        return Err(given.usage(format!("a picture of the shape {:?} has no channels", x.shape())));
    };
    if let dtype @ (DType::F16 | DType::BF16) = x.dtype() {
        return narrow::one(given, dtype, |wide| global(kind, wide, threads));
    }
    let plane: usize = picture.iter().product();
    if plane == 0 && matches!(kind, Pool::Max { .. }) {
        return Err(given.usage("the picture has no element to be the largest".into()));
    }
    let flat = x.reshaped(&[batch, channels, plane])?;
    let window = Window {
        kernel: vec![plane.max(1)],
        strides: Vec::new(),
        dilations: Vec::new(),
        padding: Padding::Explicit(Vec::new()),
        ceil: false,
    };
    let mut shape = vec![batch, channels];
    shape.extend(picture.iter().map(|_| 1));
    match (kind, x.dtype()) {
        (Pool::Average { .. } | Pool::Lp { .. }, DType::F32) => {
            let x = given.elements::<f32>(&flat, "X")?;
            Tensor::new(&shape, average::global(kind, x, batch * channels, plane, threads))
        }
        _ if plane == 0 => Err(given.usage("the picture has no elements".into())),
        _ => {
            let inputs = [Some(&flat)];
            let made = compute(kind, &window, 1, &given.with(&inputs), threads)?;
            made.first().ok_or_else(|| given.no_type(x.dtype()))?.reshaped(&shape)
        }
    }
}
