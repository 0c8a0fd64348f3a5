//! WebP, BMP, TIFF and GIF through the `image` crate, as samples of 8 bits.

use std::io::Cursor;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, tiff::TiffDecoder, webp::WebPDecoder};
use image::error::{DecodingError, ImageFormatHint};
use image::{ColorType, ImageDecoder, ImageError, Limits};

use super::raw::{Layout, Raw};
use super::{Decode, said};
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::{Flaw, Format, Header};

/// The stored pixels of the first picture of such a file.
pub(super) fn decode(bytes: &[u8], header: &Header, options: &Decode) -> Result<(Raw, Vec<Flaw>)> {
    let cursor = Cursor::new(bytes);
    let read = match header.format {
        Format::WebP => WebPDecoder::new(cursor).and_then(|d| samples(d, header, options)),
        Format::Bmp => BmpDecoder::new(cursor).and_then(|d| samples(d, header, options)),
        Format::Tiff => TiffDecoder::new(cursor).and_then(|d| samples(d, header, options)),
        _ => GifDecoder::new(cursor).and_then(|d| samples(d, header, options)),
    };
    let (color, size, data) = read.map_err(|e| failed(header, &e))?;
    let (layout, data) = match color {
        ColorType::L8 => (Layout::Gray, data),
        ColorType::La8 => (Layout::GrayAlpha, data),
        ColorType::Rgb8 => (Layout::Rgb, data),
        ColorType::Rgba8 if header.format == Format::Gif && opaque(&data) => (Layout::Rgb, colours(data)),
        ColorType::Rgba8 => (Layout::RgbAlpha, data),
        ColorType::L16 => (Layout::Gray, high_bytes(&data)),
        ColorType::La16 => (Layout::GrayAlpha, high_bytes(&data)),
        ColorType::Rgb16 => (Layout::Rgb, high_bytes(&data)),
        ColorType::Rgba16 => (Layout::RgbAlpha, high_bytes(&data)),
        other => {
            let what = format!("{} has samples of an unusual kind ({other:?})", said(header));
            return Err(Error::new(ErrorKind::Unsupported, what));
        }
    };
    Ok((Raw { size, layout, data }, vec![]))
}

type Samples = (ColorType, (u32, u32), Vec<u8>);

fn samples(
    mut decoder: impl ImageDecoder,
    header: &Header,
    options: &Decode,
) -> std::result::Result<Samples, ImageError> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(options.limits.bytes);
    decoder.set_limits(limits)?;
    let (width, height) = decoder.dimensions();
    if (height, width) != header.size {
        let what = format!("its pixels are {height}x{width}");
        let hint = ImageFormatHint::Name(header.format.name().to_owned());
        return Err(ImageError::Decoding(DecodingError::new(hint, what)));
    }
    let color = decoder.color_type();
    let mut data = vec![0; usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX)];
    decoder.read_image(&mut data)?;
    Ok((color, (height, width), data))
}

/// A GIF is decoded with alpha whether it has any or not; what its frame leaves free of the canvas is clear too.
fn opaque(data: &[u8]) -> bool {
    data.as_chunks::<4>().0.iter().all(|[_, _, _, a]| *a == u8::MAX)
}

fn colours(data: Vec<u8>) -> Vec<u8> {
    data.as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect()
}

/// The high bytes of 16-bit samples in the machine's own order.
fn high_bytes(data: &[u8]) -> Vec<u8> {
    let high = usize::from(cfg!(target_endian = "little"));
    data.as_chunks::<2>().0.iter().filter_map(|pair| pair.get(high)).copied().collect()
}

/// The error of the library in our words.
fn failed(header: &Header, error: &ImageError) -> Error {
    let kind = match error {
        ImageError::Limits(_) => ErrorKind::Limit,
        ImageError::Unsupported(_) => ErrorKind::Unsupported,
        _ => ErrorKind::Format,
    };
    Error::new(kind, format!("{} cannot be decoded: {error}", said(header)))
}
