//! A column of ids: 64-bit integers or text, decided before the first value.

use arrow_array::ArrayRef;
use arrow_array::types::Int64Type;

use std::collections::HashSet;

use crate::error::{Place, Result};
use crate::job::{Job, Warning};
use crate::schema::field::IdType;

use super::column::{Plain, Texts};
use super::ids::Id;

/// Builder of `image_id` and `object_id`.
#[derive(Debug)]
pub(super) enum IdColumn {
    Int(Plain<i64>),
    Text(Texts),
}

impl IdColumn {
    pub(super) fn new(ids: IdType) -> IdColumn {
        match ids {
            IdType::Int => IdColumn::Int(Plain::new()),
            IdType::Text => IdColumn::Text(Texts::new()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            IdColumn::Int(c) => c.len(),
            IdColumn::Text(c) => c.len(),
        }
    }

    /// Pushes an id or null; false, and nothing pushed, if the column is of the other type.
    pub(super) fn push(&mut self, id: Option<&Id>) -> Result<bool> {
        match (self, id) {
            (IdColumn::Int(c), Some(Id::Int(id))) => c.push(Some(*id)),
            (IdColumn::Text(c), Some(Id::Text(id))) => c.push(id)?,
            (IdColumn::Int(c), None) => c.push(None),
            (IdColumn::Text(c), None) => c.push_null(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            IdColumn::Int(c) => c.bytes(),
            IdColumn::Text(c) => c.bytes(),
        }
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        match self {
            IdColumn::Int(c) => c.finish::<Int64Type>(),
            IdColumn::Text(c) => c.finish(),
        }
    }
}

/// The object ids of a file, to find those that stand twice.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ints: Vec<i64>,
    texts: HashSet<Box<str>>,
    twice: Vec<String>,
}

impl Seen {
    #[inline]
    pub(super) fn add(&mut self, id: &Id) {
        match id {
            Id::Int(id) => self.ints.push(*id),
            Id::Text(id) => {
                if !self.texts.insert(id.clone()) {
                    self.twice.push(id.to_string());
                }
            }
        }
    }

    /// Warns of each id that stands again, and forgets all.
    pub(super) fn finish(&mut self, file: &str, job: &Job) -> Result<()> {
        let mut seen = std::mem::take(self);
        if !seen.ints.is_sorted_by(|a, b| a < b) {
            seen.ints.sort_unstable();
            let pairs = seen.ints.windows(2).filter_map(|pair| match pair {
                [a, b] if a == b => Some(a.to_string()),
                _ => None,
            });
            seen.twice.extend(pairs);
        }
        for id in seen.twice {
            let place = Place::area("coco").file(file);
            let what = format!("two annotations have the id {id}");
            job.warn(Warning::new("coco.duplicate-annotation", place, what, "both are kept"))?;
        }
        Ok(())
    }
}
