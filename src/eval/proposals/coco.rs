//! COCO's average recall of proposals: [`ProposalRecall`].

use std::fmt;

use crate::error::Result;
use crate::eval::batch::Batch;
use crate::eval::coco::{Coco, Kind, Params};
use crate::job::Job;

/// COCO's protocol over boxes with all classes as one (`useCats = 0`), read as MMDetection reads it.
///
/// ```
/// use lensframe::eval::{Batch, Objects, proposals::ProposalRecall};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([1])?;
/// (truth.label, truth.bbox, truth.area) = (vec![7], vec![[0.0, 0.0, 10.0, 10.0]], vec![100.0]);
/// let mut found = Objects::new([1])?;
/// (found.label, found.bbox, found.score) = (vec![0], vec![[0.0, 0.0, 10.0, 10.0]], vec![0.9]);
/// let mut recall = ProposalRecall::new(&[100, 300, 1000], 8)?;
/// recall.update(&Batch { images: &[1.into()], truth: &truth, found: &found }, &Job::new())?;
/// let numbers = recall.finish(&Job::new())?;
/// assert_eq!((numbers.get("AR@100"), numbers.get("AR_s@1000")), (Some(1.0), Some(1.0)));
/// assert_eq!(numbers.get("AR_l@1000"), None);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProposalRecall {
    coco: Coco,
}

/// Average recalls by MMDetection's keys.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposalNumbers {
    /// `AR@N` for every cap over all areas, then `AR_s@N`, `AR_m@N` and `AR_l@N` for the greatest; `None` without a
    /// truth, where the reference has −1. It rounds to three decimals, and always writes 100, 300 and 1000.
    pub numbers: Vec<(String, Option<f64>)>,
}

impl ProposalRecall {
    /// An evaluator with these numbers of proposals an image, ascending; labels are below `classes`.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for no numbers, or a 0.
    pub fn new(proposal_nums: &[u32], classes: usize) -> Result<ProposalRecall> {
        let params = Params { caps: proposal_nums.to_vec(), class_agnostic: true, ..Params::new(Kind::Bbox) };
        Ok(ProposalRecall { coco: Coco::new(params, classes)? })
    }

    /// Matches these images, as [`Coco::update`].
    ///
    /// # Errors
    /// As [`Coco::update`].
    pub fn update(&mut self, batch: &Batch, job: &Job) -> Result<()> {
        self.coco.update(batch, job)
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// As [`Coco::merge`].
    pub fn merge(&mut self, other: &ProposalRecall) -> Result<()> {
        self.coco.merge(&other.coco)
    }

    /// The evaluator beneath, for its outcomes and tensors.
    pub fn coco(&self) -> &Coco {
        &self.coco
    }

    /// The recalls.
    ///
    /// # Errors
    /// As [`Coco::finish`].
    pub fn finish(&self, job: &Job) -> Result<ProposalNumbers> {
        let (params, tensors) = (self.coco.params(), self.coco.finish(job)?);
        let mut numbers = Vec::new();
        for (at, cap) in params.caps.iter().enumerate() {
            numbers.push((format!("AR@{cap}"), tensors.mean_recall(None, 0, at, None)));
        }
        if let Some(last) = params.caps.len().checked_sub(1) {
            for (range, letter) in [(1, 's'), (2, 'm'), (3, 'l')] {
                let key = format!("AR_{letter}@{}", params.cap());
                numbers.push((key, tensors.mean_recall(None, range, last, None)));
            }
        }
        Ok(ProposalNumbers { numbers })
    }
}

impl ProposalNumbers {
    /// The number of this key.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.numbers.iter().find(|(own, _)| own == key).and_then(|(_, value)| *value)
    }
}

impl fmt::Display for ProposalNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.numbers.iter().try_for_each(|(key, value)| writeln!(f, "{key}: {:.3}", value.unwrap_or(-1.0)))
    }
}
