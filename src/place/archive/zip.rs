//! The directory of a zip archive.
//!
//! Read here rather than by the `zip` crate, which keeps some 500 bytes of each member (names twice, times,
//! extra fields): half a gigabyte for a million images, where this keeps a path and 40 bytes. Facts of the
//! format: PKWARE's APPNOTE 6.3.
//!
//! Archives with something before them (self-extracting ones) and zip64 are read. Members that overlap are
//! refused: no tool writes them, and a few kilobytes that do can expand to petabytes. What can only be said of
//! one member, that it is encrypted or compressed by an unknown method, is said when it is read.

use std::borrow::Cow;

use super::builder::Builder;
use super::directory::{Directory, Spot};
use super::expand;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::place::limits::Limits;
use crate::place::map::Map;

/// The length of the end record without its comment.
const END_BYTES: usize = 22;
const END: [u8; 4] = *b"PK\x05\x06";
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_BYTES: usize = 20;
const END64: [u8; 4] = *b"PK\x06\x06";
const END64_BYTES: usize = 56;
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const CENTRAL_BYTES: usize = 46;
/// The length of a member's own header without its name.
pub(super) const LOCAL_BYTES: usize = 30;
/// The part of a member's Unix mode that says its type, and what it says of a symbolic link.
const TYPE_BITS: u32 = 0o170_000;
const LINK_TYPE: u32 = 0o120_000;

/// The upper half of code page 437, which names without a flag are in.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

pub(super) fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn quad(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

fn damaged(at: usize, what: &str) -> Error {
    Error::new(ErrorKind::Format, what)
        .at(Place::none().byte(u64::try_from(at).unwrap_or(u64::MAX)))
        .remedy("fetch or make the archive again")
}

/// Where the end record of a zip archive is, if `tail`, the last bytes of a file, holds one: its comment must
/// end within the file, and one that ends with it is preferred.
pub(super) fn end_in(tail: &[u8]) -> Option<usize> {
    let ends: Vec<usize> = memchr::memmem::rfind_iter(tail, &END)
        .filter(|at| {
            let comment = word(tail, at + 20).map(usize::from);
            comment.is_some_and(|comment| at + END_BYTES + comment <= tail.len())
        })
        .take(16)
        .collect();
    let exact = ends.iter().find(|at| {
        word(tail, **at + 20).is_some_and(|comment| **at + END_BYTES + usize::from(comment) == tail.len())
    });
    exact.or(ends.first()).copied()
}

/// True if a file whose last bytes are `tail` ends with the end record of a zip archive and its comment.
pub(super) fn ends_exactly(tail: &[u8]) -> bool {
    end_in(tail).is_some_and(|at| {
        word(tail, at + 20).is_some_and(|comment| at + END_BYTES + usize::from(comment) == tail.len())
    })
}

/// How long the end of a file is that [`end_in`] must see.
pub(super) const TAIL: usize = END_BYTES + 65_535;

/// Where the directory is, and by how much offsets have shifted since they were written.
struct Span {
    start: usize,
    end: usize,
    shift: u64,
}

/// Finds the directory from the end record.
fn span(bytes: &[u8], builder: &Builder<'_>) -> Result<Span> {
    let lost =
        || damaged(bytes.len(), "the zip archive has no directory: it is incomplete or something else");
    let from = bytes.len().saturating_sub(TAIL);
    let end = from + bytes.get(from..).and_then(end_in).ok_or_else(lost)?;
    let record = bytes.get(end..).unwrap_or_default();
    let comment = usize::from(word(record, 20).ok_or_else(lost)?);
    if end + END_BYTES + comment < bytes.len() {
        builder.warn("place.trailing", "", "something follows the zip archive", "ignored")?;
    }
    let mut disks = [word(record, 4), word(record, 6)].map(|disk| disk.map(u32::from));
    let mut size = long(record, 12).map(u64::from);
    let mut start = long(record, 16).map(u64::from);
    let mut ends = end;
    let locator = end.checked_sub(LOCATOR_BYTES).filter(|at| begins(bytes, *at, LOCATOR));
    if let Some(locator) = locator {
        let declared = quad(bytes, locator + 8).and_then(|at| usize::try_from(at).ok());
        let before = locator.checked_sub(END64_BYTES);
        let found =
            [before, declared].into_iter().flatten().find(|at| *at < locator && begins(bytes, *at, END64));
        let at = found.ok_or_else(|| damaged(locator, "the zip64 end record of the archive is missing"))?;
        disks = [long(bytes, at + 16), long(bytes, at + 20)];
        (size, start, ends) = (quad(bytes, at + 40), quad(bytes, at + 48), at);
    }
    if disks.iter().any(|disk| disk.is_none_or(|disk| disk != 0 && disk != 0xffff)) {
        return Err(Error::new(ErrorKind::Unsupported, "it is one part of an archive of several")
            .remedy("join the parts, as with: zip -s 0 parts.zip --out whole.zip"));
    }
    let (size, start) = (size.ok_or_else(lost)?, start.ok_or_else(lost)?);
    let too_large = || damaged(end, "the directory of the zip archive is larger than the archive");
    let size = usize::try_from(size).map_err(|_| too_large())?;
    let found = ends.checked_sub(size).ok_or_else(too_large)?;
    let declared = usize::try_from(start).ok().filter(|at| at.checked_add(size).is_some_and(|e| e <= ends));
    // The directory ends at its end record, wherever the archive begins; if not, it may be where it says.
    if size > 0
        && !begins(bytes, found, CENTRAL)
        && let Some(declared) = declared.filter(|at| begins(bytes, *at, CENTRAL))
    {
        return Ok(Span { start: declared, end: declared + size, shift: 0 });
    }
    let at = u64::try_from(found).unwrap_or(u64::MAX);
    let shift = at.checked_sub(start).ok_or_else(|| damaged(end, "the zip archive is incomplete"))?;
    Ok(Span { start: found, end: ends, shift })
}

fn begins(bytes: &[u8], at: usize, signature: [u8; 4]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(&signature))
}

