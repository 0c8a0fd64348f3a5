//! Saving: the rows and keys of any view, stored as a dataset of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};

use super::photos::ImageColumn;
use crate::dataset::store::{GroupId, Operation, Writer, WriterOptions};
use crate::dataset::{Access, Column, Dataset, KeyIndex, Rows};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::{Job, Warning};
use crate::schema::axis::{Axis, DEFAULT_SET};
use crate::schema::field;
use crate::schema::manifest::IMAGE_ID;

/// How a view is saved.
#[derive(Clone, Debug, Default)]
pub struct SaveOptions {
    /// How the dataset is stored.
    pub writer: WriterOptions,
    /// Where links of the view's images begin, if they are to stay links: the roots of the dataset that they are of.
    /// Without, the files that are linked to are stored.
    pub links: Option<Vec<PathBuf>>,
}

/// What was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaveSummary {
    /// The version that was written.
    pub version: u64,
    /// How many rows it has.
    pub rows: u64,
    /// How many linked files were stored, where links were not to stay.
    pub embedded: u64,
    /// How many images link to a file that is not there; they stay links.
    pub absent: u64,
}

/// Stores a view as a dataset of its own: its rows in their order, all its keys, its classes.
///
/// Keys that functions make are stored as they are read, once. A view without `image_id` gets one: its row numbers.
///
/// # Errors
/// [`ErrorKind::Type`] for keys whose type is not declared, and [`ErrorKind::Key`] for keys without a name; those of
/// [`Writer`] and of reading; [`ErrorKind::Cancelled`]. Then nothing is stored.
pub fn save(ds: &Dataset, path: &Path, options: &SaveOptions, job: &Job) -> Result<SaveSummary> {
    let groups = groups(ds)?;
    let mut writer = Writer::create(path, options.writer.clone(), job)?;
    for root in options.links.iter().flatten() {
        writer.add_root(root);
    }
    for set in std::iter::once(DEFAULT_SET.to_owned()).chain(ds.sets()) {
        if let Some(classes) = ds.classes(&set) {
            writer.set_classes(&set, classes.clone());
        }
    }
    let ids: Vec<GroupId> =
        groups.iter().map(|group| writer.group(&group.name, group.fields.clone())).collect::<Result<_>>()?;
    let mut summary = SaveSummary { rows: wide(ds.len()), ..SaveSummary::default() };
    let stage = job.stage("saving", Some(summary.rows));
    let mut at = 0;
    while at < ds.len() {
        let stop = ds.len().min(at + WINDOW);
        for (group, id) in groups.iter().zip(&ids) {
            let step = if group.is_heavy() { HEAVY } else { WINDOW };
            for from in (at..stop).step_by(step) {
                let rows = Rows::span(wide(from), step.min(stop - from));
                let batch = group.batch(ds, &rows, options.links.is_none(), &mut summary, job)?;
                writer.write(*id, &batch)?;
            }
        }
        stage.advance(wide(stop - at))?;
        at = stop;
        if writer.fragment_is_full() {
            writer.end_fragment()?;
        }
    }
    let operation = Operation::new("save").with("rows", summary.rows);
    summary.version = writer.commit(operation)?;
    Ok(summary)
}

/// Rows that are read together.
const WINDOW: usize = 1024;
/// Rows with images that are read together.
const HEAVY: usize = 16;

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Keys that are stored side by side.
struct Group {
    name: String,
    fields: Vec<Field>,
    /// The keys of the fields in the view; none for ids that are made.
    keys: Vec<Option<KeyIndex>>,
}

