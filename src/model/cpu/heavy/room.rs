//! Memory that is used again: fresh memory costs more than the sums that are written to it.
//!
//! Each thread keeps what was given back on it, up to a limit, until it ends. The invariant: what is taken belongs to
//! the taker alone. Its elements are whatever they were before; who takes it writes all that is read.

use std::cell::RefCell;
use std::sync::Arc;

use crate::model::tensor::{Data, Tensor};

/// Pieces of memory, and elements in all of them, that a thread keeps at most.
const PIECES: usize = 24;
const ELEMENTS: usize = 1 << 26;
/// Less is not worth keeping.
const LEAST: usize = 1 << 10;

thread_local! {
    static KEPT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// So many elements of any value.
pub(super) fn take(length: usize) -> Vec<f32> {
    let mut taken = if length < LEAST { Vec::new() } else { find(length).unwrap_or_default() };
    if taken.capacity() < length {
        return vec![0.0; length];
    }
    taken.resize(length, 0.0);
    taken
}

/// The smallest piece that is large enough, and not much too large.
fn find(length: usize) -> Option<Vec<f32>> {
    KEPT.with_borrow_mut(|kept| {
        let fits = |piece: &Vec<f32>| (length..=length.saturating_mul(4)).contains(&piece.capacity());
        let sizes = kept.iter().enumerate().filter(|(_, piece)| fits(piece));
        let (at, _) = sizes.min_by_key(|(_, piece)| piece.capacity())?;
        Some(kept.swap_remove(at))
    })
}

/// Gives memory back to the thread.
pub(super) fn give(piece: Vec<f32>) {
    KEPT.with_borrow_mut(|kept| {
        let all: usize = kept.iter().map(Vec::capacity).sum();
        if piece.capacity() >= LEAST && kept.len() < PIECES && all + piece.capacity() <= ELEMENTS {
            kept.push(piece);
        }
    });
}

/// Gives back the memory of a tensor that nobody needs any more, if it is of 32-bit floats and nobody shares it.
/// Results of this thread's operators are then written there.
pub fn recycle(tensor: Tensor) {
    if !matches!(tensor.data(), Data::F32(elements) if Arc::strong_count(elements) == 1) {
        return;
    }
    if let Some(elements) = tensor.into_elements() {
        give(elements);
    }
}

/// Lets go of all that the thread keeps.
pub fn release() {
    KEPT.with_borrow_mut(Vec::clear);
}

/// Memory that goes back when it is dropped.
#[derive(Default)]
pub(super) struct Room(Vec<f32>);

impl Room {
    /// At least so many elements of any value, the first of them where a line of the cache begins.
    pub(super) fn of(&mut self, length: usize) -> &mut [f32] {
        const LINE: usize = 16;
        if self.0.len() < length + LINE {
            give(std::mem::take(&mut self.0));
            self.0 = take(length + LINE);
        }
        let start = self.0.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        self.0.get_mut(start..).unwrap_or_default()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        give(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_given_back_is_used_again() {
        release();
        let piece = vec![1.0; 5_000];
        let place = piece.as_ptr();
        recycle(Tensor::new(&[5_000], piece).unwrap());
        let again = take(4_000);
        assert_eq!((again.as_ptr(), again.len()), (place, 4_000));
        assert_eq!(take(4_000), vec![0.0; 4_000]);
    }

    #[test]
    fn a_shared_tensor_is_left_alone() {
        release();
        let tensor = Tensor::row(vec![2.0_f32; 5_000]);
        recycle(tensor.clone());
        assert_eq!(tensor.elements::<f32>().unwrap()[4_999], 2.0);
        assert_eq!(take(5_000)[0], 0.0);
    }
}
