//! `lensframe write`: rows through a pipeline, stored as a dataset of their own.

use serde_json::json;

use super::args::{EncodeArg, StorageArg, WriteArgs};
use super::print::{Printer, plural};
use super::reference::{Reference, parse_slice};
use crate::augment::{Cut, Rendering};
use crate::convert::{SaveOptions, save};
use crate::dataset::store::{Storage, WriterOptions};
use crate::error::Result;
use crate::geometry::Size;
use crate::image::{Encoding, Orientation};
use crate::job::Job;

pub(super) fn run(args: &WriteArgs, printer: &Printer, job: &Job) -> Result<()> {
    let reference = Reference::parse(&args.dataset)?;
    let opened = reference.open(&args.source, job)?;
    let ds = reference.rows(&opened, &args.source, job)?;
    let mut ds = reference.chosen(ds, &args.conditions, None, job)?;
    if let Some(rows) = &args.rows {
        ds = ds.slice_python(parse_slice(rows)?)?;
    }
    let pipeline = reference.pipeline(args.pipeline.as_deref(), &ds)?;
    let cut = match (args.tiles, args.crops) {
        (Some(size), _) => Cut::Tiles { size, overlap: args.overlap.unwrap_or(Size::new(0, 0)) },
        (None, true) => Cut::Objects { margin: args.margin },
        (None, false) => Cut::Whole,
    };
    let encoding = args.encode.map(|kind| match kind {
        EncodeArg::Png => Encoding::Png,
        EncodeArg::Jpeg => Encoding::Jpeg { quality: args.quality, orientation: Orientation::Upright },
    });
    let rendering = Rendering { pipeline, cut, encoding, max_side: args.max_side, seed: args.seed };
    let rendered = rendering.of(&ds, job)?;
    let storage = match args.storage {
        StorageArg::Arrow => Storage::Arrow,
        StorageArg::Parquet => Storage::Parquet,
    };
    let writer = WriterOptions { storage, replace: args.force, ..WriterOptions::default() };
    let options = SaveOptions { writer, skip: args.skip, ..SaveOptions::default() };
    let summary = save(&rendered.view, &args.dst, &options, job)?;
    let object = json!({
        "dataset": args.dst, "version": summary.version, "rows": summary.rows, "of_rows": ds.len(),
        "skipped": summary.skipped, "left_out": rendered.left_out, "pipeline": rendering.pipeline.to_json(),
    });
    printer.show(&object, || {
        let mut text = format!(
            "{}: {} of {}\n",
            args.dst.display(),
            plural(summary.rows, "row"),
            plural(ds.len() as u64, "row")
        );
        if summary.skipped > 0 {
            text.push_str(&format!("{} left out: they could not be used\n", plural(summary.skipped, "row")));
        }
        if !rendered.left_out.is_empty() {
            text.push_str(&format!("no pipeline moves {}: left out\n", rendered.left_out.join(", ")));
        }
        text
    })
}
