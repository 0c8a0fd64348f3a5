//! The annotation of each row, from its keys and its objects.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use super::names::Names;
use super::object::{self, Object, Style};
use super::record::{Forms, any_text, attr_text, by_path};
use crate::convert::LossReport;
use crate::convert::export::{Cell, Reader, Table};
use crate::convert::voc::extra::Extra;
use crate::convert::voc::images::written_name;
use crate::convert::voc::number;
use crate::convert::voc::plan::{ANNOTATION_SHAPE, Attr, OBJECT_SHAPE};
use crate::convert::voc::render;
use crate::convert::voc::residue::{self, Residue};
use crate::convert::voc::slot::FLAGS;
use crate::convert::voc::values::Rules;
use crate::convert::voc::xml::Pen;
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::Axis;
use crate::schema::classes::ClassTable;

/// The annotations of a view.
pub(super) struct Annotations<'a> {
    pub(super) ds: &'a Dataset,
    pub(super) names: &'a Names,
    pub(super) residue: Option<&'a Residue>,
    pub(super) set: &'a str,
    pub(super) classes: &'a ClassTable,
    /// True if the masks of the set are painted into label PNGs.
    pub(super) painted: bool,
}

/// How many rows have an annotation, and how many objects are in them.
pub(super) struct Written {
    pub(super) rows: u64,
    pub(super) objects: u64,
}

/// Keys of rows that are written otherwise, or are no data of their own.
/// What VOC's tools ask for beside names and sizes, and the keys that an import of VOC gives it.
const HEADER: [(&str, &str); 4] = [
    ("folder", "attr.folder"),
    ("source/database", "attr.database"),
    ("size/depth", "attr.depth"),
    ("segmented", "attr.segmented"),
];

/// Row keys that are written, or that nothing is lost by leaving out.
const ROW_KEYS: [&str; 11] = [
    "image_id",
    "file_name",
    "source",
    "split",
    "height",
    "width",
    "img",
    "content_hash",
    "orientation",
    "label_map",
    "instance_map",
];

/// Keys of objects that have a place in VOC.
const OBJECT_KEYS: [&str; 4] = ["label", "bbox", "rbox", "attr.part"];

/// True for a name that an element can have.
fn is_action(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// What rows are written by.
struct RowStyle<'a> {
    shape: &'a str,
    attrs: HashMap<&'a str, &'a Attr>,
}

