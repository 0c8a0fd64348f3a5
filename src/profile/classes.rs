//! [`Class`]: what is there of a class; [`Classes`]: the classes of several datasets by name.

use std::collections::{BTreeMap, HashMap};

use super::spread::median;
use crate::dataset::Dataset;

/// Below these areas, in pixels, an object is small or medium; the others are large. COCO's, where what lies on an end
/// counts on both sides; here it counts as the larger.
pub(super) const AREAS: [f64; 2] = [32.0 * 32.0, 96.0 * 96.0];

/// What is there of a class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Class {
    /// Its name; `class 7` for a label that the table has not, `(no class)` for objects without one.
    pub name: String,
    /// Objects.
    pub objects: u64,
    /// Images with at least one of them.
    pub images: u64,
    /// Objects that are crowds.
    pub crowds: u64,
    /// Objects that are difficult.
    pub difficult: u64,
    /// Small, medium and large objects, by area: below 32², below 96², the rest.
    pub sizes: [u64; 3],
    /// The median of areas, in pixels.
    pub median: Option<f64>,
    /// Objects in each split, in the order of the splits.
    pub splits: Vec<u64>,
}

/// The names of classes, and which of them a label of each dataset is.
pub(super) struct Classes {
    pub(super) names: Vec<String>,
    /// For each dataset, the class of each label of its table.
    pub(super) of: Vec<Vec<usize>>,
}

impl Classes {
    /// The classes of a set. Those of several datasets are one where their names are equal.
    pub(super) fn of(members: &[(&str, &Dataset)], set: &str) -> Classes {
        let mut classes = Classes { names: Vec::new(), of: Vec::new() };
        for (at, (_, ds)) in members.iter().enumerate() {
            let own: Vec<String> = ds
                .classes(set)
                .map(|table| table.iter().map(|class| class.name.clone()).collect())
                .unwrap_or_default();
            if at == 0 {
                // Within one table, two classes may have one name and are two.
                classes.of.push((0..own.len()).collect());
                classes.names = own;
                continue;
            }
            let mut known: HashMap<String, usize> = HashMap::new();
            for (at, name) in classes.names.iter().enumerate() {
                known.entry(name.clone()).or_insert(at);
            }
            let mut number = |name: String| match known.get(&name) {
                Some(at) => *at,
                None => {
                    classes.names.push(name.clone());
                    known.insert(name, classes.names.len() - 1);
                    classes.names.len() - 1
                }
            };
            let of = own.into_iter().map(&mut number).collect();
            classes.of.push(of);
        }
        classes
    }
}

/// Counts of a class as they are collected.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) objects: u64,
    pub(super) images: u64,
    pub(super) crowds: u64,
    pub(super) difficult: u64,
    pub(super) sizes: [u64; 3],
    pub(super) areas: Vec<f32>,
    pub(super) splits: BTreeMap<usize, u64>,
    /// The last row that had one, so that each counts once.
    last: Option<usize>,
}

impl Counts {
    /// Counts an object; true if it is the first of its class in the image.
    pub(super) fn add(
        &mut self,
        row: usize,
        split: Option<usize>,
        crowd: bool,
        difficult: bool,
        area: Option<f64>,
    ) -> bool {
        self.objects += 1;
        self.crowds += u64::from(crowd);
        self.difficult += u64::from(difficult);
        if let Some(split) = split {
            *self.splits.entry(split).or_default() += 1;
        }
        if let Some(area) = area {
            let size = AREAS.iter().filter(|end| area >= **end).count();
            self.sizes[size] += 1;
            self.areas.push(area as f32);
        }
        let first = self.last != Some(row);
        self.images += u64::from(first);
        self.last = Some(row);
        first
    }

    /// Takes in the counts of other rows.
    pub(super) fn merge(&mut self, other: Counts) {
        self.objects += other.objects;
        self.images += other.images;
        self.crowds += other.crowds;
        self.difficult += other.difficult;
        self.sizes.iter_mut().zip(other.sizes).for_each(|(own, more)| *own += more);
        self.areas.extend(other.areas);
        for (split, count) in other.splits {
            *self.splits.entry(split).or_default() += count;
        }
    }

    /// The class, once all is counted.
    pub(super) fn finish(mut self, name: String, splits: usize) -> Class {
        Class {
            name,
            objects: self.objects,
            images: self.images,
            crowds: self.crowds,
            difficult: self.difficult,
            sizes: self.sizes,
            median: median(&mut self.areas),
            splits: (0..splits).map(|split| self.splits.get(&split).copied().unwrap_or(0)).collect(),
        }
    }
}
