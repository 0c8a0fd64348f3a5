//! Builders that become Arrow arrays without a copy: one growing vector a buffer.
//!
//! Every builder holds as many values as were pushed, nulls included; [`Texts`] and [`Ends`] keep 32-bit
//! offsets and refuse to grow past them.

use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::{
    ArrowNativeType, BooleanBufferBuilder, Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer,
};
use arrow_schema::{DataType, Field, FieldRef};

use crate::convert::json::{Cursor, Form, Token};
use crate::error::{Error, ErrorKind, Result};

/// The item field of every list here.
pub(super) fn item(ty: DataType) -> FieldRef {
    Arc::new(Field::new("item", ty, true))
}

/// Numbers that may be null.
#[derive(Debug)]
pub(super) struct Plain<T> {
    values: Vec<T>,
    valid: NullBufferBuilder,
}

impl<T: ArrowNativeType> Plain<T> {
    pub(super) fn new() -> Plain<T> {
        Plain { values: Vec::new(), valid: NullBufferBuilder::new(0) }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    #[inline]
    pub(super) fn push(&mut self, value: Option<T>) {
        self.valid.append(value.is_some());
        self.values.push(value.unwrap_or_default());
    }

    pub(super) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.values.as_slice())
    }

    pub(super) fn finish<P: ArrowPrimitiveType<Native = T>>(&mut self) -> Result<ArrayRef> {
        let values = ScalarBuffer::from(std::mem::take(&mut self.values));
        Ok(Arc::new(PrimitiveArray::<P>::try_new(values, self.valid.finish())?))
    }
}

/// Truth values that may be null.
#[derive(Debug)]
pub(super) struct Flags {
    values: BooleanBufferBuilder,
    valid: NullBufferBuilder,
}

impl Flags {
    pub(super) fn new() -> Flags {
        Flags { values: BooleanBufferBuilder::new(0), valid: NullBufferBuilder::new(0) }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    #[inline]
    pub(super) fn push(&mut self, value: Option<bool>) {
        self.valid.append(value.is_some());
        self.values.append(value.unwrap_or_default());
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        Arc::new(BooleanArray::new(self.values.finish(), self.valid.finish()))
    }
}

/// Where the elements of lists end: `n + 1` offsets of `n` lists.
#[derive(Debug)]
pub(super) struct Ends(Vec<i32>);

impl Ends {
    pub(super) fn new() -> Ends {
        Ends(vec![0])
    }

    /// How many lists there are.
    pub(super) fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// Ends a list at `elements` elements in all.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] beyond 2^31 - 1.
    #[inline]
    pub(super) fn push(&mut self, elements: usize) -> Result<()> {
        self.0.push(i32::try_from(elements).map_err(|_| too_long())?);
        Ok(())
    }

    /// Ends an empty list.
    pub(super) fn push_empty(&mut self) {
        let last = self.0.last().copied().unwrap_or_default();
        self.0.push(last);
    }

    /// Forgets all but the first `len` lists; the elements they have.
    pub(super) fn truncate(&mut self, len: usize) -> usize {
        self.0.truncate(len + 1);
        self.0.last().and_then(|n| usize::try_from(*n).ok()).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.0.as_slice())
    }

    pub(super) fn finish(&mut self) -> OffsetBuffer<i32> {
        OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.0, vec![0])))
    }
}

fn too_long() -> Error {
    Error::new(ErrorKind::Limit, "the values of one image take more than 2 GB")
        .remedy("divide the image's annotations between several images")
}

/// Texts that may be null.
#[derive(Debug)]
pub(super) struct Texts {
    ends: Ends,
    bytes: Vec<u8>,
    valid: NullBufferBuilder,
}

impl Texts {
    pub(super) fn new() -> Texts {
        Texts { ends: Ends::new(), bytes: Vec::new(), valid: NullBufferBuilder::new(0) }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    pub(super) fn push(&mut self, text: &str) -> Result<()> {
        self.push_parts(&[text.as_bytes()])
    }

    /// Pushes one text made of parts, which together are UTF-8.
    #[inline]
    pub(super) fn push_parts(&mut self, parts: &[&[u8]]) -> Result<()> {
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.ends.push(self.bytes.len())?;
        self.valid.append_non_null();
        Ok(())
    }

    #[inline]
    pub(super) fn push_null(&mut self) {
        self.ends.push_empty();
        self.valid.append_null();
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.len() + self.ends.bytes()
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let bytes = Buffer::from_vec(std::mem::take(&mut self.bytes));
        Ok(Arc::new(StringArray::try_new(self.ends.finish(), bytes, self.valid.finish())?))
    }
}

/// The type of a promoted member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool,
    Int,
    Float,
    Text,
}

