//! Packing: the files that a dataset's images link to, stored in it.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};
use arrow_select::concat::concat;
use arrow_select::zip::zip;

use super::photos::ImageColumn;
use crate::dataset::store::{Edit, Operation, Store};
use crate::dataset::{Access, Dataset, Rows, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::{Job, Stage, Warning};
use crate::schema::field;

/// What was packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackSummary {
    /// The version that was written; `None` if there was nothing to store.
    pub version: Option<u64>,
    /// How many files were stored.
    pub embedded: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many images link to a file that is not there; they stay links.
    pub absent: u64,
}

/// Stores the files that a dataset's image keys link to, in a new version. Hashes of the photographs are stored
/// with them (`content_hash`). What has bytes already stays as it is, and links that lead nowhere stay links,
/// with a warning each.
///
/// # Errors
/// Those of [`Edit`]; [`ErrorKind::NoSpace`] before anything is written; [`ErrorKind::Cancelled`]. Then the
/// dataset is unchanged.
pub fn pack(path: &Path, job: &Job) -> Result<PackSummary> {
    let mut edit = Edit::begin(path, job)?;
    let store = edit.store().clone();
    let groups: Vec<Groups> = groups(&store)?;
    let (mut links, mut bytes) = (0u64, 0u64);
    let stage = job.stage("looking at images", u64::try_from(store.dataset().len()).ok());
    for group in &groups {
        let (found, length) = measure(&store, group, &stage)?;
        links += found;
        bytes = bytes.saturating_add(length);
    }
    drop(stage);
    let mut summary = PackSummary::default();
    if links == 0 {
        return Ok(summary);
    }
    edit.announce(bytes)?;
    for group in groups {
        let fields = group.fields.clone();
        let name = group.name.clone();
        let packer = Packer { store: &store, group, at: 0, summary: &mut summary, job };
        edit.replace_group(&name, fields, packer)?;
    }
    let operation = Operation::new("pack").with("images", summary.embedded).with("bytes", summary.bytes);
    summary.version = Some(edit.commit(operation)?);
    Ok(summary)
}

/// A group with image keys.
struct Groups {
    name: String,
    /// What it will have, in order.
    fields: Vec<Field>,
    /// The stored keys of it that are read.
    view: Dataset,
}

/// The groups that have an image key, with the fields they will have.
fn groups(store: &Store) -> Result<Vec<Groups>> {
    let ds = store.dataset();
    let mut found = Vec::new();
    for group in &store.version().groups {
        let names: Vec<String> = group.keys.iter().map(|key| key.name.clone()).collect();
        let mut fields = Vec::new();
        for name in &names {
            let key = ds.keys().find(name.as_str())?;
            let field = ds.keys().get(key).and_then(|key| key.field()).ok_or_else(|| {
                Error::new(ErrorKind::Key, "a key without a type").at(Place::area("pack").key(name))
            })?;
            let ty = if field::is_image(field.data_type()) {
                field::image_type()
            } else {
                field.data_type().clone()
            };
            fields.push(field.as_ref().clone().with_data_type(ty));
        }
        let images = fields.iter().any(|f| field::is_image(f.data_type()));
        if !images {
            continue;
        }
        let img = fields.iter().position(|f| f.name() == "img");
        let hashed = ds.keys().find("content_hash").is_ok();
        if let (Some(img), false) = (img, hashed) {
            let hash = field::row("content_hash");
            hash.into_iter().for_each(|hash| fields.insert(img + 1, hash));
        }
        found.push(Groups { name: group.name.clone(), fields, view: ds.select(names)? });
    }
    Ok(found)
}

/// Rows looked at together.
const WINDOW: usize = 64;
/// Bytes of images handed on together.
const BATCH_BYTES: usize = 8 << 20;

/// How many links of a group lead to files, and how many bytes its images will take.
fn measure(store: &Store, group: &Groups, stage: &Stage<'_>) -> Result<(u64, u64)> {
    let images: Vec<String> =
        group.fields.iter().filter(|f| field::is_image(f.data_type())).map(|f| f.name().clone()).collect();
    let view = group.view.select(images)?;
    let job = Job::new();
    let (mut links, mut bytes, mut at) = (0u64, 0u64, 0);
    while at < view.len() {
        let rows = Rows::span(u64::try_from(at).unwrap_or(u64::MAX), WINDOW.min(view.len() - at));
        let batch = view.read_rows(&rows, &Access::new(&job))?.whole()?;
        for value in batch.columns.iter().flat_map(|column| column.values()) {
            // The whole group is written anew, with what it holds already.
            if let Some(length) = store.image_length(&value) {
                links += u64::from(is_link(&value));
                bytes = bytes.saturating_add(length);
            }
        }
        at += rows.len();
        stage.advance(u64::try_from(rows.len()).unwrap_or(0))?;
    }
    Ok((links, bytes))
}

