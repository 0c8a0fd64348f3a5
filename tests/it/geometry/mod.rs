//! Boxes, masks and points against recorded answers, plain twins and hostile bytes.
//!
//! * `recorded`: what pycocotools answered (`tests/recorded/geometry.py`), and asked live where
//!   `LENSFRAME_PEERS_PYTHON` names a Python that has it.
//! * `twin`: run lengths against bitmaps, the rasteriser against a walk over every grid point.
//! * `corpus`: the fuzzer's inputs, replayed.

// A test that cannot go on should say so by panicking, in the functions it calls too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod corpus;
mod recorded;
mod twin;
