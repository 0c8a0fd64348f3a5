//! [`pair`]: which row of one dataset is the same image as which row of another.
//!
//! Evaluators of areas and labels compare row with row: [`semantic::rows`](crate::eval::semantic::rows),
//! [`panoptic::rows`](crate::eval::panoptic::rows), [`classification::rows`](crate::eval::classification::rows). The
//! invariant: no row is in two pairs, pairs are in the order of the truth, and every row of both sides is in a pair or
//! named as having none.

use std::collections::HashMap;

use super::comparison::ImageEntry;
use super::images::ImageId;
use super::side::{MatchBy, key};
use crate::dataset::{Column, Dataset, Value};
use crate::error::{Error, ErrorKind, Place, Result};

/// Rows that are the same image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paired {
    /// (row of the truth, row of the prediction).
    pub pairs: Vec<(usize, usize)>,
    /// Rows of the truth that no prediction is of.
    pub truth_only: Vec<usize>,
    /// Rows of the prediction that the truth does not have.
    pub found_only: Vec<usize>,
}

/// Pairs the rows of two datasets by `image_id` or `file_name`. A row without an id is named by its number.
///
/// ```
/// use lensframe::dataset::Dataset;
/// use lensframe::eval::{MatchBy, rows::pair};
/// let truth = Dataset::zip([("image_id", vec![7i64, 8, 9])])?;
/// let found = Dataset::zip([("image_id", vec![9i64, 1, 7])])?;
/// let paired = pair(&truth, &found, MatchBy::Id)?;
/// assert_eq!(paired.pairs, [(0, 2), (2, 0)]);
/// assert_eq!((paired.truth_only, paired.found_only), (vec![1], vec![1]));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Usage`] if two rows of one side are the same image by what they are matched by; those of reading.
pub fn pair(truth: &Dataset, found: &Dataset, by: MatchBy) -> Result<Paired> {
    let (asked, got) = (names(truth, "truth", by)?, names(found, "prediction", by)?);
    let mut paired = Paired::default();
    let mut free: HashMap<&ImageId, usize> = got.iter().zip(0..).collect();
    for (row, name) in asked.iter().enumerate() {
        match free.remove(name) {
            Some(other) => paired.pairs.push((row, other)),
            None => paired.truth_only.push(row),
        }
    }
    paired.found_only = free.into_values().collect();
    paired.found_only.sort_unstable();
    Ok(paired)
}

/// What each row is matched by.
fn names(dataset: &Dataset, side: &str, by: MatchBy) -> Result<Vec<ImageId>> {
    let column = |key: &str| -> Result<Option<Column>> {
        dataset.keys().find(key).is_ok().then(|| dataset.column(key)).transpose()
    };
    let (ids, files) = (column("image_id")?, column("file_name")?);
    let mut seen: HashMap<ImageId, usize> = HashMap::new();
    let mut names = Vec::with_capacity(dataset.len());
    for row in 0..dataset.len() {
        let value = |column: &Option<Column>| column.as_ref().map_or(Value::Null, |column| column.value(row));
        let id = match value(&ids) {
            Value::Int(id) => ImageId::Int(id),
            Value::Text(id) => ImageId::Text((*id).into()),
            _ => ImageId::Int(row as i64),
        };
        let file_name = value(&files).as_text().map(str::to_owned);
        let name = key(&ImageEntry { file_name, ..ImageEntry::new(id) }, by);
        if let Some(other) = seen.insert(name.clone(), row) {
            let what = format!("rows {other} and {row} of the {side} are both image {name}");
            return Err(Error::new(ErrorKind::Usage, what)
                .at(Place::area("eval").row(row as u64))
                .remedy("match by id, file name or stem, whichever tells them apart"));
        }
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_pair_what_names_do_not_and_a_name_twice_is_refused() {
        let names = |names: &[&str]| {
            Dataset::zip([("file_name", names.iter().map(|name| Value::from(*name)).collect::<Vec<_>>())])
                .unwrap()
        };
        let (truth, found) = (names(&["a/7.jpg", "b/x.png"]), names(&["x.png", "0007.png", "z.png"]));
        assert_eq!(pair(&truth, &found, MatchBy::FileName).unwrap().pairs, []);
        let paired = pair(&truth, &found, MatchBy::Stem).unwrap();
        assert_eq!((paired.pairs, paired.found_only), (vec![(0, 1), (1, 0)], vec![2]));
        // Without ids the row is the id.
        assert_eq!(pair(&truth, &found, MatchBy::Id).unwrap().pairs, [(0, 0), (1, 1)]);
        let e = pair(&truth, &names(&["x.png", "x.jpg"]), MatchBy::Stem).unwrap_err();
        assert_eq!((e.kind(), e.place().row_number()), (ErrorKind::Usage, Some(1)));
        assert!(e.to_string().contains("rows 0 and 1 of the prediction are both image \"x\""), "{e}");
    }
}
