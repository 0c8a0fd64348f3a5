//! [`equalize`] and [`auto_contrast`]: tables made of what is in a channel, each channel by itself.

use crate::image::Pixels;

/// How often each value occurs.
type Counts = [u64; 256];

/// Puts each channel through a table made of its histogram.
fn by_channel(pixels: &mut Pixels, table: impl Fn(&Counts) -> Option<[u8; 256]>) {
    let channels = pixels.channels().count();
    let mut counts = [[0; 256]; 3];
    for pixel in pixels.data().chunks_exact(channels) {
        for (counts, byte) in counts.iter_mut().zip(pixel) {
            counts[usize::from(*byte)] += 1;
        }
    }
    for (channel, counts) in counts.iter().take(channels).enumerate() {
        if let Some(table) = table(counts) {
            for byte in pixels.data_mut().iter_mut().skip(channel).step_by(channels) {
                *byte = table[usize::from(*byte)];
            }
        }
    }
}

/// Spreads the values of each channel so that all are about equally frequent. Pillow's `ImageOps.equalize`
/// and MMCV's `imequalize`: with N pixels, m of which have the highest value that occurs, the step is (N − m)
/// / 255 rounded down, and a value becomes (pixels below it + step / 2) / step, rounded down, 255 at most. A
/// channel whose step is 0 stays as it is.
pub fn equalize(pixels: &mut Pixels) {
    by_channel(pixels, |counts| {
        let total: u64 = counts.iter().sum();
        let highest = counts.iter().rev().find(|n| **n > 0)?;
        let step = (total - highest) / 255;
        if step == 0 {
            return None;
        }
        let mut below = step / 2;
        Some(counts.map(|n| {
            let value = u8::try_from(below / step).unwrap_or(u8::MAX);
            below += n;
            value
        }))
    });
}

/// How much of each end of a histogram [`auto_contrast`] disregards, in percent of the pixels. Zero by
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cutoff {
    /// Of the darkest.
    pub low: f64,
    /// Of the lightest.
    pub high: f64,
}

impl Cutoff {
    /// The same at both ends.
    pub const fn both(percent: f64) -> Cutoff {
        Cutoff { low: percent, high: percent }
    }
}

/// Stretches each channel so that its least value becomes 0 and its greatest 255, cut to the byte below,
/// after `cutoff` is taken from both ends of its histogram: N × percent / 100 pixels, rounded down. Where
/// nothing or one value is left, a channel stays as it is. MMCV's `auto_contrast` and Pillow's
/// `ImageOps.autocontrast`.
pub fn auto_contrast(pixels: &mut Pixels, cutoff: Cutoff) {
    by_channel(pixels, |counts| {
        let total: u64 = counts.iter().sum();
        let cut = |percent: f64| (total as f64 * percent / 100.0).floor() as u64;
        let low = first_after(counts.iter(), cut(cutoff.low))?;
        let high = 255 - first_after(counts.iter().rev(), cut(cutoff.high))?;
        if low >= high {
            return None;
        }
        let scale = 255.0 / (high - low) as f64;
        let offset = -(low as f64) * scale;
        Some(super::table::table(|x| (f64::from(x) * scale + offset) as u8))
    });
}

/// The place in the row of counts where more than `cut` have been passed.
fn first_after<'a>(mut counts: impl Iterator<Item = &'a u64>, cut: u64) -> Option<usize> {
    let mut passed = 0;
    counts.position(|n| {
        passed += n;
        passed > cut
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{crc, every_kind, gray_ramp, texture};
    use crate::image::Channels;

    #[test]
    fn equalize_is_mmcvs_and_pillows() {
        // mmcv 2.2 imequalize(t) and ImageOps.equalize of Pillow 13.0 agree on the texture.
        let mut picture = texture(Channels::Rgb);
        equalize(&mut picture);
        assert_eq!(crc(picture.data()), EQUALIZED);
    }

    const EQUALIZED: u32 = 0xcf89_7ffb;

    #[test]
    fn auto_contrast_is_mmcvs() {
        // mmcv 2.2 auto_contrast(t, c).
        for (cutoff, wanted) in [
            (Cutoff::default(), STRETCHED[0]),
            (Cutoff::both(10.0), STRETCHED[1]),
            (Cutoff { low: 2.5, high: 33.0 }, STRETCHED[2]),
        ] {
            let mut picture = texture(Channels::Rgb);
            auto_contrast(&mut picture, cutoff);
            assert_eq!(crc(picture.data()), wanted, "{cutoff:?}");
        }
    }

    const STRETCHED: [u32; 3] = [0x152f_c0c5, 0x9ace_e452, 0x0cc5_0f4c];

    #[test]
    fn what_has_nothing_to_spread_stays_as_it_is() {
        for picture in every_kind().filter(|p| p.data().len() <= 3) {
            for change in [equalize, |p: &mut Pixels| auto_contrast(p, Cutoff::default())] {
                let mut changed = picture.clone();
                change(&mut changed);
                assert!(changed == picture);
            }
        }
        let mut ramp = gray_ramp();
        auto_contrast(&mut ramp, Cutoff::both(60.0));
        assert!(ramp == gray_ramp(), "both ends cut away more than there is");
        auto_contrast(&mut ramp, Cutoff { low: 0.0, high: f64::NAN });
        assert!(ramp == gray_ramp());
    }

    #[test]
    fn two_values_become_the_two_ends() {
        let mut picture = Pixels::new((1, 4), Channels::Gray, vec![100, 101, 100, 101]).unwrap();
        auto_contrast(&mut picture, Cutoff::default());
        assert_eq!(picture.data(), [0, 255, 0, 255]);
    }
}
