//! COCO files from hostile bytes. `cargo fuzz run coco_json`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none coco_json`.
#![no_main]

#[path = "coco_json/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
