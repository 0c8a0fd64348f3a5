//! The bytes of one member of a zip archive.
//!
//! A member stored as it is is a slice; a deflated one is expanded to the length that the directory states,
//! not a byte more. The checksum of every whole read is checked.

use flate2::{Decompress, FlushDecompress, Status};

use super::directory::Spot;
use super::zip::{LOCAL_BYTES, long};
use crate::error::{Error, ErrorKind, Result};
use crate::place::limits::Limits;
use crate::place::map::Map;

/// What [`Spot::method`] says of an encrypted member, whatever its method.
pub(super) const ENCRYPTED: u16 = u16::MAX;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// How many times its size DEFLATE can expand to.
const MOST_RATIO: u64 = 1032;

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Format, what).remedy("fetch or make the archive again")
}

/// The bytes of a member as they are in the archive, and their place in it. The kernel is told that up to
/// `most` of them will be read.
fn packed<'a>(archive: &'a Map, spot: &Spot, most: usize) -> Result<(usize, &'a [u8])> {
    let lost = || damaged("it is not where the directory of the zip archive says");
    let start = usize::try_from(spot.offset).map_err(|_| lost())?;
    let header =
        archive.buffer().get(start..).filter(|rest| rest.starts_with(b"PK\x03\x04")).ok_or_else(lost)?;
    // The lengths of the name and the extra field, which may differ from those in the directory.
    let lengths = long(header, 26).ok_or_else(lost)?;
    let begin = start + LOCAL_BYTES + usize::from(low(lengths)) + usize::from(low(lengths >> 16));
    let bytes = usize::try_from(spot.stored)
        .ok()
        .and_then(|stored| begin.checked_add(stored))
        .and_then(|end| archive.buffer().get(begin..end))
        .ok_or_else(lost)?;
    archive.will_need(begin..begin + bytes.len().min(most));
    Ok((begin, bytes))
}

fn low(value: u32) -> u16 {
    let [a, b, ..] = value.to_le_bytes();
    u16::from_le_bytes([a, b])
}

/// Refuses what cannot be read or would expand beyond the limits.
fn check(spot: &Spot, limits: &Limits) -> Result<()> {
    let refused = |what: &str| {
        Err(Error::new(ErrorKind::Unsupported, what).remedy("unpack the archive and open the folder"))
    };
    match spot.method {
        STORED if spot.stored != spot.length => Err(damaged("it is stored as it is but states two lengths")),
        STORED => Ok(()),
        DEFLATED => limits.check_expansion(spot.stored, spot.length),
        ENCRYPTED => refused("is encrypted"),
        9 => refused("is compressed by Deflate64, which is not read here"),
        12 => refused("is compressed by bzip2, which is not read here"),
        14 => refused("is compressed by LZMA, which is not read here"),
        93 => refused("is compressed by Zstandard, which is not read here"),
        95 => refused("is compressed by XZ, which is not read here"),
        other => refused(&format!("is compressed by method {other}, which is not read here")),
    }
}

fn check_crc(bytes: &[u8], spot: &Spot) -> Result<()> {
    if crc32fast::hash(bytes) == spot.crc {
        return Ok(());
    }
    Err(damaged("its checksum is wrong"))
}

/// Where in the archive a member lies as it is; `None` for one that must be expanded.
pub(super) fn as_it_is(
    archive: &Map,
    spot: &Spot,
    limits: &Limits,
) -> Result<Option<std::ops::Range<usize>>> {
    check(spot, limits)?;
    if spot.method != STORED {
        return Ok(None);
    }
    let (start, bytes) = packed(archive, spot, usize::MAX)?;
    check_crc(bytes, spot)?;
    Ok(Some(start..start + bytes.len()))
}

/// A whole member.
pub(super) fn expanded(archive: &Map, spot: &Spot, limits: &Limits) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    expand_onto(archive, spot, limits, &mut out)?;
    Ok(out)
}

/// Appends a whole member to `out`; on an error `out` is as it was.
pub(super) fn expand_onto(archive: &Map, spot: &Spot, limits: &Limits, out: &mut Vec<u8>) -> Result<usize> {
    check(spot, limits)?;
    let (_, bytes) = packed(archive, spot, usize::MAX)?;
    if spot.method == STORED {
        check_crc(bytes, spot)?;
        out.extend_from_slice(bytes);
        return Ok(bytes.len());
    }
    if spot.length > spot.stored.saturating_mul(MOST_RATIO).saturating_add(MOST_RATIO) {
        return Err(damaged("it states a length that its compressed bytes cannot expand to"));
    }
    let too_long = || Error::new(ErrorKind::Limit, "is too large to be expanded in memory");
    let length = usize::try_from(spot.length).map_err(|_| too_long())?;
    let start = out.len();
    // One byte more, so that a member which goes on is found out.
    out.resize(start.checked_add(length).and_then(|end| end.checked_add(1)).ok_or_else(too_long)?, 0);
    let ended = inflate(bytes, out.get_mut(start..).unwrap_or_default());
    let checked = match ended {
        Some((true, expanded)) if expanded == length => {
            check_crc(out.get(start..start + length).unwrap_or_default(), spot)
        }
        Some((_, expanded)) if expanded > length => {
            Err(damaged("it expands to more than the length it states"))
        }
        _ => Err(damaged("its compressed bytes are damaged or cut off")),
    };
    out.truncate(if checked.is_ok() { start + length } else { start });
    checked.map(|()| length)
}

/// The first bytes of a member, its checksum unchecked.
pub(super) fn head(archive: &Map, spot: &Spot, limits: &Limits, len: usize) -> Result<Vec<u8>> {
    check(spot, limits)?;
    let (_, bytes) = packed(archive, spot, len)?;
    if spot.method == STORED {
        return Ok(bytes.get(..len.min(bytes.len())).unwrap_or_default().to_owned());
    }
    let length = usize::try_from(spot.length).unwrap_or(usize::MAX).min(len);
    let mut out = vec![0; length];
    match inflate(bytes, &mut out) {
        Some((_, expanded)) if expanded == length => Ok(out),
        _ => Err(damaged("its compressed bytes are damaged or cut off")),
    }
}

/// Expands into `out` until it is full or the stream ends: whether it ended, and how many bytes there are.
/// `None` for damage.
fn inflate(bytes: &[u8], out: &mut [u8]) -> Option<(bool, usize)> {
    let mut decoder = Decompress::new(false);
    let status = decoder.decompress(bytes, out, FlushDecompress::Finish).ok()?;
    Some((status == Status::StreamEnd, usize::try_from(decoder.total_out()).ok()?))
}
