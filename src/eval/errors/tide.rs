//! [`Tide`]: what each type of error costs, as "A General Toolbox for Identifying Object Detection Errors" (Bolya et
//! al., ECCV 2020) has it, with the numbers of tidecv 1.0.1.
//!
//! The cost of a type is how much AP would be gained if all its errors, and nothing else, were mended: a wrong class
//! or place becomes right (one detection a truth, that of the highest score; others of it go), false detections go,
//! missed truths are not asked for. Costs do not add up to what is lost. Where a mend leaves neither truth nor detection
//! (nothing was found at all, and what was missed is not asked for), the reference divides by 0; by the definition
//! AP is then whole, since no error is left.
//!
//! AP is taken at one overlap, from 101 points of recall, and averaged over the classes that have a truth or a
//! detection: a class of detections alone counts as 0, unlike in COCO. Of equal scores the curve has, in the base,
//! earlier images first; once errors are mended, errors come before hits. Images stand in the order of their ids
//! where the reference has that of the file.

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::coco::Kind;
use crate::eval::comparison::Comparison;
use crate::eval::images::ImageId;
use crate::eval::outcomes::descending;
use crate::job::Job;
use crate::report::{Better, Breakdown, Figure, Table, Unit};

use super::example::{Example, Judge, Mistake, State};
use super::needs::needs;

/// Images that are judged in one go on one thread.
const IMAGES: usize = 128;

/// Points of recall, beside 0.
const POINTS: usize = 100;

/// What TIDE is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct TideParams {
    /// What is compared: boxes or masks.
    pub kind: Kind,
    /// The overlap from which on a detection is right.
    pub positive: f64,
    /// The overlap up to which there is nothing.
    pub background: f64,
    /// How many detections of an image count, of all classes together.
    pub cap: u32,
}

impl TideParams {
    /// tidecv's own: 0.5, 0.1, 100 detections.
    pub fn new(kind: Kind) -> TideParams {
        TideParams { kind, positive: 0.5, background: 0.1, cap: 100 }
    }

    fn check(&self) -> Result<()> {
        let fault = |what: &str| Err(Error::new(ErrorKind::Usage, what));
        if matches!(self.kind, Kind::Keypoints(_)) {
            return fault("types of error are told by boxes or masks, not by keypoints");
        }
        if !(self.positive > 0.0 && self.background >= 0.0 && self.background <= self.positive) {
            return fault("the overlaps of TIDE are not 0 ≤ background ≤ positive, positive above 0");
        }
        Ok(())
    }
}

/// Judges images and adds up what their errors cost.
///
/// ```
/// use lensframe::eval::{Batch, Objects, coco::Kind, errors::{Mistake, Tide, TideParams}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([2])?;
/// (truth.label, truth.bbox) = (vec![0, 0], vec![[0.0, 0.0, 10.0, 10.0], [50.0, 0.0, 10.0, 10.0]]);
/// let mut found = Objects::new([1])?;
/// (found.label, found.bbox, found.score) = (vec![0], vec![[0.0, 0.0, 10.0, 10.0]], vec![0.9]);
/// let mut tide = Tide::new(TideParams::new(Kind::Bbox), 1)?;
/// tide.update(&Batch { images: &[1.into()], truth: &truth, found: &found }, &Job::new())?;
/// let losses = tide.finish(&Job::new())?;
/// let miss = losses.of(Mistake::Miss);
/// assert_eq!((miss.count, losses.ap.map(f64::round), miss.ap.map(f64::round)), (1, Some(50.0), Some(50.0)));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tide {
    params: TideParams,
    classes: usize,
    images: Vec<(ImageId, Example)>,
}

impl Tide {
    /// Nothing judged yet.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for parameters that cannot be.
    pub fn new(params: TideParams, classes: usize) -> Result<Tide> {
        params.check()?;
        Ok(Tide { params, classes, images: Vec::new() })
    }

