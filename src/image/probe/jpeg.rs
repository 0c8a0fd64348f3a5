//! Headers of JPEG: from the start marker to the first scan.
//!
//! Segments are stepped over by their length; only frame, JFIF, Adobe, EXIF, ICC and multi-picture segments are
//! looked into (ITU-T T.81 annex B, JFIF 1.02, CIPA DC-007 for multi-picture files). How colours are stored is
//! decided as libjpeg does. The pixels are not looked at: a height that is only told after them is refused.

use super::exif::Exif;
use super::reader::{Reader, broken, fault, long};
use crate::error::{ErrorKind, Result};
use crate::image::header::{Flaw, Format, Header, Model};

/// A start marker, and the first byte of the next one.
pub(super) const START: [u8; 3] = [0xff, 0xd8, 0xff];
/// Fill bytes and stray bytes between segments that are stepped over.
const MOST_STRAY: usize = 4 << 10;

/// What the frame segment says.
struct Frame {
    depth: u8,
    size: (u32, u32),
    ids: Vec<u8>,
    undecodable: Option<&'static str>,
}

/// What else colours depend on.
#[derive(Default)]
struct Marks {
    jfif: bool,
    adobe: Option<u8>,
    icc: bool,
    several: bool,
    hierarchical: bool,
}

/// The header of a JPEG whose start marker is at `start`.
pub(super) fn header(reader: &mut Reader<'_>, start: u64) -> Result<Header> {
    let (mut marks, mut exif, mut frame) = (Marks::default(), Exif::default(), None);
    let mut at = start.saturating_add(2);
    loop {
        let (code, after) = marker(reader, at)?;
        match code {
            0xda => break,
            0xd9 => return Err(broken(after, "the JPEG ends before its pixels begin")),
            0xd8 => return Err(broken(after, "a JPEG begins inside the header of a JPEG")),
            0x01 | 0xd0..=0xd7 => {
                at = after;
                continue;
            }
            _ => {}
        }
        let length = u64::from(u16::from_be_bytes(reader.array(after)?));
        let Some(length) = length.checked_sub(2) else {
            return Err(broken(after, "a segment of the JPEG says that it is shorter than its own length"));
        };
        let from = after.saturating_add(2);
        match code {
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf if frame.is_none() => frame = Some(read_frame(reader, code, from, length)?),
            0xde => marks.hierarchical = true,
            0xe0..=0xee => application(reader, code, (from, length), &mut marks, &mut exif)?,
            _ => {}
        }
        at = from.saturating_add(length);
    }
    let Some(frame) = frame else {
        return Err(broken(at, "the pixels of the JPEG begin without a size before them"));
    };
    let (orientation, flaw) = exif.finish();
    let junk = (start > 0).then_some(Flaw::JunkBefore(start));
    Ok(Header {
        format: Format::Jpeg,
        size: frame.size,
        model: model(&frame.ids, &marks),
        alpha: false,
        depth: frame.depth,
        inverted: frame.ids.len() == 4 && marks.adobe.is_some(),
        orientation,
        icc: marks.icc,
        several: marks.several,
        undecodable: if marks.hierarchical { Some("hierarchical JPEG") } else { frame.undecodable },
        flaws: junk.into_iter().chain(flaw).collect(),
    })
}

/// The next marker from `at` on and where it ends. Any number of 0xFF may come first; other bytes should not, but
/// libjpeg steps over them, and so do we over some.
fn marker(reader: &mut Reader<'_>, at: u64) -> Result<(u8, u64)> {
    if let [0xff, code @ 0x01..=0xfe] = reader.array(at)? {
        return Ok((code, at.saturating_add(2)));
    }
    let bytes = reader.up_to(at, MOST_STRAY)?;
    let found = bytes.windows(2).position(|pair| matches!(pair, [0xff, 0x01..=0xfe]));
    let code = found.and_then(|found| bytes.get(found + 1));
    match (found, code) {
        (Some(found), Some(code)) => Ok((*code, at.saturating_add(long(found) + 2))),
        _ => Err(broken(at, "there is no segment of the JPEG where the next one must be")
            .remedy("fetch or copy the file again")),
    }
}

fn read_frame(reader: &mut Reader<'_>, code: u8, from: u64, length: u64) -> Result<Frame> {
    let [depth, h0, h1, w0, w1, components] = reader.array(from)?;
    if length < 6 + 3 * u64::from(components) {
        return Err(broken(from, "the frame segment of the JPEG is too short"));
    }
    let (height, width) = (u16::from_be_bytes([h0, h1]), u16::from_be_bytes([w0, w1]));
    if height == 0 && width > 0 {
        return Err(fault(ErrorKind::Unsupported, "the JPEG tells its height only after its pixels (DNL)")
            .remedy("write it again with an image program"));
    }
    let count = usize::from(components) * 3;
    let ids = reader.exactly(from.saturating_add(6), count)?.iter().step_by(3).copied().collect();
    let undecodable = match code {
        0xc0..=0xc2 if depth != 8 => Some("JPEG of more than 8 bits"),
        0xc0..=0xc2 => None,
        0xc3 => Some("lossless JPEG"),
        0xc5..=0xc7 | 0xcd..=0xcf => Some("hierarchical JPEG"),
        _ => Some("arithmetic coding"),
    };
    Ok(Frame { depth, size: (u32::from(height), u32::from(width)), ids, undecodable })
}

/// An application segment.
fn application(
    reader: &mut Reader<'_>,
    code: u8,
    (from, length): (u64, u64),
    marks: &mut Marks,
    exif: &mut Exif,
) -> Result<()> {
    let name = reader.up_to(from, usize::try_from(length.min(12)).unwrap_or(12))?;
    match (code, name) {
        (0xe0, [b'J', b'F', b'I', b'F', 0, ..]) => marks.jfif = true,
        (0xe1, [b'E', b'x', b'i', b'f', 0, _, ..]) => {
            exif.read(reader, from.saturating_add(6), length.saturating_sub(6))?;
        }
        (0xe2, name) if name.starts_with(b"ICC_PROFILE\0") => marks.icc = true,
        (0xe2, [b'M', b'P', b'F', 0, ..]) => marks.several = true,
        (0xee, [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform]) => {
            marks.adobe = Some(*transform);
        }
        _ => {}
    }
    Ok(())
}

/// JFIF means luma and colour differences; Adobe's marker tells; without either, the names of the components.
fn model(ids: &[u8], marks: &Marks) -> Model {
    match (ids, marks.adobe) {
        ([_], _) => Model::Gray,
        ([_, _, _], _) if marks.jfif => Model::YCbCr,
        ([_, _, _], Some(0)) | (b"RGB", None) => Model::Rgb,
        ([_, _, _], _) => Model::YCbCr,
        ([_, _, _, _], None | Some(0)) => Model::Cmyk,
        ([_, _, _, _], _) => Model::Ycck,
        _ => Model::Other,
    }
}
