//! Decoded Parquet columns, the least recently used given up first.
//!
//! The budget is fixed: it bounds memory whatever is asked for, and results never depend on it. Arrow files
//! need no cache of bytes: their columns are the map.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use arrow_array::{Array, ArrayRef};

/// What one dataset may hold decoded: 64 MB.
pub(super) const BUDGET: usize = 64 << 20;

/// A column of a row group of a file, files numbered by the reader.
pub(super) type Slot = (usize, usize, usize);

#[derive(Default)]
struct Held {
    arrays: HashMap<Slot, (ArrayRef, usize, u64)>,
    bytes: usize,
    clock: u64,
}

/// A bounded map from slots to arrays.
pub(super) struct Cache {
    held: Mutex<Held>,
    budget: usize,
}

impl Cache {
    pub(super) fn new(budget: usize) -> Cache {
        Cache { held: Mutex::default(), budget }
    }

    pub(super) fn get(&self, slot: Slot) -> Option<ArrayRef> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.clock += 1;
        let now = held.clock;
        let (array, _, used) = held.arrays.get_mut(&slot)?;
        *used = now;
        Some(array.clone())
    }

    pub(super) fn put(&self, slot: Slot, array: &ArrayRef) {
        let bytes = array.get_array_memory_size();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.clock += 1;
        let now = held.clock;
        if let Some((_, old, _)) = held.arrays.insert(slot, (array.clone(), bytes, now)) {
            held.bytes -= old;
        }
        held.bytes += bytes;
        // The newest stays even when it alone is over the budget: whoever asked for it holds it anyway.
        while held.bytes > self.budget && held.arrays.len() > 1 {
            let oldest = held.arrays.iter().min_by_key(|(_, (_, _, used))| *used).map(|(slot, _)| *slot);
            let Some((_, bytes, _)) = oldest.and_then(|slot| held.arrays.remove(&slot)) else { break };
            held.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;
    use std::sync::Arc;

    #[test]
    fn the_least_recently_used_goes_first_and_the_budget_holds() {
        let array = || Arc::new(Int64Array::from(vec![0; 1000])) as ArrayRef;
        let cache = Cache::new(3 * array().get_array_memory_size());
        for n in 0..3 {
            cache.put((0, 0, n), &array());
        }
        assert!(cache.get((0, 0, 0)).is_some());
        cache.put((0, 0, 3), &array());
        assert!(cache.get((0, 0, 1)).is_none() && cache.get((0, 0, 0)).is_some());
        assert!(cache.held.lock().unwrap().bytes <= cache.budget);
    }
}
