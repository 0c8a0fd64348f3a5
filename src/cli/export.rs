//! `lensframe export`.

use serde_json::json;

use super::args::{ExportArgs, ExportImagesArg};
use super::print::{Printer, plural};
use super::reference::{Reference, parse_slice, set_named};
use crate::convert::{self, ExportImages, ExportOptions};
use crate::error::Result;
use crate::job::Job;

/// How many of the files written are listed; `--json` has them all.
const SHOWN: usize = 20;

pub(super) fn run(args: &ExportArgs, printer: &Printer, job: &Job) -> Result<()> {
    let format = convert::format(&args.to)?;
    let reference = Reference::parse(&args.dataset)?;
    let opened = reference.open(&args.source, job)?;
    let store = opened.store();
    let ds = reference.rows(&opened, &args.source, job)?;
    let mut ds = reference.chosen(ds, &args.conditions, args.set.as_deref(), job)?;
    if let Some(rows) = &args.rows {
        ds = ds.slice_python(parse_slice(rows)?)?;
    }
    let set = args.set.as_ref().or(reference.set.as_ref()).map(|name| set_named(&ds, name)).transpose()?;
    let options = ExportOptions {
        set,
        replace: args.force,
        images: match args.images {
            ExportImagesArg::Auto => ExportImages::Auto,
            ExportImagesArg::Copy => ExportImages::Copy,
            ExportImagesArg::None => ExportImages::None,
        },
        fill: args.fill,
    };
    let summary = format.export(store, &ds, &args.dst, &options, job)?;
    let files: Vec<String> = summary.files.iter().map(|f| f.display().to_string()).collect();
    let object = json!({
        "format": format.name(), "files": files, "rows": summary.rows, "objects": summary.objects,
        "images": summary.images, "loss": summary.loss.to_json(),
    });
    printer.show(&object, || {
        let mut text: String = files.iter().take(SHOWN).map(|file| format!("{file}\n")).collect();
        if files.len() > SHOWN {
            text.push_str(&format!("… and {} more\n", plural((files.len() - SHOWN) as u64, "file")));
        }
        text.push_str(&format!("{}, {}\n", plural(summary.rows, "row"), plural(summary.objects, "object")));
        text.push_str(&summary.loss.to_string());
        text
    })
}
