//! `lensframe view`: rows of a dataset drawn on one sheet.

use std::path::Path;

use serde_json::json;

use super::args::{ColourArg, ViewArgs};
use super::print::{Printer, plural};
use super::reference::{Reference, parse_slice};
use super::save::save;
use crate::augment::Rendering;
use crate::draw::{Colours, Style};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::gallery::Gallery;
use crate::image::{Encoding, Format, Orientation, encode};
use crate::job::Job;

/// How many rows are drawn where nobody says which.
const ROWS: usize = 16;

pub(super) fn run(args: &ViewArgs, printer: &Printer, job: &Job) -> Result<()> {
    let stdout = args.output.as_os_str() == "-";
    let encoding = encoding(&args.output, stdout)?;
    if !stdout && !args.force && args.output.exists() {
        return Err(Error::new(ErrorKind::AlreadyExists, "there is such a file already")
            .at(Place::area("view").file(&args.output))
            .remedy("use --force to replace it"));
    }
    let reference = Reference::parse(&args.dataset)?;
    let opened = reference.open(&args.source, job)?;
    let ds = reference.rows(&opened, &args.source, job)?;
    let mut ds = reference.chosen(ds, &args.conditions, args.set.first().map(String::as_str), job)?;
    ds = match (&args.rows, args.sample) {
        (Some(rows), _) => ds.slice_python(parse_slice(rows)?)?,
        (None, Some(n)) => {
            let shuffled = ds.shuffle(args.seed);
            shuffled.slice(..n.min(shuffled.len()))?
        }
        (None, None) => ds.slice(..ROWS.min(ds.len()))?,
    };
    if let Some(path) = &args.pipeline {
        let pipeline = reference.pipeline(Some(path), &ds)?;
        let rows = (0..ds.len() as u64).flat_map(|row| std::iter::repeat_n(row, args.times.into()));
        let rendering = Rendering { seed: args.seed, ..Rendering::new(pipeline) };
        ds = rendering.of(&ds.take(&rows.collect::<Vec<_>>())?, job)?.view;
    }
    let mut panels = args.set.clone();
    panels.extend(reference.set.filter(|_| args.set.is_empty()));
    let gallery =
        Gallery { panels, tile: args.tile, columns: args.columns, rotated: args.rotated, style: style(args) };
    let sheet = gallery.sheet(&ds, job)?;
    let file = encode(&sheet.pixels, encoding)?;
    if stdout {
        return printer.raw(&file);
    }
    save(&args.output, &file, args.force)?;
    let (height, width) = sheet.pixels.size();
    let object = json!({
        "file": args.output, "rows": sheet.rows, "height": height, "width": width,
        "without_image": sheet.absent, "unreadable": sheet.unreadable, "damaged": sheet.damaged,
        "objects_not_drawn": sheet.skipped,
    });
    printer.show(&object, || {
        let mut text =
            format!("{}: {}, {width} × {height} pixels\n", args.output.display(), plural(sheet.rows, "row"));
        let counts = [
            (sheet.absent, "without an image"),
            (sheet.unreadable, "whose image cannot be read"),
            (sheet.damaged, "whose image is damaged"),
        ];
        for (n, what) in counts.into_iter().filter(|(n, _)| *n > 0) {
            text.push_str(&format!("{} {what}\n", plural(n, "row")));
        }
        if sheet.skipped > 0 {
            text.push_str(&format!("{} with nothing to draw\n", plural(sheet.skipped, "object")));
        }
        text
    })
}

/// What the file's name asks for.
fn encoding(path: &Path, stdout: bool) -> Result<Encoding> {
    let named = path.file_name().and_then(|name| Format::of_name(&name.to_string_lossy()));
    match named {
        _ if stdout => Ok(Encoding::Png),
        Some(Format::Png) => Ok(Encoding::Png),
        Some(Format::Jpeg) => Ok(Encoding::Jpeg { quality: 92, orientation: Orientation::Upright }),
        Some(Format::Bmp) => Ok(Encoding::Bmp),
        _ => Err(Error::new(ErrorKind::Usage, "sheets are written as .png, .jpg or .bmp")
            .at(Place::area("view").file(path))
            .remedy("name the output sheet.png")),
    }
}

fn style(args: &ViewArgs) -> Style {
    let colours = match &args.color {
        ColourArg::Class => Colours::ByClass,
        ColourArg::Instance => Colours::ByInstance,
        ColourArg::One(colour) => Colours::One(*colour),
    };
    Style { colours, min_score: args.min_score, top_k: args.top, names: !args.no_names, ..Style::default() }
}
