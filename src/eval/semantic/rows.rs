//! [`rows`]: label images of one dataset against those of another.

use super::evaluator::Evaluator;
use super::options::{Numbering, Options};
use super::scores::Scores;
use crate::dataset::{Dataset, Value};
use crate::error::{Place, Result, ResultExt};
use crate::image::{LabelImage, MAX_LABEL_PIXELS};
use crate::job::Job;
use crate::schema::classes::{ClassTable, SourceId};

/// Where one side's label images are.
#[derive(Clone, Copy, Debug)]
pub struct Maps<'a> {
    /// The rows.
    pub dataset: &'a Dataset,
    /// The key with the PNGs: `label_map`, or another of that kind.
    pub key: &'a str,
}

/// Rows of one shard.
const SHARD: usize = 16;

/// Compares the label images of these rows, given as (row of the truth, row of the prediction).
///
/// # Errors
/// [`crate::error::ErrorKind::Key`] and [`crate::error::ErrorKind::NotFound`] for a key or row without label
/// images; those of decoding and of [`Evaluator::update`], with the image.
pub fn rows(
    truth: Maps<'_>,
    predicted: Maps<'_>,
    pairs: &[(usize, usize)],
    options: &Options,
    job: &Job,
) -> Result<Scores> {
    truth.dataset.keys().find(truth.key)?;
    predicted.dataset.keys().find(predicted.key)?;
    let stage = job.stage("comparing label images", Some(pairs.len() as u64));
    let shards: Vec<_> = pairs.chunks(SHARD).collect();
    let parts = job.each(&shards, |shard| {
        let mut part = Evaluator::new(options.clone())?;
        for (asked, got) in *shard {
            let name = row_name(truth.dataset, *asked);
            let (asked, got) = (truth.decode(*asked)?, predicted.decode(*got)?);
            part.update_images(&name, &asked, &got)?;
            stage.advance(1)?;
        }
        Ok(part)
    })?;
    let mut whole = Evaluator::new(options.clone())?;
    parts.into_iter().try_for_each(|part| whole.merge(part))?;
    Ok(whole.finish())
}

impl Maps<'_> {
    fn decode(&self, row: usize) -> Result<LabelImage> {
        let file = self.dataset.image_file(row, self.key)?;
        LabelImage::decode(&file, MAX_LABEL_PIXELS)
            .at(|| Place::area("semantic").row(row as u64).key(self.key))
    }
}

impl Numbering {
    /// The numbering of label images whose pixels are the ids that the source gave its classes, or labels where
    /// it gave none.
    pub fn of_classes(classes: &ClassTable) -> Numbering {
        let id = |class: &crate::schema::classes::Class| match class.source_id {
            Some(SourceId::Int(id)) => u32::try_from(id).ok(),
            _ => None,
        };
        let ids: Vec<Option<u32>> = classes.iter().map(id).collect();
        if ids.iter().all(Option::is_none) {
            return Numbering::Same;
        }
        Numbering::Table(ids.into_iter().zip(0..).filter_map(|(id, label)| Some((id?, label))).collect())
    }
}

/// What a row is called in messages: its file, else its id, else its number.
pub(in crate::eval) fn row_name(dataset: &Dataset, row: usize) -> String {
    for key in ["file_name", "image_id"] {
        let value = dataset.select(key).and_then(|view| view.get(row));
        match value.as_ref().ok().and_then(|example| example.value()) {
            Some(Value::Text(text)) => return text.to_string(),
            Some(Value::Int(id)) => return id.to_string(),
            _ => {}
        }
    }
    format!("row {row}")
}
