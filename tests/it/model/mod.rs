//! Networks: ONNX's own vectors, and convolutions of every shape, through the executors.

mod convolutions;
mod corpus;
#[cfg(feature = "gpu")]
mod gpu;
mod suite;
