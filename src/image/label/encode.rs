//! A label image as the bytes of a PNG.
//!
//! The same image gives the same bytes: no filter, one setting of the compressor, no metadata. Indices are
//! written in 8 bits, as the VOC devkit has them, with the whole palette.

use std::borrow::Cow;

use png::{BitDepth, ColorType, DeflateCompression, EncodingError, Filter};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::image::label::{LabelData, LabelImage};

impl LabelImage {
    /// The image as a PNG: palette or 8-bit gray, 16-bit gray, or 8-bit colour. What
    /// [`decode`](LabelImage::decode) gives back is equal.
    ///
    /// # Errors
    /// `Io` if the encoder fails for want of memory.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        self.write(&mut out).map_err(|e| {
            let what = format!("cannot encode a label image of {}x{}: {e}", self.height, self.width);
            Error::new(ErrorKind::Io, what).at(Place::area("image")).caused_by(e)
        })?;
        Ok(out)
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodingError> {
        let (color, depth, bytes): (_, _, Cow<[u8]>) = match &self.data {
            LabelData::U8(values) => {
                let color = if self.palette.is_some() { ColorType::Indexed } else { ColorType::Grayscale };
                (color, BitDepth::Eight, Cow::Borrowed(values))
            }
            LabelData::U16(values) => {
                let bytes = values.iter().flat_map(|v| v.to_be_bytes()).collect();
                (ColorType::Grayscale, BitDepth::Sixteen, Cow::Owned(bytes))
            }
            LabelData::Rgb(values) => (ColorType::Rgb, BitDepth::Eight, Cow::Borrowed(values.as_flattened())),
        };
        let mut encoder = png::Encoder::new(out, self.width, self.height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if let Some(palette) = &self.palette {
            encoder.set_palette(palette.as_flattened());
        }
        encoder.set_filter(Filter::NoFilter);
        encoder.set_deflate_compression(DeflateCompression::Level(6));
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&bytes)?;
        writer.finish()
    }
}
