//! LVIS's protocol as an evaluator: [`Lvis`].
//!
//! What makes LVIS is done to the batch before COCO's matching sees it. As in lvis-api 0.5.3, objects of which the
//! area is not above 0 do not exist on either side; the cut to the best detections comes before all else.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::coco::{Coco, Kind, Params, Tensors};
use crate::eval::matches::Matches;
use crate::eval::objects::{Flags, Objects};
use crate::eval::outcomes::descending;
use crate::job::Job;

use super::summary::LvisSummary;

/// How many detections of an image are looked at.
pub const CAP: u32 = 300;

/// In how many training images a class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Up to 10 (`r`).
    Rare,
    /// Up to 100 (`c`).
    Common,
    /// More (`f`).
    Frequent,
}

/// What is known of the classes of each image of a batch; a list an image, in any order.
#[derive(Clone, Copy, Debug)]
pub struct Federation<'a> {
    /// Classes the image does not hold.
    pub negative: &'a [Vec<u32>],
    /// Classes of which not every object was marked.
    pub not_exhaustive: &'a [Vec<u32>],
}

/// LVIS's protocol over images as they come.
///
/// ```
/// use lensframe::eval::{Batch, Objects, coco::Kind, lvis::{Federation, Frequency, Lvis}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([1])?;
/// (truth.label, truth.bbox, truth.area) = (vec![0], vec![[0.0, 0.0, 10.0, 10.0]], vec![100.0]);
/// // A true detection, a false one of a negative class, and one of a class of which nothing is known.
/// let mut found = Objects::new([3])?;
/// (found.label, found.score) = (vec![0, 1, 2], vec![0.8, 0.9, 0.95]);
/// found.bbox = vec![[0.0, 0.0, 10.0, 10.0]; 3];
/// let mut lvis = Lvis::new(Kind::Bbox, vec![Frequency::Rare, Frequency::Common, Frequency::Frequent])?;
/// let known = Federation { negative: &[vec![1]], not_exhaustive: &[vec![]] };
/// lvis.update(&Batch { images: &[1.into()], truth: &truth, found: &found }, &known, &Job::new())?;
/// assert_eq!(lvis.coco().outcomes().len(), 2);
/// let summary = lvis.finish(&Job::new())?;
/// assert!((summary.get("APr").unwrap() - 1.0).abs() < 1e-12);
/// assert_eq!((summary.get("AP"), summary.get("APc")), (summary.get("APr"), None));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lvis {
    coco: Coco,
    frequencies: Vec<Frequency>,
    cap: u32,
}

impl Lvis {
    /// An evaluator of boxes or masks for classes of these frequencies.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for keypoints.
    pub fn new(kind: Kind, frequencies: Vec<Frequency>) -> Result<Lvis> {
        Lvis::with_cap(kind, frequencies, CAP)
    }

    /// The same with another number of detections an image.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for keypoints, or a cap of 0.
    pub fn with_cap(kind: Kind, frequencies: Vec<Frequency>, cap: u32) -> Result<Lvis> {
        if matches!(kind, Kind::Keypoints(_)) {
            return Err(Error::new(ErrorKind::Usage, "LVIS has no keypoints")
                .remedy("compare boxes or masks, or use COCO's protocol"));
        }
        let params = Params { caps: vec![cap], ..Params::new(kind) };
        Ok(Lvis { coco: Coco::new(params, frequencies.len())?, frequencies, cap })
    }

    /// The evaluator beneath, for its parameters and outcomes.
    pub fn coco(&self) -> &Coco {
        &self.coco
    }

    /// The frequencies of the classes.
    pub fn frequencies(&self) -> &[Frequency] {
        &self.frequencies
    }

    /// Matches these images. How they are spread over calls and threads does not change the result.
    ///
    /// The area of a detection is that of its column or, without one, of its box, or else of its mask.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] for lists of another number of images; otherwise as [`Coco::update`].
    pub fn update(&mut self, batch: &Batch, known: &Federation, job: &Job) -> Result<()> {
        let (truth, _, found, _) = self.picked(batch, known)?;
        self.coco.update(&Batch { images: batch.images, truth: &truth, found: &found }, job)
    }

    /// [`Lvis::update`], and who got whom: `iou` is the threshold at which truths are named, the lowest without one.
    ///
    /// # Errors
    /// As [`Lvis::update`]; [`ErrorKind::Usage`] for a threshold that is none of the protocol's.
    pub fn update_matches(
        &mut self,
        batch: &Batch,
        known: &Federation,
        iou: Option<f64>,
        job: &Job,
    ) -> Result<Matches> {
        let (truth, real, found, looked_at) = self.picked(batch, known)?;
        let picked = Batch { images: batch.images, truth: &truth, found: &found };
        let traces = self.coco.traced(&picked, iou, job)?;
        let traces: Vec<_> = traces.into_iter().map(|trace| trace.of_picked(&real, &looked_at)).collect();
        let thresholds = &self.coco.params().thresholds;
        Ok(Matches::of(thresholds, &traces, batch.truth.len(), batch.found.len()))
    }

