//! [`Surface`]: the colours of what is drawn, row by row.
//!
//! A surface is a pattern of two colours with grain over it, and for objects light from the upper left. Colours
//! are whole-number arithmetic on tiles of noise that are made once, so they are the same everywhere.

use std::sync::LazyLock;

use super::fixed::{PIXEL, Point, Turn};
use crate::image::Colour;
use crate::random::Random;

/// How a surface mixes its two colours.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pattern {
    /// The first, with blotches of the second.
    Plain,
    /// Stripes of both, across the turn.
    Stripes,
    /// A board of both.
    Checks,
    /// Dots of the second.
    Dots,
    /// From the first at the top of the picture to the second below, with white clouds.
    Clouds,
    /// Long level blotches.
    Waves,
    /// Courses of bricks with joints of the second.
    Bricks,
    /// Squares with joints of the second.
    Tiles,
    /// Boards with grain.
    Planks,
}

/// Colours for the pixels of one owner.
#[derive(Clone, Debug)]
pub(super) struct Surface {
    pub(super) pattern: Pattern,
    pub(super) colours: [Colour; 2],
    /// The size of the pattern, in pixels, at least 2.
    pub(super) scale: i32,
    pub(super) turn: Turn,
    /// Where the pattern begins and the light is measured from, in pixels.
    pub(super) origin: (i32, i32),
    /// How far light and shade reach from the origin, in pixels; 0 for even light.
    pub(super) relief: i32,
    /// The strength of the grain, 0 to 255.
    pub(super) grain: i32,
}

const SIDE: usize = 256;

struct Noise {
    /// Four octaves: clouds and blotches.
    soft: Vec<u8>,
    /// A number a pixel: grain.
    fine: Vec<u8>,
}

static NOISE: LazyLock<Noise> = LazyLock::new(|| {
    let mut random = Random::keyed(&[0x7465_7874_7572_6573]);
    let mut soft = vec![0i32; SIDE * SIDE];
    for (cells, weight) in [(4, 8), (8, 4), (16, 3), (64, 1)] {
        let lattice: Vec<i32> = (0..cells * cells).map(|_| random.below(256) as i32).collect();
        let step = SIDE / cells;
        for (at, value) in soft.iter_mut().enumerate() {
            let (x, y) = (at % SIDE, at / SIDE);
            let knot = |x: usize, y: usize| lattice[(y % cells) * cells + x % cells];
            let ease = |at: usize| {
                // 3 t² − 2 t³ in 256ths.
                let t = ((at % step) * 256 / step) as i32;
                (t * t * (768 - 2 * t)) >> 16
            };
            let (cx, cy, tx, ty) = (x / step, y / step, ease(x), ease(y));
            let upper = knot(cx, cy) * (256 - tx) + knot(cx + 1, cy) * tx;
            let lower = knot(cx, cy + 1) * (256 - tx) + knot(cx + 1, cy + 1) * tx;
            *value += weight * ((upper * (256 - ty) + lower * ty) >> 16);
        }
    }
    let soft = soft.into_iter().map(|v| (v / 16).clamp(0, 255) as u8).collect();
    let fine = (0..SIDE * SIDE).map(|_| ((random.below(256) + random.below(256)) / 2) as u8).collect();
    Noise { soft, fine }
});

/// The number of a tile at a place, which wraps around.
fn at(tile: &[u8], x: i32, y: i32) -> i32 {
    i32::from(tile[(y as usize % SIDE) * SIDE + x as usize % SIDE])
}

/// 255 from a threshold on, with a soft edge below it.
fn above(value: i32, threshold: i32) -> i32 {
    ((value - threshold) * 5 + 128).clamp(0, 255)
}

