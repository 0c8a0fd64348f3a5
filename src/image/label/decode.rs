//! A label image from the bytes of a PNG.
//!
//! Nothing is expanded, scaled, blended or corrected: palette images give indices, gray ones their values as
//! stored (1 to 16 bits), colours their bytes. Transparency (tRNS, an alpha channel), gamma and colour
//! profiles are ignored. Of an animation the still image is taken. 16-bit colour is no label image and is
//! refused.
//!
//! Memory is asked for only after the header has been held against the caller's limit and against the length
//! of the file: deflate cannot give more than 1032 bytes for one, so a small file cannot claim a large image.

use std::io::Cursor;

use png::{BitDepth, ColorType, DecodingError, Info, Transformations};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::image::label::{LabelData, LabelImage};
use crate::image::palette::Colour;

/// More than deflate can expand a byte to (258 bytes of output need at least two bits).
const MOST_EXPANSION: u64 = 1032;

impl LabelImage {
    /// The label image of a PNG, its numbers as they are stored, if it has at most `max_pixels`
    /// ([`MAX_LABEL_PIXELS`](crate::image::MAX_LABEL_PIXELS) where nothing else is known).
    ///
    /// | PNG | pixels |
    /// |---|---|
    /// | palette, 1 to 8 bits | [`LabelData::U8`] indices, with the palette |
    /// | gray (alpha dropped), 1 to 8 bits | [`LabelData::U8`] values, unscaled |
    /// | gray (alpha dropped), 16 bits | [`LabelData::U16`] values |
    /// | colour (alpha dropped), 8 bits | [`LabelData::Rgb`] |
    ///
    /// # Errors
    /// `Format` if it is no PNG, is cut short or damaged; `Limit` above `max_pixels`; `Unsupported` for
    /// 16-bit colour.
    pub fn decode(png: &[u8], max_pixels: u64) -> Result<LabelImage> {
        decode(png, max_pixels).map_err(|e| e.at(Place::area("image")))
    }

    /// Height and width from a PNG's header alone.
    ///
    /// # Errors
    /// `Format` if it is no PNG or its header is cut short.
    pub fn decode_size(png: &[u8]) -> Result<(u32, u32)> {
        let size = |info: &Info| (info.height, info.width);
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.read_header_info().map(size).map_err(|e| refuse(&e, png, "").at(Place::area("image")))
    }
}

fn decode(png: &[u8], max_pixels: u64) -> Result<LabelImage> {
    let mut decoder = png::Decoder::new(Cursor::new(png));
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info().map_err(|e| refuse(&e, png, ""))?;
    let said = describe(info);
    check(info, png, max_pixels, &said)?;
    let mut reader = decoder.read_info().map_err(|e| refuse(&e, png, &said))?;
    let (color, depth) = (reader.info().color_type, reader.info().bit_depth);
    let (height, width) = (reader.info().height, reader.info().width);
    let palette = reader.info().palette.as_deref().map(colours);
    let bytes = reader.output_buffer_size().ok_or_else(|| too_large(&said, max_pixels))?;
    let mut raw = vec![0; bytes];
    let frame = reader.next_frame(&mut raw).map_err(|e| refuse(&e, png, &said))?;
    if (frame.height, frame.width) != (height, width) {
        let what = format!("{said} has a first frame of {}x{}", frame.height, frame.width);
        return Err(Error::new(ErrorKind::Format, what));
    }
    let data = match (color, depth) {
        (ColorType::Indexed | ColorType::Grayscale, BitDepth::Eight) => LabelData::U8(raw),
        (ColorType::Indexed | ColorType::Grayscale, BitDepth::Sixteen) => {
            LabelData::U16(samples::<2>(&raw, 2).map(u16::from_be_bytes).collect())
        }
        (ColorType::Indexed | ColorType::Grayscale, depth) => {
            LabelData::U8(unpack(&raw, frame.line_size, depth, width))
        }
        (ColorType::GrayscaleAlpha, BitDepth::Sixteen) => {
            LabelData::U16(samples::<2>(&raw, 4).map(u16::from_be_bytes).collect())
        }
        (ColorType::GrayscaleAlpha, _) => LabelData::U8(samples::<1>(&raw, 2).map(|[v]| v).collect()),
        (ColorType::Rgb, _) => LabelData::Rgb(samples(&raw, 3).collect()),
        (ColorType::Rgba, _) => LabelData::Rgb(samples(&raw, 4).collect()),
    };
    let palette = palette.filter(|_| color == ColorType::Indexed);
    if color == ColorType::Indexed && palette.as_ref().is_none_or(Vec::is_empty) {
        return Err(Error::new(ErrorKind::Format, format!("{said} has no palette")));
    }
    LabelImage::new((height, width), data, palette)
}

