//! A place in a gzip stream from which it can be expanded on: the decoder between two blocks of its output.
//!
//! Invariant: the same cursor gives the same blocks whenever it is gone on with, so a clone is a point to
//! begin again from. Several gzip members one after the other are one output, as `gzip -d` gives it. Each
//! member's CRC-32 and length are checked when its end is reached, if the cursor has come from its start.
//!
//! The decoder is used directly, not through a stream, because a stream hides the state that makes a clone.

use arrow_buffer::Buffer;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::error::{Error, ErrorKind, Place, Result};

/// How many bytes of output a block has; only the last one is shorter.
pub(super) const BLOCK: usize = 256 << 10;

/// How far back DEFLATE may refer.
const HISTORY: usize = 32 << 10;

/// The first bytes of a gzip member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A decoder between two blocks.
#[derive(Clone)]
pub(super) struct Cursor {
    decoder: Box<DecompressorOxide>,
    /// The last bytes of the output, at most [`HISTORY`].
    history: Vec<u8>,
    /// Where the next byte of input is.
    input: usize,
    /// The number of the next block.
    block: u64,
    /// In which part of a gzip member the input is.
    part: Part,
    /// The checksum and length of what this member gave so far.
    crc: crc32fast::Hasher,
    length: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Body,
    Trailer,
    End,
}

impl Cursor {
    /// At the start of a stream.
    pub(super) fn new() -> Cursor {
        Cursor {
            decoder: Box::default(),
            history: Vec::new(),
            input: 0,
            block: 0,
            part: Part::Header,
            crc: crc32fast::Hasher::new(),
            length: 0,
        }
    }

    /// The number of the block that comes next.
    pub(super) fn block(&self) -> u64 {
        self.block
    }

    /// How many bytes of input were used.
    pub(super) fn input(&self) -> usize {
        self.input
    }

    /// The next block; shorter than [`BLOCK`], perhaps empty, at the end alone.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] with the byte of the archive for damage and a missing end.
    pub(super) fn next(&mut self, input: &[u8]) -> Result<Buffer> {
        let start = self.history.len();
        let mut out = std::mem::take(&mut self.history);
        out.resize(start + BLOCK, 0);
        let mut at = start;
        while at < out.len() && self.part != Part::End {
            match self.part {
                Part::Header => self.header(input)?,
                Part::Body => at = self.body(input, &mut out, at)?,
                Part::Trailer => self.trailer(input)?,
                Part::End => {}
            }
        }
        // A member that ends with the block is checked now, or its checksum might never be.
        if self.part == Part::Trailer {
            self.trailer(input)?;
        }
        out.truncate(at);
        self.history = out.get(at.saturating_sub(HISTORY)..).unwrap_or_default().to_owned();
        self.block += 1;
        Ok(Buffer::from(out).slice(start))
    }

    /// Expands up to the end of `out` or of the member; gives where the output ends.
    fn body(&mut self, input: &[u8], out: &mut [u8], at: usize) -> Result<usize> {
        let rest = input.get(self.input..).unwrap_or_default();
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, written) = decompress(&mut self.decoder, rest, out, at, flags);
        self.input += read;
        let end = at + written;
        let new = out.get(at..end).unwrap_or_default();
        self.crc.update(new);
        // The trailer has the length modulo 2^32.
        self.length = self.length.wrapping_add(u32::try_from(written).unwrap_or_default());
        match status {
            TINFLStatus::Done => self.part = Part::Trailer,
            TINFLStatus::HasMoreOutput => {}
            TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
                return Err(self.wrong("the compressed archive ends too early"));
            }
            _ => return Err(self.wrong("the compressed archive is damaged")),
        }
        Ok(end)
    }

    fn header(&mut self, input: &[u8]) -> Result<()> {
        let rest = input.get(self.input..).unwrap_or_default();
        let length = header_length(rest).ok_or_else(|| self.wrong("a gzip header is damaged or cut off"))?;
        self.input += length;
        self.decoder.init();
        self.crc.reset();
        self.length = 0;
        self.part = Part::Body;
        Ok(())
    }

    fn trailer(&mut self, input: &[u8]) -> Result<()> {
        let rest = input.get(self.input..).unwrap_or_default();
        let [a, b, c, d, e, f, g, h] =
            *rest.first_chunk::<8>().ok_or_else(|| self.wrong("the compressed archive ends too early"))?;
        let (crc, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if crc != self.crc.clone().finalize() || length != self.length {
            return Err(self.wrong("the checksum of the compressed archive is wrong"));
        }
        self.input += 8;
        let next = input.get(self.input..).unwrap_or_default();
        self.part = if next.starts_with(&MAGIC) { Part::Header } else { Part::End };
        Ok(())
    }

    fn wrong(&self, what: &str) -> Error {
        Error::new(ErrorKind::Format, what)
            .at(Place::none().byte(u64::try_from(self.input).unwrap_or(u64::MAX)))
            .remedy("fetch or make it again")
    }
}

/// How long the gzip header at the start of `bytes` is (RFC 1952); `None` if there is no whole one.
pub(super) fn header_length(bytes: &[u8]) -> Option<usize> {
    let [check, extra, name, comment] = [2, 4, 8, 16];
    let [a, b, method, flags, ..] = *bytes.first_chunk::<10>()?;
    if [a, b] != MAGIC || method != 8 || flags & 0xe0 != 0 {
        return None;
    }
    let mut at = 10;
    if flags & extra != 0 {
        let length = u16::from_le_bytes(*bytes.get(at..)?.first_chunk::<2>()?);
        at += 2 + usize::from(length);
    }
    for text in [name, comment] {
        if flags & text != 0 {
            at += memchr::memchr(0, bytes.get(at..)?)? + 1;
        }
    }
    if flags & check != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}
