//! Networks: ONNX's own vectors, and convolutions of every shape, through the executors.

mod convolutions;
#[cfg(feature = "gpu")]
mod gpu;
mod suite;
