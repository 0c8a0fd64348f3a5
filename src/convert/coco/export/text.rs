//! JSON text from columns: numbers in the style of their file, nothing through a tree.

use super::table::{Cell, list_of};
use crate::convert::coco::style::Style;
use crate::convert::json::write_text;

/// Whole numbers up to here are written without a point in [`Style::Int`]; every one is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// No integer says this one.
const NEGATIVE_ZERO: u64 = 1 << 63;

/// Where text goes, and what could not be said in it.
#[derive(Debug, Default)]
pub(super) struct Sink {
    pub(super) bytes: Vec<u8>,
    /// Numbers that JSON has no text for, written as `null`.
    pub(super) not_finite: u64,
}

/// Writes a number: shortest text that reads back as the same double; whole numbers as the style says. JSON
/// has no infinities and no NaN: they become `null`.
pub(super) fn float(out: &mut Sink, value: f64, style: Style) {
    if !value.is_finite() {
        out.bytes.extend_from_slice(b"null");
        out.not_finite += 1;
    } else if style == Style::Int
        && value.fract() == 0.0
        && value.abs() <= EXACT
        && value.to_bits() != NEGATIVE_ZERO
    {
        int(out, whole(value));
    } else {
        // A vector cannot fail to be written to.
        let _ = serde_json::to_writer(&mut out.bytes, &value);
    }
}

/// The integer that a whole double within ±2^53 is.
#[allow(clippy::as_conversions)] // exact: the caller has checked the range
fn whole(value: f64) -> i64 {
    value as i64
}

pub(super) fn int(out: &mut Sink, value: i64) {
    let _ = serde_json::to_writer(&mut out.bytes, &value);
}

/// Writes a list of numbers.
pub(super) fn floats(out: &mut Sink, values: &[f64], style: Style) {
    out.bytes.push(b'[');
    for (n, value) in values.iter().enumerate() {
        if n > 0 {
            out.bytes.push(b',');
        }
        float(out, *value, style);
    }
    out.bytes.push(b']');
}

/// Writes a segmentation in the form it was declared; false, and nothing written, if it has none.
pub(super) fn segmentation(out: &mut Sink, cell: Cell<'_>, style: Style) -> bool {
    if let Some(polygon) = cell.member("polygon") {
        let Some((rings, range)) = list_of(polygon.array, polygon.at) else { return false };
        out.bytes.push(b'[');
        for (n, ring) in range.enumerate() {
            if n > 0 {
                out.bytes.push(b',');
            }
            match Cell::new(rings, ring).and_then(Cell::floats) {
                Some(values) => floats(out, values, style),
                None => out.bytes.extend_from_slice(b"null"),
            }
        }
        out.bytes.push(b']');
        return true;
    }
    out.bytes.extend_from_slice(b"{\"counts\":");
    if let Some(text) = cell.member("rle").and_then(Cell::text) {
        write_text(&mut out.bytes, text);
    } else if let Some(counts) = cell.member("counts").and_then(|c| list_of(c.array, c.at)) {
        runs(out, counts.0, counts.1);
    } else {
        out.bytes.truncate(out.bytes.len() - b"{\"counts\":".len());
        return false;
    }
    if let Some(size) = cell.member("size") {
        out.bytes.extend_from_slice(b",\"size\":[");
        let sides = [0, 1].map(|side| fixed_int(size, side));
        for (n, side) in sides.into_iter().flatten().enumerate() {
            if n > 0 {
                out.bytes.push(b',');
            }
            int(out, side);
        }
        out.bytes.push(b']');
    }
    out.bytes.push(b'}');
    true
}

fn runs(out: &mut Sink, counts: &dyn arrow_array::Array, range: std::ops::Range<usize>) {
    use arrow_array::cast::AsArray;
    let counts = counts.as_primitive_opt::<arrow_array::types::UInt32Type>();
    out.bytes.push(b'[');
    for (n, run) in counts.and_then(|c| c.values().get(range)).unwrap_or_default().iter().enumerate() {
        if n > 0 {
            out.bytes.push(b',');
        }
        int(out, i64::from(*run));
    }
    out.bytes.push(b']');
}

/// An element of a fixed-size list of integers.
fn fixed_int(cell: Cell<'_>, element: usize) -> Option<i64> {
    use arrow_array::cast::AsArray;
    let list = cell.array.as_fixed_size_list_opt()?;
    let n = usize::try_from(list.value_length()).ok()?;
    Cell::new(list.values().as_ref(), cell.at * n + element)?.int()
}

/// How many keypoints are labelled (visibility above 0), by which COCO counts them; `None` where points and
/// visibilities do not pair up, and [`keypoints`] writes nothing.
pub(super) fn labelled(points: Cell<'_>, visible: Cell<'_>) -> Option<i64> {
    let (points, at) = list_of(points.array, points.at)?;
    let (flags, of) = list_of(visible.array, visible.at)?;
    if at.len() != of.len() {
        return None;
    }
    at.zip(of).try_fold(0, |count, (point, flag)| {
        Cell::new(points, point).and_then(Cell::floats)?;
        Some(count + i64::from(Cell::new(flags, flag)?.int()? > 0))
    })
}

/// Writes keypoints as flat triplets; `None`, and nothing written, if points and visibilities do not pair up.
pub(super) fn keypoints(out: &mut Sink, points: Cell<'_>, visible: Cell<'_>, style: Style) -> Option<()> {
    let (points, at) = list_of(points.array, points.at)?;
    let (flags, of) = list_of(visible.array, visible.at)?;
    if at.len() != of.len() {
        return None;
    }
    let start = out.bytes.len();
    out.bytes.push(b'[');
    for (n, (point, flag)) in at.zip(of).enumerate() {
        let pair = Cell::new(points, point).and_then(Cell::floats);
        let (Some([x, y]), Some(v)) = (pair, Cell::new(flags, flag).and_then(Cell::int)) else {
            out.bytes.truncate(start);
            return None;
        };
        if n > 0 {
            out.bytes.push(b',');
        }
        float(out, *x, style);
        out.bytes.push(b',');
        float(out, *y, style);
        out.bytes.push(b',');
        int(out, v);
    }
    out.bytes.push(b']');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64, style: Style) -> String {
        let mut out = Sink::default();
        float(&mut out, value, style);
        String::from_utf8(out.bytes).unwrap()
    }

    #[test]
    fn whole_numbers_follow_the_style_of_their_file() {
        assert_eq!([text(3.0, Style::Float), text(3.0, Style::Int)], ["3.0", "3"]);
        assert_eq!([text(3.25, Style::Float), text(3.25, Style::Int)], ["3.25", "3.25"]);
        assert_eq!([text(-0.0, Style::Float), text(-0.0, Style::Int)], ["-0.0", "-0.0"]);
        assert_eq!(text(f64::NAN, Style::Float), "null");
    }

    #[test]
    fn numbers_read_back_as_themselves() {
        for value in [0.1 + 0.2, 1e300, 5e-324, 9_007_199_254_740_993.0, 123_456_789.125] {
            for style in [Style::Float, Style::Int] {
                assert_eq!(text(value, style).parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
    }
}
