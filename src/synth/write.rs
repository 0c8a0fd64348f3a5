//! [`Scenes::write`]: scenes into a stored dataset, in the groups that importers make.
//!
//! Rows are drawn a window at a time, so memory does not grow with their number. A run that was interrupted goes
//! on from its last full shard, since options, seed and row say everything.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};
use serde_json::json;

use super::source::Scenes;
use crate::dataset::store::{GroupId, Operation, Storage, Writer, WriterOptions};
use crate::dataset::{Access, Column, KeyIndex, Rows, Source};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// How many pixels are drawn before they are handed on: 64 scenes of 640×480.
const WINDOW: u64 = 64 * 640 * 480;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The version of the dataset.
    pub version: u64,
    /// Its rows.
    pub rows: u64,
    /// Objects of the default set.
    pub objects: u64,
    /// Bytes of image files.
    pub bytes: u64,
    /// Rows that an interrupted run had written.
    pub resumed: u64,
}

/// A group of keys on its way into the store.
struct Group {
    id: GroupId,
    keys: Vec<KeyIndex>,
    schema: SchemaRef,
}

impl Scenes {
    /// Writes the scenes into a new dataset at `dst`, with the keys that `keep` wants; `image_id` is always
    /// there. How to resume is decided here: [`WriterOptions::resume`] is replaced.
    ///
    /// # Errors
    /// Those of [`Writer`]; [`ErrorKind::Cancelled`]. Then there is no dataset, or the old one.
    pub fn write(
        &self,
        dst: &Path,
        options: WriterOptions,
        keep: &dyn Fn(&str) -> bool,
        job: &Job,
    ) -> Result<Written> {
        let kept: Vec<KeyIndex> = self
            .keys()
            .indices()
            .zip(self.keys().iter())
            .filter(|(_, key)| key.name().is_some_and(|name| name == "image_id" || keep(name)))
            .map(|(index, _)| index)
            .collect();
        let names: Vec<String> =
            kept.iter().filter_map(|key| self.keys().get(*key)).map(ToString::to_string).collect();
        let work = json!({
            "program": env!("CARGO_PKG_VERSION"), "synth": self.options(), "seed": self.seed(), "keys": names,
            "shard_bytes": options.shard_bytes, "parquet": options.storage == Storage::Parquet,
        });
        let mut writer =
            Writer::create(dst, WriterOptions { resume: Some(work.to_string()), ..options }, job)?;
        let resumed = writer.resumed();
        for set in self.labelled_sets() {
            let holds = |key: &KeyIndex| self.is_of(*key, set);
            if let Some(table) = self.classes(set).filter(|_| kept.iter().any(holds)) {
                writer.set_classes(set, table.clone());
            }
        }
        let groups = self.declare(&mut writer, &kept)?;
        let mut written = Written { rows: self.len() as u64, ..Written::default() };
        if let Some(resumed) = &resumed {
            let count = |name| resumed.state.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
            (written.resumed, written.objects, written.bytes) =
                (resumed.rows, count("objects"), count("bytes"));
        }
        let stage = job.stage("drawing scenes", Some(written.rows));
        stage.advance(written.resumed)?;
        let options = self.options();
        let pixels = (u64::from(options.height.to) * u64::from(options.width.to)).max(1);
        let window = usize::try_from((WINDOW / pixels).clamp(1, 4096)).unwrap_or(1);
        let first = usize::try_from(written.resumed).unwrap_or(usize::MAX).min(self.len());
        for start in (first..self.len()).step_by(window) {
            let rows = Rows::all(self.len()).slice(start..self.len().min(start + window))?;
            let batch = self.read(&rows, &kept, &Access::new(job))?.whole()?;
            let column =
                |key: &KeyIndex| {
                    let at = kept.iter().position(|k| k == key);
                    match at.and_then(|at| batch.columns.get(at)).map(Column::chunks) {
                        Some(Ok([chunk])) => Ok(chunk.clone()),
                        _ => Err(Error::new(ErrorKind::Type, "scenes are read as one chunk")
                            .at(Place::area("synth"))),
                    }
                };
            for group in &groups {
                let columns = group.keys.iter().map(column).collect::<Result<Vec<ArrayRef>>>()?;
                count(&group.schema, &columns, &mut written);
                let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
                let batch = RecordBatch::try_new_with_options(group.schema.clone(), columns, &options);
                writer.write(group.id, &batch.map_err(unfit)?)?;
            }
            if writer.fragment_is_full() {
                writer.end_fragment_with(json!({"objects": written.objects, "bytes": written.bytes}))?;
            }
            stage.advance(rows.len() as u64)?;
        }
        let operation = Operation::new("synth")
            .with("options", json!(self.options()))
            .with("seed", self.seed())
            .with("program", env!("CARGO_PKG_VERSION"));
        written.version = writer.commit(operation)?;
        Ok(written)
    }

    /// True for a key of this object set.
    fn is_of(&self, key: KeyIndex, set: &str) -> bool {
        use crate::schema::axis::Axis;
        let field = self.keys().get(key).and_then(|key| key.field());
        field.is_some_and(|field| Axis::of(field).is_ok_and(|axis| axis.set() == Some(set)))
    }

    /// Declares the groups of these keys, each with the image's id first.
    fn declare(&self, writer: &mut Writer, kept: &[KeyIndex]) -> Result<Vec<Group>> {
        let id = self.keys().find("image_id")?;
        let mut groups: Vec<(&'static str, Vec<KeyIndex>)> = Vec::new();
        for key in kept.iter().filter(|key| **key != id) {
            let Some(name) = self.group(*key) else { continue };
            match groups.iter_mut().find(|(group, _)| *group == name) {
                Some((_, keys)) => keys.push(*key),
                None => groups.push((name, vec![id, *key])),
            }
        }
        if groups.is_empty() {
            groups.push(("objects", vec![id]));
        }
        let declare = |(name, keys): (&'static str, Vec<KeyIndex>)| {
            let field = |key: &KeyIndex| self.keys().get(*key)?.field().map(|field| Field::clone(field));
            let fields: Vec<Field> = keys.iter().filter_map(field).collect();
            let id = writer.group(name, fields.clone())?;
            Ok(Group { id, keys, schema: Arc::new(Schema::new(fields)) })
        };
        groups.into_iter().map(declare).collect()
    }
}

/// Counts objects and bytes of a group's columns.
fn count(schema: &Schema, columns: &[ArrayRef], written: &mut Written) {
    use arrow_array::cast::AsArray;
    for (field, column) in schema.fields().iter().zip(columns) {
        match field.name().as_str() {
            "object_id" => written.objects += column.as_list::<i32>().values().len() as u64,
            "img" => {
                let files = column.as_struct().column(0).as_binary_view();
                written.bytes += files.lengths().map(u64::from).sum::<u64>();
            }
            _ => {}
        }
    }
}

fn unfit(error: arrow_schema::ArrowError) -> Error {
    Error::new(ErrorKind::Corrupt, format!("a batch does not fit its fields: {error}")).caused_by(error)
}
