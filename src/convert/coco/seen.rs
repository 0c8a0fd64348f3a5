//! Object ids that stand twice in a file.

use std::collections::HashSet;

use crate::convert::column::Id;
use crate::error::{Place, Result};
use crate::job::{Job, Warning};

/// The object ids of a file, to find those that stand twice.
#[derive(Debug, Default)]
pub(in crate::convert) struct Seen {
    ints: Vec<i64>,
    texts: HashSet<Box<str>>,
    twice: Vec<String>,
}

impl Seen {
    #[inline]
    pub(in crate::convert) fn add(&mut self, id: &Id) {
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
    pub(in crate::convert) fn finish(&mut self, file: &str, job: &Job) -> Result<()> {
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
