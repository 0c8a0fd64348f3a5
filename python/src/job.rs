//! Long calls: on a thread of their own, the interpreter's lock free, stopped by Ctrl-C, with progress and warnings.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lensframe::error::Result;
use lensframe::job::{Job, Observer};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::error::Raise;

/// How long a signal may go unheard.
const PATIENCE: Duration = Duration::from_millis(20);
/// What is shorter shows no progress.
const SHORT: Duration = Duration::from_millis(400);
/// How often progress is shown.
const OFTEN: Duration = Duration::from_millis(100);

/// What a job is at.
#[derive(Clone, Default)]
struct At {
    what: String,
    done: u64,
    total: Option<u64>,
}

#[derive(Default)]
struct Watch(Mutex<At>);

impl Watch {
    fn at(&self) -> MutexGuard<'_, At> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watch {
    fn begin(&self, what: &str, total: Option<u64>) {
        *self.at() = At { what: what.to_owned(), done: 0, total };
    }

    fn advance(&self, done: u64) {
        self.at().done = done;
    }
}

/// Runs `work` to its end, or until Python hears a signal that raises.
///
/// # Errors
/// Those of the work; what the signal's handler raised.
pub(crate) fn run<T: Send>(py: Python<'_>, work: impl FnOnce(&Job) -> Result<T> + Send) -> PyResult<T> {
    let watch = Arc::new(Watch::default());
    let job = Job::new().observer(watch.clone());
    let mut interrupt: Option<PyErr> = None;
    let mut bar: Option<Py<PyAny>> = None;
    let done = std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        let own = &job;
        let worker = scope.spawn(move || {
            // Nobody stops listening before the end.
            let _ = sender.send(work(own));
        });
        let receiver = Mutex::new(receiver);
        let (started, mut shown) = (Instant::now(), Instant::now());
        loop {
            let heard =
                py.detach(|| receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(PATIENCE));
            match heard {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Disconnected) => return Err(py.detach(|| said(worker.join()))),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if interrupt.is_none()
                && let Err(raised) = py.check_signals()
            {
                job.cancel();
                interrupt = Some(raised);
            }
            if started.elapsed() > SHORT && shown.elapsed() > OFTEN {
                shown = Instant::now();
                let at = watch.at().clone();
                show(py, &mut bar, &at);
            }
        }
    });
    if let Some(bar) = bar {
        // A bar that cannot be closed is no reason to lose what was done.
        let _ = bar.call_method0(py, "close");
    }
    if let Some(raised) = interrupt {
        return Err(raised);
    }
    let fault = |text| PyRuntimeError::new_err(format!("{text}: a fault of lensframe, please report it"));
    let value = done.map_err(fault)?.raise(py)?;
    warn(py, &job)?;
    Ok(value)
}

/// What a thread said when it broke.
fn said(ended: std::thread::Result<()>) -> String {
    let broken = ended.err();
    let text = broken.as_ref().and_then(|payload| match payload.downcast_ref::<String>() {
        Some(text) => Some(text.as_str()),
        None => payload.downcast_ref::<&str>().copied(),
    });
    text.unwrap_or("the work ended without an answer").to_owned()
}

/// Shows how far the work is; what Python cannot show is not shown.
fn show(py: Python<'_>, bar: &mut Option<Py<PyAny>>, at: &At) {
    if bar.is_none() {
        let made = py.import("lensframe._progress").and_then(|module| module.call_method0("bar"));
        *bar = made.ok().map(Bound::unbind);
    }
    if let Some(bar) = bar {
        let _ = bar.call_method1(py, "show", (at.what.as_str(), at.done, at.total));
    }
}

/// Says what was worked around, once a kind.
fn warn(py: Python<'_>, job: &Job) -> PyResult<()> {
    let warnings = job.warnings();
    for (_, count, examples) in warnings.iter() {
        let Some(first) = examples.first() else { continue };
        let text = match count {
            1 => first.to_string(),
            n => format!("{n} times, first: {first}"),
        };
        py.import("lensframe.errors")?.call_method1("warn", (text,))?;
    }
    Ok(())
}
