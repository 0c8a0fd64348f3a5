//! [`Canvas`]: paint on the pixels of a picture.
//!
//! The invariant: what is painted outside the picture is not painted, and nothing else happens. All is whole
//! numbers: a channel becomes (under × (255 − a) + over × a + 127) / 255, cut, where a is the paint's alpha
//! times the coverage of the pixel, rounded likewise; so a picture is the same on every machine as long as the
//! coverages are.

use super::area::Area;
use super::coverage::Coverage;
use crate::image::{Channels, Colour, Pixels};

/// A colour and how much of it covers what is under it: 0 nothing, 255 all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) colour: Colour,
    pub(super) alpha: u8,
}

impl Paint {
    /// A colour that covers all.
    pub(super) const fn solid(colour: Colour) -> Paint {
        Paint { colour, alpha: 255 }
    }

    /// A colour that covers a share of 0 to 1; what is outside is clamped, NaN is 0.
    pub(super) fn new(colour: Colour, alpha: f32) -> Paint {
        Paint { colour, alpha: (alpha.clamp(0.0, 1.0) * 255.0).round() as u8 }
    }
}

/// a × b / 255, rounded.
pub(super) fn times(a: u8, b: u8) -> u8 {
    ((u32::from(a) * u32::from(b) + 127) / 255) as u8
}

/// A channel with paint over it.
pub(super) fn mix(under: u8, over: u8, alpha: u8) -> u8 {
    let (under, over, alpha) = (u32::from(under), u32::from(over), u32::from(alpha));
    ((under * (255 - alpha) + over * alpha + 127) / 255) as u8
}

/// A picture to paint on.
pub(super) struct Canvas<'a> {
    pixels: &'a mut Pixels,
    area: Area,
}

