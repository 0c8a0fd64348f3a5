//! [`Statistics`]: where the time of a feed goes.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::Serialize;

/// What threads count while they work.
#[derive(Debug, Default)]
pub(super) struct Counters {
    rows: AtomicU64,
    batches: AtomicU64,
    replaced: AtomicU64,
    planning: AtomicU64,
    pixels: AtomicU64,
    waited: AtomicU64,
    waits: AtomicU64,
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Counters {
    /// A batch was read and sent through the pipeline.
    pub(super) fn planned(&self, time: Duration) {
        self.planning.fetch_add(nanoseconds(time), Relaxed);
    }

    /// A batch's pixels were made.
    pub(super) fn made(&self, time: Duration, rows: u64, replaced: u64) {
        self.pixels.fetch_add(nanoseconds(time), Relaxed);
        self.rows.fetch_add(rows, Relaxed);
        self.batches.fetch_add(1, Relaxed);
        self.replaced.fetch_add(replaced, Relaxed);
    }

    /// Somebody waited for a batch.
    pub(super) fn waited(&self, time: Duration) {
        self.waited.fetch_add(nanoseconds(time), Relaxed);
        self.waits.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self, wall: Duration) -> Statistics {
        let seconds = |counter: &AtomicU64| Duration::from_nanos(counter.load(Relaxed)).as_secs_f64();
        Statistics {
            rows: self.rows.load(Relaxed),
            batches: self.batches.load(Relaxed),
            replaced: self.replaced.load(Relaxed),
            wall: wall.as_secs_f64(),
            reading: seconds(&self.planning),
            pixels: seconds(&self.pixels),
            waited: seconds(&self.waited),
            waits: self.waits.load(Relaxed),
        }
    }
}

/// What a feed did until now. Times are seconds; those of threads are added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// Rows in batches that were made.
    pub rows: u64,
    /// Batches that were made.
    pub batches: u64,
    /// Rows whose place another one took.
    pub replaced: u64,
    /// Since the feed began.
    pub wall: f64,
    /// Reading rows and running the pipeline, with pixels that operations asked for.
    pub reading: f64,
    /// Decoding, and laying pixels out.
    pub pixels: f64,
    /// How long whoever asks for batches waited for them.
    pub waited: f64,
    /// How often a batch was not there yet.
    pub waits: u64,
}

impl Statistics {
    /// Rows a second.
    pub fn rate(&self) -> f64 {
        if self.wall > 0.0 { self.rows as f64 / self.wall } else { 0.0 }
    }
}
