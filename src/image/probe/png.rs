//! Headers of PNG: the chunks before the pixels (PNG, third edition; APNG is part of it).
//!
//! EXIF after the pixels is allowed by the format and not looked for. Checksums are checked for the first chunk
//! alone: its numbers are the answer.

use super::exif::Exif;
use super::reader::{Reader, broken, fault, long};
use crate::error::{ErrorKind, Result};
use crate::image::header::{Format, Header, Model};

pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The header of a PNG.
pub(super) fn header(reader: &mut Reader<'_>) -> Result<Header> {
    let first: [u8; 8] = reader.array(8)?;
    if first.ends_with(b"CgBI") {
        return Err(fault(ErrorKind::Unsupported, "the PNG is in Apple's own form for iOS programs")
            .remedy("convert it with `pngcrush -revert-iphone-optimizations`"));
    }
    if first != *b"\0\0\0\x0dIHDR" {
        return Err(broken(8, "the PNG does not begin with its header chunk"));
    }
    let named: [u8; 17] = reader.array(12)?;
    if crc32fast::hash(&named) != u32::from_be_bytes(reader.array(29)?) {
        return Err(broken(29, "the header chunk of the PNG is damaged: its checksum is wrong")
            .remedy("fetch or copy the file again"));
    }
    let [depth, kind, compression, filter, interlace] = reader.array(24)?;
    let height = u32::from_be_bytes(reader.array(20)?);
    let width = u32::from_be_bytes(reader.array(16)?);
    let (model, mut alpha) = match (kind, depth) {
        (0, 1 | 2 | 4 | 8 | 16) => (Model::Gray, false),
        (2, 8 | 16) => (Model::Rgb, false),
        (3, 1 | 2 | 4 | 8) => (Model::Palette, false),
        (4, 8 | 16) => (Model::Gray, true),
        (6, 8 | 16) => (Model::Rgb, true),
        _ => return Err(broken(24, format!("a PNG has no colour type {kind} of {depth} bits"))),
    };
    if (compression, filter) != (0, 0) || interlace > 1 {
        return Err(broken(
            26,
            "the PNG names a compression, filter or interlace method that does not exist",
        ));
    }

    let (mut icc, mut several, mut exif) = (false, false, Exif::default());
    let mut at = 33;
    loop {
        let [l0, l1, l2, l3, name @ ..]: [u8; 8] = reader.array(at)?;
        let length = u64::from(u32::from_be_bytes([l0, l1, l2, l3]));
        let from = u64::saturating_add(at, 8);
        if length > u64::from(i32::MAX.unsigned_abs()) {
            return Err(broken(at, "a chunk of the PNG says that it is longer than 2 GiB"));
        }
        match &name {
            b"IDAT" => break,
            b"IEND" => return Err(broken(at, "the PNG ends without pixels")),
            b"iCCP" => icc = true,
            b"acTL" if length >= 4 => several = u32::from_be_bytes(reader.array(from)?) > 1,
            b"eXIf" => exif.read(reader, from, length)?,
            b"tRNS" if model == Model::Palette => {
                let count = usize::try_from(length.min(256)).unwrap_or(256);
                alpha |= reader.exactly(from, count)?.iter().any(|value| *value < 255);
            }
            b"tRNS" => alpha |= matches!(model, Model::Gray if length >= 2) || length >= 6,
            _ => {}
        }
        at = from.saturating_add(length).saturating_add(long(4));
    }
    let (orientation, flaw) = exif.finish();
    Ok(Header {
        format: Format::Png,
        size: (height, width),
        model,
        alpha,
        depth,
        inverted: false,
        orientation,
        icc,
        several,
        undecodable: None,
        flaws: flaw.into_iter().collect(),
    })
}
