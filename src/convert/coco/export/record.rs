//! One record after the other: an image or an annotation as JSON text, members in the order of their file.
//!
//! A record without extra text is written straight from the columns. The few that have some are put together
//! by the rule of [`crate::convert::coco`]: declared values replace the columns', absent members are left out,
//! other members stand at their place in the template or at the end.

use serde_json::{Map, Value as Json};

use super::source::FilePlan;
use super::table::{Cell, Chunks, Table};
use super::text;
use crate::convert::LossReport;
use crate::convert::coco::extra::{ABSENT, DECLARED};
use crate::convert::coco::panoptic;
use crate::convert::coco::style::Style;
use crate::convert::json::write_text;
use crate::error::{Error, ErrorKind, Place, Result};

/// Where the value of a member comes from.
enum From<'a> {
    /// A plain value of a row key.
    Row(&'a Chunks),
    /// A plain value of an object key.
    Object(&'a Chunks),
    Float(&'a Chunks, Style),
    Box(&'a Chunks, Style),
    Segmentation(&'a Chunks, Style),
    Flag(&'a Chunks),
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
    /// The annotation's own id; numbered where there is none and the file wants one.
    Id {
        ids: Option<&'a Chunks>,
        numbered: bool,
    },
    /// Text made beforehand: the segments of a panoptic record.
    Made,
    /// In extra text only.
    Nowhere,
}

/// A member of a record, in its place.
struct Member<'a> {
    name: String,
    from: From<'a>,
}

/// Writes the records of one kind of one file.
pub(super) struct Records<'a> {
    members: Vec<Member<'a>>,
    extra: Option<&'a Chunks>,
    category_ids: Vec<String>,
    scratch: Vec<u8>,
}

/// Object keys that have a member of their own, or none at all in the file.
const OBJECT_KEYS: [&str; 12] = [
    "object_id",
    "label",
    "bbox",
    "area",
    "crowded",
    "segmentation",
    "point",
    "visible",
    "caption",
    "score",
    "object_extra",
    "ordinal",
];
/// Row keys that have a member of their own, or none at all in the file.
const ROW_KEYS: [&str; 6] = ["image_id", "file_name", "height", "width", "extra", "split"];

impl<'a> Records<'a> {
    /// The image records of a file.
    pub(super) fn images(plan: &FilePlan, table: &'a Table, loss: &mut LossReport) -> Records<'a> {
        let mut members = Vec::new();
        for (name, key) in
            [("id", "image_id"), ("file_name", "file_name"), ("height", "height"), ("width", "width")]
        {
            members.extend(table.row_key(key).map(|c| Member { name: name.to_owned(), from: From::Row(c) }));
        }
        for column in &table.row_keys {
            let base = column.base.as_str();
            let of_set = base.ends_with(".image_ordinal") || base.ends_with(".image_extra");
            let plain = ["image_ordinal", "image_extra"].contains(&base);
            if ROW_KEYS.contains(&base) || panoptic::KEYS.contains(&base) || of_set || plain {
                continue;
            }
            if !text::is_scalar(&column.ty) {
                let values = (0..table.rows).filter(|row| column.chunks.cell(*row).is_some()).count();
                loss.add(base, u64::try_from(values).unwrap_or(u64::MAX), "COCO has no member of this kind");
                continue;
            }
            let name = base.strip_prefix("attr.").unwrap_or(base).to_owned();
            members.push(Member { name, from: From::Row(&column.chunks) });
        }
        Records::new(members, &plan.image_members, table.row_key("extra"), Vec::new())
    }

    /// The annotation records of a file.
    pub(super) fn annotations(
        plan: &FilePlan,
        table: &'a Table,
        category_ids: Vec<String>,
        loss: &mut LossReport,
    ) -> Records<'a> {
        let mut members = Vec::new();
        let mut add = |name: &str, from: Option<From<'a>>| {
            members.extend(from.map(|from| Member { name: name.to_owned(), from }));
        };
        let key = |base: &str| table.object_key(base);
        // An id that the source did not give is made up only where ids are the custom.
        let numbered = key("object_id").is_none() && plan.annotation_members.iter().any(|m| m == "id");
        add("id", Some(From::Id { ids: key("object_id"), numbered }));
        if plan.record_members.is_none() {
            add("image_id", table.row_key("image_id").map(From::Row));
        }
        add("category_id", key("label").map(From::Category));
        add("segmentation", key("segmentation").map(|c| From::Segmentation(c, plan.style("segmentation"))));
        add("area", key("area").map(|c| From::Float(c, plan.style("area"))));
        add("bbox", key("bbox").map(|c| From::Box(c, plan.style("bbox"))));
        add("iscrowd", key("crowded").map(From::Flag));
        if let (Some(points), Some(visible)) = (key("point"), key("visible")) {
            add("keypoints", Some(From::Keypoints { points, visible, style: plan.style("keypoints") }));
            if plan.counts_points() {
                add("num_keypoints", Some(From::KeypointCount { points, visible }));
            }
        }
        add("caption", key("caption").map(From::Object));
        add("score", key("score").map(|c| From::Float(c, plan.style("score"))));
        for column in table.object_keys.iter().filter(|c| !OBJECT_KEYS.contains(&c.base.as_str())) {
            if !text::is_scalar(&column.ty) {
                let lists = (0..table.rows).filter_map(|row| column.chunks.list(row));
                let values =
                    lists.map(|(child, at)| at.filter(|i| !child.is_null(*i)).count()).sum::<usize>();
                loss.add(
                    &column.base,
                    u64::try_from(values).unwrap_or(u64::MAX),
                    "COCO has no member of this kind",
                );
                continue;
            }
            let name = column.base.strip_prefix("attr.").unwrap_or(&column.base);
            add(name, Some(From::Object(&column.chunks)));
        }
        Records::new(members, &plan.annotation_members, key("object_extra"), category_ids)
    }

    /// The panoptic records of a file.
    pub(super) fn panoptic(template: &[String], table: &'a Table) -> Records<'a> {
        let row = |name: &str, key: &str| {
            table.row_key(key).map(|c| Member { name: name.to_owned(), from: From::Row(c) })
        };
        let mut members = vec![Member { name: "segments_info".to_owned(), from: From::Made }];
        members.extend(row("image_id", "image_id"));
        members.extend(row("file_name", "panoptic.file_name"));
        Records::new(members, template, table.row_key("panoptic.extra"), Vec::new())
    }

    fn new(
        mut members: Vec<Member<'a>>,
        template: &[String],
        extra: Option<&'a Chunks>,
        category_ids: Vec<String>,
    ) -> Records<'a> {
        let mut ordered = Vec::new();
        for name in template {
            match members.iter().position(|m| m.name == *name) {
                Some(at) => ordered.push(members.remove(at)),
                None => ordered.push(Member { name: name.clone(), from: From::Nowhere }),
            }
        }
        ordered.extend(members);
        Records { members: ordered, extra, category_ids, scratch: Vec::new() }
    }

    /// Appends the record of an image.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if its extra text is no JSON object.
    pub(super) fn image(&mut self, out: &mut Vec<u8>, row: usize) -> Result<()> {
        self.write(out, At { row, object: None, number: 0, made: b"" })
    }

    /// Appends a panoptic record with the list of its segments.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if its extra text is no JSON object.
    pub(super) fn around(&mut self, out: &mut Vec<u8>, row: usize, segments: &[u8]) -> Result<()> {
        self.write(out, At { row, object: None, number: 0, made: segments })
    }

    /// Appends the record of an annotation: object `object` of `row`, number `number` of the file.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if its extra text is no JSON object.
    pub(super) fn annotation(
        &mut self,
        out: &mut Vec<u8>,
        row: usize,
        object: usize,
        number: u64,
    ) -> Result<()> {
        self.write(out, At { row, object: Some(object), number, made: b"" })
    }

    fn write(&mut self, out: &mut Vec<u8>, at: At<'_>) -> Result<()> {
        let extra = match at.object {
            None => self.extra.and_then(|c| c.cell(at.row)),
            Some(object) => self.extra.and_then(|c| element(c, at.row, object)),
        };
        let mut extra = match extra.and_then(Cell::text) {
            Some(text) => Some(Extra::parse(text, at.row)?),
            None => None,
        };
        let mut first = true;
        out.push(b'{');
        for member in &self.members {
            if let Some(extra) = &mut extra {
                if let Some(value) = extra.take(&member.name) {
                    text::name(out, &member.name, &mut first);
                    json(out, &value);
                    continue;
                }
                if extra.absent.contains(&member.name) {
                    continue;
                }
            }
            self.scratch.clear();
            if member.from.write(&mut self.scratch, at, &self.category_ids) {
                text::name(out, &member.name, &mut first);
                out.extend_from_slice(&self.scratch);
            }
        }
        for (name, value) in extra.into_iter().flat_map(|e| e.declared.into_iter().chain(e.members)) {
            text::name(out, &name, &mut first);
            json(out, &value);
        }
        out.push(b'}');
        Ok(())
    }
}

/// Which value is meant.
#[derive(Clone, Copy)]
struct At<'a> {
    row: usize,
    /// The object of the row, for records of objects.
    object: Option<usize>,
    number: u64,
    /// What [`From::Made`] writes.
    made: &'a [u8],
}

/// Object `object` of a row in an object key.
fn element(chunks: &Chunks, row: usize, object: usize) -> Option<Cell<'_>> {
    let (child, range) = chunks.list(row)?;
    let at = range.start + object;
    if at >= range.end { None } else { Cell::new(child, at) }
}

