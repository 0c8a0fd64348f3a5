//! [`HsvShift`] and [`HsvGain`]: hue, saturation and value of a whole picture, added to or multiplied.

use super::{HueRange, hsv_to_rgb, rgb_to_hsv};
use crate::augment::chance::{Span, coin};
use crate::image::{Channels, Pixels};
use crate::random::Random;

/// What is added to OpenCV's hue (180 steps, wraps), saturation and value (0..=255, clipped) of each pixel.
///
/// YOLOX's `augment_hsv` and MMDetection's `YOLOXHSVRandomAug`, which add in 16 bits. A gray picture has but
/// its value. A colour without saturation that is given some turns red, the hue 0: so do the references.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HsvShift {
    /// To hue, in steps of two degrees.
    pub hue: i16,
    /// To saturation.
    pub saturation: i16,
    /// To value.
    pub value: i16,
}

impl HsvShift {
    /// Each of the three is drawn evenly from −delta to delta, kept in half of the cases (else 0), and cut
    /// toward zero. The references' deltas of hue, saturation and value are 5, 30 and 30.
    pub fn draw(deltas: [f64; 3], random: &mut Random) -> HsvShift {
        let [hue, saturation, value] = deltas.map(|delta| {
            let drawn = Span::around_zero(delta).draw(random);
            if coin(random) { drawn as i16 } else { 0 }
        });
        HsvShift { hue, saturation, value }
    }

    /// Changes the picture.
    pub fn apply(self, pixels: &mut Pixels) {
        let add = |byte: u8, shift: i16| i16::from(byte).saturating_add(shift).clamp(0, 255) as u8;
        // Before the sum, so that it cannot overflow.
        let turn = self.hue.rem_euclid(180);
        change(pixels, |[h, s, v]| {
            let hue = (i16::from(h) + turn) % 180;
            [hue as u8, add(s, self.saturation), add(v, self.value)]
        });
    }
}

/// How [`HsvGain`] changes hue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HueGain {
    /// Multiplies it: YOLOv5, and the YOLOs of Ultralytics before 8.3.79.
    Times(f64),
    /// Adds this part of the circle to it: those since.
    Plus(f64),
}

/// What OpenCV's hue (180 steps, wraps), saturation and value (clipped at 255) of each pixel are multiplied
/// by.
///
/// The `RandomHSV` of Ultralytics, whose three tables these are: products in double precision, cut to the
/// byte below. A gray picture has but its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HsvGain {
    /// Of hue.
    pub hue: HueGain,
    /// Of saturation.
    pub saturation: f64,
    /// Of value.
    pub value: f64,
}

impl HsvGain {
    /// Gains of three even draws from −1 to 1, each times its share: hue is added to. Ultralytics has shares
    /// of 0.015, 0.7 and 0.4 for hue, saturation and value.
    pub fn draw(shares: [f64; 3], random: &mut Random) -> HsvGain {
        let [hue, saturation, value] = shares.map(|share| Span::around_zero(share).draw(random));
        HsvGain { hue: HueGain::Plus(hue), saturation: 1.0 + saturation, value: 1.0 + value }
    }

    /// The same draws as YOLOv5 uses them: hue is multiplied.
    pub fn draw_times(shares: [f64; 3], random: &mut Random) -> HsvGain {
        let [hue, saturation, value] = shares.map(|share| 1.0 + Span::around_zero(share).draw(random));
        HsvGain { hue: HueGain::Times(hue), saturation, value }
    }

    /// Changes the picture.
    pub fn apply(self, pixels: &mut Pixels) {
        let table = |of: &dyn Fn(f64) -> f64| -> [u8; 256] { std::array::from_fn(|x| of(x as f64) as u8) };
        let hues = match self.hue {
            HueGain::Times(gain) => table(&|x| (x * gain).rem_euclid(180.0)),
            HueGain::Plus(part) => table(&|x| (x + part * 180.0).rem_euclid(180.0)),
        };
        let [saturations, values] = [self.saturation, self.value].map(|gain| table(&|x| x * gain));
        change(pixels, |[h, s, v]| {
            [hues[usize::from(h)], saturations[usize::from(s)], values[usize::from(v)]]
        });
    }
}

