//! Columns of members whose type the data decides: truth values, integers, doubles, texts.

use arrow_array::ArrayRef;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_schema::DataType;

use super::plain::{Flags, Plain, Texts};
use crate::convert::json::{Cursor, Form, Token};
use crate::error::Result;

/// The type of a promoted member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::convert) enum Scalar {
    Bool,
    Int,
    Float,
    Text,
}

impl Scalar {
    /// The type whose values are tokens of this sort.
    pub(in crate::convert) fn of(token: Token) -> Option<Scalar> {
        match token {
            Token::Bool => Some(Scalar::Bool),
            Token::Int => Some(Scalar::Int),
            Token::Float => Some(Scalar::Float),
            Token::Text => Some(Scalar::Text),
            Token::Null | Token::List | Token::Object => None,
        }
    }

    pub(in crate::convert) fn arrow(self) -> DataType {
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
pub(in crate::convert) enum Scalars {
    Bool(Flags),
    Int(Plain<i64>),
    Float(Plain<f64>),
    Text(Texts),
}

impl Scalars {
    pub(in crate::convert) fn new(scalar: Scalar) -> Scalars {
        match scalar {
            Scalar::Bool => Scalars::Bool(Flags::new()),
            Scalar::Int => Scalars::Int(Plain::new()),
            Scalar::Float => Scalars::Float(Plain::new()),
            Scalar::Text => Scalars::Text(Texts::new()),
        }
    }

    /// Takes the next value if it is of this column's token type and can be given back; says whether it did.
    /// If it did not, the cursor stands anywhere.
    pub(in crate::convert) fn read(&mut self, json: &mut Cursor<'_>) -> Result<bool> {
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

    pub(in crate::convert) fn len(&self) -> usize {
        match self {
            Scalars::Bool(c) => c.len(),
            Scalars::Int(c) => c.len(),
            Scalars::Float(c) => c.len(),
            Scalars::Text(c) => c.len(),
        }
    }

    pub(in crate::convert) fn push_null(&mut self) {
        match self {
            Scalars::Bool(c) => c.push(None),
            Scalars::Int(c) => c.push(None),
            Scalars::Float(c) => c.push(None),
            Scalars::Text(c) => c.push_null(),
        }
    }

    pub(in crate::convert) fn bytes(&self) -> usize {
        match self {
            Scalars::Bool(c) => c.len() / 8,
            Scalars::Int(c) => c.bytes(),
            Scalars::Float(c) => c.bytes(),
            Scalars::Text(c) => c.bytes(),
        }
    }

    pub(in crate::convert) fn finish(&mut self) -> Result<ArrayRef> {
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
