//! Lists counted: [`Walker`].

#![allow(clippy::indexing_slicing)]

use super::Standing;
use super::list::{Entry, List};
use crate::eval::coco::curve::{each_bit, needed, sample};
use crate::eval::coco::params::Params;
use crate::eval::coco::slab::Slab;
use crate::eval::outcomes::MAX_THRESHOLDS;

/// Walks lists, keeping its buffers.
pub(super) struct Walker<'a> {
    params: &'a Params,
    /// For each threshold: true positives so far, detections that do not count at it, and the curve.
    true_positives: Vec<u64>,
    less: Vec<i64>,
    /// Of images that count more than once or not at all: true positives, and the precision there.
    weighted: Vec<Vec<(u64, f64)>>,
    /// Of images that count once: the precision at each true positive.
    plain: Vec<Vec<f64>>,
    counted: i64,
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
            weighted: vec![Vec::new(); thresholds],
            plain: vec![Vec::new(); thresholds],
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
            self.begin();
            match (precise, weights) {
                (false, _) => self.recall(list, self.params.caps[cap], weights),
                (true, Some(weights)) => self.samples(&list.ordered(), self.params.caps[cap], weights),
                (true, None) => self.once(list, self.params.caps[cap]),
            }
            for (t, hits) in self.true_positives.iter().enumerate() {
                slab.recall[t * classes + k] = *hits as f64 / *sought as f64;
            }
            if !precise {
                continue;
            }
            needed(&self.params.recalls, *sought, &mut self.needed);
            for t in 0..self.params.thresholds.len() {
                let rows = slab.rows(t, recalls);
                let put = |point: usize, envelope, _| rows[point * classes + k] = envelope;
                let (many, once) = (&self.weighted[t], &self.plain[t]);
                match weights {
                    Some(_) => sample(many.len(), |n| many[n].0, |n| many[n].1, &self.needed, put),
                    None => sample(once.len(), |n| n as u64 + 1, |n| once[n], &self.needed, put),
                }
            }
        }
        slab
    }

    fn begin(&mut self) {
        self.counted = 0;
        self.true_positives.fill(0);
        self.less.fill(0);
        self.weighted.iter_mut().for_each(Vec::clear);
        self.plain.iter_mut().for_each(Vec::clear);
    }

    /// Counts true positives alone.
    fn recall(&mut self, list: &List, cap: u32, weights: Option<&[u32]>) {
        let hits = &mut self.true_positives;
        // What is found at a threshold is as a rule found at all lower ones: then a count says it all.
        let mut lowest = [0u64; MAX_THRESHOLDS + 1];
        list.each_stop(|_, entry| {
            let weight = weights.map_or(1, |weights| u64::from(weights[entry.image as usize]));
            if entry.rank >= cap {
                return;
            }
            match lowest.get_mut(entry.hit.trailing_ones() as usize) {
                Some(count) if entry.hit & (entry.hit + 1) == 0 => *count += weight,
                _ => each_bit(entry.hit, |t| hits[t] += weight),
            }
        });
        let mut above = 0;
        for (own, count) in hits.iter_mut().zip(&lowest[1..]).rev() {
            above += count;
            *own += above;
        }
    }

    /// The curves of images that count once each.
    fn once(&mut self, list: &List, cap: u32) {
        let (plain, less) = (&mut self.plain, &mut self.less);
        let mut count = |counted: i64, entry: &Entry| {
            each_bit(entry.ignored, |t| less[t] += 1);
            each_bit(entry.hit, |t| plain[t].push((counted - less[t]) as f64));
        };
        if cap == self.params.cap() {
            // No detection lies beyond the greatest cap.
            list.each_stop(|counted, entry| count(counted as i64, entry));
        } else {
            let under = |entry: &&Entry| entry.rank < cap;
            (1..).zip(list.ordered().iter().filter(under)).for_each(|(counted, entry)| count(counted, entry));
        }
        for (hits, curve) in self.true_positives.iter_mut().zip(plain) {
            *hits = curve.len() as u64;
            for (n, both) in (1u32..).zip(curve) {
                *both = f64::from(n) / (*both + f64::EPSILON);
            }
        }
    }

    /// The curves of images that count as often as their weights say.
    fn samples(&mut self, entries: &[Entry], cap: u32, weights: &[u32]) {
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
        self.counted += weight as i64;
        each_bit(entry.ignored, |t| self.less[t] += weight as i64);
        each_bit(entry.hit, |t| {
            self.true_positives[t] += weight;
            // Of several copies the last has the highest precision, and the envelope is at least that.
            let (tp, both) = (self.true_positives[t], self.counted - self.less[t]);
            self.weighted[t].push((tp, tp as f64 / (both as f64 + f64::EPSILON)));
        });
    }
}
