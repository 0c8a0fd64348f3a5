//! Batches for training loops.
//!
//! A [`Loader`] is a view, an order of its rows ([`sampler`]), a pipeline and what batches become. Threads make batches
//! ahead of whoever asks, each a whole one in memory of its own that is used again; they come out in order. What a batch
//! holds depends on seed, epoch and its place alone, and not on how many threads or processes there are.
//!
//! | file | noun |
//! |---|---|
//! | `loader.rs` | [`Loader`], [`Feed`]: batches of an epoch |
//! | `sampler/` | orders of rows, shares of ranks, and where a run was |
//! | `make.rs` | rows made into a batch, by one thread |
//! | `facts.rs` | what samplers need to know of rows, read from a view |
//! | `batch.rs` | [`Batch`]: what a training step gets |
//! | `tensor.rs` | [`Tensor`], [`Pool`]: memory that is used again |
//! | `options.rs` | [`Options`]: threads, how far ahead, ranks, errors |
//! | `statistics.rs` | [`Statistics`]: where the time goes |

mod batch;
mod facts;
mod loader;
mod make;
mod options;
pub mod sampler;
mod statistics;
mod tensor;

pub use batch::{Batch, Replaced};
pub use loader::{Feed, Loader};
pub use options::{OnError, Options};
pub use statistics::Statistics;
pub use tensor::{Pool, Tensor};