/// Holds the header against the limit, the file's length and what is a label image.
fn check(info: &Info, png: &[u8], max_pixels: u64, said: &str) -> Result<()> {
    let pixels = u64::from(info.height) * u64::from(info.width);
    if pixels > max_pixels {
        return Err(too_large(said, max_pixels));
    }
    let bits = u64::try_from(info.bits_per_pixel()).unwrap_or(u64::MAX);
    let bytes = pixels.saturating_mul(bits) / 8;
    let length = u64::try_from(png.len()).unwrap_or(u64::MAX);
    if bytes > length.saturating_mul(MOST_EXPANSION) {
        let what = format!("{said} cannot be in a file of {length} bytes");
        return Err(Error::new(ErrorKind::Format, what).remedy("the file is cut short: fetch it again"));
    }
    if info.bit_depth == BitDepth::Sixteen && matches!(info.color_type, ColorType::Rgb | ColorType::Rgba) {
        let what = format!("{said} is not a label image");
        return Err(Error::new(ErrorKind::Unsupported, what)
            .remedy("label images are palette, gray, or colour with 8 bits a channel"));
    }
    Ok(())
}

/// What the header says, for messages.
fn describe(info: &Info) -> String {
    let color = match info.color_type {
        ColorType::Indexed => "palette",
        ColorType::Grayscale => "gray",
        ColorType::GrayscaleAlpha => "gray with alpha",
        ColorType::Rgb => "colour",
        ColorType::Rgba => "colour with alpha",
    };
    let bits = match info.bit_depth {
        BitDepth::One => 1,
        BitDepth::Two => 2,
        BitDepth::Four => 4,
        BitDepth::Eight => 8,
        BitDepth::Sixteen => 16,
    };
    format!("the PNG of {}x{}, {bits}-bit {color},", info.height, info.width)
}

fn too_large(said: &str, max_pixels: u64) -> Error {
    Error::new(ErrorKind::Limit, format!("{said} has more than {max_pixels} pixels"))
        .remedy("raise the limit of pixels if the file is to be trusted")
}

/// The error of the PNG library in our words.
fn refuse(error: &DecodingError, png: &[u8], said: &str) -> Error {
    let said = if said.is_empty() { "the PNG" } else { said };
    let length = png.len();
    match error {
        _ if !png.starts_with(&[0x89, b'P', b'N', b'G']) => {
            let what = if length == 0 { "the file is empty" } else { "this is no PNG" };
            Error::new(ErrorKind::Format, what)
        }
        DecodingError::IoError(_) => {
            let what = format!("{said} ends before its pixels do, after {length} bytes");
            Error::new(ErrorKind::Format, what).remedy("fetch the file again")
        }
        DecodingError::LimitsExceeded => {
            Error::new(ErrorKind::Limit, format!("{said} asks for more memory than a PNG may"))
        }
        other => Error::new(ErrorKind::Format, format!("{said} is damaged: {other}")),
    }
}

/// The first `N` bytes of every `step`: a sample without its alpha.
fn samples<const N: usize>(raw: &[u8], step: usize) -> impl Iterator<Item = [u8; N]> {
    raw.chunks_exact(step).filter_map(|pixel| pixel.first_chunk::<N>().copied())
}

/// Samples of less than a byte, the highest bits first; each row begins a byte.
fn unpack(raw: &[u8], line: usize, depth: BitDepth, width: u32) -> Vec<u8> {
    let (bits, mask) = match depth {
        BitDepth::One => (1, 0b1),
        BitDepth::Two => (2, 0b11),
        _ => (4, 0b1111),
    };
    let width = usize::try_from(width).unwrap_or(usize::MAX);
    let mut out = Vec::with_capacity(raw.len().saturating_mul(8 / bits));
    for row in raw.chunks_exact(line.max(1)) {
        let values =
            row.iter().flat_map(|byte| (0..8 / bits).map(move |i| byte >> (8 - bits * (i + 1)) & mask));
        out.extend(values.take(width));
    }
    out
}

fn colours(palette: &[u8]) -> Vec<Colour> {
    palette.chunks_exact(3).filter_map(|c| c.first_chunk::<3>().copied()).collect()
}
