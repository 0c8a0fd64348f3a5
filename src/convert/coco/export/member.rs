//! A member of a record: its name, and which column its value is made of, and how.

use std::borrow::Cow;

use super::ids::Ids;
use super::shape::Shape;
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
    /// The annotation's position among all of its file's rows, from 0.
    pub(super) position: u64,
    /// The annotation's number among those that are written, from 1.
    pub(super) number: u64,
}

impl At {
    /// The row as places name it.
    pub(super) fn place(self) -> u64 {
        u64::try_from(self.view_row).unwrap_or(u64::MAX)
    }
}

/// Where the value of a member comes from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// A plain value of a row key.
    Row(&'a Chunks),
    /// A plain value of an object key.
    Object(&'a Chunks),
    /// The image's id.
    ImageId { ids: Option<&'a Chunks>, made: &'a Ids },
    /// What the image's id was, where one is made.
    ImageWas { ids: &'a Chunks, made: &'a Ids },
    /// The annotation's own id.
    Id { ids: Option<&'a Chunks>, made: &'a Ids },
    /// What the annotation's id was, where one is made.
    ObjectWas { ids: &'a Chunks, made: &'a Ids },
    /// A double of an object key.
    Float(&'a Chunks, Style),
    /// The declared area; else, with `fill`, that of the segmentation, or of the box.
    Area { areas: Option<&'a Chunks>, fill: Option<Extent<'a>>, style: Style },
    /// The declared box; else, with `fill`, that of the segmentation.
    Box { boxes: Option<&'a Chunks>, fill: Option<Extent<'a>>, style: Style },
    /// As declared; with `strict` only what COCO's tools can read.
    Segmentation { shapes: &'a Chunks, style: Style, strict: bool },
    /// 0 or 1; 0 where it is not said and is to be filled.
    Flag { flags: Option<&'a Chunks>, fill: bool },
    /// The category id of a label.
    Category(&'a Chunks),
    /// One category for objects without labels.
    OneCategory,
    /// The category ids of the labels of a whole image.
    Categories(&'a Chunks),
    /// Triplets; without visibilities every point is a visible one.
    Keypoints { points: &'a Chunks, visible: Option<&'a Chunks>, style: Style },
    /// How many keypoints are labelled.
    KeypointCount { points: &'a Chunks, visible: Option<&'a Chunks> },
    /// In extra text only.
    Nowhere,
}

/// The keys that say how large an object is.
#[derive(Clone, Copy)]
pub(super) struct Extent<'a> {
    pub(super) boxes: Option<&'a Chunks>,
    pub(super) shapes: Option<&'a Chunks>,
}

impl Extent<'_> {
    /// The declared box, of finite numbers.
    pub(super) fn declared(&self, at: At) -> Option<[f64; 4]> {
        let sides: [f64; 4] = element(self.boxes?, at)?.floats()?.try_into().ok()?;
        sides.iter().all(|v| v.is_finite()).then_some(sides)
    }

    /// The declared box, else that of the segmentation.
    pub(super) fn bounds(&self, at: At) -> Option<[f64; 4]> {
        self.declared(at).or_else(|| Shape::of(element(self.shapes?, at)?)?.bounds())
    }

    /// The area of the segmentation, else of the box.
    fn area(&self, at: At) -> Option<f64> {
        let shape = self.shapes.and_then(|shapes| Shape::of(element(shapes, at)?));
        shape.map(|shape| shape.area()).or_else(|| self.declared(at).map(|[_, _, w, h]| w * h))
    }
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

    /// True if the value is made here, whatever the columns and texts say.
    pub(super) fn is_made(&self, at: At) -> bool {
        match self.source {
            Source::ImageId { made, .. } => made_image(made, at).is_some(),
            Source::Id { made, .. } => made.made(at.position, at.number).is_some(),
            _ => false,
        }
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
        if !self.source.write(out, at, category_ids).unwrap_or(false) {
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
    /// Writes the value; `None` or false if there is none, and then nothing of use was written.
    fn write(&self, out: &mut Sink, at: At, category_ids: &[String]) -> Option<bool> {
        let object = |chunks: &'a Chunks| element(chunks, at);
        match *self {
            Source::Row(chunks) => return Some(out.value(chunks.cell(at.row)?)),
            Source::Object(chunks) => return Some(out.value(object(chunks)?)),
            Source::ImageId { ids, made } => match made_image(made, at) {
                Some(id) => out.int(id),
                None => return Some(out.value(ids?.cell(at.row)?)),
            },
            Source::ImageWas { ids, made } => {
                made_image(made, at)?;
                return Some(out.value(ids.cell(at.row)?));
            }
            Source::Id { ids, made } => match made.made(at.position, at.number) {
                Some(id) => out.int(id),
                None => return Some(out.value(object(ids?)?)),
            },
            Source::ObjectWas { ids, made } => {
                made.made(at.position, at.number)?;
                return Some(out.value(object(ids)?));
            }
            Source::Float(chunks, style) => text::float(out, object(chunks)?.float()?, style),
            Source::Area { areas, fill, style } => {
                let declared = areas.and_then(object).and_then(Cell::float);
                let declared = declared.filter(|area| fill.is_none() || area.is_finite());
                text::float(out, declared.or_else(|| fill?.area(at))?, style);
            }
            Source::Box { boxes, fill, style } => match (boxes.and_then(object).and_then(Cell::floats), fill)
            {
                (Some(sides), None) => text::floats(out, sides, style),
                (_, fill) => text::floats(out, &fill?.bounds(at)?, style),
            },
            Source::Segmentation { shapes, style, strict: false } => {
                return Some(text::segmentation(out, object(shapes)?, style));
            }
            Source::Segmentation { shapes, style, .. } => match Shape::of(object(shapes)?)? {
                Shape::Outline(rings, _) => out.list(rings, |out, ring| {
                    text::floats(out, ring.corners().as_flattened(), style);
                }),
                Shape::Mask(_) => return Some(text::segmentation(out, object(shapes)?, style)),
            },
            Source::Flag { flags, fill } => {
                let flag = flags.and_then(object).and_then(Cell::flag);
                let flag = if fill { flag.or(Some(false)) } else { flag };
                out.raw(if flag? { b"1" } else { b"0" });
            }
            Source::Category(chunks) => out.raw(category(object(chunks)?, category_ids)?.as_bytes()),
            Source::OneCategory => out.int(1),
            Source::Categories(chunks) => {
                let cell = chunks.cell(at.row)?;
                let ids: Vec<Cow<'_, str>> = match cell.items() {
                    Some(labels) => labels.flatten().filter_map(|l| category(l, category_ids)).collect(),
                    None => vec![category(cell, category_ids)?],
                };
                out.list(ids, |out, id| out.raw(id.as_bytes()));
            }
            Source::Keypoints { points, visible, style } => {
                text::keypoints(out, object(points)?, flags(visible, at)?, style)?;
            }
            Source::KeypointCount { points, visible } => {
                out.int(text::labelled(object(points)?, flags(visible, at)?)?);
            }
            Source::Nowhere => return None,
        }
        Some(true)
    }
}

/// The visibilities of an object: `Some(None)` if no key says them, `None` if this object's are null.
fn flags<'a>(visible: Option<&'a Chunks>, at: At) -> Option<Option<Cell<'a>>> {
    match visible {
        Some(chunks) => Some(Some(element(chunks, at)?)),
        None => Some(None),
    }
}

/// The category id of a label as JSON text. Without any category it is the label + 1.
pub(super) fn category<'i>(label: Cell<'_>, category_ids: &'i [String]) -> Option<Cow<'i, str>> {
    let label = label.int()?;
    match category_ids {
        [] => u64::try_from(label).ok().map(|label| (label + 1).to_string().into()),
        ids => ids.get(usize::try_from(label).ok()?).map(|id| id.as_str().into()),
    }
}

pub(super) fn element(chunks: &Chunks, at: At) -> Option<Cell<'_>> {
    chunks.element(at.row, at.object)
}

fn made_image(made: &Ids, at: At) -> Option<i64> {
    made.made(at.place(), at.place() + 1)
}
