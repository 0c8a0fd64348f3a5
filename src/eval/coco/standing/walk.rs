//! Lists counted: [`Walker`].

#![allow(clippy::indexing_slicing)]

use std::borrow::Cow;

use super::Standing;
use super::list::{Entry, List};
use crate::eval::coco::params::Params;
use crate::eval::coco::slab::{Slab, TOGETHER};
use crate::eval::coco::tally::{Tally, each_bit, needed};
use crate::eval::outcomes::{Judged, MAX_THRESHOLDS};

/// Walks lists, keeping its buffers.
pub(super) struct Walker<'a> {
    params: &'a Params,
    /// For each threshold: true positives so far, detections that do not count at it, and the curve.
    true_positives: Vec<u64>,
    less: Vec<i64>,
    /// Of images that count more than once or not at all: true positives, and the precision there.
    weighted: Vec<Vec<(u64, f64)>>,
    counted: i64,
    /// Of images that count once.
    tally: Tally,
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
            counted: 0,
            tally: Tally::new(thresholds),
            needed: Vec::new(),
        }
    }

    /// Fills the slab of one range under one cap, every image counting as often as its weight says; once without weights.
    pub(super) fn slab(
        &mut self,
        standing: &Standing,
        range: usize,
        cap: usize,
        weights: Option<&[u32]>,
        slab: &mut Slab,
    ) {
        let (ranges, recalls) = (self.params.ranges.len(), self.params.recalls.len());
        let lists = || standing.lists.iter().skip(range).step_by(ranges);
        let weight = |image: u32| weights.map_or(1, |weights| weights[image as usize]);
        let sought = |list: &List| -> u64 {
            list.truths.iter().map(|(image, n)| u64::from(weight(*image)) * u64::from(*n)).sum()
        };
        let sought: Vec<u64> = lists().map(sought).collect();
        let with = (0u32..).zip(&sought).filter(|(_, n)| **n > 0).map(|(class, _)| class);
        slab.again(self.params, range, cap, with.collect());
        let (classes, precise) = (slab.classes.len(), !slab.precision.is_empty());
        let with: Vec<(&List, u64)> = lists().zip(sought).filter(|(_, sought)| *sought > 0).collect();
        let points = self.params.thresholds.len() * recalls;
        // Some classes at a time, thresholds × recall points each.
        let mut block = if precise { vec![0.0; TOGETHER * points] } else { Vec::new() };
        for (first, some) in (0..).step_by(TOGETHER).zip(with.chunks(TOGETHER)) {
            block.fill(0.0);
            for (k, (list, sought)) in some.iter().enumerate() {
                self.begin();
                match (precise, weights) {
                    (false, _) => self.recall(list, self.params.caps[cap], weights),
                    (true, Some(weights)) => self.samples(&list.ordered(), self.params.caps[cap], weights),
                    (true, None) => self.once(list, self.params.caps[cap]),
                }
                for (t, hits) in self.true_positives.iter().enumerate() {
                    slab.recall[t * classes + first + k] = *hits as f64 / *sought as f64;
                }
                if precise {
                    needed(&self.params.recalls, *sought, &mut self.needed);
                    let rows = block[k * points..(k + 1) * points].chunks_exact_mut(recalls);
                    for (t, row) in rows.enumerate() {
                        match weights {
                            Some(_) => sample(&self.weighted[t], &self.needed, row),
                            None => self.tally.sample(t, &self.needed, |point, own, _| row[point] = own),
                        }
                    }
                }
            }
            if precise {
                let parts: Vec<&[f64]> = block.chunks_exact(points).take(some.len()).collect();
                slab.put(first, &parts);
            }
        }
    }

    fn begin(&mut self) {
        self.counted = 0;
        self.true_positives.fill(0);
        self.less.fill(0);
        self.weighted.iter_mut().for_each(Vec::clear);
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
        let (tally, under) = (&mut self.tally, |entry: &&Entry| entry.rank < cap);
        let is_whole = cap == self.params.cap();
        let ordered = if is_whole { Cow::default() } else { list.ordered() };
        tally.begin(if is_whole { list.stops() } else { ordered.len() });
        let mut count = |counted: u64, entry: &Entry| {
            tally.add(counted as u32, Judged { hit: entry.hit, ignored: entry.ignored });
        };
        if is_whole {
            // No detection lies beyond the greatest cap.
            list.each_stop(count);
        } else {
            (1..).zip(ordered.iter().filter(under)).for_each(|(counted, entry)| count(counted, entry));
        }
        for (threshold, hits) in self.true_positives.iter_mut().enumerate() {
            *hits = self.tally.hits(threshold);
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

/// The envelope of (true positives, precision) at points of recall, given by how many true positives reach each.
fn sample(curve: &[(u64, f64)], needed: &[u64], row: &mut [f64]) {
    let (mut envelope, mut next) = (f64::NEG_INFINITY, curve.len());
    let most = curve.last().map_or(0, |(hits, _)| *hits);
    for (to, needed) in row.iter_mut().zip(needed).rev().filter(|(_, needed)| **needed <= most) {
        while next > 0 && curve[next - 1].0 >= *needed {
            next -= 1;
            let own = curve[next].1;
            envelope = if own > envelope { own } else { envelope };
        }
        *to = envelope;
    }
}
