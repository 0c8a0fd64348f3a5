//! Errors as exceptions: the classes of `lensframe.errors`, with kind and place as attributes.

use lensframe::error::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The name of the class of an error.
fn class(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage | ErrorKind::Length | ErrorKind::Mismatch => "UsageError",
        ErrorKind::Key => "MissingKeyError",
        ErrorKind::Index => "OutOfRangeError",
        ErrorKind::Type => "DataTypeError",
        ErrorKind::NotFound => "NotFoundError",
        ErrorKind::AlreadyExists => "AlreadyExistsError",
        ErrorKind::Format | ErrorKind::Corrupt => "DataError",
        ErrorKind::Unsupported => "UnsupportedError",
        _ => "LensframeError",
    }
}

/// An error as a Python exception; what a Python function raised is its cause.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let cause = cause(py, error);
    if error.is_cancelled() {
        if let Some(interrupt) = cause {
            return interrupt;
        }
        return pyo3::exceptions::PyKeyboardInterrupt::new_err(error.to_string());
    }
    let made = || -> PyResult<PyErr> {
        let class = py.import("lensframe.errors")?.getattr(class(error.kind()))?;
        let place = error.place();
        let facts = PyDict::new(py);
        facts.set_item("kind", format!("{:?}", error.kind()))?;
        facts.set_item("file", place.file_name())?;
        facts.set_item("line", place.line_number())?;
        facts.set_item("row", place.row_number())?;
        facts.set_item("key", place.key_name())?;
        facts.set_item("remedy", error.remedy_text().map(keywords))?;
        let value = class.call((keywords(&error.to_string()),), Some(&facts))?;
        Ok(PyErr::from_value(value))
    };
    match made() {
        Ok(made) => {
            if cause.is_some() {
                made.set_cause(py, cause);
            }
            made
        }
        Err(error) => error,
    }
}

/// Options that are given without a value.
const FLAGS: [&str; 4] = ["corrected", "force", "replace", "strict"];

/// What may follow the name of an option without being its value.
const PLAIN: [&str; 6] = ["a", "and", "or", "out", "to", "with"];

/// The program's options in a text as the keywords that they are in Python: `--on-error skip` as `on_error="skip"`.
fn keywords(text: &str) -> String {
    let text = text.replace("(--force)", "(force=True, of a view replace=True)");
    let mut parts = text.split(" --");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(part.len());
        let (option, rest) = part.split_at(end);
        let name = if option == "from" { "format".to_owned() } else { option.replace('-', "_") };
        let value = rest
            .strip_prefix(' ')
            .map(|rest| rest.split_at(rest.find([' ', ',', ';']).unwrap_or(rest.len())));
        out.push_str(&match value.filter(|(word, _)| !PLAIN.contains(word)) {
            _ if option.is_empty() => format!(" --{part}"),
            _ if FLAGS.contains(&option) => format!(" {name}=True{rest}"),
            Some((value, rest)) => format!(" {name}=\"{value}\"{rest}"),
            None => format!(" {name}={rest}"),
        });
    }
    out
}

/// What a Python function raised, if that is what an error came of.
fn cause(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(raised) = inner.downcast_ref::<PyErr>() {
            return Some(raised.clone_ref(py));
        }
        source = inner.source();
    }
    None
}

/// Errors of lensframe as exceptions.
pub(crate) trait Raise<T> {
    /// The value, or the exception.
    fn raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> Raise<T> for lensframe::error::Result<T> {
    fn raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| raised(py, &error))
    }
}
