//! [`Steps`]: how precision over recall would rise if errors were forgiven, one kind after another.
//!
//! COCO's error analysis in the form of MMDetection's `coco_error_analysis.py` (3.3.0, the same in 2.28): average
//! precision at IoU 0.75 and 0.50, then at 0.10 (places forgiven), then with classes of the same supercategory
//! forgiven, then with all other classes, then with everything that is on no object, and at last with what is missed.
//! To forgive a class is to make its truths crowds of the class that is looked at: what overlaps them is left out of
//! account, by the share of the detection that lies on them.
//!
//! Two things are as in the reference and surprise: a class without truths in a range counts as 0 in the mean of all
//! (as 1 in `FN`), unless [`StepsParams::corrected`] leaves it out; and `BG` says only at which points of recall
//! there is any precision.

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::coco::{AreaRange, Coco, Kind, Params};
use crate::eval::comparison::Comparison;
use crate::eval::images::ImageId;
use crate::eval::masks::Masks;
use crate::eval::objects::Flags;
use crate::eval::sum::mean;
use crate::job::Job;
use crate::report::{Breakdown, Chart, Curve, Figure, Table};

use super::part::{drawn, part};

/// What is forgiven, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Nothing, at IoU 0.75.
    C75,
    /// Nothing, at IoU 0.50.
    C50,
    /// Places: IoU 0.10.
    Loc,
    /// And classes of the same supercategory.
    Sim,
    /// And all other classes.
    Oth,
    /// And what lies on no object.
    Bg,
    /// And what was not found: everything.
    Fn,
}

impl Step {
    /// All, in their order.
    pub const ALL: [Step; 7] = [Step::C75, Step::C50, Step::Loc, Step::Sim, Step::Oth, Step::Bg, Step::Fn];

    /// The reference's name.
    pub fn name(self) -> &'static str {
        match self {
            Step::C75 => "C75",
            Step::C50 => "C50",
            Step::Loc => "Loc",
            Step::Sim => "Sim",
            Step::Oth => "Oth",
            Step::Bg => "BG",
            Step::Fn => "FN",
        }
    }

    /// What it is, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Step::C75 => "IoU 0.75",
            Step::C50 => "IoU 0.50",
            Step::Loc => "places forgiven (IoU 0.10)",
            Step::Sim => "similar classes forgiven",
            Step::Oth => "all classes forgiven",
            Step::Bg => "background forgiven",
            Step::Fn => "misses forgiven",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct StepsParams {
    /// Boxes or masks.
    pub kind: Kind,
    /// Area ranges; the first is that of the headline.
    pub ranges: Vec<AreaRange>,
    /// How many detections of an image and class count.
    pub cap: u32,
    /// Leave classes without truths out of the mean of all; the reference counts them as 0.
    pub corrected: bool,
}

impl StepsParams {
    /// The reference's own: COCO's ranges, 100 detections.
    pub fn new(kind: Kind) -> StepsParams {
        let Params { ranges, kind, .. } = Params::new(kind);
        StepsParams { kind, ranges, cap: 100, corrected: false }
    }

    fn coco(&self, thresholds: &[f64]) -> Params {
        let (ranges, caps) = (self.ranges.clone(), vec![self.cap]);
        Params { ranges, caps, thresholds: thresholds.to_vec(), ..Params::new(self.kind.clone()) }
    }
}

/// Precision over recall at every step, of every class, in every range.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// The parameters.
    pub params: StepsParams,
    /// Points of recall (R).
    pub recalls: Vec<f64>,
    /// Classes (K).
    pub classes: usize,
    /// True if any class has a supercategory; else [`Step::Sim`] has no numbers. A class without one where others
    /// have one is similar to none.
    pub similar: bool,
    /// The reference's array `ps`: steps × R × K × ranges; 0 where a class has no truth in the range.
    pub precision: Vec<f64>,
    /// Whether a class has truths in a range: K × ranges.
    truths: Vec<bool>,
}

