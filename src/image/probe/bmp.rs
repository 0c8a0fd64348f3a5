//! Headers of Windows and OS/2 bitmaps, of every version.

use super::reader::{Reader, broken};
use crate::error::Result;
use crate::image::header::{Format, Header, Model};

/// Header lengths that include a mask for alpha.
const WITH_ALPHA: [u32; 3] = [56, 108, 124];
/// `MBED` as the bytes of a little-endian number: the profile is in the file.
const EMBEDDED: [u8; 4] = *b"DEBM";

/// True if the bytes are a bitmap's: two letters are too few to go by.
pub(super) fn is_bitmap(head: &[u8]) -> bool {
    let length =
        head.get(14..18).and_then(|bytes| bytes.first_chunk()).map(|bytes| u32::from_le_bytes(*bytes));
    head.starts_with(b"BM") && (head.len() < 18 || length.is_some_and(|length| (12..=256).contains(&length)))
}

/// The header of a bitmap.
pub(super) fn header(reader: &mut Reader<'_>) -> Result<Header> {
    let length = u32::from_le_bytes(reader.array(14)?);
    if length < 16 {
        let [w0, w1, h0, h1, _, _, b0, b1] = reader.array(18)?;
        let side = |bytes| u32::from(u16::from_le_bytes(bytes));
        let size = (side([h0, h1]), side([w0, w1]));
        return finish(size, u16::from_le_bytes([b0, b1]), 0, [0; 4], false);
    }
    let width = i32::from_le_bytes(reader.array(18)?).unsigned_abs();
    let height = i32::from_le_bytes(reader.array(22)?).unsigned_abs();
    let bits = u16::from_le_bytes(reader.array(28)?);
    let compression = if length >= 20 { u32::from_le_bytes(reader.array(30)?) } else { 0 };
    // In OS/2's own header these numbers mean other things.
    let compression = if length == 64 && compression > 2 { u32::MAX } else { compression };
    let mut masks = [0; 4];
    // Masks lie behind the 40 bytes of the first header, inside longer ones.
    if (length == 40 || length >= 52) && matches!(compression, 3 | 6) {
        let count = if WITH_ALPHA.contains(&length) || compression == 6 { 4 } else { 3 };
        let bytes = reader.exactly(54, count * 4)?;
        for (mask, bytes) in masks.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *mask = u32::from_le_bytes(*bytes);
        }
    }
    let icc = length >= 124 && reader.array(14 + 56)? == EMBEDDED;
    finish((height, width), bits, compression, masks, icc)
}

fn finish(size: (u32, u32), bits: u16, compression: u32, masks: [u32; 4], icc: bool) -> Result<Header> {
    let [.., a] = masks;
    let widest = masks.iter().map(|mask| mask.count_ones()).max().and_then(|bits| u8::try_from(bits).ok());
    let (model, depth) = match (bits, compression, widest) {
        (0, 4 | 5, _) => (Model::Rgb, 8),
        (1, _, _) => (Model::Palette, 1),
        (2, _, _) => (Model::Palette, 2),
        (4, _, _) => (Model::Palette, 4),
        (8, _, _) => (Model::Palette, 8),
        (16 | 32, 3 | 6, Some(widest @ 1..)) => (Model::Rgb, widest),
        (16, _, _) => (Model::Rgb, 5),
        (24 | 32, _, _) => (Model::Rgb, 8),
        _ => return Err(broken(28, format!("a bitmap has no pixels of {bits} bits"))),
    };
    let undecodable = match compression {
        0..=3 | 6 => None,
        4 => Some("a JPEG inside a BMP"),
        5 => Some("a PNG inside a BMP"),
        _ => Some("an unknown compression of BMP"),
    };
    Ok(Header {
        format: Format::Bmp,
        size,
        model,
        alpha: a != 0 && model == Model::Rgb,
        depth,
        inverted: false,
        orientation: Default::default(),
        icc,
        several: false,
        undecodable,
        flaws: Vec::new(),
    })
}
