//! `lensframe convert` and `lensframe formats`.

use std::io::Write;

use serde_json::json;

use super::args::{ConvertArgs, ImagesArg, StorageArg};
use super::print::{Printer, bytes, count, plural, table};
use crate::convert::{self, Format, Images, ImportOptions, ImportSummary};
use crate::dataset::store::{self, Storage, Store};
use crate::error::Result;
use crate::eval::cache_masks;
use crate::job::Job;
use crate::schema::axis::key_name;

pub(super) fn run(args: &ConvertArgs, printer: &Printer, job: &Job) -> Result<()> {
    let options = ImportOptions {
        images: match args.images {
            ImagesArg::Auto => Images::Auto,
            ImagesArg::Embed => Images::Embed,
            ImagesArg::Link => Images::Link,
            ImagesArg::None => Images::None,
        },
        shard_bytes: args.shard_size.map_or(ImportOptions::default().shard_bytes, |bytes| bytes.0),
        storage: match args.storage {
            StorageArg::Arrow => Storage::Arrow,
            StorageArg::Parquet => Storage::Parquet,
        },
        replace: args.force,
        probe: !args.no_probe,
        ..args.source.options()
    };
    let (format, why, summary) = import(args, &options, job).inspect_err(|_| {
        if let Some(rows) = store::interrupted(&args.dst) {
            let rows = plural(rows, "row");
            let _ = writeln!(
                std::io::stderr(),
                "{rows} finished in {}: the same command goes on from there",
                args.dst.display()
            );
        }
    })?;
    let mut cached = Vec::new();
    if args.masks {
        let ds = Store::open(&args.dst)?.dataset();
        for set in ds.sets().iter().filter(|set| ds.keys().find(&key_name(set, "segmentation")).is_ok()) {
            cached.push(cache_masks(&args.dst, set, job)?);
        }
    }
    let object = json!({
        "masks": cached.iter().map(|cached| cached.masks).sum::<u64>(),
        "format": format.name(), "detected_by": why, "dataset": args.dst, "version": summary.version,
        "rows": summary.rows, "objects": summary.objects, "orphans": summary.orphans, "resumed": summary.resumed,
        "images": {
            "linked": summary.images.linked, "embedded": summary.images.embedded, "bytes": summary.images.bytes,
            "absent": summary.images.absent,
        },
        "warnings": job.warnings().total(),
    });
    printer.show(&object, || {
        let sets = summary.objects.iter().map(|(set, n)| {
            let name = if set.is_empty() { String::new() } else { format!(" in {set}") };
            format!("{}{name}", plural(*n, "object"))
        });
        let mut text = format!(
            "{} ({}): {}, {}\n",
            args.dst.display(),
            format.name(),
            plural(summary.rows, "row"),
            sets.collect::<Vec<_>>().join(", ")
        );
        if let Some(why) = &why {
            text.push_str(&format!("found: {why}\n"));
        }
        if summary.resumed > 0 {
            text.push_str(&format!(
                "{} taken over from an interrupted run\n",
                plural(summary.resumed, "row")
            ));
        }
        for cached in &cached {
            text.push_str(&format!("{}\n", super::masks::said(cached)));
        }
        let images = &summary.images;
        if images.embedded > 0 {
            text.push_str(&format!(
                "{} embedded, {}\n",
                plural(images.embedded, "image"),
                bytes(images.bytes)
            ));
        }
        if images.linked > 0 {
            text.push_str(&format!("{} linked\n", plural(images.linked, "image")));
        }
        for folder in &images.folders {
            text.push_str(&format!("images in {}\n", folder.path.display()));
        }
        text
    })
}

/// The format, what gave it away, and what the import says.
fn import(
    args: &ConvertArgs,
    options: &ImportOptions,
    job: &Job,
) -> Result<(&'static Format, Option<String>, ImportSummary)> {
    match &args.from {
        Some(name) => {
            let format = convert::format(name)?;
            Ok((format, None, format.import(&args.src, &args.dst, options, job)?))
        }
        None => {
            let found = convert::detect(&args.src, &options.image_roots, job)?;
            let summary = found.format.import_source(&found.source, &args.dst, options, job)?;
            Ok((found.format, Some(found.why), summary))
        }
    }
}

pub(super) fn formats(printer: &Printer) -> Result<()> {
    let formats = convert::formats();
    let object = json!(
        formats
            .iter()
            .map(|f| json!({"name": f.name(), "reads": f.reads(), "writes": f.writes()}))
            .collect::<Vec<_>>()
    );
    printer.show(&json!({"formats": object, "count": count(formats.len() as u64)}), || {
        let mut rows = vec![["format", "reads", "writes"].map(str::to_owned).to_vec()];
        rows.extend(formats.iter().map(|f| {
            let told = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
            vec![f.name().to_owned(), told(f.reads()), told(f.writes())]
        }));
        table(&rows)
    })
}
