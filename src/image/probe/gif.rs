//! Headers of GIF: the canvas, the first frame, and whether there is another (GIF89a).

use super::reader::{Reader, broken};
use crate::error::{ErrorKind, Result};
use crate::image::header::{Format, Header, Model};

/// How far the first frame's pixels are stepped over to look for a second.
const LOOKED_THROUGH: u64 = 2 << 20;

/// The header of a GIF.
pub(super) fn header(reader: &mut Reader<'_>) -> Result<Header> {
    let [w0, w1, h0, h1, flags] = reader.array(6)?;
    let side = |bytes| u32::from(u16::from_le_bytes(bytes));
    let (mut height, mut width) = (side([h0, h1]), side([w0, w1]));
    let mut at = 13 + colours(flags);
    let mut alpha = false;
    let mut animated = false;
    let frame = loop {
        match reader.byte(at)? {
            b'!' => {
                let label = reader.byte(at.saturating_add(1))?;
                let first = reader.up_to(at.saturating_add(2), 12)?;
                match (label, first) {
                    (0xf9, [4, flags, ..]) => alpha = flags & 1 != 0,
                    (0xff, [11, name @ ..]) => animated |= name == b"NETSCAPE2.0" || name == b"ANIMEXTS1.0",
                    _ => {}
                }
                at = blocks(reader, at.saturating_add(2), u64::MAX)?;
            }
            b',' => break reader.array::<9>(at.saturating_add(1))?,
            b';' => return Err(broken(at, "the GIF ends without a picture")),
            // Some writers leave a zero too many.
            0 => at = at.saturating_add(1),
            _ => return Err(broken(at, "there is no block of the GIF where the next one must be")),
        }
    };
    let [l0, l1, t0, t1, w0, w1, h0, h1, local] = frame;
    let (left, top) = (side([l0, l1]), side([t0, t1]));
    let (right, bottom) = (left + side([w0, w1]), top + side([h0, h1]));
    if right == left || bottom == top {
        return Err(broken(at, "the first frame of the GIF has no pixel"));
    }
    // As Pillow: a frame that leaves the canvas makes it larger. Decoders of frames do not agree on such files.
    let leaves = bottom > height || right > width;
    (height, width) = (height.max(bottom), width.max(right));
    let covered = (left, top, bottom, right) == (0, 0, height, width);
    let pixels = at.saturating_add(10 + colours(local) + 1);
    let several = animated || another(reader, pixels)?;
    Ok(Header {
        format: Format::Gif,
        size: (height, width),
        model: Model::Palette,
        alpha: alpha || !covered,
        depth: ((if local & 0x80 != 0 { local } else { flags }) & 7) + 1,
        inverted: false,
        orientation: Default::default(),
        icc: false,
        several,
        undecodable: leaves.then_some("a first frame that leaves its canvas"),
        flaws: Vec::new(),
    })
}

/// Bytes of the table of colours that these flags announce.
fn colours(flags: u8) -> u64 {
    if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 }
}

/// Where a chain of blocks that begins at `at` ends.
fn blocks(reader: &mut Reader<'_>, mut at: u64, end: u64) -> Result<u64> {
    loop {
        let length = reader.byte(at)?;
        at = at.saturating_add(1 + u64::from(length));
        if length == 0 || at > end {
            return Ok(at);
        }
    }
}

/// True if a further frame follows the one whose blocks begin at `pixels`. A file that is cut there has none.
fn another(reader: &mut Reader<'_>, pixels: u64) -> Result<bool> {
    let end = pixels.saturating_add(LOOKED_THROUGH);
    let mut look = || -> Result<bool> {
        let mut at = blocks(reader, pixels, end)?;
        while at < end {
            match reader.byte(at)? {
                b',' => return Ok(true),
                b'!' => at = blocks(reader, at.saturating_add(2), end)?,
                0 => at = at.saturating_add(1),
                _ => return Ok(false),
            }
        }
        Ok(false)
    };
    match look() {
        Err(error) if matches!(error.kind(), ErrorKind::Format | ErrorKind::Limit) => Ok(false),
        found => found,
    }
}
