//! The command line: parse, call the library, print.
//!
//! No logic a user of the library would miss. Exit codes: 0 done, 1 the data or the run failed, 2 the command
//! line makes no sense. Every command that prints takes `--json` and then prints one object on stdout;
//! progress and warnings go to stderr, progress only when that is a terminal. Nothing is overwritten without
//! `--force`.

mod args;
mod compare;
mod convert;
mod demo;
mod eval;
mod export;
mod feed;
mod gc;
mod head;
mod image;
mod info;
mod log;
mod masks;
mod model;
mod pack;
mod predict;
mod print;
mod query;
mod reference;
mod save;
mod stats;
mod synth;
mod terminal;
mod threads;
mod verify;
mod view;
mod write;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};

use crate::error::{Error, ErrorKind, Result};
use crate::job::Job;
use args::{Cli, Command, Global};
use print::{Printer, harmless};
use terminal::Terminal;

/// Runs the program with these arguments (the first is its name) and returns its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(run_to_code(args))
}

/// As [`main`], with the exit code as a number.
pub fn run_to_code(args: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" of clap that exit with 0; a closed pipe is not worth a word.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    if let Some(count) = cli.global.threads {
        threads::limit(count);
    }
    let terminal = Arc::new(Terminal::new(cli.global.quiet));
    let job = job(&cli.global, &terminal);
    let printer = Printer::new(cli.global.json);
    let outcome = run(cli, &printer, &job);
    terminal.finish(&job.warnings());
    match outcome {
        Ok(()) => 0,
        Err(error) if is_closed_pipe(&error) => 0,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "lensframe: {}", harmless(&error.to_string()));
            if error.kind() == ErrorKind::Usage { 2 } else { 1 }
        }
    }
}

/// What a command prints with `--json`, as part of a job: the doors of other languages ask by it. The arguments are
/// those behind the program's name.
///
/// # Errors
/// [`ErrorKind::Usage`] for arguments that make no sense; those of the command.
pub fn answer(args: impl IntoIterator<Item = impl Into<OsString>>, job: &Job) -> Result<String> {
    let args = std::iter::once("lensframe".into()).chain(args.into_iter().map(Into::into));
    let cli = Cli::try_parse_from(args).map_err(|e| {
        let text = e.render().to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Error::new(ErrorKind::Usage, first)
    })?;
    let mut job = job.clone().strict(cli.global.strict || job.is_strict());
    if let Some(threads) = cli.global.threads {
        job = job.threads(threads);
    }
    if let Some(memory) = cli.global.memory {
        job = job.memory(memory.0);
    }
    let printer = Printer::holding();
    run(cli, &printer, &job)?;
    String::from_utf8(printer.held())
        .map_err(|_| Error::new(ErrorKind::Unsupported, "the command prints no text"))
}

fn job(global: &Global, terminal: &Arc<Terminal>) -> Job {
    terminal.list_warnings(global.warnings);
    let mut job = Job::new().strict(global.strict).observer(terminal.clone());
    if let Some(threads) = global.threads {
        job = job.threads(threads);
    }
    if let Some(memory) = global.memory {
        job = job.memory(memory.0);
    }
    let on_signal = job.clone();
    let mut asked = false;
    // A second Ctrl-C means it: leave at once. What was stored is never harmed by that.
    let _ = ctrlc::set_handler(move || {
        if asked {
            std::process::exit(130);
        }
        asked = true;
        on_signal.cancel();
    });
    job
}

fn run(cli: Cli, printer: &Printer, job: &Job) -> Result<()> {
    match cli.command {
        Command::Convert(args) => convert::run(&args, printer, job),
        Command::Export(args) => export::run(&args, printer, job),
        Command::Info(args) => info::run(&args, printer, job),
        Command::Stats(args) => stats::run(&args, printer, job),
        Command::Feed(args) => feed::run(&args, printer, job),
        Command::Head(args) => head::run(&args, printer, job),
        Command::Query(args) => query::run(&args, printer, job),
        Command::View(args) => view::run(&args, printer, job),
        Command::Write(args) => write::run(&args, printer, job),
        Command::Predict(args) => predict::run(&args, printer, job),
        Command::Model(args) => model::run(&args, printer, job),
        Command::Eval(args) => eval::run(&args, printer, job),
        Command::Compare(args) => compare::run(&args, printer, job),
        Command::Masks(args) => masks::run(&args, printer, job),
        Command::Verify(args) => verify::run(&args, printer, job),
        Command::Gc(args) => gc::run(&args, printer, job),
        Command::Log(args) => log::run(&args, printer),
        Command::Pack(args) => pack::run(&args, printer, job),
        Command::Image(args) => image::run(&args, printer, job),
        Command::Formats => convert::formats(printer),
        Command::Synth(args) => synth::run(&args, printer, job),
        Command::Demo(args) => demo::run(&args, printer, job),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "lensframe", &mut text);
            printer.raw(&text)
        }
    }
}

/// True if what failed was only that nobody reads our output any more (`lensframe head … | head -1`).
fn is_closed_pipe(error: &Error) -> bool {
    std::error::Error::source(error)
        .and_then(|e| e.downcast_ref::<std::io::Error>())
        .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
