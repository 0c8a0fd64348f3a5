//! The detections of a class in one range, in order, and what changed since: [`List`].
//!
//! Invariant: `entries` and `fresh` are each in the order of [`Entry::order`], `stops` and `void` ascending; no order
//! stands twice among what holds.
//!
//! Nearly all detections are plain false positives, of which only the number between two others matters. In a sorted
//! list that number is a difference of places, so that a walk goes from one [stop](List::each_stop) to the next and
//! not from entry to entry; and a few entries that no longer hold, or came since, are a matter of adding and
//! subtracting.

#![allow(clippy::indexing_slicing)]

use std::borrow::Cow;

/// A detection in one range that counts at one threshold at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    /// Sorts scores from high to low.
    pub(super) key: u64,
    pub(super) image: u32,
    pub(super) rank: u32,
    pub(super) hit: u64,
    pub(super) ignored: u64,
}

impl Entry {
    pub(super) fn order(&self) -> (u64, u32, u32) {
        (self.key, self.image, self.rank)
    }

    /// Whether it is anything but a false positive at every threshold.
    fn is_stop(&self) -> bool {
        self.hit | self.ignored != 0
    }
}

/// Behind the last true positive.
fn end(entries: &[Entry]) -> usize {
    entries.iter().rposition(|entry| entry.hit != 0).map_or(0, |last| last + 1)
}

/// A class in one range.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    /// By score, then by image, then by rank within the image.
    entries: Vec<Entry>,
    /// Behind the last true positive.
    end: usize,
    /// Those that are no plain false positives, and their places.
    stops: Vec<(u32, Entry)>,
    /// The places of those that hold no longer.
    void: Vec<u32>,
    /// What came since `entries` were put in order.
    fresh: Vec<Entry>,
    /// Images with truths that count, and how many.
    pub(super) truths: Vec<(u32, u32)>,
}

impl List {
    /// What was put in order last: places are places in it.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// No more than so many are anything but plain false positives.
    pub(super) fn stops(&self) -> usize {
        self.stops.len() + self.fresh.len()
    }

    /// How many came since.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// Takes entries away by their places, in any order.
    pub(super) fn take_away(&mut self, places: impl Iterator<Item = u32>) {
        self.void.extend(places);
        self.void.sort_unstable();
    }

    /// Leaves out what came since of these images.
    pub(super) fn forget(&mut self, gone: &[bool]) {
        self.fresh.retain(|entry| !gone[entry.image as usize]);
        self.truths.retain(|(image, _)| !gone[*image as usize]);
    }

    /// Adds entries, in any order.
    pub(super) fn add(&mut self, entries: &[Entry]) {
        self.fresh.extend_from_slice(entries);
        self.fresh.sort_unstable_by_key(Entry::order);
    }

    /// All that holds up to the last true positive, in order: what follows changes no curve.
    pub(super) fn ordered(&self) -> Cow<'_, [Entry]> {
        if self.void.is_empty() && self.fresh.is_empty() {
            return Cow::Borrowed(&self.entries[..self.end]);
        }
        let mut all = self.merged();
        all.truncate(end(&all));
        Cow::Owned(all)
    }

    fn merged(&self) -> Vec<Entry> {
        let mut out = Vec::with_capacity(self.entries.len() + self.fresh.len() - self.void.len());
        let (mut void, mut fresh) = (self.void.iter().peekable(), self.fresh.iter().peekable());
        for (place, entry) in (0u32..).zip(&self.entries) {
            if void.next_if_eq(&&place).is_some() {
                continue;
            }
            while let Some(own) = fresh.next_if(|own| own.order() < entry.order()) {
                out.push(*own);
            }
            out.push(*entry);
        }
        out.extend(fresh);
        out
    }

    /// Puts what came since in its place.
    pub(super) fn settle(&mut self) {
        if !(self.void.is_empty() && self.fresh.is_empty()) {
            self.entries = self.merged();
        }
        self.void.clear();
        self.fresh.clear();
        self.end = end(&self.entries);
        let places = (0u32..).zip(self.entries.iter().copied());
        self.stops = places.filter(|(_, entry)| entry.is_stop()).collect();
    }

    /// Calls `each` with every detection that is no plain false positive, in order, and how many detections there are
    /// up to it, itself included.
    pub(super) fn each_stop(&self, mut each: impl FnMut(u64, &Entry)) {
        // Places that were passed, those of `void` among them, and entries of `fresh`.
        let (mut void, mut came, mut from) = (0, 0, 0);
        for (stop, entry) in &self.stops {
            let place = *stop as usize;
            self.each_fresh(&mut came, from..place, Some(entry), &mut each);
            while self.void.get(void).is_some_and(|own| own < stop) {
                void += 1;
            }
            if self.void.get(void) != Some(stop) {
                each((place + 1 - void + came) as u64, entry);
            }
            from = place;
        }
        self.each_fresh(&mut came, from..self.entries.len(), None, &mut each);
    }

    /// Passes what came since, up to an entry; its place among the others is in `within`.
    fn each_fresh(
        &self,
        came: &mut usize,
        within: std::ops::Range<usize>,
        upto: Option<&Entry>,
        each: &mut impl FnMut(u64, &Entry),
    ) {
        while let Some(own) = self.fresh.get(*came).filter(|own| upto.is_none_or(|e| own.order() < e.order()))
        {
            *came += 1;
            if own.is_stop() {
                let before = self.entries[within.clone()].partition_point(|e| e.order() < own.order());
                let place = within.start + before;
                let void = self.void.partition_point(|void| (*void as usize) < place);
                each((place - void + *came) as u64, own);
            }
        }
    }
}