impl From<'_> {
    /// Writes the value; false, and nothing of use written, if there is none.
    fn write(&self, out: &mut Vec<u8>, at: At<'_>, category_ids: &[String]) -> bool {
        let object = |chunks| element(chunks, at.row, at.object?);
        match self {
            From::Made => {
                out.extend_from_slice(at.made);
                true
            }
            From::Row(chunks) => chunks.cell(at.row).is_some_and(|cell| text::scalar(out, cell)),
            From::Object(chunks) => object(chunks).is_some_and(|cell| text::scalar(out, cell)),
            From::Float(chunks, style) => match object(chunks).and_then(Cell::float) {
                Some(value) => {
                    text::float(out, value, *style);
                    true
                }
                None => false,
            },
            From::Box(chunks, style) => match object(chunks).and_then(Cell::floats) {
                Some(values) => {
                    text::floats(out, values, *style);
                    true
                }
                None => false,
            },
            From::Segmentation(chunks, style) => {
                object(chunks).is_some_and(|cell| text::segmentation(out, cell, *style))
            }
            From::Flag(chunks) => match object(chunks).and_then(Cell::flag) {
                Some(flag) => {
                    out.push(if flag { b'1' } else { b'0' });
                    true
                }
                None => false,
            },
            From::Category(chunks) => {
                let label = object(chunks).and_then(Cell::int).and_then(|l| usize::try_from(l).ok());
                let id = label.and_then(|l| category_ids.get(l));
                id.is_some_and(|id| {
                    out.extend_from_slice(id.as_bytes());
                    true
                })
            }
            From::Keypoints { points, visible, style } => {
                let cells = object(points).zip(object(visible));
                cells.and_then(|(p, v)| text::keypoints(out, p, v, *style)).is_some()
            }
            From::KeypointCount { points, visible } => {
                let cells = object(points).zip(object(visible));
                let count = cells.and_then(|(p, v)| text::keypoints(out, p, v, Style::Float));
                out.clear();
                count.is_some_and(|count| {
                    text::int(out, count);
                    true
                })
            }
            From::Id { ids, numbered } => {
                let id = ids.and_then(object);
                if id.is_some_and(|cell| text::scalar(out, cell)) {
                    return true;
                }
                if *numbered {
                    text::int(out, i64::try_from(at.number).unwrap_or(i64::MAX));
                }
                *numbered
            }
            From::Nowhere => false,
        }
    }
}

