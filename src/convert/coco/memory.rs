//! A COCO file held in memory, read into tables held in memory: for small files, tests and fuzzing.

use arrow_array::RecordBatch;
use arrow_schema::Field;

use crate::convert::sink::Sink;
use crate::error::Result;
use crate::job::Job;
use crate::schema::classes::ClassTable;

use super::ids::Ids;
use super::layout::{Kind, Source};
use super::prepare::Prepared;
use super::source::SourceFile;
use super::tables;
use super::{residue, write_residue};

/// The rows of a group.
#[derive(Clone, Debug)]
pub struct Table {
    /// `objects`, `sets/captions`, …
    pub group: String,
    /// The keys, in order.
    pub fields: Vec<Field>,
    /// The rows, in order.
    pub batches: Vec<RecordBatch>,
}

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// The groups; all have equally many rows.
    pub groups: Vec<Table>,
    /// The class table of each set, the default one as `""`.
    pub classes: Vec<(String, ClassTable)>,
    /// What has no column, as JSON text.
    pub residue: Vec<u8>,
}

impl Sink for Vec<Table> {
    fn group(&mut self, name: &str, fields: Vec<Field>) -> Result<usize> {
        self.push(Table { group: name.to_owned(), fields, batches: Vec::new() });
        Ok(self.len() - 1)
    }

    fn write(&mut self, group: usize, batch: &RecordBatch) -> Result<()> {
        if let Some(table) = self.get_mut(group) {
            table.batches.push(batch.clone());
        }
        Ok(())
    }
}

/// Reads one COCO file, as [`super::import`] of a single file does, without images.
///
/// ```
/// use lensframe::{convert::coco, job::Job};
/// let text = br#"{"images": [{"id": 7, "file_name": "a.jpg", "height": 2, "width": 3}],
///     "annotations": [{"id": 1, "image_id": 7, "category_id": 4, "bbox": [0, 0, 2, 1]}],
///     "categories": [{"id": 4, "name": "cat"}]}"#;
/// let tables = coco::read_bytes(text, &Job::new())?;
/// let objects = &tables.groups[0];
/// assert_eq!(objects.batches[0].num_rows(), 1);
/// assert!(objects.fields.iter().any(|f| f.name() == "bbox"));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// As [`super::import`].
pub fn read_bytes(bytes: &[u8], job: &Job) -> Result<Tables> {
    let source = Source {
        member: "memory.json".to_owned(),
        name: "memory.json".to_owned(),
        kind: Kind::Instances,
        set: String::new(),
        split: None,
    };
    read_sources(vec![(source, bytes)], job)
}

/// Reads files of one split.
pub(super) fn read_sources(sources: Vec<(Source, &[u8])>, job: &Job) -> Result<Tables> {
    let mut ids = [Ids::default()];
    let mut files = Vec::new();
    let split = sources.first().and_then(|(source, _)| source.split.clone());
    for (source, bytes) in sources {
        let [ids] = &mut ids;
        files.push(SourceFile::read(source, bytes, ids, job)?);
    }
    let prepared = Prepared::new(&files, vec![(split, 0..files.len())], &ids, job)?;
    let mut tables = Tables::default();
    tables::write(&prepared, None, &mut tables.groups, None, job)?;
    tables.classes = prepared.sets.iter().map(|set| (set.name.clone(), set.classes.table.clone())).collect();
    residue::begin(&mut tables.residue)?;
    write_residue(&prepared, &mut tables.residue)?;
    residue::end(&mut tables.residue)?;
    Ok(tables)
}
