//! One object written from its keys.

use std::borrow::Cow;
use std::collections::HashMap;

use super::record::{Forms, any_text, attr_text};
use crate::convert::LossReport;
use crate::convert::export::{Cell, Chunks, Table};
use crate::convert::voc::extra::Extra;
use crate::convert::voc::plan::{Attr, OBJECT_SHAPE, action_key};
use crate::convert::voc::render;
use crate::convert::voc::slot::{CORNERS, FLAGS, ROTATED, Slot, step};
use crate::convert::voc::values::{PartValue, Rules, Texts, Values, flag, flag_text};
use crate::convert::voc::xml::Pen;
use crate::error::Result;
use crate::schema::classes::ClassTable;

/// How objects are written.
#[derive(Debug)]
pub(super) struct Style<'a> {
    pub(super) rules: Rules,
    pub(super) shape: &'a str,
    /// Leaves that have a key, by path.
    pub(super) attrs: HashMap<&'a str, &'a Attr>,
    pub(super) actions: &'a [String],
    pub(super) classes: &'a ClassTable,
    /// True if the dataset came from VOC: absent flags are then absent, and polygons are elements.
    pub(super) own: bool,
    /// Attributes without a place of their own: key and name.
    pub(super) others: Vec<(String, String)>,
}

/// An object of a table.
#[derive(Clone, Copy)]
pub(super) struct Object<'t> {
    pub(super) table: &'t Table,
    pub(super) row: usize,
    pub(super) object: usize,
}

impl<'t> Object<'t> {
    fn cell(&self, key: &str) -> Option<Cell<'t>> {
        self.table.object_key(key).and_then(|c: &Chunks| c.element(self.row, self.object))
    }

    fn numbers<const N: usize>(&self, key: &str) -> Option<[f64; N]> {
        self.cell(key).and_then(Cell::floats)?.try_into().ok()
    }
}

fn values(object: Object<'_>, style: &Style<'_>) -> Values {
    let class = object.cell("label").and_then(Cell::int).and_then(|label| style.classes.get(label));
    let part = |cell: Option<Cell<'_>>| PartValue {
        name: cell.and_then(|c| c.member("name")).and_then(Cell::text).map(str::to_owned),
        bbox: cell.and_then(|c| c.member("bbox")).and_then(Cell::floats).and_then(|v| v.try_into().ok()),
    };
    let point = |cell: Option<Cell<'_>>| -> Option<[f64; 2]> { cell.and_then(Cell::floats)?.try_into().ok() };
    let ring = || -> Option<Vec<f64>> {
        let mut rings = object.cell("segmentation")?.member("polygon")?.items()?;
        let first = rings.next()??.floats()?;
        rings.next().is_none().then(|| first.to_vec())
    };
    Values {
        name: class.map(|class| class.name.clone()),
        bbox: object.numbers("bbox"),
        flags: FLAGS.map(|key| object.cell(key).and_then(Cell::flag)),
        parts: object
            .cell("attr.part")
            .and_then(Cell::items)
            .map(|all| all.map(part).collect())
            .unwrap_or_default(),
        points: object.cell("point").and_then(Cell::items).and_then(|all| all.map(point).collect()),
        rotated: object.numbers("rbox"),
        polygon: ring(),
    }
}

/// The paths whose values are known.
fn paths(values: &Values) -> Vec<String> {
    let mut paths = Vec::new();
    paths.extend(values.name.as_ref().map(|_| "name".to_owned()));
    for (name, flag) in FLAGS.iter().zip(values.flags) {
        paths.extend(flag.map(|_| (*name).to_owned()));
    }
    if values.bbox.is_some() {
        paths.extend(CORNERS.map(|corner| format!("bndbox/{corner}")));
    }
    if values.rotated.is_some() {
        paths.extend(ROTATED.map(|name| format!("robndbox/{name}")));
    }
    paths.extend(values.polygon.as_ref().map(|_| "polygon/x1".to_owned()));
    for n in 0..values.points.as_ref().map_or(0, Vec::len) {
        paths.extend(["x", "y"].map(|axis| format!("{}/{axis}", step("point", n))));
    }
    for (n, part) in values.parts.iter().enumerate() {
        let part_step = step("part", n);
        paths.extend(part.name.as_ref().map(|_| format!("{part_step}/name")));
        if part.bbox.is_some() {
            paths.extend(CORNERS.map(|corner| format!("{part_step}/bndbox/{corner}")));
        }
    }
    paths
}

