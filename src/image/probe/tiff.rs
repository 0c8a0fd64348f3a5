//! Headers of TIFF and BigTIFF: the first directory.

use super::directory::{Directory, Tiff};
use super::reader::{Reader, broken, fault};
use crate::error::{ErrorKind, Result};
use crate::image::header::{Flaw, Format, Header, Model};
use crate::image::orientation::Orientation;

const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const PHOTOMETRIC: u16 = 262;
const ORIENTATION: u16 = 274;
const SAMPLES: u16 = 277;
const EXTRA: u16 = 338;
const FORMAT: u16 = 339;
const ICC: u16 = 34675;

/// True if the bytes are a TIFF's.
pub(super) fn is_tiff(head: &[u8]) -> bool {
    [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| head.starts_with(*magic))
}

/// The header of a TIFF.
pub(super) fn header(reader: &mut Reader<'_>) -> Result<Header> {
    let length = reader.length();
    let damaged = |what: String| {
        broken(0, format!("the TIFF cannot be read: {what}")).remedy("fetch or copy the file again")
    };
    let tiff = Tiff::open(reader, 0, length)?.map_err(damaged)?;
    let directory = tiff.directory(reader, tiff.first)?.map_err(damaged)?;
    let side = |reader: &mut Reader<'_>, tag, name: &str| {
        let Some(value) = number(&tiff, reader, &directory, tag)? else {
            let cut =
                if directory.cut { "its directory is cut short" } else { "its directory does not say it" };
            return Err(damaged(format!("there is no {name}, {cut}")));
        };
        let large = |_| fault(ErrorKind::Limit, format!("the TIFF has a {name} of {value}"));
        u32::try_from(value).map_err(large)
    };
    let size = (side(reader, HEIGHT, "height")?, side(reader, WIDTH, "width")?);
    let bits = numbers(&tiff, reader, &directory, BITS, 8)?;
    let samples = number(&tiff, reader, &directory, SAMPLES)?;
    let samples = samples.unwrap_or_else(|| u64::try_from(bits.len().max(1)).unwrap_or(1));
    let extra = numbers(&tiff, reader, &directory, EXTRA, 8)?;
    let model = match number(&tiff, reader, &directory, PHOTOMETRIC)? {
        Some(0 | 1 | 4) => Model::Gray,
        Some(2) => Model::Rgb,
        Some(3) => Model::Palette,
        Some(5) => Model::Cmyk,
        Some(6) => Model::YCbCr,
        Some(_) => Model::Other,
        None if samples >= 3 => Model::Rgb,
        None => Model::Gray,
    };
    // 1 and 2: alpha, associated or not; 0: anything. Some writers leave it out altogether.
    let unnamed = extra.is_empty() && model != Model::Other && samples == u64::from(model.channels()) + 1;
    let (orientation, flaw) = match number(&tiff, reader, &directory, ORIENTATION)? {
        None | Some(0) => (Orientation::Upright, None),
        Some(value) => match u16::try_from(value).ok().and_then(Orientation::from_exif) {
            Some(orientation) => (orientation, None),
            None => {
                let what = format!("there is no orientation {value}");
                (Orientation::Upright, Some(Flaw::BadExif { what }))
            }
        },
    };
    let undecodable = match number(&tiff, reader, &directory, FORMAT)? {
        Some(3) => Some("TIFF of floating-point numbers"),
        _ if model == Model::Other => Some("TIFF of colours that are neither gray, RGB nor inks"),
        _ => None,
    };
    Ok(Header {
        format: Format::Tiff,
        size,
        model,
        alpha: unnamed || extra.iter().any(|kind| matches!(kind, 1 | 2)),
        depth: bits.iter().max().map_or(1, |bits| u8::try_from(*bits).unwrap_or(u8::MAX)),
        inverted: false,
        orientation,
        icc: directory.get(ICC).is_some(),
        several: directory.next != 0,
        undecodable,
        flaws: flaw.into_iter().collect(),
    })
}

/// The numbers of a tag, up to `most`; none if it is absent or damaged.
fn numbers(
    tiff: &Tiff,
    reader: &mut Reader<'_>,
    directory: &Directory,
    tag: u16,
    most: usize,
) -> Result<Vec<u64>> {
    match directory.get(tag) {
        Some(entry) => Ok(tiff.numbers(reader, entry, most)?.unwrap_or_default()),
        None => Ok(Vec::new()),
    }
}

/// The first number of a tag.
fn number(tiff: &Tiff, reader: &mut Reader<'_>, directory: &Directory, tag: u16) -> Result<Option<u64>> {
    Ok(numbers(tiff, reader, directory, tag, 1)?.first().copied())
}
