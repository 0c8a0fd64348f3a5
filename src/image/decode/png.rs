//! PNG as samples of 8 bits: palettes expanded, gray scaled to 0..255, 16 bits cut to their high byte, tRNS as
//! alpha. Of an animation the still image. Gamma and colour profiles are not applied.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, Limits, Transformations};

use super::raw::{Layout, Raw};
use super::{Decode, said};
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::{Flaw, Header};

/// The stored pixels of a PNG, those that are there before it breaks.
pub(super) fn decode(bytes: &[u8], header: &Header, options: &Decode) -> Result<(Raw, Vec<Flaw>)> {
    let limits = Limits { bytes: usize::try_from(options.limits.bytes).unwrap_or(usize::MAX) };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|e| failed(header, &e))?;
    let layout = match reader.output_color_type().0 {
        ColorType::Grayscale | ColorType::Indexed => Layout::Gray,
        ColorType::GrayscaleAlpha => Layout::GrayAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::RgbAlpha,
    };
    if (reader.info().height, reader.info().width) != header.size {
        return Err(Error::new(ErrorKind::Format, format!("{} has two sizes", said(header))));
    }
    // The library takes the palette for whole colours.
    let palette = reader.info().palette.as_ref().map_or(0, |palette| palette.len());
    if reader.info().color_type == ColorType::Indexed && (palette == 0 || palette % 3 > 0) {
        let what = format!("{} is damaged: its palette has {palette} bytes", said(header));
        return Err(Error::new(ErrorKind::Format, what).remedy("fetch or copy the file again"));
    }
    let length = reader.output_buffer_size().ok_or_else(|| failed(header, &DecodingError::LimitsExceeded))?;
    let mut data = vec![0; length];
    let size = (reader.info().height, reader.info().width);
    let (mut flaws, mut empty) = (Vec::new(), false);
    if reader.info().interlaced {
        if let Err(e) = reader.next_frame(&mut data) {
            flaws.push(flaw(&e, None));
            empty = data.iter().all(|byte| *byte == 0);
        }
    } else {
        let line = reader.output_line_size(size.1).unwrap_or(length).max(1);
        for (n, row) in (0..).zip(data.chunks_exact_mut(line)) {
            if let Err(e) = reader.read_row(row) {
                flaws.push(flaw(&e, Some(n)));
                empty = n == 0;
                break;
            }
        }
    }
    if flaws.is_empty() && reader.finish().is_err() {
        flaws.push(Flaw::MissingEnd);
    }
    if empty {
        return Err(Error::new(ErrorKind::Format, format!("{} has no pixel that can be read", said(header))));
    }
    Ok((Raw { size, layout, data }, flaws))
}

/// What is wrong with the pixels from a row on.
fn flaw(error: &DecodingError, from_row: Option<u32>) -> Flaw {
    match error {
        DecodingError::IoError(_) => Flaw::Truncated { from_row },
        other => {
            let other = match other.to_string() {
                text if text.contains("CRC") => "a checksum is wrong".to_owned(),
                text => text,
            };
            let place = from_row.map(|row| format!(", from row {row} on")).unwrap_or_default();
            Flaw::Damaged { what: format!("{other}{place}") }
        }
    }
}

/// The error of the PNG library in our words.
fn failed(header: &Header, error: &DecodingError) -> Error {
    match error {
        DecodingError::IoError(_) => {
            Error::new(ErrorKind::Format, format!("{} ends before its pixels begin", said(header)))
                .remedy("fetch the file again")
        }
        DecodingError::LimitsExceeded => {
            Error::new(ErrorKind::Limit, format!("{} asks for more memory than it may", said(header)))
        }
        other => Error::new(ErrorKind::Format, format!("{} is damaged: {other}", said(header))),
    }
}
