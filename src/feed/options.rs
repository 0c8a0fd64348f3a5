//! [`Options`]: how rows are fed.

use serde::{Deserialize, Serialize};

/// What becomes of a row that cannot be used: a file that is damaged, a picture of another size than declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The feed ends with the error.
    #[default]
    Fail,
    /// Another row takes its place; which one depends on seed, epoch and row alone. It is counted.
    Substitute,
}

/// How rows are fed.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Threads that make batches; with 0 whoever asks makes them.
    pub workers: usize,
    /// Batches that are made ahead of who asks: what bounds memory.
    pub ahead: usize,
    /// What becomes of rows that cannot be used.
    pub on_error: OnError,
    /// Which process this is of how many.
    pub rank: u32,
    /// How many there are.
    pub world: u32,
    /// Sides of padded batches are multiples of this.
    pub multiple: u32,
    /// Pictures are decoded and no more: [`Batch::drafts`](super::Batch) in the place of pixels, for whoever resamples them
    /// elsewhere.
    pub drafts: bool,
}

impl Default for Options {
    /// As many threads as there are cores, two batches for each ahead, errors end it, one process.
    fn default() -> Options {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        Options {
            workers,
            ahead: 2 * workers,
            on_error: OnError::Fail,
            rank: 0,
            world: 1,
            multiple: 1,
            drafts: false,
        }
    }
}
