//! [`Tally`]: what the keys of some rows say, counted; tallies of neighbouring rows are merged in their order.
//!
//! Of an object about 16 bytes stay (its side, aspect, share of the image and area), of an image about 16 and 4 for each
//! of its classes; so that quantiles are exact.

use std::collections::BTreeMap;

use super::classes::Counts;
use super::images::Seen;
use super::objects::Objects;
use super::options::Options;
use super::row::Row;
use super::splits::Splits;
use super::suspects::{Finding, Suspect, is_odd_area};

/// Cells of the map of centres on each side.
pub(super) const CELLS: usize = 32;

/// Between the classes of two images in [`Tally::present`].
pub(super) const NEXT: u32 = u32::MAX;

/// What is counted of a split.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SplitCounts {
    pub(super) images: u64,
    pub(super) annotated: u64,
    pub(super) empty: u64,
    pub(super) objects: u64,
}

/// What is found of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) count: u64,
    pub(super) images: u64,
    last: Option<usize>,
    pub(super) first: Vec<Finding>,
}

/// What some rows say.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) annotated: u64,
    pub(super) empty: u64,
    pub(super) objects: u64,
    pub(super) shaped: u64,
    pub(super) classes: BTreeMap<usize, Counts>,
    /// Objects whose label no table has, by label.
    pub(super) strange: BTreeMap<Option<i64>, Counts>,
    /// The classes of each image, once each, images with none left out; [`NEXT`] ends an image.
    pub(super) present: Vec<u32>,
    pub(super) crowding: Vec<f32>,
    pub(super) widths: Vec<f32>,
    pub(super) heights: Vec<f32>,
    pub(super) image_aspects: Vec<f32>,
    pub(super) sizes: BTreeMap<(u32, u32), u64>,
    pub(super) sides: Vec<f32>,
    pub(super) aspects: Vec<f32>,
    pub(super) shares: Vec<f32>,
    pub(super) centres: Vec<u64>,
    pub(super) splits: BTreeMap<usize, SplitCounts>,
    pub(super) found: BTreeMap<Suspect, Found>,
}

/// What rows are counted by.
pub(super) struct Counting<'a> {
    pub(super) options: &'a Options,
    pub(super) splits: &'a Splits,
    pub(super) seen: &'a [Seen],
    /// The class of each label.
    pub(super) classes: &'a [usize],
    pub(super) names: &'a [String],
    /// Whether the set declares classes at all; where it does not, no label is wrong.
    pub(super) has_classes: bool,
    /// Which dataset, the number of its first row among all, and that of the first row read in it.
    pub(super) member: usize,
    pub(super) start: usize,
    pub(super) first: usize,
}

impl Counting<'_> {
    fn class(&self, label: Option<i64>) -> Option<usize> {
        label.and_then(|label| self.classes.get(usize::try_from(label).ok()?)).copied()
    }

    fn finding(
        &self,
        row: usize,
        object: usize,
        label: Option<i64>,
        bbox: Option<Vec<f64>>,
        size: Option<(u32, u32)>,
    ) -> Finding {
        let class = match (self.class(label).and_then(|class| self.names.get(class)), label) {
            (Some(name), _) => name.clone(),
            (None, Some(label)) => format!("class {label}"),
            (None, None) => String::new(),
        };
        let row = Row { member: self.member, row: row - self.start, ..Row::default() };
        Finding { row, object, class, bbox, size }
    }
}

impl Tally {
    /// Counts the rows of a batch.
    pub(super) fn of(objects: &Objects, by: &Counting<'_>) -> Tally {
        let mut tally = Tally { centres: vec![0; CELLS * CELLS], ..Tally::default() };
        let mut next = 0;
        let rows = objects.lengths.iter().zip(&objects.sizes).enumerate();
        for (at, (length, declared)) in rows {
            let row = by.start + by.first + at;
            let size = declared.or_else(|| by.seen.get(row)?.size);
            if let Some(size) = size {
                tally.size(size);
            }
            let split = by.splits.of(row).map(|split| tally.splits.entry(split).or_default());
            if let Some(split) = split {
                split.images += 1;
                split.annotated += u64::from(length.is_some());
                split.empty += u64::from(*length == Some(0));
                split.objects += length.unwrap_or(0) as u64;
            }
            let Some(length) = *length else { continue };
            tally.annotated += 1;
            tally.empty += u64::from(length == 0);
            tally.objects += length as u64;
            tally.crowding.push(length as f32);
            tally.image(objects, next..next + length, row, size, by);
            next += length;
        }
        tally
    }

    fn size(&mut self, (height, width): (u32, u32)) {
        self.widths.push(width as f32);
        self.heights.push(height as f32);
        self.image_aspects.push(width as f32 / height as f32);
        *self.sizes.entry((height, width)).or_default() += 1;
    }

