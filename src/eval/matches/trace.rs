//! [`Trace`]: what is written down of a matching beside its outcomes, where somebody asks which truth was found.

use crate::eval::outcomes::Judged;

/// Notes of a matching: at one threshold which detection got which truth, and in the first area range what every
/// detection came to.
#[derive(Clone, Debug, Default)]
pub(in crate::eval) struct Trace {
    /// The number of the threshold.
    pub(in crate::eval) at: usize,
    /// Detections of the batch that were looked at, and their judgements.
    pub(in crate::eval) judged: Vec<(u32, Judged)>,
    /// A detection, the truth that it got, counted or not, and how much they overlap.
    pub(in crate::eval) pairs: Vec<(u32, u32, f64)>,
    /// Truths of the batch that count.
    pub(in crate::eval) counted: Vec<u32>,
}

impl Trace {
    pub(in crate::eval) fn new(at: usize) -> Trace {
        Trace { at, ..Trace::default() }
    }

    /// The same of objects that were picked from a batch: their numbers there.
    pub(in crate::eval) fn of_picked(mut self, truth: &[u32], found: &[u32]) -> Trace {
        let number = |picked: &[u32], n: u32| picked.get(n as usize).copied().unwrap_or(n);
        self.judged.iter_mut().for_each(|(d, _)| *d = number(found, *d));
        self.pairs.iter_mut().for_each(|(d, t, _)| (*d, *t) = (number(found, *d), number(truth, *t)));
        self.counted.iter_mut().for_each(|t| *t = number(truth, *t));
        self
    }
}
