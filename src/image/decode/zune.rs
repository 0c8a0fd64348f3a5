//! JPEG through zune-jpeg: the decoder that every build has.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{Decode, said};
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::{Flaw, Header, Model};
use crate::image::pixels::{Channels, Pixels};

/// The whole stored picture.
pub(super) fn decode(bytes: &[u8], header: &Header, _options: &Decode) -> Result<(Pixels, Vec<Flaw>)> {
    let (channels, colour) = match header.model {
        Model::Gray => (Channels::Gray, ColorSpace::Luma),
        _ => (Channels::Rgb, ColorSpace::RGB),
    };
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(colour)
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let mut pixels = Pixels::filled(header.size, channels, [0; 3])?;
    decoder
        .decode_into(pixels.data_mut())
        .map_err(|e| Error::new(ErrorKind::Format, format!("{} is damaged: {e}", said(header))))?;
    Ok((pixels, vec![]))
}
