//! [`Reader`]: bytes of a file by position, read in few and small pieces.
//!
//! The invariant: a hostile header costs no more than [`MOST_READS`] reads and [`MOST_BYTES`] bytes, and never
//! more memory than the largest piece asked for. It does not know what the bytes mean.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Place, Result};

/// How much is read to begin with: the whole header of most files.
const FIRST: usize = 8 << 10;
/// How much is read at least after that.
const NEXT: usize = 4 << 10;
/// No more reads than these. A JPEG with a depth map of 30 MB in its metadata needs 500.
pub(super) const MOST_READS: u32 = 1024;
/// No more bytes than these.
pub(super) const MOST_BYTES: u64 = 8 << 20;

/// What gives `count` bytes from a position on, or as many as there are.
pub(super) type Read<'a> = &'a mut dyn FnMut(u64, usize) -> Result<Vec<u8>>;

/// The piece read last, and what reads the next one.
pub(super) struct Reader<'a> {
    length: u64,
    piece: Cow<'a, [u8]>,
    at: u64,
    read: Option<Read<'a>>,
    reads: u32,
    bytes: u64,
}

pub(super) fn fault(kind: ErrorKind, what: impl Into<String>) -> Error {
    Error::new(kind, what).at(Place::area("image"))
}

/// Foreign bytes that break the rules, at a position of the file.
pub(super) fn broken(at: u64, what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Format, what).at(Place::area("image").byte(at))
}

/// A number of bytes as a distance.
pub(super) fn long(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl<'a> Reader<'a> {
    /// All bytes, in memory.
    pub(super) fn memory(bytes: &'a [u8]) -> Reader<'a> {
        let length = long(bytes.len());
        Reader { length, piece: Cow::Borrowed(bytes), at: 0, read: None, reads: 0, bytes: 0 }
    }

    /// A file of `length` bytes.
    pub(super) fn file(length: u64, read: Read<'a>) -> Reader<'a> {
        Reader { length, piece: Cow::Borrowed(&[]), at: 0, read: Some(read), reads: 0, bytes: 0 }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Up to `count` bytes from `from` on; fewer only where the file ends.
    pub(super) fn up_to(&mut self, from: u64, count: usize) -> Result<&[u8]> {
        let there = usize::try_from(self.length.saturating_sub(from)).unwrap_or(usize::MAX);
        let count = count.min(there);
        if count == 0 {
            return Ok(&[]);
        }
        if !self.holds(from, count) {
            self.fetch(from, count)?;
        }
        let skip = usize::try_from(from.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let rest = self.piece.get(skip..).unwrap_or_default();
        Ok(rest.get(..count).unwrap_or(rest))
    }

    /// `count` bytes from `from` on.
    ///
    /// # Errors
    /// `Format` if the file ends before.
    pub(super) fn exactly(&mut self, from: u64, count: usize) -> Result<&[u8]> {
        let length = self.length;
        let bytes = self.up_to(from, count)?;
        if bytes.len() < count {
            return Err(cut(length));
        }
        Ok(bytes)
    }

    /// `N` bytes from `from` on.
    pub(super) fn array<const N: usize>(&mut self, from: u64) -> Result<[u8; N]> {
        let length = self.length;
        self.up_to(from, N)?.first_chunk().copied().ok_or_else(|| cut(length))
    }

    pub(super) fn byte(&mut self, from: u64) -> Result<u8> {
        let [byte] = self.array(from)?;
        Ok(byte)
    }

    fn holds(&self, from: u64, count: usize) -> bool {
        let end = self.at.saturating_add(long(self.piece.len()));
        from >= self.at && from.saturating_add(long(count)) <= end
    }

    fn fetch(&mut self, from: u64, count: usize) -> Result<()> {
        let Some(read) = &mut self.read else { return Ok(()) };
        let least = if self.reads == 0 { FIRST } else { NEXT };
        let there = usize::try_from(self.length.saturating_sub(from)).unwrap_or(usize::MAX);
        let count = count.max(least).min(there);
        self.reads += 1;
        self.bytes = self.bytes.saturating_add(long(count));
        if self.reads > MOST_READS || self.bytes > MOST_BYTES {
            let what = "its header is spread over too many places of the file";
            return Err(fault(ErrorKind::Limit, what).remedy("write it again with an image program"));
        }
        self.at = from;
        self.piece = Cow::Owned(read(from, count)?);
        Ok(())
    }
}

/// The file is shorter than its header.
fn cut(length: u64) -> Error {
    let plural = if length == 1 { "" } else { "s" };
    fault(ErrorKind::Format, format!("the file ends inside its header, after {length} byte{plural}"))
        .remedy("fetch or copy it again")
}
