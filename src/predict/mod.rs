//! Predictions: rows of a view through a network, and what it finds as an object set or in an evaluator.
//!
//! A [`Recipe`] says how pictures become what a model expects and what its numbers mean; both become nodes of the model's
//! own graph, so that they run where the model runs. A [`Predictor`] is a model with its recipe on a device. [`Run`] sends
//! the rows of a view through it, batch by batch as `feed` makes them, and hands what was found to a [`Sink`].
//!
//! | file | noun |
//! |---|---|
//! | `recipe.rs` | [`Recipe`]: what a model expects, and what its numbers mean |
//! | `known.rs`, `recipes/` | recipes that come with the program |
//! | `head/` | [`Head`]: numbers into objects |
//! | `lens.rs` | [`Lens`]: from the model's picture back to the stored one |
//! | `drafts.rs` | pictures as they were decoded, for a device that resamples them |
//! | `found.rs` | [`Found`]: an object that was found |
//! | `predictor.rs` | [`Predictor`]: a model, its recipe and a device |
//! | `run.rs` | [`Run`]: a view through a predictor, into a sink |
//! | `sink.rs`, `sink/` | [`Sink`], [`IntoSet`], [`Accuracy`], [`Scored`]: where what is found goes |

mod drafts;
mod found;
mod head;
pub mod known;
mod lens;
mod predictor;
mod recipe;
mod run;
mod sink;

pub use found::Found;
pub use head::{Boxes, Classes, Dense, Head, Heatmap, Regions, Suppression};
pub use lens::Lens;
pub use predictor::Predictor;
pub use recipe::{Input, Recipe};
pub use run::{Run, Summary};
pub use sink::{Accuracy, IntoSet, Scored, Sink};