    /// The objects of both sides that count, and their numbers in the batch.
    fn picked(&self, batch: &Batch, known: &Federation) -> Result<(Objects, Vec<u32>, Objects, Vec<u32>)> {
        batch.check(self.frequencies.len())?;
        for (name, lists) in [("negative", known.negative), ("not exhaustive", known.not_exhaustive)] {
            if lists.len() != batch.images.len() {
                let what = format!("{} images, but {name} classes for {}", batch.images.len(), lists.len());
                return Err(Error::new(ErrorKind::Length, what));
            }
        }
        if batch.truth.area.len() != batch.truth.len() {
            return Err(Error::new(ErrorKind::Usage, "the truths have no area, which LVIS needs"));
        }
        let (truth, real) = real_truths(batch)?;
        let (found, looked_at) = self.looked_at(batch, &truth, known)?;
        Ok((truth, real, found, looked_at))
    }

    /// The detections that count, those of classes that are not exhaustive flagged as ignored.
    fn looked_at(&self, batch: &Batch, truth: &Objects, known: &Federation) -> Result<(Objects, Vec<u32>)> {
        let found = batch.found;
        let areas = areas(found)?;
        let (mut counts, mut order, mut flags) = (Vec::new(), Vec::new(), Vec::new());
        let mut best: Vec<u32> = Vec::new();
        for image in 0..batch.images.len() {
            best.clear();
            best.extend(found.range(image).map(|d| d as u32));
            if best.len() > self.cap as usize {
                best.sort_by_key(|d| descending(found.score[*d as usize]));
                best.truncate(self.cap as usize);
            }
            let mut present: Vec<u32> = truth.range(image).map(|t| truth.label[t]).collect();
            present.extend(&known.negative[image]);
            present.sort_unstable();
            let before = order.len();
            for d in &best {
                let label = found.label[*d as usize];
                if exists(areas[*d as usize]) && present.binary_search(&label).is_ok() {
                    let ignored = known.not_exhaustive[image].contains(&label);
                    order.push(*d);
                    flags.push(Flags { ignored, ..Flags::default() });
                }
            }
            counts.push(order.len() - before);
        }
        let mut out = picked(found, counts, &order)?;
        out.area = order.iter().map(|d| areas[*d as usize]).collect();
        out.flags = flags;
        Ok((out, order))
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if parameters or frequencies differ.
    pub fn merge(&mut self, other: &Lvis) -> Result<()> {
        if self.frequencies != other.frequencies {
            return Err(Error::new(ErrorKind::Usage, "evaluators with other frequencies cannot be merged"));
        }
        self.coco.merge(&other.coco)
    }

    /// Precision and recall of all classes, as lvis-api has them in `eval`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice; [`ErrorKind::Cancelled`].
    pub fn tensors(&self, job: &Job) -> Result<Tensors> {
        self.coco.finish(job)
    }

    /// The numbers people quote.
    ///
    /// # Errors
    /// As [`Lvis::tensors`].
    pub fn finish(&self, job: &Job) -> Result<LvisSummary> {
        Ok(LvisSummary::of(&self.tensors(job)?, &self.frequencies, self.coco.params()))
    }
}

/// The reference asks for objects of an area between 0 and infinity, both left out.
fn exists(area: f64) -> bool {
    area > 0.0 && area < f64::INFINITY
}

/// The truths that exist; nothing is a crowd.
fn real_truths(batch: &Batch) -> Result<(Objects, Vec<u32>)> {
    let truth = batch.truth;
    let (mut counts, mut order) = (Vec::new(), Vec::new());
    for image in 0..batch.images.len() {
        let before = order.len();
        order.extend(truth.range(image).filter(|t| exists(truth.area[*t])).map(|t| t as u32));
        counts.push(order.len() - before);
    }
    let mut out = picked(truth, counts, &order)?;
    out.area = order.iter().map(|t| truth.area[*t as usize]).collect();
    out.flags = order.iter().map(|t| Flags { crowd: false, ..truth.flags(*t as usize) }).collect();
    Ok((out, order))
}

/// These objects, without area and flags.
fn picked(from: &Objects, counts: Vec<usize>, order: &[u32]) -> Result<Objects> {
    let mut out = Objects::new(counts)?;
    let at = |o: &u32| *o as usize;
    out.label = order.iter().map(|o| from.label[at(o)]).collect();
    if !from.score.is_empty() {
        out.score = order.iter().map(|o| from.score[at(o)]).collect();
    }
    if !from.bbox.is_empty() {
        out.bbox = order.iter().map(|o| from.bbox[at(o)]).collect();
    }
    if !from.masks.is_empty() {
        out.masks = from.masks.pick(order);
    }
    Ok(out)
}

fn areas(found: &Objects) -> Result<Vec<f64>> {
    let n = found.len();
    if found.area.len() == n {
        return Ok(found.area.clone());
    }
    if found.bbox.len() == n {
        return Ok(found.bbox.iter().map(|[_, _, w, h]| w * h).collect());
    }
    if found.masks.len() == n {
        return (0..n).map(|d| found.masks.area(d).map(f64::from)).collect();
    }
    Err(Error::new(ErrorKind::Usage, "the detections have neither area nor bbox nor masks"))
}
