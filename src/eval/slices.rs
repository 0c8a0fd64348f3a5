//! Images by the values of a key: [`Slices`], and the numbers of each.
//!
//! A slice is a choice of images, so that its numbers follow from what matching left behind ([`Standing`]).

use std::collections::{BTreeMap, HashMap};

use crate::dataset::{Dataset, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::report::Table;

use super::coco::Standing;
use super::images::ImageId;

/// The most values that are slices by themselves; numbers with more are cut into quarters.
const MOST: usize = 24;

/// Images by the values of one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Slices {
    /// The key.
    pub key: String,
    /// Names, and the ids of their images; an image may be in several, as by a key of tags, or in none.
    pub groups: Vec<(String, Vec<ImageId>)>,
}

impl Slices {
    /// The rows of a dataset by a row key: text, whole numbers, truth values, or lists of these. Numbers of more than 24
    /// values are cut into quarters of the images. Rows without a value are a slice of their own, "none".
    ///
    /// # Errors
    /// [`ErrorKind::Key`] for an unknown key; [`ErrorKind::Type`] for one of another kind; [`ErrorKind::Limit`] for texts
    /// with too many values.
    pub fn by(dataset: &Dataset, key: &str) -> Result<Slices> {
        dataset.keys().find(key)?;
        Slices::of(dataset, key, &dataset.column(key)?.values())
    }

    /// The rows of a dataset by values that somebody else found, one a row; otherwise as [`Slices::by`]. `key` is what
    /// they are called.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if there are not as many values as rows; as [`Slices::by`].
    pub fn of(dataset: &Dataset, key: &str, values: &[Value]) -> Result<Slices> {
        let ids = ids(dataset)?;
        let place = || Place::area("eval").key(key);
        if values.len() != ids.len() {
            let what = format!("{} values for {} images", values.len(), ids.len());
            return Err(Error::new(ErrorKind::Length, what).at(place()).remedy("ask for a value an image"));
        }
        let mut groups: BTreeMap<String, Vec<ImageId>> = BTreeMap::new();
        let mut numbers = Vec::new();
        for (value, id) in values.iter().zip(&ids) {
            let members: Vec<Value> = match value {
                Value::Array(list) => (0..list.len()).map(|at| Value::of(list.as_ref(), at)).collect(),
                Value::List(list) => list.to_vec(),
                one => vec![one.clone()],
            };
            for member in members {
                let name = match &member {
                    Value::Null => "none".to_owned(),
                    Value::Text(text) => text.to_string(),
                    Value::Bool(flag) => flag.to_string(),
                    Value::Int(n) => n.to_string(),
                    Value::Float(x) => x.to_string(),
                    other => {
                        let what = format!("images cannot be grouped by {}", other.kind_name());
                        return Err(Error::new(ErrorKind::Type, what)
                            .at(place())
                            .remedy("name a key of texts, numbers or truth values"));
                    }
                };
                numbers.extend(member.as_float().map(|number| (number, id.clone())));
                let group = groups.entry(name).or_default();
                if group.last() != Some(id) {
                    group.push(id.clone());
                }
            }
        }
        let groups: Vec<(String, Vec<ImageId>)> = if groups.len() <= MOST {
            let mut groups: Vec<_> = groups.into_iter().collect();
            // Numbers in their order, not in that of their digits.
            groups.sort_by(|(a, _), (b, _)| match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(a), Ok(b)) => a.total_cmp(&b),
                _ => a.cmp(b),
            });
            groups
        } else if numbers.len() == ids.len() {
            quarters(numbers)
        } else {
            let what = format!("{} values make as many slices; the most are {MOST}", groups.len());
            return Err(Error::new(ErrorKind::Limit, what)
                .at(place())
                .remedy("name a key with fewer values"));
        };
        Ok(Slices { key: key.to_owned(), groups })
    }

    /// The first numbers of every slice.
    pub fn table(&self, standing: &Standing) -> Table {
        let mut rows = Vec::with_capacity(self.groups.len());
        for (_, ids) in &self.groups {
            let mut weights = vec![0; standing.images().len()];
            let mut images = 0;
            for id in ids {
                if let Some(weight) =
                    standing.images().binary_search(id).ok().and_then(|at| weights.get_mut(at))
                {
                    *weight = 1;
                    images += 1;
                }
            }
            rows.push((images, standing.summary(&weights)));
        }
        let mut table = Table::new(format!("by {}", self.key))
            .note(format!("the images of each value of {}", self.key))
            .text(self.key.clone(), self.groups.iter().map(|(name, _)| name.clone()))
            .int("images", rows.iter().map(|(images, _)| i64::from(*images)));
        let keys: Vec<String> = rows
            .first()
            .map(|(_, first)| first.lines.iter().map(|line| line.key.clone()).collect())
            .unwrap_or_default();
        for key in keys {
            table = table
                .float(key.clone(), rows.iter().map(|(_, summary)| summary.get(&key)).collect::<Vec<_>>());
        }
        table
    }
}

