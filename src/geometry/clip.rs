//! [`clip_ring`]: what of a polygon lies in a rectangle.

/// What of a ring of corners (x, y, x, y, …) lies in 0..width × 0..height: cut by one side after the other (Sutherland
/// and Hodgman). A ring that falls into parts stays one, its parts joined along the border. Empty if nothing is left.
///
/// ```
/// use lensframe::geometry::clip_ring;
/// let square = [-5.0, 2.0, 5.0, 2.0, 5.0, 8.0, -5.0, 8.0];
/// assert_eq!(clip_ring(&square, 10.0, 10.0), [0.0, 2.0, 5.0, 2.0, 5.0, 8.0, 0.0, 8.0]);
/// assert!(clip_ring(&square, 10.0, 1.0).is_empty());
/// ```
pub fn clip_ring(flat: &[f64], width: f64, height: f64) -> Vec<f64> {
    let mut points: Vec<[f64; 2]> = flat.as_chunks::<2>().0.to_vec();
    if points.iter().all(|[x, y]| (0.0..=width).contains(x) && (0.0..=height).contains(y)) {
        return flat.to_vec();
    }
    // Axis, border, and which side of it stays.
    for (axis, border, below) in [(0, 0.0, false), (0, width, true), (1, 0.0, false), (1, height, true)] {
        points = cut(&points, axis, border, below);
    }
    if points.len() < 3 {
        return Vec::new();
    }
    points.into_iter().flatten().collect()
}

fn cut(points: &[[f64; 2]], axis: usize, border: f64, below: bool) -> Vec<[f64; 2]> {
    let inside = |point: &[f64; 2]| if below { point[axis] <= border } else { point[axis] >= border };
    let mut out = Vec::with_capacity(points.len() + 4);
    for (at, point) in points.iter().enumerate() {
        let last = if at == 0 { points.len() - 1 } else { at - 1 };
        let before = &points[last];
        if inside(before) != inside(point) {
            let share = (border - before[axis]) / (point[axis] - before[axis]);
            let other = 1 - axis;
            let mut crossing = [border; 2];
            crossing[other] = before[other] + share * (point[other] - before[other]);
            out.push(crossing);
        }
        if inside(point) {
            out.push(*point);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Ring;
    use crate::random::Random;

    #[test]
    fn what_is_left_is_what_pixels_say() {
        let mut random = Random::keyed(&[7]);
        for _ in 0..200 {
            let ring: Vec<f64> = (0..10).map(|_| random.unit() * 40.0 - 10.0).collect();
            let clipped = clip_ring(&ring, 20.0, 16.0);
            let inside = |flat: &[f64], x: f64, y: f64| {
                let points = flat.as_chunks::<2>().0;
                (0..points.len()).fold(false, |inside, at| {
                    let ([ax, ay], [bx, by]) = (points[at], points[(at + 1) % points.len()]);
                    let crosses = (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax);
                    inside != crosses
                })
            };
            for at in 0..320 {
                let (x, y) = (f64::from(at % 20) + 0.437, f64::from(at / 20) + 0.561);
                assert_eq!(inside(&ring, x, y), inside(&clipped, x, y), "{ring:?} at {x}, {y}");
            }
            if let Ok(ring) = Ring::try_new(&clipped) {
                let bounds = ring.bounds();
                assert!(
                    bounds.x() >= 0.0
                        && bounds.y() >= 0.0
                        && bounds.right() <= 20.0
                        && bounds.bottom() <= 16.0
                );
            }
        }
    }
}
