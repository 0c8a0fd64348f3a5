//! [`Exif`]: the orientation that EXIF tells, if it can be read.
//!
//! Only the first directory's tag 0x0112 is looked at (EXIF 2.32, section 4.6.4). What is not said, and the 0 that
//! scanners write for it, is upright; other numbers that EXIF has no meaning for, and a structure that cannot be
//! read, are upright too and a flaw. XMP is not looked at.

use super::directory::Tiff;
use super::reader::Reader;
use crate::error::{ErrorKind, Result};
use crate::image::header::Flaw;
use crate::image::orientation::Orientation;

const ORIENTATION: u16 = 0x0112;
/// The type that EXIF demands, and the other one that Pillow takes.
const SHORT: u16 = 3;
const LONG: u16 = 4;
/// What comes before the TIFF structure in JPEG, and by mistake in other formats.
const PREFIX: &[u8] = b"Exif\0\0";

/// What the EXIF of a file says; a file may have several, the first that can be read counts.
#[derive(Default)]
pub(super) struct Exif {
    orientation: Option<Orientation>,
    wrong: Option<String>,
}

impl Exif {
    /// A TIFF structure of `length` bytes from `from` on, perhaps after the prefix of JPEG.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>, from: u64, length: u64) -> Result<()> {
        if self.orientation.is_some() {
            return Ok(());
        }
        let prefixed = length >= 6 && reader.up_to(from, 6)? == PREFIX;
        let skip = if prefixed { 6 } else { 0 };
        match orientation(reader, from.saturating_add(skip), length - skip) {
            Ok(Ok(found)) => self.orientation = Some(found),
            Ok(Err(what)) => self.wrong = Some(what),
            Err(error) if error.kind() == ErrorKind::Limit => self.wrong = Some(error.what().to_owned()),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// There is EXIF, but it cannot be reached.
    pub(super) fn lost(&mut self, what: impl Into<String>) {
        self.wrong = Some(what.into());
    }

    /// The orientation, and what is wrong if nothing could be read.
    pub(super) fn finish(self) -> (Orientation, Option<Flaw>) {
        match (self.orientation, self.wrong) {
            (Some(orientation), _) => (orientation, None),
            (None, Some(what)) => (Orientation::Upright, Some(Flaw::BadExif { what })),
            (None, None) => (Orientation::Upright, None),
        }
    }
}

fn orientation(
    reader: &mut Reader<'_>,
    from: u64,
    length: u64,
) -> Result<std::result::Result<Orientation, String>> {
    let tiff = match Tiff::open(reader, from, length)? {
        Ok(tiff) => tiff,
        Err(what) => return Ok(Err(what)),
    };
    let directory = match tiff.directory(reader, tiff.first)? {
        Ok(directory) => directory,
        Err(what) => return Ok(Err(what)),
    };
    let Some(entry) = directory.get(ORIENTATION) else {
        return Ok(match directory.cut {
            true => Err("its directory is cut short".to_owned()),
            false => Ok(Orientation::Upright),
        });
    };
    let numbers = tiff.numbers(reader, entry, 2)?.unwrap_or_default();
    Ok(match (numbers.as_slice(), entry.kind) {
        ([0], SHORT | LONG) => Ok(Orientation::Upright),
        ([number], SHORT | LONG) => u16::try_from(*number)
            .ok()
            .and_then(Orientation::from_exif)
            .ok_or_else(|| format!("there is no orientation {number}")),
        _ => Err(format!("its orientation has {} values of type {}", entry.count, entry.kind)),
    })
}
