//! Objects of images as columns: what both sides of a comparison are made into.
//!
//! Objects of image *i* are `range(i)`, in the order in which their source had them: that order decides between
//! equal scores. A column that was not given is empty; one that was has a value an object. Boxes are x, y, w, h
//! in pixels, as declared: nothing is rounded, clipped or repaired here.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Rotated;

use super::images::ImageId;
use super::masks::Masks;

/// What is said of an object beside its class and place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Stands for many: matched by share of the detection, any number of times, and never counted.
    pub crowd: bool,
    /// Not counted: VOC's difficult, COCO's keypoints without a labelled point, or any protocol's `ignore`.
    /// Of a detection: left out of account unless it finds a truth.
    pub ignored: bool,
    /// Open Images' group of more than five that touch.
    pub group: bool,
    /// Can be matched and yet counts as not matched: an object whose id is 0, which pycocotools takes for none.
    pub nameless: bool,
}

/// Points of objects: the same number for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Points an object.
    pub each: usize,
    /// x, y and visibility, object after object.
    pub values: Vec<[f64; 3]>,
}

impl Points {
    /// The points of an object.
    pub fn of(&self, object: usize) -> &[[f64; 3]] {
        self.values.get(object * self.each..(object + 1) * self.each).unwrap_or_default()
    }
}

/// Objects of a number of images.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// Where each image's objects begin, and the end.
    offsets: Vec<u32>,
    /// The class of each, in the class list of the comparison.
    pub label: Vec<u32>,
    /// Confidence; empty for truths.
    pub score: Vec<f64>,
    /// x, y, w, h.
    pub bbox: Vec<[f64; 4]>,
    /// Declared area in square pixels; where it is empty, detections have that of their boxes.
    pub area: Vec<f64>,
    /// Flags; empty where nothing is flagged.
    pub flags: Vec<Flags>,
    /// Masks; empty without.
    pub masks: Masks,
    /// Points; empty without.
    pub points: Points,
    /// Rotated boxes; empty without.
    pub rotated: Vec<Rotated>,
    /// Their own ids, an empty text for none; empty where nobody asked for them.
    pub ids: Vec<ImageId>,
    /// Their places among the objects of their source, from 0; empty where nobody asked for them.
    pub source: Vec<u32>,
}

impl Objects {
    /// Objects of which image *i* has `counts[i]`; the columns are filled in by the caller.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for 2^32 objects or more.
    pub fn new(counts: impl IntoIterator<Item = usize>) -> Result<Objects> {
        let mut offsets = vec![0u32];
        let mut end = 0u32;
        for count in counts {
            end = u32::try_from(count).ok().and_then(|count| end.checked_add(count)).ok_or_else(|| {
                Error::new(ErrorKind::Limit, "there are 2^32 objects or more")
                    .remedy("evaluate in parts and merge them")
            })?;
            offsets.push(end);
        }
        Ok(Objects { offsets, ..Objects::default() })
    }

    /// The number of images.
    pub fn images(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.offsets.last().map_or(0, |end| *end as usize)
    }

    /// True without objects.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The objects of an image.
    pub fn range(&self, image: usize) -> Range<usize> {
        match (self.offsets.get(image), self.offsets.get(image + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// What is said of an object.
    pub fn flags(&self, object: usize) -> Flags {
        self.flags.get(object).copied().unwrap_or_default()
    }

    /// The area of an object: what its column says, or without one that of its box.
    pub fn area_of(&self, object: usize) -> Option<f64> {
        let of_box = || self.bbox.get(object).map(|[_, _, w, h]| w * h);
        self.area.get(object).copied().or_else(of_box)
    }

    /// Checks that every column is empty or has a value an object, and that labels are below `classes`.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] or [`ErrorKind::Usage`], naming the column.
    pub fn check(&self, classes: usize) -> Result<()> {
        let n = self.len();
        let columns = [
            ("label", self.label.len(), false),
            ("score", self.score.len(), true),
            ("bbox", self.bbox.len(), true),
            ("area", self.area.len(), true),
            ("flags", self.flags.len(), true),
            ("mask", self.masks.len(), true),
            ("rbox", self.rotated.len(), true),
            ("object_id", self.ids.len(), true),
            ("row", self.source.len(), true),
            ("point", self.points.values.len() / self.points.each.max(1), true),
        ];
        for (key, length, optional) in columns {
            if length != n && !(optional && length == 0) {
                let what = format!("{length} values for {n} objects");
                return Err(Error::new(ErrorKind::Length, what).at(Place::none().key(key)));
            }
        }
        match self.label.iter().find(|label| **label as usize >= classes) {
            None => Ok(()),
            Some(label) => {
                let what = format!("class {label} of an object, but there are {classes} classes");
                Err(Error::new(ErrorKind::Usage, what).at(Place::none().key("label")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_their_ranges_and_nothing_lies_outside() {
        let objects = Objects::new([2, 0, 3]).unwrap();
        assert_eq!((objects.images(), objects.len()), (3, 5));
        assert_eq!(
            [objects.range(0), objects.range(1), objects.range(2), objects.range(3)],
            [0..2, 2..2, 2..5, 0..0]
        );
    }

    #[test]
    fn a_column_of_another_length_and_a_class_of_no_table_are_named() {
        let mut objects = Objects::new([2]).unwrap();
        objects.label = vec![0, 1];
        objects.check(2).unwrap();
        assert!(objects.check(1).unwrap_err().to_string().contains("class 1"));
        objects.score = vec![0.5];
        assert!(objects.check(2).unwrap_err().to_string().contains("score"));
    }
}
