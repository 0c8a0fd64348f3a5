//! Objects as their source lists them: columns in that order, with the places of their images and classes.

use crate::error::Result;

use super::images::ImageId;
use super::masks::Masks;
use super::objects::{Flags, Objects, Points};
use super::read::Wanted;
use crate::geometry::{Rotated, Size};

/// Objects in file order. Columns that no record had are empty; in others a record without the value has a stand-in.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// The place of its image.
    pub(super) image: Vec<u32>,
    /// The place of its class.
    pub(super) class: Vec<u32>,
    pub(super) score: Vec<f64>,
    pub(super) bbox: Vec<[f64; 4]>,
    pub(super) area: Vec<f64>,
    pub(super) flags: Vec<Flags>,
    pub(super) masks: Masks,
    pub(super) points: Points,
    pub(super) rotated: Vec<Rotated>,
    /// Their own ids, an empty text for none.
    pub(super) ids: Vec<ImageId>,
    /// Their places in the source.
    pub(super) source: Vec<u32>,
}

impl Records {
    /// The records of these numbers, in this order.
    pub(super) fn pick(&mut self, order: &[u32]) {
        self.image = gather(&self.image, order);
        self.class = gather(&self.class, order);
        self.score = gather(&self.score, order);
        self.bbox = gather(&self.bbox, order);
        self.area = gather(&self.area, order);
        self.flags = gather(&self.flags, order);
        self.rotated = gather(&self.rotated, order);
        self.source = gather(&self.source, order);
        self.ids = order.iter().filter_map(|n| self.ids.get(*n as usize)).cloned().collect();
        if !self.masks.is_empty() {
            self.masks = self.masks.pick(order);
        }
        self.points.values = order.iter().flat_map(|n| self.points.of(*n as usize)).copied().collect();
    }

    /// Makes room for this many more detections.
    pub(super) fn reserve(&mut self, records: usize, wanted: &Wanted) {
        self.image.reserve_exact(records);
        self.class.reserve_exact(records);
        self.score.reserve_exact(records);
        self.area.reserve_exact(records);
        if wanted.boxes {
            self.bbox.reserve_exact(records);
        }
        self.points.values.reserve_exact(records * wanted.points);
    }

    /// Gives polygons the size of their images, and areas that had to wait for it (NaN) their pixels.
    pub(super) fn settle(&mut self, size: impl Fn(u32) -> Option<Size>) {
        if self.masks.is_empty() {
            return;
        }
        for (record, image) in self.image.iter().enumerate() {
            if let Some(size) = size(*image) {
                self.masks.set_size(record, size);
            }
        }
        for (record, area) in self.area.iter_mut().enumerate() {
            if area.is_nan() && self.masks.has(record) {
                *area = self.masks.area(record).map_or(0.0, f64::from);
            }
        }
    }

    /// The first polygon that still has no size, of an image that is listed: its record and its image.
    pub(super) fn unsized_mask(&self, listed: impl Fn(u32) -> bool) -> Option<(usize, u32)> {
        let mut images = self.image.iter().copied().enumerate().take(self.masks.len());
        images.find(|(record, image)| !self.masks.is_sized(*record) && listed(*image))
    }

    /// The objects by image, in file order within each, and only those that have an image and a class: `image`
    /// gives an image's place in the order wanted, `class` a class's label.
    pub(super) fn into_objects(
        self,
        images: usize,
        image: impl Fn(u32) -> Option<u32>,
        class: impl Fn(u32) -> Option<u32>,
    ) -> Result<Objects> {
        let mut counts = vec![0usize; images];
        let placed = |n: u32, c: u32| image(n).filter(|at| (*at as usize) < images && class(c).is_some());
        let mut in_order = true;
        let mut last = 0;
        for (n, c) in self.image.iter().zip(&self.class) {
            let at = placed(*n, *c);
            if let Some(count) = at.and_then(|at| counts.get_mut(at as usize)) {
                *count += 1;
            }
            in_order &= at.is_some_and(|at| at >= last);
            last = at.unwrap_or(0);
        }
        let mut objects = Objects::new(counts.iter().copied())?;
        if in_order {
            // As files are written by most tools: nothing moves.
            objects.label = self.class;
            objects.label.iter_mut().for_each(|label| *label = class(*label).unwrap_or(0));
            (objects.score, objects.bbox, objects.area) = (self.score, self.bbox, self.area);
            (objects.flags, objects.masks, objects.points) = (self.flags, self.masks, self.points);
            (objects.rotated, objects.ids, objects.source) = (self.rotated, self.ids, self.source);
            return Ok(objects);
        }
        let mut next: Vec<usize> = (0..images).map(|image| objects.range(image).start).collect();
        let mut order = vec![0u32; objects.len()];
        for (record, (n, c)) in (0u32..).zip(self.image.iter().zip(&self.class)) {
            if let Some(next) = placed(*n, *c).and_then(|at| next.get_mut(at as usize)) {
                if let Some(slot) = order.get_mut(*next) {
                    *slot = record;
                }
                *next += 1;
            }
        }
        objects.label = gather(&self.class, &order).into_iter().map(|c| class(c).unwrap_or(0)).collect();
        objects.score = gather(&self.score, &order);
        drop(self.score);
        objects.bbox = gather(&self.bbox, &order);
        drop(self.bbox);
        objects.area = gather(&self.area, &order);
        objects.flags = gather(&self.flags, &order);
        objects.rotated = gather(&self.rotated, &order);
        objects.source = gather(&self.source, &order);
        objects.ids = order.iter().filter_map(|n| self.ids.get(*n as usize)).cloned().collect();
        if !self.masks.is_empty() {
            objects.masks = self.masks.pick(&order);
        }
        objects.points.each = self.points.each;
        objects.points.values = order.iter().flat_map(|n| self.points.of(*n as usize)).copied().collect();
        Ok(objects)
    }
}

/// The values of these records; none if the column is empty.
pub(in crate::eval) fn gather<T: Copy>(column: &[T], order: &[u32]) -> Vec<T> {
    if column.is_empty() {
        return Vec::new();
    }
    let mut out = Vec::with_capacity(order.len());
    out.extend(order.iter().filter_map(|n| column.get(*n as usize)));
    out
}

/// The area of the box around all points, labelled or not: width times height.
pub(super) fn extent(points: &[[f64; 3]]) -> f64 {
    let side = |axis: usize| {
        let values = points.iter().filter_map(|point| point.get(axis));
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        high - low
    };
    side(0) * side(1)
}
