//! Numbers as text, the same in every form of a report.
//!
//! Invariant: numbers of one column have one number of places, so that right-aligned they stand point under point;
//! a zero has no sign.

use super::figure::{Figure, Unit, finite};

/// What stands for a number that is undefined.
pub(super) const MISSING: &str = "–";

/// From this number on all digits would be more than anybody reads.
const HUGE: f64 = 1e15;

/// `0.437`: so many places after the point; `1.000e300` where that would be a line of digits.
pub(super) fn fixed(value: f64, places: u8) -> String {
    if value.abs() >= HUGE {
        return format!("{value:.*e}", usize::from(places));
    }
    let text = format!("{value:.*}", usize::from(places));
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

/// `+0.012`, `−0.003`: a difference, with its sign.
pub(super) fn signed(value: f64, places: u8) -> String {
    let text = fixed(value.abs(), places);
    let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    match (is_zero, value < 0.0) {
        (true, _) => text,
        (false, true) => format!("−{text}"),
        (false, false) => format!("+{text}"),
    }
}

/// `2.5e300`: at most so many places after the point.
pub(super) fn exponent(value: f64, places: usize) -> String {
    let text = format!("{value:.places$e}");
    match text.split_once('e') {
        _ if value == 0.0 => "0".to_owned(),
        Some((digits, power)) if digits.contains('.') => {
            format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// `12,345`: digits in groups of three.
pub(super) fn whole(n: u64) -> String {
    grouped(&n.to_string())
}

/// The same of a number with a sign.
pub(super) fn integer(n: i64) -> String {
    let digits = whole(n.unsigned_abs());
    if n < 0 { format!("-{digits}") } else { digits }
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number in its unit, or [`MISSING`].
pub(super) fn in_unit(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = finite(value) else { return MISSING.to_owned() };
    match unit {
        Unit::Share | Unit::Number => fixed(value, 3),
        Unit::Percent => fixed(value * 100.0, 1),
        Unit::Count => {
            let text = fixed(value, 0);
            match text.strip_prefix('-') {
                Some(digits) if !digits.contains('e') => format!("-{}", grouped(digits)),
                _ if text.contains('e') => text,
                _ => grouped(&text),
            }
        }
    }
}

/// A difference of two numbers of a unit, with its sign, or [`MISSING`].
pub(super) fn difference(value: Option<f64>, unit: Unit) -> String {
    match (finite(value), unit) {
        (None, _) => MISSING.to_owned(),
        (Some(value), Unit::Share | Unit::Number) => signed(value, 3),
        (Some(value), Unit::Percent) => signed(value * 100.0, 1),
        (Some(value), Unit::Count) => signed(value, 0),
    }
}

/// `[0.431, 0.443]` or `± 0.004`, or nothing.
pub(super) fn uncertainty(figure: &Figure) -> String {
    let mut text = String::new();
    if let Some((low, high)) = figure.interval() {
        text = format!("[{}, {}]", in_unit(Some(low), figure.unit), in_unit(Some(high), figure.unit));
    }
    if let Some(spread) = figure.spread {
        let gap = if text.is_empty() { "" } else { " " };
        text = format!("± {}{gap}{text}", in_unit(Some(spread), figure.unit));
    }
    text
}

/// `0.437`, or `0.437 ± 0.004` where it is the mean of runs.
pub(super) fn mean(figure: &Figure) -> String {
    let value = in_unit(figure.value, figure.unit);
    match finite(figure.spread) {
        Some(spread) => format!("{value} ± {}", in_unit(Some(spread), figure.unit)),
        None => value,
    }
}

/// `0.032`, `< 0.001`.
pub(super) fn p_value(p: Option<f64>) -> String {
    match finite(p) {
        None => MISSING.to_owned(),
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => fixed(p, 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_places_and_no_negative_zero() {
        assert_eq!([fixed(0.4365, 3), fixed(-0.0001, 3), fixed(-0.5, 2)], ["0.436", "0.000", "-0.50"]);
        assert_eq!(
            [fixed(1e300, 3), fixed(-2.5e20, 1), fixed(1e14, 0)],
            ["1.000e300", "-2.5e20", "100000000000000"]
        );
        assert_eq!(
            [exponent(1e300, 3), exponent(-2.5e-9, 2), exponent(0.0, 2), exponent(1e20, 0)],
            ["1e300", "-2.5e-9", "0", "1e20"]
        );
        assert_eq!(in_unit(Some(1e18), Unit::Count), "1e18");
        assert_eq!([signed(0.01, 3), signed(-0.01, 3), signed(-0.0001, 3)], ["+0.010", "−0.010", "0.000"]);
    }

    #[test]
    fn units_decide_how_a_number_is_written() {
        let of = |unit| in_unit(Some(1234.5), unit);
        assert_eq!([of(Unit::Number), of(Unit::Percent), of(Unit::Count)], ["1234.500", "123450.0", "1,234"]);
        assert_eq!(in_unit(Some(f64::NAN), Unit::Share), MISSING);
        assert_eq!([integer(i64::MIN), integer(-999)], ["-9,223,372,036,854,775,808", "-999"]);
        assert_eq!([p_value(Some(0.0)), p_value(Some(0.04)), p_value(None)], ["< 0.001", "0.040", MISSING]);
    }
}
