//! COCO's protocol over images that come from many hands: [`Stream`].
//!
//! A [`Coco`] is told beforehand what its classes are, and takes every image once. A stream also does without: classes
//! are labels, met as they come, and an image that was given before, as samplers of distributed training do to make
//! parts of one size, counts once. Neither the order of updates nor that of merges changes a bit.

use std::borrow::Cow;
use std::collections::HashMap;

use super::evaluator::Coco;
use super::params::Params;
use super::summary::Summary;
use super::tensors::Tensors;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::batch::Batch;
use crate::eval::comparison::{ClassEntry, Comparison, ImageEntry, Rate};
use crate::eval::images::ImageId;
use crate::eval::objects::{Flags, Objects};
use crate::eval::outcomes::{MAX_CLASSES, Outcomes};
use crate::eval::records::extent;
use crate::job::Job;
use crate::report::Report;

/// What is done with an image that was given before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeats {
    /// It counts once if the same was found on it; else it is refused.
    #[default]
    Same,
    /// It counts as it was given first; then the order of updates and merges decides.
    First,
    /// It is refused.
    Never,
}

/// Objects whose classes are said by labels: the label column of the objects is not looked at.
#[derive(Clone, Debug, Default)]
pub struct Labelled {
    /// The objects.
    pub objects: Objects,
    /// The label of each.
    pub labels: Vec<i64>,
}

/// COCO's protocol over images that come from many hands.
///
/// ```
/// use lensframe::eval::{Objects, coco::{Kind, Labelled, Params, Repeats, Stream}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([1])?;
/// truth.bbox = vec![[0.0, 0.0, 10.0, 10.0]];
/// let truth = Labelled { objects: truth, labels: vec![7] };
/// let mut found = truth.clone();
/// found.objects.score = vec![0.9];
/// let mut stream = Stream::new(Params::new(Kind::Bbox), None, Repeats::Same)?;
/// for _ in 0..2 {
///     stream.update(&["a.jpg".into()], truth.clone(), found.clone(), &Job::new())?;
/// }
/// assert_eq!((stream.images(), stream.labels()), (1, vec![7]));
/// assert!((stream.summary(&Job::new())?.get("AP").unwrap() - 1.0).abs() < 1e-12);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    /// Its classes are the labels, in the order in which they came.
    coco: Coco,
    is_open: bool,
    repeats: Repeats,
    labels: Vec<i64>,
    /// The class of each label.
    classes: HashMap<i64, u32>,
    /// The place of each image in the state.
    places: HashMap<ImageId, usize>,
    /// Truths and detections of each image.
    counts: Vec<[u32; 2]>,
}

impl Stream {
    /// A stream of images of these classes, or of whatever classes come.
    ///
    /// # Errors
    /// As [`Coco::new`]; [`ErrorKind::Usage`] for labels that are not ascending, and for classes that are taken as one
    /// without being named.
    pub fn new(params: Params, labels: Option<Vec<i64>>, repeats: Repeats) -> Result<Stream> {
        let is_open = labels.is_none();
        let labels = labels.unwrap_or_default();
        if !labels.is_sorted_by(|a, b| a < b) {
            return Err(Error::new(ErrorKind::Usage, "the labels of the classes are not ascending")
                .remedy("name every class once, in the order of the labels"));
        }
        if is_open && params.class_agnostic {
            // Equal scores are in the order of classes, which are not known yet.
            return Err(Error::new(ErrorKind::Usage, "classes are taken as one, and not named")
                .remedy("name the classes, or give one label to all objects"));
        }
        let coco = Coco::new(params, labels.len())?;
        let classes = labels.iter().copied().zip(0..).collect();
        let (places, counts) = (HashMap::new(), Vec::new());
        Ok(Stream { coco, is_open, repeats, labels, classes, places, counts })
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        self.coco.params()
    }

    /// The number of images seen.
    pub fn images(&self) -> usize {
        self.counts.len()
    }

    /// The labels of the classes, ascending.
    pub fn labels(&self) -> Vec<i64> {
        let mut labels = self.labels.clone();
        labels.sort_unstable();
        labels
    }

