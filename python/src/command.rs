//! The program, in this process: what it prints with `--json`, as Python reads it.

use lensframe::report::Report;
use pyo3::prelude::*;

use crate::error::Raise;

/// Runs the program with these arguments, the program's own name not among them, and returns its exit code.
#[pyfunction]
pub(crate) fn program(py: Python<'_>, args: Vec<String>) -> u8 {
    let args = std::iter::once("lensframe".to_owned()).chain(args).map(Into::into);
    let args: Vec<std::ffi::OsString> = args.collect();
    py.detach(|| lensframe::cli::run_to_code(args))
}

/// Runs a command of the program and returns what it prints with `--json`.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, args: Vec<String>) -> PyResult<String> {
    crate::job::run(py, move |job| lensframe::cli::answer(args, job))
}

/// A report in one of its forms, from its JSON.
fn report(py: Python<'_>, json: &str, form: impl FnOnce(&Report) -> String) -> PyResult<String> {
    Ok(form(&Report::from_json(json).raise(py)?))
}

/// A report as text for a terminal of so many columns.
#[pyfunction]
pub(crate) fn report_text(py: Python<'_>, json: &str, width: usize) -> PyResult<String> {
    report(py, json, |report| report.terminal(width))
}

/// A report as one page of HTML.
#[pyfunction]
pub(crate) fn report_html(py: Python<'_>, json: &str) -> PyResult<String> {
    report(py, json, Report::to_html)
}

/// A report as Markdown.
#[pyfunction]
pub(crate) fn report_markdown(py: Python<'_>, json: &str) -> PyResult<String> {
    report(py, json, Report::to_markdown)
}
