//! A job: what every call that can take 50 ms is handed.
//!
//! A [`Job`] carries the wish to stop, the thread and memory budget, and an [`Observer`] that shows progress
//! and warnings. It is cheap to clone and may be shared between threads. The library never prints: a program
//! gives an observer that does.
//!
//! Warnings are for damage that was worked around. They are counted without bound by their `code`, the first
//! [`EXAMPLES_PER_CODE`] of each are kept, and under [`Job::strict`] the first one is an error.

mod parallel;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Place, Result};

/// How many warnings of one code are kept whole; the rest are only counted.
pub const EXAMPLES_PER_CODE: usize = 100;

/// Damage that was met and worked around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A stable name for counting, as `coco.orphan-annotation`.
    pub code: &'static str,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in one sentence.
    pub what: String,
    /// What was done about it: `kept in residue.json`, `image left unlinked`.
    pub done: String,
}

impl Warning {
    /// A warning of this code; see the fields for the meaning of the arguments.
    pub fn new(
        code: &'static str,
        place: Place,
        what: impl Into<String>,
        done: impl Into<String>,
    ) -> Warning {
        Warning { code, place, what: what.into(), done: done.into() }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.place.is_none() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}; {}", self.what, self.done)
    }
}

/// The warnings of a job: how many of each code, and the first of each.
#[derive(Clone, Debug, Default)]
pub struct Warnings {
    by_code: BTreeMap<&'static str, (u64, Vec<Warning>)>,
}

impl Warnings {
    /// How many there were in all.
    pub fn total(&self) -> u64 {
        self.by_code.values().map(|(n, _)| n).sum()
    }

    /// How many there were of one code.
    pub fn count(&self, code: &str) -> u64 {
        self.by_code.get(code).map_or(0, |(n, _)| *n)
    }

    /// Each code with its count and first examples, in order of the code.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64, &[Warning])> {
        self.by_code.iter().map(|(code, (n, examples))| (*code, *n, examples.as_slice()))
    }

    fn add(&mut self, warning: Warning) {
        let (count, examples) = self.by_code.entry(warning.code).or_default();
        *count += 1;
        if examples.len() < EXAMPLES_PER_CODE {
            examples.push(warning);
        }
    }
}

/// Shows what a job is doing. Every method may be called from any thread.
pub trait Observer: Send + Sync {
    /// A stage begins: `what` in the present participle ("reading annotations"), with its size where known.
    fn begin(&self, what: &str, total: Option<u64>) {
        let _ = (what, total);
    }
    /// The stage has come to `done` of its total.
    fn advance(&self, done: u64) {
        let _ = done;
    }
    /// The stage is over.
    fn end(&self) {}
    /// Something was worked around.
    fn warning(&self, warning: &Warning) {
        let _ = warning;
    }
}

struct Silent;
impl Observer for Silent {}

/// Cancellation, progress, warnings and budgets for one long call.
///
/// ```
/// use lensframe::job::Job;
/// let job = Job::new().threads(2).memory(300 << 20);
/// assert!(job.check().is_ok());
/// job.cancel();
/// assert!(job.check().unwrap_err().is_cancelled());
/// ```
#[derive(Clone)]
pub struct Job {
    state: Arc<State>,
    observer: Arc<dyn Observer>,
    threads: usize,
    memory: u64,
    strict: bool,
    muted: Option<&'static str>,
}

#[derive(Default)]
struct State {
    cancelled: AtomicBool,
    warnings: Mutex<Warnings>,
}

impl Default for Job {
    fn default() -> Job {
        Job::new()
    }
}

impl Job {
    /// A silent job on all processors, with 1 GiB of working memory.
    pub fn new() -> Job {
        Job {
            state: Arc::default(),
            observer: Arc::new(Silent),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory: 1 << 30,
            strict: false,
            muted: None,
        }
    }

