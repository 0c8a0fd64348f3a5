//! `lensframe verify`.

use serde_json::json;

use super::args::VerifyArgs;
use super::print::{Printer, bytes, plural};
use super::reference::Reference;
use crate::dataset::store::Depth;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

pub(super) fn run(args: &VerifyArgs, printer: &Printer, job: &Job) -> Result<()> {
    let reference = Reference::parse(&args.dataset)?;
    let depth = if args.quick { Depth::Lengths } else { Depth::Values };
    let report = reference.open_stored()?.verify(depth, job)?;
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    let object = json!({
        "dataset": reference.path, "version": report.version, "files": report.files, "bytes": report.bytes,
        "rows": report.rows, "sound": problems.is_empty(), "problems": problems,
    });
    printer.show(&object, || {
        let mut text = String::new();
        for problem in &problems {
            text.push_str(problem);
            text.push('\n');
        }
        let verdict =
            if problems.is_empty() { "sound".to_owned() } else { plural(problems.len() as u64, "problem") };
        text.push_str(&format!(
            "version {}: {}, {} in {}: {verdict}\n",
            report.version,
            plural(report.rows, "row"),
            bytes(report.bytes),
            plural(report.files as u64, "file")
        ));
        text
    })?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        format!("the dataset has {}", plural(problems.len() as u64, "problem")),
    )
    .at(Place::none().file(&reference.path))
    .remedy("restore the files named above from a copy, or use an older version (`lensframe log`)"))
}
