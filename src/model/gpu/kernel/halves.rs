//! Constant weights as numbers of 16 bits, two a word: they take half the memory, and kernels widen them as they read.
//!
//! The invariant: each stored number is the half nearest to its weight, ties to even, and none became infinite. A
//! tensor with a number that no half is near stays in 32 bits, and so does one whose numbers are all so small that
//! halves keep few of their bits. Sums are computed in 32 bits whatever is stored. Nothing here changes what a
//! recorder without [`Recorder::halves`] makes.
//!
//! Winograd's transformed weights are whole numbers of 16 bits with a scale for each row of a product instead: halves
//! would err five times as much in the results as halves of the weights themselves do, these err less.

use half::f16;

use super::super::record::{Recorder, Slot, View};
use super::super::walk::Walk;
use crate::error::Result;

/// How the elements of a factor are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Floats of 32 bits.
    Full,
    /// Floats of 16 bits, two a word.
    Half,
    /// Whole numbers of 16 bits, two a word.
    Whole,
}

/// Weights as a kernel binds them: where they are, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) slot: Slot,
    pub(super) form: Form,
}

impl Stored {
    /// The weights in their own order; as halves if the recorder makes them and these can be.
    pub(super) fn of(rec: &mut Recorder, weights: &View) -> Result<Stored> {
        let dense = Walk::over(&[weights.len()]).track(0, vec![1]);
        let halves = copied(rec, weights, &dense, weights.len())?;
        let full = Stored { slot: weights.slot, form: Form::Full };
        Ok(halves.map_or(full, |slot| Stored { slot, form: Form::Half }))
    }

    /// The type of the bound elements, in WGSL.
    pub(super) fn element(self) -> &'static str {
        if self.form == Form::Full { "f32" } else { "u32" }
    }

    /// The weight at a place in the buffer `weights`, in WGSL.
    pub(super) fn at(self, place: &str) -> String {
        if self.form == Form::Full {
            return format!("weights[{place}]");
        }
        format!("unpack2x16float(weights[({place}) / 2u])[({place}) % 2u]")
    }
}

/// What a walk (the output's track, then the input's) copies of a constant, as halves in a value of `len` numbers; zero
/// where it copies nothing. None if the recorder makes no halves, the value is no constant, or halves cannot hold it.
///
/// # Errors
/// `Failed` if the walk leaves the constant or the value; `Limit` if the device cannot bind so much.
pub(super) fn copied(rec: &mut Recorder, from: &View, walk: &Walk, len: usize) -> Result<Option<Slot>> {
    let Some(all) = wanted(rec, from) else { return Ok(None) };
    let made: Vec<f16> = walk.copied(all, len)?.into_iter().map(f16::from_f32).collect();
    rec.table(packed(&made)).map(Some)
}

/// Numbers in 36 batches of rows as whole numbers of 16 bits, and the slot of what each stands for: a scale for each
/// column of each batch, of `columns` to a row.
///
/// # Errors
/// `Limit` if the device cannot bind so much.
pub(super) fn scaled(rec: &mut Recorder, all: &[f32], columns: usize) -> Result<(Slot, Slot)> {
    let columns = columns.max(1);
    let batch = (all.len() / 36).max(columns);
    let (mut scales, mut whole) = (Vec::new(), Vec::with_capacity(all.len()));
    for part in all.chunks(batch) {
        let mut largest = vec![0.0_f32; columns];
        for row in part.chunks(columns) {
            largest.iter_mut().zip(row).for_each(|(most, v)| *most = most.max(v.abs()));
        }
        for row in part.chunks(columns) {
            // Nothing but zeros has no scale.
            let steps =
                row.iter().zip(&largest).map(|(v, most)| if *most > 0.0 { v / most * MOST } else { 0.0 });
            whole.extend(steps.map(|v| v.round_ties_even() as i16));
        }
        scales.extend(largest.iter().map(|most| (most / MOST).to_bits()));
    }
    let bits = |n: Option<&i16>| n.map_or(0, |n| u32::from(n.cast_unsigned()));
    let words = whole.chunks(2).map(|two| bits(two.first()) | (bits(two.get(1)) << 16)).collect();
    Ok((rec.table(words)?, rec.table(scales)?))
}

