//! Archives from hostile bytes. `cargo fuzz run archive`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none archive`.
#![no_main]

#[path = "archive/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
