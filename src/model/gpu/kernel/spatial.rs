//! [`Frame`]: where windows lie over the spatial axes of a convolution or pool, in three axes whatever there are.
//!
//! The invariant: fewer axes are led by axes of one element, so that one kernel serves one to three axes.

use super::super::record::{signed, word};
use super::given;
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Padding, Window};

/// A window over three spatial axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) input: [usize; 3],
    pub(super) output: [usize; 3],
    pub(super) kernel: [usize; 3],
    pub(super) strides: [usize; 3],
    pub(super) dilations: [usize; 3],
    /// Elements before the input.
    pub(super) begin: [i64; 3],
    /// Elements after the input.
    pub(super) end: [i64; 3],
}

fn three<T: Copy>(values: &[T], fill: T) -> Result<[T; 3]> {
    let lead = 3_usize.checked_sub(values.len()).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, format!("{} spatial axes; kernels take three", values.len()))
    })?;
    let mut out = [fill; 3];
    out[lead..].copy_from_slice(values);
    Ok(out)
}

impl Frame {
    /// The window over an input whose spatial shape makes the output's; `weights` is the kernel if none is given.
    pub(super) fn new(
        window: &Window,
        input: &[usize],
        output: &[usize],
        weights: &[usize],
    ) -> Result<Frame> {
        let rank = input.len();
        let kernel = if window.kernel.is_empty() { weights } else { &window.kernel };
        let ones = vec![1; rank];
        let strides = if window.strides.is_empty() { &ones } else { &window.strides };
        let dilations = if window.dilations.is_empty() { &ones } else { &window.dilations };
        for (what, list) in
            [("kernel", kernel), ("strides", strides), ("dilations", dilations), ("output", output)]
        {
            given::same(what, &[list.len()], &[rank])?;
        }
        if strides.iter().chain(dilations).chain(kernel).any(|n| *n == 0) {
            return Err(Error::new(ErrorKind::Usage, "a kernel, stride or dilation of zero"));
        }
        let (mut begin, mut end) = (vec![0; rank], vec![0; rank]);
        for axis in 0..rank {
            let int = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            let reach = int(output[axis]).saturating_sub(1).saturating_mul(int(strides[axis]));
            let reach =
                reach.saturating_add((int(kernel[axis]) - 1).saturating_mul(int(dilations[axis]))) + 1;
            let total = (reach - int(input[axis])).max(0);
            (begin[axis], end[axis]) = match &window.padding {
                Padding::Explicit(pads) if pads.is_empty() => (0, 0),
                Padding::Explicit(pads) if pads.len() == 2 * rank => (pads[axis], pads[rank + axis]),
                Padding::Explicit(pads) => {
                    let what = format!("{} pads for {rank} spatial axes", pads.len());
                    return Err(Error::new(ErrorKind::Length, what));
                }
                Padding::SameUpper => (total / 2, total - total / 2),
                Padding::SameLower => (total - total / 2, total / 2),
                Padding::Valid => (0, 0),
            };
        }
        Ok(Frame {
            input: three(input, 1)?,
            output: three(output, 1)?,
            kernel: three(kernel, 1)?,
            strides: three(strides, 1)?,
            dilations: three(dilations, 1)?,
            begin: three(&begin, 0)?,
            end: three(&end, 0)?,
        })
    }

    /// Six vectors of parameters: input, output, kernel, strides, dilations, elements before.
    pub(super) fn parameters(&self) -> Result<Vec<u32>> {
        let mut words = Vec::new();
        for list in [self.input, self.output, self.kernel, self.strides, self.dilations] {
            for n in list {
                words.push(word(n)?);
            }
            words.push(0);
        }
        for n in self.begin {
            words.push(signed(n)?);
        }
        words.push(0);
        Ok(words)
    }

    /// True if every output is one input element, in the same place.
    pub(super) fn is_point(&self) -> bool {
        self.kernel == [1; 3] && self.strides == [1; 3] && self.begin == [0; 3] && self.input == self.output
    }

    /// Elements of a plane of the input, of the output, and of the kernel.
    pub(super) fn planes(&self) -> (usize, usize, usize) {
        (self.input.iter().product(), self.output.iter().product(), self.kernel.iter().product())
    }
}
