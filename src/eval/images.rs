//! What an image is called: [`ImageId`].
//!
//! Evaluators walk images in the order of their ids, as the reference tools do; so the order in which images
//! arrive, and how they were shared out, cannot change a result.

use std::fmt;

/// The source's own id of an image. Numbers come before texts; numbers in their order, texts by code points.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImageId {
    /// A number.
    Int(i64),
    /// A text.
    Text(Box<str>),
}

impl ImageId {
    /// The id as a person writes it: a text without quotes.
    pub fn name(&self) -> String {
        match self {
            ImageId::Int(id) => id.to_string(),
            ImageId::Text(id) => id.to_string(),
        }
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageId::Int(id) => id.fmt(f),
            ImageId::Text(id) => write!(f, "{id:?}"),
        }
    }
}

impl From<i64> for ImageId {
    fn from(id: i64) -> ImageId {
        ImageId::Int(id)
    }
}

impl From<&str> for ImageId {
    fn from(id: &str) -> ImageId {
        ImageId::Text(id.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_before_texts_and_texts_by_code_points() {
        let mut ids: Vec<ImageId> =
            vec!["é".into(), "10".into(), 10.into(), "9".into(), 9.into(), "a".into()];
        ids.sort();
        assert_eq!(ids, [9.into(), 10.into(), "10".into(), "9".into(), "a".into(), ImageId::from("é")]);
    }
}
