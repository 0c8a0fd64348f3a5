//! What is left of objects when something lies over them: masks lose pixels, points are not seen any more.

use super::objects::{Objects, Shape};
use crate::error::Result;
use crate::geometry::{BBox, Rle};

/// The marks of points that are labelled, and of those that are seen too.
const LABELLED: u8 = 1;

impl Objects {
    /// Takes the pixels of a mask, which has the size of the picture, away from the masks of these objects; an outline of
    /// which a part is taken becomes a mask. Points under it stay labelled and are not seen any more. Boxes stay.
    ///
    /// Returns what is left of each object that something was taken from; of one without a mask what is left of its box.
    ///
    /// # Errors
    /// `Mismatch` for masks of another size than the picture.
    pub(super) fn covered(&mut self, cover: &Rle) -> Result<Vec<Option<Rle>>> {
        let size = cover.size();
        let mut left = Vec::with_capacity(self.len());
        for at in 0..self.len() {
            let mask = self.mask_of(at, cover)?;
            let rest = match mask {
                Some(mask) if !mask.intersection(cover)?.is_empty() => Some(mask.difference(cover)?),
                _ => None,
            };
            if let (Some(shapes), Some(rest)) = (&mut self.shapes, &rest)
                && let Some(shape @ Some(_)) = shapes.get_mut(at)
            {
                *shape = Some(Shape::Mask(rest.clone()));
            }
            left.push(rest);
        }
        if let Some(points) = &mut self.points {
            let bytes = cover.to_pixels()?;
            for point in points.iter_mut().flatten().filter(|point| point.visibility > LABELLED) {
                let inside = point.x >= 0.0 && point.y >= 0.0 && point.x < f64::from(size.width);
                let at = (point.y as usize).saturating_mul(size.width as usize) + point.x as usize;
                if inside && bytes.get(at).is_some_and(|byte| *byte != 0) {
                    point.visibility = LABELLED;
                }
            }
        }
        Ok(left)
    }

    /// The mask of an object; without one its box as a mask, in the size of another mask. `None` for an object that has no
    /// place.
    ///
    /// # Errors
    /// Those of [`Shape::mask`].
    pub(super) fn mask_of(&self, at: usize, like: &Rle) -> Result<Option<Rle>> {
        if let Some(Some(shape)) = self.shapes.as_ref().and_then(|shapes| shapes.get(at)) {
            return shape.mask(like.size()).map(Some);
        }
        match self.bbox.as_ref().and_then(|boxes| boxes.get(at)) {
            Some([x, y, w, h]) if [x, y, w, h].iter().all(|number| number.is_finite()) => {
                let bbox = BBox::try_new(*x, *y, w.max(0.0), h.max(0.0))?;
                Rle::from_bbox(like.size(), &bbox).map(Some)
            }
            _ => Ok(None),
        }
    }
}
