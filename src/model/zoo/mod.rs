//! Networks that come with the program.

/// Finds the twelve shapes that `lensframe synth` draws; its recipe is `shapes`. `make_shapes.py` beside it says how it
/// came to be, and how well it finds them.
pub const SHAPES: &[u8] = include_bytes!("shapes.onnx");
