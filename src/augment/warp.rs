//! [`warp`]: pixels where a map of points takes them.

#![allow(clippy::indexing_slicing, clippy::as_conversions, reason = "places are held against the size first")]

use crate::error::Result;
use crate::geometry::{Affine, Size};
use crate::image::{Channels, Pixels};

/// The picture that lies where a map takes another one, bilinear between pixel centres as OpenCV's `warpAffine` with a
/// constant border, which is mixed in at the edge; `nearest` takes the pixel the centre came from. OpenCV rounds places
/// to 1/32 of a pixel and is within 2 levels as a rule (more across hard edges).
///
/// # Errors
/// `Usage` for a size without a pixel.
pub fn warp(source: &Pixels, map: &Affine, to: Size, fill: [u8; 3], nearest: bool) -> Result<Pixels> {
    match source.channels() {
        Channels::Gray => warped::<1>(source, map, to, fill, nearest),
        Channels::Rgb => warped::<3>(source, map, to, fill, nearest),
    }
}

fn warped<const N: usize>(
    source: &Pixels,
    map: &Affine,
    to: Size,
    fill: [u8; 3],
    nearest: bool,
) -> Result<Pixels> {
    let mut out = Pixels::filled((to.height, to.width), source.channels(), fill)?;
    let Some(Affine([a, b, c, d, e, f])) = map.inverse() else { return Ok(out) };
    let (height, width) = (i64::from(source.height()), i64::from(source.width()));
    let (pixels, _) = source.data().as_chunks::<N>();
    let border: [f32; N] = std::array::from_fn(|channel| f32::from(fill[channel]));
    let at = |row: i64, column: i64| -> [f32; N] {
        if row < 0 || column < 0 || row >= height || column >= width {
            return border;
        }
        pixels[(row * width + column) as usize].map(f32::from)
    };
    let (targets, _) = out.data_mut().as_chunks_mut::<N>();
    for (row, line) in targets.chunks_exact_mut(to.width as usize).enumerate() {
        let y = row as f64 + 0.5;
        for (column, pixel) in line.iter_mut().enumerate() {
            let x = column as f64 + 0.5;
            let (sx, sy) = (a * x + b * y + c - 0.5, d * x + e * y + f - 0.5);
            // Nothing of the picture is near.
            if !(sx > -1.0 && sy > -1.0 && sx < width as f64 && sy < height as f64) {
                continue;
            }
            if nearest {
                let (row, column) = ((sy + 0.5).floor() as i64, (sx + 0.5).floor() as i64);
                *pixel = at(row, column).map(|v| v as u8);
                continue;
            }
            let (left, top) = (sx.floor(), sy.floor());
            let (right, down) = ((sx - left) as f32, (sy - top) as f32);
            let (left, top) = (left as i64, top as i64);
            let [nw, ne] = [at(top, left), at(top, left + 1)];
            let [sw, se] = [at(top + 1, left), at(top + 1, left + 1)];
            for channel in 0..N {
                let upper = nw[channel] + (ne[channel] - nw[channel]) * right;
                let lower = sw[channel] + (se[channel] - sw[channel]) * right;
                pixel[channel] = (upper + (lower - upper) * down).round_ties_even() as u8;
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Pixels {
        Pixels::new((3, 4), Channels::Gray, (0..12).map(|n| n * 20).collect()).unwrap()
    }

    #[test]
    fn whole_pixels_are_only_moved() {
        let source = picture();
        let moved = warp(&source, &Affine::moved(1.0, -1.0), Size::new(3, 4), [9; 3], false).unwrap();
        assert_eq!(moved.data(), [9, 80, 100, 120, 9, 160, 180, 200, 9, 9, 9, 9]);
        for nearest in [false, true] {
            let turned =
                warp(&source, &Affine::turned(1, (3.0, 4.0)), Size::new(4, 3), [0; 3], nearest).unwrap();
            assert_eq!(turned.data(), [60, 140, 220, 40, 120, 200, 20, 100, 180, 0, 80, 160]);
        }
    }

    #[test]
    fn between_pixels_lies_their_mean_and_the_border_is_mixed_in() {
        let moved = warp(&picture(), &Affine::moved(0.5, 0.0), Size::new(1, 5), [100; 3], false).unwrap();
        assert_eq!(moved.data(), [50, 10, 30, 50, 80]);
    }

    #[test]
    fn a_map_onto_a_line_leaves_the_border() {
        let flat = warp(&picture(), &Affine::scaled(0.0, 1.0), Size::new(2, 2), [7; 3], false).unwrap();
        assert_eq!(flat.data(), [7; 4]);
    }
}
