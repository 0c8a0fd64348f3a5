//! [`Figure`]: a number with its name, its unit and how sure it is.
//!
//! Invariant: a value made through [`Figure::new`] and [`Figure::between`] is finite or absent. Which of a
//! protocol's sentinels (COCO's -1) mean "undefined" is for the protocol to say; it passes `None`.

use serde::{Deserialize, Serialize};

/// What a number counts, which decides how it is written and whether a bar can show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share, 0 to 1, written as a decimal with three places: `0.437`.
    #[default]
    Share,
    /// A share, 0 to 1, written in per cent with one place: `43.7`.
    Percent,
    /// Any number, written with three places.
    Number,
    /// A whole number, its digits in groups of three.
    Count,
}

/// Which direction is an improvement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better, as of precision.
    #[default]
    Higher,
    /// Less is better, as of errors.
    Lower,
    /// Neither, as of a count of images.
    Neither,
}

/// A number with its name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The short name that programs ask for, unique in its list: `AP50`.
    pub key: String,
    /// What it is, for people: `average precision at IoU 0.50`. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The number; `None` where it is undefined.
    pub value: Option<f64>,
    /// The lower end of its interval.
    #[serde(default, skip_serializing_if = "undefined")]
    pub low: Option<f64>,
    /// The upper end of its interval.
    #[serde(default, skip_serializing_if = "undefined")]
    pub high: Option<f64>,
    /// The standard deviation over repeated runs, of which `value` is the mean.
    #[serde(default, skip_serializing_if = "undefined")]
    pub spread: Option<f64>,
    /// What it counts.
    #[serde(default)]
    pub unit: Unit,
    /// Which direction is an improvement.
    #[serde(default)]
    pub better: Better,
}

impl Figure {
    /// A share of 0 to 1 of which more is better. NaN, an infinity and `None` are undefined.
    pub fn new(key: impl Into<String>, label: impl Into<String>, value: impl Into<Option<f64>>) -> Figure {
        Figure { key: key.into(), label: label.into(), value: finite(value.into()), ..Figure::default() }
    }

    /// A whole number of things, of which neither more nor less is better.
    pub fn count(key: impl Into<String>, label: impl Into<String>, value: u64) -> Figure {
        let figure = Figure::new(key, label, value as f64);
        Figure { unit: Unit::Count, better: Better::Neither, ..figure }
    }

    /// The same figure with its interval, such as the 95 % of a bootstrap.
    #[must_use]
    pub fn between(self, low: impl Into<Option<f64>>, high: impl Into<Option<f64>>) -> Figure {
        Figure { low: finite(low.into()), high: finite(high.into()), ..self }
    }

    /// The same figure with the standard deviation over runs.
    #[must_use]
    pub fn spread(self, deviation: impl Into<Option<f64>>) -> Figure {
        Figure { spread: finite(deviation.into()), ..self }
    }

    /// The same figure in another unit.
    #[must_use]
    pub fn unit(self, unit: Unit) -> Figure {
        Figure { unit, ..self }
    }

    /// The same figure with another direction.
    #[must_use]
    pub fn better(self, better: Better) -> Figure {
        Figure { better, ..self }
    }

    /// The interval, where it has both ends.
    pub(super) fn interval(&self) -> Option<(f64, f64)> {
        self.low.zip(self.high)
    }
}

/// The number where it is one.
pub(super) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|x| x.is_finite())
}

/// True where JSON is to leave a number out: there is none, or it is NaN or infinite.
fn undefined(value: &Option<f64>) -> bool {
    finite(*value).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_undefined() {
        for value in [Some(f64::NAN), Some(f64::INFINITY), None] {
            let figure = Figure::new("AP", "", value).between(f64::NEG_INFINITY, 0.5);
            assert_eq!((figure.value, figure.low, figure.high), (None, None, Some(0.5)));
            assert_eq!(figure.interval(), None);
        }
        assert_eq!(Figure::new("delta", "", -1.0).value, Some(-1.0));
    }
}