/// Puts the HSV of each pixel through a function. A gray pixel's is its value, and stays so.
fn change(pixels: &mut Pixels, of: impl Fn([u8; 3]) -> [u8; 3]) {
    match pixels.channels() {
        Channels::Gray => pixels.data_mut().iter_mut().for_each(|v| *v = of([0, 0, *v])[2]),
        Channels::Rgb => {
            for colour in pixels.data_mut().as_chunks_mut::<3>().0 {
                *colour = hsv_to_rgb(of(rgb_to_hsv(*colour, HueRange::Half)), HueRange::Half);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{crc, every_kind, texture};

    #[test]
    fn shifts_are_yoloxs() {
        // With h = cv2.cvtColor(t, COLOR_RGB2HSV).astype(int16): (h0 + 7) % 180, clip(h1 - 30), clip(h2 +
        // 29), and back, OpenCV 5.0; the second with -5, 30, -12.
        for (shift, wanted) in [((7, -30, 29), SHIFTED[0]), ((-5, 30, -12), SHIFTED[1])] {
            let mut picture = texture(Channels::Rgb);
            HsvShift { hue: shift.0, saturation: shift.1, value: shift.2 }.apply(&mut picture);
            assert_eq!(crc(picture.data()), wanted);
        }
    }

    const SHIFTED: [u32; 2] = [0x6153_883c, 0x3dbd_c3d1];

    #[test]
    fn gains_are_ultralytics() {
        // cv2.LUT of the three channels of cv2.cvtColor(t, COLOR_RGB2HSV) with ((x * 1.2) % 180, clip(x *
        // 0.4, 0, 255), clip(x * 1.3, 0, 255)).astype(uint8), and back, OpenCV 5.0; the second with (x + -0.1
        // * 180) % 180, 1.7, 0.6.
        let gains = [(HueGain::Times(1.2), 0.4, 1.3), (HueGain::Plus(-0.1), 1.7, 0.6)];
        for ((hue, saturation, value), wanted) in gains.into_iter().zip(GAINED) {
            let mut picture = texture(Channels::Rgb);
            HsvGain { hue, saturation, value }.apply(&mut picture);
            assert_eq!(crc(picture.data()), wanted, "{hue:?}");
        }
    }

    const GAINED: [u32; 2] = [0xd70f_0716, 0x17be_9f3c];

    #[test]
    fn gray_pictures_stay_gray_and_extremes_clip() {
        for picture in every_kind() {
            let mut changed = picture.clone();
            HsvShift { hue: i16::MAX, saturation: i16::MIN, value: i16::MAX }.apply(&mut changed);
            assert!(changed.data().iter().all(|x| *x == 255));
            HsvGain { hue: HueGain::Times(1e300), saturation: -1.0, value: 0.0 }.apply(&mut changed);
            assert!(changed.data().iter().all(|x| *x == 0));
            assert_eq!(changed.channels(), picture.channels());
        }
    }

    #[test]
    fn draws_stay_within_their_deltas() {
        let mut random = Random::keyed(&[6]);
        let mut zeros = 0;
        for _ in 0..1000 {
            let shift = HsvShift::draw([5.0, 30.0, 30.0], &mut random);
            assert!(shift.hue.abs() < 5 && shift.saturation.abs() < 30 && shift.value.abs() < 30);
            zeros += u32::from(shift.value == 0);
            let gain = HsvGain::draw([0.015, 0.7, 0.4], &mut random);
            assert!((0.3..1.7).contains(&gain.saturation) && (0.6..1.4).contains(&gain.value));
            assert!(matches!(gain.hue, HueGain::Plus(part) if part.abs() < 0.015));
            let times = HsvGain::draw_times([0.015, 0.7, 0.4], &mut random);
            assert!(matches!(times.hue, HueGain::Times(gain) if (0.985..1.015).contains(&gain)));
        }
        assert!((450..600).contains(&zeros), "{zeros}");
    }
}