/// One record of the directory.
struct Record<'a> {
    name: Cow<'a, [u8]>,
    spot: Spot,
    link: bool,
    length: usize,
    /// Where the next member can begin at the earliest.
    until: u64,
}

/// Reads the directory of an archive.
pub(super) fn walk(map: &Map, limits: &Limits, mut builder: Builder<'_>) -> Result<Directory> {
    let bytes = map.buffer().as_slice();
    let span = span(bytes, &builder)?;
    map.will_need(span.start..span.end);
    let mut at = span.start;
    let mut extents: Vec<(u64, u64)> = Vec::new();
    let mut total = 0_u64;
    while at < span.end {
        let record = bytes.get(at..span.end).and_then(|rest| record(rest, span.shift));
        let record = record.ok_or_else(|| damaged(at, "the directory of the zip archive is damaged"))?;
        extents.push((record.spot.offset, record.until));
        if record.spot.method != 0 {
            total = total.saturating_add(record.spot.length);
        }
        if record.link {
            let target = expand::expanded(map, &record.spot, limits);
            builder.link(&record.name, target.as_deref().unwrap_or_default(), false)?;
        } else {
            builder.add(&record.name, false, record.spot)?;
        }
        at += record.length;
    }
    if total > limits.total_bytes {
        let what = format!("expands to {total} bytes, more than the {} allowed", limits.total_bytes);
        return Err(Error::new(ErrorKind::Limit, what).remedy("unpack it and open the folder"));
    }
    apart(extents, u64::try_from(span.start).unwrap_or(u64::MAX))?;
    builder.finish()
}

/// Refuses members that share bytes with each other or with the directory.
fn apart(mut extents: Vec<(u64, u64)>, directory: u64) -> Result<()> {
    extents.sort_unstable();
    let next = extents.iter().skip(1).map(|(start, _)| *start).chain([directory]);
    for ((start, end), next) in extents.iter().zip(next) {
        if *end > next {
            return Err(Error::new(ErrorKind::Format, "members of the zip archive overlap")
                .at(Place::none().byte(*start))
                .remedy("it is damaged, or made to expand without end; fetch it again or leave it"));
        }
    }
    Ok(())
}

