//! [`Lens`]: from the picture that a model saw back to the one that is stored.

use crate::geometry::{Affine, Size};

/// Where points of the model's picture lie in the stored one.
#[derive(Clone, Copy, Debug)]
pub struct Lens {
    back: Affine,
    /// Of the stored picture, if it is known.
    stored: Option<Size>,
    /// Of the model's picture.
    seen: Size,
}

impl Lens {
    /// A lens of the map from the model's pixels to the stored ones, and the sizes of both.
    pub fn new(back: Affine, seen: Size, stored: Option<Size>) -> Lens {
        Lens { back, stored, seen }
    }

    /// The size of the picture that the model saw.
    pub fn seen(&self) -> Size {
        self.seen
    }

    /// The size of the stored picture, if it is known.
    pub fn stored(&self) -> Option<Size> {
        self.stored
    }

    /// The map from the model's pixels to the stored ones.
    pub fn back(&self) -> &Affine {
        &self.back
    }

    /// A point.
    pub fn point(&self, point: [f64; 2]) -> [f64; 2] {
        self.back.point(point)
    }

    /// A box x, y, w, h, cut off at the edges of the stored picture; none if nothing of it is inside, or a side is no
    /// number.
    pub fn bbox(&self, bbox: [f64; 4]) -> Option<[f64; 4]> {
        if !bbox.iter().all(|side| side.is_finite()) {
            return None;
        }
        let [x, y, w, h] = self.back.bbox(bbox);
        let (mut left, mut top, mut right, mut bottom) = (x, y, x + w, y + h);
        if let Some(size) = self.stored {
            (left, top) = (left.max(0.0), top.max(0.0));
            (right, bottom) = (right.min(size.width.into()), bottom.min(size.height.into()));
        }
        let inside = right > left && bottom > top && [left, top, right, bottom].iter().all(|v| v.is_finite());
        inside.then_some([left, top, right - left, bottom - top])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_ends_at_the_edge_of_the_picture() {
        let lens = Lens::new(Affine::IDENTITY, Size::new(8, 8), Some(Size::new(8, 6)));
        assert_eq!(lens.bbox([-1.0, 2.0, 4.0, 9.0]), Some([0.0, 2.0, 3.0, 6.0]));
        assert_eq!(lens.bbox([6.0, 0.0, 2.0, 2.0]), None);
        assert_eq!(lens.bbox([f64::NAN, 0.0, 2.0, 2.0]), None);
    }
}
