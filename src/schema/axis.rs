//! Row or object: what the list in a column means, and how set and key names are joined.
//!
//! The metadata entry [`AXIS`] of an Arrow field says `row`, `object:` (default set) or `object:<set>`; names
//! are only spelling. A set may not be called [`RESERVED`], whose names begin keys of every set.

use std::fmt;

use arrow_schema::Field;

use crate::error::{Error, ErrorKind, Place, Result};

/// The metadata entry that holds a field's axis.
pub const AXIS: &str = "lensframe.axis";

/// The name of the default set, whose keys have bare names.
pub const DEFAULT_SET: &str = "";

/// First parts of key names that can therefore not name a set.
pub const RESERVED: [&str; 4] = ["attr", "embedding", "row", "object"];

/// What a column counts along.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// One value an image, whatever its type.
    Row,
    /// A list an image, one element an object of the named set; `""` is the default set.
    Object(String),
}

impl Axis {
    /// The axis of the default set's objects.
    pub fn objects() -> Axis {
        Axis::Object(DEFAULT_SET.to_owned())
    }

    /// The axis a field declares; a field without the entry counts along rows.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if the entry says neither `row` nor `object:…`.
    pub fn of(field: &Field) -> Result<Axis> {
        match field.metadata().get(AXIS) {
            None => Ok(Axis::Row),
            Some(text) => Axis::parse(text).ok_or_else(|| {
                Error::new(ErrorKind::Corrupt, format!("{AXIS} is '{text}', not 'row' or 'object:SET'"))
                    .at(Place::area("schema").key(field.name().clone()))
            }),
        }
    }

    /// Reads `row` or `object:SET`.
    pub fn parse(text: &str) -> Option<Axis> {
        match text.strip_prefix("object:") {
            Some(set) => Some(Axis::Object(set.to_owned())),
            None => (text == "row").then_some(Axis::Row),
        }
    }

    /// The set, for an object axis.
    pub fn set(&self) -> Option<&str> {
        match self {
            Axis::Row => None,
            Axis::Object(set) => Some(set),
        }
    }

    /// `field` with this axis in its metadata, the rest of the metadata kept.
    pub fn mark(&self, field: Field) -> Field {
        let mut metadata = field.metadata().clone();
        metadata.insert(AXIS.to_owned(), self.to_string());
        field.with_metadata(metadata)
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Axis::Row => f.write_str("row"),
            Axis::Object(set) => write!(f, "object:{set}"),
        }
    }
}

/// The full name of a set's key: `bbox` in the default set, `r50.bbox` in set `r50`.
///
/// ```
/// use lensframe::schema::axis::key_name;
/// assert_eq!(key_name("", "bbox"), "bbox");
/// assert_eq!(key_name("r50", "bbox"), "r50.bbox");
/// ```
pub fn key_name(set: &str, base: &str) -> String {
    if set.is_empty() { base.to_owned() } else { format!("{set}.{base}") }
}

/// The part of a field's name after its set.
///
/// ```
/// use lensframe::schema::{axis::base_name, field};
/// assert_eq!(base_name(&field::object("r50", "bbox").unwrap()).unwrap(), "bbox");
/// ```
///
/// # Errors
/// [`ErrorKind::Corrupt`] if the field names a set that its own name does not begin with.
pub fn base_name(field: &Field) -> Result<&str> {
    let name = field.name().as_str();
    match Axis::of(field)? {
        Axis::Object(set) if !set.is_empty() => {
            name.strip_prefix(set.as_str()).and_then(|rest| rest.strip_prefix('.')).ok_or_else(|| {
                Error::new(ErrorKind::Corrupt, format!("the key is of set '{set}' but not named '{set}.…'"))
                    .at(Place::area("schema").key(name))
            })
        }
        _ => Ok(name),
    }
}

/// Checks a set's name: letters, digits, `_` and `-`, at most 64, none of [`RESERVED`]; `""` is the default set.
///
/// # Errors
/// [`ErrorKind::Usage`] with the rule that is broken.
pub fn check_set_name(set: &str) -> Result<()> {
    let rule = if set.len() > 64 {
        "is longer than 64 bytes"
    } else if RESERVED.contains(&set) {
        "is reserved"
    } else if !set.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        "has characters other than letters, digits, '_' and '-'"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Usage, format!("set name '{set}' {rule}")).at(Place::area("schema")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::DataType;

    #[test]
    fn an_axis_survives_its_text() {
        for axis in [Axis::Row, Axis::objects(), Axis::Object("r50".into())] {
            assert_eq!(Axis::parse(&axis.to_string()), Some(axis));
        }
        assert_eq!(Axis::parse("rows"), None);
    }

    #[test]
    fn an_unmarked_field_counts_along_rows() {
        assert_eq!(Axis::of(&Field::new("x", DataType::Int64, true)).unwrap(), Axis::Row);
    }

    #[test]
    fn set_names_that_would_be_ambiguous_are_refused() {
        for bad in ["attr", "a.b", "a b", "é"] {
            assert_eq!(check_set_name(bad).unwrap_err().kind(), ErrorKind::Usage, "{bad}");
        }
        check_set_name("").unwrap();
        check_set_name("r50-v2_1").unwrap();
    }
}
