//! One record after the other: an image or an annotation as JSON text, members in the order of their file.
//!
//! Written straight from the columns by the rule of [`crate::convert::coco`]: declared values replace the
//! columns', absent members are left out, other members stand at their place in the template or at the end.
//! Extra text of another format adds members and replaces none.

use super::ids::{IMAGE_WAS, Ids, OBJECT_WAS};
use super::keys;
use super::lack::Lacks;
use super::member::{At, Extent, Member, Source};
use super::overlay::Overlay;
use super::plan::FilePlan;
use crate::convert::LossReport;
use crate::convert::export::{Cell, Chunks, Sink, Table, writable};
use crate::convert::json::write_text;
use crate::error::Result;
use crate::schema::axis::key_name;

/// What the records of a file are made with.
#[derive(Clone, Copy)]
pub(super) struct Making<'a> {
    pub(super) plan: &'a FilePlan<'a>,
    pub(super) image_ids: &'a Ids,
    pub(super) object_ids: &'a Ids,
    /// The category id of each label, as JSON text.
    pub(super) category_ids: &'a [String],
    /// Area and crowd flags that are not said are made.
    pub(super) fill: bool,
}

/// Writes the records of one kind for the rows of one table.
pub(super) struct Records<'a> {
    members: Vec<Member<'a>>,
    extra: Option<&'a Chunks>,
    /// The key of `extra`.
    extra_key: &'static str,
    /// Members of COCO, which foreign text does not replace.
    known: &'static [&'static str],
    making: Making<'a>,
    lacks: Lacks<'a>,
    /// Spellings of another format that were not written.
    foreign: u64,
}

const NO_MEMBER: &str = "JSON has no form for values of this kind";
const NOT_FINITE: &str = "JSON has no NaN and no infinity: they are null";
const FOREIGN: &str = "how another format spelt some values is for that format alone";

