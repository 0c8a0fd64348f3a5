//! [`spread`]: pieces of work on the threads of the processor.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// Does `count` pieces of work, each told its number, on as many threads as there are processors; they are begun in
/// their order. What they made, in their order.
///
/// # Errors
/// One of those of `work`: then pieces that were not begun are left out. `Failed` if one of several threads panics.
pub(super) fn spread<T: Send>(count: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(count);
    if workers <= 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let some = || -> Result<Vec<(usize, T)>> {
        let mut made = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(made);
            }
            made.push((number, work(number).inspect_err(|_| next.store(count, Ordering::Relaxed))?));
        }
    };
    let mut made = Vec::with_capacity(count);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(some)).collect();
        // All are waited for before one of them may end this.
        let ended: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        for own in ended {
            let died = |_| Error::new(ErrorKind::Failed, "a thread that prepared a model died");
            made.extend(own.map_err(died)??);
        }
        Ok::<(), Error>(())
    })?;
    made.sort_unstable_by_key(|(number, _)| *number);
    Ok(made.into_iter().map(|(_, made)| made).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_comes_in_order_and_the_first_failure_ends_it() {
        assert_eq!(spread(100, |n| Ok(n * n)).unwrap(), (0..100).map(|n| n * n).collect::<Vec<_>>());
        assert_eq!(spread(0, Ok).unwrap(), [0; 0]);
        assert_eq!(spread(1, Ok).unwrap(), [0]);
        let done = AtomicUsize::new(0);
        let fail = |n| {
            done.fetch_add(1, Ordering::Relaxed);
            if n == 3 { Err(Error::new(ErrorKind::Limit, "three")) } else { Ok(n) }
        };
        assert_eq!(spread(1_000_000, fail).unwrap_err().kind(), ErrorKind::Limit);
        assert!(done.into_inner() < 1_000_000);
    }
}