    /// The job with another number of threads; 0 means 1.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Job {
        self.threads = threads.max(1);
        self
    }

    /// The job with a budget of working memory in bytes; at least 16 MiB.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Job {
        self.memory = bytes.max(16 << 20);
        self
    }

    /// The job with the first warning made an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Job {
        self.strict = strict;
        self
    }

    /// The job with something that watches it.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Job {
        self.observer = observer;
        self
    }

    /// The same job, cancelled and counting with the other, with nobody watching: for parts of a stage, which are no
    /// stages of their own.
    #[must_use]
    pub fn unwatched(self) -> Job {
        self.observer(Arc::new(Silent))
    }

    /// Whether the first warning is an error.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// The same job, cancelled and counting with the other, that takes no notice of warnings of this code: for what the
    /// caller says itself, or has no use for.
    #[must_use]
    pub fn muted(mut self, code: &'static str) -> Job {
        self.muted = Some(code);
        self
    }

    /// How many threads the call may use.
    pub fn thread_budget(&self) -> usize {
        self.threads
    }

    /// How many bytes of working memory the call may use.
    pub fn memory_budget(&self) -> u64 {
        self.memory
    }

    /// Asks every call that has this job to stop at its next check. Safe in a signal handler's thread.
    pub fn cancel(&self) {
        self.state.cancelled.store(true, Ordering::Relaxed);
    }

    /// An error of kind [`ErrorKind::Cancelled`] once [`Job::cancel`] was called; costs one atomic load.
    pub fn check(&self) -> Result<()> {
        if self.state.cancelled.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Cancelled, "cancelled"));
        }
        Ok(())
    }

    /// Begins a stage; it ends when the returned value is dropped.
    pub fn stage(&self, what: &str, total: Option<u64>) -> Stage<'_> {
        self.observer.begin(what, total);
        Stage { job: self, done: AtomicU64::new(0) }
    }

    /// Counts a warning.
    ///
    /// # Errors
    /// Under [`Job::strict`] the warning itself, as an error of kind [`ErrorKind::Format`].
    pub fn warn(&self, warning: Warning) -> Result<()> {
        if self.muted == Some(warning.code) {
            return Ok(());
        }
        if self.strict {
            return Err(Error::new(ErrorKind::Format, warning.what)
                .at(warning.place)
                .remedy(format!("without --strict: {}", warning.done)));
        }
        self.observer.warning(&warning);
        self.state.warnings.lock().unwrap_or_else(PoisonError::into_inner).add(warning);
        Ok(())
    }

    /// The warnings so far.
    pub fn warnings(&self) -> Warnings {
        self.state.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A stage of a job; see [`Job::stage`].
pub struct Stage<'a> {
    job: &'a Job,
    done: AtomicU64,
}

impl Stage<'_> {
    /// Moves on by `n` units and says whether the job was cancelled.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`], as [`Job::check`].
    pub fn advance(&self, n: u64) -> Result<()> {
        let done = self.done.fetch_add(n, Ordering::Relaxed) + n;
        self.job.observer.advance(done);
        self.job.check()
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        self.job.observer.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphan(n: u64) -> Warning {
        Warning::new("coco.orphan", Place::area("coco").row(n), "no such image", "kept")
    }

    #[test]
    fn warnings_are_counted_without_bound_and_kept_within_one() {
        let job = Job::new();
        for n in 0..1000 {
            job.warn(orphan(n)).unwrap();
        }
        let warnings = job.warnings();
        assert_eq!(warnings.count("coco.orphan"), 1000);
        let (_, _, examples) = warnings.iter().next().unwrap();
        assert_eq!(examples.len(), EXAMPLES_PER_CODE);
    }

    #[test]
    fn strict_makes_the_first_warning_an_error_with_its_place() {
        let e = Job::new().strict(true).warn(orphan(7)).unwrap_err();
        assert_eq!(e.to_string(), "coco: row 7: no such image; without --strict: kept");
    }

    #[test]
    fn an_unwatched_job_is_the_same_job() {
        struct Seen(AtomicU64);
        impl Observer for Seen {
            fn begin(&self, _: &str, _: Option<u64>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let seen = Arc::new(Seen(AtomicU64::new(0)));
        let job = Job::new().observer(seen.clone());
        let part = job.clone().unwatched();
        drop((job.stage("x", None), part.stage("y", None)));
        assert_eq!(seen.0.load(Ordering::Relaxed), 1);
        part.warn(orphan(1)).unwrap();
        part.cancel();
        assert!(job.warnings().total() == 1 && job.check().is_err());
    }

    #[test]
    fn a_clone_is_cancelled_with_the_job() {
        let job = Job::new();
        let other = job.clone();
        job.cancel();
        assert!(other.stage("x", None).advance(1).unwrap_err().is_cancelled());
    }
}
