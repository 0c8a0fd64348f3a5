//! Numbers: their value, and how they were written.
//!
//! The value is the nearest double, always: Clinger's exact case (at most 2^53 over a power of ten that is
//! itself exact) by one division, everything else by the standard library. The kernel indexes nothing, but
//! converts between number types freely: each `as` is exact by the bound checked beside it.

#![allow(clippy::as_conversions)]

use crate::error::Result;

use super::Cursor;

/// How a number was written, as far as a double does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Form {
    /// Digits only, and within ±2^53: `3`.
    Int = 1,
    /// With a point or exponent, and whole: `3.0`.
    Whole = 2,
    /// Not whole: `3.25`.
    Fraction = 4,
    /// What a double cannot give back: whole digits beyond ±2^53, `-0`, or beyond the range of doubles.
    Odd = 8,
}

impl Form {
    /// The form as one bit, so that the forms of a list add up.
    #[inline]
    pub fn bit(self) -> u8 {
        self as u8
    }
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The nearest double; infinite beyond the range of doubles.
    pub value: f64,
    /// How it was written.
    pub form: Form,
}

const EXACT: u64 = 1 << 53;
const POWERS: [f64; 19] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// The parts of a number token, from its first byte.
struct Parts {
    negative: bool,
    /// All digits before the exponent as one whole number, modulo 2^64.
    digits: u64,
    /// How many digits there are.
    count: usize,
    /// How many of them follow the point.
    fraction: usize,
    point: bool,
    exponent: bool,
    /// The last digit of the fraction.
    last: u8,
    length: usize,
}

/// Ten to the power of how many digits eight bytes may begin with.
const TENS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Steps over digits, appending them to a whole number modulo 2^64; gives where they end.
///
/// Eight bytes at a time: how many of them are digits is found, and what they are worth is computed, without a loop.
#[inline]
fn run(bytes: &[u8], mut at: usize, digits: &mut u64) -> usize {
    while let Some(eight) = bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()) {
        // Digits become their values. Adding 0x76 sets the high bit of every other byte; its carry can only reach
        // bytes behind the first of those.
        let values = u64::from_le_bytes(eight) ^ 0x3030_3030_3030_3030;
        let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
        let count = (others.trailing_zeros() / 8) as usize;
        if count == 0 {
            return at;
        }
        // The first digit is in the lowest byte; shifted up, the digits have leading zeros.
        let values = values << (64 - 8 * count);
        // Pairs, then fours, then eight.
        let values = (values.wrapping_mul(10).wrapping_add(values >> 8)) & 0x00ff_00ff_00ff_00ff;
        let values = (values.wrapping_mul(100).wrapping_add(values >> 16)) & 0x0000_ffff_0000_ffff;
        let values = (values.wrapping_mul(10_000).wrapping_add(values >> 32)) & 0xffff_ffff;
        let ten = TENS.get(count).copied().unwrap_or(0);
        *digits = digits.wrapping_mul(ten).wrapping_add(values);
        at += count;
        if count < 8 {
            return at;
        }
    }
    while let Some(byte @ b'0'..=b'9') = bytes.get(at) {
        *digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        at += 1;
    }
    at
}

/// Splits the number that begins the bytes; `None` if none does, by the grammar of RFC 8259.
#[inline]
fn split(bytes: &[u8]) -> Option<Parts> {
    let negative = bytes.first() == Some(&b'-');
    let mut at = usize::from(negative);
    let start = at;
    let mut digits = 0u64;
    let leading_zero = bytes.get(at) == Some(&b'0');
    at = run(bytes, at, &mut digits);
    let mut count = at - start;
    if count == 0 || (leading_zero && count > 1) {
        return None;
    }
    let (mut fraction, mut last) = (0, 0);
    let point = bytes.get(at) == Some(&b'.');
    if point {
        at += 1;
        let start = at;
        at = run(bytes, at, &mut digits);
        fraction = at - start;
        if fraction == 0 {
            return None;
        }
        last = bytes.get(at - 1).copied().unwrap_or(0);
        count += fraction;
    }
    let exponent = matches!(bytes.get(at), Some(b'e' | b'E'));
    if exponent {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        let start = at;
        while let Some(b'0'..=b'9') = bytes.get(at) {
            at += 1;
        }
        if at == start {
            return None;
        }
    }
    Some(Parts { negative, digits, count, fraction, point, exponent, last, length: at })
}

