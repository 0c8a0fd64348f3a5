//! [`Painted`]: one side of an image, ids and what they are.
//!
//! The invariant: each id is listed once. Of an id that a list has twice the last entry holds, in the place of
//! the first: that is what a Python dictionary makes of it, and the reference reads it so.

use std::collections::HashMap;

use crate::geometry::{LabelMap, Size};

/// The id of pixels that belong to no segment.
pub(super) const VOID: u32 = 0;

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// The id of its pixels.
    pub id: u32,
    /// Its class, a position in the class table.
    pub label: u32,
    /// The area declared, in pixels; asked of the truth alone.
    pub area: Option<f64>,
    /// Stands for several objects; asked of the truth alone.
    pub crowd: bool,
}

impl Segment {
    /// A single object or region, no area declared.
    pub fn new(id: u32, label: u32) -> Segment {
        Segment { id, label, area: None, crowd: false }
    }

    /// The same, with the area declared.
    #[must_use]
    pub fn with_area(self, area: f64) -> Segment {
        Segment { area: Some(area), ..self }
    }

    /// The same, as a crowd.
    #[must_use]
    pub fn as_crowd(self) -> Segment {
        Segment { crowd: true, ..self }
    }
}

/// One side of an image: an id a pixel, and the list of segments.
#[derive(Clone, Debug)]
pub struct Painted<'a> {
    pub(super) size: Size,
    pub(super) ids: &'a [u32],
    pub(super) segments: Vec<Segment>,
    at: HashMap<u32, usize>,
}

impl<'a> Painted<'a> {
    /// These ids and segments. Which ids lack pixels or an entry is looked at when it is evaluated.
    pub fn new(map: LabelMap<'a, u32>, segments: &[Segment]) -> Painted<'a> {
        let mut painted =
            Painted { size: map.size(), ids: map.ids(), segments: Vec::new(), at: HashMap::new() };
        for segment in segments {
            match painted.at.get(&segment.id) {
                Some(at) => painted.segments[*at] = *segment,
                None => {
                    painted.at.insert(segment.id, painted.segments.len());
                    painted.segments.push(*segment);
                }
            }
        }
        painted
    }

    /// The position of an id in the list.
    pub(super) fn find(&self, id: u32) -> Option<usize> {
        self.at.get(&id).copied()
    }
}
