//! Masks: translucent fills and their contours.
//!
//! A mask is drawn from its own size into that of the picture: each pixel is covered by the share of it that the
//! mask covers, so that a small picture of a large one has smooth edges. In its own size nothing is mixed.

use super::area::Area;
use super::canvas::{Canvas, Paint};
use super::coverage::{Coverage, resampled};
use crate::geometry::{MAX_PIXELS, Rle};

/// What a mask covers of a picture, within the area around it. None without a pixel.
pub(super) fn coverage(mask: &Rle, picture: Area) -> Option<Coverage> {
    let size = mask.size();
    let inside = Area::around(mask.bbox().to_array())?;
    if u64::try_from(inside.pixels()).ok()? > MAX_PIXELS {
        return None;
    }
    let (rows, width) = (usize::try_from(inside.height()).ok()?, usize::try_from(inside.width()).ok()?);
    let mut bytes = vec![0; rows * width];
    let (height, top, left) = (u64::from(size.height), inside.top as u64, inside.left as u64);
    for (first, end) in mask.inside() {
        // Runs go down the columns; one may go on in the next.
        let (mut at, end) = (u64::from(first), u64::from(end));
        while at < end {
            let (column, row) = (at / height, at % height);
            let until = end.min((column + 1) * height);
            let from = (row - top) as usize * width + (column - left) as usize;
            let cells = bytes.get_mut(from..).unwrap_or_default().iter_mut().step_by(width);
            cells.take((until - at) as usize).for_each(|cell| *cell = 255);
            at = until;
        }
    }
    let scale =
        (picture.width() as f64 / f64::from(size.width), picture.height() as f64 / f64::from(size.height));
    if scale == (1.0, 1.0) {
        return Coverage::new(inside, bytes);
    }
    let origin = (inside.left as f64 * scale.0, inside.top as f64 * scale.1);
    let covered = Area {
        left: origin.0.floor() as i64,
        top: origin.1.floor() as i64,
        right: (inside.right as f64 * scale.0).ceil() as i64,
        bottom: (inside.bottom as f64 * scale.1).ceil() as i64,
    };
    resampled(&bytes, width, origin, scale, covered.meet(picture))
}

/// Fills a mask, and draws its contour in the other paint if there is one.
pub(super) fn draw(canvas: &mut Canvas, coverage: &Coverage, fill: Paint, contour: Option<Paint>) {
    canvas.cover(coverage, fill);
    if let Some(paint) = contour {
        canvas.cover(&coverage.contour(canvas.area()), paint);
    }
}

/// The pixel of a shape that is farthest from its edge, in steps along rows and columns; of equal ones that
/// nearest to the middle of the area. The picture's edges count as edges.
pub(super) fn middle(coverage: &Coverage) -> (i64, i64) {
    let area = coverage.area();
    let width = usize::try_from(area.width()).unwrap_or(1).max(1);
    let mut steps: Vec<u32> = Vec::new();
    for y in area.top..area.bottom {
        for (x, covered) in coverage.row(y).iter().enumerate() {
            let above = steps.len().checked_sub(width).and_then(|at| steps.get(at)).copied().unwrap_or(0);
            let before = if x > 0 { steps.last().copied().unwrap_or(0) } else { 0 };
            steps.push(if *covered >= 128 { above.min(before) + 1 } else { 0 });
        }
    }
    let centre = (area.left.midpoint(area.right), area.top.midpoint(area.bottom));
    let (mut best, mut found) = ((0, i64::MIN), centre);
    for at in (0..steps.len()).rev() {
        let (x, y) = ((at % width) as i64 + area.left, (at / width) as i64 + area.top);
        let below = steps.get(at + width).copied().unwrap_or(0);
        let after = if at % width + 1 < width { steps.get(at + 1).copied().unwrap_or(0) } else { 0 };
        if let Some(step) = steps.get_mut(at) {
            *step = (*step).min(below.min(after) + 1);
            let rank = (*step, -((x - centre.0).abs() + (y - centre.1).abs()));
            if *step > 0 && rank > best {
                (best, found) = (rank, (x, y));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Bitmap, Size};

    #[test]
    fn a_mask_in_its_own_size_covers_its_own_pixels() {
        let size = Size::new(9, 11);
        for step in 1..12 {
            let bitmap = Bitmap::from_fn(size, |row, column| (row * 5 + column * 3) % 12 < step).unwrap();
            let mask = Rle::from_pixels(size, bitmap.pixels()).unwrap();
            let covered = coverage(&mask, Area::of((9, 11))).unwrap();
            for (row, column) in (0..9).flat_map(|r| (0..11).map(move |c| (r, c))) {
                let want = if bitmap.get(row, column) { 255 } else { 0 };
                assert_eq!(covered.get(i64::from(column), i64::from(row)), want);
            }
        }
        assert!(coverage(&Rle::empty(size).unwrap(), Area::of((9, 11))).is_none());
    }

    #[test]
    fn the_middle_is_the_pixel_farthest_from_the_edge() {
        // An L: its middle is where the arms meet, not the middle of its box.
        let size = Size::new(30, 40);
        let bitmap = Bitmap::from_fn(size, |row, column| column < 9 || row >= 19).unwrap();
        let covered =
            coverage(&Rle::from_pixels(size, bitmap.pixels()).unwrap(), Area::of((30, 40))).unwrap();
        let (x, y) = middle(&covered);
        // The plain twin: for every pixel the nearest that is not inside, by steps.
        let far = |x: i64, y: i64| {
            let cells = (-1..31).flat_map(|v| (-1..41).map(move |u| (u, v)));
            let outside = cells.filter(|(u, v)| covered.get(*u, *v) < 128);
            outside.map(|(u, v)| (x - u).abs() + (y - v).abs()).min().unwrap()
        };
        let farthest = (0..30).flat_map(|y| (0..40).map(move |x| (x, y))).map(|(x, y)| far(x, y)).max();
        assert_eq!(Some(far(x, y)), farthest);
        assert!((19..30).contains(&y), "{x} {y}");
    }

    #[test]
    fn a_mask_in_half_the_size_covers_the_mean_of_its_pixels() {
        let size = Size::new(4, 4);
        let mask = Rle::from_pixels(size, &[1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]).unwrap();
        let covered = coverage(&mask, Area::of((2, 2))).unwrap();
        assert_eq!(covered.bytes(), [191, 0, 0, 255]);
    }
}