    fn image(
        &mut self,
        objects: &Objects,
        range: std::ops::Range<usize>,
        row: usize,
        size: Option<(u32, u32)>,
        by: &Counting<'_>,
    ) {
        let split = by.splits.of(row);
        let present = self.present.len();
        let mut same: Vec<(Option<i64>, [u64; 4], usize)> = Vec::new();
        for (place, at) in range.clone().enumerate() {
            let extent = objects.extent(at);
            let label = objects.label.as_ref().map(|flat| flat.values.get(at).copied().flatten());
            let declared = objects.area.as_ref().and_then(|flat| flat.values.get(at).copied().flatten());
            let shape = objects.shape.as_ref().map(|flat| flat.values.get(at).copied().flatten());
            let shaped =
                objects.shape.as_ref().is_some_and(|flat| matches!(flat.values.get(at), Some(Some(_))));
            self.shaped += u64::from(shaped);
            let sound = extent.filter(|extent| extent.is_sound());
            let area = declared.filter(|area| area.is_finite() && *area >= 0.0);
            let area = area.or_else(|| sound.map(|extent| extent.area()));
            let flag = |flat: &Option<super::lists::Flat<bool>>| {
                flat.as_ref().is_some_and(|flat| flat.values.get(at) == Some(&true))
            };
            let (crowd, difficult) = (flag(&objects.crowded), flag(&objects.difficult));
            let class = by.class(label.flatten());
            if label.is_some() {
                let counts = match class {
                    Some(class) => self.classes.entry(class).or_default(),
                    None => self.strange.entry(label.flatten()).or_default(),
                };
                let first = counts.add(row, split, crowd, difficult, area);
                if let (true, Some(class)) = (first, class) {
                    self.present.push(u32::try_from(class).unwrap_or(NEXT - 1));
                }
            }
            if let Some(extent) = sound {
                self.extent(extent.bbox, extent.sides, size);
            }
            let mut hit = |kind| {
                let finding = || by.finding(row, place, label.flatten(), objects.stored(at), size);
                self.found.entry(kind).or_default().add(row, by.options.top, finding);
            };
            match extent {
                Some(extent) => extent.judge(size, by.options, &mut hit),
                None if objects.has_boxes() => hit(Suspect::NoBox),
                None => {}
            }
            if label.is_some() && class.is_none() && (by.has_classes || label == Some(None)) {
                hit(Suspect::Label);
            }
            if objects.shape.is_some() && !shaped {
                hit(Suspect::NoShape);
            }
            if declared.is_some_and(|area| is_odd_area(area, shape.flatten().flatten(), extent)) {
                hit(Suspect::Area);
            }
            if let Some(extent) = extent.filter(|extent| extent.is_finite()) {
                same.push((label.flatten(), extent.bbox.map(f64::to_bits), place));
            }
        }
        let start = range.start;
        for (label, place) in twins(same) {
            let finding = || by.finding(row, place, label, objects.stored(start + place), size);
            self.found.entry(Suspect::Twin).or_default().add(row, by.options.top, finding);
        }
        if self.present.len() > present {
            self.present.push(NEXT);
        }
    }

    fn extent(&mut self, [x, y, w, h]: [f64; 4], sides: [f64; 2], size: Option<(u32, u32)>) {
        self.sides.push((sides[0] * sides[1]).sqrt() as f32);
        self.aspects.push((sides[0] / sides[1]) as f32);
        let Some((height, width)) = size else { return };
        let (height, width) = (f64::from(height), f64::from(width));
        self.shares.push((sides[0] * sides[1] / (height * width)).sqrt() as f32);
        let cell = |share: f64| (share * CELLS as f64).floor();
        let (column, line) = (cell((x + w / 2.0) / width), cell((y + h / 2.0) / height));
        let inside = |cell: f64| (0.0..CELLS as f64).contains(&cell);
        if inside(column) && inside(line) {
            self.centres[line as usize * CELLS + column as usize] += 1;
        }
    }

    /// Takes in the tally of the rows that follow.
    pub(super) fn merge(&mut self, other: Tally, top: usize) {
        self.annotated += other.annotated;
        self.empty += other.empty;
        self.objects += other.objects;
        self.shaped += other.shaped;
        for (class, counts) in other.classes {
            self.classes.entry(class).or_default().merge(counts);
        }
        for (label, counts) in other.strange {
            self.strange.entry(label).or_default().merge(counts);
        }
        self.present.extend(other.present);
        self.crowding.extend(other.crowding);
        self.widths.extend(other.widths);
        self.heights.extend(other.heights);
        self.image_aspects.extend(other.image_aspects);
        for (size, count) in other.sizes {
            *self.sizes.entry(size).or_default() += count;
        }
        self.sides.extend(other.sides);
        self.aspects.extend(other.aspects);
        self.shares.extend(other.shares);
        self.centres.resize(CELLS * CELLS, 0);
        self.centres.iter_mut().zip(other.centres).for_each(|(own, more)| *own += more);
        for (split, counts) in other.splits {
            let own = self.splits.entry(split).or_default();
            own.images += counts.images;
            own.annotated += counts.annotated;
            own.empty += counts.empty;
            own.objects += counts.objects;
        }
        for (kind, found) in other.found {
            let own = self.found.entry(kind).or_default();
            own.count += found.count;
            own.images += found.images;
            own.first.extend(found.first);
            own.first.truncate(top);
        }
    }
}

/// Label and place of objects that have the class and box of an earlier one, by their place.
fn twins(mut objects: Vec<(Option<i64>, [u64; 4], usize)>) -> Vec<(Option<i64>, usize)> {
    objects.sort_unstable();
    let equal = |pair: &&[(Option<i64>, [u64; 4], usize)]| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1);
    let mut twins: Vec<(Option<i64>, usize)> =
        objects.windows(2).filter(equal).map(|pair| (pair[1].0, pair[1].2)).collect();
    twins.sort_unstable_by_key(|(_, place)| *place);
    twins
}

impl Found {
    fn add(&mut self, row: usize, top: usize, finding: impl FnOnce() -> Finding) {
        self.count += 1;
        self.images += u64::from(self.last != Some(row));
        self.last = Some(row);
        if self.first.len() < top {
            self.first.push(finding());
        }
    }
}