impl Steps {
    /// The steps of a comparison.
    ///
    /// ```
    /// use lensframe::eval::coco::Kind;
    /// use lensframe::eval::comparison::{ClassEntry, Comparison, ImageEntry};
    /// use lensframe::eval::errors::{Step, Steps, StepsParams};
    /// use lensframe::eval::Objects;
    /// use lensframe::job::Job;
    /// let class = |id: i64, name: &str| ClassEntry { supercategory: Some("pet".into()), ..ClassEntry::new(id.into(), name) };
    /// let (cat, dog) = ([0.0, 0.0, 10.0, 10.0], [50.0, 0.0, 10.0, 10.0]);
    /// let mut truth = Objects::new([2])?;
    /// (truth.label, truth.bbox, truth.area) = (vec![0, 1], vec![cat, dog], vec![100.0; 2]);
    /// // The dog is found; the cat is taken for a dog, and with a higher score.
    /// let mut found = Objects::new([2])?;
    /// (found.label, found.bbox, found.area) = (vec![1, 1], vec![dog, cat], vec![100.0; 2]);
    /// found.score = vec![0.5, 0.9];
    /// let comparison = Comparison {
    ///     images: vec![ImageEntry::new(1.into())],
    ///     classes: vec![class(1, "cat"), class(2, "dog")],
    ///     truth,
    ///     found,
    ///     ..Comparison::default()
    /// };
    /// let steps = Steps::of(&comparison, StepsParams::new(Kind::Bbox), &Job::new())?;
    /// let dog = |step| steps.ap(step, Some(1), 0).map(|ap| (ap * 10.0).round());
    /// assert_eq!((dog(Step::Loc), dog(Step::Sim)), (Some(5.0), Some(10.0)));
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for keypoints and for columns that are absent; [`ErrorKind::Format`] for masks that are
    /// none; [`ErrorKind::Cancelled`].
    pub fn of(comparison: &Comparison, params: StepsParams, job: &Job) -> Result<Steps> {
        if matches!(params.kind, Kind::Keypoints(_)) {
            return Err(Error::new(
                ErrorKind::Usage,
                "steps of errors are taken of boxes or masks, not of keypoints",
            ));
        }
        let (ids, classes) = (comparison.ids(), comparison.classes.len());
        let batch = comparison.batch(&ids);
        let base = params.coco(&[0.75, 0.5, 0.1]);
        let mut coco = Coco::new(base.clone(), classes)?;
        coco.update(&batch, job)?;
        let (tensors, ordered) = (coco.finish(job)?, coco.outcomes().in_order(classes)?);
        let ranges = params.ranges.len();
        let has = |class: usize, range: usize| ordered.truths(class).get(range).is_some_and(|n| *n > 0);
        let mut steps = Steps {
            recalls: base.recalls.clone(),
            classes,
            similar: comparison.classes.iter().any(|class| class.supercategory.is_some()),
            precision: vec![0.0; Step::ALL.len() * base.recalls.len() * classes * ranges],
            truths: (0..classes).flat_map(|class| (0..ranges).map(move |range| has(class, range))).collect(),
            params,
        };
        for step in [Step::C75, Step::C50, Step::Loc] {
            steps.put(step, 0..classes, |r, class, range| {
                tensors.precision_at(step as usize, r, class, range, 0)
            });
        }
        let forgiving = Forgiving::of(comparison, &batch, &steps.params, job)?;
        let numbers: Vec<usize> = (0..classes).collect();
        let alone = job.clone().threads(1).unwatched();
        let stage = job.stage("forgiving errors", Some(classes as u64));
        let forgiven = job.each(&numbers, |class| {
            let similar = forgiving.precision(*class, Step::Sim, &alone)?;
            let other = forgiving.precision(*class, Step::Oth, &alone)?;
            stage.advance(1)?;
            Ok((similar, other))
        })?;
        for (class, (similar, other)) in forgiven.into_iter().enumerate() {
            for (step, curves) in [(Step::Sim, similar), (Step::Oth, other)] {
                steps.put(step, class..class + 1, |r, _, range| curves.get(r * ranges + range).copied());
            }
        }
        let any: Vec<bool> = steps.step(Step::Oth).iter().map(|precision| *precision > 0.0).collect();
        let at = Step::Bg as usize * any.len();
        for (slot, any) in steps.precision.iter_mut().skip(at).zip(&any) {
            *slot = f64::from(u8::from(*any));
        }
        steps.precision.iter_mut().skip(Step::Fn as usize * any.len()).for_each(|slot| *slot = 1.0);
        Ok(steps)
    }

    /// The values of a step: R × K × ranges.
    fn step(&self, step: Step) -> &[f64] {
        let size = self.recalls.len() * self.classes * self.params.ranges.len();
        self.precision.get(step as usize * size..(step as usize + 1) * size).unwrap_or_default()
    }

