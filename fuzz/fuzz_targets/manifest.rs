//! Manifests from hostile bytes. `cargo fuzz run manifest`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none manifest`.
#![no_main]

#[path = "manifest/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