    /// The costs of errors in a whole comparison.
    ///
    /// # Errors
    /// As [`Tide::new`], [`Tide::update`] and [`Tide::finish`].
    pub fn of(comparison: &Comparison, params: TideParams, job: &Job) -> Result<Losses> {
        let mut tide = Tide::new(params, comparison.classes.len())?;
        let ids = comparison.ids();
        tide.update(&comparison.batch(&ids), job)?;
        tide.finish(job)
    }

    /// The parameters.
    pub fn params(&self) -> &TideParams {
        &self.params
    }

    /// Judges these images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together or are absent;
    /// [`ErrorKind::Format`] for masks that are none; [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, job: &Job) -> Result<()> {
        batch.check(self.classes)?;
        needs(&self.params.kind, batch)?;
        let starts: Vec<usize> = (0..batch.images.len()).step_by(IMAGES).collect();
        let parts = job.each(&starts, |start| {
            let mut judge = Judge::new(&self.params);
            (*start..batch.images.len().min(start + IMAGES))
                .map(|image| judge.image(batch, image))
                .collect::<Result<Vec<_>>>()
        })?;
        self.images.extend(batch.images.iter().cloned().zip(parts.into_iter().flatten()));
        Ok(())
    }

    /// Adds what another has judged: other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the parameters or the number of classes differ.
    pub fn merge(&mut self, other: Tide) -> Result<()> {
        if self.params != other.params || self.classes != other.classes {
            return Err(Error::new(ErrorKind::Usage, "evaluators with other parameters cannot be merged"));
        }
        self.images.extend(other.images);
        Ok(())
    }

    /// What the errors cost.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice; [`ErrorKind::Cancelled`].
    pub fn finish(&self, job: &Job) -> Result<Losses> {
        let mut images: Vec<(&ImageId, &Example)> = self.images.iter().map(|(id, seen)| (id, seen)).collect();
        images.sort_by(|a, b| a.0.cmp(b.0));
        if let Some(pair) = images.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let what = format!("image {} was given twice", pair[0].0);
            return Err(Error::new(ErrorKind::Usage, what).remedy("give every image to one part only"));
        }
        let images: Vec<&Example> = images.into_iter().map(|(_, seen)| seen).collect();
        let mut changes = vec![Change::Nothing];
        changes.extend(Mistake::ALL.map(Change::Mend));
        changes.extend([Change::FalsePositives, Change::FalseNegatives]);
        let curves = job.each(&changes, |change| Ok(Curves::of(&images, *change, self.classes)))?;
        let means: Vec<Option<f64>> = curves.iter().map(Curves::mean).collect();
        let ap = means.first().copied().flatten();
        // Where neither a truth nor a detection is left, nothing is wrong any more.
        let gained = |n: usize| Some(means.get(n).copied().flatten().unwrap_or(100.0) - ap?);
        let counted = |mistake| count(&images, self.classes, mistake);
        let counts: Vec<Vec<u64>> = Mistake::ALL.into_iter().map(counted).collect();
        let main = Mistake::ALL.into_iter().zip(1..).zip(&counts).map(|((mistake, n), counts)| Loss {
            mistake,
            // Mending can lose a hair, by the order of equal scores; the reference takes that for 0.
            ap: gained(n).map(|gained| gained.max(0.0)),
            count: counts.iter().sum(),
        });
        let base = curves.first();
        let of = |class: usize| ClassLosses {
            ap: base.and_then(|curves| curves.ap(class)),
            truths: base.map_or(0, |curves| curves.truths(class)),
            counts: std::array::from_fn(|n| counts.get(n).and_then(|of| of.get(class)).copied().unwrap_or(0)),
        };
        Ok(Losses {
            params: self.params.clone(),
            ap,
            main: main.collect(),
            false_positives: gained(7),
            false_negatives: gained(8),
            classes: (0..self.classes).map(of).collect(),
        })
    }
}