impl Annotations<'_> {
    /// The actions that the keys of the set tell of, as an import of VOC names them.
    fn actions(&self) -> Vec<String> {
        let flags = crate::schema::field::list(arrow_schema::DataType::Boolean);
        let action = |field: &arrow_schema::FieldRef| {
            let of_set = Axis::of(field).is_ok_and(|axis| axis.set() == Some(self.set));
            let base = crate::schema::axis::base_name(field).ok()?;
            let name = base.strip_prefix("attr.action.").filter(|name| is_action(name))?;
            (of_set && *field.data_type() == flags).then(|| name.to_owned())
        };
        self.ds.keys().iter().filter_map(|key| action(key.field()?)).collect()
    }

    /// Hands on an annotation for each row that has one: its file and its text.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a set that is not there; those of reading rows and of whoever takes them.
    pub(super) fn write(
        &self,
        take: &mut dyn FnMut(&str, &[u8]) -> Result<()>,
        loss: &mut LossReport,
        job: &Job,
    ) -> Result<Written> {
        let own = self.residue.is_some() && self.set.is_empty();
        let (row_attrs, object_attrs, actions) = match self.residue {
            Some(residue) if own => (
                residue::attrs(&residue.head.annotation_attrs),
                residue::attrs(&residue.head.object_attrs),
                residue.head.actions.clone(),
            ),
            Some(residue) => (residue::attrs(&residue.head.annotation_attrs), Vec::new(), self.actions()),
            None => (Vec::new(), Vec::new(), self.actions()),
        };
        let head = self.residue.map(|r| &r.head);
        let some = |shape: &'_ str, usual| if shape.is_empty() { usual } else { shape.to_owned() };
        let row_shape = some(head.map_or("", |h| &h.annotation_shape), ANNOTATION_SHAPE.to_owned());
        let object_shape =
            some(head.filter(|_| own).map_or("", |h| &h.object_shape), OBJECT_SHAPE.to_owned());
        let rules = head.map(|h| Rules { coords: h.coords, styles: h.styles() }).unwrap_or_default();
        let rows = RowStyle { shape: &row_shape, attrs: by_path(&row_attrs) };
        let mut style = Style {
            rules,
            shape: &object_shape,
            attrs: by_path(&object_attrs),
            actions: &actions,
            classes: self.classes,
            own,
            others: Vec::new(),
        };
        self.plan_keys(&mut style, &rows, loss, job)?;
        let set = self.set;
        let reader = Reader::new(self.ds, |axis, base| match axis.set() {
            None => !["img", "content_hash", "orientation", "label_map", "instance_map", "panoptic"]
                .contains(&base),
            Some(other) => other == set,
        })?;
        let all: Vec<usize> = (0..self.ds.len()).collect();
        let stage = job.stage("writing annotations", u64::try_from(all.len()).ok());
        let mut written = Written { rows: 0, objects: 0 };
        let (mut row_forms, mut object_forms) = (Forms::default(), Forms::default());
        let mut out = Vec::new();
        for window in reader.windows(&all, job) {
            let (numbers, table) = window?;
            for (at, row) in numbers.iter().enumerate() {
                stage.advance(1)?;
                let Some(objects) = table.objects(at) else { continue };
                let Some(file) = self.names.xml(*row) else { continue };
                out.clear();
                let mut pen = Pen::new(&mut out);
                let mut writer = ObjectWriter {
                    table: &table,
                    row: at,
                    next: 0,
                    objects,
                    style: &style,
                    forms: &mut object_forms,
                    loss: RefCell::new(loss),
                    failed: None,
                };
                self.row(&mut pen, &table, at, *row, &rows, &mut row_forms, &mut writer)?;
                if let Some(error) = writer.failed {
                    return Err(error.at(Place::area("voc").row(u64::try_from(*row).unwrap_or(u64::MAX))));
                }
                take(&file, &out)?;
                written.rows += 1;
                written.objects += u64::try_from(objects).unwrap_or(0);
            }
        }
        Ok(written)
    }

    /// Finds the keys that have no place in VOC: attributes get one, the rest is counted as lost.
    fn plan_keys(
        &self,
        style: &mut Style<'_>,
        rows: &RowStyle<'_>,
        loss: &mut LossReport,
        job: &Job,
    ) -> Result<()> {
        let mut lost: Vec<(String, &'static str)> = Vec::new();
        let mut found = false;
        for field in self.ds.keys().iter().filter_map(|key| key.field()) {
            let (axis, base) = (Axis::of(field)?, crate::schema::axis::base_name(field)?);
            match axis.set() {
                Some(set) if set == self.set => {
                    found = true;
                    let known = OBJECT_KEYS.contains(&base)
                        || FLAGS.contains(&base)
                        || base == "object_extra"
                        || style.attrs.values().any(|attr| attr.key == base)
                        || style
                            .actions
                            .iter()
                            .any(|name| crate::convert::voc::plan::action_key(name) == base)
                        || (style.own && base == "point")
                        || ((style.own || self.painted) && base == "segmentation");
                    let name = base.strip_prefix("attr.");
                    let plain = name.filter(|name| {
                        let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
                        !name.is_empty() && name.len() <= 64 && name.chars().all(sign)
                    });
                    let scalar = match field.data_type() {
                        arrow_schema::DataType::List(item) => !item.data_type().is_nested(),
                        _ => false,
                    };
                    match plain.filter(|_| scalar) {
                        _ if known => {}
                        Some(name) => style.others.push((base.to_owned(), name.to_owned())),
                        None => lost.push((field.name().clone(), why(base))),
                    }
                    if base == "object_extra" && !style.own {
                        lost.push((field.name().clone(), "these members have no place in VOC"));
                    }
                }
                Some("masks") => {}
                Some(_) => {
                    lost.push((field.name().clone(), "VOC holds one set of objects: choose it with --set"))
                }
                None => {
                    let known = ROW_KEYS.contains(&base)
                        || (base == "extra" && self.residue.is_some())
                        || (base == "image_label" && self.residue.is_some())
                        || HEADER.iter().any(|(_, key)| self.residue.is_none() && *key == base)
                        || rows.attrs.values().any(|attr| attr.key == base);
                    if !known {
                        lost.push((field.name().clone(), "VOC has no place for it"));
                    }
                }
            }
        }
        if !found && !self.set.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, format!("no object set '{}'", self.set))
                .at(Place::area("voc"))
                .remedy("`lensframe info` lists the sets"));
        }
        count_lost(self.ds, &lost, loss, job)
    }

    #[allow(clippy::too_many_arguments, reason = "a row, what it is written by, and where to")]
    fn row(
        &self,
        pen: &mut Pen<'_>,
        table: &Table,
        at: usize,
        row: usize,
        style: &RowStyle<'_>,
        forms: &mut Forms,
        objects: &mut ObjectWriter<'_, '_>,
    ) -> Result<()> {
        let cell = |key: &str| table.row_key(key).and_then(|c| c.cell(at));
        let own = self.names.is_own(row);
        let mut extra = match cell("extra").and_then(Cell::text).filter(|_| own) {
            Some(text) => Extra::read(text)?,
            None => Extra::default(),
        };
        objects.loss.borrow_mut().add("extra", extra.foreign, "these members are not from VOC");
        if !own {
            let source = cell("source").and_then(Cell::text).unwrap_or("Unknown");
            let masks = table.object_key("segmentation");
            let painted = self.painted
                && (0..objects.objects).any(|o| masks.is_some_and(|c| c.element(at, o).is_some()));
            let segmented = if painted { "1" } else { "0" };
            for (path, text) in [
                ("folder", "JPEGImages"),
                ("source/database", source),
                ("size/depth", "3"),
                ("segmented", segmented),
            ] {
                let key = HEADER.iter().find(|(known, _)| *known == path).map(|(_, key)| *key);
                let declared = key.and_then(cell).and_then(any_text);
                extra.suppose(path, declared.as_deref().unwrap_or(text));
            }
            let why = "VOC's tools ask for folder, database, depth and segmented: those not said are made up";
            objects.loss.borrow_mut().change("annotation", 1, why);
        }
        let shape = match (own, extra.shape.as_deref()) {
            (false, _) => ANNOTATION_SHAPE,
            (true, Some(shape)) => shape,
            (true, None) => style.shape,
        };
        let Some(form) = forms.get(shape, true).or_else(|| forms.get(ANNOTATION_SHAPE, true)) else {
            return Ok(());
        };
        let file_name = cell("file_name").and_then(Cell::text);
        let declared_name = if own { None } else { self.names.declared(row, file_name) };
        let mut wanted: Vec<String> = Vec::new();
        for (path, key) in [("size/width", "width"), ("size/height", "height")] {
            let lacks = own && extra.absent.iter().any(|absent| absent == path);
            wanted.extend(cell(key).filter(|_| !lacks).map(|_| path.to_owned()));
        }
        for (path, attr) in style.attrs.iter().filter(|_| own) {
            wanted.extend(cell(&attr.key).map(|_| (*path).to_owned()));
        }
        wanted.extend(extra.order.iter().cloned());
        let form = form.with(&wanted, true);
        let mut lookup = |path: &str| -> Option<Cow<'_, str>> {
            let size = |key: &str| cell(key).and_then(Cell::int);
            let key_text = match path {
                "filename" => match &declared_name {
                    Some(name) => Some(Cow::Borrowed(name.as_str())),
                    None => file_name.map(|name| Cow::Borrowed(written_name(name))),
                },
                "size/width" => size("width").map(|v| Cow::Owned(v.to_string())),
                "size/height" => size("height").map(|v| Cow::Owned(v.to_string())),
                _ => {
                    let attr = style.attrs.get(path).filter(|_| own);
                    attr.and_then(|attr| attr_text(cell(&attr.key)?, attr.kind))
                }
            };
            if let Some(text) = extra.declared.get(path) {
                let holds = match path {
                    "filename" => true,
                    "size/width" | "size/height" => {
                        let key = key_text.as_deref().and_then(number::read);
                        key.is_none() || number::read(text) == key
                    }
                    _ => key_text.is_none(),
                };
                if holds {
                    return Some(Cow::Borrowed(text));
                }
            }
            key_text.or_else(|| extra.members.get(path).map(|text| Cow::Borrowed(text.as_str())))
        };
        render::record(pen, "annotation", &form.items, &mut lookup, &mut |pen, count| {
            objects.write(pen, count)
        });
        Ok(())
    }
}

