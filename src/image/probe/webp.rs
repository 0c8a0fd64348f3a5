//! Headers of WebP: lossy, lossless and extended (RFC 9649).
//!
//! EXIF lies behind the pixels; the chunks before it are stepped over.

use super::exif::Exif;
use super::reader::{Reader, broken};
use crate::error::{ErrorKind, Result};
use crate::image::header::{Format, Header, Model};

/// Flags of the extended header.
const ICC: u8 = 0x20;
const ALPHA: u8 = 0x10;
const EXIF: u8 = 0x08;
const ANIMATION: u8 = 0x02;

/// What is known so far.
struct Found {
    size: (u32, u32),
    model: Model,
    alpha: bool,
}

/// The header of a WebP.
pub(super) fn header(reader: &mut Reader<'_>) -> Result<Header> {
    let (name, from, length) = chunk(reader, 12)?;
    let header = |found: Found| Header {
        format: Format::WebP,
        size: found.size,
        model: found.model,
        alpha: found.alpha,
        depth: 8,
        inverted: false,
        orientation: Default::default(),
        icc: false,
        several: false,
        undecodable: None,
        flaws: Vec::new(),
    };
    if &name != b"VP8X" {
        return match picture(reader, name, from)? {
            Some(found) => Ok(header(found)),
            None => Err(broken(12, "the WebP does not begin with a picture")),
        };
    }
    let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = reader.array(from)?;
    let side = |bytes: [u8; 3]| {
        let [a, b, c] = bytes;
        u32::from_le_bytes([a, b, c, 0]).saturating_add(1)
    };
    let size = (side([h0, h1, h2]), side([w0, w1, w2]));
    let (mut frames, mut first) = (0_u32, None);
    let mut exif = Exif::default();
    let mut seeks_exif = flags & EXIF != 0;
    let mut at = next(from, length);
    // Frames are counted up to the second, but EXIF comes after the last.
    while first.is_none() || seeks_exif || (flags & ANIMATION != 0 && frames < 2) {
        let (name, from, length) = match chunk(reader, at) {
            Ok(chunk) => chunk,
            Err(error) if first.is_some() && matches!(error.kind(), ErrorKind::Format | ErrorKind::Limit) => {
                if seeks_exif {
                    exif.lost("the file says that it has some and ends before it");
                }
                break;
            }
            Err(error) => return Err(error),
        };
        match &name {
            b"VP8 " | b"VP8L" if first.is_none() => first = picture(reader, name, from)?,
            b"ANMF" => {
                frames += 1;
                if first.is_none() {
                    first = frame(reader, from.saturating_add(16), next(from, length))?;
                }
            }
            b"EXIF" if seeks_exif => {
                exif.read(reader, from, length)?;
                seeks_exif = false;
            }
            _ => {}
        }
        at = next(from, length);
    }
    let Some(first) = first else { return Err(broken(at, "the WebP ends without a picture")) };
    let (orientation, flaw) = exif.finish();
    let header = header(Found { size, alpha: flags & ALPHA != 0, ..first });
    let flaws = flaw.into_iter().collect();
    Ok(Header { orientation, icc: flags & ICC != 0, several: frames > 1, flaws, ..header })
}

/// Name, position and length of the contents of the chunk at `at`.
fn chunk(reader: &mut Reader<'_>, at: u64) -> Result<([u8; 4], u64, u64)> {
    let [a, b, c, d, length @ ..]: [u8; 8] = reader.array(at)?;
    Ok(([a, b, c, d], at.saturating_add(8), u64::from(u32::from_le_bytes(length))))
}

/// Where the next chunk begins: contents are padded to an even length.
fn next(from: u64, length: u64) -> u64 {
    from.saturating_add(length).saturating_add(length % 2)
}

/// The picture inside a frame of an animation.
fn frame(reader: &mut Reader<'_>, mut at: u64, end: u64) -> Result<Option<Found>> {
    while at < end {
        let (name, from, length) = chunk(reader, at)?;
        if let Some(found) = picture(reader, name, from)? {
            return Ok(Some(found));
        }
        at = next(from, length);
    }
    Ok(None)
}

/// What a chunk of pixels says of itself; `None` for other chunks.
fn picture(reader: &mut Reader<'_>, name: [u8; 4], from: u64) -> Result<Option<Found>> {
    let found = match &name {
        b"VP8 " => {
            let [t0, _, _, s0, s1, s2, w0, w1, h0, h1] = reader.array(from)?;
            if t0 & 1 != 0 || [s0, s1, s2] != [0x9d, 0x01, 0x2a] {
                return Err(broken(from, "the WebP does not begin with a key frame"));
            }
            let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
            Found { size: (side([h0, h1]), side([w0, w1])), model: Model::YCbCr, alpha: false }
        }
        b"VP8L" => {
            let [signature, bits @ ..]: [u8; 5] = reader.array(from)?;
            let bits = u32::from_le_bytes(bits);
            if signature != 0x2f || bits >> 29 != 0 {
                return Err(broken(from, "the lossless WebP does not begin with its signature"));
            }
            let size = (((bits >> 14) & 0x3fff) + 1, (bits & 0x3fff) + 1);
            Found { size, model: Model::Rgb, alpha: bits >> 28 & 1 != 0 }
        }
        _ => return Ok(None),
    };
    Ok(Some(found))
}
