//! [`Layout`]: the shapes of a convolution, checked against each other.
//!
//! The invariant: batch, channels, groups and windows agree with every tensor that was looked at, and no axis is
//! left to be checked by a kernel. It looks at no element.

use super::super::given::Given;
use super::super::spatial::{Axis, axes};
use crate::error::Result;
use crate::model::op::Conv;
use crate::model::tensor::Tensor;

/// The shapes of a convolution.
#[derive(Clone, Debug)]
pub(in super::super) struct Layout {
    pub(in super::super) batch: usize,
    /// Channels that go in, in all groups.
    pub(in super::super) inputs: usize,
    /// Channels that come out, in all groups.
    pub(in super::super) outputs: usize,
    pub(in super::super) group: usize,
    pub(in super::super) axes: Vec<Axis>,
}

impl Layout {
    /// The layout of these shapes: `(batch, channels, spatial...)` and `(outputs, inputs of a group, kernel...)`.
    ///
    /// # Errors
    /// `Usage` if they do not belong together.
    pub(in super::super) fn of(given: &Given<'_>, conv: &Conv, x: &[usize], w: &[usize]) -> Result<Layout> {
        let (&[batch, inputs, ref input @ ..], &[outputs, each, ref kernel @ ..]) = (x, w) else {
            return Err(given.usage(format!("shapes {x:?} and {w:?} have no batch and channels")));
        };
        if input.len() != kernel.len() {
            return Err(given.usage(format!("weights of the shape {w:?} do not go over pictures of {x:?}")));
        }
        let group = conv.group;
        if group == 0 || !outputs.is_multiple_of(group) || each.checked_mul(group) != Some(inputs) {
            let what = format!("{inputs} channels and weights of {w:?} are not those of {group} groups");
            return Err(given.usage(what));
        }
        let axes = axes(&conv.window, input, Some(kernel)).map_err(|error| given.named(error))?;
        Ok(Layout { batch, inputs, outputs, group, axes })
    }

    /// The shape of the result.
    pub(in super::super) fn shape(&self) -> Vec<usize> {
        let mut shape = vec![self.batch, self.outputs];
        shape.extend(self.axes.iter().map(|axis| axis.output));
        shape
    }

    /// Input channels of a group.
    pub(in super::super) const fn inputs_each(&self) -> usize {
        self.inputs / self.group
    }

    /// Output channels of a group.
    pub(in super::super) const fn outputs_each(&self) -> usize {
        self.outputs / self.group
    }

    /// Elements of a channel that goes in.
    pub(in super::super) fn input_plane(&self) -> usize {
        self.axes.iter().map(|axis| axis.input).product()
    }

    /// Elements of a channel that comes out.
    pub(in super::super) fn output_plane(&self) -> usize {
        self.axes.iter().map(|axis| axis.output).product()
    }

    /// Elements of a window in one channel.
    pub(in super::super) fn kernel(&self) -> usize {
        self.axes.iter().map(|axis| axis.kernel).product()
    }

    /// Refuses a bias of another length than there are output channels.
    pub(in super::super) fn check_bias(&self, given: &Given<'_>, bias: Option<&Tensor>) -> Result<()> {
        match bias {
            Some(bias) if bias.shape() != [self.outputs] => {
                let what = format!("a bias of the shape {:?} for {} channels", bias.shape(), self.outputs);
                Err(given.usage(what))
            }
            _ => Ok(()),
        }
    }
}
