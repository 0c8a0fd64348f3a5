//! [`Object`]: what is known of a thing in a picture, as far as it can be drawn.
//!
//! Nothing is checked here: boxes of data that is looked at may be as wrong as they like, and what cannot be
//! drawn is counted when it is drawn.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{Keypoint, Rle};

/// A thing in a picture. All of it is optional; what is there is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// x, y, w, h in pixels, 0-based, half-open.
    pub bbox: Option<[f64; 4]>,
    /// Centre x, centre y, w, h in pixels and an angle in radians, positive clockwise as seen (y points down).
    pub rbox: Option<[f64; 5]>,
    /// The pixels that it covers, in the size of the picture.
    pub mask: Option<Rle>,
    /// Points in pixels; visibility 0 is not drawn, 1 is hidden, all else is visible.
    pub points: Vec<Keypoint>,
    /// Its class.
    pub label: Option<usize>,
    /// Its name, before that of its class.
    pub name: Option<String>,
    /// Its score.
    pub score: Option<f64>,
    /// A crowd: its outline is dashed.
    pub crowd: bool,
    /// Difficult: its outline is dashed.
    pub difficult: bool,
}

impl Object {
    /// Objects of boxes (x, y, w, h), their labels and their scores, as ChainerCV's `vis_bbox` takes them.
    ///
    /// ```
    /// use lensframe::draw::Object;
    /// let boxes = [[1.0, 2.0, 30.0, 40.0]];
    /// assert_eq!(Object::of_boxes(&boxes, Some(&[3]), None).unwrap()[0].label, Some(3));
    /// assert!(Object::of_boxes(&boxes, Some(&[3, 4]), None).is_err());
    /// ```
    ///
    /// # Errors
    /// `Length` if there is not one label or one score a box.
    pub fn of_boxes(
        boxes: &[[f64; 4]],
        labels: Option<&[usize]>,
        scores: Option<&[f64]>,
    ) -> Result<Vec<Object>> {
        let of = boxes.iter().map(|bbox| Object { bbox: Some(*bbox), ..Object::default() }).collect();
        with(of, labels, scores)
    }

    /// Objects of masks, their labels and their scores, as ChainerCV's `vis_instance_segmentation` takes them.
    ///
    /// # Errors
    /// As [`Object::of_boxes`].
    pub fn of_masks(
        masks: Vec<Rle>,
        labels: Option<&[usize]>,
        scores: Option<&[f64]>,
    ) -> Result<Vec<Object>> {
        let of = masks.into_iter().map(|mask| Object { mask: Some(mask), ..Object::default() }).collect();
        with(of, labels, scores)
    }

    /// The axis-aligned x, y, w, h around what there is of it: its box, else its rotated box, its mask, its
    /// labelled points. None if it has nothing, or nothing with finite numbers.
    pub(super) fn extent(&self) -> Option<[f64; 4]> {
        let corners: Vec<[f64; 2]> = if let Some([x, y, w, h]) = self.bbox {
            return Some([x, y, w, h]);
        } else if let Some(rbox) = self.rbox {
            corners_of(rbox).to_vec()
        } else if let Some(mask) = self.mask.as_ref().filter(|mask| !mask.is_empty()) {
            return Some(mask.bbox().to_array());
        } else {
            self.points.iter().filter(|p| p.is_labelled()).map(|p| [p.x, p.y]).collect()
        };
        let span = |axis: usize| {
            let values = || corners.iter().map(|corner| corner[axis]);
            let least = values().reduce(f64::min)?;
            Some((least, values().fold(least, f64::max) - least))
        };
        let ((x, w), (y, h)) = (span(0)?, span(1)?);
        // Points in a row, or a single one, have an extent nevertheless.
        corners.iter().flatten().all(|v| v.is_finite()).then_some([x, y, w.max(1.0), h.max(1.0)])
    }
}

/// The corners of a rotated box, clockwise as seen from the one that is top left without rotation.
pub(super) fn corners_of([cx, cy, w, h, angle]: [f64; 5]) -> [[f64; 2]; 4] {
    let (sin, cos) = angle.sin_cos();
    [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(u, v)| {
        let (x, y) = (u * w, v * h);
        [cx + x * cos - y * sin, cy + x * sin + y * cos]
    })
}

fn with(mut objects: Vec<Object>, labels: Option<&[usize]>, scores: Option<&[f64]>) -> Result<Vec<Object>> {
    let check = |what: &str, found: Option<usize>| match found {
        Some(found) if found != objects.len() => {
            let what = format!("{found} {what} for {} objects", objects.len());
            Err(Error::new(ErrorKind::Length, what).at(Place::area("draw")))
        }
        _ => Ok(()),
    };
    check("labels", labels.map(<[usize]>::len))?;
    check("scores", scores.map(<[f64]>::len))?;
    for (object, label) in objects.iter_mut().zip(labels.unwrap_or_default()) {
        object.label = Some(*label);
    }
    for (object, score) in objects.iter_mut().zip(scores.unwrap_or_default()) {
        object.score = Some(*score);
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_positive_angle_turns_clockwise_as_seen() {
        let corners = corners_of([10.0, 10.0, 8.0, 4.0, std::f64::consts::FRAC_PI_2]);
        // The top left corner goes to the top right.
        for (found, want) in corners.iter().zip([[12.0, 6.0], [12.0, 14.0], [8.0, 14.0], [8.0, 6.0]]) {
            assert!((found[0] - want[0]).abs() < 1e-9 && (found[1] - want[1]).abs() < 1e-9, "{corners:?}");
        }
    }

    #[test]
    fn an_extent_is_that_of_what_there_is() {
        let turned = Object { rbox: Some([10.0, 10.0, 8.0, 4.0, 0.0]), ..Object::default() };
        assert_eq!(turned.extent(), Some([6.0, 8.0, 8.0, 4.0]));
        let at = |x, y, visibility| Keypoint { x, y, visibility };
        let points = vec![at(0.0, 0.0, 0), at(5.0, 7.0, 2), at(9.0, 7.0, 1)];
        assert_eq!(Object { points, ..Object::default() }.extent(), Some([5.0, 7.0, 4.0, 1.0]));
        assert_eq!(Object::default().extent(), None);
        let broken = Object { rbox: Some([f64::NAN, 0.0, 1.0, 1.0, 0.0]), ..Object::default() };
        assert_eq!(broken.extent(), None);
    }
}
