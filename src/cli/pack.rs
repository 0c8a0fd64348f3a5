//! `lensframe pack`.

use serde_json::json;

use super::args::PackArgs;
use super::print::{Printer, bytes, plural};
use crate::convert;
use crate::error::Result;
use crate::job::Job;

pub(super) fn run(args: &PackArgs, printer: &Printer, job: &Job) -> Result<()> {
    let summary = convert::pack(&args.dataset, job)?;
    let object = json!({
        "dataset": args.dataset, "version": summary.version, "embedded": summary.embedded,
        "bytes": summary.bytes, "absent": summary.absent,
    });
    printer.show(&object, || match summary.version {
        Some(version) => format!(
            "version {version}: {} embedded, {}\n",
            plural(summary.embedded, "image"),
            bytes(summary.bytes)
        ),
        None => "nothing to pack: no image links to a file\n".to_owned(),
    })
}