/// How many mistakes of a type there are, by class: a detection's own, a missed truth's own.
fn count(images: &[&Example], classes: usize, wanted: Mistake) -> Vec<u64> {
    let mut counts = vec![0; classes];
    let mut add =
        |class: u32| counts.get_mut(class as usize).into_iter().for_each(|count: &mut u64| *count += 1);
    for image in images {
        if wanted == Mistake::Miss {
            image.missed.iter().for_each(|class| add(*class));
        }
        let wrong = |state: &State| matches!(state, State::Wrong { mistake, .. } if *mistake == wanted);
        image.found.iter().filter(|found| wrong(&found.state)).for_each(|found| add(found.class));
    }
    counts
}

/// What is changed before AP is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Nothing,
    Mend(Mistake),
    /// False detections have the score 0 and true ones 1.
    FalsePositives,
    /// Truths that were not found are not asked for.
    FalseNegatives,
}

/// The detections of each class as (score, right), and how many truths there are.
struct Curves(Vec<(Vec<(f64, bool)>, u64)>);

impl Curves {
    fn of(images: &[&Example], change: Change, classes: usize) -> Curves {
        let mut curves = vec![(Vec::new(), 0u64); classes];
        let mut push = |class: u32, score: f64, right: bool| {
            if let Some((points, _)) = curves.get_mut(class as usize) {
                points.push((score, right));
            }
        };
        let all = || images.iter().flat_map(|image| &image.found);
        let score = |score: f64, right: bool| match change {
            Change::FalsePositives => f64::from(u8::from(right)),
            _ => score,
        };
        for found in all() {
            match found.state {
                State::True if change == Change::Nothing => push(found.class, found.score, true),
                State::True => {}
                State::Wrong { mistake, mended, .. } if change == Change::Mend(mistake) => {
                    mended.into_iter().for_each(|class| push(class, found.score, true));
                }
                State::Wrong { forgiven: true, .. } => {}
                State::Wrong { .. } => push(found.class, score(found.score, false), false),
            }
        }
        if change != Change::Nothing {
            // What was right comes behind all errors.
            let right = all().filter(|found| found.state == State::True);
            right.for_each(|found| push(found.class, score(found.score, true), true));
        }
        let of = |class: &u32| *class as usize;
        for class in images.iter().flat_map(|image| &image.truths).map(of) {
            curves.get_mut(class).into_iter().for_each(|(_, truths)| *truths += 1);
        }
        let gone = images.iter().flat_map(|image| match change {
            Change::Mend(Mistake::Miss) => image.missed.as_slice(),
            Change::FalseNegatives => image.unfound.as_slice(),
            _ => &[],
        });
        for class in gone.map(of) {
            curves.get_mut(class).into_iter().for_each(|(_, truths)| *truths -= 1);
        }
        curves.iter_mut().for_each(|(points, _)| points.sort_by_key(|(score, _)| descending(*score)));
        Curves(curves)
    }

    fn truths(&self, class: usize) -> u64 {
        self.0.get(class).map_or(0, |(_, truths)| *truths)
    }

    /// The AP of a class in per cent: 0 without truths, none without anything.
    fn ap(&self, class: usize) -> Option<f64> {
        let (points, truths) = self.0.get(class)?;
        if points.is_empty() && *truths == 0 {
            return None;
        }
        Some(if *truths == 0 { 0.0 } else { average(points, *truths as f64) })
    }

    fn mean(&self) -> Option<f64> {
        let aps: Vec<f64> = (0..self.0.len()).filter_map(|class| self.ap(class)).collect();
        (!aps.is_empty()).then(|| aps.iter().sum::<f64>() / aps.len() as f64)
    }
}

