//! The order in which a feed visits rows.
//!
//! A [`Plan`] says which rows ([`Sampler`]), in batches of what size, and from which seed. With [`Facts`] about the
//! rows it gives the [`Epoch`] of any number: a sequence of [`Batch`]es that is the same whoever asks, found at any
//! index without those before it. Ranks part it among them ([`Share`]), and a [`State`] of one line goes on from
//! any point of it, on another number of ranks too. Nothing here reads a dataset, holds a position or knows a clock.
//!
//! | file | noun |
//! |---|---|
//! | `sampler.rs`, `kind.rs`, `written.rs` | [`Sampler`]: the recipes as values; their names; their written form |
//! | `facts.rs` | [`Facts`]: what orders depend on besides the seed |
//! | `plan.rs` | [`Plan`]: sampler, batch size and rules for the ends |
//! | `epoch.rs`, `share.rs` | [`Epoch`], [`Batch`], [`Share`]: the sequence, and a rank's part of it |
//! | `state.rs`, `fingerprint.rs` | [`State`]: a position, and the plan that it is a position in |
//! | `permutation.rs` | [`Permutation`]: a shuffle without an array |
//! | `order.rs` | rows by position; each order has its file |
//! | `quality.rs` | [`Quality`]: how well an order mixes |

mod aspect_groups;
mod class_aware;
mod epoch;
mod facts;
mod fingerprint;
mod kind;
mod order;
mod permutation;
mod plan;
mod quality;
mod repeat_factor;
#[allow(clippy::module_inception)] // The folder is the room of the order, the file its front noun.
mod sampler;
mod share;
mod state;
#[cfg(test)]
mod tests;
mod weighted;
mod windowed;
mod written;

pub use epoch::{Batch, Epoch};
pub use facts::{Facts, Labels, Need};
pub use kind::Kind;
pub use permutation::Permutation;
pub use plan::{Last, Plan, Uneven};
pub use quality::Quality;
pub use sampler::{Remainder, Rounding, Sampler};
pub use share::Share;
pub use state::State;
