//! [`Known`]: what memory holds that is known when planning, and how it is written there.
//!
//! The invariant: a constant that the host lays out in another order is told by the order alone until there is memory;
//! then its words are made straight into what kernels read where the host can write to that.

use std::borrow::Cow;

use super::kernel::winograd;
use super::walk::Walk;
use super::words::pack;
use crate::error::{Error, ErrorKind, Result};
use crate::model::tensor::Tensor;

/// Words known when planning.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// The elements of a tensor, in its order.
    Tensor(Tensor),
    Words(Vec<u32>),
    /// What a walk of two operands copies of a tensor of floats, the second, into the memory, the first.
    Laid(Tensor, Walk),
    /// Weights of 3 by 3 transformed by Winograd: channels in, channels out, and the length of a row.
    Winograd(Tensor, [usize; 3]),
}

impl Known {
    /// Gives pieces of the words to `to`, each with the place of its first; what no piece covers is zero.
    ///
    /// # Errors
    /// `Failed` if they do not fit into the `len` words there are, or a walk leaves the tensor; those of [`pack`].
    pub(super) fn pieces(&self, len: usize, mut to: impl FnMut(usize, &[u32])) -> Result<()> {
        let fits = match self {
            Known::Tensor(tensor) => tensor.len() <= len,
            Known::Words(words) => words.len() <= len,
            Known::Laid(..) => true,
            Known::Winograd(_, [channels, out, row]) => out <= row && 36 * channels * row <= len,
        };
        if !fits {
            return Err(Error::new(ErrorKind::Failed, "a constant does not fit into its memory"));
        }
        match self {
            Known::Tensor(tensor) => to(0, &pack(tensor)?),
            Known::Words(words) => to(0, words),
            Known::Laid(tensor, walk) => {
                walk.pieces(bytemuck::cast_slice::<f32, u32>(floats(tensor)?), len, to)?;
            }
            Known::Winograd(tensor, extents) => {
                winograd::transform(floats(tensor)?, *extents, |place, piece| {
                    to(place, bytemuck::cast_slice(piece));
                });
            }
        }
        Ok(())
    }

    /// All of the `len` words.
    ///
    /// # Errors
    /// As [`Known::pieces`].
    pub(super) fn words(&self, len: usize) -> Result<Cow<'_, [u32]>> {
        match self {
            Known::Tensor(tensor) if tensor.len() == len => return pack(tensor),
            Known::Words(words) if words.len() == len => return Ok(Cow::Borrowed(words)),
            _ => {}
        }
        let mut words = vec![0; len];
        self.pieces(len, |place, piece| {
            words.get_mut(place..place + piece.len()).into_iter().for_each(|own| own.copy_from_slice(piece));
        })?;
        Ok(Cow::Owned(words))
    }
}

fn floats(tensor: &Tensor) -> Result<&[f32]> {
    tensor.elements::<f32>().ok_or_else(|| Error::new(ErrorKind::Failed, "weights are not floats of 32 bits"))
}
