//! [`Confusion`]: which classes are taken for which, and for nothing.
//!
//! Tools count differently, and the numbers cannot be told apart by looking at them; so a matrix carries the way it
//! was counted by. Rows are truths, columns are detections, the last of each is the background.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::coco::{Kind, Overlap};
use crate::eval::comparison::Comparison;
use crate::eval::matching::{Choice, Match, Reach, Rule, Tie, Truths};
use crate::eval::outcomes::descending;
use crate::job::Job;
use crate::report::Matrix;

use super::needs::needs;
use super::pairs::Pairs;

/// Images that are counted in one go on one thread.
const IMAGES: usize = 128;

/// The name of the last row and column.
const BACKGROUND: &str = "background";

/// How a confusion matrix is counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Counting {
    /// Every detection goes with at most one truth and every truth with at most one detection: detections of a score
    /// above `score`, from the highest down (of equal ones in their own order), each take the free truth, of whatever
    /// class, that they overlap most (of equal ones the first) and by more than `iou`. What is left over on either
    /// side meets the background. The rule of Ultralytics 8.4, in double precision; a detection that is left over but
    /// overlaps a crowd or an ignored truth of its class by more than `iou`, which Ultralytics does not know, is left
    /// out of account.
    Standard {
        /// What is compared.
        kind: Kind,
        /// Detections of this score and below are not looked at.
        score: f64,
        /// The overlap that is not enough.
        iou: f64,
    },
    /// Every pair counts, as in MMDetection's `confusion_matrix.py`; see `ignored` for the version. Boxes only.
    Mmdet {
        /// The lowest score.
        score: f64,
        /// The least overlap.
        iou: f64,
        /// Doubles of a class that overlap a better one by more than this are suppressed before; their score has to be
        /// above `score`, not at it, as in the reference.
        nms: Option<f64>,
        /// Crowds and ignored truths count as any other, as in MMDetection 3; in 2 they are not there.
        ignored: bool,
    },
}

impl Counting {
    /// The standard one: scores above 0.25, overlaps above 0.45.
    pub fn standard(kind: Kind) -> Counting {
        Counting::Standard { kind, score: 0.25, iou: 0.45 }
    }

    /// MMDetection's with the defaults of its tool: scores from 0.3, overlaps from 0.5, nothing suppressed.
    pub fn mmdet() -> Counting {
        Counting::Mmdet { score: 0.3, iou: 0.5, nms: None, ignored: false }
    }

    /// The way of counting in words.
    pub fn rule(&self) -> String {
        match self {
            Counting::Standard { kind, score, iou } => format!(
                "one to one: score > {score}, {} IoU > {iou}, best free truth of any class, highest score first",
                kind.name()
            ),
            Counting::Mmdet { score, iou, nms, ignored } => {
                let nms = nms.map_or(String::new(), |nms| format!(", after suppression at {nms}"));
                let crowds = if *ignored { "as truths" } else { "left out" };
                format!("MMDetection: score ≥ {score}, IoU ≥ {iou}, every pair counts{nms}; crowds {crowds}")
            }
        }
    }

    fn check(&self) -> Result<()> {
        let (Counting::Standard { score, iou, .. } | Counting::Mmdet { score, iou, .. }) = self;
        let nms = if let Counting::Mmdet { nms, .. } = self { *nms } else { None };
        if score.is_nan() || iou.is_nan() || nms.is_some_and(f64::is_nan) {
            return Err(Error::new(ErrorKind::Usage, "a threshold of the confusion matrix is not a number"));
        }
        Ok(())
    }
}

