//! One record after the other: an image or an annotation as JSON text, members in the order of their file.
//!
//! Written straight from the columns by the rule of [`crate::convert::coco`]: declared values replace the
//! columns', absent members are left out, other members stand at their place in the template or at the end.

use super::member::{At, Member, Source};
use super::overlay::Overlay;
use super::plan::FilePlan;
use crate::convert::export::{Cell, Chunks, Sink, Table, writable};
use crate::convert::json::write_text;
use crate::convert::{ExportOptions, LossReport};
use crate::error::Result;

/// Writes the records of one kind for the rows of one table.
pub(super) struct Records<'a> {
    members: Vec<Member<'a>>,
    extra: Option<&'a Chunks>,
    category_ids: &'a [String],
    /// The segments of the panoptic record to be written next.
    made: Vec<u8>,
}

/// Object keys that have a member of their own, or none at all in the file.
const OBJECT_KEYS: [&str; 13] = [
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
    "mask",
];
/// Row keys that have a member of their own, or none at all in the file.
const ROW_KEYS: [&str; 5] = ["image_id", "file_name", "height", "width", "extra"];
const NO_MEMBER: &str = "JSON has no form for values of this kind";

impl<'a> Records<'a> {
    /// The image records of a file.
    pub(super) fn images(plan: &FilePlan<'_>, table: &'a Table, loss: &mut LossReport) -> Records<'a> {
        let id = Source::ImageId { ids: table.row_key("image_id"), numbered: plan.custom };
        let mut members = vec![Member::new("id", id)];
        for name in ["file_name", "height", "width"] {
            members.extend(table.row_key(name).map(|c| Member::new(name, Source::Row(c))));
        }
        for column in &table.row_keys {
            let base = column.base.as_str();
            if ROW_KEYS.contains(&base) || base.ends_with("image_extra") {
                continue;
            }
            if writable(&column.ty) {
                members.push(Member::new(free_name(&members, base), Source::Row(&column.chunks)));
            } else if plan.primary {
                let values = (0..table.rows).filter(|row| column.chunks.cell(*row).is_some()).count();
                loss.add(base, u64::try_from(values).unwrap_or(u64::MAX), NO_MEMBER);
            }
        }
        Records::new(members, &plan.image_members, table.row_key("extra"), &[])
    }

    /// The annotation records of a file.
    pub(super) fn annotations(
        plan: &FilePlan<'_>,
        table: &'a Table,
        category_ids: &'a [String],
        options: &ExportOptions,
        loss: &mut LossReport,
    ) -> Records<'a> {
        let key = |base: &str| table.object_key(base);
        let fill = options.fill.then_some(()).and_then(|()| key("bbox"));
        let image = Source::ImageId { ids: table.row_key("image_id"), numbered: plan.custom };
        let id = Source::Id { ids: key("object_id"), numbered: plan.custom && key("object_id").is_none() };
        let mut members = vec![Member::new("id", id)];
        if plan.record_members.is_none() {
            members.push(Member::new("image_id", image));
        }
        let mut add = |name: &str, source: Option<Source<'a>>| {
            members.extend(source.map(|source| Member::new(name, source)));
        };
        add("category_id", key("label").map(Source::Category));
        let style = |member| plan.style(member);
        add("segmentation", key("segmentation").map(|c| Source::Segmentation(c, style("segmentation"))));
        if key("area").or(fill).is_some() {
            add("area", Some(Source::Area { areas: key("area"), boxes: fill, style: style("area") }));
        }
        add("bbox", key("bbox").map(|c| Source::Box(c, style("bbox"))));
        if key("crowded").or(fill).is_some() {
            add("iscrowd", Some(Source::Flag { flags: key("crowded"), fill: fill.is_some() }));
        }
        if let (Some(points), Some(visible)) = (key("point"), key("visible")) {
            add("keypoints", Some(Source::Keypoints { points, visible, style: style("keypoints") }));
            if plan.counts_points() {
                add("num_keypoints", Some(Source::KeypointCount { points, visible }));
            }
        }
        add("caption", key("caption").map(Source::Object));
        add("score", key("score").map(|c| Source::Float(c, style("score"))));
        for column in table.object_keys.iter().filter(|c| !OBJECT_KEYS.contains(&c.base.as_str())) {
            if writable(&column.ty) {
                members.push(Member::new(free_name(&members, &column.base), Source::Object(&column.chunks)));
            } else {
                loss.add(&column.base, count(table, &column.chunks), NO_MEMBER);
            }
        }
        if let (Some(masks), None) = (key("mask"), key("segmentation")) {
            loss.add("mask", count(table, masks), "only declared segmentations are written");
        }
        if let (true, Some(boxes)) = (plan.custom && fill.is_none(), key("bbox")) {
            for (base, member) in [("area", "area"), ("crowded", "iscrowd")] {
                if key(base).is_none() {
                    let why = format!("not known, and needed by COCO's evaluation as '{member}': see `fill`");
                    loss.add(base, count(table, boxes), &why);
                }
            }
        }
        Records::new(members, &plan.annotation_members, key("object_extra"), category_ids)
    }

    /// The panoptic records of a file.
    pub(super) fn panoptic(template: &[String], table: &'a Table) -> Records<'a> {
        let ids = table.row_key("image_id");
        let mut members = vec![
            Member::new("segments_info", Source::Made),
            Member::new("image_id", Source::ImageId { ids, numbered: false }),
        ];
        let name = table.row_key("panoptic.file_name");
        members.extend(name.map(|c| Member::new("file_name", Source::Row(c))));
        Records::new(members, template, table.row_key("panoptic.extra"), &[])
    }

    fn new(
        mut members: Vec<Member<'a>>,
        template: &[String],
        extra: Option<&'a Chunks>,
        category_ids: &'a [String],
    ) -> Records<'a> {
        let mut ordered = Vec::new();
        for name in template {
            match members.iter().position(|m| m.name == *name) {
                Some(at) => ordered.push(members.remove(at)),
                None => ordered.push(Member::new(name.as_str(), Source::Nowhere)),
            }
        }
        ordered.extend(members);
        Records { members: ordered, extra, category_ids, made: Vec::new() }
    }

    /// Appends the record of the image in row `at.row`.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Corrupt`] if its extra text is no JSON object.
    pub(super) fn image(&mut self, out: &mut Sink, at: At) -> Result<()> {
        let extra = self.extra.and_then(|c| c.cell(at.row));
        self.write(out, at, extra)
    }

    /// Appends the panoptic record of row `at.row` around the list of its segments.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Corrupt`] if its extra text is no JSON object.
    pub(super) fn around(&mut self, out: &mut Sink, at: At, segments: &[u8]) -> Result<()> {
        self.made.clear();
        self.made.extend_from_slice(segments);
        self.image(out, at)
    }

    /// Appends the record of annotation `at.object` in row `at.row`.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Corrupt`] if its extra text is no JSON object.
    pub(super) fn annotation(&mut self, out: &mut Sink, at: At) -> Result<()> {
        let extra = self.extra.and_then(|c| c.element(at.row, at.object));
        self.write(out, at, extra)
    }

    fn write(&mut self, out: &mut Sink, at: At, extra: Option<Cell<'a>>) -> Result<()> {
        let mut overlay = match extra.and_then(Cell::text) {
            Some(text) => Some(Overlay::parse(text, at.place())?),
            None => None,
        };
        let mut first = true;
        out.bytes.push(b'{');
        for member in &mut self.members {
            if let Some(overlay) = &mut overlay {
                if let Some(value) = overlay.take(&member.name) {
                    member.begin(out, &mut first);
                    out.bytes.extend_from_slice(value);
                    continue;
                }
                if overlay.lacks(&member.name) {
                    continue;
                }
            }
            if member.is_made() {
                member.begin(out, &mut first);
                out.bytes.extend_from_slice(&self.made);
                continue;
            }
            member.write(out, at, self.category_ids, &mut first);
        }
        for (name, value) in overlay.iter().flat_map(Overlay::rest) {
            if !std::mem::take(&mut first) {
                out.bytes.push(b',');
            }
            write_text(&mut out.bytes, name);
            out.bytes.push(b':');
            out.bytes.extend_from_slice(value);
        }
        out.bytes.push(b'}');
        Ok(())
    }

    /// Adds to the report what the records written so far could not say.
    pub(super) fn report(&self, loss: &mut LossReport) {
        for member in &self.members {
            for row in member.not_finite.iter().take(3) {
                loss.example(&member.name, *row, NOT_FINITE);
            }
            loss.add(&member.name, member.not_finite_count, NOT_FINITE);
        }
    }
}

const NOT_FINITE: &str = "JSON has no NaN and no infinity: they are null";

/// The member that a key without one of its own becomes: its name without `attr.`, unless that is taken.
fn free_name<'n>(members: &[Member<'_>], base: &'n str) -> &'n str {
    let short = base.strip_prefix("attr.").unwrap_or(base);
    let taken = KNOWN.contains(&short) || members.iter().any(|m| m.name == short);
    if taken { base } else { short }
}

/// Members whose meaning is COCO's, whether or not the records at hand have them.
const KNOWN: [&str; 11] = [
    "id",
    "image_id",
    "category_id",
    "bbox",
    "area",
    "iscrowd",
    "segmentation",
    "keypoints",
    "num_keypoints",
    "caption",
    "score",
];

/// How many objects have a value for a key.
fn count(table: &Table, chunks: &Chunks) -> u64 {
    let lists = (0..table.rows).filter_map(|row| chunks.list(row));
    let values = lists.map(|(child, mut at)| (&mut at).filter(|i| !child.is_null(*i)).count());
    u64::try_from(values.sum::<usize>()).unwrap_or(u64::MAX)
}
