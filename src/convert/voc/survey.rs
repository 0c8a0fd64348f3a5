//! The first pass: what the annotations of a dataset look like, to choose keys, types and styles by.
//!
//! Memory is bounded: at most [`MOST`] shapes and paths are told apart. Warnings come with the second pass.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::number::{self, Style, Styles, Votes};
use super::shape::{Flat, without_objects};
use super::slot::Slot;

/// How many shapes, and how many paths, are counted.
const MOST: usize = 1024;

/// Texts of one path, by what they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tokens {
    present: u64,
    empty: u64,
    ints: u64,
    floats: u64,
    votes: Votes,
}

/// The type of a key that is made of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Float(Style),
    Text,
}

/// True for the decimal text of a 64-bit integer, as we would write it.
pub(super) fn int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    text.parse().ok().filter(|_| plain && text != "-0")
}

/// The double that one of the styles would write as this text.
pub(super) fn float(text: &str, style: Style) -> Option<f64> {
    number::read(text).filter(|value| style.text(*value) == text)
}

impl Tokens {
    fn add(&mut self, text: &str) {
        self.present += 1;
        self.votes.add(text);
        if text.is_empty() {
            self.empty += 1;
        } else if int(text).is_some() {
            self.ints += 1;
        } else if float(text, Style::Int).or_else(|| float(text, Style::Float)).is_some() {
            self.floats += 1;
        }
    }

    /// The type of the key, if at least one record in a hundred has the leaf: a number unless more than one
    /// text in a hundred is none.
    pub(super) fn kind(&self, records: u64) -> Option<Kind> {
        if self.present.saturating_mul(100) < records || self.present == 0 {
            return None;
        }
        let said = self.present - self.empty;
        let texts = said - self.ints - self.floats;
        Some(if said == 0 || texts.saturating_mul(100) > said {
            Kind::Text
        } else if self.floats > 0 {
            Kind::Float(self.votes.style())
        } else {
            Kind::Int
        })
    }
}

/// Records of one sort: annotations, or objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    pub(super) count: u64,
    shapes: HashMap<String, u64>,
    leaves: BTreeMap<String, Tokens>,
}

impl Records {
    fn add_shape(&mut self, shape: &str) {
        self.count += 1;
        if let Some(count) = self.shapes.get_mut(shape) {
            *count += 1;
        } else if self.shapes.len() < MOST {
            self.shapes.insert(shape.to_owned(), 1);
        }
    }

    fn add_leaf(&mut self, path: &str, text: &str) {
        if let Some(tokens) = self.leaves.get_mut(path) {
            tokens.add(text);
        } else if self.leaves.len() < MOST {
            let mut tokens = Tokens::default();
            tokens.add(text);
            self.leaves.insert(path.to_owned(), tokens);
        }
    }

    /// The shape that most records have, among those with objects if there are any; of equals the first in
    /// order of the text.
    pub(super) fn template(&self) -> Option<&str> {
        let rank = |shape: &str| without_objects(shape).len() < shape.len();
        let most = self
            .shapes
            .iter()
            .max_by(|(a, m), (b, n)| rank(a).cmp(&rank(b)).then_with(|| m.cmp(n)).then_with(|| b.cmp(a)));
        most.map(|(shape, _)| shape.as_str())
    }

    /// The leaves without a key of their own that are frequent enough to get one, in order of the path.
    pub(super) fn frequent(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.leaves.iter().filter_map(|(path, tokens)| Some((path.as_str(), tokens.kind(self.count)?)))
    }
}

/// Which keys of objects some object has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Has {
    pub(super) flags: [bool; 3],
    pub(super) parts: bool,
    pub(super) points: bool,
    pub(super) rotated: bool,
    pub(super) polygon: bool,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    pub(super) annotations: Records,
    pub(super) objects: Records,
    /// Names of classes, without white space around them.
    pub(super) names: BTreeSet<String>,
    pub(super) actions: BTreeSet<String>,
    pub(super) has: Has,
    votes: [Votes; 5],
}

