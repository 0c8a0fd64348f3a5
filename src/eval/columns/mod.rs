//! An object set of a dataset as one side of a comparison.
//!
//! Columns are read window by window and copied into the flat columns of [`Side`]: no value is made for an object.
//! A row in which the set is null (not annotated) is no image of the comparison; one with an empty list is.
//!
//! `window.rs` copies the keys of rows that were read together, `shapes.rs` their masks, points and rotated boxes.

mod shapes;
mod window;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, PrimitiveArray};

use super::comparison::ClassEntry;
use super::images::ImageId;
use super::read::Wanted;
use super::side::Side;
use crate::dataset::{Access, Dataset, Rows};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::key_name;
use crate::schema::classes::SourceId;
use window::Window;

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
    names.extend(wanted.known.then(|| ("extra", "extra".to_owned())));
    names.extend(bases(role, wanted).into_iter().map(|base| (base, key_name(set, base))));
    names.retain(|(_, name)| ds.keys().find(name).is_ok());
    let has = |base: &str| names.iter().any(|(known, _)| *known == base);
    let mut needed = vec!["label"];
    needed.extend((role == Role::Found).then_some("score"));
    needed.extend(wanted.boxes.then_some("bbox"));
    needed.extend(wanted.rotated.then_some("rbox"));
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
    view.check_boxes("eval")?;
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
    bases.extend(wanted.rotated.then_some("rbox"));
    bases.extend(wanted.ids.then_some("object_id"));
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
        let frequency = class.extra.get("frequency").and_then(|letter| letter.as_str()?.chars().next());
        let supercategory = class.supercategory.clone();
        Some(ClassEntry { supercategory, frequency, ..ClassEntry::new(id, class.name.clone()) })
    };
    ds.classes(set).map(|table| (0..).zip(table.iter()).map(entry).collect()).unwrap_or_default()
}

/// The numbers of an array of a type.
fn primitive<'a, T: ArrowPrimitiveType>(name: &str, array: &'a ArrayRef) -> Result<&'a PrimitiveArray<T>> {
    array.as_primitive_opt::<T>().ok_or_else(|| kind(name, array))
}

/// The error for a key of another type than the schema's.
fn kind(name: &str, array: &ArrayRef) -> Error {
    Error::new(ErrorKind::Type, format!("{} is not the type of this key", array.data_type()))
        .at(Place::area("eval").key(name.to_owned()))
}
