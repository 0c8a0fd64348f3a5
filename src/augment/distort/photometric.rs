//! [`PhotoMetric`]: the `PhotoMetricDistortion` of MMDetection, in single precision.

use super::Turn;
use crate::augment::chance::{Span, coin};
use crate::augment::hsv::{hsv_to_rgb_numbers, rgb_to_hsv_numbers};
use crate::random::Random;

/// From what the changes are drawn; by default as MMDetection has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhotoMetric {
    /// Added to every channel, of 0 to 255: −32 to 32.
    pub brightness: Span,
    /// A factor of every channel: 0.5 to 1.5.
    pub contrast: Span,
    /// A factor of saturation: 0.5 to 1.5.
    pub saturation: Span,
    /// Added to hue, in degrees: −18 to 18.
    pub hue: Span,
}

impl Default for PhotoMetric {
    fn default() -> PhotoMetric {
        PhotoMetric {
            brightness: Span::around_zero(32.0),
            contrast: Span::new(0.5, 1.5),
            saturation: Span::new(0.5, 1.5),
            hue: Span::around_zero(18.0),
        }
    }
}

impl PhotoMetric {
    /// Draws each change in half of the cases, and by another coin whether contrast comes first.
    pub fn draw(&self, random: &mut Random) -> PhotoMetricDraw {
        let mut half = |span: Span| coin(random).then(|| span.draw(random) as f32);
        let (brightness, contrast) = (half(self.brightness), half(self.contrast));
        let (saturation, hue) = (half(self.saturation), half(self.hue));
        let turn = Turn::draw(random);
        let order = coin(random).then(|| ChannelOrder::draw(random));
        PhotoMetricDraw {
            brightness,
            contrast: contrast.map(|factor| Contrast { factor, turn }),
            saturation,
            hue,
            order,
        }
    }
}

/// A factor of contrast and when it is applied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contrast {
    /// Every channel is multiplied by it.
    pub factor: f32,
    /// Before colour or after.
    pub turn: Turn,
}

/// What the three channels of a pixel are made of: `Gbr` puts green first, then blue, then red.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChannelOrder {
    /// Red, green, blue: as it was.
    #[default]
    Rgb,
    /// Red, blue, green.
    Rbg,
    /// Green, red, blue.
    Grb,
    /// Green, blue, red.
    Gbr,
    /// Blue, red, green.
    Brg,
    /// Blue, green, red.
    Bgr,
}

impl ChannelOrder {
    /// All six.
    pub const ALL: [ChannelOrder; 6] = {
        use ChannelOrder::{Bgr, Brg, Gbr, Grb, Rbg, Rgb};
        [Rgb, Rbg, Grb, Gbr, Brg, Bgr]
    };

    /// Every order equally likely.
    pub fn draw(random: &mut Random) -> ChannelOrder {
        ChannelOrder::ALL[random.below(6) as usize]
    }

    /// Red, green and blue in this order.
    pub fn of<T>(self, [r, g, b]: [T; 3]) -> [T; 3] {
        match self {
            ChannelOrder::Rgb => [r, g, b],
            ChannelOrder::Rbg => [r, b, g],
            ChannelOrder::Grb => [g, r, b],
            ChannelOrder::Gbr => [g, b, r],
            ChannelOrder::Brg => [b, r, g],
            ChannelOrder::Bgr => [b, g, r],
        }
    }
}

/// The changes of one picture: what is `None` is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PhotoMetricDraw {
    /// Added to every channel.
    pub brightness: Option<f32>,
    /// A factor of every channel, before or after colour.
    pub contrast: Option<Contrast>,
    /// A factor of saturation.
    pub saturation: Option<f32>,
    /// Added to hue, in degrees.
    pub hue: Option<f32>,
    /// Another order of channels.
    pub order: Option<ChannelOrder>,
}

impl PhotoMetricDraw {
    /// Changes RGB numbers of 0 to 255, the three of a pixel side by side: brightness, contrast if it is
    /// first, saturation and hue, contrast if it is last, order. Nothing is clipped or rounded: numbers may
    /// end outside 0..=255, as MMDetection leaves them. Numbers after the last whole pixel are left alone.
    ///
    /// Saturation above 1 is cut to 1 where the factor is above 1, as later versions of MMDetection do.
    /// Colours go by way of HSV even if neither saturation nor hue changes, as there: they come back within
    /// 1e-4, except those whose greatest channel is 0 or less, which come back as others.
    pub fn apply(&self, numbers: &mut [f32]) {
        for colour in numbers.as_chunks_mut::<3>().0 {
            *colour = self.pixel(*colour);
        }
    }

    fn pixel(&self, colour: [f32; 3]) -> [f32; 3] {
        let factor = |turn| self.contrast.filter(|contrast| contrast.turn == turn).map_or(1.0, |c| c.factor);
        let (first, last) = (factor(Turn::BeforeColour), factor(Turn::AfterColour));
        let brighter = self.brightness.unwrap_or(0.0);
        let colour = colour.map(|x| (x + brighter) * first);
        self.order.unwrap_or_default().of(self.recoloured(colour).map(|x| x * last))
    }

