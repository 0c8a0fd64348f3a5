//! [`Flat`]: names with values, and their JSON.

use serde_json::{Map, Value as Json};

/// What stands under a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number; NaN where there is none and the tool has NaN.
    Number(f64),
    /// A number a class.
    Numbers(Vec<f64>),
    /// A text.
    Text(String),
    /// Names, as of classes.
    Texts(Vec<String>),
}

/// Names with values, in order; each name stands once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flat(Vec<(String, Value)>);

impl Flat {
    /// Adds a name; one that is there already gets the new value.
    pub fn push(&mut self, key: impl Into<String>, value: Value) {
        let key = key.into();
        match self.0.iter_mut().find(|(own, _)| *own == key) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((key, value)),
        }
    }

    /// The value of a name.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, value)| value)
    }

    /// The names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// One JSON object on one line. NaN is null: JSON has no NaN.
    pub fn to_json(&self) -> String {
        let number = |value: &f64| Json::from(Some(*value).filter(|value| value.is_finite()));
        let json = |value: &Value| match value {
            Value::Number(value) => number(value),
            Value::Numbers(values) => values.iter().map(number).collect(),
            Value::Text(text) => Json::from(text.as_str()),
            Value::Texts(texts) => texts.iter().map(String::as_str).collect(),
        };
        let object: Map<String, Json> =
            self.iter().map(|(key, value)| (key.to_owned(), json(value))).collect();
        Json::Object(object).to_string()
    }
}
