//! Predictions of other tools from hostile bytes. `cargo fuzz run eval_doors`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none eval_doors`.
#![no_main]

#[path = "eval_doors/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
