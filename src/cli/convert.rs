//! `lensframe convert` and `lensframe formats`.

use serde_json::json;

use super::args::{ConvertArgs, ImagesArg, StorageArg};
use super::print::{Printer, bytes, count, plural, table};
use crate::convert::{self, Images, ImportOptions};
use crate::dataset::store::Storage;
use crate::error::Result;
use crate::job::Job;

pub(super) fn run(args: &ConvertArgs, printer: &Printer, job: &Job) -> Result<()> {
    let (format, why) = match &args.from {
        Some(name) => (convert::format(name)?, None),
        None => {
            let found = convert::detect(&args.src)?;
            (found.format, Some(found.why))
        }
    };
    let options = ImportOptions {
        images: match args.images {
            ImagesArg::Auto => Images::Auto,
            ImagesArg::Embed => Images::Embed,
            ImagesArg::Link => Images::Link,
            ImagesArg::None => Images::None,
        },
        image_root: args.image_root.clone(),
        splits: args.split.clone(),
        storage: match args.storage {
            StorageArg::Arrow => Storage::Arrow,
            StorageArg::Parquet => Storage::Parquet,
        },
        replace: args.force,
    };
    let summary = format.import(&args.src, &args.dst, &options, job)?;
    let object = json!({
        "format": format.name(), "detected_by": why, "dataset": args.dst, "version": summary.version,
        "rows": summary.rows, "objects": summary.objects, "orphans": summary.orphans,
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
        rows.extend(
            formats.iter().map(|f| vec![f.name().to_owned(), f.reads().to_owned(), f.writes().to_owned()]),
        );
        table(&rows)
    })
}
