//! Plans run where they can be left: [`collect`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use polars::prelude::{DataFrame, LazyFrame};

use super::fault;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// How long a cancelled job may go unheard.
const PATIENCE: Duration = Duration::from_millis(20);

/// Runs a plan. A plan cannot be stopped from outside: it runs on a thread of its own, which a cancelled job leaves
/// behind.
///
/// # Errors
/// What polars says; [`ErrorKind::Cancelled`].
pub(super) fn collect(plan: LazyFrame, job: &Job) -> Result<DataFrame> {
    job.check()?;
    let (sender, receiver) = channel();
    let work = move || {
        let done = catch_unwind(AssertUnwindSafe(|| plan.collect()));
        // Nobody may be listening any more.
        let _ = sender.send(done);
    };
    std::thread::Builder::new()
        .name("query".to_owned())
        .spawn(work)
        .map_err(|e| Error::io("start a thread for the query", e).at(Place::area("query")))?;
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(done)) => return done.map_err(fault::of),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::new(ErrorKind::Unsupported, "polars failed on this question")
                    .at(Place::area("query"))
                    .remedy("ask it in another way"));
            }
            Err(RecvTimeoutError::Timeout) => job.check()?,
        }
    }
}
