//! [`Rle`]: a mask that owns its runs.
//!
//! The invariant: the runs are canonical (see the [front page](super)) and the size has fewer than 2^32
//! pixels. So `==` means the same mask, and nothing after the door can fail but memory.

use super::{runs, text};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::bitmap::same_size;
use crate::geometry::{BBox, Ring, Size, rasterize, rasterize_box};

/// A mask as run lengths: column-major, the first run outside, always canonical.
///
/// ```
/// use lensframe::geometry::{Rle, Size};
/// # fn main() -> lensframe::error::Result<()> {
/// let size = Size::new(3, 3);
/// let a = Rle::try_new(size, vec![1, 4, 4])?;
/// let b = Rle::from_coco_string(size, b"333")?; // runs 3, 3, 3
/// assert_eq!(a.union(&b)?.counts(), [1, 5, 3]);
/// assert_eq!(a.intersection(&b)?.area(), 2);
/// assert_eq!(a.iou(&b)?, 0.4);
/// // Whatever the spelling, one mask is one value.
/// assert_eq!(Rle::try_new(size, vec![1, 2, 0, 2, 4])?, a);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Rle {
    size: Size,
    counts: Vec<u32>,
}

impl Default for Rle {
    /// The mask of an image without pixels.
    fn default() -> Rle {
        Rle { size: Size::default(), counts: vec![0] }
    }
}

impl std::fmt::Debug for Rle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rle({} {})", self.size, self.to_coco_string())
    }
}

impl Rle {
    /// A mask from its runs. Runs of 0 in the middle are taken and joined with their neighbours, as
    /// pycocotools takes them.
    ///
    /// # Errors
    /// `Format` if they do not add up to the number of pixels (pycocotools reads past or short of the
    /// image there); `Limit` at 2^32 pixels and more.
    pub fn try_new(size: Size, counts: Vec<u32>) -> Result<Rle> {
        runs::check_sum(size, &counts)?;
        Ok(Rle { size, counts: runs::canonical(counts) })
    }

    /// A mask from the run lengths of an uncompressed COCO annotation, whose numbers may be anything.
    ///
    /// # Errors
    /// As [`Rle::try_new`], and `Format` if a run is negative or above 32 bits.
    pub fn from_list(size: Size, counts: &[i64]) -> Result<Rle> {
        let run = |(i, run): (usize, &i64)| {
            u32::try_from(*run).map_err(|_| {
                Error::new(ErrorKind::Format, format!("run {i} is {run} pixels long")).at(Place::area("mask"))
            })
        };
        Rle::try_new(size, counts.iter().enumerate().map(run).collect::<Result<Vec<u32>>>()?)
    }

    /// A mask from COCO's compressed string.
    ///
    /// # Errors
    /// As [`text::parse`] and [`Rle::try_new`].
    pub fn from_coco_string(size: Size, counts: &[u8]) -> Result<Rle> {
        Rle::try_new(size, text::parse(counts)?)
    }

    /// Runs known to be canonical for this size.
    pub(in crate::geometry) fn from_canonical(size: Size, counts: Vec<u32>) -> Rle {
        debug_assert!(runs::check(size, &counts).is_ok(), "{size} {counts:?}");
        Rle { size, counts }
    }

    /// The union of polygons given as flat lists x, y, x, y, …; see [`rasterize`].
    ///
    /// # Errors
    /// As [`Ring::try_new`] and [`rasterize`].
    pub fn from_polygons<P: AsRef<[f64]>>(size: Size, polygons: &[P]) -> Result<Rle> {
        let rings: Vec<Ring> = polygons.iter().map(|p| Ring::try_new(p.as_ref())).collect::<Result<_>>()?;
        rasterize(size, &rings)
    }

    /// The pixels of a box, by the same rule as polygons; see [`rasterize_box`]. Errors as there.
    pub fn from_bbox(size: Size, bbox: &BBox) -> Result<Rle> {
        rasterize_box(size, bbox)
    }

