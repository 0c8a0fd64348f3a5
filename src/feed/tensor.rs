//! [`Tensor`]: numbers of one type in memory that is used again.
//!
//! A batch of pictures is tens of megabytes. Memory that is new has to be made present page by page, which costs as much
//! as writing it; so blocks go back to the [`Pool`] they came from when whoever holds them is done.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use arrow_buffer::MutableBuffer;
use half::slice::HalfBitsSliceExt;

use crate::augment::Dtype;
use crate::image::Values;

/// Blocks that are free.
#[derive(Debug, Default)]
pub struct Pool {
    free: Mutex<Vec<MutableBuffer>>,
}

impl Pool {
    /// A tensor of a type and shape; its numbers are those of whoever had the memory before.
    pub fn tensor(self: &Arc<Self>, dtype: Dtype, shape: Vec<usize>) -> Tensor {
        let bytes = shape.iter().product::<usize>() * dtype.bytes();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        // The smallest that is large enough; without one, a new one in the place of one that is too small.
        let fits = |block: &MutableBuffer| block.capacity() >= bytes;
        let best = (0..free.len()).filter(|at| fits(&free[*at])).min_by_key(|at| free[*at].capacity());
        let mut block = match best {
            Some(at) => free.swap_remove(at),
            None => {
                free.pop();
                MutableBuffer::from_len_zeroed(bytes)
            }
        };
        drop(free);
        block.resize(bytes, 0);
        Tensor { block: Some(block), dtype, shape, pool: Arc::downgrade(self) }
    }

    /// Blocks that nobody holds.
    pub fn free(&self) -> usize {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Numbers of one type, row-major, in memory that begins at a multiple of 64 bytes.
#[derive(Debug)]
pub struct Tensor {
    /// There until it is dropped.
    block: Option<MutableBuffer>,
    dtype: Dtype,
    shape: Vec<usize>,
    pool: Weak<Pool>,
}

impl Drop for Tensor {
    fn drop(&mut self) {
        if let (Some(block), Some(pool)) = (self.block.take(), self.pool.upgrade()) {
            let mut free = pool.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.push(block);
        }
    }
}

impl Tensor {
    /// The type of its numbers.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Its axes, the outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.block.as_deref().unwrap_or_default()
    }

    /// Its bytes, to change.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.block.as_deref_mut().unwrap_or_default()
    }

    /// The numbers of one element of the outermost axis.
    pub(super) fn part(&mut self, at: usize) -> Values<'_> {
        let each = self.shape.iter().skip(1).product::<usize>();
        let range = at * each..(at + 1) * each;
        let dtype = self.dtype;
        let Some(block) = self.block.as_mut() else { return Values::U8(&mut []) };
        match dtype {
            Dtype::U8 => Values::U8(&mut block.as_slice_mut()[range]),
            Dtype::F32 => Values::F32(&mut block.typed_data_mut::<f32>()[range]),
            Dtype::F16 => Values::F16(block.typed_data_mut::<u16>()[range].reinterpret_cast_mut()),
            Dtype::Bf16 => Values::Bf16(block.typed_data_mut::<u16>()[range].reinterpret_cast_mut()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_once_its_holder_is_done() {
        let pool = Arc::new(Pool::default());
        let first = pool.tensor(Dtype::F32, vec![2, 3]);
        let address = first.bytes().as_ptr();
        assert_eq!((first.bytes().len(), address.align_offset(64)), (24, 0));
        let second = pool.tensor(Dtype::U8, vec![5]);
        assert_eq!(pool.free(), 0);
        drop(first);
        assert_eq!(pool.free(), 1);
        let third = pool.tensor(Dtype::U8, vec![4]);
        assert_eq!((third.bytes().as_ptr(), third.bytes().len(), pool.free()), (address, 4, 0));
        drop(pool);
        drop((second, third));
    }
}
