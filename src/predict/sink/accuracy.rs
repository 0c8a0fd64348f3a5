//! [`Accuracy`]: how often the best class is right.

use arrow_array::Array;

use super::Sink;
use crate::dataset::{Dataset, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::classification;
use crate::predict::found::Found;

/// The best class of each row against the one that the row says, counted as they come: memory does not grow.
pub struct Accuracy {
    truth: Dataset,
    key: String,
    evaluator: classification::Evaluator,
    classes: u32,
}

impl Accuracy {
    /// Against a key of labels of the view that is run: one an image, as `image_label`, or that of its only object.
    ///
    /// # Errors
    /// `Key` if it is not there.
    pub fn new(view: &Dataset, key: &str, options: classification::Options) -> Result<Accuracy> {
        let truth = view.select([key])?;
        let classes = options.classes;
        Ok(Accuracy {
            truth,
            key: key.to_owned(),
            evaluator: classification::Evaluator::new(options),
            classes,
        })
    }

    /// The numbers.
    pub fn finish(self) -> classification::Scores {
        self.evaluator.finish()
    }
}

impl Sink for Accuracy {
    fn take(&mut self, rows: &[u64], found: &[Vec<Found>]) -> Result<()> {
        let values = self.truth.take(rows)?.column(self.key.as_str())?.values();
        let odd = |row: u64, what: String| {
            Error::new(ErrorKind::Index, what).at(Place::area("predict").row(row).key(self.key.clone()))
        };
        let label = |row: u64, label: Option<i64>, of: &str| {
            let label =
                label.and_then(|label| u32::try_from(label).ok()).filter(|label| *label < self.classes);
            label.ok_or_else(|| odd(row, format!("{of} no label of {} classes", self.classes)))
        };
        let (mut asked, mut got) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for ((row, value), found) in rows.iter().zip(&values).zip(found) {
            let truth = match value.as_array() {
                Some(list) if list.len() == 1 => Value::of(list.as_ref(), 0).as_int(),
                Some(list) => {
                    let what = format!("{} labels, where a picture has to have one", list.len());
                    return Err(odd(*row, what).remedy("name a key of one label a picture, as image_label"));
                }
                None => value.as_int(),
            };
            asked.push(label(*row, truth, "it is")?);
            got.push(label(*row, found.first().map(|best| best.label), "the model says")?);
        }
        self.evaluator.update(&asked, &got)
    }
}
