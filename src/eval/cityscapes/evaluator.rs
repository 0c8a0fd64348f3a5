//! [`Evaluator`]: objects, predictions and what they share, image by image.
//!
//! Nothing is decided yet when an image is added: areas are whole numbers, and any threshold can be asked of them
//! at the end. Merging is a union of images.

use std::collections::BTreeMap;

use super::scores::Scores;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::contingency::contingency;
use crate::geometry::{LabelMap, Rle};

/// Numbers of the truth from here on are class × 1000 + instance.
pub(super) const OBJECTS: u32 = 1000;

/// The rules of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The ids of the classes that are evaluated, in the order of the scores.
    pub classes: Vec<u32>,
    /// The numbers of the truth that are void.
    pub void: Vec<u32>,
    /// The thresholds that an overlap must be above; none below 1/2, so that no prediction has two objects.
    pub overlaps: Vec<f64>,
    /// Objects of fewer pixels are not asked for.
    pub smallest: u64,
}

impl Options {
    /// The official ones: person, rider, car, truck, bus, train, motorcycle, bicycle; 0.50 to 0.95 in steps of
    /// 0.05, as `numpy.arange` makes them; 100 pixels. Void are the bare numbers of classes that the benchmark
    /// leaves out; an instance of such a class (a caravan, 29001) is not.
    pub fn cityscapes() -> Options {
        let step = (0.5 + 0.05) - 0.5;
        Options {
            classes: vec![24, 25, 26, 27, 28, 31, 32, 33],
            void: vec![0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30],
            overlaps: (0..10).map(|i| 0.5 + f64::from(i) * step).collect(),
            smallest: 100,
        }
    }
}

/// A predicted object.
#[derive(Clone, Copy, Debug)]
pub struct Prediction<'a> {
    /// Its class, by id.
    pub class: u32,
    /// How sure the prediction is.
    pub score: f64,
    /// Its pixels.
    pub mask: &'a Rle,
}

/// An object, or group of objects, of the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Object {
    /// Position of its class in the options.
    pub(super) class: u32,
    pub(super) group: bool,
    pub(super) pixels: u64,
}

/// A prediction, reduced to counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// Position of its class in the options.
    pub(super) class: u32,
    pub(super) score: f64,
    pub(super) pixels: u64,
    /// Pixels that are void.
    pub(super) void: u64,
    /// The objects of its class that it touches, by position, with the pixels shared.
    pub(super) shared: Vec<(u32, u64)>,
}

/// What of an image is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) objects: Vec<Object>,
    pub(super) found: Vec<Found>,
}

/// Collects images; see the [front page](crate::eval::cityscapes).
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluator {
    options: Options,
    images: BTreeMap<u64, Seen>,
}

impl Evaluator {
    /// Nothing seen yet.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a threshold below 1/2, or that is no number.
    pub fn new(options: Options) -> Result<Evaluator> {
        match options.overlaps.iter().find(|overlap| overlap.is_nan() || **overlap < 0.5) {
            Some(overlap) => {
                let what = format!("an overlap of {overlap} would let one prediction match two objects");
                Err(Error::new(ErrorKind::Usage, what).at(place()).remedy("ask for 0.5 or more"))
            }
            None => Ok(Evaluator { options, images: BTreeMap::new() }),
        }
    }

    /// The rules.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Adds an image: its map of numbers and its predictions. Predictions of other classes and without a pixel are
    /// left out. `position` tells images apart, `image` names it in errors. After an error the state is what it
    /// was.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] for a mask of another size; [`ErrorKind::Format`] for a score that is no number;
    /// [`ErrorKind::Usage`] for a position that was there before.
    pub fn update<T>(
        &mut self,
        position: u64,
        image: &str,
        truth: LabelMap<'_, T>,
        predictions: &[Prediction<'_>],
    ) -> Result<()>
    where
        T: Copy + Ord + Into<u32>,
    {
        let seen = self.see(truth, predictions).map_err(|e| e.at(place().file(image)))?;
        if self.images.contains_key(&position) {
            return Err(twice(position).at(Place::none().file(image)));
        }
        self.images.insert(position, seen);
        Ok(())
    }

    fn see<T>(&self, truth: LabelMap<'_, T>, predictions: &[Prediction<'_>]) -> Result<Seen>
    where
        T: Copy + Ord + Into<u32>,
    {
        let size = truth.size();
        let class_of =
            |id: u32| self.options.classes.iter().position(|class| *class == id).map(|at| at as u32);
        let (mut seen, mut at) = (Seen::default(), BTreeMap::new());
        let areas = contingency(truth.ids(), &vec![0u8; truth.ids().len()])?.truth_areas();
        for (number, pixels) in areas {
            let group = number < OBJECTS;
            if let Some(class) = class_of(if group { number } else { number / OBJECTS }) {
                at.insert(number, seen.objects.len() as u32);
                seen.objects.push(Object { class, group, pixels });
            }
        }
        // Masks run down the columns, so the map is turned once for all of them.
        let (rows, columns) = (size.height as usize, size.width as usize);
        let turned = |at: usize| truth.ids()[at % rows * columns + at / rows];
        let down: Vec<T> =
            if predictions.is_empty() { Vec::new() } else { (0..rows * columns).map(turned).collect() };
        let (mut inside, zeros) = (Vec::new(), vec![0u8; down.len()]);
        for (n, prediction) in predictions.iter().enumerate() {
            if prediction.mask.size() != size {
                let what = format!("prediction {n} is {} pixels, the truth {size}", prediction.mask.size());
                return Err(Error::new(ErrorKind::Mismatch, what));
            }
            if prediction.score.is_nan() {
                return Err(Error::new(
                    ErrorKind::Format,
                    format!("the score of prediction {n} is not a number"),
                ));
            }
            let Some(class) = class_of(prediction.class).filter(|_| !prediction.mask.is_empty()) else {
                continue;
            };
            inside.clear();
            for (from, to) in prediction.mask.inside() {
                inside.extend_from_slice(&down[from as usize..to as usize]);
            }
            let mut found = Found {
                class,
                score: prediction.score,
                pixels: inside.len() as u64,
                void: 0,
                shared: Vec::new(),
            };
            for (number, pixels) in contingency(&inside, &zeros[..inside.len()])?.truth_areas() {
                if self.options.void.contains(&number) {
                    found.void += pixels;
                }
                if let Some(object) = at.get(&number).filter(|at| seen.objects[**at as usize].class == class)
                {
                    found.shared.push((*object, pixels));
                }
            }
            seen.found.push(found);
        }
        Ok(seen)
    }

    /// Adds what another evaluator has seen.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if it has other rules, [`ErrorKind::Usage`] if both have seen an image; the state
    /// is then what it was.
    pub fn merge(&mut self, other: Evaluator) -> Result<()> {
        if self.options != other.options {
            let what = "evaluators with different rules cannot be merged";
            return Err(Error::new(ErrorKind::Mismatch, what).at(place()));
        }
        match other.images.keys().find(|position| self.images.contains_key(position)) {
            Some(position) => Err(twice(*position)),
            None => {
                self.images.extend(other.images);
                Ok(())
            }
        }
    }

    /// The scores of what was seen so far.
    pub fn finish(&self) -> Scores {
        let images: Vec<&Seen> = self.images.values().collect();
        Scores::of(&images, &self.options)
    }
}

fn place() -> Place {
    Place::area("cityscapes")
}

fn twice(position: u64) -> Error {
    Error::new(ErrorKind::Usage, format!("image {position} is there twice")).at(place())
}
