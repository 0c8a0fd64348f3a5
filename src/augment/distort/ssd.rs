//! [`SsdDistort`]: the `random_distort` of ChainerCV, on bytes.

use super::Turn;
use crate::augment::chance::{Span, coin};
use crate::augment::hsv::{HueRange, hsv_to_rgb, rgb_to_hsv};
use crate::image::{Channels, Pixels};
use crate::random::Random;

/// From what the changes are drawn; by default as ChainerCV has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SsdDistort {
    /// Added to every channel: −32 to 32.
    pub brightness: Span,
    /// A factor of every channel: 0.5 to 1.5.
    pub contrast: Span,
    /// A factor of saturation: 0.5 to 1.5.
    pub saturation: Span,
    /// The most that is added to hue or taken from it, in steps of two degrees: 18; any whole number up to it
    /// is equally likely.
    pub hue: u8,
}

impl Default for SsdDistort {
    fn default() -> SsdDistort {
        SsdDistort {
            brightness: Span::around_zero(32.0),
            contrast: Span::new(0.5, 1.5),
            saturation: Span::new(0.5, 1.5),
            hue: 18,
        }
    }
}

impl SsdDistort {
    /// Draws each change in half of the cases, and by another coin whether contrast comes before colour.
    pub fn draw(&self, random: &mut Random) -> SsdDistortDraw {
        let brightness = coin(random).then(|| self.brightness.draw(random));
        let turn = Turn::draw(random);
        let contrast = coin(random).then(|| (self.contrast.draw(random), turn));
        let saturation = coin(random).then(|| self.saturation.draw(random));
        let steps = u64::from(self.hue) * 2 + 1;
        let hue = coin(random).then(|| random.below(steps) as i16 - i16::from(self.hue));
        SsdDistortDraw { brightness, contrast, saturation, hue }
    }
}

/// The changes of one picture: what is `None` is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SsdDistortDraw {
    /// Added to every channel.
    pub brightness: Option<f64>,
    /// A factor of every channel, and its turn.
    pub contrast: Option<(f64, Turn)>,
    /// A factor of saturation.
    pub saturation: Option<f64>,
    /// Added to hue, in steps of two degrees.
    pub hue: Option<i16>,
}

impl SsdDistortDraw {
    /// Changes the picture: brightness, contrast if it comes first, saturation, hue, contrast if it comes
    /// last. Each step is cut to the byte below and clipped, and HSV is OpenCV's of bytes; ChainerCV then
    /// makes numbers of the bytes. A gray picture has no saturation or hue to change.
    pub fn apply(&self, pixels: &mut Pixels) {
        let contrast = |turn| self.contrast.filter(|(_, t)| *t == turn).map(|(factor, _)| factor);
        let first = contrast(Turn::BeforeColour);
        let last = contrast(Turn::AfterColour);
        let opening: [u8; 256] = std::array::from_fn(|x| {
            let brighter = self.brightness.map_or(x as u8, |delta| (x as f64 + delta) as u8);
            times(brighter, first)
        });
        let closing: [u8; 256] = std::array::from_fn(|x| times(x as u8, last));
        let through = |table: &[u8; 256], byte: u8| table[usize::from(byte)];
        match pixels.channels() {
            Channels::Gray => {
                pixels.data_mut().iter_mut().for_each(|x| *x = through(&closing, through(&opening, *x)));
            }
            Channels::Rgb => {
                for colour in pixels.data_mut().as_chunks_mut::<3>().0 {
                    let opened = colour.map(|x| through(&opening, x));
                    *colour = self.recoloured(opened).map(|x| through(&closing, x));
                }
            }
        }
    }

    /// By way of HSV once for saturation and once for hue, as the reference goes: each way there and back
    /// rounds.
    fn recoloured(&self, mut colour: [u8; 3]) -> [u8; 3] {
        if self.saturation.is_some() {
            let [h, s, v] = rgb_to_hsv(colour, HueRange::Half);
            colour = hsv_to_rgb([h, times(s, self.saturation), v], HueRange::Half);
        }
        if let Some(turn) = self.hue {
            let [h, s, v] = rgb_to_hsv(colour, HueRange::Half);
            let turned = (i16::from(h) + turn.rem_euclid(180)) % 180;
            colour = hsv_to_rgb([turned as u8, s, v], HueRange::Half);
        }
        colour
    }
}

fn times(byte: u8, factor: Option<f64>) -> u8 {
    factor.map_or(byte, |factor| (f64::from(byte) * factor) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{crc, every_kind, texture};

    #[test]
    fn a_chain_is_chainercvs() {
        // The steps of ChainerCV's random_distort in NumPy, with OpenCV 5.0's HSV, on the texture:
        // brightness 20.7, contrast 1.3 first, saturation 0.7, hue -11; then -13.2, saturation 1.45, hue 18,
        // contrast 0.6 last.
        let chains = [
            SsdDistortDraw {
                brightness: Some(20.7),
                contrast: Some((1.3, Turn::BeforeColour)),
                saturation: Some(0.7),
                hue: Some(-11),
            },
            SsdDistortDraw {
                brightness: Some(-13.2),
                contrast: Some((0.6, Turn::AfterColour)),
                saturation: Some(1.45),
                hue: Some(18),
            },
        ];
        let found = chains.map(|chain| {
            let mut picture = texture(Channels::Rgb);
            chain.apply(&mut picture);
            crc(picture.data())
        });
        assert_eq!(found, RECORDED);
    }

    const RECORDED: [u32; 2] = [0x5950_6024, 0x6a40_db44];

    #[test]
    fn nothing_drawn_changes_nothing_and_gray_stays_gray() {
        let colour = SsdDistortDraw { saturation: Some(1.5), hue: Some(-18), ..SsdDistortDraw::default() };
        for picture in every_kind() {
            let mut changed = picture.clone();
            SsdDistortDraw::default().apply(&mut changed);
            assert!(changed == picture);
            colour.apply(&mut changed);
            assert!(picture.channels() == Channels::Rgb || changed == picture);
            SsdDistortDraw { brightness: Some(1e9), ..colour }.apply(&mut changed);
            assert!(changed.data().iter().all(|x| *x == 255));
        }
    }

    #[test]
    fn draws_are_even_and_within_their_spans() {
        let mut random = Random::keyed(&[9]);
        let drawn: Vec<SsdDistortDraw> = (0..4000).map(|_| SsdDistort::default().draw(&mut random)).collect();
        let hues: std::collections::BTreeSet<i16> = drawn.iter().filter_map(|d| d.hue).collect();
        assert!(hues.into_iter().eq(-18..=18), "both ends belong to it");
        let count = |of: &dyn Fn(&SsdDistortDraw) -> bool| drawn.iter().filter(|d| of(d)).count();
        assert!((1850..2150).contains(&count(&|d| d.brightness.is_some())));
        assert!((850..1150).contains(&count(&|d| matches!(d.contrast, Some((_, Turn::AfterColour))))));
        assert!(drawn.iter().all(|d| d.saturation.is_none_or(|s| (0.5..1.5).contains(&s))));
    }
}