/// Leaves of an annotation that have a key of their own.
pub(super) const ANNOTATION_KEYS: [&str; 3] = ["filename", "size/width", "size/height"];

impl Survey {
    /// Counts an annotation.
    pub(super) fn add(&mut self, annotation: &Flat<'_>) {
        // Where objects would stand is no difference: most have some.
        self.annotations.add_shape(&annotation.shape);
        for (path, leaf) in annotation.leaves() {
            if !ANNOTATION_KEYS.contains(&path) {
                self.annotations.add_leaf(path, leaf.text);
            }
        }
        for object in &annotation.objects {
            self.add_object(&Flat::object(*object));
        }
    }

    fn add_object(&mut self, object: &Flat<'_>) {
        self.objects.add_shape(&object.shape);
        let [bbox, part, point, polygon, rbox] = &mut self.votes;
        for (path, leaf) in object.leaves() {
            match Slot::of(path) {
                Slot::Name => {
                    let name = leaf.text.trim();
                    if !name.is_empty() && !self.names.contains(name) {
                        self.names.insert(name.to_owned());
                    }
                }
                Slot::Corner(_) => bbox.add(leaf.text),
                Slot::Flag(i) => self.has.flags.iter_mut().skip(i).take(1).for_each(|has| *has = true),
                Slot::PartName(_) => self.has.parts = true,
                Slot::PartCorner(..) => {
                    self.has.parts = true;
                    part.add(leaf.text);
                }
                Slot::Point(..) => {
                    self.has.points = true;
                    point.add(leaf.text);
                }
                Slot::Rotated(_) => {
                    self.has.rotated = true;
                    rbox.add(leaf.text);
                }
                Slot::Vertex(..) => {
                    self.has.polygon = true;
                    polygon.add(leaf.text);
                }
                Slot::Action(name) => {
                    if !self.actions.contains(name) && self.actions.len() < MOST {
                        self.actions.insert(name.to_owned());
                    }
                }
                Slot::Other => self.objects.add_leaf(path, leaf.text),
            }
        }
    }

    /// The usual style of each sort of numbers.
    pub(super) fn styles(&self) -> Styles {
        let [bbox, part, point, polygon, rbox] = self.votes.map(Votes::style);
        Styles { bbox, part, point, polygon, rbox }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(texts: &[&str], records: u64) -> Option<Kind> {
        let mut tokens = Tokens::default();
        texts.iter().for_each(|t| tokens.add(t));
        tokens.kind(records)
    }

    #[test]
    fn the_type_of_a_key_is_what_nearly_all_texts_are() {
        assert_eq!(kind(&["1", "0", "-3", ""], 4), Some(Kind::Int));
        assert_eq!(kind(&["1.0", "2.5"], 2), Some(Kind::Float(Style::Float)));
        assert_eq!(kind(&["1", "2.5"], 2), Some(Kind::Float(Style::Int)));
        assert_eq!(kind(&["1", "x"], 2), Some(Kind::Text));
        assert_eq!(kind(&["007"], 1), Some(Kind::Text));
        assert_eq!(kind(&["", ""], 2), Some(Kind::Text));
        let mut nearly = vec!["1"; 200];
        nearly.push("x");
        assert_eq!(kind(&nearly, 201), Some(Kind::Int));
    }

    #[test]
    fn what_fewer_than_one_in_a_hundred_have_gets_no_key() {
        assert_eq!(kind(&["1"], 100), Some(Kind::Int));
        assert_eq!(kind(&["1"], 101), None);
        assert_eq!(kind(&[], 0), None);
    }

    #[test]
    fn integers_are_told_from_text_that_looks_like_them() {
        for (text, value) in [("0", Some(0)), ("-12", Some(-12)), ("9223372036854775807", Some(i64::MAX))] {
            assert_eq!(int(text), value);
        }
        for text in ["", "-", "00", "01", "-0", "+1", " 1", "1 ", "9223372036854775808", "1.0"] {
            assert_eq!(int(text), None, "{text}");
        }
    }
}
