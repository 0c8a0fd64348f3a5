//! Progress and warnings on stderr.
//!
//! Progress appears only on a terminal. Warnings are counted by code and summed up at the end, or listed as
//! they come with `--warnings`.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::print::harmless;
use crate::job::{Observer, Warning, Warnings};

/// How many columns stdout has; 100 where it is no terminal.
pub(super) fn width() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_col > 0
    {
        return usize::from(size.ws_col);
    }
    100
}

pub(super) struct Terminal {
    quiet: bool,
    list: AtomicBool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Terminal {
    pub(super) fn new(quiet: bool) -> Terminal {
        Terminal { quiet, list: AtomicBool::new(false), bar: Mutex::new(None) }
    }

    pub(super) fn list_warnings(&self, list: bool) {
        self.list.store(list, Ordering::Relaxed);
    }

    /// Clears the bar and sums the warnings up.
    pub(super) fn finish(&self, warnings: &Warnings) {
        self.clear();
        if self.quiet || warnings.total() == 0 {
            return;
        }
        let mut err = std::io::stderr().lock();
        if !self.list.load(Ordering::Relaxed) {
            for (code, count, examples) in warnings.iter() {
                let Some(first) = examples.first() else { continue };
                let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
                let first = first.to_string().replace('\n', "\\n");
                let _ = writeln!(err, "warning: [{code}] {}{more}", harmless(&first));
            }
        }
        let plural = if warnings.total() == 1 { "" } else { "s" };
        let hint = if self.list.load(Ordering::Relaxed) {
            ""
        } else {
            "; --warnings lists them, --strict stops at the first"
        };
        let _ = writeln!(err, "{} warning{plural}{hint}", warnings.total());
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Terminal {
    fn begin(&self, what: &str, total: Option<u64>) {
        self.clear();
        if self.quiet || !std::io::stderr().is_terminal() {
            return;
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
        let template = match total {
            Some(_) => "{msg} {bar:30} {percent:>3}% {elapsed} (about {eta} left)",
            None => "{msg} {spinner} {human_pos} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn advance(&self, done: u64) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.set_position(done);
        }
    }

    fn end(&self) {
        self.clear();
    }

    fn warning(&self, warning: &Warning) {
        if self.quiet || !self.list.load(Ordering::Relaxed) {
            return;
        }
        let print = || {
            let line = warning.to_string().replace('\n', "\\n");
            let _ = writeln!(std::io::stderr(), "warning: [{}] {}", warning.code, harmless(&line));
        };
        match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}