/// Counts of truths and detections by class. Only whole numbers are kept, so that images may come in any order.
///
/// ```
/// use lensframe::eval::{Batch, Objects, coco::Kind, errors::{Confusion, Counting}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([2])?;
/// (truth.label, truth.bbox) = (vec![0, 1], vec![[0.0, 0.0, 10.0, 10.0], [50.0, 0.0, 10.0, 10.0]]);
/// let mut found = Objects::new([1])?;
/// (found.label, found.bbox, found.score) = (vec![1], vec![[0.0, 0.0, 10.0, 9.0]], vec![0.9]);
/// let mut confusion = Confusion::new(Counting::standard(Kind::Bbox), 2)?;
/// confusion.update(&Batch { images: &[1.into()], truth: &truth, found: &found }, &Job::new())?;
/// // The first truth is taken for class 1; the second is missed.
/// assert_eq!((confusion.count(0, 1), confusion.count(1, 2)), (1, 1));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    counting: Counting,
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// Nothing counted yet, of this many classes.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a threshold that is no number; [`ErrorKind::Limit`] for more than 2^14 classes.
    pub fn new(counting: Counting, classes: usize) -> Result<Confusion> {
        counting.check()?;
        if classes > 1 << 14 {
            let what = format!("a confusion matrix of {classes} classes is too large");
            return Err(Error::new(ErrorKind::Limit, what).remedy("evaluate fewer classes"));
        }
        Ok(Confusion { counting, classes, counts: vec![0; (classes + 1) * (classes + 1)] })
    }

    /// The matrix of a whole comparison.
    ///
    /// # Errors
    /// As [`Confusion::new`] and [`Confusion::update`].
    pub fn of(comparison: &Comparison, counting: Counting, job: &Job) -> Result<Confusion> {
        let mut confusion = Confusion::new(counting, comparison.classes.len())?;
        let ids = comparison.ids();
        confusion.update(&comparison.batch(&ids), job)?;
        Ok(confusion)
    }

    /// The way of counting.
    pub fn counting(&self) -> &Counting {
        &self.counting
    }

    /// The number of classes, which is the row and the column of the background.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Counts these images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together or are absent;
    /// [`ErrorKind::Format`] for masks that are none; [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, job: &Job) -> Result<()> {
        batch.check(self.classes)?;
        match &self.counting {
            Counting::Standard { kind, .. } => needs(kind, batch)?,
            Counting::Mmdet { .. } => needs(&Kind::Bbox, batch)?,
        }
        let (classes, starts) = (self.classes as u32, (0..batch.images.len()).step_by(IMAGES));
        let starts: Vec<usize> = starts.collect();
        let parts = job.each(&starts, |start| {
            let mut cells: Vec<(u32, u32)> = Vec::new();
            let images = *start..batch.images.len().min(start + IMAGES);
            match &self.counting {
                Counting::Mmdet { score, iou, nms, ignored } => {
                    let pairs = Pairs { score: *score, iou: *iou, nms: *nms, ignored: *ignored };
                    for image in images {
                        pairs.image(batch, image, classes, |row, column| cells.push((row, column)));
                    }
                }
                Counting::Standard { kind, score, iou } => {
                    let mut single = Single::new(kind, *score, *iou);
                    for image in images {
                        single.image(batch, image, classes, |row, column| cells.push((row, column)))?;
                    }
                }
            }
            Ok(cells)
        })?;
        for (row, column) in parts.into_iter().flatten() {
            self.counts[row as usize * (self.classes + 1) + column as usize] += 1;
        }
        Ok(())
    }

    /// Adds the counts of other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the way of counting or the number of classes differs.
    pub fn merge(&mut self, other: &Confusion) -> Result<()> {
        if self.counting != other.counting || self.classes != other.classes {
            return Err(Error::new(
                ErrorKind::Usage,
                "matrices that were counted in other ways cannot be merged",
            ));
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(own, other)| *own += other);
        Ok(())
    }

    /// The count of a class of the truth and one of the detections; the number of classes stands for the background.
    pub fn count(&self, truth: usize, found: usize) -> u64 {
        let width = self.classes + 1;
        if truth < width && found < width { self.counts[truth * width + found] } else { 0 }
    }

    /// A cell as a share of its row; `None` where the row is empty, which MMDetection writes as −1 %.
    pub fn share(&self, truth: usize, found: usize) -> Option<f64> {
        let sum: u64 = (0..=self.classes).map(|column| self.count(truth, column)).sum();
        (sum > 0).then(|| self.count(truth, found) as f64 / sum as f64)
    }

    /// The matrix as part of a report. Classes are named in the order of their labels.
    pub fn matrix<T: Into<String>>(&self, names: impl IntoIterator<Item = T>) -> Matrix {
        let mut all: Vec<String> = names.into_iter().map(Into::into).take(self.classes).collect();
        all.extend((all.len()..self.classes).map(|class| format!("class {class}")));
        // A class may be called so, too.
        let mut background = BACKGROUND.to_owned();
        while all.contains(&background) {
            background = format!("({background})");
        }
        all.push(background.clone());
        Matrix {
            name: "Confusion matrix".to_owned(),
            rule: self.counting.rule(),
            row_axis: "truth".to_owned(),
            column_axis: "predicted".to_owned(),
            background: Some(background),
            symmetric: false,
            columns: all.clone(),
            rows: all,
            counts: self.counts.clone(),
        }
    }
}

/// The standard counting of images, one after another; keeps its buffers.
struct Single<'a> {
    overlap: Overlap<'a>,
    score: f64,
    iou: f64,
    choice: Truths,
    matrix: Vec<f64>,
}

impl<'a> Single<'a> {
    fn new(kind: &'a Kind, score: f64, iou: f64) -> Single<'a> {
        Single { overlap: Overlap::new(kind), score, iou, choice: Truths::default(), matrix: Vec::new() }
    }

    fn image(
        &mut self,
        batch: &Batch,
        image: usize,
        classes: u32,
        mut count: impl FnMut(u32, u32),
    ) -> Result<()> {
        let (truth, found) = (batch.truth, batch.found);
        let truths: Vec<u32> = truth.range(image).map(|t| t as u32).collect();
        let mut order: Vec<u32> =
            found.range(image).filter(|d| found.score[*d] > self.score).map(|d| d as u32).collect();
        order.sort_by_key(|d| descending(found.score[*d as usize]));
        let ignored: Vec<bool> = truths
            .iter()
            .map(|t| truth.flags(*t as usize))
            .map(|flags| flags.crowd || flags.ignored)
            .collect();
        self.matrix.clear();
        if !truths.is_empty() && !order.is_empty() {
            self.overlap.fill(batch, &truths, &order, &mut self.matrix)?;
        }
        self.choice.begin(&ignored);
        let rule = Rule { choice: Choice::BestFree, tie: Tie::First, reach: Reach::Above };
        let mut taken = vec![false; truths.len()];
        for (n, d) in order.iter().enumerate() {
            let label = found.label[*d as usize];
            let row = &mut self.matrix[n * truths.len()..(n + 1) * truths.len()];
            for ((overlap, t), ignored) in row.iter_mut().zip(&truths).zip(&ignored) {
                if *ignored && truth.label[*t as usize] != label {
                    *overlap = f64::NEG_INFINITY;
                }
            }
            match self.choice.choose(rule, row, |t| ignored[t], |_| self.iou) {
                Match::Truth(t) | Match::Taken(t) if ignored[t as usize] => {}
                Match::Truth(t) | Match::Taken(t) => {
                    taken[t as usize] = true;
                    count(truth.label[truths[t as usize] as usize], label);
                }
                Match::None => count(classes, label),
            }
        }
        for ((t, taken), ignored) in truths.iter().zip(taken).zip(ignored) {
            if !taken && !ignored {
                count(truth.label[*t as usize], classes);
            }
        }
        Ok(())
    }
}
