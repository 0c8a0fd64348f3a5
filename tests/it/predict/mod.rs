//! Predictions: recipes, heads against plain loops, and the program from pictures to an evaluation.

mod heads;
#[cfg(feature = "gpu")]
mod parts;
#[cfg(feature = "cli")]
mod program;
mod recipes;
