//! Arrow IPC files from hostile bytes. `cargo fuzz run ipc_open`; on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none ipc_open`.
#![no_main]

#[path = "ipc_open/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