impl<'a> Canvas<'a> {
    /// The pixels, as RGB: a gray picture becomes one.
    pub(super) fn new(pixels: &'a mut Pixels) -> Canvas<'a> {
        if pixels.channels() == Channels::Gray {
            *pixels = pixels.clone().to_rgb();
        }
        let area = Area::of(pixels.size());
        Canvas { pixels, area }
    }

    /// All of the picture.
    pub(super) fn area(&self) -> Area {
        self.area
    }

    /// Paints every pixel of an area.
    pub(super) fn fill(&mut self, area: Area, paint: Paint) {
        let area = area.meet(self.area);
        if area.is_empty() || paint.alpha == 0 {
            return;
        }
        for y in area.top..area.bottom {
            for pixel in self.span(y, area.left, area.right).as_chunks_mut::<3>().0 {
                paint_pixel(pixel, paint.colour, paint.alpha);
            }
        }
    }

    /// Paints what is covered.
    pub(super) fn cover(&mut self, coverage: &Coverage, paint: Paint) {
        self.cover_at(coverage, (0, 0), paint);
    }

    /// Paints what is covered, moved by (x, y).
    pub(super) fn cover_at(&mut self, coverage: &Coverage, (x, y): (i64, i64), paint: Paint) {
        let whole = coverage.area();
        let area = Area::at(whole.left + x, whole.top + y, whole.width(), whole.height()).meet(self.area);
        if area.is_empty() || paint.alpha == 0 {
            return;
        }
        let skip = (area.left - whole.left - x) as usize;
        for row in area.top..area.bottom {
            let covered = &coverage.row(row - y)[skip..];
            let span = self.span(row, area.left, area.right).as_chunks_mut::<3>().0;
            for (pixel, covered) in span.iter_mut().zip(covered) {
                if *covered > 0 {
                    paint_pixel(pixel, paint.colour, times(*covered, paint.alpha));
                }
            }
        }
    }

    /// Copies a picture to where its top left pixel is at (`x`, `y`).
    pub(super) fn paste(&mut self, other: &Pixels, x: i64, y: i64) {
        let (height, width) = other.size();
        let area = Area::at(x, y, i64::from(width), i64::from(height)).meet(self.area);
        if area.is_empty() {
            return;
        }
        for row in area.top..area.bottom {
            let from = other.row((row - y) as u32);
            let skip = (area.left - x) as usize;
            let span = self.span(row, area.left, area.right);
            match other.channels() {
                Channels::Rgb => span.copy_from_slice(&from[skip * 3..skip * 3 + span.len()]),
                Channels::Gray => {
                    for (pixel, gray) in span.as_chunks_mut::<3>().0.iter_mut().zip(&from[skip..]) {
                        *pixel = [*gray; 3];
                    }
                }
            }
        }
    }

    /// The bytes of columns `left..right` of a row, all inside the picture.
    fn span(&mut self, y: i64, left: i64, right: i64) -> &mut [u8] {
        &mut self.pixels.row_mut(y as u32)[left as usize * 3..right as usize * 3]
    }
}

fn paint_pixel(pixel: &mut [u8; 3], colour: Colour, alpha: u8) {
    for (under, over) in pixel.iter_mut().zip(colour) {
        *under = mix(*under, over, alpha);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blending_is_the_rounded_mean_of_both() {
        for under in (0..=255).step_by(5) {
            for over in (0..=255).step_by(3) {
                for alpha in 0..=255_u8 {
                    let share = f64::from(alpha) / 255.0;
                    let exact = f64::from(under) * (1.0 - share) + f64::from(over) * share;
                    assert!(
                        (f64::from(mix(under, over, alpha)) - exact).abs() <= 0.5,
                        "{under} {over} {alpha}"
                    );
                }
                assert_eq!((mix(under, over, 0), mix(under, over, 255)), (under, over));
            }
        }
    }

    #[test]
    fn paint_stays_within_the_picture_and_the_area() {
        let mut pixels = Pixels::filled((4, 5), Channels::Rgb, [10, 20, 30]).unwrap();
        let paint = Paint { colour: [200, 0, 255], alpha: 128 };
        Canvas::new(&mut pixels).fill(Area::at(3, -2, 9, 4), paint);
        for (row, column) in (0..4).flat_map(|r| (0..5).map(move |c| (r, c))) {
            let want = if row < 2 && column >= 3 { [105, 10, 143] } else { [10, 20, 30] };
            assert_eq!(pixels.pixel(row, column), want, "{row} {column}");
        }
        let before = pixels.clone();
        for area in [Area::at(5, 0, 4, 4), Area::at(-9, 0, 9, 4), Area::at(2, 2, 0, 3), Area::at(2, 2, -3, 3)]
        {
            Canvas::new(&mut pixels).fill(area, paint);
        }
        assert!(pixels == before);
    }

    #[test]
    fn a_gray_picture_is_painted_in_colour() {
        let mut pixels = Pixels::filled((2, 2), Channels::Gray, [7, 7, 7]).unwrap();
        Canvas::new(&mut pixels).fill(Area::at(0, 0, 1, 1), Paint::solid([1, 2, 3]));
        assert_eq!((pixels.pixel(0, 0), pixels.pixel(1, 1)), (&[1, 2, 3][..], &[7, 7, 7][..]));
    }

    #[test]
    fn pasting_is_copying_with_what_is_outside_left_out() {
        let small = Pixels::new((2, 2), Channels::Rgb, (0..12).collect()).unwrap();
        for (x, y) in [(-1, -1), (1, 2), (3, 0), (0, 0), (9, 9)] {
            let mut pixels = Pixels::filled((3, 4), Channels::Rgb, [99; 3]).unwrap();
            Canvas::new(&mut pixels).paste(&small, x, y);
            for (row, column) in (0..3).flat_map(|r| (0..4).map(move |c| (r, c))) {
                let from = (u32::try_from(row - y), u32::try_from(column - x));
                let inside = matches!(from, (Ok(0..2), Ok(0..2)));
                let want = if inside { small.pixel(from.0.unwrap(), from.1.unwrap()) } else { &[99; 3] };
                assert_eq!(pixels.pixel(row as u32, column as u32), want);
            }
        }
    }
}
