//! VOC annotations from hostile bytes. `cargo fuzz run voc_xml`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none voc_xml`.
#![no_main]

#[path = "voc_xml/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
