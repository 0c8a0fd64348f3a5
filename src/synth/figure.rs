//! A figure of limbs around a skeleton, with keypoints: the one shape that moves.
//!
//! Every keypoint is the centre of a disc of at least a pixel, so that its own pixel belongs to the figure
//! unless something lies over it.

use super::fixed::{PIXEL, Point, Turn, UNIT};
use super::shape::{Part, disc};
use crate::random::Random;

/// The keypoints in order. Left and right are the figure's own, as it looks out of the picture.
pub(super) const NAMES: [&str; 11] = [
    "head",
    "neck",
    "left_elbow",
    "right_elbow",
    "left_hand",
    "right_hand",
    "hip",
    "left_knee",
    "right_knee",
    "left_foot",
    "right_foot",
];

/// The bones, as pairs of keypoints counted from 1.
pub(super) const SKELETON: [[u8; 2]; 10] =
    [[1, 2], [2, 3], [3, 5], [2, 4], [4, 6], [2, 7], [7, 8], [8, 10], [7, 9], [9, 11]];

/// A figure of about `radius` (256ths of a pixel) half its height, around the origin: its parts and its
/// keypoints.
pub(super) fn figure(radius: i32, random: &mut Random) -> (Vec<Part>, Vec<Point>) {
    let long = |units: i32| (i64::from(units) * i64::from(radius) / i64::from(UNIT)) as i32;
    let mut swing = |middle: i64, most: u64| {
        let by = random.below(2 * most + 1) as i64 - most as i64;
        Turn((middle + by).rem_euclid(256) as u8)
    };
    // Directions: 0 is to the right on screen, 64 down, 128 to the left, 192 up.
    let (head, neck, hip) = (Point::new(0, long(-800)), Point::new(0, long(-490)), Point::new(0, long(140)));
    let [arm, thigh, shank] = [long(330), long(420), long(420)];
    let left_elbow = neck + swing(40, 44).at(arm);
    let right_elbow = neck + swing(88, 44).at(arm);
    let left_hand = left_elbow + swing(30, 60).at(arm);
    let right_hand = right_elbow + swing(98, 60).at(arm);
    let left_knee = hip + swing(50, 16).at(thigh);
    let right_knee = hip + swing(78, 16).at(thigh);
    let left_foot = left_knee + swing(60, 10).at(shank);
    let right_foot = right_knee + swing(68, 10).at(shank);
    let points = vec![
        head,
        neck,
        left_elbow,
        right_elbow,
        left_hand,
        right_hand,
        hip,
        left_knee,
        right_knee,
        left_foot,
        right_foot,
    ];
    let thick = |units: i32| long(units).max(PIXEL);
    let at = |number: u8| points[usize::from(number) - 1];
    let mut parts: Vec<Part> = SKELETON
        .iter()
        .map(|[a, b]| limb(at(*a), at(*b), thick(if [*a, *b] == [2, 7] { 150 } else { 80 })))
        .collect();
    for (number, point) in points.iter().enumerate() {
        let radius = thick(if number == 0 { 215 } else { 82 });
        parts.push(disc(*point, radius));
    }
    (parts, points)
}

/// A bar from one point to another, `half` of its breadth on either side.
fn limb(a: Point, b: Point, half: i32) -> Part {
    let (dx, dy) = (i64::from(b.x - a.x), i64::from(b.y - a.y));
    let length = (dx * dx + dy * dy).isqrt().max(1);
    let across = |v: i64| (v * i64::from(half) / length) as i32;
    let side = Point::new(across(-dy), across(dx));
    let other = Point::new(-side.x, -side.y);
    vec![vec![a + side, b + side, b + other, a + other]]
}
