//! [`probe`]: the header of an image file, without decoding a pixel.
//!
//! | file | noun |
//! |---|---|
//! | `probe/reader.rs` | bytes by position, in few and bounded reads |
//! | `probe/{jpeg,png,webp,bmp,tiff,gif}.rs` | the header of each format |
//! | `probe/directory.rs` | directories of TIFF and EXIF |
//! | `probe/exif.rs` | the orientation in them |
//! | `probe/foreign.rs` | what a file looks like that is none of these |
//!
//! A file is what its first bytes say, whatever its name. Work is bounded: segments are stepped over, not read,
//! and a hostile header costs at most 1,024 reads and 8 MiB. A header that is given says nothing of the pixels:
//! whether they are there is known when they are decoded.

mod bmp;
mod directory;
mod exif;
mod foreign;
mod gif;
mod jpeg;
mod png;
mod reader;
mod tiff;
mod webp;

use self::reader::{Reader, fault, long};
use super::header::Header;
use crate::error::{ErrorKind, Result};

/// A JPEG that begins no further behind other bytes than this is found.
const MOST_JUNK: usize = 64 << 10;

/// The header of a file that is in memory.
///
/// ```
/// use lensframe::image::{Channels, Encoding, Format, Orientation, Pixels, encode, probe};
/// # fn main() -> lensframe::error::Result<()> {
/// let pixels = Pixels::filled((20, 30), Channels::Rgb, [200, 120, 40])?;
/// let file = encode(&pixels, Encoding::Jpeg { quality: 90, orientation: Orientation::Turn90 })?;
/// let header = probe(&file)?;
/// assert_eq!((header.format, header.size, header.upright()), (Format::Jpeg, (30, 20), (20, 30)));
/// assert!(probe(b"<!DOCTYPE html>").unwrap_err().to_string().contains("a web page"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Format` for what is no image, breaks off in its header or has no pixel; `Unsupported` for images of other
/// kinds and for what only the pixels would tell; `Limit` for a header that is spread over too many places.
pub fn probe(bytes: &[u8]) -> Result<Header> {
    header(&mut Reader::memory(bytes))
}

/// The header of a file of `length` bytes, of which only what is needed is read: `read(from, count)` gives
/// `count` bytes from byte `from` on, or as many as there are. As a rule it is called once, for 8 KiB.
///
/// # Errors
/// As [`probe`], and those of `read`.
pub fn probe_with(length: u64, mut read: impl FnMut(u64, usize) -> Result<Vec<u8>>) -> Result<Header> {
    header(&mut Reader::file(length, &mut read))
}

fn header(reader: &mut Reader<'_>) -> Result<Header> {
    if reader.length() == 0 {
        return Err(fault(ErrorKind::Format, "the file is empty").remedy("fetch or copy it again"));
    }
    let head = reader.up_to(0, 64)?.to_vec();
    let header = match head.as_slice() {
        head if head.starts_with(&jpeg::START) => jpeg::header(reader, 0)?,
        head if head.starts_with(&png::SIGNATURE) => png::header(reader)?,
        head if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") => gif::header(reader)?,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::header(reader)?,
        head if tiff::is_tiff(head) => tiff::header(reader)?,
        head if bmp::is_bitmap(head) => bmp::header(reader)?,
        head => after_junk(reader, head)?,
    };
    let (height, width) = header.size;
    if height == 0 || width == 0 {
        let what = format!("the {} says that it is {height}x{width}: it has no pixel", header.format);
        return Err(fault(ErrorKind::Format, what));
    }
    Ok(header)
}

/// A JPEG somewhere behind bytes that are no image.
fn after_junk(reader: &mut Reader<'_>, head: &[u8]) -> Result<Header> {
    if foreign::may_hide_a_jpeg(head) {
        let bytes = reader.up_to(0, MOST_JUNK)?;
        let start = bytes.windows(4).position(|four| matches!(four, [0xff, 0xd8, 0xff, 0xc0..=0xfe]));
        if let Some(start) = start {
            return match jpeg::header(reader, long(start)) {
                Err(error) if error.kind() == ErrorKind::Format => Err(foreign::refusal(head)),
                header => header,
            };
        }
    }
    Err(foreign::refusal(head))
}
