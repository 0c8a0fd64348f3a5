//! Both sides of a batch with the hierarchy applied: truths copied to the classes above, detections copied and dropped.
//!
//! Copies come after what they are copies of: truths' in the order of truths, detections' in the order of their classes,
//! as in MMDetection, where that order decides between equals.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::Result;
use crate::eval::batch::Batch;
use crate::eval::objects::Objects;

use super::hierarchy::Hierarchy;
use super::params::Params;

/// Truths and detections as they are compared. `verified` has the image-level labels of each image.
pub(super) fn expand(
    params: &Params,
    tree: &Hierarchy,
    batch: &Batch,
    verified: &[Vec<u32>],
) -> Result<(Objects, Objects)> {
    let (mut there, mut own) = (Picked::default(), Picked::default());
    for (image, labels) in verified.iter().enumerate() {
        let range = batch.truth.range(image);
        there.begin();
        range.clone().for_each(|t| there.push(t, batch.truth.label[t]));
        for t in range {
            tree.above(batch.truth.label[t]).iter().for_each(|above| there.push(t, *above));
        }
        let mut known: Vec<u32> = there.labels[there.first..].to_vec();
        known.extend(labels);
        known.sort_unstable();
        let allowed = |class: &u32| known.binary_search(class).is_ok();
        own.begin();
        for d in batch.found.range(image) {
            let label = batch.found.label[d];
            if !params.drop_unverified || allowed(&label) {
                own.push(d, label);
            }
        }
        if params.expand_found {
            let mut order: Vec<usize> = batch.found.range(image).collect();
            order.sort_by_key(|d| batch.found.label[*d]);
            for d in order {
                let above = tree.above(batch.found.label[d]).iter();
                above.filter(|above| allowed(above)).for_each(|above| own.push(d, *above));
            }
        }
    }
    Ok((there.of(batch.truth)?, own.of(batch.found)?))
}

/// Objects by their places, with new labels.
#[derive(Default)]
struct Picked {
    counts: Vec<usize>,
    places: Vec<usize>,
    labels: Vec<u32>,
    /// Where the last image begins.
    first: usize,
}

impl Picked {
    fn begin(&mut self) {
        self.counts.push(0);
        self.first = self.labels.len();
    }

    fn push(&mut self, place: usize, label: u32) {
        self.places.push(place);
        self.labels.push(label);
        if let Some(count) = self.counts.last_mut() {
            *count += 1;
        }
    }

    fn of(self, from: &Objects) -> Result<Objects> {
        let mut out = Objects::new(self.counts)?;
        out.label = self.labels;
        out.bbox = self.places.iter().map(|place| from.bbox[*place]).collect();
        if !from.score.is_empty() {
            out.score = self.places.iter().map(|place| from.score[*place]).collect();
        }
        out.flags = self.places.iter().map(|place| from.flags(*place)).collect();
        Ok(out)
    }
}
