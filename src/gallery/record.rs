//! [`Record`]: the values of one row, by the names of their keys.

use std::sync::Arc;

use crate::dataset::{Batch, Value};

/// One row as it was read.
pub(super) struct Record {
    names: Arc<[String]>,
    values: Vec<Value>,
}

impl Record {
    /// The rows of a batch whose columns have these names.
    pub(super) fn of(batch: &Batch, names: &Arc<[String]>) -> Vec<Record> {
        let values = |row| batch.columns.iter().map(|column| column.value(row)).collect();
        (0..batch.len).map(|row| Record { names: Arc::clone(names), values: values(row) }).collect()
    }

    /// The value of a key; null where there is no such key.
    pub(super) fn get(&self, name: &str) -> &Value {
        let at = self.names.iter().position(|n| n == name);
        at.and_then(|at| self.values.get(at)).unwrap_or(&Value::Null)
    }

    /// (height, width) as declared, if both are and make sense.
    pub(super) fn declared_size(&self) -> Option<(u32, u32)> {
        let side = |name| u32::try_from(self.get(name).as_int()?).ok().filter(|n| *n > 0);
        Some((side("height")?, side("width")?))
    }
}

/// The elements of a list, of whatever kind it is; none if it is no list.
pub(super) fn elements(list: &Value) -> Vec<Value> {
    match list {
        Value::Array(array) => (0..array.len()).map(|at| Value::of(array.as_ref(), at)).collect(),
        Value::List(values) => values.to_vec(),
        _ => Vec::new(),
    }
}

/// The numbers of a list; null counts as not a number.
pub(super) fn numbers(list: &Value) -> Vec<f64> {
    elements(list).iter().map(|value| value.as_float().unwrap_or(f64::NAN)).collect()
}

/// A truth value, false where nothing is said.
pub(super) fn flag(value: &Value) -> bool {
    matches!(value, Value::Bool(true))
}
