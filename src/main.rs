//! The `lensframe` program.
fn main() {}