    fn place(&self, step: Step, recall: usize, class: usize, range: usize) -> usize {
        let row = step as usize * self.recalls.len() + recall;
        (row * self.classes + class) * self.params.ranges.len() + range
    }

    /// Puts precisions of some classes; none is 0.
    fn put(
        &mut self,
        step: Step,
        classes: std::ops::Range<usize>,
        precision: impl Fn(usize, usize, usize) -> Option<f64>,
    ) {
        for recall in 0..self.recalls.len() {
            for class in classes.clone() {
                for range in 0..self.params.ranges.len() {
                    let place = self.place(step, recall, class, range);
                    if let Some(slot) = self.precision.get_mut(place) {
                        *slot = precision(recall, class, range).filter(|p| *p > -1.0).unwrap_or(0.0);
                    }
                }
            }
        }
    }

    /// True if a class has truths in a range.
    pub fn has_truths(&self, class: usize, range: usize) -> bool {
        self.truths.get(class * self.params.ranges.len() + range).copied().unwrap_or(false)
    }

    /// The classes that a mean is taken of.
    fn counted(&self, class: Option<usize>, range: usize) -> Vec<usize> {
        let all = 0..self.classes;
        match class {
            Some(class) => all.filter(|k| *k == class && self.has_truths(class, range)).collect(),
            None if self.params.corrected => all.filter(|class| self.has_truths(*class, range)).collect(),
            None => all.collect(),
        }
    }

    /// The mean precision over recall of a class, or of all. `None` for a class without truths in the range, for
    /// [`Step::Sim`] where there are no supercategories, and where there are no classes.
    pub fn ap(&self, step: Step, class: Option<usize>, range: usize) -> Option<f64> {
        let counted = self.counted(class, range);
        if step == Step::Sim && !self.similar {
            return None;
        }
        let terms: Vec<f64> = (0..self.recalls.len())
            .flat_map(|r| counted.iter().map(move |class| (r, *class)))
            .filter_map(|(r, class)| self.precision.get(self.place(step, r, class, range)).copied())
            .collect();
        mean(&terms)
    }

    /// Precision at each point of recall, of a class or in the mean of all; empty where [`Steps::ap`] is `None`.
    pub fn curve(&self, step: Step, class: Option<usize>, range: usize) -> Vec<(f64, f64)> {
        let counted = self.counted(class, range);
        if step == Step::Sim && !self.similar {
            return Vec::new();
        }
        let at = |r: usize| {
            let own =
                counted.iter().filter_map(|class| self.precision.get(self.place(step, r, *class, range)));
            mean(&own.copied().collect::<Vec<_>>())
        };
        self.recalls.iter().enumerate().filter_map(|(r, recall)| Some((*recall, at(r)?))).collect()
    }

    /// The steps of a class, or of all, as bars.
    pub fn breakdown(&self, class: Option<(usize, &str)>, range: usize) -> Breakdown {
        let figure = |step: Step| {
            let label = match step {
                Step::Sim if !self.similar => "no supercategories".to_owned(),
                step => step.meaning().to_owned(),
            };
            Figure::new(step.name(), label, self.ap(step, class.map(|(class, _)| class), range))
        };
        let of = class.map_or(String::new(), |(_, name)| format!(" of {name}"));
        let area = self.params.ranges.get(range).filter(|area| area.name != "all");
        let area = area.map_or(String::new(), |area| format!(", {} objects", area.name));
        Breakdown {
            name: format!("AP{of} as errors are forgiven{area}"),
            note: format!("Each step forgives more than the one before ({}).", self.params.kind.name()),
            figures: Step::ALL.map(figure).into(),
        }
    }

    /// The steps of every class in a range, as a table. Classes are named in the order of their labels.
    pub fn table<T: Into<String>>(&self, names: impl IntoIterator<Item = T>, range: usize) -> Table {
        let mut table = Table::new("AP as errors are forgiven, by class").text("class", names);
        // The last step is 1 for every class.
        for step in Step::ALL.into_iter().take(6).filter(|step| *step != Step::Sim || self.similar) {
            let values = (0..self.classes).map(|class| self.ap(step, Some(class), range));
            table = table.float(step.name(), values.collect::<Vec<_>>()).explained(step.meaning());
        }
        table
    }

