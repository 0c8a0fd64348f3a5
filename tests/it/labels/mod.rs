//! Label images and label maps: against a plain writer of PNGs, plain loops over pixels, recorded answers of
//! Pillow and NumPy, and hostile bytes.
//!
//! * `png`: every kind of PNG that can hold labels, written here byte by byte and decoded.
//! * `maps`: segments, masks and painting against loops over every pixel.
//! * `real`: the real files, against what Pillow read in them (`tests/recorded/labels.py`).
//! * `corpus`: the fuzzer's inputs, replayed.

mod corpus;
mod maps;
mod png;
mod real;
