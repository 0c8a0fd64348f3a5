//! [`Table`] and [`Bits`]: Huffman codes of a JPEG, read without making anything of them.
//!
//! The invariant of [`Bits`]: past the end of its data it gives zeros, and knows that it did. Nothing is
//! dequantised or transformed here.

use super::layout::Definition;
use crate::error::{Error, ErrorKind, Result};

/// Bits that the first lookup covers.
const FAST: u32 = 9;

/// The codes of one Huffman table (ITU-T T.81, annex C and F.2.2.3).
pub(super) struct Table {
    /// By the next [`FAST`] bits: length of the code (0 for a longer one) and its symbol.
    fast: Vec<(u8, u8)>,
    /// By length: one past the last code, aligned to 16 bits, and what is added to a code to find its symbol.
    long: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// The table of a definition, for DC differences if `dc`.
    ///
    /// # Errors
    /// `Format` for codes that do not fit, and symbols that no difference has; `Unsupported` without a definition.
    pub(super) fn new(definition: Definition<'_>, dc: bool) -> Result<Table> {
        let wrong = || Error::new(ErrorKind::Format, "the JPEG is damaged: a Huffman table makes no sense");
        let definition = definition.ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                "the JPEG leaves out its Huffman tables, as frames of films do",
            )
        })?;
        let (counts, symbols) = definition.split_at_checked(16).ok_or_else(wrong)?;
        if dc && symbols.iter().any(|symbol| *symbol > 15) {
            return Err(wrong());
        }
        let mut table =
            Table { fast: vec![(0, 0); 1 << FAST], long: [(0, 0); 17], symbols: symbols.to_vec() };
        let (mut code, mut first) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(counts) {
            let count = usize::from(*count);
            let offset = i32::try_from(first).unwrap_or(0) - i32::try_from(code).unwrap_or(0);
            for symbol in symbols.iter().skip(first).take(count) {
                if let Some(free) = FAST.checked_sub(length) {
                    let from = usize::try_from(code << free).unwrap_or(usize::MAX);
                    let entry = (u8::try_from(length).unwrap_or(0), *symbol);
                    table.fast.iter_mut().skip(from).take(1 << free).for_each(|place| *place = entry);
                }
                code += 1;
            }
            // No code is all ones.
            if count > 0 && code >= 1 << length {
                return Err(wrong());
            }
            if let Some(long) = table.long.get_mut(usize::try_from(length).unwrap_or(0)) {
                *long = (code << (16 - length), offset);
            }
            first += count;
            code <<= 1;
        }
        Ok(table)
    }

    /// The next symbol; none if no code begins so.
    #[inline]
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Option<u8> {
        bits.fill();
        let ahead = bits.peek(16);
        let (length, symbol) = self.fast.get(usize::try_from(ahead >> (16 - FAST)).ok()?).copied()?;
        if length > 0 {
            bits.skip(u32::from(length));
            return Some(symbol);
        }
        let longer = (FAST + 1..).zip(self.long.iter().skip(10));
        let (length, (_, offset)) = longer.into_iter().find(|(_, (end, _))| ahead < *end)?;
        bits.skip(length);
        let code = i32::try_from(ahead >> (16 - length)).ok()?;
        self.symbols.get(usize::try_from(code + offset).ok()?).copied()
    }
}

/// The bits between two markers, 0xFF00 read as 0xFF.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, the very next one highest.
    ahead: u64,
    count: u32,
    /// Of them, or skipped already: those that are made up.
    made_up: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Bits<'a> {
        Bits { data, at: 0, ahead: 0, count: 0, made_up: 0 }
    }

    /// At least 32 bits ahead: a code and the number behind it.
    #[inline]
    pub(super) fn fill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(four) = self.data.get(self.at..).and_then(<[u8]>::first_chunk::<4>) {
            let four = u32::from_be_bytes(*four);
            // No byte is 0xFF: none of the complement is zero.
            if (!four).wrapping_sub(0x0101_0101) & four & 0x8080_8080 == 0 {
                self.ahead |= u64::from(four) << (32 - self.count);
                (self.count, self.at) = (self.count + 32, self.at + 4);
                return;
            }
        }
        while self.count <= 56 {
            let byte = match self.data.get(self.at) {
                Some(0xff) => {
                    while self.data.get(self.at) == Some(&0xff) {
                        self.at += 1;
                    }
                    self.at += 1;
                    0xff
                }
                Some(byte) => {
                    self.at += 1;
                    *byte
                }
                None => {
                    self.made_up = self.made_up.saturating_add(8);
                    0
                }
            };
            self.ahead |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `n` bits, 1 to 16, after [`Bits::fill`].
    #[inline]
    fn peek(&self, n: u32) -> u32 {
        u32::try_from(self.ahead >> (64 - n)).unwrap_or(0)
    }

    /// Steps over `n` bits, at most 16.
    #[inline]
    pub(super) fn skip(&mut self, n: u32) {
        self.ahead <<= n;
        self.count -= n.min(self.count);
    }

    /// The next `n` bits, 0 to 16, as a number.
    #[inline]
    pub(super) fn take(&mut self, n: u32) -> u32 {
        if n == 0 {
            return 0;
        }
        self.fill();
        let value = self.peek(n);
        self.skip(n);
        value
    }

    /// Steps over any number of bits.
    #[inline]
    pub(super) fn pass(&mut self, mut n: u32) {
        while n > 0 {
            self.fill();
            let now = n.min(16);
            self.skip(now);
            n -= now;
        }
    }

    /// True if bits were taken that are not there.
    #[inline]
    pub(super) fn overrun(&self) -> bool {
        self.made_up > self.count
    }

    /// Whole bytes that nobody took.
    pub(super) fn left(&self) -> usize {
        let ahead = usize::try_from(self.count.saturating_sub(self.made_up) / 8).unwrap_or(0);
        self.data.len().saturating_sub(self.at) + ahead
    }
}