/// Writes an object.
///
/// # Errors
/// [`crate::error::ErrorKind::Corrupt`] for extra text that is no JSON.
pub(super) fn write(
    pen: &mut Pen<'_>,
    object: Object<'_>,
    style: &Style<'_>,
    forms: &mut Forms,
    loss: &mut LossReport,
) -> Result<()> {
    let mut values = values(object, style);
    let mut extra = match object.cell("object_extra").and_then(Cell::text).filter(|_| style.own) {
        Some(text) => Extra::read(text)?,
        None => Extra::default(),
    };
    loss.add("object_extra", extra.foreign, "these members are not from VOC");
    if !style.own {
        // What VOC's own tools ask for.
        const WHY: &str = "VOC's tools ask for it: written as Unspecified or 0 where nothing is said";
        if object.cell("attr.pose").is_none() {
            extra.suppose("pose", "Unspecified");
            loss.change("attr.pose", 1, WHY);
        }
        for (flag, key) in values.flags.iter_mut().zip(FLAGS).take(2) {
            loss.change(key, u64::from(flag.is_none()), WHY);
            flag.get_or_insert(false);
        }
        values.polygon = None;
        values.points = None;
    }
    let shape = extra.shape.as_deref().unwrap_or(style.shape);
    let Some(form) = forms.get(shape, false).or_else(|| forms.get(OBJECT_SHAPE, false)) else {
        return Ok(());
    };
    let mut wanted = paths(&values);
    for (path, attr) in &style.attrs {
        if object.cell(&attr.key).is_some() {
            wanted.push((*path).to_owned());
        }
    }
    for name in style.actions {
        if object.cell(&action_key(name)).is_some() {
            wanted.push(format!("actions/{name}"));
        }
    }
    let mut others: HashMap<String, &str> = HashMap::new();
    for (key, name) in &style.others {
        if object.cell(key).is_some() {
            let path = if name == "pose" { "pose".to_owned() } else { format!("attributes/={name}") };
            wanted.push(path.clone());
            others.insert(path, key);
        }
    }
    wanted.extend(extra.order.iter().cloned());
    let form = form.with(&wanted, false);
    let again = declared(&values, &extra, form.paths(), style);
    let mut lookup = |path: &str| -> Option<Cow<'_, str>> {
        let slot = Slot::of(path);
        if let Some(key) = others.get(path) {
            return object.cell(key).and_then(any_text);
        }
        if let Some(text) = extra.declared.get(path) {
            let holds = match slot {
                Slot::Action(name) => object.cell(&action_key(name)).and_then(Cell::flag) == flag(text),
                Slot::Other => style.attrs.get(path).is_none_or(|attr| object.cell(&attr.key).is_none()),
                slot => again.as_ref().is_some_and(|again| again.agrees(&values, slot)),
            };
            if holds {
                return Some(Cow::Borrowed(text));
            }
        }
        match slot {
            Slot::Action(name) => {
                let flag = object.cell(&action_key(name)).and_then(Cell::flag);
                flag.map(|flag| Cow::Borrowed(flag_text(flag)))
            }
            Slot::Other => {
                let attr = style.attrs.get(path);
                attr.and_then(|attr| attr_text(object.cell(&attr.key)?, attr.kind))
            }
            slot => values.text(slot, &style.rules).map(Cow::Owned),
        }
        .or_else(|| extra.members.get(path).map(|text| Cow::Borrowed(text.as_str())))
    };
    render::record(pen, "object", &form.items, &mut lookup, &mut |_, _| {});
    Ok(())
}

/// What the object would say with its declared texts; `None` if it has none.
fn declared(values: &Values, extra: &Extra, paths: &[String], style: &Style<'_>) -> Option<Values> {
    if extra.declared.is_empty() {
        return None;
    }
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut take = |path: &str| {
        let text = extra.declared.get(path).cloned().or_else(|| values.text(Slot::of(path), &style.rules));
        let there = text.is_some();
        texts.extend(text.map(|text| (path.to_owned(), text)));
        there
    };
    for path in paths {
        match path.strip_suffix("/x1").filter(|_| matches!(Slot::of(path), Slot::Vertex(..))) {
            // Of points, the shape says the first alone.
            Some(polygon) => {
                let mut n = 1usize;
                while take(&format!("{polygon}/x{n}")) && take(&format!("{polygon}/y{n}")) {
                    n += 1;
                }
            }
            None => drop(take(path)),
        }
    }
    let mut slots = Texts::default();
    for (path, text) in &texts {
        slots.take(Slot::of(path), text);
    }
    Some(slots.read(style.rules.coords))
}
