//! [`rows`]: panoptic pictures of one dataset against those of another.

use super::evaluator::{Evaluator, Options};
use super::scores::Scores;
use super::segments::{Painted, Segment};
use crate::dataset::{Dataset, Value};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::geometry::{LabelMap, Size};
use crate::image::{LabelImage, MAX_LABEL_PIXELS};
use crate::job::Job;
use crate::schema::axis::key_name;
use crate::schema::classes::{Class, ClassTable};

/// Where one side's panoptic pictures are.
#[derive(Clone, Copy, Debug)]
pub struct Panoptics<'a> {
    /// The rows.
    pub dataset: &'a Dataset,
    /// The key with the PNGs of segment ids: `panoptic`.
    pub key: &'a str,
    /// The object set of the segments (`object_id`, `label`, `area`, `crowded`); `""` is the default set.
    pub set: &'a str,
}

/// Whether the segments of each class are single objects: `isthing` is 1, as COCO's reference asks.
pub fn things(classes: &ClassTable) -> Vec<bool> {
    let thing = |class: &Class| {
        class
            .extra
            .get("isthing")
            .is_some_and(|says| says.as_i64() == Some(1) || says.as_bool() == Some(true))
    };
    classes.iter().map(thing).collect()
}

/// Compares the panoptic pictures of these rows, given as (row of the truth, row of the prediction). IoUs are
/// summed in the order of the pairs.
///
/// # Errors
/// [`ErrorKind::NotFound`] for a side without classes; [`ErrorKind::Mismatch`] for classes that differ;
/// [`ErrorKind::Key`] for keys that are not there; those of decoding and of [`Evaluator::update`].
pub fn rows(
    truth: Panoptics<'_>,
    predicted: Panoptics<'_>,
    pairs: &[(usize, usize)],
    job: &Job,
) -> Result<Scores> {
    let (classes, others) = (truth.classes()?, predicted.classes()?);
    classes.check_same(others, truth.set)?;
    let options = Options::new(things(classes));
    let stage = job.stage("comparing panoptic pictures", Some(pairs.len() as u64));
    let indexed: Vec<(u64, &(usize, usize))> = (0..).zip(pairs).collect();
    let shards: Vec<_> = indexed.chunks(8).collect();
    let parts = job.each(&shards, |shard| {
        let mut part = Evaluator::new(options.clone());
        for (position, (asked, got)) in *shard {
            let (asked, got) = (truth.read(*asked)?, predicted.read(*got)?);
            part.update(*position, &asked.name, &asked.painted()?, &got.painted()?)?;
            stage.advance(1)?;
        }
        Ok(part)
    })?;
    let mut whole = Evaluator::new(options);
    parts.into_iter().try_for_each(|part| whole.merge(part))?;
    Ok(whole.finish())
}

/// A row as it was read.
struct Picture {
    name: String,
    size: Size,
    ids: Vec<u32>,
    segments: Vec<Segment>,
}

impl Picture {
    fn painted(&self) -> Result<Painted<'_>> {
        Ok(Painted::new(LabelMap::try_new(self.size, &self.ids)?, &self.segments))
    }
}

impl<'a> Panoptics<'a> {
    fn classes(&self) -> Result<&'a ClassTable> {
        self.dataset.classes(self.set).ok_or_else(|| {
            let what = format!("the set '{}' has no classes", self.set);
            Error::new(ErrorKind::NotFound, what).at(Place::area("panoptic"))
        })
    }

    fn read(&self, row: usize) -> Result<Picture> {
        let place = || Place::area("panoptic").row(row as u64).key(self.key);
        let file = self.dataset.image_file(row, self.key)?;
        let labels = LabelImage::decode(&file, MAX_LABEL_PIXELS).at(place)?;
        let list = |base: &str| self.list(row, base);
        let (ids, classes) = (list("object_id")?, list("label")?);
        let (areas, crowds) = (list("area")?, list("crowded")?);
        let mut segments = Vec::with_capacity(ids.len());
        for (at, (id, label)) in ids.iter().zip(&classes).enumerate() {
            let number = |value: &Value| value.as_int().and_then(|n| u32::try_from(n).ok());
            let (Some(id), Some(label)) = (number(id), number(label)) else {
                let what = format!("segment {at} has no id of pixels, or no class");
                return Err(Error::new(ErrorKind::Format, what).at(place()));
            };
            let area = areas.get(at).and_then(Value::as_float);
            segments.push(Segment { id, label, area, crowd: crowds.get(at) == Some(&Value::Bool(true)) });
        }
        let (height, width) = labels.size();
        Ok(Picture {
            name: crate::eval::semantic::row_name(self.dataset, row),
            size: Size::new(height, width),
            ids: labels.ids(),
            segments,
        })
    }

    /// The values of an object key of a row; none where there is no such key, or nothing is annotated.
    fn list(&self, row: usize, base: &str) -> Result<Vec<Value>> {
        let key = key_name(self.set, base);
        if self.dataset.keys().find(&key).is_err() && matches!(base, "area" | "crowded") {
            return Ok(Vec::new());
        }
        Ok(match self.dataset.select(key.as_str())?.get(row)?.value() {
            Some(Value::Array(list)) => (0..list.len()).map(|at| Value::of(list.as_ref(), at)).collect(),
            Some(Value::List(list)) => list.to_vec(),
            _ => Vec::new(),
        })
    }
}
