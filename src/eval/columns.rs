//! An object set of a dataset as one side of a comparison.
//!
//! Columns are read window by window and copied into the flat columns of [`Side`]: no value is made for an object.
//! A row in which the set is null (not annotated) is no image of the comparison; one with an empty list is.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, UInt8Type, UInt32Type};
use arrow_array::{Array, ArrayRef, ListArray, PrimitiveArray, StructArray};

use super::comparison::{ClassEntry, ImageEntry};
use super::images::ImageId;
use super::objects::Flags;
use super::read::Wanted;
use super::side::Side;
use crate::dataset::{Access, Batch, Column, Dataset, Rows};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Size;
use crate::job::Job;
use crate::schema::axis::key_name;
use crate::schema::classes::SourceId;

/// Rows that are read at a time.
const WINDOW: usize = 16_384;

/// Which of the two sides a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What is there.
    Truth,
    /// What was found: every object has a score.
    Found,
}

/// The objects of a set. Images are named by `image_id`, or by their row where there is none.
///
/// # Errors
/// [`ErrorKind::NotFound`] for an unknown set; [`ErrorKind::Key`] if a key is absent that cannot be done without,
/// as the scores of detections; [`ErrorKind::Type`] for keys of other types than the schema's; those of reading.
pub fn side(ds: &Dataset, set: &str, role: Role, wanted: &Wanted, job: &Job) -> Result<Side> {
    let mut names: Vec<(&str, String)> =
        ["image_id", "file_name", "height", "width"].map(|n| (n, n.to_owned())).into();
    names.extend(bases(role, wanted).into_iter().map(|base| (base, key_name(set, base))));
    names.retain(|(_, name)| ds.keys().find(name).is_ok());
    let has = |base: &str| names.iter().any(|(known, _)| *known == base);
    let mut needed = vec!["label"];
    needed.extend((role == Role::Found).then_some("score"));
    needed.extend(wanted.boxes.then_some("bbox"));
    needed.extend((wanted.points > 0).then_some("point"));
    needed.extend((wanted.masks && !has("mask")).then_some("segmentation"));
    if let Some(base) = needed.into_iter().find(|base| !has(base)) {
        let shown = if set.is_empty() { "default" } else { set };
        return Err(Error::new(ErrorKind::Key, format!("the set '{shown}' has no {base}"))
            .at(Place::area("eval").key(key_name(set, base)))
            .remedy("name another set as DATASET#SET, or another metric"));
    }
    let mut side = Side { classes: classes(ds, set), ..Side::default() };
    let view = ds.select(names.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>())?;
    let names: Vec<&str> = names.iter().map(|(base, _)| *base).collect();
    for start in (0..view.len()).step_by(WINDOW) {
        job.check()?;
        let rows = Rows::all(view.len()).slice(start..view.len().min(start + WINDOW))?;
        let batch = view.read_rows(&rows, &Access::new(job))?.whole()?;
        let window = Window { names: &names, batch: &batch, first: start };
        window.add(&mut side, role, wanted)?;
    }
    Ok(side)
}

/// The keys of a set that an evaluator reads.
fn bases(role: Role, wanted: &Wanted) -> Vec<&'static str> {
    let mut bases = vec!["label", "bbox"];
    match role {
        Role::Truth => {
            bases.extend(["area", "crowded", "group_of"]);
            // COCO's own evaluator puts `iscrowd` in the place of a file's `ignore`, and knows no difficult objects.
            let left_out = wanted.left_out || wanted.corrected;
            bases.extend(left_out.then_some(["difficult", "ignored"]).into_iter().flatten());
        }
        Role::Found => bases.push("score"),
    }
    bases.extend(wanted.masks.then_some(["mask", "segmentation"]).into_iter().flatten());
    bases.extend((wanted.points > 0).then_some(["point", "visible"]).into_iter().flatten());
    bases
}