/// The cluster of every image (in the order of [`Standing::images`]): images with one value of a row key belong
/// together. Images that the dataset does not have, or that have no value, are clusters of their own.
///
/// # Errors
/// [`ErrorKind::Key`] for an unknown key.
pub fn clusters(dataset: &Dataset, key: &str, images: &[ImageId]) -> Result<Vec<u32>> {
    dataset.keys().find(key)?;
    let values = dataset.column(key)?.values();
    let by_id: HashMap<ImageId, String> = ids(dataset)?
        .into_iter()
        .zip(values)
        .filter(|(_, value)| !matches!(value, Value::Null))
        .map(|(id, value)| (id, format!("{value:?}")))
        .collect();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    Ok(images
        .iter()
        .map(|image| match by_id.get(image) {
            Some(value) => *numbers.entry(value).or_insert_with(&mut fresh),
            None => fresh(),
        })
        .collect())
}

/// What the rows of a dataset are called: `image_id`, or their place.
fn ids(dataset: &Dataset) -> Result<Vec<ImageId>> {
    if dataset.keys().find("image_id").is_err() {
        return Ok((0..dataset.len() as i64).map(ImageId::Int).collect());
    }
    let values = dataset.column("image_id")?.values();
    let id = |(value, row): (&Value, i64)| match value {
        Value::Int(id) => ImageId::Int(*id),
        Value::Text(id) => ImageId::from(&**id),
        _ => ImageId::Int(row),
    };
    Ok(values.iter().zip(0..).map(id).collect())
}

/// Four groups of numbers with about as many images each; equal numbers stay together.
fn quarters(mut numbers: Vec<(f64, ImageId)>) -> Vec<(String, Vec<ImageId>)> {
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut groups: Vec<(String, Vec<ImageId>)> = Vec::new();
    let mut start = 0;
    for quarter in 1..=4 {
        let mut end = numbers.len() * quarter / 4;
        while end > 0
            && end < numbers.len()
            && numbers.get(end).map(|n| n.0) == numbers.get(end - 1).map(|n| n.0)
        {
            end += 1;
        }
        if let Some(part @ [(low, _), ..]) = numbers.get(start..end)
            && let Some((high, _)) = part.last()
        {
            let name = if low == high { low.to_string() } else { format!("{low} to {high}") };
            groups.push((name, part.iter().map(|(_, id)| id.clone()).collect()));
            start = end;
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_numbers_and_many_numbers_make_slices() {
        let n = 40i64;
        let dataset = Dataset::zip([
            ("image_id", (0..n).map(Value::Int).collect::<Vec<_>>()),
            ("split", (0..n).map(|i| Value::from(if i % 4 == 0 { "val" } else { "train" })).collect()),
            ("height", (0..n).map(|i| Value::Int(100 + i / 2)).collect()),
        ])
        .unwrap();
        let sizes = |key: &str| {
            let slices = Slices::by(&dataset, key).unwrap();
            slices.groups.iter().map(|(name, ids)| (name.clone(), ids.len())).collect::<Vec<_>>()
        };
        assert_eq!(sizes("split"), [("train".to_owned(), 30), ("val".to_owned(), 10)]);
        assert_eq!(sizes("height").len(), 20);
        assert_eq!(sizes("height")[1], ("101".to_owned(), 2));
        let quarters = sizes("image_id");
        assert_eq!(quarters[3], ("30 to 39".to_owned(), 10));
        assert!(Slices::by(&dataset, "weather").is_err());
    }
}
