//! What an order may depend on besides the seed: [`Facts`] about rows, and which of them a sampler [`Need`]s.
//!
//! Facts are borrowed columns; nothing here reads a dataset. A fact that is asked for is there, is as long as the
//! rows are many and makes sense, or the error names the key to add.

use crate::error::{Error, ErrorKind, Place, Result};

use super::kind::Kind;

/// A fact that a sampler needs of every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// The classes of each row: [`Facts::labels`].
    Labels,
    /// Width over height of each row's image: [`Facts::aspect`].
    Aspect,
    /// How rows lie in shards: [`Facts::shards`].
    Shards,
    /// How often each row is wanted: [`Facts::weights`].
    Weights,
}

impl Need {
    /// The keys of a dataset that the fact is made of, and the first is the one to add; none for what is no key.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Need::Labels => &["label", "image_label"],
            Need::Aspect => &["width", "height"],
            Need::Shards => &[],
            Need::Weights => &["weight"],
        }
    }

    fn absent(self, kind: Kind) -> Error {
        let (what, remedy) = match self {
            Need::Labels => {
                ("the classes of each row", "keep the key 'label' (of objects) or 'image_label' in the view")
            }
            Need::Aspect => ("the shape of each image", "keep the keys 'width' and 'height' in the view"),
            Need::Shards => {
                ("the number of rows in each shard", "feed a stored dataset, or choose 'shuffled'")
            }
            Need::Weights => {
                ("a weight for each row", "give the sampler 'weights', or add a key of numbers as 'weight'")
            }
        };
        let place = self.keys().first().map_or(Place::none(), |key| Place::none().key(*key));
        Error::new(ErrorKind::Key, format!("the sampler '{kind}' needs {what}"))
            .at(place.within(&Place::area("feed")))
            .remedy(remedy)
    }
}

/// What is known of the rows of a view, in the order of its rows.
///
/// ```
/// use lensframe::feed::sampler::{Facts, Labels};
/// let classes = [vec![0, 2], vec![], vec![2]];
/// let facts = Facts { labels: Some(Labels::lists(&classes)), ..Facts::of(3) };
/// assert_eq!(facts.rows, 3);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// How many rows there are.
    pub rows: u64,
    /// The classes of each row; one that comes twice in a row counts once.
    pub labels: Option<Labels<'a>>,
    /// Width over height of each row's image, above 0.
    pub aspect: Option<&'a [f32]>,
    /// How many rows each shard holds. Shards follow each other: the first has rows `0..shards[0]`.
    pub shards: Option<&'a [u64]>,
    /// How often each row is wanted beside the others, at least 0.
    pub weights: Option<&'a [f64]>,
}

impl<'a> Facts<'a> {
    /// That there are so many rows, and no more.
    pub fn of(rows: u64) -> Facts<'a> {
        Facts { rows, ..Facts::default() }
    }

    pub(super) fn labels_for(&self, kind: Kind) -> Result<Labels<'a>> {
        let labels = self.labels.ok_or_else(|| Need::Labels.absent(kind))?;
        self.as_many(labels.len(), "rows with labels")?;
        Ok(labels)
    }

    pub(super) fn aspect_for(&self, kind: Kind) -> Result<&'a [f32]> {
        let aspect = self.aspect.ok_or_else(|| Need::Aspect.absent(kind))?;
        self.as_many(aspect.len(), "aspect ratios")?;
        match aspect.iter().position(|ratio| !(*ratio > 0.0 && ratio.is_finite())) {
            None => Ok(aspect),
            Some(row) => {
                let what = format!("the aspect ratio {} is not above 0 and finite", aspect[row]);
                Err(Error::new(ErrorKind::Usage, what)
                    .at(Place::area("feed").row(row as u64).key("width"))
                    .remedy("correct width and height, or leave the row out of the view"))
            }
        }
    }

    pub(super) fn shards_for(&self, kind: Kind) -> Result<&'a [u64]> {
        let shards = self.shards.ok_or_else(|| Need::Shards.absent(kind))?;
        let rows = shards.iter().try_fold(0u64, |sum, rows| sum.checked_add(*rows));
        if rows != Some(self.rows) {
            let held = rows.map_or("more rows than can be counted".to_owned(), |rows| format!("{rows} rows"));
            let what = format!("the shards hold {held}, there are {}", self.rows);
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("feed")));
        }
        Ok(shards)
    }

    /// The weights given, else those of the rows; each is finite and at least 0.
    pub(super) fn weights_for(&self, kind: Kind, given: Option<&'a [f64]>) -> Result<&'a [f64]> {
        let weights = given.or(self.weights).ok_or_else(|| Need::Weights.absent(kind))?;
        self.as_many(weights.len(), "weights")?;
        match weights.iter().position(|weight| !(*weight >= 0.0 && weight.is_finite())) {
            None => Ok(weights),
            Some(row) => {
                let what = format!("the weight {} is not a number from 0 up", weights[row]);
                Err(Error::new(ErrorKind::Usage, what).at(Place::area("feed").row(row as u64).key("weight")))
            }
        }
    }

    fn as_many(&self, found: usize, what: &str) -> Result<()> {
        if found as u64 == self.rows {
            return Ok(());
        }
        let what = format!("there are {found} {what} and {} rows", self.rows);
        Err(Error::new(ErrorKind::Length, what)
            .at(Place::area("feed"))
            .remedy("take both from the same view"))
    }
}