/// How many bytes the number that begins here has; `None` if none begins.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    split(bytes).map(|parts| parts.length)
}

/// The number that begins the bytes and its length; `None` if none does.
#[inline]
fn parse(bytes: &[u8]) -> Option<(Number, usize)> {
    let parts = split(bytes)?;
    if parts.count > 18 || parts.exponent || parts.digits > EXACT {
        return slow(bytes, &parts);
    }
    let magnitude = parts.digits as f64;
    let (magnitude, form) = if !parts.point {
        let odd = parts.negative && parts.digits == 0;
        (magnitude, if odd { Form::Odd } else { Form::Int })
    } else {
        let power = POWERS.get(parts.fraction)?;
        // Only digits that end in 0 can be whole; the remainder is then worth its division.
        let whole = parts.last == b'0' && parts.digits % (*power as u64) == 0;
        (magnitude / power, if whole { Form::Whole } else { Form::Fraction })
    };
    let value = if parts.negative { -magnitude } else { magnitude };
    Some((Number { value, form }, parts.length))
}

#[cold]
fn slow(bytes: &[u8], parts: &Parts) -> Option<(Number, usize)> {
    let text = std::str::from_utf8(bytes.get(..parts.length)?).ok()?;
    let value: f64 = text.parse().ok()?;
    let form = if value.is_infinite() {
        Form::Odd
    } else if !parts.point && !parts.exponent {
        // More than 2^53, or more than 18 digits: a double holds some of these, but not as a rule.
        Form::Odd
    } else if value.fract() == 0.0 {
        Form::Whole
    } else {
        Form::Fraction
    };
    Some((Number { value, form }, parts.length))
}