/// The objects of a row that are still to be written.
struct ObjectWriter<'a, 'l> {
    table: &'a Table,
    row: usize,
    next: usize,
    objects: usize,
    style: &'a Style<'a>,
    forms: &'a mut Forms,
    loss: RefCell<&'l mut LossReport>,
    failed: Option<Error>,
}

impl ObjectWriter<'_, '_> {
    fn write(&mut self, pen: &mut Pen<'_>, count: Option<usize>) {
        let end = count.map_or(self.objects, |count| self.objects.min(self.next.saturating_add(count)));
        for object in self.next..end {
            let object = Object { table: self.table, row: self.row, object };
            let done = object::write(pen, object, self.style, self.forms, &mut self.loss.borrow_mut());
            if let Err(error) = done {
                self.failed.get_or_insert(error);
            }
        }
        self.next = self.next.max(end);
    }
}

/// Why a key of objects has no place.
fn why(base: &str) -> &'static str {
    match base {
        "crowded" => "VOC has no crowds",
        "segmentation" => "VOC's annotations have no masks",
        "object_id" => "VOC's objects have no ids",
        "ordinal" => "VOC has no order across images",
        "area" => "VOC does not declare areas",
        _ => "VOC has no place for it",
    }
}

/// Counts the values of keys that are not written.
fn count_lost(ds: &Dataset, lost: &[(String, &'static str)], loss: &mut LossReport, job: &Job) -> Result<()> {
    for (key, why) in lost {
        let one = ds.select([key.as_str()].as_slice())?;
        let mut axis = None;
        let reader = Reader::new(&one, |of, _| {
            axis = of.set().map(str::to_owned);
            true
        })?;
        let all: Vec<usize> = (0..one.len()).collect();
        let mut values = 0u64;
        for window in reader.windows(&all, job) {
            let (rows, table) = window?;
            for at in 0..rows.len() {
                for column in &table.row_keys {
                    values += u64::from(column.chunks.cell(at).is_some());
                }
                for column in &table.object_keys {
                    let objects = table.objects(at).unwrap_or(0);
                    let there = |object: &usize| column.chunks.element(at, *object).is_some();
                    let counted = (0..objects).filter(there).filter(|object| {
                        // A crowd flag that says no is nothing lost.
                        let cell = column.chunks.element(at, *object);
                        cell.and_then(Cell::flag) != Some(false)
                            && cell.and_then(any_text).as_deref() != Some("")
                    });
                    values += u64::try_from(counted.count()).unwrap_or(0);
                }
            }
        }
        loss.add(key, values, why);
    }
    Ok(())
}
