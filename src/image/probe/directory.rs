//! [`Tiff`]: the directories of a TIFF file, or of the TIFF structure that EXIF is.
//!
//! Both byte orders, and BigTIFF (TIFF 6.0, section 2; BigTIFF's proposal). Positions are relative to where the
//! structure begins, and nothing outside it is read. It does not know what tags mean.

use super::reader::{Reader, long};
use crate::error::Result;

/// No more entries of a directory are looked at; they are sorted by tag, and ours come early.
const MOST_ENTRIES: usize = 4096;

/// Where a TIFF structure lies and how its numbers are written.
pub(super) struct Tiff {
    base: u64,
    length: u64,
    little: bool,
    big: bool,
    /// Where its first directory is.
    pub(super) first: u64,
}

/// An entry of a directory.
pub(super) struct Entry {
    pub(super) tag: u16,
    /// 1 BYTE, 2 ASCII, 3 SHORT, 4 LONG, 6 SBYTE, 8 SSHORT, 9 SLONG, 16 LONG8, …
    pub(super) kind: u16,
    pub(super) count: u64,
    /// The value itself if it has room there, else where it is.
    field: [u8; 8],
}

/// A directory.
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    /// True if it has more entries than there are bytes.
    pub(super) cut: bool,
    /// Where the next one is; 0 if this is the last.
    pub(super) next: u64,
}

impl Directory {
    pub(super) fn get(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }
}

/// What is wrong with the structure, or what reads the file failed.
type Found<T> = Result<std::result::Result<T, String>>;

impl Tiff {
    /// The structure of `length` bytes from `base` on.
    pub(super) fn open(reader: &mut Reader<'_>, base: u64, length: u64) -> Found<Tiff> {
        let count = usize::try_from(length.min(16)).unwrap_or(16);
        let head = reader.up_to(base, count)?;
        let (little, rest) = match head {
            [b'I', b'I', rest @ ..] => (true, rest),
            [b'M', b'M', rest @ ..] => (false, rest),
            [] => return Ok(Err("it is empty".to_owned())),
            _ => return Ok(Err("it names no byte order".to_owned())),
        };
        let order = Order { little };
        let (big, first) = match rest.split_first_chunk::<2>() {
            Some((version, rest)) if order.short(*version) == 42 => {
                (false, rest.first_chunk().map(|at| u64::from(order.long(*at))))
            }
            Some((version, rest)) if order.short(*version) == 43 => {
                (true, rest.get(4..).and_then(|rest| rest.first_chunk()).map(|at| order.huge(*at)))
            }
            Some(_) => return Ok(Err("it is no TIFF structure".to_owned())),
            None => return Ok(Err("it is cut short".to_owned())),
        };
        match first {
            Some(first) => Ok(Ok(Tiff { base, length, little, big, first })),
            None => Ok(Err("it is cut short".to_owned())),
        }
    }

    /// The directory at `at`.
    pub(super) fn directory(&self, reader: &mut Reader<'_>, at: u64) -> Found<Directory> {
        let (order, wide, step) = match self.big {
            false => (Order { little: self.little }, 2, 12),
            true => (Order { little: self.little }, 8, 20),
        };
        let count = match (self.read(reader, at, wide)?, self.big) {
            (Some(bytes), false) => bytes.first_chunk().map(|n| u64::from(order.short(*n))),
            (Some(bytes), true) => bytes.first_chunk().map(|n| order.huge(*n)),
            (None, _) => None,
        };
        let Some(count) = count else {
            return Ok(Err(format!("its directory is at byte {at} of {}", self.length)));
        };
        let from = at.saturating_add(long(wide));
        let wanted = usize::try_from(count).unwrap_or(usize::MAX).min(MOST_ENTRIES);
        let room = self.length.saturating_sub(from) / long(step);
        let there = wanted.min(usize::try_from(room).unwrap_or(usize::MAX));
        let bytes = reader.up_to(self.base.saturating_add(from), there.saturating_mul(step))?;
        let entries: Vec<Entry> =
            bytes.chunks_exact(step).filter_map(|bytes| self.entry(order, bytes)).collect();
        let cut = entries.len() < wanted;

        let end = from.saturating_add(count.saturating_mul(long(step)));
        let next = match (self.read(reader, end, wide.max(4))?, self.big) {
            (Some(bytes), false) => bytes.first_chunk().map(|at| u64::from(order.long(*at))),
            (Some(bytes), true) => bytes.first_chunk().map(|at| order.huge(*at)),
            (None, _) => None,
        };
        Ok(Ok(Directory { entries, cut, next: next.unwrap_or(0) }))
    }

    fn entry(&self, order: Order, bytes: &[u8]) -> Option<Entry> {
        let (tag, bytes) = bytes.split_first_chunk()?;
        let (kind, bytes) = bytes.split_first_chunk()?;
        let mut field = [0; 8];
        let count = if self.big {
            let (count, bytes) = bytes.split_first_chunk()?;
            field = *bytes.first_chunk()?;
            order.huge(*count)
        } else {
            let (count, bytes) = bytes.split_first_chunk()?;
            let four: [u8; 4] = *bytes.first_chunk()?;
            field.iter_mut().zip(four).for_each(|(to, from)| *to = from);
            u64::from(order.long(*count))
        };
        Some(Entry { tag: order.short(*tag), kind: order.short(*kind), count, field })
    }

    /// The whole numbers of an entry, up to `most`; `None` if its kind holds none, or it is elsewhere and cut.
    pub(super) fn numbers(
        &self,
        reader: &mut Reader<'_>,
        entry: &Entry,
        most: usize,
    ) -> Result<Option<Vec<u64>>> {
        let order = Order { little: self.little };
        let width = match entry.kind {
            1 | 6 => 1,
            3 | 8 => 2,
            4 | 9 | 13 => 4,
            16..=18 => 8,
            _ => return Ok(None),
        };
        let count = usize::try_from(entry.count).unwrap_or(usize::MAX).min(most);
        let bytes = count.saturating_mul(width);
        let inside = if self.big { 8 } else { 4 };
        let elsewhere;
        let values = if entry.count.saturating_mul(long(width)) <= inside {
            entry.field.get(..bytes)
        } else {
            let at = match self.big {
                true => order.huge(entry.field),
                false => entry.field.first_chunk().map_or(0, |at| u64::from(order.long(*at))),
            };
            elsewhere = self.read(reader, at, bytes)?.map(<[u8]>::to_vec);
            elsewhere.as_deref()
        };
        Ok(values.map(|values| values.chunks_exact(width).map(|bytes| order.any(bytes)).collect()))
    }

    /// `count` bytes from `at` on, if the structure has them.
    fn read<'r>(&self, reader: &'r mut Reader<'_>, at: u64, count: usize) -> Result<Option<&'r [u8]>> {
        if at.checked_add(long(count)).is_none_or(|end| end > self.length) {
            return Ok(None);
        }
        let bytes = reader.up_to(self.base.saturating_add(at), count)?;
        Ok((bytes.len() == count).then_some(bytes))
    }
}

/// A byte order.
#[derive(Clone, Copy)]
struct Order {
    little: bool,
}

impl Order {
    fn short(self, bytes: [u8; 2]) -> u16 {
        if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
    }

    fn long(self, bytes: [u8; 4]) -> u32 {
        if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    fn huge(self, bytes: [u8; 8]) -> u64 {
        if self.little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) }
    }

    /// A number of up to 8 bytes.
    fn any(self, bytes: &[u8]) -> u64 {
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
    }
}
