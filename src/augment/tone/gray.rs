//! [`Rule`]: which tool's arithmetic; and [`grayscale`], luma in every channel.

use crate::image::{Channels, Colour, Pixels};

/// Whose arithmetic. The two differ by a level here and there, and a network does not care; who repeats a
/// published result does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// OpenCV's, as MMCV puts it together: what MMDetection and its relatives train with.
    #[default]
    OpenCv,
    /// Pillow's `ImageEnhance` and `convert`: what torchvision does with a Pillow image.
    Pillow,
}

impl Rule {
    /// Luma of an RGB colour by ITU-R BT.601, in fixed point of 15 bits (OpenCV's `COLOR_RGB2GRAY`) or 16
    /// (Pillow's `convert("L")`), rounded.
    pub fn luma(self, [r, g, b]: Colour) -> u8 {
        let [r, g, b] = [r, g, b].map(u32::from);
        // The weights of each rule add up to its unit, so the sums fit a byte.
        match self {
            Rule::OpenCv => ((9_798 * r + 19_235 * g + 3_735 * b + (1 << 14)) >> 15) as u8,
            Rule::Pillow => ((19_595 * r + 38_470 * g + 7_471 * b + (1 << 15)) >> 16) as u8,
        }
    }

    /// The luma of each pixel.
    pub(super) fn lumas(self, pixels: &Pixels) -> impl Iterator<Item = u8> + '_ {
        let (gray, colours) = match pixels.channels() {
            Channels::Gray => (pixels.data(), &[][..]),
            Channels::Rgb => (&[][..], pixels.data().as_chunks::<3>().0),
        };
        gray.iter().copied().chain(colours.iter().map(move |colour| self.luma(*colour)))
    }
}

/// Luma in all three channels; the picture keeps them. A gray picture stays as it is.
///
/// [`Rule::OpenCv`] is `cvtColor` to gray and back, [`Rule::Pillow`] torchvision's `Grayscale(3)`.
pub fn grayscale(pixels: &mut Pixels, rule: Rule) {
    if pixels.channels() == Channels::Rgb {
        for colour in pixels.data_mut().as_chunks_mut::<3>().0 {
            *colour = [rule.luma(*colour); 3];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{cube, every_kind};

    #[test]
    fn luma_of_every_colour_is_opencvs_and_pillows() {
        // CRC-32 of cv2.cvtColor(cube, COLOR_RGB2GRAY) and Image.fromarray(cube).convert("L"), OpenCV 4.14
        // and 5.0, Pillow 13.0; cube: all colours, red fastest.
        for (rule, crc) in [(Rule::OpenCv, GRAY_OPENCV), (Rule::Pillow, GRAY_PILLOW)] {
            let mut hasher = crc32fast::Hasher::new();
            for plane in cube() {
                hasher.update(&plane.iter().map(|c| rule.luma(*c)).collect::<Vec<u8>>());
            }
            assert_eq!(hasher.finalize(), crc, "{rule:?}");
        }
    }

    const GRAY_OPENCV: u32 = 0x8b7a_48e2;
    const GRAY_PILLOW: u32 = 0x8120_61f6;

    #[test]
    fn grayscale_keeps_channels_and_changes_gray_pictures_not_at_all() {
        for picture in every_kind() {
            let mut changed = picture.clone();
            grayscale(&mut changed, Rule::OpenCv);
            assert_eq!((changed.size(), changed.channels()), (picture.size(), picture.channels()));
            match picture.channels() {
                Channels::Gray => assert!(changed == picture),
                Channels::Rgb => assert!(changed.data().as_chunks::<3>().0.iter().all(|c| c[0] == c[2])),
            }
        }
    }
}
