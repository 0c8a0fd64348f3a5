//! [`nearest`]: numbers that must not be mixed (classes, masks) in a picture that moves.

use crate::geometry::{Affine, Size};

/// The grid of numbers that lies where a map takes another one: each number is that of the pixel its centre came from,
/// `fill` where it came from outside.
pub(super) fn nearest<T: Copy>(grid: &[T], from: Size, map: &Affine, to: Size, fill: T) -> Vec<T> {
    let Some(back) = map.inverse() else { return vec![fill; to.pixels() as usize] };
    let [a, b, c, d, e, f] = back.0;
    let place = |value: f64, n: u32| (value >= 0.0 && value < f64::from(n)).then_some(value as usize);
    let width = from.width as usize;
    let mut out = Vec::with_capacity(to.pixels() as usize);
    if back.is_upright() {
        let columns: Vec<Option<usize>> =
            (0..to.width).map(|x| place(a * (f64::from(x) + 0.5) + c, from.width)).collect();
        for y in 0..to.height {
            match place(e * (f64::from(y) + 0.5) + f, from.height) {
                Some(row) => {
                    let row = &grid[row * width..(row + 1) * width];
                    out.extend(columns.iter().map(|column| column.map_or(fill, |column| row[column])));
                }
                None => out.extend(std::iter::repeat_n(fill, to.width as usize)),
            }
        }
        return out;
    }
    for y in 0..to.height {
        for x in 0..to.width {
            let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
            let column = place(a * x + b * y + c, from.width);
            let row = place(d * x + e * y + f, from.height);
            out.push(row.zip(column).map_or(fill, |(row, column)| grid[row * width + column]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_mirrors_and_canvases_are_exact() {
        let grid: Vec<u8> = (0..12).collect();
        let from = Size::new(3, 4);
        let crop = nearest(&grid, from, &Affine::moved(-1.0, -1.0), Size::new(2, 2), 99);
        assert_eq!(crop, [5, 6, 9, 10]);
        let flip = nearest(&grid, from, &Affine::mirrored_x(4.0), from, 99);
        assert_eq!(flip, [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8]);
        let pad = nearest(&grid, from, &Affine::moved(1.0, 0.0), Size::new(3, 5), 99);
        assert_eq!(&pad[..5], [99, 0, 1, 2, 3]);
        let turned = nearest(&grid, from, &Affine::turned(1, (3.0, 4.0)), Size::new(4, 3), 99);
        assert_eq!(turned, [3, 7, 11, 2, 6, 10, 1, 5, 9, 0, 4, 8]);
        let twice = nearest(&grid, from, &Affine::scaled(2.0, 2.0), Size::new(6, 8), 99);
        assert_eq!(&twice[..8], [0, 0, 1, 1, 2, 2, 3, 3]);
    }
}
