//! [`Job::each`]: independent pieces of work on the threads that a job may use.
//!
//! Invariant: results are in the order of the items, whatever thread made them when; so the number of threads
//! changes no result. Threads live as long as the call.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Job;
use crate::error::{Error, ErrorKind, Result};

impl Job {
    /// What `work` makes of each item, in the order of the items. Items are handed out one by one, so pieces of
    /// unequal length keep all threads busy. The job is checked before each.
    ///
    /// # Errors
    /// The first item's that fails, by the order of the items; [`ErrorKind::Cancelled`].
    ///
    /// ```
    /// use lensframe::job::Job;
    /// let squares = Job::new().threads(3).each(&[1, 2, 3, 4], |n| Ok(n * n))?;
    /// assert_eq!(squares, [1, 4, 9, 16]);
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    pub fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let next = AtomicUsize::new(0);
        let run = || {
            let mut made = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else { return made };
                let result = self.check().and_then(|()| work(item));
                let failed = result.is_err();
                made.push((at, result));
                if failed {
                    // Items before this one were handed out already: none of them is missed.
                    next.fetch_max(items.len(), Ordering::Relaxed);
                }
            }
        };
        let threads = self.thread_budget().min(items.len());
        let mut made = if threads <= 1 {
            run()
        } else {
            let lost = |_| vec![(0, Err(Error::new(ErrorKind::Corrupt, "a thread has panicked")))];
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(lost)).collect()
            })
        };
        made.sort_by_key(|(at, _)| *at);
        made.into_iter().map(|(_, result)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_that_of_the_items_on_any_number_of_threads() {
        let items: Vec<u64> = (0..500).collect();
        let plain: Vec<u64> = items.iter().map(|n| n * 3).collect();
        for threads in [1, 2, 7] {
            assert_eq!(Job::new().threads(threads).each(&items, |n| Ok(n * 3)).unwrap(), plain);
        }
        assert!(Job::new().each(&[], |n: &u64| Ok(*n)).unwrap().is_empty());
    }

    #[test]
    fn the_first_failure_by_order_is_told_and_ends_the_rest() {
        let items: Vec<u64> = (0..10_000).collect();
        let fails = |n: &u64| match *n {
            40 | 41 => Err(Error::new(ErrorKind::Usage, format!("{n}"))),
            n => Ok(n),
        };
        for threads in [1, 4] {
            assert_eq!(Job::new().threads(threads).each(&items, fails).unwrap_err().what(), "40");
        }
    }

    #[test]
    fn a_cancelled_job_does_nothing() {
        let job = Job::new();
        job.cancel();
        let touched = |_: &u64| -> Result<()> { panic!("work was done") };
        assert!(job.each(&[1], touched).unwrap_err().is_cancelled());
    }
}
