//! The interpreter's lock for calls that come back from other libraries: [`attached`].

#![allow(unsafe_code)] // PyO3 cannot know who let go of the lock beneath it.

use pyo3::ffi::{PyGILState_Ensure, PyGILState_Release, PyGILState_STATE};
use pyo3::prelude::*;

/// Gives the lock back.
struct Held(PyGILState_STATE);

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: the state is that of the `PyGILState_Ensure` of this thread that it was made by, the last one.
        unsafe { PyGILState_Release(self.0) }
    }
}

/// Runs `work` with the interpreter's lock, also where a library that a method of ours called let go of it on this
/// thread before it called us back, as pyarrow does when it reads a stream: PyO3 still takes the lock for held there.
pub(crate) fn attached<T>(work: impl FnOnce(Python<'_>) -> T) -> T {
    // SAFETY: Python was initialised, or nobody could have called us; the guard releases on this thread.
    let held = Held(unsafe { PyGILState_Ensure() });
    let done = Python::attach(work);
    drop(held);
    done
}
