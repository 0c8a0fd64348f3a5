//! Weights from hostile bytes. `cargo fuzz run weights`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none weights`.
#![no_main]

#[path = "weights/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