impl<'a> Records<'a> {
    /// The image records of a file.
    pub(super) fn images(making: Making<'a>, table: &'a Table, loss: &mut LossReport) -> Records<'a> {
        let plan = making.plan;
        let ids = table.row_key("image_id");
        let mut members = vec![Member::new("id", Source::ImageId { ids, made: making.image_ids })];
        for name in ["file_name", "height", "width"] {
            members.extend(table.row_key(name).map(|c| Member::new(name, Source::Row(c))));
        }
        if let (Some(labels), true) = (table.row_key("image_label"), plan.set.is_empty()) {
            members.push(Member::new("category_ids", Source::Categories(labels)));
        }
        let own = key_name(&plan.set, "image_extra");
        for column in &table.row_keys {
            let base = column.base.as_str();
            if keys::ROW.contains(&base) || base == own {
                continue;
            }
            if writable(&column.ty) {
                let name = free_name(&members, keys::IMAGE_MEMBERS, base);
                members.push(Member::new(name, Source::Row(&column.chunks)));
            } else if plan.primary {
                let values = (0..table.rows).filter(|row| column.chunks.cell(*row).is_some()).count();
                loss.add(base, u64::try_from(values).unwrap_or(u64::MAX), NO_MEMBER);
            }
        }
        let said = members.iter().any(|m| m.name == IMAGE_WAS);
        if let (Some(ids), true) = (ids, making.image_ids.any() && !said) {
            members.push(Member::new(IMAGE_WAS, Source::ImageWas { ids, made: making.image_ids }));
        }
        Records {
            members: ordered(members, &plan.image_members),
            extra: table.row_key("extra"),
            extra_key: "extra",
            known: keys::IMAGE_MEMBERS,
            lacks: Lacks::of_images(plan, table),
            making,
            foreign: 0,
        }
    }

    /// The annotation records of a file.
    pub(super) fn annotations(making: Making<'a>, table: &'a Table, loss: &mut LossReport) -> Records<'a> {
        let plan = making.plan;
        let key = |base: &str| table.object_key(base);
        let (boxes, shapes, ids) = (key("bbox"), key("segmentation"), key("object_id"));
        let extended = boxes.is_some() || shapes.is_some();
        let fill = (making.fill && extended).then_some(Extent { boxes, shapes });
        let image = Source::ImageId { ids: table.row_key("image_id"), made: making.image_ids };
        let id = Source::Id { ids, made: making.object_ids };
        let mut members = vec![Member::new("id", id)];
        // A segment's image is its record's.
        members.extend(plan.record_members.is_none().then(|| Member::new("image_id", image)));
        let mut add = |name: &str, source: Option<Source<'a>>| {
            members.extend(source.map(|source| Member::new(name, source)));
        };
        let one = (plan.custom && extended).then_some(Source::OneCategory);
        add("category_id", key("label").map(Source::Category).or(one));
        let style = |member| plan.style(member);
        let segmentation =
            |shapes| Source::Segmentation { shapes, style: style("segmentation"), strict: plan.custom };
        add("segmentation", shapes.map(segmentation));
        if key("area").is_some() || fill.is_some() {
            add("area", Some(Source::Area { areas: key("area"), fill, style: style("area") }));
        }
        let made_box = fill.filter(|_| plan.custom);
        if boxes.is_some() || made_box.is_some() {
            add("bbox", Some(Source::Box { boxes, fill: made_box, style: style("bbox") }));
        }
        if key("crowded").is_some() || fill.is_some() {
            add("iscrowd", Some(Source::Flag { flags: key("crowded"), fill: fill.is_some() }));
        }
        if let Some(points) = key("point") {
            let visible = key("visible");
            add("keypoints", Some(Source::Keypoints { points, visible, style: style("keypoints") }));
            if plan.counts_points() {
                add("num_keypoints", Some(Source::KeypointCount { points, visible }));
            }
        }
        add("caption", key("caption").map(Source::Object));
        add("score", key("score").map(|c| Source::Float(c, style("score"))));
        for column in table.object_keys.iter().filter(|c| !keys::OBJECT.contains(&c.base.as_str())) {
            if writable(&column.ty) {
                let name = free_name(&members, keys::OBJECT_MEMBERS, &column.base);
                members.push(Member::new(name, Source::Object(&column.chunks)));
            } else {
                loss.add(&column.base, keys::count(table, &column.chunks), NO_MEMBER);
            }
        }
        let said = members.iter().any(|m| m.name == OBJECT_WAS);
        if let (Some(ids), true) = (ids, making.object_ids.any() && !said) {
            members.push(Member::new(OBJECT_WAS, Source::ObjectWas { ids, made: making.object_ids }));
        }
        keys::report(table, loss);
        Records {
            members: ordered(members, &plan.annotation_members),
            extra: key("object_extra"),
            extra_key: "object_extra",
            known: keys::OBJECT_MEMBERS,
            lacks: Lacks::of_annotations(plan, table, making.category_ids),
            making,
            foreign: 0,
        }
    }

    /// True if the annotation can be written: COCO's tools can read a file that has it.
    pub(super) fn can_write(&mut self, at: At) -> bool {
        self.lacks.annotation(at)
    }

    /// Appends the record of the image in row `at.row`.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Corrupt`] if its extra text is no JSON object.
    pub(super) fn image(&mut self, out: &mut Sink, at: At) -> Result<()> {
        self.lacks.image(at);
        let extra = self.extra.and_then(|c| c.cell(at.row));
        self.write(out, at, extra)
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
        let foreign = self.making.plan.foreign;
        let mut overlay = match extra.and_then(Cell::text) {
            Some(text) => Some(Overlay::parse(text, at.place(), self.extra_key)?),
            None => None,
        };
        if let (Some(overlay), true) = (&mut overlay, foreign) {
            self.foreign += overlay.make_foreign();
        }
        let mut first = true;
        out.bytes.push(b'{');
        for member in &mut self.members {
            if let Some(overlay) = overlay.as_mut().filter(|_| !foreign && !member.is_made(at)) {
                if let Some(value) = overlay.take(&member.name) {
                    member.begin(out, &mut first);
                    out.bytes.extend_from_slice(value);
                    continue;
                }
                if overlay.lacks(&member.name) {
                    continue;
                }
            }
            member.write(out, at, self.making.category_ids, &mut first);
        }
        for (name, value) in overlay.iter().flat_map(Overlay::rest) {
            let member = self.members.iter().find(|m| m.name == name);
            if !foreign && member.is_some_and(|m| m.is_made(at)) {
                continue;
            }
            let taken = foreign && (member.is_some() || self.known.contains(&name));
            if !std::mem::take(&mut first) {
                out.bytes.push(b',');
            }
            match taken {
                true => write_text(&mut out.bytes, &format!("{}.{name}", self.extra_key)),
                false => write_text(&mut out.bytes, name),
            }
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
        loss.add(self.extra_key, self.foreign, FOREIGN);
        self.lacks.report(loss);
    }
}

/// The members in the order of the file's template, those it does not have at the end.
fn ordered<'a>(mut members: Vec<Member<'a>>, template: &[String]) -> Vec<Member<'a>> {
    let mut ordered = Vec::new();
    for name in template {
        match members.iter().position(|m| m.name == *name) {
            Some(at) => ordered.push(members.remove(at)),
            None => ordered.push(Member::new(name.as_str(), Source::Nowhere)),
        }
    }
    ordered.extend(members);
    ordered
}

/// The member that a key without one of its own becomes: its name without `attr.`, unless that is taken.
fn free_name<'n>(members: &[Member<'_>], known: &[&str], base: &'n str) -> &'n str {
    let short = base.strip_prefix("attr.").unwrap_or(base);
    let taken = known.contains(&short) || members.iter().any(|m| m.name == short);
    if taken { base } else { short }
}
