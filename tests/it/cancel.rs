//! Jobs that are cancelled in the middle of a conversion.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use lensframe::job::{Job, Observer};

/// A job that is cancelled once so many rows are converted.
pub(crate) fn cancelled_after(rows: u64) -> Job {
    let observer = Arc::new(CancelAfter { rows, ..CancelAfter::default() });
    let job = Job::new().observer(observer.clone());
    *observer.job.lock().unwrap() = Some(job.clone());
    job
}

#[derive(Default)]
struct CancelAfter {
    rows: u64,
    converting: AtomicBool,
    job: Mutex<Option<Job>>,
}

impl Observer for CancelAfter {
    fn begin(&self, what: &str, _: Option<u64>) {
        self.converting.store(what.starts_with("converting"), Ordering::Relaxed);
    }

    fn advance(&self, done: u64) {
        if self.converting.load(Ordering::Relaxed)
            && done >= self.rows
            && let Some(job) = self.job.lock().unwrap().take()
        {
            job.cancel();
        }
    }
}
