//! [`Unifont`]: the 16-row bitmaps of GNU Unifont, unpacked from `fonts/unifont.z`.
//!
//! The invariant: every range's bitmaps lie inside the data. `fonts/pack.py` says how the file is laid out. A
//! file that does not keep to it (which a test excludes) has no glyphs at all.

use std::io::Read;

use flate2::read::DeflateDecoder;

/// Rows of a bitmap, and columns of a wide one.
pub(super) const CELL: usize = 16;

const PACKED: &[u8] = include_bytes!("fonts/unifont.z");

/// A run of codes whose bitmaps are of one form and follow each other.
struct Range {
    first: u16,
    last: u16,
    form: u8,
    at: usize,
}

impl Range {
    /// Bytes of a bitmap.
    fn size(&self) -> usize {
        if self.form == 1 { CELL } else { 2 * CELL }
    }
}

/// The bitmaps.
pub(super) struct Unifont {
    ranges: Vec<Range>,
    marks: Vec<(u16, i8)>,
    bits: Vec<u8>,
}

/// A bitmap of 8 or 16 columns.
pub(super) struct Bitmap {
    /// 0 or 255 for each pixel, row after row, [`CELL`] rows.
    pub(super) pixels: Vec<u8>,
    /// Columns: 8 or 16.
    pub(super) width: usize,
    /// For a combining mark, the columns that it is moved by (to the left: negative), and it takes no room.
    pub(super) mark: Option<i8>,
}

impl Unifont {
    /// Unpacks the built-in file.
    pub(super) fn unpack() -> Unifont {
        Unifont::read(PACKED).unwrap_or(Unifont { ranges: Vec::new(), marks: Vec::new(), bits: Vec::new() })
    }

    fn read(packed: &[u8]) -> Option<Unifont> {
        let mut data = Vec::new();
        DeflateDecoder::new(packed).read_to_end(&mut data).ok()?;
        let mut head = &data[..];
        let mut at = 0;
        let mut ranges = Vec::new();
        for _ in 0..number(&mut head)? {
            let range =
                Range { first: number(&mut head)?, last: number(&mut head)?, form: byte(&mut head)?, at };
            let count = usize::from(range.last.checked_sub(range.first)?) + 1;
            at += count * range.size();
            ranges.push(range);
        }
        let marks =
            (0..number(&mut head)?).map(|_| Some((number(&mut head)?, byte(&mut head)?.cast_signed())));
        let marks = marks.collect::<Option<Vec<_>>>()?;
        let bits = head.get(..at)?.to_vec();
        Some(Unifont { ranges, marks, bits })
    }

    /// The bitmap of a character, if there is one.
    pub(super) fn bitmap(&self, c: char) -> Option<Bitmap> {
        let code = u16::try_from(u32::from(c)).ok()?;
        let range = self.ranges.get(self.ranges.partition_point(|range| range.last < code))?;
        let at = range.at + usize::from(code.checked_sub(range.first)?) * range.size();
        let bits = self.bits.get(at..at + range.size())?;
        let (left, right) = bits.split_at(CELL);
        let bytes: Vec<u8> = match range.form {
            2 => left.iter().zip(right).flat_map(|(l, r)| [*l, *r]).collect(),
            _ => bits.to_vec(),
        };
        let pixels = bytes.iter().flat_map(|b| (0..8).map(move |n| if b << n & 0x80 > 0 { 255 } else { 0 }));
        let mark = self.marks.binary_search_by_key(&code, |(mark, _)| *mark).ok();
        let mark = mark.and_then(|at| self.marks.get(at)).map(|(_, offset)| *offset);
        Some(Bitmap { pixels: pixels.collect(), width: range.size() / 2, mark })
    }
}

fn byte(data: &mut &[u8]) -> Option<u8> {
    let (first, rest) = data.split_first()?;
    *data = rest;
    Some(*first)
}

fn number(data: &mut &[u8]) -> Option<u16> {
    Some(u16::from_le_bytes([byte(data)?, byte(data)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bitmap as text, `#` for what is black.
    fn picture(bitmap: &Bitmap) -> Vec<String> {
        let row = |row: &[u8]| row.iter().map(|b| if *b > 0 { '#' } else { '.' }).collect();
        bitmap.pixels.chunks_exact(bitmap.width).map(row).collect()
    }

    #[test]
    fn bitmaps_are_those_of_the_font() {
        let font = Unifont::unpack();
        // The lines of unifont.hex of version 15.0.01 for these codes; one of each form.
        let known = [
            ('\u{0E31}', "000000313E0000000000000000000000"),
            ('\u{0915}', "000000000000FFFF008000800EB011C811880E88009000800080000000000000"),
            ('\u{4E2D}', "01000100010001003FF8210821082108210821083FF821080100010001000100"),
            ('\u{AC00}', "00000000001000101F9000900090009E01100110021004101810001000100000"),
        ];
        for (c, hex) in known {
            let bitmap = font.bitmap(c).unwrap();
            let bits: String = picture(&bitmap).concat();
            let want: String = hex.chars().map(|d| format!("{:04b}", d.to_digit(16).unwrap())).collect();
            assert_eq!(bits.replace('#', "1").replace('.', "0"), want, "{c}");
        }
        let counts: Vec<usize> = font.ranges.iter().map(|r| usize::from(r.last - r.first) + 1).collect();
        assert_eq!(counts.iter().sum::<usize>(), 53_276);
        assert_eq!(
            (font.bitmap('\u{0E31}').unwrap().mark, font.bitmap('中').unwrap().mark),
            (Some(-8), None)
        );
        assert_eq!((font.bitmap('中').unwrap().width, font.bitmap('한').unwrap().width), (16, 16));
        assert!(font.bitmap('a').is_none() && font.bitmap('\u{1F600}').is_none());
    }

    #[test]
    fn a_damaged_file_has_no_glyphs() {
        for broken in [&PACKED[..1000], &[], &PACKED[1..]] {
            assert!(Unifont::read(broken).is_none_or(|font| font.bitmap('中').is_none()));
        }
    }
}