/// The numbers of a constant that is to be stored as halves and can be.
pub(super) fn wanted<'a>(rec: &Recorder, view: &'a View) -> Option<&'a [f32]> {
    view.host.as_ref().filter(|_| rec.halves)?.elements::<f32>().filter(|all| held(all))
}

/// The largest of the whole numbers.
const MOST: f32 = 32_767.0;

/// Whether halves hold these numbers: none over the largest half or not finite, and one at least that a half keeps all
/// its bits of.
fn held(all: &[f32]) -> bool {
    let (largest, full) = (f16::MAX.to_f32(), f16::MIN_POSITIVE.to_f32());
    all.iter().all(|v| v.abs() <= largest) && all.iter().any(|v| v.abs() >= full)
}

/// Two a word, the first in the low bits, as `unpack2x16float` reads them.
fn packed(halves: &[f16]) -> Vec<u32> {
    let bits = |half: Option<&f16>| half.map_or(0, |half| u32::from(half.to_bits()));
    halves.chunks(2).map(|two| bits(two.first()) | (bits(two.get(1)) << 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::known::Known;
    use super::super::super::record::Source;
    use super::*;
    use crate::model::tensor::Tensor;

    #[test]
    fn what_halves_cannot_hold_is_told() {
        assert!(held(&[0.5, 65504.0, -65504.0, 1e-9]));
        for odd in [65504.1, -70000.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            assert!(!held(&[0.5, odd]), "{odd}");
        }
        assert!(!held(&[1e-5, -6e-5, 0.0]), "few bits would be left");
        assert!(!held(&[]));
    }

    fn words(rec: &Recorder, slot: Slot) -> &[u32] {
        let Source::Known(Known::Words(words)) = &rec.sources[slot.0] else { panic!("no words") };
        words
    }

    #[test]
    fn halves_are_the_nearest_and_lie_in_order() {
        // Between 1 and its neighbour 1 + 2^-10: below, at and above the middle; then between that and the next.
        let ulp = 2_f32.powi(-10);
        let all = [1.0 + 0.49 * ulp, 1.0 + 0.5 * ulp, 1.0 + 0.51 * ulp, 1.0 + 1.5 * ulp, -2.0];
        let mut rec = Recorder::new(true, 1 << 20, 65535);
        rec.halves = true;
        let view = rec.constant(&Tensor::row(all.to_vec())).unwrap();
        let stored = Stored::of(&mut rec, &view).unwrap();
        assert_eq!(stored.form, Form::Half);
        assert_eq!(words(&rec, stored.slot), [0x3c00_3c00, 0x3c02_3c01, 0x0000_c000]);
    }

    #[test]
    fn whole_numbers_with_the_scale_of_their_column_are_within_half_a_step() {
        let (rows, columns) = (5, 4);
        let number =
            |n: usize| if n % columns == 3 { 0.0 } else { (n as f32 * 0.7).sin() * (1 + n % columns) as f32 };
        let all: Vec<f32> = (0..36 * rows * columns).map(number).collect();
        let mut rec = Recorder::new(true, 1 << 20, 65535);
        let (slot, scales) = scaled(&mut rec, &all, columns).unwrap();
        let (whole, scales) = (words(&rec, slot), words(&rec, scales));
        assert_eq!((whole.len(), scales.len()), (all.len() / 2, 36 * columns));
        for (n, wanted) in all.iter().enumerate() {
            let low = whole[n / 2] >> (16 * (n % 2));
            let scale = f32::from_bits(scales[n / (rows * columns) * columns + n % columns]);
            let got = f32::from((low & 0xffff) as u16 as i16) * scale;
            assert!((got - wanted).abs() <= 0.501 * scale, "{n}: {got} and not {wanted}");
        }
    }
}
