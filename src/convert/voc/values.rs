//! What an object says, as numbers and flags: read from its leaves, and written as the text of a leaf.
//!
//! Import and export share both directions. [`Values::text`] is the exporter's rule; where it does not give
//! the source's text, the import keeps that text beside the keys.

use super::number::{self, Styles};
use super::slot::Slot;
use crate::convert::Coords;

/// What is needed to turn values into text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    pub(super) coords: Coords,
    pub(super) styles: Styles,
}

/// A part of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PartValue {
    pub(super) name: Option<String>,
    pub(super) bbox: Option<[f64; 4]>,
}

/// The values of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values {
    /// The class's name, without white space around it; never empty.
    pub(super) name: Option<String>,
    pub(super) bbox: Option<[f64; 4]>,
    /// In the order of [`super::slot::FLAGS`].
    pub(super) flags: [Option<bool>; 3],
    pub(super) parts: Vec<PartValue>,
    /// `None` if there are none, or if one cannot be read.
    pub(super) points: Option<Vec<[f64; 2]>>,
    pub(super) rotated: Option<[f64; 5]>,
    /// x, y, x, y, …; `None` as for `points`.
    pub(super) polygon: Option<Vec<f64>>,
}

/// The texts of an object by what they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) corners: [Option<&'a str>; 4],
    pub(super) flags: [Option<&'a str>; 3],
    pub(super) parts: Vec<(Option<&'a str>, [Option<&'a str>; 4])>,
    pub(super) points: Vec<[Option<&'a str>; 2]>,
    pub(super) rotated: [Option<&'a str>; 5],
    pub(super) vertices: Vec<[Option<&'a str>; 2]>,
}

impl<'a> Texts<'a> {
    /// Takes the text of a slot; false for one that has no key of its own here.
    pub(super) fn take(&mut self, slot: Slot<'_>, text: &'a str) -> bool {
        let place = match slot {
            Slot::Name => Some(&mut self.name),
            Slot::Corner(i) => self.corners.get_mut(i),
            Slot::Flag(i) => self.flags.get_mut(i),
            Slot::Rotated(i) => self.rotated.get_mut(i),
            Slot::PartName(n) => grown(&mut self.parts, n).map(|part| &mut part.0),
            Slot::PartCorner(n, i) => grown(&mut self.parts, n).and_then(|part| part.1.get_mut(i)),
            Slot::Point(n, axis) => grown(&mut self.points, n).and_then(|point| point.get_mut(axis)),
            Slot::Vertex(n, axis) => grown(&mut self.vertices, n).and_then(|vertex| vertex.get_mut(axis)),
            Slot::Action(_) | Slot::Other => None,
        };
        let Some(place) = place else { return false };
        *place = Some(text);
        true
    }

    /// What the texts mean.
    pub(super) fn read(&self, coords: Coords) -> Values {
        let parts = self.parts.iter().map(|(name, corners)| PartValue {
            name: name.map(str::to_owned),
            bbox: all(corners).map(|corners| number::to_box(coords, corners)),
        });
        let origin = number::origin(coords);
        let points: Option<Vec<[f64; 2]>> =
            self.points.iter().map(|point| Some(all(point)?.map(|v| v - origin))).collect();
        let vertices: Option<Vec<[f64; 2]>> = self.vertices.iter().map(all).collect();
        Values {
            name: self.name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
            bbox: all(&self.corners).map(|corners| number::to_box(coords, corners)),
            flags: self.flags.map(|text| text.and_then(flag)),
            parts: parts.collect(),
            points: points.filter(|points| !points.is_empty()),
            rotated: all(&self.rotated),
            polygon: vertices.filter(|all| !all.is_empty()).map(|all| all.into_iter().flatten().collect()),
        }
    }
}

/// The element of a number, which is at most one past the end.
fn grown<T: Default>(list: &mut Vec<T>, n: usize) -> Option<&mut T> {
    if n == list.len() {
        list.push(T::default());
    }
    list.get_mut(n)
}

fn all<const N: usize>(texts: &[Option<&str>; N]) -> Option<[f64; N]> {
    let mut numbers = [0.0; N];
    for (number, text) in numbers.iter_mut().zip(texts) {
        *number = number::read((*text)?)?;
    }
    Some(numbers)
}

/// The flag a text means: 0 or 1, another whole number, a word.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.trim() {
        "0" => Some(false),
        "1" => Some(true),
        word if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("yes") => Some(true),
        word if word.eq_ignore_ascii_case("false") || word.eq_ignore_ascii_case("no") => Some(false),
        other => number::read(other).map(|value| value != 0.0),
    }
}

/// The text of a flag.
pub(super) fn flag_text(flag: bool) -> &'static str {
    if flag { "1" } else { "0" }
}

