//! Ids and columns of them: 64-bit integers or text, decided before the first value.

use arrow_array::ArrayRef;
use arrow_array::types::Int64Type;

use super::plain::{Plain, Texts};
use crate::error::Result;
use crate::schema::field::IdType;

/// An id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::convert) enum Id {
    Int(i64),
    Text(Box<str>),
}

impl Id {
    pub(in crate::convert) fn id_type(&self) -> IdType {
        match self {
            Id::Int(_) => IdType::Int,
            Id::Text(_) => IdType::Text,
        }
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Id::Int(id) => write!(f, "{id}"),
            Id::Text(id) => write!(f, "'{id}'"),
        }
    }
}

/// Builder of `image_id` and `object_id`.
#[derive(Debug)]
pub(in crate::convert) enum IdColumn {
    Int(Plain<i64>),
    Text(Texts),
}

impl IdColumn {
    pub(in crate::convert) fn new(ids: IdType) -> IdColumn {
        match ids {
            IdType::Int => IdColumn::Int(Plain::new()),
            IdType::Text => IdColumn::Text(Texts::new()),
        }
    }

    pub(in crate::convert) fn len(&self) -> usize {
        match self {
            IdColumn::Int(c) => c.len(),
            IdColumn::Text(c) => c.len(),
        }
    }

    /// Pushes an id or null; false, and nothing pushed, if the column is of the other type.
    pub(in crate::convert) fn push(&mut self, id: Option<&Id>) -> Result<bool> {
        match (self, id) {
            (IdColumn::Int(c), Some(Id::Int(id))) => c.push(Some(*id)),
            (IdColumn::Text(c), Some(Id::Text(id))) => c.push(id)?,
            (IdColumn::Int(c), None) => c.push(None),
            (IdColumn::Text(c), None) => c.push_null(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(in crate::convert) fn bytes(&self) -> usize {
        match self {
            IdColumn::Int(c) => c.bytes(),
            IdColumn::Text(c) => c.bytes(),
        }
    }

    pub(in crate::convert) fn finish(&mut self) -> Result<ArrayRef> {
        match self {
            IdColumn::Int(c) => c.finish::<Int64Type>(),
            IdColumn::Text(c) => c.finish(),
        }
    }
}
