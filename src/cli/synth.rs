//! `lensframe synth`: labelled scenes, as a dataset or in another format.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::{FilesArg, Range, StorageArg, SynthArgs};
use super::print::{Printer, bytes, plural};
use crate::convert::{self, ExportImages, ExportOptions, Format};
use crate::dataset::store::{Storage, Store, WriterOptions};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;
use crate::synth::{self, Errors, Fault, Files, Options, Scenes, Span, Tally};

/// The name of our own format, which is no converter's.
const OWN: &str = "lensframe";

/// The set of detections.
const PREDICTED: &str = "pred";

pub(super) fn run(args: &SynthArgs, printer: &Printer, job: &Job) -> Result<()> {
    let format = match args.to.as_str() {
        OWN => None,
        name => Some(convert::format(name)?),
    };
    let scenes = Scenes::new(options(args)?, args.seed)?;
    let store = WriterOptions {
        storage: match args.storage {
            StorageArg::Arrow => Storage::Arrow,
            StorageArg::Parquet => Storage::Parquet,
        },
        replace: args.force && format.is_none(),
        ..WriterOptions::default()
    };
    match format {
        None => {
            let written = scenes.write(&args.dst, store, &|_| true, job)?;
            let (tally, version) = match detected(args, &args.dst, job)? {
                Some((tally, version)) => (Some(tally), version),
                None => (None, written.version),
            };
            let object = json!({
                "format": OWN, "dataset": args.dst, "version": version, "rows": written.rows,
                "objects": written.objects, "image_bytes": written.bytes, "resumed": written.resumed,
                "detections": tally.as_ref().map(as_json),
            });
            printer.show(&object, || {
                let mut text = format!(
                    "{}: {}, {}, {} of images\n",
                    args.dst.display(),
                    plural(written.rows, "scene"),
                    plural(written.objects, "object"),
                    bytes(written.bytes)
                );
                text.extend(tally.iter().map(as_text));
                text
            })
        }
        Some(format) => export(args, &scenes, store, format, printer, job),
    }
}

/// By way of a dataset that lives as long as this call.
fn export(
    args: &SynthArgs,
    scenes: &Scenes,
    options: WriterOptions,
    format: &'static Format,
    printer: &Printer,
    job: &Job,
) -> Result<()> {
    let place = || Place::none().file(&args.dst);
    // Said before everything is drawn rather than after. Files of an earlier run among the new ones would be
    // truth of no scene, so that nothing is replaced here.
    let free = match fs::read_dir(&args.dst) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => !args.dst.exists(),
    };
    if !free {
        return Err(Error::new(ErrorKind::AlreadyExists, "there is something already")
            .at(place())
            .remedy("name a folder that is absent or empty, or remove this one"));
    }
    if args.detections && matches!(format.name(), "labels" | "panoptic") {
        let what = format!("{} has no room for detections", format.name());
        return Err(Error::new(ErrorKind::Usage, what).remedy("leave --detections out, or write a dataset"));
    }
    let folder = tempfile::Builder::new()
        .prefix("lensframe-")
        .tempdir()
        .map_err(|e| Error::io("make a folder for temporary files", e))
        .at(|| Place::none().file(std::env::temp_dir()))?;
    let path = folder.path().join("scenes.lf");
    let name = format.name();
    scenes.write(&path, options, &|key| holds(name, key), job)?;
    let tally = detected(args, &path, job)?.map(|(tally, _)| tally);
    let store = Store::open(&path)?;
    let export = ExportOptions { images: ExportImages::Copy, ..ExportOptions::default() };
    let summary = format.export(&store, &store.dataset(), &args.dst, &export, job)?;
    let object = json!({
        "format": name, "files": summary.files.len(), "rows": summary.rows, "objects": summary.objects,
        "images": summary.images, "detections": tally.as_ref().map(as_json), "loss": summary.loss.to_json(),
    });
    printer.show(&object, || {
        format!(
            "{} ({name}): {}, {}, {}\n{}{}",
            args.dst.display(),
            plural(summary.files.len() as u64, "file"),
            plural(summary.rows, "scene"),
            plural(summary.objects, "object"),
            tally.as_ref().map_or_else(String::new, as_text),
            summary.loss
        )
    })
}

/// Adds detections to a stored dataset, if they are asked for.
fn detected(args: &SynthArgs, path: &Path, job: &Job) -> Result<Option<(Tally, u64)>> {
    let add = || synth::add_detections(path, PREDICTED, &Errors::default(), args.seed, job);
    args.detections.then(add).transpose()
}

fn as_json(tally: &Tally) -> Json {
    let kinds = Fault::ALL.iter().map(|fault| (fault.name().to_owned(), json!(tally.of(*fault))));
    kinds.chain([("missed".to_owned(), json!(tally.missed))]).collect()
}

fn as_text(tally: &Tally) -> String {
    let kinds: Vec<String> =
        Fault::ALL.iter().map(|fault| format!("{} {}", tally.of(*fault), fault.name())).collect();
    format!("set {PREDICTED}: {}; {} objects missed\n", kinds.join(", "), tally.missed)
}

/// Whether a key is for a format: what it would only be told to leave out is not drawn for it, and of two forms
/// of the same thing it gets the one it would make the most of.
fn holds(format: &str, key: &str) -> bool {
    let is = |name: &str| key == name || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    match format {
        "coco" => !is("panoptic") && !is("label_map") && !is("instance_map"),
        "voc" => !is("panoptic") && !is("captions"),
        "labels" | "panoptic" => !is("label_map") && !is("instance_map"),
        _ => true,
    }
}

/// The defaults, what a file says, what the command line says, in this order.
fn options(args: &SynthArgs) -> Result<Options> {
    let mut options = match &args.options {
        None => Options::default(),
        Some(path) => {
            let place = || Place::none().file(path);
            let text = fs::read(path).map_err(|e| Error::io("read", e)).at(place)?;
            serde_json::from_slice(&text).map_err(|e| {
                Error::new(ErrorKind::Usage, format!("these are no options for scenes: {e}")).at(place())
            })?
        }
    };
    let span = |range: Range| Span::new(range.0, range.1);
    if let Some(sizes) = args.size {
        (options.height, options.width) = (span(sizes.height), span(sizes.width));
    }
    options.count = args.count.unwrap_or(options.count);
    options.classes = args.classes.unwrap_or(options.classes);
    options.objects = args.objects.map_or(options.objects, span);
    options.quality = args.quality.map_or(options.quality, span);
    options.images = match args.images {
        None => options.images,
        Some(FilesArg::Jpeg) => Files::Jpeg,
        Some(FilesArg::Png) => Files::Png,
        Some(FilesArg::Bmp) => Files::Bmp,
        Some(FilesArg::Mix) => Files::Mix,
    };
    for (share, said) in [
        (&mut options.empty, args.empty),
        (&mut options.overlap, args.overlap),
        (&mut options.crowds, args.crowds),
        (&mut options.gray, args.gray),
        (&mut options.rotated, args.rotated),
        (&mut options.val, args.val),
    ] {
        *share = said.unwrap_or(*share);
    }
    // VOC's class PNGs know its classes and background, nothing else.
    options.stuff &= !args.no_stuff && args.to != "voc";
    Ok(options)
}
