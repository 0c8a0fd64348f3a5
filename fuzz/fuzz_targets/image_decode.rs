//! Pictures from hostile bytes. `cargo fuzz run image_decode`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none image_decode`.
#![no_main]

#[path = "image_decode/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