impl Cursor<'_> {
    /// The next value, if it is a number; else nothing, and the cursor stays.
    #[inline]
    pub fn number(&mut self) -> Option<Number> {
        self.space();
        let (number, length) = parse(self.rest())?;
        self.advance(length);
        Some(number)
    }

    /// The next value, if it is a number without fraction and exponent, and not `-0`; else nothing, and the
    /// cursor stays.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Format`] if it is one that 64 bits with a sign do not hold.
    #[inline]
    pub fn int(&mut self) -> Result<Option<i64>> {
        self.space();
        let Some(parts) = split(self.rest()) else { return Ok(None) };
        // `-0` is no integer that could be given back.
        if parts.point || parts.exponent || (parts.negative && parts.digits == 0 && parts.count == 1) {
            return Ok(None);
        }
        let value = if parts.count <= 18 {
            let magnitude = parts.digits as i64;
            if parts.negative { -magnitude } else { magnitude }
        } else {
            let token = self.rest().get(..parts.length).unwrap_or_default();
            let text = std::str::from_utf8(token).unwrap_or_default();
            text.parse().map_err(|_| {
                self.error(format!("{text} does not fit a 64-bit signed integer"))
                    .remedy("write such ids as text, in double quotes")
            })?
        };
        self.advance(parts.length);
        Ok(Some(value))
    }

    /// Appends the numbers of a flat list to `out` and adds up their forms; `None`, with `out` as it was and
    /// the cursor anywhere, if the next value is anything but a flat list of numbers.
    #[inline]
    pub fn numbers(&mut self, out: &mut Vec<f64>) -> Option<u8> {
        let start = out.len();
        let forms = self.read_numbers(out);
        if forms.is_none() {
            out.truncate(start);
        }
        forms
    }

    #[inline]
    fn read_numbers(&mut self, out: &mut Vec<f64>) -> Option<u8> {
        if !self.eat(b'[') {
            return None;
        }
        if self.eat(b']') {
            return Some(0);
        }
        let mut forms = 0;
        loop {
            let number = self.number()?;
            forms |= number.form.bit();
            out.push(number.value);
            if self.eat(b',') {
                continue;
            }
            return self.eat(b']').then_some(forms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Number {
        let mut json = Cursor::new(text.as_bytes());
        let number = json.number().unwrap_or_else(|| panic!("{text}"));
        assert_eq!(json.at(), text.len(), "{text}");
        number
    }

    #[test]
    fn the_fast_path_gives_the_bits_of_the_standard_library() {
        let mut random = crate::random::Random::keyed(&[11]);
        for _ in 0..200_000 {
            let bits = random.below(64);
            let digits = random.below(1 << bits).to_string();
            let cut = random.below(digits.len() as u64 + 1) as usize;
            let (mut whole, part) = (digits[..cut].to_owned(), &digits[cut..]);
            if whole.is_empty() {
                whole.push('0');
            }
            let sign = if random.below(2) == 0 { "" } else { "-" };
            let text =
                if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") };
            assert_eq!(read(&text).value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn forms_say_what_a_double_does_not() {
        let cases = [
            ("3", Form::Int),
            ("-3", Form::Int),
            ("0", Form::Int),
            ("-0", Form::Odd),
            ("9007199254740992", Form::Int),
            ("9007199254740993", Form::Odd),
            ("123456789012345678901", Form::Odd),
            ("3.0", Form::Whole),
            ("-0.0", Form::Whole),
            ("30.00", Form::Whole),
            ("3e2", Form::Whole),
            ("3.10", Form::Fraction),
            ("0.5", Form::Fraction),
            ("3e-2", Form::Fraction),
            ("1e999", Form::Odd),
        ];
        for (text, form) in cases {
            assert_eq!(read(text).form, form, "{text}");
        }
        assert!(read("-0.0").value.is_sign_negative());
    }

    #[test]
    fn what_json_forbids_is_no_number() {
        for text in ["", "-", "01", "1.", ".5", "1e", "1e+", "+1", "-x", "NaN"] {
            let mut json = Cursor::new(text.as_bytes());
            let number = json.number();
            // `01` begins with the number 0 in no reading: the zero must stand alone.
            assert!(number.is_none(), "{text}: {number:?}");
        }
    }

    #[test]
    fn ints_are_exact_to_64_bits_and_refused_beyond() {
        for n in [i64::MAX, i64::MIN, (1 << 53) + 1, 0, -7] {
            assert_eq!(Cursor::new(n.to_string().as_bytes()).int().unwrap(), Some(n));
        }
        for odd in ["3.0", "3e0", "-0", "x"] {
            assert_eq!(Cursor::new(odd.as_bytes()).int().unwrap(), None, "{odd}");
        }
        let e = Cursor::new(b"9223372036854775808").int().unwrap_err();
        assert!(e.to_string().contains("9223372036854775808 does not fit a 64-bit signed integer"), "{e}");
    }

    #[test]
    fn a_list_that_is_not_all_numbers_leaves_nothing_behind() {
        let mut out = vec![9.0];
        assert_eq!(Cursor::new(b"[1, 2.5]").numbers(&mut out), Some(Form::Int.bit() | Form::Fraction.bit()));
        assert_eq!(out, [9.0, 1.0, 2.5]);
        for odd in ["[1, null]", "[1, [2]]", "[1", "{}", "[1,]", "[1 2]"] {
            assert_eq!(Cursor::new(odd.as_bytes()).numbers(&mut out), None, "{odd}");
            assert_eq!(out, [9.0, 1.0, 2.5], "{odd}");
        }
    }
}
