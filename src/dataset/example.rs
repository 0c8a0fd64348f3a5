//! [`Example`]: one row as values, bare or a tuple.
//!
//! Invariant: the form is that of the keys it was read with: one key chosen by name or position gives a bare
//! value, a list of keys a tuple, even of one.

use super::keys::Form;
use super::value::Value;

/// One row of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub enum Example {
    /// The bare value of the one key.
    One(Value),
    /// A value a key, in the order of the keys.
    Many(Vec<Value>),
}

impl Example {
    /// The row in this form; a bare form takes the first value, or null if there is none.
    pub(super) fn new(form: Form, mut values: Vec<Value>) -> Example {
        match form {
            Form::Many => Example::Many(values),
            Form::One if values.is_empty() => Example::One(Value::Null),
            Form::One => Example::One(values.swap_remove(0)),
        }
    }

    /// The bare value; `None` for a tuple.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Example::One(value) => Some(value),
            Example::Many(_) => None,
        }
    }

    /// The values in the order of the keys; a bare value is one.
    pub fn values(&self) -> &[Value] {
        match self {
            Example::One(value) => std::slice::from_ref(value),
            Example::Many(values) => values,
        }
    }

    /// The value of the key at a position.
    pub fn get(&self, key: usize) -> Option<&Value> {
        self.values().get(key)
    }

    /// The values, owned.
    pub fn into_values(self) -> Vec<Value> {
        match self {
            Example::One(value) => vec![value],
            Example::Many(values) => values,
        }
    }
}