/// The record at the start of `bytes`; `None` if it is damaged.
fn record(bytes: &[u8], shift: u64) -> Option<Record<'_>> {
    if !bytes.starts_with(&CENTRAL) {
        return None;
    }
    let [made_by, flags, method] = [word(bytes, 4)?, word(bytes, 8)?, word(bytes, 10)?];
    let crc = long(bytes, 16)?;
    let [name, extra, comment] = [word(bytes, 28)?, word(bytes, 30)?, word(bytes, 32)?].map(usize::from);
    let mode = long(bytes, 38)? >> 16;
    let rest = bytes.get(CENTRAL_BYTES..)?;
    let (name, rest) = rest.split_at_checked(name)?;
    let header = u64::try_from(LOCAL_BYTES + name.len()).ok()?;
    let (extras, rest) = rest.split_at_checked(extra)?;
    rest.get(..comment)?;
    let [mut stored, mut length, mut offset] =
        [long(bytes, 20)?, long(bytes, 24)?, long(bytes, 42)?].map(u64::from);
    let mut unicode = None;
    for (id, field) in fields(extras) {
        match id {
            1 => {
                let mut at = 0;
                for value in [&mut length, &mut stored, &mut offset] {
                    if *value == u64::from(u32::MAX) {
                        *value = quad(field, at)?;
                        at += 8;
                    }
                }
            }
            // The name in UTF-8 beside the one in the code page, with the checksum of the latter.
            0x7075 if field.first() == Some(&1) && long(field, 1) == Some(crc32fast::hash(name)) => {
                unicode = field.get(5..);
            }
            _ => {}
        }
    }
    let made_on_unix = made_by >> 8 == 3;
    let offset = offset.checked_add(shift)?;
    let method = if flags & 1 != 0 { expand::ENCRYPTED } else { method };
    Some(Record {
        name: match unicode {
            Some(name) => Cow::Borrowed(name),
            None => decoded(name, flags & 0x800 != 0 || made_on_unix && std::str::from_utf8(name).is_ok()),
        },
        spot: Spot { offset, stored, length, crc, method },
        link: made_on_unix && mode & TYPE_BITS == LINK_TYPE,
        length: CENTRAL_BYTES + name.len() + extra + comment,
        until: offset.checked_add(header)?.checked_add(stored)?,
    })
}

/// The extra fields of a record: number and content. A field that is cut off ends them.
fn fields(mut extras: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (id, length) = (word(extras, 0)?, usize::from(word(extras, 2)?));
        let (field, rest) = extras.get(4..)?.split_at_checked(length)?;
        extras = rest;
        Some((id, field))
    })
}

/// A name as UTF-8: as it is where it is said or plain to be, else from code page 437.
fn decoded(name: &[u8], utf8: bool) -> Cow<'_, [u8]> {
    if utf8 || name.is_ascii() {
        return Cow::Borrowed(name);
    }
    let upper: Vec<char> = CP437.chars().collect();
    let text: String = name
        .iter()
        .map(|byte| match byte.checked_sub(128) {
            None => char::from(*byte),
            Some(at) => upper.get(usize::from(at)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
        })
        .collect();
    Cow::Owned(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_page_437_has_128_upper_letters() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(decoded(b"caf\x82.jpg", false), Cow::<[u8]>::Owned("café.jpg".into()));
        assert_eq!(decoded(b"\xff", false), Cow::<[u8]>::Owned("\u{a0}".into()));
    }

    #[test]
    fn members_that_share_a_byte_are_told_from_neighbours() {
        assert!(apart(vec![(10, 20), (0, 10)], 20).is_ok());
        assert!(apart(vec![(10, 20), (0, 11)], 20).is_err());
        assert!(apart(vec![(0, 10), (0, 10)], 20).is_err());
        assert!(apart(vec![(0, 21)], 20).is_err());
    }
}
