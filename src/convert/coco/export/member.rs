//! A member of a record: its name, and which column its value is made of, and how.

use super::text;
use crate::convert::coco::style::Style;
use crate::convert::export::{Cell, Chunks, Sink};
use crate::convert::json::write_text;

/// Which value is meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    /// The row in the table.
    pub(super) row: usize,
    /// The row in the view.
    pub(super) view_row: usize,
    pub(super) object: usize,
    /// The record's number in its file, from 1.
    pub(super) number: u64,
}

impl At {
    /// The row as places name it.
    pub(super) fn place(self) -> u64 {
        u64::try_from(self.view_row).unwrap_or(u64::MAX)
    }
}

/// Where the value of a member comes from.
pub(super) enum Source<'a> {
    /// A plain value of a row key.
    Row(&'a Chunks),
    /// A plain value of an object key.
    Object(&'a Chunks),
    /// The image's id; the row's number in the view where there is none and one is wanted.
    ImageId {
        ids: Option<&'a Chunks>,
        numbered: bool,
    },
    /// The annotation's own id; its number where there is none and one is wanted.
    Id {
        ids: Option<&'a Chunks>,
        numbered: bool,
    },
    Float(&'a Chunks, Style),
    /// The declared area, else width × height of the box if boxes are given.
    Area {
        areas: Option<&'a Chunks>,
        boxes: Option<&'a Chunks>,
        style: Style,
    },
    Box(&'a Chunks, Style),
    Segmentation(&'a Chunks, Style),
    /// 0 or 1; 0 where it is not said and is to be filled.
    Flag {
        flags: Option<&'a Chunks>,
        fill: bool,
    },
    Category(&'a Chunks),
    Keypoints {
        points: &'a Chunks,
        visible: &'a Chunks,
        style: Style,
    },
    KeypointCount {
        points: &'a Chunks,
        visible: &'a Chunks,
    },
    /// Text that is made beforehand: the segments of a panoptic record.
    Made,
    /// In extra text only.
    Nowhere,
}

/// A member of a record, in its place.
pub(super) struct Member<'a> {
    pub(super) name: String,
    /// The name as JSON text, with its colon.
    label: Vec<u8>,
    source: Source<'a>,
    /// How many numbers were no JSON, and the first rows that had some.
    pub(super) not_finite_count: u64,
    pub(super) not_finite: Vec<u64>,
}

impl<'a> Member<'a> {
    pub(super) fn new(name: &str, source: Source<'a>) -> Member<'a> {
        let mut label = Vec::new();
        write_text(&mut label, name);
        label.push(b':');
        Member { name: name.to_owned(), label, source, not_finite_count: 0, not_finite: Vec::new() }
    }

    /// True for text that is made beforehand.
    pub(super) fn is_made(&self) -> bool {
        matches!(self.source, Source::Made)
    }

    /// Appends the name, after a comma unless it is the first.
    pub(super) fn begin(&self, out: &mut Sink, first: &mut bool) {
        if !std::mem::take(first) {
            out.bytes.push(b',');
        }
        out.bytes.extend_from_slice(&self.label);
    }

    /// Appends name and value, or nothing if there is no value.
    pub(super) fn write(&mut self, out: &mut Sink, at: At, category_ids: &[String], first: &mut bool) {
        let (start, was_first, lost) = (out.bytes.len(), *first, out.not_finite);
        self.begin(out, first);
        if !self.source.write(out, at, category_ids) {
            out.bytes.truncate(start);
            *first = was_first;
        }
        if out.not_finite > lost {
            self.not_finite_count += out.not_finite - lost;
            if self.not_finite.len() < 3 {
                self.not_finite.push(at.place());
            }
        }
    }
}

impl<'a> Source<'a> {
    /// Writes the value; false, and nothing of use written, if there is none.
    fn write(&self, out: &mut Sink, at: At, category_ids: &[String]) -> bool {
        self.try_write(out, at, category_ids).unwrap_or(false)
    }

    fn try_write(&self, out: &mut Sink, at: At, category_ids: &[String]) -> Option<bool> {
        let object = |chunks: &'a Chunks| element(chunks, at);
        match self {
            Source::Row(chunks) => return Some(out.value(chunks.cell(at.row)?)),
            Source::Object(chunks) => return Some(out.value(object(chunks)?)),
            Source::ImageId { ids, numbered } => {
                let number = u64::try_from(at.view_row).ok()? + 1;
                return Some(id(out, ids.and_then(|c| c.cell(at.row)), *numbered, number));
            }
            Source::Id { ids, numbered } => {
                return Some(id(out, ids.and_then(object), *numbered, at.number));
            }
            Source::Float(chunks, style) => text::float(out, object(chunks)?.float()?, *style),
            Source::Area { areas, boxes, style } => {
                let declared = areas.and_then(object).and_then(Cell::float);
                let sides = || match boxes.and_then(object)?.floats()? {
                    [_, _, w, h] => Some(w * h),
                    _ => None,
                };
                text::float(out, declared.or_else(sides)?, *style);
            }
            Source::Box(chunks, style) => text::floats(out, object(chunks)?.floats()?, *style),
            Source::Segmentation(chunks, style) => {
                return Some(text::segmentation(out, object(chunks)?, *style));
            }
            Source::Flag { flags, fill } => {
                let flag = flags.and_then(object).and_then(Cell::flag);
                let flag = if *fill { flag.or(Some(false)) } else { flag };
                out.bytes.push(if flag? { b'1' } else { b'0' });
            }
            Source::Category(chunks) => {
                let label = usize::try_from(object(chunks)?.int()?).ok()?;
                match category_ids.get(label) {
                    Some(id) => out.bytes.extend_from_slice(id.as_bytes()),
                    // Without a class table the labels themselves are all that is known.
                    None if category_ids.is_empty() => out.int(i64::try_from(label).ok()? + 1),
                    None => return None,
                }
            }
            Source::Keypoints { points, visible, style } => {
                text::keypoints(out, object(points)?, object(visible)?, *style)?;
            }
            Source::KeypointCount { points, visible } => {
                out.int(text::labelled(object(points)?, object(visible)?)?);
            }
            Source::Made | Source::Nowhere => return None,
        }
        Some(true)
    }
}

fn element(chunks: &Chunks, at: At) -> Option<Cell<'_>> {
    chunks.element(at.row, at.object)
}

fn id(out: &mut Sink, id: Option<Cell<'_>>, numbered: bool, number: u64) -> bool {
    match id {
        Some(id) => out.value(id),
        None if numbered => {
            out.int(i64::try_from(number).unwrap_or(i64::MAX));
            true
        }
        None => false,
    }
}