impl Surface {
    /// The colours of pixels of row `y` from column `x` on, as many as `line` has room for.
    pub(super) fn paint(&self, y: i32, x: i32, line: &mut [Colour]) {
        let noise = &*NOISE;
        let (ox, oy) = self.origin;
        let (soft, s) = (&noise.soft[..], self.scale.max(2));
        // Places along and across the turn, in pixels.
        let (sin, cos) = (self.turn.sin() as i32, self.turn.cos() as i32);
        let along = |x: i32| ((x - ox) * cos + (y - oy) * sin) >> 14;
        let across = |x: i32| ((y - oy) * cos - (x - ox) * sin) >> 14;
        let odd = |n: i32| n.div_euclid(s) & 1;
        match self.pattern {
            Pattern::Plain => self.mix(y, x, line, |x| (at(soft, x + ox, y + oy) - 96).clamp(0, 255)),
            Pattern::Stripes => self.mix(y, x, line, |x| 255 * odd(along(x))),
            Pattern::Checks => self.mix(y, x, line, |x| 255 * (odd(along(x)) ^ odd(across(x)))),
            Pattern::Dots => {
                let most = s * s * 5 / 16;
                let off = |n: i32| 2 * n.rem_euclid(s) - s + 1;
                self.mix(y, x, line, |x| {
                    let (a, b) = (off(along(x)), off(across(x)));
                    if a * a + b * b < 2 * most { 255 } else { 0 }
                })
            }
            Pattern::Clouds => {
                let depth = (y * 255 / s).clamp(0, 255);
                self.mix(y, x, line, |x| {
                    let cloud = above(at(soft, (x >> 1) + ox, y + oy), 148) * (255 - depth) / 255;
                    depth.max(cloud)
                })
            }
            Pattern::Waves => {
                self.mix(y, x, line, |x| above(at(soft, (x >> 2) + ox, 3 * y + oy + (x >> 4)), 120))
            }
            Pattern::Bricks | Pattern::Tiles => {
                let long = if matches!(self.pattern, Pattern::Bricks) { 2 * s } else { s };
                let course = (y + oy).div_euclid(s);
                let shift = if matches!(self.pattern, Pattern::Bricks) { (course & 1) * s } else { 0 };
                let joint = (y + oy).rem_euclid(s) < 1 + s / 16;
                let mut place = (x + ox + shift).rem_euclid(long);
                let mut brick = (x + ox + shift).div_euclid(long);
                self.mix(y, x, line, |_| {
                    let tint = at(&noise.fine, 7 * brick, 11 * course) / 5;
                    let value = if joint || place < 1 + s / 16 { 255 } else { tint };
                    place += 1;
                    if place == long {
                        (place, brick) = (0, brick + 1);
                    }
                    value
                })
            }
            Pattern::Planks => {
                let board = (y + oy).div_euclid(s);
                let joint = (y + oy).rem_euclid(s) < 1 + s / 24;
                let tint = at(&noise.fine, 3, 5 * board) / 3;
                self.mix(y, x, line, |x| {
                    let grain = at(soft, (x >> 3) + 31 * board, 4 * y) / 2 - 40;
                    if joint { 255 } else { (tint + grain).clamp(0, 200) }
                })
            }
        }
    }

    /// Both colours mixed by 255ths, grain and light over it.
    fn mix(&self, y: i32, x: i32, line: &mut [Colour], mut mix: impl FnMut(i32) -> i32) {
        let noise = &*NOISE;
        let (ox, oy) = self.origin;
        let [a, b] = self.colours.map(|colour| colour.map(i32::from));
        let turned = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
        let fine = &noise.fine[((y + oy) as usize % SIDE) * SIDE..][..SIDE];
        // Light in 2^16ths: 60 of brightness from one end of the relief to the other.
        let step = if self.relief > 0 { (30 << 16) / self.relief } else { 0 };
        let mut light = if self.relief > 0 { -(x - ox + y - oy) * step / 2 } else { 0 };
        let limit = 40 << 16;
        for (x, pixel) in (x..).zip(line) {
            let part = mix(x);
            let grain = ((i32::from(fine[(x + ox) as usize % SIDE]) - 128) * self.grain) >> 8;
            let bright = grain + (light.clamp(-limit, limit) >> 16);
            for (channel, out) in pixel.iter_mut().enumerate() {
                *out = (a[channel] + ((turned[channel] * part) >> 8) + bright).clamp(0, 255) as u8;
            }
            light -= step / 2;
        }
    }

    /// A surface of an object around a point.
    pub(super) fn around(
        pattern: Pattern,
        colours: [Colour; 2],
        centre: Point,
        radius: i32,
        turn: Turn,
    ) -> Surface {
        let pixels = (radius / PIXEL).max(2);
        Surface {
            pattern,
            colours,
            scale: (pixels / 3).max(2),
            turn,
            origin: (centre.x / PIXEL, centre.y / PIXEL),
            relief: pixels,
            grain: 26,
        }
    }
}

/// A colour moved by this much in every channel, for the second colour of a pattern.
pub(super) fn shifted(colour: Colour, by: [i32; 3]) -> Colour {
    let mut out = colour;
    for (channel, by) in out.iter_mut().zip(by) {
        *channel = (i32::from(*channel) + by).clamp(0, 255) as u8;
    }
    out
}
