//! Networks from hostile bytes. `cargo fuzz run onnx`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none onnx`.
#![no_main]

#[path = "onnx/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
