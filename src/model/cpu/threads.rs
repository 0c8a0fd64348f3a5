//! [`Threads`]: how many threads an operator may use, and how work is shared out among them.
//!
//! The invariant: a piece of work does the same whatever thread does it, and pieces do not depend on each other; so
//! the number of threads changes no result. One thread means the caller's own: no pool is made and nothing is sent.
//! Threads start when they are first needed and live as long as the last clone. Nothing here knows of operators.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// A number of threads. Clones share them.
#[derive(Clone, Debug)]
pub struct Threads {
    count: usize,
    pool: Arc<OnceLock<Option<ThreadPool>>>,
}

impl Default for Threads {
    fn default() -> Threads {
        Threads::one()
    }
}

impl Threads {
    /// So many threads; 0 means 1. If the system does not give them, the caller's own does the work.
    pub fn new(count: usize) -> Threads {
        Threads { count: count.max(1), pool: Arc::default() }
    }

    /// The caller's own thread.
    pub fn one() -> Threads {
        Threads::new(1)
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// These threads, or the caller's own where `operations` (of a nanosecond or less) are too few to share out.
    #[must_use]
    pub fn unless_few(&self, operations: usize) -> Threads {
        const FEW: usize = 40_000;
        if operations < FEW { Threads::one() } else { self.clone() }
    }

    /// Does `work` on each piece. Pieces are handed out in their order, one by one, so unequal ones keep all
    /// threads busy.
    pub fn each<T: Send>(
        &self,
        pieces: impl IntoIterator<Item = T, IntoIter: Send>,
        work: impl Fn(T) + Sync,
    ) {
        self.each_with(pieces, || (), |(), piece| work(piece));
    }

    /// As [`Threads::each`], with something that each thread makes once and keeps for all its pieces: room to work.
    pub fn each_with<T: Send, S>(
        &self,
        pieces: impl IntoIterator<Item = T, IntoIter: Send>,
        room: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, T) + Sync,
    ) {
        let pieces = pieces.into_iter();
        let (Some(pool), false) = (self.pool(), pieces.size_hint().1.is_some_and(|most| most <= 1)) else {
            let mut own = room();
            return pieces.for_each(|piece| work(&mut own, piece));
        };
        let threads = pieces.size_hint().1.map_or(self.count, |most| most.min(self.count));
        let queue = Mutex::new(pieces);
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        on_each(pool, threads, &|| {
            let mut own = room();
            while let Some(piece) = next() {
                work(&mut own, piece);
            }
        });
    }

    /// Does `work` on runs of `length` elements (the last may be shorter), each with its number.
    pub fn chunks<T: Send>(&self, elements: &mut [T], length: usize, work: impl Fn(usize, &mut [T]) + Sync) {
        self.each(elements.chunks_mut(length.max(1)).enumerate(), |(number, run)| work(number, run));
    }

    /// What `work` makes of the numbers below `count`, in their order.
    pub fn map<R: Send>(&self, count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
        let mut made: Vec<Option<R>> = Vec::new();
        made.resize_with(count, || None);
        self.chunks(&mut made, 1, |number, places| {
            for place in places {
                *place = Some(work(number));
            }
        });
        made.into_iter().flatten().collect()
    }

    fn pool(&self) -> Option<&ThreadPool> {
        if self.count == 1 {
            return None;
        }
        self.pool.get_or_init(|| ThreadPoolBuilder::new().num_threads(self.count).build().ok()).as_ref()
    }
}

/// Does `run` on so many threads of a pool at once. Compiled once, not once a kind of work: what a pool needs is far
/// more code than what is given to it.
fn on_each(pool: &ThreadPool, threads: usize, run: &(dyn Fn() + Sync)) {
    pool.scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| run());
        }
        run();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_threads_makes_the_same() {
        for count in [0, 1, 2, 5] {
            let threads = Threads::new(count);
            assert_eq!(threads.map(100, |n| n * n), (0..100).map(|n| n * n).collect::<Vec<_>>());
            let mut runs = vec![0; 10];
            threads.chunks(&mut runs, 4, |number, run| run.fill(number));
            assert_eq!(runs, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
        }
    }

    #[test]
    fn no_work_is_no_trouble() {
        let threads = Threads::new(3);
        assert!(threads.map(0, |n| n).is_empty());
        threads.chunks(&mut [0_u8; 0], 0, |_, _| ());
    }

    #[test]
    fn a_thread_makes_its_room_once() {
        let made = std::sync::atomic::AtomicUsize::new(0);
        let room = || made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Threads::new(2).each_with(0..50, room, |_, _: i32| ());
        assert!((1..=2).contains(&made.into_inner()));
    }
}
