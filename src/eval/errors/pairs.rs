//! MMDetection's counting of one image: every pair of a detection and a truth that overlap enough counts.
//!
//! A detection that overlaps three truths counts three times, a truth that is overlapped by many detections as often:
//! rows do not add up to the number of truths. Detections that overlap no truth count against the background, and so
//! does a truth that no detection of its own class overlaps, whatever else does. Boxes are compared in single
//! precision, as there. Read from `tools/analysis_tools/confusion_matrix.py` of MMDetection 3.3.0.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::eval::batch::Batch;
use crate::eval::mean_ap::Coordinates;
use crate::eval::mean_ap::corners::{Corners, Over, area, max, min, overlap};
use crate::eval::outcomes::descending;

/// The thresholds of MMDetection's counting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs {
    pub(super) score: f64,
    pub(super) iou: f64,
    pub(super) nms: Option<f64>,
    pub(super) ignored: bool,
}

impl Pairs {
    /// Calls `count` with the truth's and the detection's class; the number of classes stands for the background.
    pub(super) fn image(&self, batch: &Batch, image: usize, classes: u32, mut count: impl FnMut(u32, u32)) {
        let corners = |bbox: &[f64; 4]| Coordinates::Plain.corners(bbox);
        let counts = |t: &usize| {
            let flags = batch.truth.flags(*t);
            self.ignored || !(flags.crowd || flags.ignored)
        };
        let truths: Vec<(u32, Corners)> = batch
            .truth
            .range(image)
            .filter(counts)
            .map(|t| (batch.truth.label[t], corners(&batch.truth.bbox[t])))
            .collect();
        let mut recognised = vec![false; truths.len()];
        for d in self.kept(batch, image) {
            let (label, own) = (batch.found.label[d], corners(&batch.found.bbox[d]));
            let mut any = false;
            for ((there, bbox), recognised) in truths.iter().zip(&mut recognised) {
                if overlap(&own, bbox, Over::Union, 0.0) >= self.iou as f32 {
                    any = true;
                    *recognised |= *there == label;
                    count(*there, label);
                }
            }
            if !any {
                count(classes, label);
            }
        }
        for ((there, _), recognised) in truths.iter().zip(recognised) {
            if !recognised {
                count(*there, classes);
            }
        }
    }

    /// The detections that count: of a score that is high enough and, where it is asked for, not suppressed by a
    /// better one of their class.
    fn kept(&self, batch: &Batch, image: usize) -> Vec<usize> {
        let found = batch.found;
        // A threshold of 0 is none, as there.
        let Some(nms) = self.nms.filter(|nms| *nms != 0.0) else {
            return found.range(image).filter(|d| found.score[*d] >= self.score).collect();
        };
        let high =
            |d: &usize| found.score[*d] > self.score || (self.score <= 0.0 && found.score[*d] >= self.score);
        let mut order: Vec<usize> = found.range(image).filter(high).collect();
        order.sort_by_key(|d| (found.label[*d], descending(found.score[*d])));
        let mut kept: Vec<(u32, Corners, usize)> = Vec::new();
        for d in order {
            let (label, own) = (found.label[d], Coordinates::Plain.corners(&found.bbox[d]));
            let others = kept.iter().rev().take_while(|(other, ..)| *other == label);
            if !others.into_iter().any(|(_, other, _)| covered(other, &own) > nms as f32) {
                kept.push((label, own, d));
            }
        }
        kept.into_iter().map(|(.., d)| d).collect()
    }
}

/// The overlap by which MMCV's suppression goes: without a guard against boxes of no area.
fn covered(better: &Corners, own: &Corners) -> f32 {
    let (left, top) = (max(better[0], own[0]), max(better[1], own[1]));
    let (right, bottom) = (min(better[2], own[2]), min(better[3], own[3]));
    let shared = max(right - left, 0.0) * max(bottom - top, 0.0);
    shared / (area(better, 0.0) + area(own, 0.0) - shared)
}