impl Values {
    /// The text of a slot; `None` where the value is not known.
    pub(super) fn text(&self, slot: Slot<'_>, rules: &Rules) -> Option<String> {
        let styles = &rules.styles;
        let corner =
            |bbox: Option<[f64; 4]>, i: usize| number::to_corners(rules.coords, bbox?).get(i).copied();
        Some(match slot {
            Slot::Name => self.name.clone()?,
            Slot::Corner(i) => styles.bbox.text(corner(self.bbox, i)?),
            Slot::Flag(i) => flag_text((*self.flags.get(i)?)?).to_owned(),
            Slot::PartName(n) => self.parts.get(n)?.name.clone()?,
            Slot::PartCorner(n, i) => styles.part.text(corner(self.parts.get(n)?.bbox, i)?),
            Slot::Point(n, axis) => {
                let point = self.points.as_ref()?.get(n)?;
                styles.point.text(point.get(axis)? + number::origin(rules.coords))
            }
            Slot::Rotated(i) => styles.rbox.text(*self.rotated.as_ref()?.get(i)?),
            Slot::Vertex(n, axis) => {
                let at = n.checked_mul(2)?.checked_add(axis)?;
                styles.polygon.text(*self.polygon.as_ref()?.get(at)?)
            }
            Slot::Action(_) | Slot::Other => return None,
        })
    }

    /// True if the two agree in what a slot says, its neighbours included: a corner is as good as its box.
    pub(super) fn agrees(&self, other: &Values, slot: Slot<'_>) -> bool {
        match slot {
            Slot::Name => self.name == other.name,
            Slot::Corner(_) => self.bbox == other.bbox,
            Slot::Flag(i) => self.flags.get(i) == other.flags.get(i),
            Slot::PartName(n) | Slot::PartCorner(n, _) => self.parts.get(n) == other.parts.get(n),
            Slot::Point(..) => self.points == other.points,
            Slot::Rotated(_) => self.rotated == other.rotated,
            Slot::Vertex(..) => self.polygon == other.polygon,
            Slot::Action(_) | Slot::Other => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(leaves: &[(&str, &'static str)]) -> Values {
        let mut texts = Texts::default();
        for (path, text) in leaves {
            texts.take(Slot::of(path), text);
        }
        texts.read(Coords::Voc)
    }

    #[test]
    fn texts_become_values_and_values_the_same_texts() {
        let leaves = [
            ("name", "cat"),
            ("bndbox/xmin", "1"),
            ("bndbox/ymin", "2"),
            ("bndbox/xmax", "3.5"),
            ("bndbox/ymax", "4"),
            ("difficult", "1"),
            ("occluded", "0"),
            ("part/name", "head"),
            ("part[2]/bndbox/xmin", "1"),
            ("part[2]/bndbox/ymin", "1"),
            ("part[2]/bndbox/xmax", "1"),
            ("part[2]/bndbox/ymax", "1"),
            ("point/x", "5"),
            ("point/y", "6"),
            ("robndbox/cx", "1"),
            ("robndbox/cy", "2"),
            ("robndbox/w", "3"),
            ("robndbox/h", "4"),
            ("robndbox/angle", "0.5"),
            ("polygon/x1", "1"),
            ("polygon/y1", "2"),
            ("polygon/x2", "3"),
            ("polygon/y2", "4"),
        ];
        let values = read(&leaves);
        assert_eq!(values.bbox, Some([0.0, 1.0, 3.5, 3.0]));
        assert_eq!(values.flags, [Some(true), None, Some(false)]);
        assert_eq!(values.points, Some(vec![[4.0, 5.0]]));
        assert_eq!(values.polygon, Some(vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!(values.parts.len(), 2);
        for (path, text) in leaves {
            assert_eq!(values.text(Slot::of(path), &Rules::default()).as_deref(), Some(text), "{path}");
        }
        assert_eq!(values.text(Slot::of("truncated"), &Rules::default()), None);
    }

    #[test]
    fn what_is_half_there_is_not_there() {
        let values = read(&[("bndbox/xmin", "1"), ("point/x", "1"), ("polygon/x1", "1"), ("difficult", "?")]);
        assert_eq!(values, Values::default());
        // A vertex that does not follow on the one before it has no place.
        assert!(!Texts::default().take(Slot::of("polygon/x9999999"), "1"));
    }

    #[test]
    fn flags_are_read_from_words_and_numbers() {
        for (text, value) in [
            ("1", Some(true)),
            (" 0 ", Some(false)),
            ("True", Some(true)),
            ("2", Some(true)),
            ("0.0", Some(false)),
            ("Unspecified", None),
            ("", None),
        ] {
            assert_eq!(flag(text), value, "{text}");
        }
    }
}
