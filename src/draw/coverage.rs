//! [`Coverage`]: how much of each pixel of an area a shape covers, and [`resampled`], the same in another size.
//!
//! The invariant: there is a byte for every pixel of the area, row after row; 0 is not covered, 255 is covered
//! whole. A shape of whole pixels (a mask) has nothing between.

use super::area::Area;

/// What a shape covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Coverage {
    area: Area,
    bytes: Vec<u8>,
}

impl Coverage {
    /// The coverage of an area, if there is a byte for each of its pixels and at least one.
    pub(super) fn new(area: Area, bytes: Vec<u8>) -> Option<Coverage> {
        let fits = usize::try_from(area.pixels()).is_ok_and(|n| n == bytes.len() && n > 0);
        fits.then_some(Coverage { area, bytes })
    }

    /// Where it is.
    pub(super) fn area(&self) -> Area {
        self.area
    }

    /// All of it, row after row.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A row, by its number in the picture; it must be one of the area.
    pub(super) fn row(&self, y: i64) -> &[u8] {
        let (from, width) = ((y - self.area.top) as usize, self.area.width() as usize);
        &self.bytes[from * width..(from + 1) * width]
    }

    /// 0 outside the area.
    pub(super) fn get(&self, x: i64, y: i64) -> u8 {
        let Area { left, top, right, bottom } = self.area;
        if (left..right).contains(&x) && (top..bottom).contains(&y) {
            self.row(y)[(x - left) as usize]
        } else {
            0
        }
    }

    /// The covered pixels (128 and more) that have one that is not, or the edge of the area, beside, above or
    /// below them; `within` is the picture, at whose edges nothing ends.
    pub(super) fn contour(&self, within: Area) -> Coverage {
        let inside = |x: i64, y: i64| {
            let x = x.clamp(within.left, within.right - 1);
            self.get(x, y.clamp(within.top, within.bottom - 1)) >= 128
        };
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in self.area.top..self.area.bottom {
            for (x, covered) in (self.area.left..).zip(self.row(y)) {
                let ends = *covered >= 128
                    && !(inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1));
                bytes.push(if ends { 255 } else { 0 });
            }
        }
        Coverage { area: self.area, bytes }
    }
}

/// Which old columns (or rows) a new one covers, and how much of each, in 65,536ths of the new one.
struct Taps {
    first: usize,
    weights: Vec<u32>,
}

/// The taps of the new pixels `from..to` on an axis where old pixel n covers n × `scale` to (n + 1) × `scale`
/// of the new ones, and old pixels are `0..len`.
fn taps(from: i64, to: i64, origin: f64, scale: f64, len: usize) -> Vec<Taps> {
    let of = |new: i64| {
        let (start, end) = ((new as f64 - origin) / scale, (new as f64 + 1.0 - origin) / scale);
        let first = start.floor().clamp(0.0, len as f64) as usize;
        let past = end.ceil().clamp(first as f64, len as f64) as usize;
        let share = |old: usize| (end.min(old as f64 + 1.0) - start.max(old as f64)).max(0.0) / (end - start);
        Taps { first, weights: (first..past).map(|old| (share(old) * 65_536.0).round() as u32).collect() }
    };
    (from..to).map(of).collect()
}

/// The bytes of `width` columns, whose first pixel lies at `origin` (x, y) in new pixels and each of which is
/// `scale` (x, y) new pixels wide and high, as the mean over every pixel of `area`. Outside them is 0.
pub(super) fn resampled(
    bytes: &[u8],
    width: usize,
    origin: (f64, f64),
    scale: (f64, f64),
    area: Area,
) -> Option<Coverage> {
    if width == 0 || area.is_empty() || !(scale.0 > 0.0 && scale.1 > 0.0) {
        return None;
    }
    let columns = taps(area.left, area.right, origin.0, scale.0, width);
    let rows = taps(area.top, area.bottom, origin.1, scale.1, bytes.len() / width);
    let mut out = Vec::with_capacity(columns.len() * rows.len());
    let mut sums = vec![0_u64; width];
    for row in rows {
        sums.fill(0);
        for (y, weight) in (row.first..).zip(row.weights) {
            for (sum, byte) in sums.iter_mut().zip(&bytes[y * width..(y + 1) * width]) {
                *sum += u64::from(*byte) * u64::from(weight);
            }
        }
        out.extend(columns.iter().map(|column| {
            let taps = sums[column.first..].iter().zip(&column.weights);
            let sum: u64 = taps.map(|(sum, weight)| sum * u64::from(*weight)).sum();
            ((sum + (1 << 31)) >> 32).min(255) as u8
        }));
    }
    Coverage::new(area, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_in_its_own_size_is_itself() {
        let bytes: Vec<u8> = (0..35).map(|n| n * 7).collect();
        let area = Area::at(3, -2, 7, 5);
        let same = resampled(&bytes, 7, (3.0, -2.0), (1.0, 1.0), area).unwrap();
        assert_eq!(same, Coverage::new(area, bytes).unwrap());
    }

    #[test]
    fn halving_is_the_mean_of_four_and_doubling_repeats() {
        let bytes = [0, 255, 255, 255, 0, 0, 255, 0];
        let half = resampled(&bytes, 4, (0.0, 0.0), (0.5, 0.5), Area::at(0, 0, 2, 1)).unwrap();
        assert_eq!(half.bytes(), [64, 191]);
        let twice = resampled(&[9, 200], 2, (0.0, 0.0), (2.0, 2.0), Area::at(-1, 0, 6, 2)).unwrap();
        assert_eq!(twice.bytes(), [0, 9, 9, 200, 200, 0, 0, 9, 9, 200, 200, 0]);
    }

    #[test]
    fn resampling_keeps_the_covered_area() {
        let bytes: Vec<u8> = (0..40 * 30).map(|n| if (n / 40 + n % 40) % 7 < 4 { 255 } else { 0 }).collect();
        let total: f64 = bytes.iter().map(|b| f64::from(*b)).sum();
        for scale in [(0.3_f64, 0.7_f64), (0.11, 0.13), (1.7, 2.9)] {
            let area = Area::at(0, 0, (40.0 * scale.0).ceil() as i64, (30.0 * scale.1).ceil() as i64);
            let other = resampled(&bytes, 40, (0.0, 0.0), scale, area).unwrap();
            let sum: f64 = other.bytes().iter().map(|b| f64::from(*b)).sum();
            assert!((sum - total * scale.0 * scale.1).abs() < 0.5 * other.bytes().len() as f64);
        }
    }

    #[test]
    fn a_contour_is_open_where_the_picture_ends() {
        let area = Area::at(0, 1, 3, 3);
        let full = Coverage::new(area, vec![255; 9]).unwrap();
        let ring = full.contour(Area::at(0, 0, 10, 10));
        assert_eq!(ring.bytes(), [255, 255, 255, 0, 0, 255, 255, 255, 255]);
        assert_eq!(full.contour(area).bytes(), [0; 9]);
    }
}
