//! Saving: the rows and keys of any view, stored as a dataset of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};

use super::photos::ImageColumn;
use crate::dataset::store::{GroupId, Operation, Writer, WriterOptions};
use crate::dataset::{Access, Batch, Column, Dataset, KeyIndex, Rows, Source};
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
    /// Rows that cannot be read are left out, each with a warning; else the first of them is an error.
    pub skip: bool,
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
    /// How many rows were left out.
    pub skipped: u64,
}

/// Stores a view as a dataset of its own: its rows in their order, all its keys, its classes.
///
/// Keys that functions make are stored as they are read, once. A view without `image_id` gets one: its row numbers.
///
/// # Errors
/// [`ErrorKind::Type`] for keys whose type is not declared, and [`ErrorKind::Key`] for keys without a name; those of
/// [`Writer`] and of reading; [`ErrorKind::Cancelled`]. Then nothing is stored.
pub fn save(ds: &Dataset, path: &Path, options: &SaveOptions, job: &Job) -> Result<SaveSummary> {
    let mut groups = groups(ds)?;
    // Rows that cannot be read are found where there is most to read.
    groups.sort_by_key(|group| !group.is_heavy());
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
    let mut summary = SaveSummary::default();
    let stage = job.stage("saving", Some(wide(ds.len())));
    let mut at = 0;
    while at < ds.len() {
        let stop = ds.len().min(at + WINDOW);
        let mut left: Vec<u64> = (wide(at)..wide(stop)).collect();
        for (nth, (group, id)) in groups.iter().zip(&ids).enumerate() {
            // What the first group has written, the others have to follow.
            let skip = options.skip && nth == 0;
            let step = if group.is_heavy() { HEAVY } else { WINDOW };
            let mut kept = Vec::with_capacity(left.len());
            for part in left.chunks(step) {
                let (rows, batch) = group.read(ds, part, skip, &mut summary, job)?;
                kept.extend(rows.iter());
                if !rows.is_empty() {
                    let batch = group.batch(ds, &rows, batch, options.links.is_none(), &mut summary, job)?;
                    writer.write(*id, &batch)?;
                }
            }
            left = kept;
        }
        summary.rows += wide(left.len());
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

    /// The keys of rows, and which rows they are: all of them, or with `skip` those that can be read.
    fn read(
        &self,
        ds: &Dataset,
        rows: &[u64],
        skip: bool,
        summary: &mut SaveSummary,
        job: &Job,
    ) -> Result<(Rows, Batch)> {
        let asked: Vec<KeyIndex> = self.keys.iter().flatten().copied().collect();
        let all = match rows {
            [first, .., last] if last - first + 1 == wide(rows.len()) => Rows::span(*first, rows.len()),
            rows => Rows::indices(rows.to_vec()),
        };
        let batch = Source::read(ds, &all, &asked, &Access::new(job))?;
        if !skip || batch.failed.is_empty() {
            return Ok((all, batch.whole().at(|| Place::area("save"))?));
        }
        let mut fine = Vec::with_capacity(rows.len());
        for (position, row) in rows.iter().enumerate() {
            match batch.failed.iter().find(|(failed, _)| *failed == position) {
                Some((_, error)) => {
                    summary.skipped += 1;
                    let place = Place::area("save").row(*row);
                    job.warn(Warning::new("save.skipped", place, error.to_string(), "the row is left out"))?;
                }
                None => fine.push(wide(position)),
            }
        }
        let kept = Rows::indices(fine);
        Ok((all.compose(&kept)?, batch.take(&kept)?))
    }

    /// The rows of the group; with `embed` the files that images link to in the place of the links.
    fn batch(
        &self,
        ds: &Dataset,
        rows: &Rows,
        batch: Batch,
        embed: bool,
        summary: &mut SaveSummary,
        job: &Job,
    ) -> Result<RecordBatch> {
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