/// Which keys are stored with which: images apart from what is light, sets apart from each other.
fn groups(ds: &Dataset) -> Result<Vec<Group>> {
    let fault =
        |kind: ErrorKind, what: &str, key: String| Error::new(kind, what).at(Place::area("save").key(key));
    let id = ds.keys().find(IMAGE_ID).ok();
    let id_field = match id.and_then(|id| ds.keys().get(id)?.field()) {
        Some(field) => field.as_ref().clone(),
        None => field::image_id(field::IdType::Int),
    };
    let mut groups: Vec<Group> = Vec::new();
    let heavy = ds.keys().iter().any(|key| key.field().is_some_and(|f| field::is_image(f.data_type())));
    for (index, key) in ds.keys().indices().zip(ds.keys().iter()) {
        let Some(name) = key.name() else {
            return Err(fault(ErrorKind::Key, "a key without a name is not stored", key.to_string())
                .remedy("select the keys that have names, or rename it"));
        };
        let Some(own) = key.field() else {
            return Err(fault(ErrorKind::Type, "the type of its values is not declared", name.to_owned())
                .remedy("give what makes it an Arrow field, or leave the key out"));
        };
        if name == IMAGE_ID {
            continue;
        }
        let group = match Axis::of(own)? {
            Axis::Object(set) if set != DEFAULT_SET => format!("sets/{set}"),
            Axis::Row if field::is_image(own.data_type()) => "images".to_owned(),
            Axis::Row if heavy && ["content_hash", "orientation"].contains(&name) => "images".to_owned(),
            _ => "objects".to_owned(),
        };
        let group = match groups.iter().position(|known| known.name == group) {
            Some(at) => groups.get_mut(at),
            None => {
                groups.push(Group { name: group, fields: vec![id_field.clone()], keys: vec![id] });
                groups.last_mut()
            }
        };
        if let Some(group) = group {
            let ty = match field::is_image(own.data_type()) {
                true => field::image_type(),
                false => own.data_type().clone(),
            };
            group.fields.push(own.as_ref().clone().with_data_type(ty));
            group.keys.push(Some(index));
        }
    }
    if groups.is_empty() {
        groups.push(Group { name: "objects".to_owned(), fields: vec![id_field], keys: vec![id] });
    }
    Ok(groups)
}

impl Group {
    fn is_heavy(&self) -> bool {
        self.fields.iter().any(|f| field::is_image(f.data_type()))
    }

    /// The rows of the group; with `embed` the files that images link to in the place of the links.
    fn batch(
        &self,
        ds: &Dataset,
        rows: &Rows,
        embed: bool,
        summary: &mut SaveSummary,
        job: &Job,
    ) -> Result<RecordBatch> {
        let place = || Place::area("save");
        let asked: Vec<KeyIndex> = self.keys.iter().flatten().copied().collect();
        let batch = crate::dataset::Source::read(ds, rows, &asked, &Access::new(job))?.whole().at(place)?;
        let mut read = batch.columns.into_iter();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.fields.len());
        for (field, key) in self.fields.iter().zip(&self.keys) {
            let Some(key) = key else {
                columns
                    .push(Arc::new(rows.iter().map(|row| i64::try_from(row).ok()).collect::<Int64Array>()));
                continue;
            };
            let Some(column) = read.next() else { continue };
            columns.push(match embed && field::is_image(field.data_type()) {
                true => embedded(ds, *key, &column, rows, summary, job)?,
                false => column.whole(field.data_type())?,
            });
        }
        let fields = self.fields.iter().zip(&columns).map(|(field, array)| {
            field.clone().with_data_type(array.data_type().clone()).with_nullable(true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
    }
}

/// A column of images with the bytes of all files that can be found.
fn embedded(
    ds: &Dataset,
    key: KeyIndex,
    column: &Column,
    rows: &Rows,
    summary: &mut SaveSummary,
    job: &Job,
) -> Result<ArrayRef> {
    let mut out = ImageColumn::new(false);
    for (row, value) in rows.iter().zip(column.values()) {
        let link = value.member("path").and_then(|path| path.as_text()).map(str::to_owned);
        let stored = value.member("bytes").is_some_and(|bytes| !bytes.is_null());
        if !stored && link.is_none() {
            out.push_null();
            continue;
        }
        let row = usize::try_from(row).unwrap_or(usize::MAX);
        match (ds.file_of(row, key, &value), link) {
            (Ok(bytes), _) => {
                summary.embedded += u64::from(!stored);
                out.push_bytes(&bytes)?;
            }
            (Err(error), Some(link)) if error.kind() == ErrorKind::NotFound => {
                summary.absent += 1;
                let place = Place::area("save").row(wide(row));
                let what = format!("there is no file {link:?} below a root");
                job.warn(Warning::new("images.absent", place, what, "the link stays"))?;
                out.push_path(&link)?;
            }
            (Err(error), _) => return Err(error),
        }
    }
    Ok(out.finish()?.0)
}
