//! Plans run where they can be left: [`collect`]; texts are read where they can nest: [`deep`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use polars::prelude::{DataFrame, LazyFrame};
use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::fault;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// How long a cancelled job may go unheard.
const PATIENCE: Duration = Duration::from_millis(20);

/// The stack of threads that follow an expression down: each of the [`MOST_TOKENS`] may be one deeper than the last.
/// It is memory only as far as it is used.
const STACK: usize = 256 << 20;

/// The most tokens of a text.
const MOST_TOKENS: usize = 10_000;

/// Refuses texts that are longer than what people write, before anything follows them down.
///
/// # Errors
/// [`ErrorKind::Limit`].
pub(super) fn check_length(text: &str) -> Result<()> {
    // A token has a byte at least; the tokenizer itself does not nest.
    let tokens = match text.len() <= MOST_TOKENS {
        true => 0,
        false => Tokenizer::new(&GenericDialect, text)
            .tokenize()
            .map_or(0, |tokens| tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))).count()),
    };
    if tokens <= MOST_TOKENS {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Limit,
        format!("a question of {tokens} words and signs; the most are {MOST_TOKENS}"),
    )
    .at(Place::area("query"))
    .remedy("put long lists into a table, and join it"))
}

/// Runs work that follows an expression down, on a stack that is deep enough.
///
/// # Errors
/// [`ErrorKind::Unsupported`] if it panics.
pub(super) fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("question".to_owned()).stack_size(STACK);
        let thread = builder
            .spawn_scoped(scope, work)
            .map_err(|e| Error::io("start a thread for the query", e).at(Place::area("query")))?;
        thread.join().map_err(|_| failed())
    })
}

fn failed() -> Error {
    Error::new(ErrorKind::Unsupported, "polars failed on this question")
        .at(Place::area("query"))
        .remedy("ask it in another way")
}

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
        .stack_size(STACK)
        .spawn(work)
        .map_err(|e| Error::io("start a thread for the query", e).at(Place::area("query")))?;
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(done)) => return done.map_err(fault::of),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Err(failed()),
            Err(RecvTimeoutError::Timeout) => job.check()?,
        }
    }
}
