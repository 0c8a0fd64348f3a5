//! `lensframe gc`.

use std::time::Duration;

use serde_json::json;

use super::args::GcArgs;
use super::print::{Printer, bytes, plural};
use crate::dataset::store::{self, GcOptions};
use crate::error::Result;
use crate::job::Job;

pub(super) fn run(args: &GcArgs, printer: &Printer, job: &Job) -> Result<()> {
    let mut options = GcOptions { keep_versions: args.keep, ..GcOptions::default() };
    if args.now {
        options.min_age = Duration::ZERO;
    }
    let report = store::gc(&args.dataset, options, job)?;
    let removed: Vec<String> = report.removed.iter().map(|r| r.path.display().to_string()).collect();
    let object = json!({
        "dataset": args.dataset, "kept_versions": report.kept, "removed": removed, "bytes": report.bytes(),
        "young": report.young,
    });
    printer.show(&object, || {
        let mut text: String = removed.iter().map(|path| format!("{path}\n")).collect();
        text.push_str(&format!(
            "removed {}, {}\n",
            plural(removed.len() as u64, "file"),
            bytes(report.bytes())
        ));
        if report.young > 0 {
            text.push_str(&format!(
                "{} of no version stayed, younger than a day; --now removes them if nobody is writing\n",
                plural(report.young as u64, "file")
            ));
        }
        text
    })
}