impl Scalar {
    /// The type whose values are tokens of this sort.
    pub(super) fn of(token: Token) -> Option<Scalar> {
        match token {
            Token::Bool => Some(Scalar::Bool),
            Token::Int => Some(Scalar::Int),
            Token::Float => Some(Scalar::Float),
            Token::Text => Some(Scalar::Text),
            Token::Null | Token::List | Token::Object => None,
        }
    }

    pub(super) fn arrow(self) -> DataType {
        match self {
            Scalar::Bool => DataType::Boolean,
            Scalar::Int => DataType::Int64,
            Scalar::Float => DataType::Float64,
            Scalar::Text => DataType::Utf8,
        }
    }
}

/// A column of a promoted member.
#[derive(Debug)]
pub(super) enum Scalars {
    Bool(Flags),
    Int(Plain<i64>),
    Float(Plain<f64>),
    Text(Texts),
}

impl Scalars {
    pub(super) fn new(scalar: Scalar) -> Scalars {
        match scalar {
            Scalar::Bool => Scalars::Bool(Flags::new()),
            Scalar::Int => Scalars::Int(Plain::new()),
            Scalar::Float => Scalars::Float(Plain::new()),
            Scalar::Text => Scalars::Text(Texts::new()),
        }
    }

    /// Takes the next value if it is of this column's token type and can be given back; says whether it did.
    /// If it did not, the cursor stands anywhere.
    pub(super) fn read(&mut self, json: &mut Cursor<'_>) -> Result<bool> {
        let first = json.peek();
        match self {
            Scalars::Text(column) if first == Some(b'"') => column.push(&json.text()?.decode()?)?,
            Scalars::Int(column) => match json.int() {
                Ok(Some(value)) => column.push(Some(value)),
                // Not an error here: the value is kept as text.
                Ok(None) | Err(_) => return Ok(false),
            },
            Scalars::Float(column) => match json.number() {
                Some(number) if matches!(number.form, Form::Whole | Form::Fraction) => {
                    column.push(Some(number.value));
                }
                _ => return Ok(false),
            },
            Scalars::Bool(column) if matches!(first, Some(b't' | b'f')) => {
                json.skip()?;
                column.push(Some(first == Some(b't')));
            }
            Scalars::Text(_) | Scalars::Bool(_) => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Scalars::Bool(c) => c.len(),
            Scalars::Int(c) => c.len(),
            Scalars::Float(c) => c.len(),
            Scalars::Text(c) => c.len(),
        }
    }

    pub(super) fn push_null(&mut self) {
        match self {
            Scalars::Bool(c) => c.push(None),
            Scalars::Int(c) => c.push(None),
            Scalars::Float(c) => c.push(None),
            Scalars::Text(c) => c.push_null(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Scalars::Bool(c) => c.len() / 8,
            Scalars::Int(c) => c.bytes(),
            Scalars::Float(c) => c.bytes(),
            Scalars::Text(c) => c.bytes(),
        }
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        match self {
            Scalars::Bool(c) => Ok(c.finish()),
            Scalars::Int(c) => c.finish::<Int64Type>(),
            Scalars::Float(c) => c.finish::<Float64Type>(),
            Scalars::Text(c) => c.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray;

    #[test]
    fn a_builder_is_empty_after_it_finished() {
        let mut texts = Texts::new();
        texts.push("ab").unwrap();
        texts.push_null();
        let array = texts.finish().unwrap();
        assert_eq!(array.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("ab"), None]);
        assert_eq!(texts.len(), 0);
    }

    #[test]
    fn a_scalar_column_takes_only_its_own_tokens() {
        let mut ints = Scalars::new(Scalar::Int);
        for (text, taken) in [("3", true), ("3.0", false), ("\"3\"", false), ("9223372036854775808", false)] {
            assert_eq!(ints.read(&mut Cursor::new(text.as_bytes())).unwrap(), taken, "{text}");
        }
        assert_eq!(ints.len(), 1);
        let mut flags = Scalars::new(Scalar::Bool);
        assert!(flags.read(&mut Cursor::new(b"true")).unwrap());
        flags.push_null();
        assert_eq!(flags.finish().unwrap().null_count(), 1);
    }
}