    /// Matches these images. An area that is absent or NaN is that of the object's box, or without boxes the extent of
    /// its points or the pixels of its mask; a truth without a labelled point is ignored. Nothing is kept of a call
    /// that fails.
    ///
    /// # Errors
    /// As [`Coco::update`]; [`ErrorKind::Usage`] for a label that is no class, and for an image that was given before
    /// and may not be given again.
    pub fn update(&mut self, images: &[ImageId], truth: Labelled, found: Labelled, job: &Job) -> Result<()> {
        let mut fresh = Fresh { known: self, labels: Vec::new(), classes: HashMap::new() };
        let (truth, found) = (fresh.placed(truth, true)?, fresh.placed(found, false)?);
        let fresh = fresh.labels;
        let mut part = Coco::new(self.params().clone(), self.labels.len() + fresh.len())?;
        part.update(&Batch { images, truth: &truth, found: &found }, job)?;
        let of = |image: usize| [truth.range(image).len() as u32, found.range(image).len() as u32];
        let counts: Vec<[u32; 2]> = (0..images.len()).map(of).collect();
        let classes: Vec<u32> = (0..).take(part.classes).collect();
        self.join(&part.outcomes, &counts, images, &classes, fresh)
    }

    /// Adds what another stream of the same parameters has seen. With `shift` its images get other ids, so much further
    /// on: where ids are only numbers, counted in each stream from 0.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if parameters or classes differ; [`ErrorKind::Usage`] for an image that both have and that
    /// may not be given again. Nothing is merged then.
    pub fn merge(&mut self, other: &Stream, shift: i64) -> Result<()> {
        let alike = self.params() == other.params() && self.is_open == other.is_open;
        if !alike || !(self.is_open || self.labels == other.labels) {
            return Err(Error::new(ErrorKind::Mismatch, "streams of other parameters or classes")
                .remedy("merge evaluators that were made alike"));
        }
        let mut fresh = Fresh { known: self, labels: Vec::new(), classes: HashMap::new() };
        let classes: Vec<u32> =
            other.labels.iter().map(|label| fresh.class(*label)).collect::<Result<_>>()?;
        let fresh = fresh.labels;
        let moved = |id: &ImageId| match id {
            ImageId::Int(id) => ImageId::Int(id.wrapping_add(shift)),
            text => text.clone(),
        };
        let images: Vec<ImageId> = other.coco.outcomes.images().iter().map(moved).collect();
        self.join(&other.coco.outcomes, &other.counts, &images, &classes, fresh)
    }

    /// Takes images over, those that are not here yet.
    fn join(
        &mut self,
        other: &Outcomes,
        counts: &[[u32; 2]],
        images: &[ImageId],
        classes: &[u32],
        fresh: Vec<i64>,
    ) -> Result<()> {
        let class = |class: u32| classes.get(class as usize).copied().unwrap_or(class);
        let (own, identity) = (&self.coco.outcomes, |class: u32| class);
        let mut new: HashMap<&ImageId, usize> = HashMap::with_capacity(images.len());
        let mut taken = Vec::with_capacity(images.len());
        for (image, id) in images.iter().enumerate() {
            let (is_same, before) = match (self.places.get(id), new.get(id)) {
                (Some(place), _) => (own.is_same(*place, other, image, class), self.counts.get(*place)),
                (None, Some(place)) => (other.is_same(*place, other, image, identity), counts.get(*place)),
                (None, None) => {
                    new.insert(id, image);
                    taken.push(image);
                    continue;
                }
            };
            let is_same = is_same && before == counts.get(image);
            let (what, remedy) = match self.repeats {
                Repeats::First => continue,
                Repeats::Same if is_same => continue,
                Repeats::Same => {
                    ("was given twice, with different results", "give it once, or say that the first counts")
                }
                Repeats::Never => ("was given twice", "give every image once"),
            };
            return Err(Error::new(ErrorKind::Usage, format!("image {id} {what}")).remedy(remedy));
        }
        self.classes.extend(fresh.iter().copied().zip(self.labels.len() as u32..));
        self.labels.extend(fresh);
        self.coco.classes = self.labels.len();
        for image in taken {
            let (Some(id), Some(count)) = (images.get(image), counts.get(image)) else { continue };
            self.places.insert(id.clone(), self.counts.len());
            self.counts.push(*count);
            self.coco.outcomes.take_image(id.clone(), other, image, class);
        }
        Ok(())
    }

