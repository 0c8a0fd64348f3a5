//! `--threads` for a library that asks the environment: polars.

#![allow(unsafe_code)] // The environment is the only way to tell it.

/// Tells polars how many threads it may use, unless the environment says so already. For the begin of the program.
pub(super) fn limit(threads: usize) {
    const NAME: &str = "POLARS_MAX_THREADS";
    if std::env::var_os(NAME).is_none() {
        // SAFETY: the program has no thread but this one yet, so that none reads the environment meanwhile.
        unsafe { std::env::set_var(NAME, threads.max(1).to_string()) };
    }
}