/// True for an image that has a path and no bytes.
fn is_link(image: &Value) -> bool {
    matches!((image.member("bytes"), image.member("path")), (Some(Value::Null), Some(Value::Text(_))))
}

/// Gives the rows of a group with their files stored, batch by batch.
struct Packer<'a> {
    store: &'a Store,
    group: Groups,
    at: usize,
    summary: &'a mut PackSummary,
    job: &'a Job,
}

impl Packer<'_> {
    fn batch(&mut self) -> Result<RecordBatch> {
        let view = &self.group.view;
        let is_img = |f: &Field| field::is_image(f.data_type());
        let mut images: Vec<(String, ImageColumn)> = self
            .group
            .fields
            .iter()
            .filter(|f| is_img(f))
            .map(|f| (f.name().clone(), ImageColumn::new(f.name() == "img")))
            .collect();
        let mut others: Vec<(String, Vec<ArrayRef>)> = Vec::new();
        while self.at < view.len() && images.iter().map(|(_, c)| c.held()).sum::<usize>() < BATCH_BYTES {
            self.job.check()?;
            // One row a step: a window of large images would pass any bound.
            let len = 1;
            let rows = Rows::span(u64::try_from(self.at).unwrap_or(u64::MAX), len);
            let batch = view.read_rows(&rows, &Access::new(self.job))?.whole()?;
            for (key, column) in view.keys().iter().zip(&batch.columns) {
                let name = key.to_string();
                if let Some((_, images)) = images.iter_mut().find(|(known, _)| *known == name) {
                    for (row, value) in column.values().into_iter().enumerate() {
                        store_image(self.store, &value, images, self.summary, self.at + row, self.job)?;
                    }
                } else {
                    match others.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, chunks)) => chunks.extend(column.chunks()?.iter().cloned()),
                        None => others.push((name, column.chunks()?.to_vec())),
                    }
                }
            }
            self.at += len;
        }
        let mut made: Vec<(String, ArrayRef)> = Vec::new();
        for (name, column) in &mut images {
            let (array, hashes) = column.finish()?;
            made.push((name.clone(), array));
            made.extend(hashes.map(|hashes| ("content_hash".to_owned(), hashes)));
        }
        let mut columns: Vec<ArrayRef> = Vec::new();
        for field in &self.group.fields {
            let new = made.iter().find(|(name, _)| name == field.name()).map(|(_, array)| Arc::clone(array));
            let chunks = others.iter().find(|(name, _)| name == field.name()).map(|(_, chunks)| chunks);
            let old = match chunks {
                Some(chunks) => {
                    let chunks: Vec<&dyn Array> = chunks.iter().map(AsRef::as_ref).collect();
                    Some(concat(&chunks)?)
                }
                None => None,
            };
            columns.extend(match (new, old) {
                // The hash of a link that stays is known from elsewhere, if it is.
                (Some(new), Some(old)) => {
                    let known: BooleanArray = (0..new.len()).map(|row| Some(new.is_valid(row))).collect();
                    Some(zip(&known, &new, &old)?)
                }
                (new, old) => new.or(old),
            });
        }
        let rows = RecordBatchOptions::new().with_row_count(columns.first().map(|column| column.len()));
        let schema = Arc::new(Schema::new(self.group.fields.clone()));
        Ok(RecordBatch::try_new_with_options(schema, columns, &rows)?)
    }
}

impl Iterator for Packer<'_> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Result<RecordBatch>> {
        (self.at < self.group.view.len()).then(|| self.batch())
    }
}

/// The next row of an image column: what has bytes as it is, a link as the bytes it leads to.
fn store_image(
    store: &Store,
    value: &Value,
    column: &mut ImageColumn,
    summary: &mut PackSummary,
    row: usize,
    job: &Job,
) -> Result<()> {
    match (value.member("bytes"), value.member("path")) {
        (Some(Value::Bytes(bytes)), _) => column.push_bytes(bytes),
        (_, Some(Value::Text(path))) => match store.image_bytes(value) {
            Ok(bytes) => {
                summary.embedded += 1;
                summary.bytes += u64::try_from(bytes.len()).unwrap_or(0);
                column.push_bytes(&bytes)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                summary.absent += 1;
                let place = Place::area("pack").row(u64::try_from(row).unwrap_or(u64::MAX));
                let what = format!("there is no file {path:?} below a root");
                job.warn(Warning::new("images.absent", place, what, "the link stays"))?;
                column.push_path(path)
            }
            Err(error) => Err(error),
        },
        _ => {
            column.push_null();
            Ok(())
        }
    }
}
