//! JSON text from columns: numbers in the style of their file, nothing through a tree.

use std::io::Write;

use arrow_schema::DataType;

use super::table::{Cell, list_of};
use crate::convert::coco::style::Style;
use crate::convert::json::write_text;

/// Whole numbers up to here are written without a point in [`Style::Int`]; every one is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes a number: shortest text that reads back as the same double; whole numbers as the style says. JSON
/// has no infinities and no NaN: they become `null`.
pub(super) fn float(out: &mut Vec<u8>, value: f64, style: Style) {
    if !value.is_finite() {
        out.extend_from_slice(b"null");
    } else if style == Style::Int && value.fract() == 0.0 && value.abs() <= EXACT {
        int(out, whole(value));
    } else {
        // A vector cannot fail to be written to.
        let _ = serde_json::to_writer(out, &value);
    }
}

/// The integer that a whole double within ±2^53 is.
#[allow(clippy::as_conversions)] // exact: the caller has checked the range
fn whole(value: f64) -> i64 {
    value as i64
}

pub(super) fn int(out: &mut Vec<u8>, value: i64) {
    let _ = write!(out, "{value}");
}

/// Writes a list of numbers.
pub(super) fn floats(out: &mut Vec<u8>, values: &[f64], style: Style) {
    out.push(b'[');
    for (n, value) in values.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        float(out, *value, style);
    }
    out.push(b']');
}

/// Writes the name of a member and its colon, after a comma unless it is the first.
pub(super) fn name(out: &mut Vec<u8>, text: &str, first: &mut bool) {
    if !std::mem::take(first) {
        out.push(b',');
    }
    write_text(out, text);
    out.push(b':');
}

/// Writes a value of a plain type: number, text, truth. False, and nothing written, for any other.
pub(super) fn scalar(out: &mut Vec<u8>, cell: Cell<'_>) -> bool {
    if let Some(n) = cell.int() {
        int(out, n);
    } else if let Some(x) = cell.float() {
        float(out, x, Style::Float);
    } else if let Some(text) = cell.text() {
        write_text(out, text);
    } else if let Some(flag) = cell.flag() {
        out.extend_from_slice(if flag { b"true" } else { b"false" });
    } else {
        return false;
    }
    true
}

/// True for the types that [`scalar`] writes.
pub(super) fn is_scalar(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Int64
            | DataType::Int32
            | DataType::UInt8
            | DataType::Float64
            | DataType::Utf8
            | DataType::Utf8View
            | DataType::LargeUtf8
            | DataType::Boolean
    )
}

/// Writes a segmentation in the form it was declared; false, and nothing written, if it has none.
pub(super) fn segmentation(out: &mut Vec<u8>, cell: Cell<'_>, style: Style) -> bool {
    if let Some(polygon) = cell.member("polygon") {
        let Some((rings, range)) = list_of(polygon.array, polygon.at) else { return false };
        out.push(b'[');
        for (n, ring) in range.enumerate() {
            if n > 0 {
                out.push(b',');
            }
            match Cell::new(rings, ring).and_then(Cell::floats) {
                Some(values) => floats(out, values, style),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b']');
        return true;
    }
    out.extend_from_slice(b"{\"counts\":");
    if let Some(text) = cell.member("rle").and_then(Cell::text) {
        write_text(out, text);
    } else if let Some(counts) = cell.member("counts").and_then(|c| list_of(c.array, c.at)) {
        runs(out, counts.0, counts.1);
    } else {
        out.truncate(out.len() - b"{\"counts\":".len());
        return false;
    }
    if let Some(size) = cell.member("size") {
        out.extend_from_slice(b",\"size\":[");
        let sides = [0, 1].map(|side| fixed_int(size, side));
        for (n, side) in sides.into_iter().flatten().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            int(out, side);
        }
        out.push(b']');
    }
    out.push(b'}');
    true
}

fn runs(out: &mut Vec<u8>, counts: &dyn arrow_array::Array, range: std::ops::Range<usize>) {
    use arrow_array::cast::AsArray;
    let counts = counts.as_primitive_opt::<arrow_array::types::UInt32Type>();
    out.push(b'[');
    for (n, run) in counts.and_then(|c| c.values().get(range)).unwrap_or_default().iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        int(out, i64::from(*run));
    }
    out.push(b']');
}

/// An element of a fixed-size list of integers.
fn fixed_int(cell: Cell<'_>, element: usize) -> Option<i64> {
    use arrow_array::cast::AsArray;
    let list = cell.array.as_fixed_size_list_opt()?;
    let n = usize::try_from(list.value_length()).ok()?;
    Cell::new(list.values().as_ref(), cell.at * n + element)?.int()
}

/// Writes keypoints as flat triplets; false, and nothing written, if points and visibilities do not pair up.
/// Gives the number of visible ones.
pub(super) fn keypoints(out: &mut Vec<u8>, points: Cell<'_>, visible: Cell<'_>, style: Style) -> Option<i64> {
    let (points, at) = list_of(points.array, points.at)?;
    let (flags, of) = list_of(visible.array, visible.at)?;
    if at.len() != of.len() {
        return None;
    }
    let start = out.len();
    let mut labelled = 0;
    out.push(b'[');
    for (n, (point, flag)) in at.zip(of).enumerate() {
        let pair = Cell::new(points, point).and_then(Cell::floats);
        let (Some([x, y]), Some(v)) = (pair, Cell::new(flags, flag).and_then(Cell::int)) else {
            out.truncate(start);
            return None;
        };
        if n > 0 {
            out.push(b',');
        }
        float(out, *x, style);
        out.push(b',');
        float(out, *y, style);
        out.push(b',');
        int(out, v);
        labelled += i64::from(v > 0);
    }
    out.push(b']');
    Some(labelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64, style: Style) -> String {
        let mut out = Vec::new();
        float(&mut out, value, style);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn whole_numbers_follow_the_style_of_their_file() {
        assert_eq!([text(3.0, Style::Float), text(3.0, Style::Int)], ["3.0", "3"]);
        assert_eq!([text(3.25, Style::Float), text(3.25, Style::Int)], ["3.25", "3.25"]);
        assert_eq!(text(-0.0, Style::Float), "-0.0");
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
