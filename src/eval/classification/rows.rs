//! [`rows`]: the labels of one dataset against those of another.

use super::single::{Evaluator, Options, Scores};
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};

/// Compares a label key of one dataset with one of another (`image_label`, or another of whole numbers) in these
/// rows, given as (row of the truth, row of the prediction).
///
/// # Errors
/// [`ErrorKind::Key`] for keys that are not there; [`ErrorKind::Index`] for a row past the end, and for a value that
/// is no label, with row and key.
pub fn rows(
    truth: (&Dataset, &str),
    predicted: (&Dataset, &str),
    pairs: &[(usize, usize)],
    options: &Options,
) -> Result<Scores> {
    let labels = |(dataset, key): (&Dataset, &str), rows: Vec<u64>| {
        let values = dataset.take(&rows)?.column(key)?.values();
        let label = |(row, value): (&u64, &crate::dataset::Value)| {
            value.as_int().and_then(|n| u32::try_from(n).ok()).filter(|n| *n < options.classes).ok_or_else(
                || {
                    let what = format!(
                        "{} is no label of {} classes",
                        value.as_int().map_or_else(|| value.kind_name().to_owned(), |n| n.to_string()),
                        options.classes
                    );
                    Error::new(ErrorKind::Index, what).at(Place::area("classification").row(*row).key(key))
                },
            )
        };
        rows.iter().zip(&values).map(label).collect::<Result<Vec<u32>>>()
    };
    let asked = labels(truth, pairs.iter().map(|(row, _)| *row as u64).collect())?;
    let got = labels(predicted, pairs.iter().map(|(_, row)| *row as u64).collect())?;
    let mut evaluator = Evaluator::new(options.clone());
    evaluator.update(&asked, &got)?;
    Ok(evaluator.finish())
}