/// AP in per cent from detections in descending scores.
fn average(points: &[(f64, bool)], truths: f64) -> f64 {
    let (mut hits, mut recalls, mut precisions) = (0u64, Vec::new(), Vec::new());
    for (n, (_, right)) in (1u64..).zip(points) {
        hits += u64::from(*right);
        precisions.push(hits as f64 / n as f64);
        recalls.push(hits as f64 / truths);
    }
    let mut envelope = 0.0;
    for precision in precisions.iter_mut().rev() {
        envelope = f64::max(envelope, *precision);
        *precision = envelope;
    }
    let at = |n: usize| recalls.partition_point(|recall| *recall < n as f64 / POINTS as f64);
    let sum: f64 = (0..=POINTS).filter_map(|n| precisions.get(at(n))).sum();
    sum / (POINTS + 1) as f64 * 100.0
}

/// What a type of error costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// The type.
    pub mistake: Mistake,
    /// The AP gained without it, in per cent, never below 0; `None` without truths and detections.
    pub ap: Option<f64>,
    /// How many there are.
    pub count: u64,
}

/// The errors of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassLosses {
    /// Its AP in per cent; `None` without truths and detections.
    pub ap: Option<f64>,
    /// How many truths count.
    pub truths: u64,
    /// Mistakes in the order of [`Mistake::ALL`]: detections of this class, truths of it that were missed.
    pub counts: [u64; 6],
}

/// What errors cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Losses {
    /// The parameters.
    pub params: TideParams,
    /// AP as it is, in per cent; `None` without truths and detections.
    pub ap: Option<f64>,
    /// TIDE's main errors in the order of [`Mistake::ALL`].
    pub main: Vec<Loss>,
    /// The AP gained if every false detection came last, in per cent.
    pub false_positives: Option<f64>,
    /// The AP gained if truths that were not found were not asked for, in per cent.
    pub false_negatives: Option<f64>,
    /// The classes, in the order of their labels.
    pub classes: Vec<ClassLosses>,
}

impl Losses {
    /// What a type of error costs.
    pub fn of(&self, mistake: Mistake) -> Loss {
        let known = self.main.iter().find(|loss| loss.mistake == mistake).copied();
        known.unwrap_or(Loss { mistake, ap: None, count: 0 })
    }

    /// The costs as bars, largest scale shared.
    pub fn breakdown(&self) -> Breakdown {
        let bar = |key: &str, label: String, value: Option<f64>| {
            Figure::new(key, label, value.map(|value| value / 100.0))
                .unit(Unit::Percent)
                .better(Better::Lower)
        };
        let main = self.main.iter().map(|loss| {
            let label = format!("{}, {} of them", loss.mistake.meaning(), loss.count);
            bar(loss.mistake.name(), label, loss.ap)
        });
        let mut figures: Vec<Figure> = main.collect();
        figures.push(bar("FalsePos", "all false detections".to_owned(), self.false_positives));
        figures.push(bar("FalseNeg", "all truths not found".to_owned(), self.false_negatives));
        let note = format!(
            "AP that would be gained if errors of one type were mended (TIDE: {}, right from IoU {}, nothing there up \
             to {}); they do not add up.",
            self.params.kind.name(),
            self.params.positive,
            self.params.background
        );
        Breakdown { name: "AP lost by type of error".to_owned(), note, figures }
    }

    /// AP and counts of errors, class by class. Classes are named in the order of their labels.
    pub fn table<T: Into<String>>(&self, names: impl IntoIterator<Item = T>) -> Table {
        let whole = |n: u64| i64::try_from(n).ok();
        let ap = self.classes.iter().map(|class| class.ap.map(|ap| ap / 100.0));
        let mut table = Table::new("errors by class")
            .note("How many detections of each class are wrong, and how; how many of its objects are missed.")
            .text("class", names)
            .int("objects", self.classes.iter().map(|class| whole(class.truths)))
            .percent(format!("AP{:.0}", self.params.positive * 100.0), ap.collect::<Vec<_>>());
        for (n, mistake) in Mistake::ALL.into_iter().enumerate() {
            let counts = self.classes.iter().map(|class| class.counts.get(n).copied().and_then(whole));
            table = table.int(mistake.name(), counts.collect::<Vec<_>>()).explained(mistake.meaning());
        }
        table
    }
}
