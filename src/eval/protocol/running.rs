//! [`Running`]: a protocol over images as they come, part by part.
//!
//! What is kept is what the protocol's evaluator keeps: neither pictures nor objects. The report is the one that all parts
//! together would have, whatever their order.

use super::Protocol;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::coco::Coco;
use crate::eval::comparison::{Comparison, ImageEntry};
use crate::eval::images::ImageId;
use crate::eval::mean_ap::MeanAp;
use crate::eval::objects::Objects;
use crate::eval::proposals::{ProposalRecall, Recalls};
use crate::eval::voc::Voc;
use crate::job::Job;
use crate::report::Report;

/// A protocol over images as they come.
#[derive(Debug)]
pub struct Running {
    protocol: Protocol,
    evaluator: Option<Evaluator>,
    /// Images and classes, and how well the sides fit together; without the objects.
    seen: Comparison,
    truths: usize,
    detections: usize,
}

#[derive(Debug)]
enum Evaluator {
    Coco(Coco),
    Voc(Voc),
    MeanAp(MeanAp),
    Proposals(ProposalRecall),
    FastProposals(Recalls),
}

impl Evaluator {
    fn new(protocol: &Protocol, classes: usize) -> Result<Evaluator> {
        Ok(match protocol {
            Protocol::Coco(params) => Evaluator::Coco(Coco::new(params.clone(), classes)?),
            Protocol::Voc(params) => Evaluator::Voc(Voc::new(*params, classes)?),
            Protocol::MeanAp(params) => Evaluator::MeanAp(MeanAp::new(params.clone(), classes)?),
            Protocol::Proposals(caps) => Evaluator::Proposals(ProposalRecall::new(caps, classes)?),
            Protocol::FastProposals(params) => Evaluator::FastProposals(Recalls::new(params.clone())?),
            Protocol::Lvis(_) | Protocol::OpenImages(..) | Protocol::Rotated(..) => {
                let what = "this protocol looks at all images at once";
                return Err(Error::new(ErrorKind::Unsupported, what)
                    .remedy("store what is found as a set, and evaluate that"));
            }
        })
    }
}

impl Running {
    /// A protocol that has seen nothing.
    ///
    /// # Errors
    /// `Unsupported` for the protocols that look at all images at once: LVIS, Open Images, rotated boxes.
    pub fn new(protocol: Protocol) -> Result<Running> {
        Evaluator::new(&protocol, 0)?;
        let seen = Comparison::default();
        Ok(Running { protocol, evaluator: None, seen, truths: 0, detections: 0 })
    }

    /// The protocol.
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// The number of images seen.
    pub fn images(&self) -> usize {
        self.seen.images.len()
    }

    /// Takes images with both sides. `ids` are theirs, in the order of the comparison's images; each image comes once.
    ///
    /// # Errors
    /// Those of the protocol's evaluator; `Mismatch` for a part of other classes than the first had.
    pub fn add(&mut self, part: Comparison, ids: &[ImageId], job: &Job) -> Result<()> {
        let evaluator = match &mut self.evaluator {
            Some(evaluator) => evaluator,
            None => {
                self.seen.classes.clone_from(&part.classes);
                self.evaluator.insert(Evaluator::new(&self.protocol, part.classes.len())?)
            }
        };
        if self.seen.classes.iter().map(|own| &own.id).ne(part.classes.iter().map(|own| &own.id)) {
            return Err(Error::new(ErrorKind::Mismatch, "a part has other classes than the first"));
        }
        let batch = part.batch(ids);
        match evaluator {
            Evaluator::Coco(own) => own.update(&batch, job)?,
            Evaluator::Voc(own) => own.update(&batch, job)?,
            Evaluator::MeanAp(own) => own.update(&batch, job)?,
            Evaluator::Proposals(own) => own.update(&batch, job)?,
            Evaluator::FastProposals(own) => own.update(&batch, job)?,
        }
        self.truths += part.truth.len();
        self.detections += part.found.len();
        self.seen.images.extend(ids.iter().cloned().map(ImageEntry::new));
        let Comparison { rate, remarks, .. } = part;
        let own = &mut self.seen.rate;
        (own.all, own.no_image) = (own.all + rate.all, own.no_image + rate.no_image);
        own.no_class += rate.no_class;
        let room = 6usize.saturating_sub(own.examples.len());
        let fresh: Vec<String> =
            rate.examples.into_iter().filter(|one| !own.examples.contains(one)).collect();
        own.examples.extend(fresh.into_iter().take(room));
        self.seen.remarks.merge(remarks);
        Ok(())
    }

    /// All that the protocol says of what was seen.
    ///
    /// # Errors
    /// Those of the protocol's evaluator; [`ErrorKind::Cancelled`].
    pub fn report(&self, title: &str, job: &Job) -> Result<Report> {
        let counted = Comparison {
            truth: Objects::new([self.truths])?,
            found: Objects::new([self.detections])?,
            ..self.seen.clone()
        };
        let none = Evaluator::new(&self.protocol, 0)?;
        match self.evaluator.as_ref().unwrap_or(&none) {
            Evaluator::Coco(own) => own.report(&counted, title, job),
            Evaluator::Voc(own) => own.report(&counted, title, job),
            Evaluator::MeanAp(own) => own.report(&counted, title, job),
            Evaluator::Proposals(own) => own.report(&counted, title, job),
            Evaluator::FastProposals(own) => own.report(&counted, title, job),
        }
    }
}
