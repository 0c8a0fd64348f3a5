//! [`Breakdown`]: figures that are parts or aspects of one thing, drawn as bars below each other.
//!
//! Errors by type, precision by object size, the steps of COCO's error analysis.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// Figures to be compared with each other; all bars of a breakdown have one scale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breakdown {
    /// What it shows: `AP by object size`.
    pub name: String,
    /// A sentence for people; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The parts, top to bottom.
    pub figures: Vec<Figure>,
}

impl Breakdown {
    /// Figures under a name.
    pub fn new(name: impl Into<String>, figures: impl Into<Vec<Figure>>) -> Breakdown {
        Breakdown { name: name.into(), figures: figures.into(), ..Breakdown::default() }
    }
}