/// The classes of each row: a list a row, however they are held.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a>(Held<'a>);

#[derive(Clone, Copy, Debug)]
enum Held<'a> {
    Lists(&'a [Vec<u32>]),
    Flat { offsets: &'a [u64], values: &'a [u32] },
}

impl<'a> Labels<'a> {
    /// A list for each row.
    pub fn lists(lists: &'a [Vec<u32>]) -> Labels<'a> {
        Labels(Held::Lists(lists))
    }

    /// One array of values, of which row i has `values[offsets[i]..offsets[i + 1]]`: Arrow's form.
    ///
    /// # Errors
    /// `Length` where the offsets fall, leave the values or are none at all.
    pub fn flat(offsets: &'a [u64], values: &'a [u32]) -> Result<Labels<'a>> {
        let wrong =
            |what: String| Err(Error::new(ErrorKind::Length, what).at(Place::area("feed").key("label")));
        if let Some(row) = offsets.windows(2).position(|pair| pair[0] > pair[1]) {
            return wrong(format!("offset {} falls from {} to {}", row + 1, offsets[row], offsets[row + 1]));
        }
        match offsets.last() {
            None => wrong("there are no offsets; a list of no rows has one".to_owned()),
            Some(&end) if end > values.len() as u64 => {
                wrong(format!("the last offset is {end}, there are {} values", values.len()))
            }
            Some(_) => Ok(Labels(Held::Flat { offsets, values })),
        }
    }

    /// How many rows have a list.
    pub fn len(&self) -> usize {
        match self.0 {
            Held::Lists(lists) => lists.len(),
            Held::Flat { offsets, .. } => offsets.len() - 1,
        }
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lists in the order of rows.
    pub fn rows(self) -> impl Iterator<Item = &'a [u32]> {
        (0..self.len()).map(move |row| match self.0 {
            Held::Lists(lists) => lists[row].as_slice(),
            Held::Flat { offsets, values } => &values[offsets[row] as usize..offsets[row + 1] as usize],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_labels_are_lists() {
        let lists = [vec![4, 4], vec![], vec![1]];
        let flat = Labels::flat(&[1, 3, 3, 4], &[9, 4, 4, 1, 9]).unwrap();
        assert!(flat.rows().eq(Labels::lists(&lists).rows()));
        assert_eq!((flat.len(), flat.is_empty()), (3, false));
        assert!(Labels::flat(&[0], &[]).unwrap().is_empty());
    }

    #[test]
    fn offsets_that_lead_astray_are_refused() {
        for (offsets, what) in [
            (&[][..], "no offsets"),
            (&[0, 2, 1], "offset 2 falls from 2 to 1"),
            (&[0, 4], "last offset is 4, there are 3 values"),
            (&[u64::MAX], "last offset is 18446744073709551615"),
        ] {
            let error = Labels::flat(offsets, &[1, 2, 3]).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn an_absent_fact_names_the_key_to_add() {
        let facts = Facts::of(2);
        let labels = facts.labels_for(Kind::ClassAware).unwrap_err();
        assert_eq!((labels.kind(), labels.place().key_name()), (ErrorKind::Key, Some("label")));
        assert_eq!(
            labels.to_string(),
            "feed: key 'label': the sampler 'class_aware' needs the classes of each row; \
             keep the key 'label' (of objects) or 'image_label' in the view"
        );
        assert!(
            facts.aspect_for(Kind::AspectGroups).unwrap_err().to_string().contains("'width' and 'height'")
        );
        assert!(facts.shards_for(Kind::Windowed).unwrap_err().to_string().contains("rows in each shard"));
        assert!(facts.weights_for(Kind::Weighted, None).unwrap_err().to_string().contains("'weight'"));
    }

    #[test]
    fn facts_of_other_rows_and_senseless_ones_are_refused() {
        let says = |error: Error, what: &str| assert!(error.to_string().contains(what), "{error}");
        let facts = Facts {
            labels: Some(Labels::lists(&[])),
            aspect: Some(&[1.0, f32::NAN]),
            shards: Some(&[u64::MAX, 3]),
            weights: Some(&[1.0, -1.0]),
            ..Facts::of(2)
        };
        says(facts.labels_for(Kind::ClassAware).unwrap_err(), "0 rows with labels and 2 rows");
        says(facts.aspect_for(Kind::AspectGroups).unwrap_err(), "row 1");
        says(facts.shards_for(Kind::Windowed).unwrap_err(), "more rows than can be counted");
        says(facts.weights_for(Kind::Weighted, None).unwrap_err(), "row 1");
        says(facts.weights_for(Kind::Weighted, Some(&[1.0])).unwrap_err(), "1 weights and 2 rows");
        let short = Facts { shards: Some(&[1]), ..Facts::of(2) };
        says(short.shards_for(Kind::Windowed).unwrap_err(), "the shards hold 1 rows, there are 2");
    }
}
