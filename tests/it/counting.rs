//! An allocator that counts what each thread asks of it, for claims about copies.
//!
//! Counts are per thread, so tests that run side by side do not see one another. Freed memory is not
//! subtracted: what is counted is how much was ever asked for.

#![allow(
    unsafe_code,
    reason = "a global allocator is an unsafe trait; every call is handed to the system's unchanged"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    // A thread that is ending has no counter any more; it runs no test either.
    let _ = BYTES.try_with(|total| total.set(total.get() + bytes));
}

// SAFETY: each method hands its arguments to `System`, which upholds the contract; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `run` gives, and how many bytes this thread asked for meanwhile.
pub(crate) fn allocated<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = BYTES.with(Cell::get);
    let made = run();
    (made, BYTES.with(Cell::get) - before)
}

#[test]
fn what_is_asked_for_is_counted() {
    let (kept, bytes) = allocated(|| vec![0u8; 1000]);
    assert_eq!((kept.len(), bytes), (1000, 1000));
    assert_eq!(allocated(|| ()).1, 0);
}
