//! `lensframe image`.

use std::io::Read;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::{AlphaArg, ImageArgs, ScaleArg};
use super::print::Printer;
use super::save::save;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::image::{
    Alpha, Channels, Damage, Decode, Decoded, Encoding, Flaw, Format, Header, Scale, decode, encode,
    jpeg_decoder, probe,
};
use crate::job::Job;

pub(super) fn run(args: &ImageArgs, printer: &Printer, job: &Job) -> Result<()> {
    let place = || Place::none().file(&args.file);
    let bytes = read(&args.file)?;
    let header = probe(&bytes).at(place)?;
    let decoded = decode(&bytes, &options(args)).at(place);
    if let Some(path) = &args.output {
        let decoded = decoded.as_ref().map_err(Clone::clone)?;
        job.check()?;
        save(path, &encode(&decoded.pixels, encoding(path)?)?, args.force)?;
    }
    let object = object(args, &header, &decoded);
    printer.show(&object, || text(args, &header, &decoded))?;
    // A file that cannot be decoded has been described; that it cannot be is still a failure.
    decoded.map(|_| ())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |e| Error::io("read", e).at(Place::none().file(path));
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(failed)
}

fn encoding(path: &Path) -> Result<Encoding> {
    match Format::of_name(&path.to_string_lossy()) {
        Some(Format::Png) => Ok(Encoding::Png),
        Some(Format::Jpeg) => Ok(Encoding::JPEG),
        Some(Format::Bmp) => Ok(Encoding::Bmp),
        _ => Err(Error::new(ErrorKind::Usage, "images are written as PNG, JPEG or BMP")
            .at(Place::none().file(path))
            .remedy("name the file .png, .jpg or .bmp")),
    }
}

fn options(args: &ImageArgs) -> Decode {
    Decode {
        channels: if args.gray { Channels::Gray } else { Channels::Rgb },
        // Without a file to write, transparency is a fact and no obstacle.
        alpha: match args.alpha {
            AlphaArg::Error if args.output.is_none() => Alpha::Ignore,
            AlphaArg::Error => Alpha::Error,
            AlphaArg::Ignore => Alpha::Ignore,
            AlphaArg::White => Alpha::White,
            AlphaArg::Black => Alpha::Black,
        },
        upright: !args.stored,
        damage: if args.keep { Damage::Keep } else { Damage::Refuse },
        window: args.window,
        scale: match args.scale {
            ScaleArg::Full => Scale::Full,
            ScaleArg::Half => Scale::Half,
            ScaleArg::Quarter => Scale::Quarter,
            ScaleArg::Eighth => Scale::Eighth,
        },
        ..Decode::default()
    }
}

fn object(args: &ImageArgs, header: &Header, decoded: &Result<Decoded>) -> Json {
    let (height, width) = header.upright();
    let flaws = decoded.as_ref().map_or(&header.flaws, |decoded| &decoded.flaws);
    let mut object = json!({
        "file": args.file, "format": header.format.name().to_lowercase(), "height": height, "width": width,
        "stored": [header.size.0, header.size.1], "orientation": header.orientation.to_exif(),
        "colours": format!("{:?}", header.model).to_lowercase(), "depth": header.depth, "alpha": header.alpha,
        "icc": header.icc, "several": header.several,
        "flaws": flaws.iter().map(Flaw::to_string).collect::<Vec<_>>(),
        "error": decoded.as_ref().err().map(Error::to_string),
        "written": args.output,
    });
    if header.format == Format::Jpeg
        && let Some(members) = object.as_object_mut()
    {
        members.insert("decoder".into(), jpeg_decoder().into());
    }
    object
}

fn text(args: &ImageArgs, header: &Header, decoded: &Result<Decoded>) -> String {
    let (height, width) = header.upright();
    let mut text = format!("{}: {} of {height}x{width} (height x width)", args.file.display(), header.format);
    text.push_str(&format!(", {:?}, {} bits", header.model, header.depth));
    for (holds, what) in
        [(header.alpha, "transparency"), (header.icc, "an ICC profile"), (header.several, "more pictures")]
    {
        if holds {
            text.push_str(&format!(", {what}"));
        }
    }
    if header.size != (height, width) || header.orientation.to_exif() != 1 {
        let (height, width) = header.size;
        text.push_str(&format!(
            ", stored as {height}x{width} with orientation {}",
            header.orientation.to_exif()
        ));
    }
    text.push('\n');
    for flaw in decoded.as_ref().map_or(&header.flaws, |decoded| &decoded.flaws) {
        text.push_str(&format!("flaw: {flaw}\n"));
    }
    if let (Ok(decoded), Some(path)) = (decoded, &args.output) {
        let (height, width) = decoded.pixels.size();
        text.push_str(&format!("wrote {} of {height}x{width}\n", path.display()));
    }
    text
}
