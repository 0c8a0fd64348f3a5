//! Winograd's F(4x4, 3x3): weights transformed on the device, or on the host where that has the device's memory and
//! where they are stored as halves.
//!
//! The invariant: both give the same numbers, but for rounding, in the same order: 36 products' factors, each a row of channels out for a
//! channel in.

use super::super::known::Known;
use super::super::record::{Recorder, Slot, View, read, word, write};
use super::super::shader::File;
use super::product::rows;
use crate::error::Result;
use crate::model::tensor::{DType, Tensor};

/// Channels out that are transformed together.
const LANES: usize = 16;

type Lanes = [f32; LANES];

/// Lines of three weights at the points 0, both roots of a half, both roots of two, and infinity.
fn line([a, b, c]: [Lanes; 3]) -> [Lanes; 6] {
    let mut made = [[0.0; LANES]; 6];
    for n in 0..LANES {
        let (a, b, c) = (a[n], b[n], c[n]);
        let (first, second) = (-(2.0 * a + c) * (1.0 / 3.0), (a + 2.0 * c) * (1.0 / 6.0));
        let (near, far) = (0.471_404_52 * b, 0.235_702_26 * b);
        let points = [a, first - near, first + near, second + far, second - far, c];
        made.iter_mut().zip(points).for_each(|(own, point)| own[n] = point);
    }
    made
}

/// Transforms weights (channels out, channels in, 3, 3) on the device. They are laid out by their place in the window
/// first, so that neighbours in memory are transformed together.
///
/// # Errors
/// `Limit` if the device cannot bind so much.
fn on_device(rec: &mut Recorder, weights: &View, [c, out, row]: [usize; 3]) -> Result<Slot> {
    let step = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let nine = rows(rec, weights, 0, [9, c, out], [1, 9, step(9 * c)])?;
    let made = rec.output(&[36, c, row], DType::F32)?;
    let parameters = vec![word(c * out)?, word(c)?, word(out)?, word(row)?];
    let bound = vec![write("y", "f32", made.slot), read("x", "f32", nine.slot)];
    rec.row(File::WinogradWeights, Vec::new(), bound, parameters, c * out)?;
    Ok(made.slot)
}

/// Transforms weights (channels out, channels in, 3, 3), in the host's memory where that is the device's.
///
/// # Errors
/// `Limit` if the device cannot bind so much.
pub(super) fn laid(rec: &mut Recorder, weights: &View, extents: [usize; 3]) -> Result<Slot> {
    let [channels, out, row] = extents;
    let fits = |own: &&Tensor| own.dtype() == DType::F32 && own.len() >= channels * out * 9;
    match weights.host.as_ref().filter(|_| rec.processor).filter(fits) {
        Some(own) => rec.known(36 * channels * row, Known::Winograd(own.clone(), extents)),
        None => on_device(rec, weights, extents),
    }
}

/// Weights (channels out, channels in, 3, 3) as 36 rows of each channel in, `row` long: pieces of it, each with its
/// place. What no piece covers, beyond the channels out, is zero.
pub(in super::super) fn transform(
    weights: &[f32],
    [channels, out, row]: [usize; 3],
    mut to: impl FnMut(usize, &[f32]),
) {
    let step = channels * row;
    // A row of each of the 36, so that long pieces are written.
    let mut rows = vec![0.0; 36 * out];
    for channel in 0..channels {
        for first in (0..out).step_by(LANES) {
            let lanes = LANES.min(out - first);
            let mut window = [[0.0; LANES]; 9];
            for lane in 0..lanes {
                let own = weights.get(((first + lane) * channels + channel) * 9..).unwrap_or_default();
                window.iter_mut().zip(own).for_each(|(place, weight)| place[lane] = *weight);
            }
            let columns = [0, 1, 2].map(|x| line([window[x], window[x + 3], window[x + 6]]));
            for point in 0..6 {
                for (place, made) in line(columns.map(|own| own[point])).iter().enumerate() {
                    let at = (6 * point + place) * out + first;
                    rows[at..at + lanes].copy_from_slice(&made[..lanes]);
                }
            }
        }
        for (number, made) in rows.chunks_exact(out.max(1)).enumerate() {
            to(number * step + channel * row, made);
        }
    }
}

/// All that [`transform`] makes.
pub(super) fn transformed(weights: &[f32], [channels, out, row]: [usize; 3]) -> Vec<f32> {
    let mut made = vec![0.0; 36 * channels * row];
    transform(weights, [channels, out, row], |place, piece| {
        made.get_mut(place..place + piece.len()).into_iter().for_each(|own| own.copy_from_slice(piece));
    });
    made
}

#[cfg(test)]
mod tests {
    use super::super::super::program::Program;
    use super::super::super::tests::{device, noise};
    use super::*;

    #[test]
    fn the_host_transforms_as_the_device_does() {
        let Some(device) = device() else { return };
        for [channels, out] in [[1_usize, 1], [8, 5], [9, 32]] {
            let row = out.next_multiple_of(4);
            let weights = noise(&[out, channels, 3, 3], 1);
            for processor in [true, false] {
                let mut rec = Recorder::new(processor, 1 << 27, 65535);
                let from = rec.constant(&weights).unwrap();
                let made = on_device(&mut rec, &from, [channels, out, row]).unwrap();
                let mut program = Program::new(&device, &rec, &[], &[made]).unwrap();
                let theirs: Vec<f32> =
                    program.run::<Vec<u32>>(&[]).unwrap()[0].iter().map(|n| f32::from_bits(*n)).collect();
                let ours = transformed(weights.elements::<f32>().unwrap(), [channels, out, row]);
                assert_eq!(ours.len(), theirs.len());
                for (place, (a, b)) in ours.iter().zip(&theirs).enumerate() {
                    // What is beyond the channels out the device leaves as it was.
                    let beyond = place % row >= out;
                    assert!(if beyond { *a == 0.0 } else { (a - b).abs() <= 1e-6 }, "{place}: {a} and {b}");
                }
            }
        }
    }
}
