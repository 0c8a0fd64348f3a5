//! [`Room`]: pictures as they were decoded, as the tensors that `Compose` reads.
//!
//! The invariant: tensors only grow, in steps, so that a plan that was made for some pictures serves the next. What is
//! behind the pictures in them is never read.

use std::sync::{Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Size;
use crate::image::{Draft, Taps};
use crate::model::{Compose, Tensor};

/// Bytes of pixels that go to a device at a time, if they are of more than one picture: every device binds so much.
const MOST: usize = 96 << 20;

/// How large tensors have to be: words of pixels, first samples, weights.
#[derive(Debug, Default)]
pub(super) struct Room(Mutex<[usize; 3]>);

/// How many pictures of the first ones go together.
pub(super) fn together(drafts: &[Draft]) -> usize {
    let mut bytes = 0_usize;
    let fits = |draft: &&Draft| {
        bytes = bytes.saturating_add(draft.data.len());
        bytes <= MOST
    };
    drafts.iter().take_while(fits).count().max(1)
}

impl Room {
    /// What `Compose` reads: words, what is done to pictures, first samples, weights, the canvas. There are `pictures` of
    /// them; those that are no drafts are black.
    ///
    /// # Errors
    /// `Limit` for more than two gigabytes.
    pub(super) fn tensors(&self, drafts: &[Draft], pictures: usize, canvas: Size) -> Result<Vec<Tensor>> {
        let mut packed = Packed::default();
        for draft in drafts {
            packed.add(draft).ok_or_else(|| {
                Error::new(ErrorKind::Limit, "pictures are too large to go to a device together")
                    .at(Place::area("predict"))
                    .remedy("use smaller batches")
            })?;
        }
        let Packed { mut bytes, mut table, mut first, mut weights } = packed;
        let mut room = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (room, needed) in room.iter_mut().zip([bytes.len().div_ceil(4), first.len(), weights.len()]) {
            if *room < needed {
                // An eighth more than the next power of two's eighth: few sizes, and little in vain.
                let step = (needed.next_power_of_two() / 8).max(64);
                *room = needed.next_multiple_of(step);
            }
        }
        let [words, firsts, shares] = *room;
        drop(room);
        bytes.resize(words * 4, 0);
        first.resize(firsts, 0);
        weights.resize(shares, 0.0);
        table.resize(pictures * Compose::COLUMNS, 0);
        let words: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four)).collect();
        Ok(vec![
            Tensor::row(words),
            Tensor::new(&[pictures, Compose::COLUMNS], table)?,
            Tensor::row(first),
            Tensor::row(weights),
            Tensor::row(vec![i64::from(canvas.height), i64::from(canvas.width)]),
        ])
    }
}

/// Pictures one after the other.
#[derive(Default)]
struct Packed {
    bytes: Vec<u8>,
    table: Vec<i32>,
    first: Vec<i32>,
    weights: Vec<f32>,
}

impl Packed {
    /// A picture more; `None` where a number is beyond 31 bits.
    fn add(&mut self, draft: &Draft) -> Option<()> {
        let size = |n: usize| i32::try_from(n).ok();
        let side = |n: u32| i32::try_from(n).ok();
        let [red, green, blue] = draft.fill.map(i32::from);
        self.table.extend([
            size(self.bytes.len())?,
            side(draft.width.checked_mul(3)?)?,
            side(draft.at.0)?,
            side(draft.at.1)?,
            size(draft.rows.first.len())?,
            size(draft.columns.first.len())?,
            side(draft.canvas.0)?,
            side(draft.canvas.1)?,
            red + 256 * green + 65_536 * blue,
        ]);
        for taps in [&draft.rows, &draft.columns] {
            self.table.extend([size(self.first.len())?, size(self.weights.len())?, side(taps.each)?]);
            self.axis(taps)?;
        }
        self.table.push(0);
        self.bytes.extend_from_slice(&draft.data);
        i32::try_from(self.bytes.len()).ok().map(|_| ())
    }

    fn axis(&mut self, taps: &Taps) -> Option<()> {
        for first in &taps.first {
            self.first.push(i32::try_from(*first).ok()?);
        }
        self.weights.extend_from_slice(&taps.weights);
        Some(())
    }
}

#[cfg(test)]
mod tests;
