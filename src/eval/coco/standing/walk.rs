//! Lists counted: [`Walker`].

#![allow(clippy::indexing_slicing)]

use super::Standing;
use super::list::{Entry, List};
use crate::eval::coco::curve::{needed, sample};
use crate::eval::coco::params::Params;
use crate::eval::coco::slab::Slab;

/// Walks lists, keeping its buffers.
pub(super) struct Walker<'a> {
    params: &'a Params,
    /// For each threshold: true positives so far, detections that do not count at it, and the curve: true positives
    /// and the precision there.
    true_positives: Vec<u64>,
    less: Vec<u64>,
    curves: Vec<Vec<(u64, f64)>>,
    counted: u64,
    /// For each recall point, how many true positives reach it.
    needed: Vec<u64>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(params: &'a Params) -> Walker<'a> {
        let thresholds = params.thresholds.len();
        Walker {
            params,
            true_positives: vec![0; thresholds],
            less: vec![0; thresholds],
            curves: vec![Vec::new(); thresholds],
            counted: 0,
            needed: Vec::new(),
        }
    }

    /// One range under one cap, every image counting as often as its weight says; once without weights.
    pub(super) fn slab(
        &mut self,
        standing: &Standing,
        range: usize,
        cap: usize,
        weights: Option<&[u32]>,
    ) -> Slab {
        let (ranges, recalls) = (self.params.ranges.len(), self.params.recalls.len());
        let lists = || standing.lists.iter().skip(range).step_by(ranges);
        let weight = |image: u32| weights.map_or(1, |weights| weights[image as usize]);
        let sought = |list: &List| -> u64 {
            list.truths.iter().map(|(image, n)| u64::from(weight(*image)) * u64::from(*n)).sum()
        };
        let sought: Vec<u64> = lists().map(sought).collect();
        let with = (0u32..).zip(&sought).filter(|(_, n)| **n > 0).map(|(class, _)| class);
        let mut slab = Slab::new(self.params, range, cap, with.collect());
        let (classes, precise) = (slab.classes.len(), !slab.precision.is_empty());
        let with = lists().zip(&sought).filter(|(_, sought)| **sought > 0);
        for (k, (list, sought)) in with.enumerate() {
            self.walk(list, self.params.caps[cap], weights, precise);
            if precise {
                needed(&self.params.recalls, *sought, &mut self.needed);
            }
            for (t, curve) in self.curves.iter().enumerate() {
                slab.recall[t * classes + k] = self.true_positives[t] as f64 / *sought as f64;
                if precise {
                    let rows = slab.rows(t, recalls);
                    let put = |point: usize, envelope, _| rows[point * classes + k] = envelope;
                    sample(curve.len(), |n| curve[n].0, |n| curve[n].1, &self.needed, put);
                }
            }
        }
        slab
    }

    /// Counts a class's detections.
    fn walk(&mut self, list: &List, cap: u32, weights: Option<&[u32]>, precise: bool) {
        self.counted = 0;
        self.true_positives.fill(0);
        self.less.fill(0);
        self.curves.iter_mut().for_each(Vec::clear);
        match weights {
            Some(weights) => self.weighted(&list.ordered(), cap, weights),
            // No detection lies beyond the greatest cap; and recall asks for none but the true positives.
            None if cap == self.params.cap() || !precise => {
                list.each_stop(|counted, entry| {
                    if entry.rank < cap {
                        self.counted = counted - 1;
                        self.count(entry, 1);
                    }
                });
            }
            None => {
                list.ordered().iter().filter(|entry| entry.rank < cap).for_each(|entry| self.count(entry, 1))
            }
        }
    }

    fn weighted(&mut self, entries: &[Entry], cap: u32, weights: &[u32]) {
        let mut at = 0;
        while at < entries.len() {
            let entry = &entries[at];
            let weight = weights[entry.image as usize];
            // Detections of one image with one score stand together: its copies follow each other as wholes.
            let tied = entries[at + 1..]
                .iter()
                .take_while(|next| next.key == entry.key && next.image == entry.image)
                .count();
            let run = &entries[at..=at + tied];
            at += 1 + tied;
            if weight == 0 {
                continue;
            }
            let (times, each) = if tied == 0 { (1, u64::from(weight)) } else { (weight, 1) };
            for _ in 0..times {
                run.iter().filter(|entry| entry.rank < cap).for_each(|entry| self.count(entry, each));
            }
        }
    }

    #[inline]
    fn count(&mut self, entry: &Entry, weight: u64) {
        self.counted += weight;
        let mut bits = entry.ignored;
        while bits != 0 {
            self.less[bits.trailing_zeros() as usize] += weight;
            bits &= bits - 1;
        }
        let mut bits = entry.hit;
        while bits != 0 {
            let t = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            self.true_positives[t] += weight;
            // Of several copies the last has the highest precision, and the envelope is at least that.
            let (tp, both) = (self.true_positives[t], self.counted - self.less[t]);
            self.curves[t].push((tp, tp as f64 / (both as f64 + f64::EPSILON)));
        }
    }
}
