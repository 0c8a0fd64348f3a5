//! JPEG through zune-jpeg: the decoder that every build has.
//!
//! It guesses colours by rules of its own; where those are not libjpeg's, it is shown a copy of the file whose
//! Adobe segment says what libjpeg would have found out. What it paints over is known before, by
//! [`check`](super::check).

use std::borrow::Cow;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::super::said;
use super::layout::Layout;
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::{Header, Model};
use crate::image::pixels::{Channels, Pixels};

/// The whole stored picture, and what the decoder failed with, if it did not get to the end of it.
pub(super) fn decode(
    jpeg: Cow<'_, [u8]>,
    layout: &Layout<'_>,
    header: &Header,
) -> Result<(Pixels, Option<String>)> {
    let named = layout.frame.components.iter().map(|c| c.id).eq(*b"RGB");
    let (channels, colour) = match header.model {
        Model::Gray => (Channels::Gray, ColorSpace::Luma),
        // The same in as out: nothing is converted.
        Model::Rgb if !named => (Channels::Rgb, ColorSpace::YCbCr),
        _ => (Channels::Rgb, ColorSpace::RGB),
    };
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(colour)
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(usize::MAX);
    let jpeg = with_adobe(jpeg, layout, header.model);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*jpeg), options);
    let cannot = |e| Error::new(ErrorKind::Format, format!("{} cannot be decoded: {e}", said(header)));
    decoder.decode_headers().map_err(cannot)?;
    let mut pixels = Pixels::filled(header.size, channels, [128; 3])?;
    if decoder.output_buffer_size() != Some(pixels.data().len()) {
        let what = format!("{} cannot be decoded: its components make no colours", said(header));
        return Err(Error::new(ErrorKind::Format, what));
    }
    let failed = decoder.decode_into(pixels.data_mut()).err().map(|e| e.to_string());
    if named && header.model == Model::YCbCr {
        pixels.data_mut().as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = rgb(*pixel));
    }
    Ok((pixels, failed))
}

/// The file with one Adobe segment if its colours depend on it, and with none otherwise.
fn with_adobe<'a>(jpeg: Cow<'a, [u8]>, layout: &Layout<'_>, model: Model) -> Cow<'a, [u8]> {
    let wanted = match model {
        Model::YCbCr | Model::Rgb => Some(1),
        Model::Cmyk => Some(0),
        Model::Ycck => Some(2),
        _ => None,
    };
    let said = match layout.adobe.as_slice() {
        [] => None,
        [at] => jpeg.get(at + 11).copied(),
        _ => Some(u8::MAX),
    };
    if said == wanted || (said.is_none() && matches!(model, Model::YCbCr | Model::Rgb | Model::Cmyk)) {
        return jpeg;
    }
    let mut copy = Vec::with_capacity(jpeg.len() + 16);
    copy.extend([0xff, 0xd8]);
    if let Some(transform) = wanted {
        copy.extend(b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0");
        copy.push(transform);
    }
    let ahead = copy.len() - 2;
    copy.extend(jpeg.get(2..).unwrap_or_default());
    for at in &layout.adobe {
        if let Some(letter) = copy.get_mut(at + ahead) {
            *letter = b'-';
        }
    }
    Cow::Owned(copy)
}

/// JFIF's colours: ITU-R BT.601 over the full range, in 16-bit fixed point.
fn rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let clamp = |v: i32| u8::try_from(v.clamp(0, 255)).unwrap_or(u8::MAX);
    [
        clamp(y + ((91_881 * cr + 32_768) >> 16)),
        clamp(y + ((-22_554 * cb - 46_802 * cr + 32_768) >> 16)),
        clamp(y + ((116_130 * cb + 32_768) >> 16)),
    ]
}
