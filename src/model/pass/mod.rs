//! Passes: a graph made smaller and faster that gives the same results.
//!
//! Each pass keeps what a graph promises ([`Graph::check`]), its inputs, and its outputs with their names; results stay
//! the same but for rounding where constants are multiplied out. A pass changes only what it can prove from
//! constants and known shapes: after [`settle`] it can prove more. None of them runs a model; what computes constants
//! is handed in.

mod epilogue;
mod fold;
mod linear;
mod pad;
mod prune;
mod recognize;
mod slots;
mod weights;

#[cfg(test)]
mod tests;

pub use fold::{fold, settle};
pub use prune::prune;

use super::graph::Graph;
use super::infer::Evaluate;
use crate::error::Result;

/// All passes in their order: constants are computed, what does nothing is taken away, and what follows a
/// convolution is drawn into it.
///
/// # Errors
/// Those of [`fold`].
pub fn improve(graph: &mut Graph, evaluate: &Evaluate<'_>) -> Result<()> {
    fold(graph, evaluate)?;
    fuse(graph);
    graph.check()
}

/// Draws into convolutions and matrix products what stands before and behind them: padding, batch normalisation,
/// factors and terms a channel, a residual, an activation; and names the activations that are written as several nodes.
/// Calling it again changes nothing more.
pub fn fuse(graph: &mut Graph) {
    prune(graph);
    recognize::recognize(graph);
    pad::pads(graph);
    linear::linear(graph);
    epilogue::epilogues(graph);
    prune(graph);
}