/// The extra text of a record, taken apart.
struct Extra {
    members: Map<String, Json>,
    declared: Map<String, Json>,
    absent: Vec<String>,
}

impl Extra {
    fn parse(text: &str, row: usize) -> Result<Extra> {
        let bad = |what: String| {
            Error::new(ErrorKind::Corrupt, what)
                .at(Place::area("coco").row(u64::try_from(row).unwrap_or(0)).key("extra"))
        };
        let mut members: Map<String, Json> =
            serde_json::from_str(text).map_err(|e| bad(format!("extra text is no JSON object: {e}")))?;
        let declared = match members.remove(DECLARED) {
            Some(Json::Object(declared)) => declared,
            None => Map::new(),
            Some(_) => return Err(bad(format!("{DECLARED} is no JSON object"))),
        };
        let absent = match members.remove(ABSENT) {
            Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Ok(Extra { members, declared, absent })
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        self.declared.shift_remove(name).or_else(|| self.members.shift_remove(name))
    }
}

/// Appends a JSON value. A string goes through the same writer as every other.
pub(super) fn json(out: &mut Vec<u8>, value: &Json) {
    match value {
        Json::String(text) => write_text(out, text),
        other => {
            // A vector cannot fail to be written to.
            let _ = serde_json::to_writer(out, other);
        }
    }
}