    fn recoloured(&self, colour: [f32; 3]) -> [f32; 3] {
        let [mut hue, mut saturation, value] = rgb_to_hsv_numbers(colour);
        if let Some(factor) = self.saturation {
            saturation *= factor;
            if factor > 1.0 {
                saturation = saturation.clamp(0.0, 1.0);
            }
        }
        hue += self.hue.unwrap_or(0.0);
        hsv_to_rgb_numbers([hue, saturation, value])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_mmdetections() {
        // On img = np.float32([[[200, 30, 90], [12, 250, 249], [255, 255, 255], [0, 0, 0], [90, 91, 89]]]),
        // RGB: img += 20.5; img *= c (first); h = cv2.cvtColor(img, COLOR_RGB2HSV); h1 *= s, clipped at 1 if
        // s > 1; h0 += d, 360 taken off or added where it leaves 0..360; back; img *= c (last); img[..., [2,
        // 0, 1]], OpenCV 5.0.
        let full = PhotoMetricDraw {
            brightness: Some(20.5),
            contrast: Some(Contrast { factor: 1.25, turn: Turn::BeforeColour }),
            saturation: Some(1.4),
            hue: Some(-17.0),
            order: Some(ChannelOrder::Brg),
        };
        let last = PhotoMetricDraw {
            brightness: Some(-20.5),
            contrast: Some(Contrast { factor: 0.75, turn: Turn::AfterColour }),
            saturation: Some(0.6),
            hue: Some(15.0),
            order: None,
        };
        for (drawn, wanted) in [(full, FULL), (last, LAST)] {
            let mut numbers = COLOURS;
            drawn.apply(&mut numbers);
            for (found, wanted) in numbers.iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-3, "{numbers:?}");
            }
        }
    }

    const COLOURS: [f32; 15] =
        [200.0, 30.0, 90.0, 12.0, 250.0, 249.0, 255.0, 255.0, 255.0, 0.0, 0.0, 0.0, 90.0, 91.0, 89.0];
    const FULL: [f32; 15] = [
        175.373_11, 275.625, 0.0, 240.902_24, 0.0, 338.125, 344.375, 344.375, 344.375, 25.625, 25.625,
        25.625, 135.875, 138.616_67, 139.375,
    ];
    const LAST: [f32; 15] = [
        134.625, 58.125, 65.999_98, 65.024_99, 145.799_97, 172.125, 175.875, 175.875, 175.875, -15.375,
        -15.375, -15.375, 52.2, 52.875, 51.974_98,
    ];

    #[test]
    fn colours_below_black_come_back_as_others_as_with_mmdetection() {
        // cv2.cvtColor(cv2.cvtColor(img - 30, COLOR_RGB2HSV), COLOR_HSV2RGB), OpenCV 5.0.
        let mut numbers = [5.0, 10.0, 3.0, 0.0, 30.0, 20.0, 30.0, 20.0, 10.0, 40.0, 0.0, 200.0];
        PhotoMetricDraw { brightness: Some(-30.0), ..PhotoMetricDraw::default() }.apply(&mut numbers);
        let wanted = [-15.0, -20.0, -13.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, -30.0, 170.0f32];
        assert!(numbers.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-3), "{numbers:?}");
    }

    #[test]
    fn nothing_drawn_changes_nothing() {
        let mut numbers = COLOURS.to_vec();
        numbers.push(7.0);
        PhotoMetricDraw::default().apply(&mut numbers);
        assert!(numbers.iter().zip(COLOURS.iter().chain(&[7.0])).all(|(a, b)| (a - b).abs() < 1e-4));
        PhotoMetricDraw::default().apply(&mut []);
    }

    #[test]
    fn each_change_comes_in_half_of_the_cases_and_within_its_span() {
        let mut random = Random::keyed(&[8]);
        let drawn: Vec<PhotoMetricDraw> =
            (0..2000).map(|_| PhotoMetric::default().draw(&mut random)).collect();
        let share = |of: &dyn Fn(&PhotoMetricDraw) -> bool| drawn.iter().filter(|d| of(d)).count();
        let first = |d: &PhotoMetricDraw| d.contrast.is_some_and(|c| c.turn == Turn::BeforeColour);
        for count in [
            share(&|d| d.brightness.is_some()),
            share(&|d| d.contrast.is_some()),
            share(&|d| d.saturation.is_some()),
            share(&|d| d.hue.is_some()),
            share(&|d| d.order.is_some()),
            2 * share(&first),
        ] {
            assert!((850..1150).contains(&count), "{count}");
        }
        for d in &drawn {
            assert!(d.brightness.is_none_or(|x| x.abs() <= 32.0) && d.hue.is_none_or(|x| x.abs() <= 18.0));
            assert!(d.contrast.is_none_or(|c| (0.5..=1.5).contains(&c.factor)));
            assert!(d.saturation.is_none_or(|x| (0.5..=1.5).contains(&x)));
        }
        for order in ChannelOrder::ALL {
            assert!(share(&|d| d.order == Some(order)) > 100, "{order:?}");
        }
    }
}