/// The classes of a set; a class without an id of its source has its label.
fn classes(ds: &Dataset, set: &str) -> Vec<Option<ClassEntry>> {
    let entry = |(label, class): (i64, &crate::schema::classes::Class)| {
        let id = match &class.source_id {
            Some(SourceId::Int(id)) => ImageId::Int(*id),
            Some(SourceId::Text(id)) => ImageId::from(id.as_str()),
            None => ImageId::Int(label),
        };
        Some(ClassEntry { id, name: class.name.clone(), supercategory: class.supercategory.clone() })
    };
    ds.classes(set).map(|table| (0..).zip(table.iter()).map(entry).collect()).unwrap_or_default()
}

/// Rows that were read together.
struct Window<'a> {
    names: &'a [&'static str],
    batch: &'a Batch,
    /// The first row's place in the view.
    first: usize,
}

impl Window<'_> {
    fn column(&self, name: &str) -> Option<&Column> {
        self.batch.columns.get(self.names.iter().position(|known| *known == name)?)
    }

    /// The objects of every row, counted by their labels; none where the set is null.
    fn counts(&self) -> Result<Vec<Option<usize>>> {
        let mut counts = Vec::with_capacity(self.batch.len);
        for list in self.lists("label")? {
            counts.extend(
                (0..list.len()).map(|row| list.is_valid(row).then(|| list.value_length(row) as usize)),
            );
        }
        Ok(counts)
    }

    /// The chunks of a list key.
    fn lists(&self, name: &str) -> Result<Vec<&ListArray>> {
        let Some(column) = self.column(name) else { return Ok(Vec::new()) };
        let typed = |chunk: &'_ ArrayRef| chunk.as_list_opt::<i32>().is_some();
        let chunks = column.chunks()?;
        match chunks.iter().find(|chunk| !typed(chunk)) {
            Some(odd) => Err(kind(name, odd)),
            None => Ok(chunks.iter().filter_map(|chunk| chunk.as_list_opt()).collect()),
        }
    }

    /// The elements of a list key, chunk after chunk, of rows that are not null. The set's keys are null together.
    fn elements(&self, name: &str) -> Result<Vec<ArrayRef>> {
        let mut out = Vec::new();
        for list in self.lists(name)? {
            let offsets = list.value_offsets();
            let (Some(first), Some(end)) = (offsets.first(), offsets.last()) else { continue };
            if list.null_count() == 0 {
                out.push(list.values().slice(*first as usize, (end - first) as usize));
                continue;
            }
            for (row, range) in offsets.windows(2).enumerate() {
                if let ([start, end], true) = (range, list.is_valid(row)) {
                    out.push(list.values().slice(*start as usize, (end - start) as usize));
                }
            }
        }
        Ok(out)
    }

    fn add(&self, side: &mut Side, role: Role, wanted: &Wanted) -> Result<()> {
        let counts = self.counts()?;
        self.images(side, &counts, role)?;
        let n: usize = counts.iter().flatten().sum();
        let before = side.records.class.len();
        for chunk in self.elements("label")? {
            let labels = primitive::<Int64Type>("label", &chunk)?;
            for at in 0..labels.len() {
                // A label outside the class table is an unknown class, which is counted as one.
                let label = u32::try_from(labels.value(at)).unwrap_or(u32::MAX);
                side.records.class.push(if labels.is_valid(at) { label } else { u32::MAX });
            }
        }
        self.boxes(side)?;
        let scores = self.floats("score")?;
        side.records.score.extend(&scores);
        let mut areas = self.floats("area")?;
        if areas.is_empty() {
            areas.resize(n, f64::NAN);
        }
        if role == Role::Truth {
            self.flags(side, before, n)?;
        }
        if wanted.masks {
            self.masks(side, n)?;
        }
        if wanted.points > 0 {
            self.points(side, wanted.points)?;
            if role == Role::Truth {
                for object in before..before + n {
                    let labelled = side.records.points.of(object).iter().any(|[_, _, v]| *v > 0.0);
                    if let Some(flags) = side.records.flags.get_mut(object) {
                        flags.ignored |= !labelled;
                    }
                }
            }
        }
        // What declares no area has that of its box, as results do; without a box its pixels are counted.
        for (at, area) in areas.iter_mut().enumerate().filter(|(_, area)| area.is_nan()) {
            if let Some([_, _, w, h]) = side.records.bbox.get(before + at) {
                *area = w * h;
            } else if wanted.points > 0 {
                *area = super::records::extent(side.records.points.of(before + at));
            }
            if role == Role::Truth {
                side.remarks
                    .add("truth.area.absent", "taken from its box", || format!("object {}", before + at));
            }
        }
        side.records.area.extend(areas);
        let images = &side.images;
        side.records.settle(|image| images.get(image as usize)?.as_ref()?.size);
        let lengths = [side.records.image.len(), side.records.class.len(), side.records.area.len()];
        match lengths.windows(2).all(|pair| pair[0] == pair[1]) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Length, "the lists of a row are not of one length")
                .at(Place::area("eval"))
                .remedy("`lensframe verify` names the row")),
        }
    }

    /// The images of these rows, and which object is of which.
    fn images(&self, side: &mut Side, counts: &[Option<usize>], role: Role) -> Result<()> {
        let text = |name: &str, row: usize| {
            self.column(name).and_then(|column| column.value(row).as_text().map(str::to_owned))
        };
        let sides = |name: &str, row: usize| {
            self.column(name).and_then(|column| u32::try_from(column.value(row).as_int()?).ok())
        };
        let ids = self.ids()?;
        for (row, count) in counts.iter().enumerate() {
            let place = side.images.len() as u32;
            if count.is_none() && role == Role::Truth {
                side.remarks.add("truth.not_annotated", "its image is left out", || {
                    format!("row {} is not annotated", self.first + row)
                });
                continue;
            }
            let id = ids.get(row).cloned().unwrap_or(ImageId::Int((self.first + row) as i64));
            let size = sides("height", row).zip(sides("width", row)).map(|(h, w)| Size::new(h, w));
            side.images.push(Some(ImageEntry { id, file_name: text("file_name", row), size }));
            side.records.image.extend(std::iter::repeat_n(place, count.unwrap_or(0)));
        }
        Ok(())
    }

    fn ids(&self) -> Result<Vec<ImageId>> {
        let Some(column) = self.column("image_id") else { return Ok(Vec::new()) };
        let mut ids = Vec::with_capacity(self.batch.len);
        for value in column.values() {
            ids.push(match (value.as_int(), value.as_text()) {
                (Some(id), _) => ImageId::Int(id),
                (_, Some(id)) => ImageId::from(id),
                _ => ImageId::Int((self.first + ids.len()) as i64),
            });
        }
        Ok(ids)
    }

    fn boxes(&self, side: &mut Side) -> Result<()> {
        for chunk in self.elements("bbox")? {
            let Some(boxes) = chunk.as_fixed_size_list_opt().filter(|list| list.value_length() == 4) else {
                return Err(kind("bbox", &chunk));
            };
            let numbers = primitive::<Float64Type>("bbox", boxes.values())?;
            let first = boxes.value_offset_at(0);
            let flat = numbers.values().get(first..first + boxes.len() * 4).unwrap_or_default();
            let (flat, _) = flat.as_chunks::<4>();
            if boxes.null_count() == 0 {
                side.records.bbox.extend_from_slice(flat);
            } else {
                // What has no box has an empty one, which overlaps nothing.
                let known = |at: usize| flat.get(at).copied().filter(|_| boxes.is_valid(at));
                side.records.bbox.extend((0..boxes.len()).map(|at| known(at).unwrap_or_default()));
            }
        }
        Ok(())
    }

    /// The numbers of a key; NaN for null.
    fn floats(&self, name: &str) -> Result<Vec<f64>> {
        let mut out = Vec::new();
        for chunk in self.elements(name)? {
            let numbers = primitive::<Float64Type>(name, &chunk)?;
            match numbers.null_count() {
                0 => out.extend_from_slice(numbers.values()),
                _ => out.extend(numbers.iter().map(|number| number.unwrap_or(f64::NAN))),
            }
        }
        Ok(out)
    }

    fn flags(&self, side: &mut Side, before: usize, n: usize) -> Result<()> {
        side.records.flags.resize(before + n, Flags::default());
        type Set = fn(&mut Flags);
        let keys: [(&str, Set); 4] = [
            ("crowded", |flags| (flags.crowd, flags.ignored) = (true, true)),
            ("difficult", |flags| flags.ignored = true),
            ("ignored", |flags| flags.ignored = true),
            ("group_of", |flags| flags.group = true),
        ];
        for (name, set) in keys {
            let mut at = before;
            for chunk in self.elements(name)? {
                let Some(values) = chunk.as_boolean_opt() else { return Err(kind(name, &chunk)) };
                for value in values {
                    if let (Some(true), Some(flags)) = (value, side.records.flags.get_mut(at)) {
                        set(flags);
                    }
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// Cached masks where there are any, else declared ones.
    fn masks(&self, side: &mut Side, n: usize) -> Result<()> {
        let before = side.records.masks.len();
        let cached = self.elements("mask")?;
        if cached.iter().all(|chunk| chunk.null_count() == 0)
            && cached.iter().map(Array::len).sum::<usize>() == n
            && n > 0
        {
            for chunk in &cached {
                cached_masks(side, chunk)?;
            }
            return Ok(());
        }
        for chunk in self.elements("segmentation")? {
            declared_masks(side, &chunk)?;
        }
        while side.records.masks.len() < before + n {
            side.records.masks.push_absent();
        }
        Ok(())
    }

    fn points(&self, side: &mut Side, each: usize) -> Result<()> {
        side.records.points.each = each;
        let visible = self.elements("visible")?;
        let mut seen = Vec::new();
        for chunk in &visible {
            let Some(lists) = chunk.as_list_opt::<i32>() else { return Err(kind("visible", chunk)) };
            seen.extend((0..lists.len()).map(|at| lists.is_valid(at).then(|| lists.value(at))));
        }
        let mut object = 0;
        for chunk in self.elements("point")? {
            let Some(lists) = chunk.as_list_opt::<i32>() else { return Err(kind("point", &chunk)) };
            for at in 0..lists.len() {
                let flags = seen.get(object).cloned().flatten();
                object += 1;
                let points = if lists.is_valid(at) { Some(lists.value(at)) } else { None };
                let before = side.records.points.values.len();
                if let Some(points) = points.filter(|points| points.len() == each) {
                    let pairs = points.as_fixed_size_list_opt().ok_or_else(|| kind("point", &points))?;
                    let flags = flags.as_ref().and_then(|flags| flags.as_primitive_opt::<UInt8Type>());
                    for n in 0..each {
                        let pair = pairs.value(n);
                        let pair = primitive::<Float64Type>("point", &pair)?;
                        let v = flags
                            .filter(|flags| n < flags.len())
                            .map_or(2.0, |flags| f64::from(flags.value(n)));
                        let xy = |axis: usize| pair.values().get(axis).copied().unwrap_or(f64::NAN);
                        side.records.points.values.push([xy(0), xy(1), v]);
                    }
                }
                side.records.points.values.resize(before + each, [0.0; 3]);
            }
        }
        Ok(())
    }
}

/// Masks as their source declared them.
fn declared_masks(side: &mut Side, chunk: &ArrayRef) -> Result<()> {
    let shapes = structure("segmentation", chunk)?;
    let member = |name: &str| shapes.column_by_name(name).cloned();
    let (sizes, polygons, counts, rle) = (member("size"), member("polygon"), member("counts"), member("rle"));
    let masks = &mut side.records.masks;
    for at in 0..shapes.len() {
        let size = sizes.as_ref().map_or(Ok(Size::new(0, 0)), |sizes| pair(sizes, at))?;
        let valid = |array: &Option<Arc<dyn Array>>| array.as_ref().is_some_and(|array| array.is_valid(at));
        if shapes.is_null(at) {
            masks.push_absent();
        } else if let (Some(rle), true) = (&rle, valid(&rle)) {
            let text = rle.as_string_opt::<i32>().ok_or_else(|| kind("segmentation", rle))?;
            masks.push_text(size, text.value(at).as_bytes());
        } else if let (Some(counts), true) = (&counts, valid(&counts)) {
            let list = counts.as_list_opt::<i32>().ok_or_else(|| kind("segmentation", counts))?.value(at);
            masks.push_runs(size, primitive::<UInt32Type>("segmentation", &list)?.values());
        } else if let (Some(polygons), true) = (&polygons, valid(&polygons)) {
            let rings =
                polygons.as_list_opt::<i32>().ok_or_else(|| kind("segmentation", polygons))?.value(at);
            let rings = rings.as_list_opt::<i32>().ok_or_else(|| kind("segmentation", polygons))?;
            let numbers = primitive::<Float64Type>("segmentation", rings.values())?;
            let flat = numbers.values();
            let rings = rings.value_offsets().windows(2).filter_map(|range| match range {
                [start, end] => flat.get(*start as usize..*end as usize),
                _ => None,
            });
            masks.push_polygons(size, rings.filter(|ring| ring.len() >= 6));
        } else {
            masks.push_absent();
        }
    }
    Ok(())
}

/// Masks from the cache: run lengths of four bytes, little-endian.
fn cached_masks(side: &mut Side, chunk: &ArrayRef) -> Result<()> {
    let cached = structure("mask", chunk)?;
    let (Some(sizes), Some(counts)) = (cached.column_by_name("size"), cached.column_by_name("counts")) else {
        return Err(kind("mask", chunk));
    };
    let counts = counts.as_binary_opt::<i32>().ok_or_else(|| kind("mask", counts))?;
    let mut runs = Vec::new();
    for at in 0..cached.len() {
        runs.clear();
        let (quads, _) = counts.value(at).as_chunks::<4>();
        runs.extend(quads.iter().map(|quad| u32::from_le_bytes(*quad)));
        side.records.masks.push_runs(pair(sizes, at)?, &runs);
    }
    Ok(())
}

/// Height and width.
fn pair(sizes: &ArrayRef, at: usize) -> Result<Size> {
    if sizes.is_null(at) {
        return Ok(Size::new(0, 0));
    }
    let list = sizes.as_fixed_size_list_opt().ok_or_else(|| kind("size", sizes))?.value(at);
    match primitive::<Int32Type>("size", &list)?.values().as_ref() {
        [height, width] => {
            let side = |n: &i32| u32::try_from(*n).unwrap_or(0);
            Ok(Size::new(side(height), side(width)))
        }
        _ => Err(kind("size", sizes)),
    }
}

fn primitive<'a, T: arrow_array::types::ArrowPrimitiveType>(
    name: &str,
    array: &'a ArrayRef,
) -> Result<&'a PrimitiveArray<T>> {
    array.as_primitive_opt::<T>().ok_or_else(|| kind(name, array))
}

fn structure<'a>(name: &str, array: &'a ArrayRef) -> Result<&'a StructArray> {
    array.as_struct_opt().ok_or_else(|| kind(name, array))
}

/// The error for a key of another type than the schema's.
fn kind(name: &str, array: &ArrayRef) -> Error {
    Error::new(ErrorKind::Type, format!("{} is not the type of this key", array.data_type()))
        .at(Place::area("eval").key(name.to_owned()))
}
