//! Masks from hostile bytes. `cargo fuzz run rle`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none rle`.
#![no_main]

#[path = "rle/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
