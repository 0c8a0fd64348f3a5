//! The ground of a scene: two to four regions that cover the picture, out of doors or in.

use super::canvas::{Canvas, Owner};
use super::classes::Ground;
use super::fixed::{PIXEL, Point, Turn};
use super::shape::{Part, Ring};
use super::texture::{Pattern, Surface, shifted};
use crate::random::Random;

/// A region of the ground; its owner is its position.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) ground: Ground,
    pub(super) surface: Surface,
}

/// Covers the picture; gives the pieces in order, the first covering what is left.
pub(super) fn draw(canvas: &mut Canvas, random: &mut Random) -> Vec<Piece> {
    let (height, width) = (canvas.height as i32, canvas.width as i32);
    let small = height.min(width);
    let mut pieces = Vec::new();
    let mut add = |canvas: &mut Canvas, ground, parts: Vec<Part>, random: &mut Random| {
        if !pieces.is_empty() {
            canvas.fill(&parts, pieces.len() as Owner);
        }
        pieces.push(Piece { ground, surface: surface(ground, height, small, random) });
    };
    let choose = |random: &mut Random, from: &[Ground]| from[random.below(from.len() as u64) as usize];
    if random.below(100) < 62 {
        let horizon = height * (25 + random.below(30) as i32) / 100;
        add(canvas, Ground::Sky, Vec::new(), random);
        let water = random.below(100) < 35;
        if water {
            add(canvas, Ground::Water, vec![vec![hills(width, height, horizon, 0, random)]], random);
        }
        let land = choose(random, &[Ground::Grass, Ground::Grass, Ground::Sand, Ground::Snow]);
        let shore = if water { horizon + height * (12 + random.below(20) as i32) / 100 } else { horizon };
        add(canvas, land, vec![vec![hills(width, height, shore, height / 12, random)]], random);
        if random.below(100) < 40 {
            add(canvas, Ground::Road, vec![vec![road(width, height, shore + height / 20, random)]], random);
        }
    } else {
        let skirting = height * (48 + random.below(25) as i32) / 100;
        let wall = choose(random, &[Ground::Bricks, Ground::Tiles]);
        let floor = if wall == Ground::Tiles {
            Ground::Planks
        } else {
            choose(random, &[Ground::Planks, Ground::Tiles])
        };
        add(canvas, wall, Vec::new(), random);
        add(canvas, floor, vec![vec![hills(width, height, skirting, 0, random)]], random);
        if random.below(100) < 60 {
            let centre = Point::new(
                (width / 4 + random.below(width as u64 / 2) as i32) * PIXEL,
                (skirting + height * 2 / 3) / 2 * PIXEL + height * PIXEL / 6,
            );
            let (across, deep) = (width * PIXEL * 3 / 10, (height - skirting) * PIXEL / 4);
            let oval = (0..64u8).map(|n| {
                let p = Turn(4 * n).at(1024);
                let stretch = |v: i32, by: i32| (i64::from(v) * i64::from(by) / 1024) as i32;
                centre + Point::new(stretch(p.x, across), stretch(p.y, deep))
            });
            add(canvas, Ground::Rug, vec![vec![oval.collect()]], random);
        }
    }
    pieces
}

/// All below a line of hills around the row `level`, `rise` pixels high at most.
fn hills(width: i32, height: i32, level: i32, rise: i32, random: &mut Random) -> Ring {
    const KNOTS: i32 = 7;
    const STEPS: i32 = 6;
    let knots: Vec<i32> =
        (0..=KNOTS).map(|_| random.below((rise * PIXEL) as u64 + 1) as i32 - rise * PIXEL / 2).collect();
    let mut ring: Ring = (0..=KNOTS * STEPS)
        .map(|n| {
            let (knot, t) = ((n / STEPS) as usize, n % STEPS * 256 / STEPS);
            let (a, b) = (knots[knot], knots[(knot + 1).min(KNOTS as usize)]);
            let eased = (t * t * (768 - 2 * t)) >> 16;
            let x = (i64::from(width) * i64::from(PIXEL) * i64::from(n) / i64::from(KNOTS * STEPS)) as i32;
            Point::new(x, level * PIXEL + a + ((i64::from(b - a) * i64::from(eased)) >> 8) as i32)
        })
        .collect();
    ring.extend([(width, height), (0, height)].map(|(x, y)| Point::new(x * PIXEL, y * PIXEL)));
    ring
}

/// A road that narrows to a point far off.
fn road(width: i32, height: i32, far: i32, random: &mut Random) -> Ring {
    let mut x = |from: i32, to: i32| (from + random.below((to - from).max(1) as u64) as i32) * PIXEL;
    let top = x(width / 4, width * 3 / 4);
    let bottom = x(width / 8, width * 7 / 8);
    let (narrow, broad) = (width * PIXEL / 60, width * PIXEL / 6);
    let (top_y, bottom_y) = (far.min(height - 4) * PIXEL, height * PIXEL);
    vec![
        Point::new(top - narrow, top_y),
        Point::new(top + narrow, top_y),
        Point::new(bottom + broad, bottom_y),
        Point::new(bottom - broad, bottom_y),
    ]
}

fn surface(ground: Ground, height: i32, small: i32, random: &mut Random) -> Surface {
    let part = |n: i32| (small / n).max(4);
    let (pattern, by, scale, grain) = match ground {
        Ground::Sky => (Pattern::Clouds, [70, 50, 15], height * 2 / 3, 8),
        Ground::Grass => (Pattern::Plain, [50, 30, 10], 8, 60),
        Ground::Sand => (Pattern::Waves, [-18, -18, -20], 8, 34),
        Ground::Snow => (Pattern::Plain, [-44, -36, -20], 8, 14),
        Ground::Water => (Pattern::Waves, [50, 50, 46], 8, 14),
        Ground::Road => (Pattern::Plain, [-30, -30, -28], 8, 56),
        Ground::Bricks => (Pattern::Bricks, [40, 76, 80], part(16), 30),
        Ground::Tiles => (Pattern::Tiles, [-70, -66, -60], part(7), 10),
        Ground::Planks => (Pattern::Planks, [-74, -64, -48], part(11), 16),
        Ground::Rug => {
            let patterns = [Pattern::Stripes, Pattern::Dots, Pattern::Checks];
            (patterns[random.below(3) as usize], [60, 76, 60], part(24), 30)
        }
    };
    let moved = random.below(33) as i32 - 16;
    let first = shifted(ground.colour(), [moved; 3]);
    Surface {
        pattern,
        colours: [first, shifted(first, by)],
        scale,
        turn: Turn(random.below(2) as u8 * 32),
        origin: (random.below(256) as i32, random.below(256) as i32),
        relief: 0,
        grain,
    }
}