    /// The evaluator with its classes in the order of their labels.
    fn sorted(&self) -> Result<Cow<'_, Coco>> {
        if self.labels.is_sorted() || self.params().class_agnostic {
            return Ok(Cow::Borrowed(&self.coco));
        }
        let labels = self.labels();
        let classes: HashMap<i64, u32> = labels.iter().copied().zip(0..).collect();
        let class = |class: u32| {
            let label = self.labels.get(class as usize);
            label.and_then(|label| classes.get(label)).copied().unwrap_or(class)
        };
        let mut coco = Coco::new(self.params().clone(), labels.len())?;
        for (image, id) in self.coco.outcomes.images().iter().enumerate() {
            coco.outcomes.take_image(id.clone(), &self.coco.outcomes, image, class);
        }
        Ok(Cow::Owned(coco))
    }

    /// The numbers people quote; classes are in the order of [`Stream::labels`].
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`].
    pub fn summary(&self, job: &Job) -> Result<Summary> {
        self.sorted()?.summary(job)
    }

    /// Precision, recall and scores of all classes, in the order of [`Stream::labels`].
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`].
    pub fn tensors(&self, job: &Job) -> Result<Tensors> {
        self.sorted()?.finish_with_scores(job)
    }

    /// All that the protocol says; `names` are those of [`Stream::labels`].
    ///
    /// # Errors
    /// [`ErrorKind::Length`] for another number of names; [`ErrorKind::Cancelled`].
    pub fn report(&self, names: &[String], title: &str, job: &Job) -> Result<Report> {
        let labels = self.labels();
        if names.len() != labels.len() {
            let what = format!("{} names for {} classes", names.len(), labels.len());
            return Err(Error::new(ErrorKind::Length, what).remedy("name every class"));
        }
        let sum = |side: usize| self.counts.iter().filter_map(|of| of.get(side)).map(|n| *n as usize).sum();
        let (truths, found): (usize, usize) = (sum(0), sum(1));
        let comparison = Comparison {
            images: self.coco.outcomes.images().iter().cloned().map(ImageEntry::new).collect(),
            classes: labels.iter().zip(names).map(|(id, name)| ClassEntry::new((*id).into(), name)).collect(),
            truth: Objects::new([truths])?,
            found: Objects::new([found])?,
            rate: Rate { all: found as u64, ..Rate::default() },
            ..Comparison::default()
        };
        let coco = self.sorted()?;
        let mut report = coco.report(&comparison, title, job)?;
        coco.add_cuts(&comparison.classes, None, &mut report)?;
        let without = self.counts.iter().filter(|[_, found]| *found == 0).count();
        report.fact("images without a detection", format!("{without} of {}", self.counts.len()));
        Ok(report)
    }

    /// The state for another process to take up: labels, counts, and [`Coco::to_arrow`].
    ///
    /// # Errors
    /// As [`Coco::to_arrow`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        for count in [self.labels.len(), self.counts.len()] {
            out.extend((count as u64).to_le_bytes());
        }
        out.extend(self.labels.iter().flat_map(|label| label.to_le_bytes()));
        out.extend(self.counts.iter().flatten().flat_map(|count| count.to_le_bytes()));
        out.extend(self.coco.to_arrow()?);
        Ok(out)
    }

    /// A stream with the state that another one, made alike, wrote.
    ///
    /// # Errors
    /// As [`Stream::new`]; [`ErrorKind::Mismatch`] for the state of another evaluation; [`ErrorKind::Corrupt`] for what
    /// is none.
    pub fn from_bytes(
        params: Params,
        labels: Option<Vec<i64>>,
        repeats: Repeats,
        state: &[u8],
    ) -> Result<Stream> {
        let mut stream = Stream::new(params, labels, repeats)?;
        let (header, rest) = state.split_at_checked(16).ok_or_else(|| corrupt("it ends early"))?;
        let mut lengths = header.as_chunks::<8>().0.iter().map(|length| u64::from_le_bytes(*length));
        let mut eights = |rest| split(rest, lengths.next());
        let (labels, rest) = eights(rest)?;
        let (counts, arrow) = eights(rest)?;
        let labels: Vec<i64> = labels.as_chunks::<8>().0.iter().map(|l| i64::from_le_bytes(*l)).collect();
        if !stream.is_open && stream.labels != labels {
            return Err(Error::new(ErrorKind::Mismatch, "this state is of an evaluation of other classes")
                .at(Place::area("eval"))
                .remedy("read states of equal parameters and classes"));
        }
        stream.classes = labels.iter().copied().zip(0..).collect();
        if stream.classes.len() != labels.len() || labels.len() > MAX_CLASSES {
            return Err(corrupt("a label stands twice"));
        }
        stream.coco = Coco::from_arrow(stream.params().clone(), labels.len(), arrow)?;
        stream.labels = labels;
        let (counts, _) = counts.as_chunks::<4>();
        let counts: Vec<u32> = counts.iter().map(|count| u32::from_le_bytes(*count)).collect();
        stream.counts = counts.as_chunks::<2>().0.to_vec();
        stream.places = stream.coco.outcomes.images().iter().cloned().zip(0..).collect();
        if stream.places.len() != stream.coco.outcomes.images().len()
            || stream.counts.len() != stream.places.len()
        {
            return Err(corrupt("its images do not fit together"));
        }
        Ok(stream)
    }
}

