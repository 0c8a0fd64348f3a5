//! Class tables: the names, ids and colours that the labels of an object set point into.
//!
//! A label is a position 0..L-1 in its set's table, background is not a class. A table knows the ids its
//! source used (COCO's 1..90 with gaps, or text), so that an export can give them back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Place, Result};

/// The id a source gave to a class.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SourceId {
    /// A number.
    Int(i64),
    /// Text.
    Text(String),
}

impl std::fmt::Display for SourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SourceId::Int(id) => write!(f, "{id}"),
            SourceId::Text(id) => write!(f, "'{id}'"),
        }
    }
}

/// One class: a row of a [`ClassTable`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// The name people use; not necessarily unique.
    pub name: String,
    /// The source's own id, where it has one beside the position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<SourceId>,
    /// The group of classes this one belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supercategory: Option<String>,
    /// Red, green, blue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<[u8; 3]>,
    /// Whatever else the source says of the class (keypoint names, skeleton, `isthing`, …), unchanged.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl Class {
    /// A class that has only a name.
    pub fn named(name: impl Into<String>) -> Class {
        Class { name: name.into(), ..Class::default() }
    }
}

/// The classes of an object set, in label order.
///
/// ```
/// use lensframe::schema::classes::ClassTable;
/// let table = ClassTable::from_names(["cat", "dog"]);
/// assert_eq!(table.label_of("dog"), Some(1));
/// assert_ne!(table.hash(), ClassTable::from_names(["dog", "cat"]).hash());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassTable {
    classes: Vec<Class>,
}

impl ClassTable {
    /// A table of these classes.
    pub fn new(classes: Vec<Class>) -> ClassTable {
        ClassTable { classes }
    }

    /// A table of classes that have only names.
    pub fn from_names<S: Into<String>>(names: impl IntoIterator<Item = S>) -> ClassTable {
        ClassTable { classes: names.into_iter().map(Class::named).collect() }
    }

    /// How many classes there are (L).
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// True if there is no class.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The classes in label order.
    pub fn iter(&self) -> std::slice::Iter<'_, Class> {
        self.classes.iter()
    }

    /// The class of a label; `None` outside 0..L-1.
    pub fn get(&self, label: i64) -> Option<&Class> {
        usize::try_from(label).ok().and_then(|i| self.classes.get(i))
    }

    /// The names in label order.
    pub fn names(&self) -> Vec<&str> {
        self.classes.iter().map(|c| c.name.as_str()).collect()
    }

    /// The first label with this name.
    pub fn label_of(&self, name: &str) -> Option<i64> {
        self.classes.iter().position(|c| c.name == name).and_then(|i| i64::try_from(i).ok())
    }

    /// The first label with this source id.
    pub fn label_of_source(&self, id: &SourceId) -> Option<i64> {
        let found = self.classes.iter().position(|c| c.source_id.as_ref() == Some(id));
        found.and_then(|i| i64::try_from(i).ok())
    }

    /// Appends a class and returns its label.
    pub fn push(&mut self, class: Class) -> i64 {
        self.classes.push(class);
        i64::try_from(self.classes.len()).unwrap_or(i64::MAX) - 1
    }

    /// A hash of names, source ids and supercategories in order, as 16 hexadecimal digits: equal tables, and
    /// tables that differ in colours or extras alone, have equal hashes.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for class in &self.classes {
            let id = serde_json::to_string(&class.source_id).unwrap_or_default();
            for part in [class.name.as_str(), id.as_str(), class.supercategory.as_deref().unwrap_or("\u{0}")]
            {
                hasher.update(&part.len().to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex().chars().take(16).collect()
    }

    /// True if another table means the same by every label: names, source ids and supercategories are equal.
    pub fn means_same(&self, other: &ClassTable) -> bool {
        let same = |(a, b): (&Class, &Class)| {
            a.name == b.name && a.source_id == b.source_id && a.supercategory == b.supercategory
        };
        std::ptr::eq(self, other)
            || (self.len() == other.len() && self.classes.iter().zip(&other.classes).all(same))
    }

    /// Checks that another table means the same by every label.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] naming the first difference and `align_classes`.
    pub fn check_same(&self, other: &ClassTable, set: &str) -> Result<()> {
        if self.means_same(other) {
            return Ok(());
        }
        let differing = self.classes.iter().zip(&other.classes).position(|(a, b)| {
            a.name != b.name || a.source_id != b.source_id || a.supercategory != b.supercategory
        });
        let what = match differing.and_then(|i| Some((i, self.classes.get(i)?, other.classes.get(i)?))) {
            Some((label, a, b)) if a.name != b.name => {
                format!("class {label} is '{}' in one and '{}' in the other", a.name, b.name)
            }
            Some((label, a, _)) => {
                format!("class {label} ('{}') has another source id or supercategory in the other", a.name)
            }
            None => format!("one has {} classes, the other {}", self.len(), other.len()),
        };
        let place = if set.is_empty() { Place::area("classes") } else { Place::area("classes").key(set) };
        Err(Error::new(ErrorKind::Mismatch, format!("class tables differ: {what}"))
            .at(place)
            .remedy("make them agree with align_classes, by name or with a map"))
    }
}

impl FromIterator<Class> for ClassTable {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> ClassTable {
        ClassTable { classes: classes.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unequal_tables_name_the_first_difference_and_the_remedy() {
        let e = ClassTable::from_names(["cat", "dog"])
            .check_same(&ClassTable::from_names(["cat", "cow"]), "")
            .unwrap_err();
        assert_eq!(
            e.to_string(),
            "classes: class tables differ: class 1 is 'dog' in one and 'cow' in the other; \
             make them agree with align_classes, by name or with a map"
        );
    }

    #[test]
    fn colours_do_not_make_tables_unequal() {
        let plain = ClassTable::from_names(["cat"]);
        let mut painted = plain.clone();
        painted.classes[0].color = Some([1, 2, 3]);
        plain.check_same(&painted, "").unwrap();
    }

    #[test]
    fn a_table_survives_json() {
        let table = ClassTable::new(vec![
            Class { source_id: Some(SourceId::Int(90)), ..Class::named("cat") },
            Class { source_id: Some(SourceId::Text("/m/01".into())), ..Class::named("dog") },
        ]);
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<ClassTable>(&text).unwrap(), table);
    }
}
