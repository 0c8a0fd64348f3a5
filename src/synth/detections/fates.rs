//! The detections of a row: one fate an object, and what is found where nothing is.

use super::boxes::{anywhere, moved};
use super::errors::{Errors, Fault};
use super::object::{Keypoint, Object, Truth, oval, warped};
use crate::geometry::{BBox, Rle};
use crate::random::Random;

/// Draws before a box is given up.
const DRAWS: usize = 48;

/// The IoU that counts as an overlap at all, and the one that evaluators ask for.
const TOUCH: f64 = 0.1;
const HALF: f64 = 0.5;

/// A detection.
#[derive(Clone, Debug)]
pub(super) struct Detection {
    pub(super) fault: Fault,
    pub(super) bbox: BBox,
    pub(super) label: i64,
    pub(super) score: f64,
    /// The object it is of: its place in the row's lists.
    pub(super) truth: Option<usize>,
    pub(super) iou: f64,
    pub(super) mask: Option<Rle>,
    pub(super) mask_iou: Option<f64>,
    pub(super) points: Option<Vec<Keypoint>>,
}

/// A row's detections, the best score first, and how many objects have none.
pub(super) struct Found {
    pub(super) detections: Vec<Detection>,
    pub(super) missed: i64,
}

/// Makes the detections of a row. `classes` is how many classes there are, `masks` whether the truth has masks.
pub(super) fn find(truth: &Truth, errors: &Errors, classes: i64, masks: bool, random: &mut Random) -> Found {
    let mut finder = Finder { truth, errors, classes, masks, random };
    let mut found = Found { detections: Vec::new(), missed: 0 };
    let mut objects = 0u32;
    for (place, object) in &truth.objects {
        if object.apart {
            continue;
        }
        objects += 1;
        let fault = finder.fate();
        let Some(first) = fault.and_then(|fault| finder.detection(*place, object, fault)) else {
            found.missed += 1;
            continue;
        };
        let again = first.fault == Fault::Ok && finder.random.unit() < errors.dup;
        let second = again.then(|| finder.detection(*place, object, Fault::Dup)).flatten();
        let at = found.detections.len();
        found.detections.extend([Some(first), second].into_iter().flatten());
        if let [first, second] = &mut found.detections[at..]
            && first.score < second.score
        {
            std::mem::swap(&mut first.score, &mut second.score);
        }
    }
    let mean = errors.bkg * f64::from(objects.max(1));
    let count = mean as u32 + u32::from(finder.random.unit() < mean - mean.floor());
    for _ in 0..count {
        found.detections.extend(finder.nothing());
    }
    found.detections.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

struct Finder<'a> {
    truth: &'a Truth,
    errors: &'a Errors,
    classes: i64,
    masks: bool,
    random: &'a mut Random,
}

