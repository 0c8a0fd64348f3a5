//! Numbers in XML: how they are read, the text they are written as, and what the corners of a box mean.
//!
//! A double cannot tell `45` from `45.0` and XML can, so whole numbers have a *style* for each sort of value,
//! the one most of a dataset has. Fractions are the shortest text that reads back, never with an exponent.

use crate::convert::Coords;

/// How whole numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// `45`
    #[default]
    Int,
    /// `45.0`
    Float,
}

/// The sorts of numbers that have a style of their own, by their names in the residue.
pub(super) const SORTS: [&str; 5] = ["box", "part", "point", "polygon", "rbox"];

/// The style of each of [`SORTS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Styles {
    pub(super) bbox: Style,
    pub(super) part: Style,
    pub(super) point: Style,
    pub(super) polygon: Style,
    pub(super) rbox: Style,
}

impl Style {
    /// The name of the style in the residue.
    pub(super) fn name(self) -> &'static str {
        match self {
            Style::Int => "int",
            Style::Float => "float",
        }
    }

    /// The style of a name; the usual one for any other text.
    pub(super) fn of_name(name: &str) -> Style {
        if name == "float" { Style::Float } else { Style::Int }
    }

    /// The text of a number.
    ///
    /// ```text
    /// Style::Int.text(45.0) == "45"; Style::Float.text(45.0) == "45.0"; either.text(0.5) == "0.5"
    /// ```
    pub(super) fn text(self, value: f64) -> String {
        // Adding zero makes a negative zero a plain one.
        let mut text = (value + 0.0).to_string();
        if self == Style::Float && value.fract() == 0.0 {
            text.push_str(".0");
        }
        text
    }
}

/// Counts the whole numbers of each style, to find the usual one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Votes {
    ints: u64,
    floats: u64,
}

impl Votes {
    /// Counts a text, if it is a whole number in one of the styles.
    pub(super) fn add(&mut self, text: &str) {
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let text = text.strip_prefix('-').unwrap_or(text);
        self.ints += u64::from(digits(text));
        self.floats += u64::from(text.strip_suffix(".0").is_some_and(digits));
    }

    /// The usual style.
    pub(super) fn style(self) -> Style {
        if self.floats > self.ints { Style::Float } else { Style::Int }
    }
}

/// The number a text means, white space around it aside; `None` for text that is no finite number.
pub(super) fn read(text: &str) -> Option<f64> {
    let text = text.trim();
    let numeric = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse::<f64>().ok().filter(|value| numeric && value.is_finite())
}

/// How far the first pixel is from 0.
pub(super) fn origin(coords: Coords) -> f64 {
    match coords {
        Coords::Voc | Coords::Exclusive => 1.0,
        Coords::ZeroBased | Coords::ZeroExclusive => 0.0,
    }
}

/// What the far corner must be moved by to be the first pixel beyond the box.
fn beyond(coords: Coords) -> f64 {
    match coords {
        Coords::Voc | Coords::ZeroBased => 1.0,
        Coords::Exclusive | Coords::ZeroExclusive => 0.0,
    }
}

/// The box x, y, w, h of corners xmin, ymin, xmax, ymax.
pub(super) fn to_box(coords: Coords, [xmin, ymin, xmax, ymax]: [f64; 4]) -> [f64; 4] {
    let (origin, beyond) = (origin(coords), beyond(coords));
    [xmin - origin, ymin - origin, xmax - xmin + beyond, ymax - ymin + beyond]
}

/// The corners xmin, ymin, xmax, ymax of a box x, y, w, h: the inverse of [`to_box`] but for the last bits of
/// fractions.
pub(super) fn to_corners(coords: Coords, [x, y, w, h]: [f64; 4]) -> [f64; 4] {
    let (origin, beyond) = (origin(coords), beyond(coords));
    [x + origin, y + origin, x + w + (origin - beyond), y + h + (origin - beyond)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_readings_of_corners_are_those_that_are_documented() {
        let corners = [1.0, 2.0, 3.0, 5.0];
        for (coords, bbox) in [
            (Coords::Voc, [0.0, 1.0, 3.0, 4.0]),
            (Coords::ZeroBased, [1.0, 2.0, 3.0, 4.0]),
            (Coords::Exclusive, [0.0, 1.0, 2.0, 3.0]),
            (Coords::ZeroExclusive, [1.0, 2.0, 2.0, 3.0]),
        ] {
            assert_eq!(to_box(coords, corners), bbox);
            assert_eq!(to_corners(coords, bbox), corners);
        }
    }

    #[test]
    fn whole_numbers_follow_the_style_and_fractions_none() {
        for (value, int, float) in [
            (45.0, "45", "45.0"),
            (-3.0, "-3", "-3.0"),
            (-0.0, "0", "0.0"),
            (1e21, &"1".to_owned().replace('1', "1000000000000000000000"), "1000000000000000000000.0"),
        ] {
            assert_eq!(Style::Int.text(value), int);
            assert_eq!(Style::Float.text(value), float);
        }
        assert_eq!(Style::Float.text(0.000_000_1), "0.0000001");
    }

    #[test]
    fn only_finite_numbers_are_numbers() {
        for (text, value) in [(" 45\n", Some(45.0)), ("1e3", Some(1000.0)), ("-0.5", Some(-0.5))] {
            assert_eq!(read(text), value);
        }
        for bad in ["", "nan", "inf", "1e999", "1 2", "0x1", "infinity", "--1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_style_of_most_whole_numbers_is_the_usual_one() {
        let style = |texts: &[&str]| {
            let mut votes = Votes::default();
            texts.iter().for_each(|t| votes.add(t));
            votes.style()
        };
        assert_eq!(style(&["1", "2.0", "3.5", "4.5", "5"]), Style::Int);
        assert_eq!(style(&["1", "2.0", "-3.0", "x"]), Style::Float);
        assert_eq!(style(&[]), Style::Int);
    }
}
