//! Headers of hostile image files. `cargo fuzz run image_probe`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none image_probe`.
#![no_main]

#[path = "image_probe/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
