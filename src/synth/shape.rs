//! Outlines of the kinds of shape, before they are put into a scene.
//!
//! A shape is a list of parts that are joined; a part is one or more rings, filled by the even-odd rule, so
//! that a ring within another is a hole.

use super::classes::Kind;
use super::fixed::{Point, Turn, UNIT};

/// A closed outline.
pub(super) type Ring = Vec<Point>;

/// Rings filled together.
pub(super) type Part = Vec<Ring>;

/// A disc, as a polygon of 64 corners.
pub(super) fn disc(centre: Point, radius: i32) -> Part {
    vec![circle(centre, radius)]
}

fn circle(centre: Point, radius: i32) -> Ring {
    (0..64).map(|n| centre + Turn(4 * n).at(radius)).collect()
}

/// Corners at these directions and distances.
fn spokes(corners: impl IntoIterator<Item = (u8, i32)>) -> Ring {
    corners.into_iter().map(|(turn, radius)| Turn(turn).at(radius)).collect()
}

fn ring(corners: &[(i32, i32)]) -> Ring {
    corners.iter().map(|(x, y)| Point::new(*x, *y)).collect()
}

fn rectangle(x: i32, y: i32) -> Ring {
    ring(&[(-x, -y), (x, -y), (x, y), (-x, y)])
}

/// The parts of a kind, in [`UNIT`]s around the origin. A figure has none here: see [`super::figure`].
pub(super) fn parts(kind: Kind) -> Vec<Part> {
    let one = |ring: Ring| vec![vec![ring]];
    match kind {
        Kind::Figure => Vec::new(),
        Kind::Triangle => one(ring(&[(0, -1000), (940, 700), (-940, 700)])),
        Kind::Ring => vec![vec![circle(Point::default(), UNIT), circle(Point::default(), 560)]],
        Kind::Star => one(spokes(
            (0..10u8).map(|n| ((u16::from(n) * 256 / 10) as u8, if n % 2 == 0 { UNIT } else { 440 })),
        )),
        Kind::Square => one(rectangle(820, 820)),
        Kind::Disc => vec![disc(Point::default(), 920)],
        Kind::Arrow => one(ring(&[
            (1024, 0),
            (240, -720),
            (240, -280),
            (-980, -280),
            (-980, 280),
            (240, 280),
            (240, 720),
        ])),
        Kind::Colon => vec![disc(Point::new(0, -590), 430), disc(Point::new(0, 590), 430)],
        Kind::Diamond => one(ring(&[(0, -1024), (680, 0), (0, 1024), (-680, 0)])),
        Kind::Heart => vec![
            disc(Point::new(-455, -360), 520),
            disc(Point::new(455, -360), 520),
            vec![ring(&[(0, -420), (-868, -40), (0, 980), (868, -40)])],
        ],
        Kind::Frame => vec![vec![rectangle(900, 760), rectangle(600, 470)]],
        Kind::Crescent => {
            // Two arcs that meet at the points: the outer one around the origin, the inner one around (430, 0).
            let outer = (36..=220u8).map(|turn| Turn(turn).at(UNIT));
            let inner = (53..=203u8).rev().map(|turn| Point::new(430, 0) + Turn(turn).at(820));
            one(outer.chain(inner).collect())
        }
        Kind::Cross => one(ring(&[
            (-320, -960),
            (320, -960),
            (320, -320),
            (960, -320),
            (960, 320),
            (320, 320),
            (320, 960),
            (-320, 960),
            (-320, 320),
            (-960, 320),
            (-960, -320),
            (-320, -320),
        ])),
        Kind::Bar => one(rectangle(1024, 190)),
        Kind::Hexagon => one(spokes((0..6u16).map(|n| ((n * 256 / 6) as u8, 980)))),
        Kind::Bolt => one(ring(&[
            (180, -1024),
            (-560, 120),
            (-60, 120),
            (-260, 1024),
            (560, -220),
            (60, -220),
            (420, -1024),
        ])),
    }
}

/// The smallest box around all corners: left, top, right, bottom.
pub(super) fn bounds<'a>(corners: impl IntoIterator<Item = &'a Point>) -> [i32; 4] {
    let mut span = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];
    for Point { x, y } in corners {
        span = [span[0].min(*x), span[1].min(*y), span[2].max(*x), span[3].max(*y)];
    }
    span
}