impl Finder<'_> {
    /// What becomes of an object; `None`: it is missed.
    fn fate(&mut self) -> Option<Fault> {
        let Errors { miss, loc, cls, both, .. } = *self.errors;
        let mut drawn = self.random.unit();
        let fates =
            [(miss, None), (loc, Some(Fault::Loc)), (cls, Some(Fault::Cls)), (both, Some(Fault::Both))];
        for (share, fate) in fates {
            if drawn < share {
                return fate;
            }
            drawn -= share;
        }
        Some(Fault::Ok)
    }

    /// A detection of this kind of an object, if there is room for one.
    fn detection(&mut self, place: usize, object: &Object, fault: Fault) -> Option<Detection> {
        let wrong = matches!(fault, Fault::Cls | Fault::Both);
        let off = matches!(fault, Fault::Loc | Fault::Both);
        let mut reach = 0.3;
        for draw in 0..DRAWS {
            let label = if wrong { self.other(object.label)? } else { object.label };
            let bbox = match off {
                true => moved(&object.bbox, 0.9, 0.5, self.truth.size, self.random),
                // Ever nearer, and at last the object's own.
                false if draw + 1 == DRAWS => Some(object.bbox),
                false => moved(&object.bbox, reach, reach, self.truth.size, self.random),
            };
            reach *= 0.8;
            let Some(bbox) = bbox else { continue };
            let iou = bbox.iou(&object.bbox);
            let placed = if off { (TOUCH..HALF).contains(&iou) } else { iou >= self.errors.good };
            if !placed || !self.alone(place, &bbox, label, fault, iou) {
                continue;
            }
            let mask = object.mask.as_ref().map(|mask| warped(mask, &object.bbox, &bbox));
            let mask_iou = match (&mask, &object.mask) {
                (Some(None), _) => continue,
                (Some(Some(made)), Some(own)) => Some(made.iou(own).unwrap_or(0.0)),
                _ => None,
            };
            let fits = |iou: f64| if off { iou < HALF } else { iou >= self.errors.good };
            if !mask_iou.is_none_or(fits) {
                continue;
            }
            let points = object.points.as_ref().map(|points| self.points(points, &object.bbox, &bbox));
            let score = self.errors.score(fault == Fault::Ok, self.random);
            let mask = mask.flatten();
            return Some(Detection {
                fault,
                bbox,
                label,
                score,
                truth: Some(place),
                iou,
                mask,
                mask_iou,
                points,
            });
        }
        None
    }

    /// True if a box of this label touches no other object of that label; one that is right may, if it fits its
    /// own object best.
    fn alone(&self, place: usize, bbox: &BBox, label: i64, fault: Fault, iou: f64) -> bool {
        let others = self.truth.objects.iter().filter(|(at, other)| *at != place && other.label == label);
        others.into_iter().all(|(_, other)| match (fault, other.apart) {
            (Fault::Ok, true) => true,
            (Fault::Ok, false) => bbox.iou(&other.bbox) < iou,
            (_, true) => bbox.iof(&other.bbox) < TOUCH,
            (_, false) => bbox.iou(&other.bbox) < TOUCH,
        })
    }

    /// Another label, if there is one.
    fn other(&mut self, label: i64) -> Option<i64> {
        let others = u64::try_from(self.classes - 1).ok().filter(|n| *n > 0)?;
        let drawn = self.random.below(others) as i64;
        Some(drawn + i64::from(drawn >= label))
    }

    /// A detection where nothing is, if there is room for one.
    fn nothing(&mut self) -> Option<Detection> {
        let size = self.truth.size.filter(|size| size.pixels() > 0)?;
        let label = self.random.below(u64::try_from(self.classes).unwrap_or(0)) as i64;
        for _ in 0..DRAWS {
            let Some(bbox) = anywhere(size, self.random) else { continue };
            let free = |(_, object): &(usize, Object)| match object.apart {
                true => bbox.iof(&object.bbox) < TOUCH,
                false => bbox.iou(&object.bbox) < TOUCH,
            };
            if !self.truth.objects.iter().all(free) {
                continue;
            }
            let mask = if self.masks { oval(size, &bbox) } else { None };
            if self.masks && mask.is_none() {
                continue;
            }
            let score = self.errors.score(false, self.random);
            let fault = Fault::Bkg;
            return Some(Detection {
                fault,
                bbox,
                label,
                score,
                truth: None,
                iou: 0.0,
                mask,
                mask_iou: None,
                points: None,
            });
        }
        None
    }

    /// Points moved with their box, and each a little by itself; those that are not labelled stay (0, 0).
    fn points(&mut self, points: &[Keypoint], from: &BBox, to: &BBox) -> Vec<Keypoint> {
        let near = 0.04 * (1.0 - self.errors.good) * (to.w() + to.h());
        let mut one = |([x, y], visible): &Keypoint| {
            if *visible == 0 {
                return ([0.0; 2], 0);
            }
            let mut place = |at: f64, from: f64, side: f64, to: f64, long: f64| {
                to + (at - from) * long / side + near * (2.0 * self.random.unit() - 1.0)
            };
            let x = place(*x, from.x(), from.w(), to.x(), to.w());
            let y = place(*y, from.y(), from.h(), to.y(), to.h());
            ([x, y], *visible)
        };
        points.iter().map(&mut one).collect()
    }
}