/// So many times eight bytes, and what follows.
fn split(state: &[u8], eights: Option<u64>) -> Result<(&[u8], &[u8])> {
    let bytes = eights.and_then(|eights| usize::try_from(eights).ok()?.checked_mul(8));
    bytes.and_then(|bytes| state.split_at_checked(bytes)).ok_or_else(|| corrupt("it ends early"))
}

fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("this is no state of an evaluation: {what}"))
        .at(Place::area("eval"))
        .remedy("take a state that was written whole, by this version")
}

/// Labels that a stream has not met yet.
struct Fresh<'a> {
    known: &'a Stream,
    labels: Vec<i64>,
    classes: HashMap<i64, u32>,
}

impl Fresh<'_> {
    /// The objects, with all columns that matching asks for.
    fn placed(&mut self, side: Labelled, is_truth: bool) -> Result<Objects> {
        let mut objects = side.objects;
        objects.label = side.labels.iter().map(|label| self.class(*label)).collect::<Result<_>>()?;
        settle(&mut objects, is_truth)?;
        Ok(objects)
    }

    /// The class of a label.
    fn class(&mut self, label: i64) -> Result<u32> {
        if let Some(class) = self.known.classes.get(&label).or_else(|| self.classes.get(&label)) {
            return Ok(*class);
        }
        if !self.known.is_open {
            let what = format!("the label {label} is none of the {} classes", self.known.labels.len());
            return Err(Error::new(ErrorKind::Usage, what)
                .at(Place::none().key("label"))
                .remedy("name all classes, and give labels of theirs"));
        }
        let class = self.known.labels.len() + self.labels.len();
        if class >= MAX_CLASSES {
            return Err(Error::new(ErrorKind::Limit, format!("more than {MAX_CLASSES} classes")));
        }
        self.labels.push(label);
        self.classes.insert(label, class as u32);
        Ok(class as u32)
    }
}

