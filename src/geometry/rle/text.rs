//! COCO's compressed strings: run lengths in printable characters, both ways.
//!
//! A character is 48 plus six bits: five of the number, low ones first, and one (32) that says another
//! character follows. Numbers are signed; bit 16 of the last character is the sign. From the fourth run on
//! the number is the difference to the run two places back, which has the same colour.
//!
//! Runs need not be canonical here: what is parsed is written back as the same string if it was written
//! in the shortest way, as every known tool does. Bits equal pycocotools 2.0.11 for runs below 2^29
//! pixels; from there on that tool shifts beyond its integers, this one does not.
//!
//! Memory: a run a character at most, so four bytes a byte read.

use crate::error::{Error, ErrorKind, Place, Result};

/// Characters one run may have: 35 bits hold any difference of two 32-bit runs.
const MAX_CHARACTERS: u32 = 7;

/// The runs that a compressed string spells.
///
/// ```
/// use lensframe::geometry::rle::text;
/// assert_eq!(text::parse(b"73300000a0")?, [7, 3, 3, 3, 3, 3, 3, 3, 20]);
/// assert!(text::parse(b"73P").unwrap_err().to_string().contains("ends in the middle"));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// `Format`, with the byte, if a character is none of the 64, the last number is cut short, has more than
/// 7 characters, or a run comes out negative or above 32 bits.
pub fn parse(text: &[u8]) -> Result<Vec<u32>> {
    // Most runs of a real mask take one or two characters; this never allocates more than 4 bytes a byte.
    let mut runs: Vec<u32> = Vec::with_capacity(text.len() / 2 + 1);
    let mut at = 0;
    while at < text.len() {
        let base = if runs.len() > 2 { runs[runs.len() - 2] } else { 0 };
        let (run, end) = number(text, at, base)?;
        runs.push(run);
        at = end;
    }
    Ok(runs)
}

/// The run that is written from `at` on as a difference to `base`, and where the next begins.
#[inline]
fn number(text: &[u8], at: usize, base: u32) -> Result<(u32, usize)> {
    let (mut end, mut shift, mut number) = (at, 0, 0i64);
    loop {
        let Some(byte) = text.get(end) else {
            return Err(fault(text.len(), "the string ends in the middle of a number"));
        };
        if shift >= 5 * MAX_CHARACTERS {
            return Err(fault(end, "a number has more than 7 characters"));
        }
        let bits = character(end, *byte)?;
        number |= i64::from(bits & 0x1f) << shift;
        (end, shift) = (end + 1, shift + 5);
        if bits & 0x20 == 0 {
            number -= if bits & 0x10 != 0 { 1 << shift } else { 0 };
            let run = number + i64::from(base);
            return match u32::try_from(run) {
                Ok(run) => Ok((run, end)),
                Err(_) => Err(fault(at, &format!("a run is {run} pixels long"))),
            };
        }
    }
}

/// The number of pixels inside, straight from the string.
///
/// ```
/// use lensframe::geometry::rle::text;
/// assert_eq!(text::area(b"73300000a0")?, 3 * 4);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// As [`parse`].
pub fn area(text: &[u8]) -> Result<u32> {
    // The two runs before, since differences are to the one two back.
    let (mut outside, mut inside, mut count, mut sum) = (0u32, 0u32, 0usize, 0u32);
    let mut at = 0;
    while at < text.len() {
        let (run, end) =
            number(text, at, if count > 2 { if count % 2 == 1 { inside } else { outside } } else { 0 })?;
        if count % 2 == 1 {
            inside = run;
            sum = sum.saturating_add(run);
        } else {
            outside = run;
        }
        (count, at) = (count + 1, end);
    }
    Ok(sum)
}

/// The six bits of a character.
fn character(at: usize, byte: u8) -> Result<u8> {
    match byte {
        48..=111 => Ok(byte - 48),
        _ => Err(fault(at, &format!("the character {:?} is not one of '0' to 'o'", char::from(byte)))),
    }
}

#[cold]
fn fault(at: usize, what: &str) -> Error {
    Error::new(ErrorKind::Format, format!("not a compressed mask: {what}"))
        .at(Place::area("mask").byte(at as u64))
}

/// The compressed string of these runs, in ASCII.
///
/// ```
/// use lensframe::geometry::rle::text;
/// assert_eq!(text::write(&[7, 3, 3, 3, 3, 3, 3, 3, 20]), "73300000a0");
/// assert_eq!(text::write(&[]), "");
/// ```
pub fn write(runs: &[u32]) -> String {
    let mut out = String::with_capacity(runs.len() * 2);
    for (i, run) in runs.iter().enumerate() {
        let base = if i > 2 { runs[i - 2] } else { 0 };
        let mut number = i64::from(*run) - i64::from(base);
        loop {
            let bits = (number & 0x1f) as u8;
            number >>= 5;
            // Done when what is left is all sign, and the sign is the one bit 16 will say.
            if number == if bits & 0x10 != 0 { -1 } else { 0 } {
                out.push(char::from(48 + bits));
                break;
            }
            out.push(char::from(48 + (bits | 0x20)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_of_number_comes_back() {
        let mut runs = vec![0, u32::MAX, 0, 0, u32::MAX, u32::MAX, 1];
        for bit in 0..32 {
            runs.extend([1 << bit, (1 << bit) - 1, 15, 16, 17, 31, 32]);
        }
        assert_eq!(parse(write(&runs).as_bytes()).unwrap(), runs);
    }

    #[test]
    fn broken_strings_name_the_byte() {
        for (text, byte, word) in [
            (&b"1 2"[..], 1, "character"),
            (b"11p", 2, "character"),
            (b"\xff", 0, "character"),
            (b"1P", 2, "middle"),
            (b"1oooooooo0", 8, "more than 7"),
            (b"O", 0, "-1 pixels"),
            (b"111N", 3, "-1 pixels"),
            (b"PPPPPP?", 0, "pixels long"),
        ] {
            let e = parse(text).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Format);
            assert!(e.to_string().starts_with(&format!("mask: byte {byte}:")), "{e}");
            assert!(e.to_string().contains(word), "{e}");
        }
    }

    #[test]
    fn longer_spellings_of_a_number_are_read() {
        assert_eq!(parse(b"5").unwrap(), parse(b"UPP0").unwrap());
    }
}
