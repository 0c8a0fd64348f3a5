//! What records of a file that no import knew lack for COCO's tools to read it, counted with rows.
//!
//! pycocotools fails on a file as soon as one annotation has no category or, when boxes are evaluated, no box;
//! such annotations are left out. An image without size or name is written: only some tools need them.

use std::collections::BTreeMap;

use super::member::{At, Extent, category, element};
use super::plan::FilePlan;
use super::shape::Shape;
use crate::convert::LossReport;
use crate::convert::export::{Chunks, Table};

const NO_CATEGORY: &str = "without one of the classes COCO's tools cannot read the file: left out";
const NO_BOX: &str = "without a box or a segmentation COCO's tools cannot use them: left out";
const NOT_A_SHAPE: &str =
    "no outline of three corners and no run lengths that add up: COCO's tools fail on it";
const NOT_A_RING: &str = "rings of fewer than three corners: COCO's tools fail on them";
const NO_LABEL: &str = "not said, and needed: all are of one category, 'object'";
const NO_AREA: &str = "not said, and needed: made from the segmentation, else the box";
const NO_CROWD: &str = "not said, and needed: iscrowd is 0";
const BOX_MADE: &str = "not said, and needed: the box around the segmentation is made";

/// Looks at records before they are written.
pub(super) struct Lacks<'a> {
    /// False for files that an import knew: they are written as they were.
    looks: bool,
    /// The image keys that some tools need, with why.
    image: Vec<(&'static str, Option<&'a Chunks>, &'static str)>,
    labels: Option<&'a Chunks>,
    areas: Option<&'a Chunks>,
    crowded: Option<&'a Chunks>,
    extent: Extent<'a>,
    category_ids: &'a [String],
    found: BTreeMap<(&'static str, &'static str), Found>,
}

#[derive(Default)]
struct Found {
    values: u64,
    changed: bool,
    rows: Vec<u64>,
}

impl<'a> Lacks<'a> {
    pub(super) fn of_images(plan: &FilePlan<'_>, table: &'a Table) -> Lacks<'a> {
        let size = "not known: tools that draw outlines need it";
        let keys = [("height", size), ("width", size), ("file_name", "not known: loaders of images need it")];
        let image = keys.into_iter().map(|(key, why)| (key, table.row_key(key), why));
        Lacks {
            looks: plan.custom && plan.primary,
            image: image.collect(),
            labels: None,
            areas: None,
            crowded: None,
            extent: Extent { boxes: None, shapes: None },
            category_ids: &[],
            found: BTreeMap::new(),
        }
    }

    pub(super) fn of_annotations(
        plan: &FilePlan<'_>,
        table: &'a Table,
        category_ids: &'a [String],
    ) -> Lacks<'a> {
        Lacks {
            looks: plan.custom,
            image: Vec::new(),
            labels: table.object_key("label"),
            areas: table.object_key("area"),
            crowded: table.object_key("crowded"),
            extent: Extent { boxes: table.object_key("bbox"), shapes: table.object_key("segmentation") },
            category_ids,
            found: BTreeMap::new(),
        }
    }

    fn count(&mut self, key: &'static str, why: &'static str, values: u64, at: At) -> &mut Found {
        let found = self.found.entry((key, why)).or_default();
        found.values += values;
        if found.rows.len() < 3 && !found.rows.contains(&at.place()) {
            found.rows.push(at.place());
        }
        found
    }

    /// Counts what the image lacks.
    pub(super) fn image(&mut self, at: At) {
        for n in 0..if self.looks { self.image.len() } else { 0 } {
            let Some((key, chunks, why)) = self.image.get(n).copied() else { continue };
            if chunks.and_then(|c| c.cell(at.row)).is_none() {
                self.count(key, why, 1, at);
            }
        }
    }

    /// Counts what the annotation lacks; false if it must be left out.
    pub(super) fn annotation(&mut self, at: At) -> bool {
        if !self.looks {
            return true;
        }
        if let Some(labels) = self.labels {
            let label = element(labels, at).and_then(|label| category(label, self.category_ids));
            if label.is_none() {
                self.count("label", NO_CATEGORY, 1, at);
                return false;
            }
        }
        let extent = self.extent;
        let shape = extent.shapes.and_then(|shapes| element(shapes, at)).map(Shape::of);
        match &shape {
            Some(None) => drop(self.count("segmentation", NOT_A_SHAPE, 1, at)),
            Some(Some(Shape::Outline(_, odd))) if *odd > 0 => {
                self.count("segmentation", NOT_A_RING, *odd, at);
            }
            _ => {}
        }
        if extent.boxes.is_none() && extent.shapes.is_none() {
            return true;
        }
        if extent.declared(at).is_none() {
            if shape.flatten().and_then(|shape| shape.bounds()).is_none() {
                self.count("bbox", NO_BOX, 1, at);
                return false;
            }
            self.count("bbox", BOX_MADE, 1, at).changed = true;
        }
        let said = |chunks: Option<&'a Chunks>| chunks.and_then(|c| element(c, at)).is_some();
        let made = [
            ("label", said(self.labels), NO_LABEL),
            ("area", said(self.areas), NO_AREA),
            ("crowded", said(self.crowded), NO_CROWD),
        ];
        for (key, said, why) in made {
            if !said {
                self.count(key, why, 1, at).changed = true;
            }
        }
        true
    }

    /// Adds what was counted to the report.
    pub(super) fn report(&self, loss: &mut LossReport) {
        for ((key, why), found) in &self.found {
            match found.changed {
                true => loss.change(key, found.values, why),
                false => loss.add(key, found.values, why),
            }
            for row in &found.rows {
                loss.example(key, *row, why);
            }
        }
    }
}
