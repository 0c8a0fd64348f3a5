//! A box that has been looked at: [`BBox`].
//!
//! The invariant: x, y, width, height and the far edges are finite, width and height are not negative.
//! A box may be empty (no width or no height) and may lie outside any image.
//!
//! Stored columns keep whatever was declared, good or bad; this type is for code that computes.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{BoxForm, BoxLayout, Size, coco_iou, convert, overlap};

/// An axis-aligned box: x, y, width, height; 0-based, half-open, in pixels.
///
/// ```
/// use lensframe::geometry::{BBox, Size};
/// # fn main() -> lensframe::error::Result<()> {
/// let b = BBox::from_voc_inclusive(1.0, 1.0, 4.0, 3.0)?;
/// assert_eq!(b.to_array(), [0.0, 0.0, 4.0, 3.0]);
/// assert_eq!(b.clip(Size::new(2, 2)).area(), 4.0);
/// assert!(BBox::try_new(0.0, 0.0, -1.0, 2.0).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BBox {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl BBox {
    /// A box from its left, top, width and height.
    ///
    /// # Errors
    /// `Format` if a number is NaN or infinite, a size is negative, or a far edge overflows.
    pub fn try_new(x: f64, y: f64, w: f64, h: f64) -> Result<BBox> {
        let fault = if ![x, y, w, h].into_iter().all(f64::is_finite) {
            "has a number that is not finite"
        } else if w < 0.0 || h < 0.0 {
            "has a negative size"
        } else if !(x + w).is_finite() || !(y + h).is_finite() {
            "ends beyond the range of numbers"
        } else {
            return Ok(BBox { x, y, w, h });
        };
        Err(Error::new(ErrorKind::Format, format!("the box x {x}, y {y}, w {w}, h {h} {fault}"))
            .at(Place::none().key("bbox")))
    }

    /// A box of whole pixels, as masks have them; `w` and `h` are small enough for the far edges to exist.
    pub(super) fn whole(x: u32, y: u32, w: u32, h: u32) -> BBox {
        BBox { x: x.into(), y: y.into(), w: w.into(), h: h.into() }
    }

    /// A box from four numbers in any form; `size` is that of its image (see [`convert`]).
    ///
    /// # Errors
    /// As [`BBox::try_new`] and [`convert`].
    pub fn from_form(numbers: &[f64; 4], form: BoxForm, size: Size) -> Result<BBox> {
        let [x, y, w, h] = convert(numbers, form, BoxForm::COCO, size)?;
        BBox::try_new(x, y, w, h)
    }

    /// A box from its left, top, right and bottom edges. Errors as [`BBox::try_new`].
    pub fn from_xyxy(left: f64, top: f64, right: f64, bottom: f64) -> Result<BBox> {
        let [x, y, w, h] = BoxLayout::Xyxy.convert(&[left, top, right, bottom], BoxLayout::Xywh);
        BBox::try_new(x, y, w, h)
    }

    /// A box from its top, left, bottom and right edges. Errors as [`BBox::try_new`].
    pub fn from_yxyx(top: f64, left: f64, bottom: f64, right: f64) -> Result<BBox> {
        BBox::from_xyxy(left, top, right, bottom)
    }

    /// A box from its centre and size. Errors as [`BBox::try_new`].
    pub fn from_cxcywh(cx: f64, cy: f64, w: f64, h: f64) -> Result<BBox> {
        let [x, y, w, h] = BoxLayout::Cxcywh.convert(&[cx, cy, w, h], BoxLayout::Xywh);
        BBox::try_new(x, y, w, h)
    }

    /// A box as the VOC devkit writes it: 1-based corners, the far pixel included.
    /// x = xmin − 1, w = xmax − xmin + 1. Errors as [`BBox::try_new`].
    pub fn from_voc_inclusive(xmin: f64, ymin: f64, xmax: f64, ymax: f64) -> Result<BBox> {
        BBox::try_new(xmin - 1.0, ymin - 1.0, xmax - xmin + 1.0, ymax - ymin + 1.0)
    }

    /// xmin, ymin, xmax, ymax as the VOC devkit writes them: the inverse of [`BBox::from_voc_inclusive`].
    pub fn to_voc_inclusive(&self) -> [f64; 4] {
        [self.x + 1.0, self.y + 1.0, self.x + self.w, self.y + self.h]
    }

    /// The left edge.
    pub fn x(&self) -> f64 {
        self.x
    }

    /// The top edge.
    pub fn y(&self) -> f64 {
        self.y
    }

    /// The width, never negative.
    pub fn w(&self) -> f64 {
        self.w
    }

    /// The height, never negative.
    pub fn h(&self) -> f64 {
        self.h
    }

    /// The right edge, x + w; the box ends before it.
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// The bottom edge, y + h; the box ends before it.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// Centre x and centre y.
    pub fn center(&self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// x, y, w, h.
    pub fn to_array(&self) -> [f64; 4] {
        [self.x, self.y, self.w, self.h]
    }

    /// The four numbers of another layout, in pixels.
    pub fn to_layout(&self, layout: BoxLayout) -> [f64; 4] {
        BoxLayout::Xywh.convert(&self.to_array(), layout)
    }

    /// Width times height; infinite if that is beyond the range of numbers.
    pub fn area(&self) -> f64 {
        self.w * self.h
    }

    /// True without width or without height.
    pub fn is_empty(&self) -> bool {
        self.w == 0.0 || self.h == 0.0
    }

    /// True if the point lies inside: near edges belong to the box, far edges do not.
    pub fn contains(&self, x: f64, y: f64) -> bool {
        self.x <= x && x < self.right() && self.y <= y && y < self.bottom()
    }

    /// The part inside an image of this size. A box that lies outside keeps no area and sits at the edge
    /// it is nearest to.
    #[must_use]
    pub fn clip(&self, size: Size) -> BBox {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let span = |from: f64, extent: f64, limit: f64| {
            // Untouched numbers are kept as they are: (x + w) − x may differ from w in the last bit.
            if from >= 0.0 && from + extent <= limit {
                return (from, extent);
            }
            let near = from.clamp(0.0, limit);
            (near, (from + extent).clamp(0.0, limit) - near)
        };
        let (x, w) = span(self.x, self.w, width);
        let (y, h) = span(self.y, self.h, height);
        BBox { x, y, w, h }
    }

    /// The part two boxes share, or `None` if that has no area.
    pub fn intersect(&self, other: &BBox) -> Option<BBox> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let w = self.right().min(other.right()) - x;
        let h = self.bottom().min(other.bottom()) - y;
        (w > 0.0 && h > 0.0).then_some(BBox { x, y, w, h })
    }

    /// The smallest box around both, empty ones included.
    #[must_use]
    pub fn hull(&self, other: &BBox) -> BBox {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        // The width can overflow where two finite boxes are that far apart.
        let w = (self.right().max(other.right()) - x).min(f64::MAX);
        let h = (self.bottom().max(other.bottom()) - y).min(f64::MAX);
        BBox { x, y, w, h }
    }

    /// Intersection over union, 0 to 1, in COCO's order of operations ([`coco_iou`]); 0 where nothing is
    /// shared, two empty boxes included.
    pub fn iou(&self, other: &BBox) -> f64 {
        coco_iou(&self.to_array(), &other.to_array(), false)
    }

    /// Intersection over this box's own area; 0 where nothing is shared.
    pub fn iof(&self, other: &BBox) -> f64 {
        coco_iou(&self.to_array(), &other.to_array(), true)
    }

    /// Generalised IoU, −1 to 1: IoU less the share of the hull that neither covers (Rezatofighi et al.,
    /// 2019). Two empty boxes whose hull is empty give 0.
    pub fn giou(&self, other: &BBox) -> f64 {
        let [a, b] = [self, other].map(|b| b.to_layout(BoxLayout::Xyxy));
        overlap(&a, &b, overlap::Overlap::Giou, f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bbox(x: f64, y: f64, w: f64, h: f64) -> BBox {
        BBox::try_new(x, y, w, h).unwrap()
    }

    #[test]
    fn the_door_refuses_what_is_not_a_box() {
        for bad in [
            [f64::NAN, 0.0, 1.0, 1.0],
            [0.0, f64::INFINITY, 1.0, 1.0],
            [0.0, 0.0, -1.0, 1.0],
            [0.0, 0.0, 1.0, -1e-300],
            [f64::MAX, 0.0, f64::MAX, 1.0],
        ] {
            let [x, y, w, h] = bad;
            let e = BBox::try_new(x, y, w, h).unwrap_err();
            assert_eq!((e.kind(), e.place().key_name()), (ErrorKind::Format, Some("bbox")), "{bad:?}");
        }
        assert!(BBox::from_voc_inclusive(9.0, 1.0, 3.0, 4.0).is_err());
        assert!(BBox::from_yxyx(0.0, 0.0, 1.0, -1.0).is_err());
        assert!(bbox(0.0, 0.0, 0.0, 5.0).is_empty());
    }

    #[test]
    fn constructors_agree() {
        let b = bbox(2.0, 3.0, 10.0, 20.0);
        assert_eq!(BBox::from_xyxy(2.0, 3.0, 12.0, 23.0).unwrap(), b);
        assert_eq!(BBox::from_yxyx(3.0, 2.0, 23.0, 12.0).unwrap(), b);
        assert_eq!(BBox::from_cxcywh(7.0, 13.0, 10.0, 20.0).unwrap(), b);
        assert_eq!(BBox::from_voc_inclusive(3.0, 4.0, 12.0, 23.0).unwrap(), b);
        assert_eq!(b.to_voc_inclusive(), [3.0, 4.0, 12.0, 23.0]);
        let relative = [2.0 / 16.0, 3.0 / 32.0, 10.0 / 16.0, 20.0 / 32.0];
        assert_eq!(BBox::from_form(&relative, BoxLayout::Xywh.relative(), Size::new(32, 16)).unwrap(), b);
    }

    #[test]
    fn clipping_keeps_what_is_inside_and_never_goes_negative() {
        let size = Size::new(10, 10);
        assert_eq!(bbox(-2.0, -3.0, 5.0, 5.0).clip(size), bbox(0.0, 0.0, 3.0, 2.0));
        assert_eq!(bbox(0.1, 0.2, 0.3, 0.4).clip(size), bbox(0.1, 0.2, 0.3, 0.4));
        assert_eq!(bbox(20.0, -9.0, 5.0, 5.0).clip(size), bbox(10.0, 0.0, 0.0, 0.0));
    }

    #[test]
    fn near_edges_belong_to_the_box_and_far_edges_do_not() {
        let b = bbox(1.0, 1.0, 2.0, 2.0);
        assert!(b.contains(1.0, 1.0) && !b.contains(3.0, 1.0) && !b.contains(1.0, 3.0));
        assert_eq!(b.intersect(&bbox(3.0, 1.0, 1.0, 1.0)), None);
        assert_eq!(b.intersect(&bbox(2.0, 0.0, 5.0, 2.0)), Some(bbox(2.0, 1.0, 1.0, 1.0)));
        assert_eq!(b.hull(&bbox(5.0, 0.0, 1.0, 1.0)), bbox(1.0, 0.0, 5.0, 3.0));
    }

    #[test]
    fn empty_boxes_overlap_by_nothing_and_never_by_nan() {
        let e = bbox(1.0, 1.0, 0.0, 0.0);
        assert_eq!((e.iou(&e), e.iof(&e), e.giou(&e)), (0.0, 0.0, 0.0));
        let b = bbox(0.0, 0.0, 4.0, 4.0);
        assert_eq!(
            (e.iou(&b), b.iou(&b), b.iof(&bbox(2.0, 0.0, 9.0, 9.0)), b.giou(&b)),
            (0.0, 1.0, 0.5, 1.0)
        );
    }
}
