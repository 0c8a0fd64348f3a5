//! Label images from hostile bytes. `cargo fuzz run label_png`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none label_png`.
#![no_main]

#[path = "label_png/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