    /// A mask without a pixel inside.
    ///
    /// # Errors
    /// `Limit` at 2^32 pixels and more.
    pub fn empty(size: Size) -> Result<Rle> {
        Ok(Rle { size, counts: vec![size.run_pixels()?] })
    }

    /// A mask with every pixel inside.
    ///
    /// # Errors
    /// `Limit` at 2^32 pixels and more.
    pub fn full(size: Size) -> Result<Rle> {
        Ok(Rle::empty(size)?.complement())
    }

    /// Height and width.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The runs, canonical.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The runs, canonical, without a copy.
    pub fn into_counts(self) -> Vec<u32> {
        self.counts
    }

    /// COCO's compressed string.
    pub fn to_coco_string(&self) -> String {
        text::write(&self.counts)
    }

    /// The spans of pixels inside, as (first, one past the last) of the column-major order.
    pub fn inside(&self) -> runs::Inside<'_> {
        runs::Inside::new(&self.counts)
    }

    /// True without a pixel inside.
    pub fn is_empty(&self) -> bool {
        self.counts.len() < 2
    }

    /// The number of pixels inside.
    pub fn area(&self) -> u32 {
        runs::area(&self.counts)
    }

    /// The smallest box around the pixels inside, from the runs alone; all 0 if there are none.
    pub fn bbox(&self) -> BBox {
        runs::bbox(self.size, &self.counts)
    }

    /// Pixels inside both.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ; so for the other operations on two masks.
    pub fn intersection(&self, other: &Rle) -> Result<Rle> {
        self.combine(other, |a, b| a && b)
    }

    /// Pixels inside either.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ.
    pub fn union(&self, other: &Rle) -> Result<Rle> {
        self.combine(other, |a, b| a || b)
    }

    /// Pixels inside this one and outside the other.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ.
    pub fn difference(&self, other: &Rle) -> Result<Rle> {
        self.combine(other, |a, b| a && !b)
    }

    /// Pixels inside any of these masks.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ; `Usage` without a mask, which would have no size.
    pub fn union_all<'a>(masks: impl IntoIterator<Item = &'a Rle>) -> Result<Rle> {
        Rle::fold(masks, Rle::union)
    }

    /// Pixels inside all of these masks.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ; `Usage` without a mask, which would have no size.
    pub fn intersection_all<'a>(masks: impl IntoIterator<Item = &'a Rle>) -> Result<Rle> {
        Rle::fold(masks, Rle::intersection)
    }

    /// The pixels that were outside.
    #[must_use]
    pub fn complement(mut self) -> Rle {
        if self.size.pixels() == 0 {
            return self;
        }
        if self.counts.first() == Some(&0) {
            self.counts.remove(0);
        } else {
            self.counts.insert(0, 0);
        }
        self
    }

    /// Intersection over union, 0 to 1; 0 if nothing is shared, two empty masks included.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ. [`coco_mask_iou`](crate::geometry::coco_mask_iou) follows COCO's
    /// tool there.
    pub fn iou(&self, other: &Rle) -> Result<f64> {
        same_size(self.size, other.size)?;
        let shared = self.shared(other);
        Ok(ratio(shared, self.area() - shared + other.area()))
    }

    /// Intersection over this mask's own area; 0 if nothing is shared.
    ///
    /// # Errors
    /// `Mismatch` if the sizes differ.
    pub fn iof(&self, other: &Rle) -> Result<f64> {
        same_size(self.size, other.size)?;
        Ok(ratio(self.shared(other), self.area()))
    }

    /// The number of pixels inside both, of masks of one size.
    pub(super) fn shared(&self, other: &Rle) -> u32 {
        runs::shared(&self.counts, &other.counts)
    }

    fn combine(&self, other: &Rle, rule: impl Fn(bool, bool) -> bool) -> Result<Rle> {
        same_size(self.size, other.size)?;
        Ok(Rle::from_canonical(self.size, runs::combine(&self.counts, &other.counts, rule)))
    }

    fn fold<'a>(
        masks: impl IntoIterator<Item = &'a Rle>,
        join: impl Fn(&Rle, &Rle) -> Result<Rle>,
    ) -> Result<Rle> {
        let mut masks = masks.into_iter();
        let first = masks.next().ok_or_else(|| Error::new(ErrorKind::Usage, "no masks to combine"))?;
        masks.try_fold(first.clone(), |all, mask| join(&all, mask))
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    if part == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(3, 4);

    #[test]
    fn wrong_sums_and_signs_are_refused() {
        let kind = |r: Result<Rle>| r.unwrap_err().kind();
        assert_eq!(kind(Rle::try_new(SIZE, vec![11])), ErrorKind::Format);
        assert_eq!(kind(Rle::try_new(SIZE, vec![6, u32::MAX, 7])), ErrorKind::Format);
        assert_eq!(kind(Rle::from_list(SIZE, &[13, -1])), ErrorKind::Format);
        assert_eq!(kind(Rle::from_list(SIZE, &[1 << 32])), ErrorKind::Format);
        assert_eq!(kind(Rle::empty(Size::new(1 << 16, 1 << 16))), ErrorKind::Limit);
        assert_eq!(Rle::from_list(SIZE, &[5, 7]).unwrap().area(), 7);
    }

    #[test]
    fn bytes_of_another_size_and_pixels_beyond_memory_are_refused() {
        let kind = |e: Error| e.kind();
        assert_eq!(kind(Rle::from_pixels(SIZE, &[0; 11]).unwrap_err()), ErrorKind::Length);
        assert_eq!(kind(Rle::from_columns(SIZE, &[0; 13]).unwrap_err()), ErrorKind::Length);
        let vast = Rle::full(Size::new(u32::MAX, 1)).unwrap();
        assert_eq!(kind(vast.to_pixels().unwrap_err()), ErrorKind::Limit);
        assert_eq!(kind(vast.to_columns().unwrap_err()), ErrorKind::Limit);
        assert_eq!(
            (vast.area(), vast.bbox().h(), vast.iou(&vast).unwrap()),
            (u32::MAX, f64::from(u32::MAX), 1.0)
        );
    }

    #[test]
    fn an_image_without_pixels_has_one_mask() {
        for size in [Size::new(0, 0), Size::new(0, 7), Size::new(7, 0)] {
            let none = Rle::try_new(size, vec![]).unwrap();
            assert_eq!(none.counts(), [0]);
            assert_eq!(Rle::full(size).unwrap(), none);
            assert_eq!(none.union(&none).unwrap(), none);
            assert_eq!(Rle::from_pixels(size, &[]).unwrap(), none);
            assert_eq!(none.to_pixels().unwrap(), [0u8; 0]);
            assert_eq!((none.area(), none.bbox(), none.iou(&none).unwrap()), (0, BBox::default(), 0.0));
        }
    }

    #[test]
    fn masks_of_two_sizes_do_not_combine() {
        let (a, b) = (Rle::full(SIZE).unwrap(), Rle::full(Size::new(4, 3)).unwrap());
        for e in [a.union(&b), a.intersection(&b), a.difference(&b)] {
            assert_eq!(e.unwrap_err().kind(), ErrorKind::Mismatch);
        }
        assert_eq!(a.iou(&b).unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(Rle::union_all([&a, &b]).unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(Rle::union_all([]).unwrap_err().kind(), ErrorKind::Usage);
    }

    #[test]
    fn complement_is_its_own_inverse() {
        for counts in [vec![12], vec![0, 12], vec![1, 11], vec![0, 3, 9]] {
            let a = Rle::try_new(SIZE, counts).unwrap();
            let b = a.clone().complement();
            assert_eq!(a.area() + b.area(), 12);
            assert!(a.intersection(&b).unwrap().is_empty());
            assert_eq!(b.complement(), a);
        }
    }
}
