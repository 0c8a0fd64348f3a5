//! The header that decoding goes by: what the decoders themselves say.

use std::io::Cursor;

use crate::error::{Error, ErrorKind, Result};
use crate::image::header::{Format, Header, Model};
use crate::image::orientation::Orientation;

/// The header of a file.
pub(super) fn header(bytes: &[u8]) -> Result<Header> {
    let said = |format, size, model, alpha| Header {
        format,
        size,
        model,
        alpha,
        depth: 8,
        orientation: Orientation::Upright,
        icc: false,
        several: false,
        flaws: vec![],
    };
    let failed = |e: &dyn std::fmt::Display| Error::new(ErrorKind::Format, e.to_string());
    if bytes.starts_with(&[0xff, 0xd8]) {
        let mut decoder = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(bytes));
        decoder.decode_headers().map_err(|e| failed(&e))?;
        let info = decoder.info().ok_or_else(|| failed(&"no header"))?;
        let model = if info.components == 1 { Model::Gray } else { Model::YCbCr };
        return Ok(said(Format::Jpeg, (info.height.into(), info.width.into()), model, false));
    }
    let general = |format: Format, decoder: &dyn image::ImageDecoder| {
        let (width, height) = decoder.dimensions();
        said(format, (height, width), Model::Rgb, decoder.color_type().has_alpha())
    };
    let cursor = Cursor::new(bytes);
    if bytes.starts_with(b"\x89PNG") {
        let mut decoder = png::Decoder::new(cursor);
        let info = decoder.read_header_info().map_err(|e| failed(&e))?;
        return Ok(said(Format::Png, (info.height, info.width), Model::Rgb, false));
    }
    if bytes.starts_with(b"BM") {
        let decoder = image::codecs::bmp::BmpDecoder::new(cursor).map_err(|e| failed(&e))?;
        return Ok(general(Format::Bmp, &decoder));
    }
    if bytes.starts_with(b"GIF8") {
        let decoder = image::codecs::gif::GifDecoder::new(cursor).map_err(|e| failed(&e))?;
        return Ok(general(Format::Gif, &decoder));
    }
    if bytes.starts_with(b"RIFF") {
        let decoder = image::codecs::webp::WebPDecoder::new(cursor).map_err(|e| failed(&e))?;
        return Ok(general(Format::WebP, &decoder));
    }
    if bytes.starts_with(b"II") || bytes.starts_with(b"MM") {
        let decoder = image::codecs::tiff::TiffDecoder::new(cursor).map_err(|e| failed(&e))?;
        return Ok(general(Format::Tiff, &decoder));
    }
    Err(failed(&"this is no image"))
}
