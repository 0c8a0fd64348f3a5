//! [`Chart`]: curves over common axes, such as precision over recall.
//!
//! Invariant: the points of a [`Curve`] are finite; others are left out when it is made, written and read.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A line through points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Whose it is: a class, a run, or the mean of all.
    pub name: String,
    /// The number that sums it up, such as its average precision.
    #[serde(default)]
    pub value: Option<f64>,
    /// True for the one that is drawn first and bold: the mean over classes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub main: bool,
    /// x and y, in drawing order.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub points: Vec<[f64; 2]>,
}

impl Curve {
    /// A curve of one class or run. Points with a NaN or an infinity are left out.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Curve {
        let points = points.into_iter().map(|(x, y)| [x, y]).filter(is_finite).collect();
        Curve { name: name.into(), points, ..Curve::default() }
    }

    /// The same curve with the number that sums it up.
    #[must_use]
    pub fn value(self, value: impl Into<Option<f64>>) -> Curve {
        Curve { value: super::figure::finite(value.into()), ..self }
    }

    /// The same curve as the one that stands for all others.
    #[must_use]
    pub fn main(self) -> Curve {
        Curve { main: true, ..self }
    }
}

fn is_finite(point: &[f64; 2]) -> bool {
    point.iter().all(|v| v.is_finite())
}

fn write<S: Serializer>(points: &[[f64; 2]], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(points.iter().filter(|point| is_finite(point)))
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<[f64; 2]>, D::Error> {
    let points = Vec::<[Option<f64>; 2]>::deserialize(deserializer)?;
    Ok(points.into_iter().filter_map(|[x, y]| Some([x?, y?])).filter(is_finite).collect())
}

/// Curves over common axes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// What it shows: `Precision and recall at IoU 0.50`.
    pub name: String,
    /// A sentence for people; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The horizontal axis: `recall`.
    pub x: String,
    /// The vertical axis: `precision`.
    pub y: String,
    /// The curves, in the order of the classes.
    pub curves: Vec<Curve>,
}

impl Chart {
    /// A chart without curves.
    pub fn new(name: impl Into<String>, x: impl Into<String>, y: impl Into<String>) -> Chart {
        Chart { name: name.into(), x: x.into(), y: y.into(), ..Chart::default() }
    }
}
