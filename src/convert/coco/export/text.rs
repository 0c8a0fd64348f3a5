//! What COCO writes in a form of its own: numbers in the style of their file, segmentations, keypoints.

use std::ops::Range;

use crate::convert::coco::style::Style;
use crate::convert::export::{Cell, Sink};

/// Writes a number, a whole one as the style says; what is not finite becomes `null`.
pub(super) fn float(out: &mut Sink, value: f64, style: Style) {
    match style {
        Style::Float => out.float(value),
        Style::Int => out.short(value),
    }
}

/// Writes a list of numbers.
pub(super) fn floats(out: &mut Sink, values: &[f64], style: Style) {
    out.list(values, |out, value| float(out, *value, style));
}

/// Writes a segmentation in the form it was declared; false, and nothing written, if it has none.
pub(super) fn segmentation(out: &mut Sink, cell: Cell<'_>, style: Style) -> bool {
    if let Some(rings) = cell.member("polygon").and_then(Cell::items) {
        out.list(rings, |out, ring| match ring.and_then(Cell::floats) {
            Some(values) => floats(out, values, style),
            None => out.raw(b"null"),
        });
        return true;
    }
    let text = cell.member("rle").and_then(Cell::text);
    let runs = cell.member("counts").and_then(Cell::items);
    if text.is_none() && runs.is_none() {
        return false;
    }
    out.raw(b"{\"counts\":");
    match (text, runs) {
        (Some(text), _) => out.text(text),
        (None, runs) => out.list(runs.into_iter().flatten().flatten().filter_map(Cell::int), Sink::int),
    }
    if let Some(sides) = cell.member("size").and_then(Cell::items) {
        out.raw(b",\"size\":");
        out.list(sides.flatten().filter_map(Cell::int), Sink::int);
    }
    out.raw(b"}");
    true
}

/// Points with their visibilities: x, y, v, where v is 2 (labelled and seen) if none are said. `None` if they
/// do not pair up; an element is `None` if part of it is null.
fn points<'a>(
    points: Cell<'a>,
    visible: Option<Cell<'a>>,
) -> Option<impl Iterator<Item = Option<(f64, f64, i64)>> + 'a> {
    let (points, at) = points.list()?;
    let flags = match visible {
        Some(visible) => Some(visible.list().filter(|(_, of)| of.len() == at.len())?),
        None => None,
    };
    let start = at.start;
    Some(at.map(move |point| match Cell::new(points, point)?.floats()? {
        [x, y] => {
            let flag = |(flags, of): &(_, Range<usize>)| Cell::new(*flags, of.start + point - start)?.int();
            Some((*x, *y, flags.as_ref().map_or(Some(2), flag)?))
        }
        _ => None,
    }))
}

/// How many keypoints are labelled (visibility above 0), by which COCO counts them; `None` where points and
/// visibilities do not pair up, and [`keypoints`] writes nothing.
pub(super) fn labelled(at: Cell<'_>, visible: Option<Cell<'_>>) -> Option<i64> {
    points(at, visible)?.try_fold(0, |count, point| Some(count + i64::from(point?.2 > 0)))
}

/// Writes keypoints as flat triplets; `None`, and nothing written, if points and visibilities do not pair up.
pub(super) fn keypoints(out: &mut Sink, at: Cell<'_>, visible: Option<Cell<'_>>, style: Style) -> Option<()> {
    labelled(at, visible)?;
    let mut first = true;
    out.raw(b"[");
    for (x, y, v) in points(at, visible)?.flatten() {
        if !std::mem::take(&mut first) {
            out.raw(b",");
        }
        float(out, x, style);
        out.raw(b",");
        float(out, y, style);
        out.raw(b",");
        out.int(v);
    }
    out.raw(b"]");
    Some(())
}
