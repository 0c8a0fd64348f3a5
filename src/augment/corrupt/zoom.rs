//! The middle of a picture, enlarged.

use crate::augment::plane::Plane;

/// Enlarges the middle by a factor of at least 1: ceil(side / factor) pixels a side become that many times
/// the factor, rounded, between the nearest by the bilinear rule, outermost pixels on outermost ones. SciPy's
/// `zoom` of order 1. The result is as large as the plane or a little larger.
pub(super) fn enlarged(plane: &Plane, factor: f64) -> Plane {
    let down = Axis::new(plane.height, factor);
    let across = Axis::new(plane.width, factor);
    let channels = plane.channels;
    let mut data = Vec::with_capacity(down.length * across.length * channels);
    let columns: Vec<Between> = (0..across.length).map(|x| across.place(x)).collect();
    for y in 0..down.length {
        let place = down.place(y);
        let (above, under) = (plane.row(place.first), plane.row(place.second));
        for x in &columns {
            for channel in 0..channels {
                let (left, right) = (x.first * channels + channel, x.second * channels + channel);
                let blend = |row: &[f32]| row[left] + (row[right] - row[left]) * x.part;
                let (above, under) = (blend(above), blend(under));
                data.push(above + (under - above) * place.part);
            }
        }
    }
    Plane { height: down.length, width: across.length, channels, data }
}

/// One direction: the first pixel of the middle, how many there are, and how many they become.
struct Axis {
    first: usize,
    count: usize,
    length: usize,
}

/// Two pixels and how far between them.
struct Between {
    first: usize,
    second: usize,
    part: f32,
}

impl Axis {
    fn new(side: usize, factor: f64) -> Axis {
        let count = ((side as f64 / factor).ceil() as usize).clamp(1, side);
        let length = ((count as f64 * factor).round_ties_even() as usize).max(side);
        Axis { first: (side - count) / 2, count, length }
    }

    fn place(&self, n: usize) -> Between {
        let step = if self.length > 1 { (self.count - 1) as f64 / (self.length - 1) as f64 } else { 0.0 };
        let place = n as f64 * step;
        let before = (place as usize).min(self.count - 1);
        let after = (before + 1).min(self.count - 1);
        Between {
            first: self.first + before,
            second: self.first + after,
            part: (place - before as f64) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_enlarged_as_scipy_does() {
        // a = arange(20).reshape(5, 4) ** 2; clipped_zoom(a, 2), the second row of 6.
        let plane = Plane::single((5, 4), |n| (n * n) as f32);
        let large = enlarged(&plane, 2.0);
        assert_eq!((large.height, large.width), (6, 4));
        let wanted = RECORDED;
        assert!(large.row(1).iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-3), "{:?}", large.row(1));
        assert_eq!(enlarged(&plane, 1.0), plane);
        let one = Plane::single((1, 1), |_| 7.0);
        assert_eq!(enlarged(&one, 4.5).data[0], 7.0);
    }

    const RECORDED: [f32; 4] = [47.4, 52.13333, 56.866_67, 61.6];
}
