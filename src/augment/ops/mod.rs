//! The operations of pipelines, by what they do: a struct each, whose fields are its parameters.
//!
//! An operation draws its parameters and calls the verbs of [`Sample`]; it never touches pixels, boxes or
//! masks by itself unless it changes colours alone.

pub mod affine;
pub mod around;
pub mod canvas;
pub mod choose;
pub mod colour;
pub mod constrained;
pub mod crop;
pub mod each;
pub mod erase;
pub mod methods;
pub mod mirror;
pub mod mix;
pub mod objects;
pub mod paste;
pub mod rand_augment;
pub mod shift;
pub mod size;

use serde::{Deserialize, Serialize};

use super::draw::{Draw, Flow};
use super::sample::Sample;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Size;

/// What every operation can do.
pub trait Operation {
    /// # Errors
    /// `Usage` for parameters that make no sense, with their name as the place's key.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Does it to a sample.
    ///
    /// # Errors
    /// Those of decoding; parameters that do not fit the sample, as a window larger than the picture.
    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow>;
}

/// A height and a width, or one number for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a size is a number of pixels, or [height, width]")]
pub enum Side {
    /// Both are this.
    Square(u32),
    /// (height, width).
    Size([u32; 2]),
}

impl Side {
    /// As a size.
    pub fn size(self) -> Size {
        match self {
            Side::Square(side) => Size::new(side, side),
            Side::Size([height, width]) => Size::new(height, width),
        }
    }

    /// # Errors
    /// `Usage` for a size without a pixel.
    pub fn check(self) -> Result<()> {
        match self.size().pixels() {
            0 => Err(wrong("size", "has no pixel")),
            _ => Ok(()),
        }
    }
}

/// A parameter that makes no sense.
pub(super) fn wrong(name: &str, why: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("{name} {why}")).at(Place::none().key(name))
}

/// Fails unless low ≤ high and both are within limits.
pub(super) fn check_range(name: &str, [low, high]: [f64; 2], least: f64, most: f64) -> Result<()> {
    match low >= least && high <= most && low <= high {
        true => Ok(()),
        false => Err(wrong(name, &format!("[{low}, {high}] is no range within {least}..{most}"))),
    }
}

/// A number as a count of pixels; what is not finite or too large is the most there can be.
pub(super) fn pixels(value: f64) -> u32 {
    value as u32
}

/// What parameters are that hold unless something else is said.
pub(super) fn yes() -> bool {
    true
}

/// A list of pairs, or one pair alone.
pub(super) fn pairs<'de, D, T>(deserializer: D) -> std::result::Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    use serde::de::Error as _;
    // By way of a value: serde's own untagged enums lose numbers whose text is kept, as ours is.
    let value = serde_json::Value::deserialize(deserializer)?;
    let one = value.get(0).is_some_and(|first| !first.is_array());
    let list = if one { serde_json::Value::Array(vec![value]) } else { value };
    serde_json::from_value(list).map_err(D::Error::custom)
}