    /// The steps of a class, or of all, as curves of precision over recall, drawn over each other.
    pub fn chart(&self, class: Option<(usize, &str)>, range: usize) -> Chart {
        let number = class.map(|(class, _)| class);
        let of = class.map_or("all classes", |(_, name)| name);
        let mut chart = Chart::new(format!("Precision as errors are forgiven, {of}"), "recall", "precision");
        let steps = Step::ALL.into_iter().filter(|step| *step != Step::Sim || self.similar);
        chart.curves = steps
            .map(|step| {
                Curve::new(step.name(), self.curve(step, number, range)).value(self.ap(step, number, range))
            })
            .filter(|curve| !curve.points.is_empty())
            .collect();
        chart
    }
}

/// Evaluates one class at a time, with truths of other classes made crowds of it.
struct Forgiving<'a> {
    comparison: &'a Comparison,
    params: Params,
    /// The images on which each class was found or is there.
    images: Vec<Vec<u32>>,
    /// Masks drawn once, of truths and of detections: every class asks for them again.
    drawn: [Option<Masks>; 2],
}

impl<'a> Forgiving<'a> {
    fn of(
        comparison: &'a Comparison,
        batch: &Batch,
        params: &StepsParams,
        job: &Job,
    ) -> Result<Forgiving<'a>> {
        let mut images = vec![Vec::new(); comparison.classes.len()];
        for image in 0..batch.images.len() {
            let labels =
                [batch.truth, batch.found].into_iter().flat_map(|side| side.label.get(side.range(image)));
            for label in labels.flatten() {
                let Some(own) = images.get_mut(*label as usize) else { continue };
                if own.last() != Some(&(image as u32)) {
                    own.push(image as u32);
                }
            }
        }
        let (truth, found) = (&comparison.truth.masks, &comparison.found.masks);
        let drawn = match params.kind {
            Kind::Segm => [drawn(truth, job)?, drawn(found, job)?],
            _ => [None, None],
        };
        Ok(Forgiving { comparison, params: params.coco(&[0.1]), images, drawn })
    }

    /// Precision of a class: R × ranges; −1 without truths.
    fn precision(&self, class: usize, step: Step, job: &Job) -> Result<Vec<f64>> {
        let Comparison { truth, found, classes, .. } = self.comparison;
        let images = self.images.get(class).map_or(&[][..], Vec::as_slice);
        let group = classes.get(class).and_then(|class| class.supercategory.as_ref());
        let is = |label: Option<&u32>| label.is_some_and(|label| *label as usize == class);
        let wanted = |label: Option<&u32>| {
            let other = || classes.get(*label? as usize)?.supercategory.as_ref();
            is(label) || step == Step::Oth || (group.is_some() && other() == group)
        };
        let of =
            |image: &u32, side: &crate::eval::Objects, holds: &dyn Fn(Option<&u32>) -> bool| -> Vec<u32> {
                let all = side.range(*image as usize).filter(|at| holds(side.label.get(*at)));
                all.map(|at| at as u32).collect()
            };
        let own: Vec<Vec<u32>> = images.iter().map(|image| of(image, found, &|label| is(label))).collect();
        let there: Vec<Vec<u32>> = images
            .iter()
            .zip(&own)
            // Where nothing was found nothing is forgiven.
            .map(|(image, own)| {
                of(image, truth, &|label| if own.is_empty() { is(label) } else { wanted(label) })
            })
            .collect();
        let crowd = Flags { crowd: true, ignored: true, ..Flags::default() };
        let forgiven = |t: u32| {
            let own = is(truth.label.get(t as usize));
            (0, if own { truth.flags(t as usize) } else { crowd })
        };
        let masks = |side: usize, declared: &'a Masks| -> &Masks {
            self.drawn.get(side).and_then(Option::as_ref).unwrap_or(declared)
        };
        let (shown, seen) = (masks(0, &truth.masks), masks(1, &found.masks));
        let (truth, found) = (
            part(truth, shown, &there, forgiven)?,
            part(found, seen, &own, |d| (0, found.flags(d as usize)))?,
        );
        let ids: Vec<ImageId> = images.iter().map(|image| ImageId::Int(i64::from(*image))).collect();
        let mut coco = Coco::new(self.params.clone(), 1)?;
        coco.update(&Batch { images: &ids, truth: &truth, found: &found }, job)?;
        Ok(coco.finish(job)?.precision)
    }
}
