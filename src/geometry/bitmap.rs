//! A mask as one byte a pixel: [`Bitmap`], the plain twin of [`Rle`](crate::geometry::Rle).
//!
//! The invariant: `height * width` bytes, row after row, each 0 or 1. Every operation visits every pixel in
//! the most obvious way; nothing is fast here on purpose, so that it can be believed. Run lengths are
//! tested against it.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{BBox, Size};

/// A mask as row-major bytes, 1 inside and 0 outside.
///
/// ```
/// use lensframe::geometry::{Bitmap, Rle, Size};
/// # fn main() -> lensframe::error::Result<()> {
/// let a = Bitmap::from_pixels(Size::new(2, 3), &[0, 1, 1, 0, 255, 0])?;
/// assert_eq!((a.area(), a.get(1, 1)), (3, true));
/// assert_eq!(Rle::from(&a).counts(), [2, 3, 1]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    size: Size,
    pixels: Vec<u8>,
}

impl Bitmap {
    /// A mask without a pixel inside.
    ///
    /// # Errors
    /// `Limit` above [`MAX_PIXELS`](crate::geometry::MAX_PIXELS).
    pub fn empty(size: Size) -> Result<Bitmap> {
        Ok(Bitmap { size, pixels: vec![0; size.byte_pixels()?] })
    }

    /// A mask from row-major bytes; any byte but 0 is inside.
    ///
    /// # Errors
    /// `Length` if there are not height × width bytes; `Limit` as [`Bitmap::empty`].
    pub fn from_pixels(size: Size, pixels: &[u8]) -> Result<Bitmap> {
        let want = size.byte_pixels()?;
        if pixels.len() != want {
            return Err(Error::new(
                ErrorKind::Length,
                format!("{} bytes for a mask of {size}", pixels.len()),
            )
            .at(Place::area("mask")));
        }
        Ok(Bitmap { size, pixels: pixels.iter().map(|p| u8::from(*p != 0)).collect() })
    }

    /// A mask from a rule: is the pixel at (row, column) inside? Errors as [`Bitmap::empty`].
    pub fn from_fn(size: Size, mut inside: impl FnMut(u32, u32) -> bool) -> Result<Bitmap> {
        let mut map = Bitmap::empty(size)?;
        let places = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (y, x)));
        for (pixel, (y, x)) in map.pixels.iter_mut().zip(places) {
            *pixel = u8::from(inside(y, x));
        }
        Ok(map)
    }

    /// Height and width.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The bytes, row-major, each 0 or 1.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// True if the pixel at `row`, `column` is inside; nothing outside the image is.
    pub fn get(&self, row: u32, column: u32) -> bool {
        if column >= self.size.width {
            return false;
        }
        let at = u64::from(row) * u64::from(self.size.width) + u64::from(column);
        usize::try_from(at).ok().and_then(|at| self.pixels.get(at)) == Some(&1)
    }

    /// The number of pixels inside.
    pub fn area(&self) -> u64 {
        self.pixels.iter().map(|p| u64::from(*p)).sum()
    }

    /// Pixels inside both.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ; so for the other operations on two masks.
    pub fn intersection(&self, other: &Bitmap) -> Result<Bitmap> {
        self.combine(other, |a, b| a & b)
    }

    /// Pixels inside either.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ.
    pub fn union(&self, other: &Bitmap) -> Result<Bitmap> {
        self.combine(other, |a, b| a | b)
    }

    /// Pixels inside this one and outside the other.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ.
    pub fn difference(&self, other: &Bitmap) -> Result<Bitmap> {
        self.combine(other, |a, b| a & (1 - b))
    }

    /// The pixels that were outside.
    #[must_use]
    pub fn complement(&self) -> Bitmap {
        Bitmap { size: self.size, pixels: self.pixels.iter().map(|p| 1 - p).collect() }
    }

    /// Intersection over union, 0 if nothing is inside either.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ.
    pub fn iou(&self, other: &Bitmap) -> Result<f64> {
        let (shared, whole) = (self.intersection(other)?.area(), self.union(other)?.area());
        Ok(if whole == 0 { 0.0 } else { shared as f64 / whole as f64 })
    }

    /// The smallest box around the pixels inside; x, y, w and h are 0 if there are none.
    pub fn bbox(&self) -> BBox {
        let Size { height, width } = self.size;
        let (mut left, mut top, mut right, mut bottom) = (width, height, 0, 0);
        for (row, column) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            if self.get(row, column) {
                (left, top) = (left.min(column), top.min(row));
                (right, bottom) = (right.max(column + 1), bottom.max(row + 1));
            }
        }
        if right == 0 {
            return BBox::default();
        }
        BBox::whole(left, top, right - left, bottom - top)
    }

    fn combine(&self, other: &Bitmap, rule: impl Fn(u8, u8) -> u8) -> Result<Bitmap> {
        same_size(self.size, other.size)?;
        let pixels = self.pixels.iter().zip(&other.pixels).map(|(a, b)| rule(*a, *b)).collect();
        Ok(Bitmap { size: self.size, pixels })
    }
}

/// Masks of two sizes have no pixels in common to speak of.
pub(super) fn same_size(a: Size, b: Size) -> Result<()> {
    if a == b {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Mismatch, format!("a mask of {a} cannot be combined with one of {b}"))
        .at(Place::area("mask")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_masks_combine_pixel_by_pixel() {
        let size = Size::new(1, 4);
        let a = Bitmap::from_pixels(size, &[1, 1, 0, 0]).unwrap();
        let b = Bitmap::from_pixels(size, &[1, 0, 1, 0]).unwrap();
        assert_eq!(a.intersection(&b).unwrap().pixels(), [1, 0, 0, 0]);
        assert_eq!(a.union(&b).unwrap().pixels(), [1, 1, 1, 0]);
        assert_eq!(a.difference(&b).unwrap().pixels(), [0, 1, 0, 0]);
        assert_eq!(a.complement().pixels(), [0, 0, 1, 1]);
        assert_eq!(a.iou(&b).unwrap(), 1.0 / 3.0);
        assert_eq!(a.bbox().to_array(), [0.0, 0.0, 2.0, 1.0]);
    }

    #[test]
    fn wrong_lengths_sizes_and_huge_maps_are_refused() {
        let kind = |e: Result<Bitmap>| e.unwrap_err().kind();
        assert_eq!(kind(Bitmap::from_pixels(Size::new(2, 2), &[0; 3])), ErrorKind::Length);
        assert_eq!(kind(Bitmap::empty(Size::new(u32::MAX, u32::MAX))), ErrorKind::Limit);
        let (a, b) = (Bitmap::empty(Size::new(2, 3)).unwrap(), Bitmap::empty(Size::new(3, 2)).unwrap());
        assert_eq!(kind(a.union(&b)), ErrorKind::Mismatch);
        assert!(!a.get(0, 3) && !a.get(2, 0) && !a.get(u32::MAX, u32::MAX));
        assert_eq!(a.bbox(), BBox::default());
        assert_eq!(a.iou(&a).unwrap(), 0.0);
    }
}
