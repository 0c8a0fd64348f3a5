//! [`Coverage`]: how many of one side were found on the other.
//!
//! A file of predictions whose names do not match the truth's gives low numbers that look like a bad model. So
//! what is incomplete is the first thing that every form says.

use serde::{Deserialize, Serialize};

use super::number;

/// How many were found of how many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// What was looked for: `images of the predictions in the truth`.
    pub what: String,
    /// By what: `image_id`, `file_name`, `name`; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// How many were found.
    pub found: u64,
    /// How many there are.
    pub total: u64,
    /// Some that were not found; a few are enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl Coverage {
    /// So many found of so many.
    pub fn new(what: impl Into<String>, found: u64, total: u64) -> Coverage {
        Coverage { what: what.into(), found, total, ..Coverage::default() }
    }

    /// The same with the key by which was looked for.
    #[must_use]
    pub fn by(self, by: impl Into<String>) -> Coverage {
        Coverage { by: by.into(), ..self }
    }

    /// The same with examples of what was not found.
    #[must_use]
    pub fn missing<T: Into<String>>(self, missing: impl IntoIterator<Item = T>) -> Coverage {
        Coverage { missing: missing.into_iter().map(Into::into).collect(), ..self }
    }

    /// True if all were found.
    pub fn is_complete(&self) -> bool {
        self.found >= self.total
    }

    /// `4,952 of 5,000 images (99.0 %)`, and by what; rounded down, so that 100 % means all.
    pub(super) fn sentence(&self) -> String {
        let share = if self.total == 0 { 1.0 } else { self.found as f64 / self.total as f64 };
        let percent = (share * 1000.0).floor() / 10.0;
        let by = if self.by.is_empty() { String::new() } else { format!(", matched by {}", self.by) };
        let (found, total) = (number::whole(self.found), number::whole(self.total));
        format!("{found} of {total} {} ({percent:.1} %){by}", self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missing_of_many_is_not_a_hundred_per_cent() {
        let coverage = Coverage::new("images", 99_999, 100_000).by("stem");
        assert!(!coverage.is_complete());
        assert_eq!(coverage.sentence(), "99,999 of 100,000 images (99.9 %), matched by stem");
        assert!(Coverage::new("images", 0, 0).is_complete());
    }
}
