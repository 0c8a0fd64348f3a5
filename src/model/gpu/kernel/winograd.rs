//! Winograd's F(4x4, 3x3): weights transformed on the device, and on the host for those that are stored as halves.
//!
//! The invariant: both give the same numbers in the same order: 36 products' factors, each a row of channels out for a
//! channel in.

use super::super::record::{Recorder, Slot, View, read, word, write};
use super::super::shader::File;
use super::product::rows;
use crate::error::Result;
use crate::model::tensor::DType;

/// A line of three weights at the points 0, both roots of a half, both roots of two, and infinity.
fn line([a, b, c]: [f32; 3]) -> [f32; 6] {
    let (first, second) = (-(2.0 * a + c) / 3.0, (a + 2.0 * c) / 6.0);
    let (near, far) = (0.471_404_52 * b, 0.235_702_26 * b);
    [a, first - near, first + near, second + far, second - far, c]
}

/// Transforms weights (channels out, channels in, 3, 3) on the device. They are laid out by their place in the window
/// first, so that neighbours in memory are transformed together.
///
/// # Errors
/// `Limit` if the device cannot bind so much.
pub(super) fn on_device(rec: &mut Recorder, weights: &View, [c, out, row]: [usize; 3]) -> Result<Slot> {
    let step = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let nine = rows(rec, weights, 0, [9, c, out], [1, 9, step(9 * c)])?;
    let made = rec.output(&[36, c, row], DType::F32)?;
    let parameters = vec![word(c * out)?, word(c)?, word(out)?, word(row)?];
    let bound = vec![write("y", "f32", made.slot), read("x", "f32", nine.slot)];
    rec.row(File::WinogradWeights, Vec::new(), bound, parameters, c * out)?;
    Ok(made.slot)
}

/// Weights (channels out, channels in, 3, 3) as 36 rows of each channel in, `row` long; zero beyond the channels out.
pub(super) fn transformed(weights: &[f32], [channels, out, row]: [usize; 3]) -> Vec<f32> {
    let step = channels * row;
    let mut made = vec![0.0; 36 * step];
    // Rows are written from their begin to their end, 36 at a time.
    let pairs = (0..channels).flat_map(|channel| (0..out).map(move |to| (channel, to)));
    for (channel, to) in pairs {
        let window = weights.get((to * channels + channel) * 9..).unwrap_or_default();
        let at = channel * row + to;
        let column = |x: usize| line([0, 3, 6].map(|y| window.get(y + x).copied().unwrap_or(0.0)));
        let columns = [column(0), column(1), column(2)];
        for point in 0..6 {
            let across = columns.map(|own| own.get(point).copied().unwrap_or(0.0));
            for (place, value) in line(across).into_iter().enumerate() {
                if let Some(to) = made.get_mut(at + (6 * point + place) * step) {
                    *to = value;
                }
            }
        }
    }
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
                    program.run(&[]).unwrap()[0].iter().map(|n| f32::from_bits(*n)).collect();
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