/// Fills in areas that are not said, and ignores truths without a labelled point.
fn settle(objects: &mut Objects, is_truth: bool) -> Result<()> {
    let n = objects.len();
    if is_truth || objects.bbox.len() != n {
        let said = objects.area.len();
        objects.area.resize(n.max(said), f64::NAN);
    }
    let Objects { area, bbox, masks, points, .. } = objects;
    for (object, area) in area.iter_mut().enumerate().filter(|(_, area)| area.is_nan()) {
        *area = match bbox.get(object) {
            Some([_, _, w, h]) => w * h,
            None if points.each > 0 => extent(points.of(object)),
            None if masks.has(object) => f64::from(masks.area(object)?),
            None => f64::NAN,
        };
    }
    if is_truth && objects.points.each > 0 {
        let Objects { flags, points, .. } = objects;
        flags.resize(n.max(flags.len()), Flags::default());
        for (object, flags) in flags.iter_mut().enumerate() {
            flags.ignored |= !points.of(object).iter().any(|[_, _, v]| *v > 0.0);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn one(label: i64, x: f64, score: Option<f64>) -> Labelled {
        let mut objects = Objects::new([1]).unwrap();
        objects.bbox = vec![[x, 0.0, 10.0, 10.0]];
        objects.score = score.into_iter().collect();
        Labelled { objects, labels: vec![label] }
    }

    fn stream(repeats: Repeats) -> Stream {
        Stream::new(Params::new(Kind::Bbox), None, repeats).unwrap()
    }

    fn give(stream: &mut Stream, image: i64, label: i64, x: f64) -> Result<()> {
        stream.update(&[image.into()], one(label, 0.0, None), one(label, x, Some(0.5)), &Job::new())
    }

    #[test]
    fn order_of_updates_and_merges_and_labels_changes_no_bit() {
        let images = [(3, 9, 0.0), (1, 2, 2.0), (2, 9, 4.0), (7, 5, 1.0)];
        let mut forward = stream(Repeats::Same);
        images.iter().for_each(|(image, label, x)| give(&mut forward, *image, *label, *x).unwrap());
        let (mut first, mut second) = (stream(Repeats::Same), stream(Repeats::Same));
        for (n, (image, label, x)) in images.iter().rev().enumerate() {
            give(if n % 2 == 0 { &mut first } else { &mut second }, *image, *label, *x).unwrap();
        }
        first.merge(&second, 0).unwrap();
        first.merge(&forward, 0).unwrap(); // All of them again.
        assert_eq!((first.images(), first.labels()), (4, vec![2, 5, 9]));
        let job = Job::new();
        assert_eq!(forward.tensors(&job).unwrap(), first.tensors(&job).unwrap());
        let read =
            Stream::from_bytes(Params::new(Kind::Bbox), None, Repeats::Same, &first.to_bytes().unwrap());
        assert_eq!(read.unwrap().tensors(&job).unwrap(), first.tensors(&job).unwrap());
        first.merge(&forward, 100).unwrap();
        assert_eq!(first.images(), 8);
    }

    #[test]
    fn a_second_result_of_an_image_is_refused_and_leaves_nothing() {
        for (repeats, same, other) in
            [(Repeats::Same, true, false), (Repeats::First, true, true), (Repeats::Never, false, false)]
        {
            let mut stream = stream(repeats);
            give(&mut stream, 1, 3, 0.0).unwrap();
            assert_eq!(give(&mut stream, 1, 3, 0.0).is_ok(), same, "{repeats:?}");
            assert_eq!(give(&mut stream, 1, 4, 8.0).is_ok(), other, "{repeats:?}");
            assert_eq!(stream.images(), 1);
            assert_eq!(stream.labels(), if other { vec![3, 4] } else { vec![3] });
        }
    }

    #[test]
    fn damaged_states_are_refused() {
        let mut own = stream(Repeats::Same);
        give(&mut own, 1, 3, 0.0).unwrap();
        let bytes = own.to_bytes().unwrap();
        let read = |bytes: &[u8], labels| {
            Stream::from_bytes(Params::new(Kind::Bbox), labels, Repeats::Same, bytes).map(|_| ())
        };
        read(&bytes, None).unwrap();
        assert_eq!(read(&bytes, Some(vec![4])).unwrap_err().kind(), ErrorKind::Mismatch);
        for length in [0, 15, 16, 30, bytes.len() / 2] {
            assert_eq!(read(&bytes[..length], None).unwrap_err().kind(), ErrorKind::Corrupt, "{length}");
        }
        for at in 0..32 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            let _ = read(&damaged, None); // No panic; what a label or count says is not checked.
        }
    }
}
