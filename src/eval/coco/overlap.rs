//! How much detections and truths of a cell overlap, by kind, with the reference's bits.
//!
//! The kernel indexes columns by numbers taken from the ranges of the batch, whose lengths were checked.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::batch::Batch;
use crate::eval::masks::Mask;
use crate::eval::objects::Objects;
use crate::eval::sum::pairwise;
use crate::geometry::coco_iou;

use super::boundary;
use super::params::Kind;

/// Computes the overlaps of cells; keeps its buffers.
#[derive(Debug)]
pub(in crate::eval) struct Overlap<'a> {
    kind: &'a Kind,
    /// `(2 sigma)²`, a point.
    variances: Vec<f64>,
    terms: Vec<f64>,
}

impl<'a> Overlap<'a> {
    pub(in crate::eval) fn new(kind: &'a Kind) -> Overlap<'a> {
        let variances = match kind {
            Kind::Keypoints(sigmas) => sigmas.iter().map(|sigma| (sigma * 2.0) * (sigma * 2.0)).collect(),
            _ => Vec::new(),
        };
        Overlap { kind, variances, terms: Vec::new() }
    }

    /// The overlaps of the detections (rows) with the truths (columns), row after row, into `out`.
    pub(in crate::eval) fn fill(
        &mut self,
        batch: &Batch,
        truths: &[u32],
        found: &[u32],
        out: &mut Vec<f64>,
    ) -> Result<()> {
        out.clear();
        match self.kind {
            Kind::Bbox => {
                for d in found {
                    let own = &batch.found.bbox[*d as usize];
                    out.extend(truths.iter().map(|t| {
                        let t = *t as usize;
                        coco_iou(own, &batch.truth.bbox[t], batch.truth.flags(t).crowd)
                    }));
                }
            }
            Kind::Boundary(ratio) => boundary::fill(batch, truths, found, *ratio, out)?,
            Kind::Segm => {
                let there: Vec<Mask> =
                    truths.iter().map(|t| mask(batch, "truth", batch.truth, *t)).collect::<Result<_>>()?;
                for d in found {
                    let own = mask(batch, "detections", batch.found, *d)?;
                    out.extend(
                        truths
                            .iter()
                            .zip(&there)
                            .map(|(t, mask)| own.iou(mask, batch.truth.flags(*t as usize).crowd)),
                    );
                }
            }
            Kind::Keypoints(sigmas) => {
                for side in [batch.truth, batch.found] {
                    if side.points.each != sigmas.len() && !side.is_empty() {
                        let what = format!("{} points an object, {} sigmas", side.points.each, sigmas.len());
                        return Err(Error::new(ErrorKind::Length, what)
                            .at(Place::none().key("point"))
                            .remedy("give one sigma a point"));
                    }
                }
                for d in found {
                    for t in truths {
                        let overlap = self.similarity(batch, *t as usize, *d as usize);
                        out.push(overlap);
                    }
                }
            }
        }
        Ok(())
    }

    /// Object keypoint similarity. Where no point of the truth is labelled, the distance of the detection's points
    /// to the truth's box, doubled on each side, stands in for theirs to its points.
    fn similarity(&mut self, batch: &Batch, truth: usize, found: usize) -> f64 {
        let (own, there) = (batch.found.points.of(found), batch.truth.points.of(truth));
        let labelled = there.iter().any(|[_, _, v]| *v > 0.0);
        let [x, y, w, h] = batch.truth.bbox[truth];
        let (x0, x1, y0, y1) = (x - w, x + w * 2.0, y - h, y + h * 2.0);
        let area = batch.truth.area[truth] + f64::EPSILON;
        self.terms.clear();
        for ((own, there), variance) in own.iter().zip(there).zip(&self.variances) {
            if labelled && there[2] <= 0.0 {
                continue;
            }
            let (dx, dy) = if labelled {
                (own[0] - there[0], own[1] - there[1])
            } else {
                (
                    (x0 - own[0]).max(0.0) + (own[0] - x1).max(0.0),
                    (y0 - own[1]).max(0.0) + (own[1] - y1).max(0.0),
                )
            };
            let e = (dx * dx + dy * dy) / variance / area / 2.0;
            self.terms.push((-e).exp());
        }
        pairwise(&self.terms) / self.terms.len() as f64
    }
}

/// The mask of an object; an error says on which side and image it is.
pub(super) fn mask<'a>(batch: &Batch, side: &str, objects: &'a Objects, object: u32) -> Result<Mask<'a>> {
    let object = object as usize;
    objects.masks.decode(object).map_err(|e| {
        let mut images = (0..).zip(batch.images);
        let image = images.find(|(image, _)| objects.range(*image).contains(&object));
        let image = image.map(|(_, id)| format!(" of image {id}")).unwrap_or_default();
        e.at(Place::area(format!("{side}{image}")))
    })
}
