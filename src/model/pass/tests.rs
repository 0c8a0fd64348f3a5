//! Every pass against the same graph without it, by an evaluator of plain loops.

mod evaluator;
mod fusing;
mod laws;
mod sketch;
