//! [`Axis`]: where the windows are along one spatial axis.
//!
//! The invariant: all lengths are at most [`MOST`], so that positions fit into an `i64` whatever is multiplied with
//! them. Nothing here looks at elements.

use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Padding, Window};

/// The most elements along an axis, padding included.
const MOST: i64 = 1 << 31;

/// The windows along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// Elements there are.
    pub(super) input: usize,
    /// Elements of a window.
    pub(super) kernel: usize,
    /// Steps between windows.
    pub(super) stride: usize,
    /// Steps within a window.
    pub(super) dilation: usize,
    /// Put before the first element; taken away if negative.
    pub(super) before: i64,
    /// Put after the last.
    pub(super) after: i64,
    /// Windows.
    pub(super) output: usize,
}

impl Axis {
    /// An axis of one element and one window.
    pub(super) const ONE: Axis =
        Axis { input: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, output: 1 };

    /// Elements from the first to the last of a window, both included.
    pub(super) const fn extent(&self) -> usize {
        (self.kernel - 1) * self.dilation + 1
    }

    /// The place in the input of an element of a window; none if it is beyond the edge.
    pub(super) fn place(&self, window: usize, element: usize) -> Option<usize> {
        let at = signed(window) * signed(self.stride) + signed(element) * signed(self.dilation) - self.before;
        usize::try_from(at).ok().filter(|at| *at < self.input)
    }

    /// Elements with what is put around.
    pub(super) fn padded(&self) -> usize {
        usize::try_from(signed(self.input) + self.before + self.after).unwrap_or(0)
    }
}

/// A length as a number that can be below zero. Lengths are those of memory, so none is lost.
pub(super) fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn usage(what: String) -> Error {
    Error::new(ErrorKind::Usage, what)
}

/// What a window says of each axis, its defaults filled in.
pub(super) struct Steps {
    pub(super) kernel: Vec<usize>,
    pub(super) strides: Vec<usize>,
    pub(super) dilations: Vec<usize>,
    /// Before and after; none where it follows from the rest.
    pub(super) pads: Option<Vec<(i64, i64)>>,
}

/// Reads a window over `rank` spatial axes. `weights`: the extent of the weights, if there are weights.
///
/// # Errors
/// `Usage` if a list has another length than there are axes, holds a zero, or is beyond what can be counted.
pub(super) fn steps(window: &Window, rank: usize, weights: Option<&[usize]>) -> Result<Steps> {
    let all = |list: &[usize], what: &str| match list.len() {
        0 => Ok(vec![1; rank]),
        n if n != rank => Err(usage(format!("{n} {what} for {rank} spatial axes"))),
        _ if list.iter().any(|n| *n == 0 || signed(*n) > MOST) => {
            Err(usage(format!("{what} {list:?} are out of range")))
        }
        _ => Ok(list.to_vec()),
    };
    let kernel = match weights {
        Some(extent) if !window.kernel.is_empty() && window.kernel != extent => {
            let what = format!("a kernel of {:?} for weights of {extent:?}", window.kernel);
            return Err(usage(what));
        }
        Some(extent) => extent,
        None if window.kernel.is_empty() && rank > 0 => return Err(usage("the window has no extent".into())),
        None => &window.kernel,
    };
    let kernel = all(kernel, "kernel extents")?;
    let strides = all(&window.strides, "strides")?;
    let dilations = all(&window.dilations, "dilations")?;
    for (k, d) in kernel.iter().zip(&dilations) {
        if signed(*k - 1).checked_mul(signed(*d)).is_none_or(|extent| extent > MOST) {
            return Err(usage(format!("a window of {k} elements {d} apart is too large")));
        }
    }
    let pads = match &window.padding {
        Padding::Explicit(pads) if pads.is_empty() => Some(vec![(0, 0); rank]),
        Padding::Explicit(pads) if pads.len() != 2 * rank => {
            return Err(usage(format!("{} pads for {rank} spatial axes; give two an axis", pads.len())));
        }
        Padding::Explicit(pads) if pads.iter().any(|pad| pad.abs() > MOST) => {
            return Err(usage(format!("pads {pads:?} are out of range")));
        }
        Padding::Explicit(pads) => {
            let (before, after) = pads.split_at(rank);
            Some(before.iter().copied().zip(after.iter().copied()).collect())
        }
        Padding::Valid => Some(vec![(0, 0); rank]),
        Padding::SameUpper | Padding::SameLower => None,
    };
    Ok(Steps { kernel, strides, dilations, pads })
}

/// Where windows are over the spatial axes `input`.
///
/// # Errors
/// As [`steps`]; `Usage` if a window is larger than the padded axis.
pub(super) fn axes(window: &Window, input: &[usize], weights: Option<&[usize]>) -> Result<Vec<Axis>> {
    let steps = steps(window, input.len(), weights)?;
    let lower = window.padding == Padding::SameLower;
    (0..input.len()).map(|at| axis(&steps, at, input.get(at).copied(), window.ceil, lower)).collect()
}

fn axis(steps: &Steps, at: usize, input: Option<usize>, ceil: bool, lower: bool) -> Result<Axis> {
    let pick = |list: &[usize]| list.get(at).copied().unwrap_or(1);
    let (kernel, stride, dilation) = (pick(&steps.kernel), pick(&steps.strides), pick(&steps.dilations));
    let input = input.unwrap_or(0);
    if signed(input) > MOST {
        return Err(usage(format!("an axis of {input} elements is too long")));
    }
    let mut axis = Axis { input, kernel, stride, dilation, before: 0, after: 0, output: 0 };
    let extent = signed(axis.extent());
    let Some(pads) = &steps.pads else {
        axis.output = input.div_ceil(stride);
        let all = ((signed(axis.output) - 1) * signed(stride) + extent - signed(input)).max(0);
        let half = all / 2;
        (axis.before, axis.after) = if lower { (all - half, half) } else { (half, all - half) };
        return Ok(axis);
    };
    (axis.before, axis.after) = pads.get(at).copied().unwrap_or((0, 0));
    let free = signed(input) + axis.before + axis.after - extent;
    if !(0..=MOST).contains(&free) {
        let what = format!(
            "a window of {extent} elements does not fit an axis of {input} with {} before and {} after",
            axis.before, axis.after
        );
        return Err(usage(what).remedy("give a larger picture or more padding"));
    }
    let free = usize::try_from(free).unwrap_or(0);
    axis.output = if ceil { free.div_ceil(stride) } else { free / stride } + 1;
    // A window that begins in what is put after is none.
    if ceil && axis.output > 1 && signed((axis.output - 1) * stride) >= signed(input) + axis.before {
        axis.output -= 1;
    }
    Ok(axis)
}

/// `before` axes of one element, then these: windows over fewer axes are windows over more.
pub(super) fn lead(axes: &[Axis], rank: usize) -> Vec<Axis> {
    let mut all = vec![Axis::ONE; rank.saturating_sub(axes.len())];
    all.extend_from_slice(axes);
    all
}
