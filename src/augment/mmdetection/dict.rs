//! [`Dict`]: one `dict(type=…)`, whose parameters are taken one by one so that none is overlooked.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::nearest;

/// A type with its parameters.
pub(super) struct Dict {
    /// The type's name, without the library before it.
    pub(super) kind: String,
    members: Map<String, Json>,
    /// What the type is known to have.
    asked: Vec<&'static str>,
}

impl Dict {
    /// # Errors
    /// `Usage` for what is no object with a `type`.
    pub(super) fn new(json: Json) -> Result<Dict> {
        let Json::Object(mut members) = json else {
            return Err(Error::new(ErrorKind::Usage, "a step is an object with type"));
        };
        let Some(Json::String(kind)) = members.remove("type") else {
            return Err(Error::new(ErrorKind::Usage, "a step names its type, as type = \"Resize\""));
        };
        let kind = kind.rsplit('.').next().unwrap_or_default().to_owned();
        Ok(Dict { kind, members, asked: Vec::new() })
    }

    /// True if a parameter is there and not `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// A parameter; `None` where it is absent or `null`.
    ///
    /// # Errors
    /// `Usage` for a value of another kind.
    pub(super) fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<Option<T>> {
        self.asked.push(name);
        match self.members.remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => {
                let fault = |e: serde_json::Error| self.wrong(name, &format!("does not fit: {e}"));
                serde_json::from_value(value).map(Some).map_err(fault)
            }
        }
    }

    /// A parameter, or what it is without.
    ///
    /// # Errors
    /// As [`Dict::take`].
    pub(super) fn or<T: DeserializeOwned>(&mut self, name: &'static str, other: T) -> Result<T> {
        self.take(name).map(|value| value.unwrap_or(other))
    }

    /// The one of two names that is there, or what it is without.
    ///
    /// # Errors
    /// As [`Dict::take`].
    pub(super) fn either<T: DeserializeOwned>(&mut self, names: [&'static str; 2], other: T) -> Result<T> {
        let [first, second] = [self.take(names[0])?, self.take(names[1])?];
        Ok(first.or(second).unwrap_or(other))
    }

    /// A parameter that has to be there.
    ///
    /// # Errors
    /// As [`Dict::take`], and without it.
    pub(super) fn need<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T> {
        self.take(name)?.ok_or_else(|| self.missing(&[name]))
    }

    /// That a parameter, which has one of these names, is not there; one that is, and looks like it, may be it.
    pub(super) fn missing(&self, names: &[&str]) -> Error {
        let error = self.wrong(names.first().copied().unwrap_or_default(), "is missing");
        let like =
            self.members.keys().find_map(|own| Some((own, *nearest(own, names.iter().copied()).first()?)));
        match like {
            Some((own, meant)) => error.remedy(format!("'{own}' is no parameter of it: was {meant} meant")),
            None => error,
        }
    }

    /// Parameters that make no difference here.
    pub(super) fn skip(&mut self, names: &[&'static str]) {
        for name in names {
            self.asked.push(name);
            self.members.remove(*name);
        }
    }

    /// A parameter that has one value here alone.
    ///
    /// # Errors
    /// `Usage` for any other, with the reason.
    pub(super) fn only(&mut self, name: &'static str, values: &[Json], why: &str) -> Result<()> {
        let Some(value) = self.take::<Json>(name)? else { return Ok(()) };
        let same = |own: &Json| *own == value || own.as_f64().is_some_and(|n| value.as_f64() == Some(n));
        match values.iter().any(same) {
            true => Ok(()),
            false => Err(self.wrong(name, &format!("is {value}: {why}"))),
        }
    }

    /// # Errors
    /// `Usage` for parameters that the type has not, with those that may have been meant.
    pub(super) fn done(self) -> Result<()> {
        let Some(name) = self.members.keys().next() else { return Ok(()) };
        let error = self.wrong(name, "is no parameter of it");
        let meant = nearest(name, self.asked.iter().copied());
        Err(match meant.is_empty() {
            true => error.remedy(format!("it has: {}", self.asked.join(", "))),
            false => error.remedy(format!("was one of these meant: {}", meant.join(", "))),
        })
    }

    /// A parameter that makes no sense.
    pub(super) fn wrong(&self, name: &str, why: &str) -> Error {
        Error::new(ErrorKind::Usage, format!("{}: {name} {why}", self.kind)).at(Place::none().key(name))
    }
}

/// A pair, or a list of pairs, or a number that stands for a pair.
///
/// # Errors
/// `Usage` for anything else.
pub(super) fn pairs<T: DeserializeOwned>(dict: &Dict, name: &str, value: Json) -> Result<Vec<[T; 2]>> {
    let list = match value {
        Json::Number(n) => vec![Json::from(vec![Json::Number(n.clone()), Json::Number(n)])],
        Json::Array(list) if list.first().is_some_and(Json::is_array) => list,
        one => vec![one],
    };
    let fault = |e: serde_json::Error| dict.wrong(name, &format!("is no pair of numbers: {e}"));
    list.into_iter().map(|pair| serde_json::from_value(pair).map_err(fault)).collect()
}

/// A number that stands for both ends of a range, or the range.
///
/// # Errors
/// `Usage` for anything else.
pub(super) fn range<T: DeserializeOwned>(dict: &Dict, name: &str, value: Json) -> Result<[T; 2]> {
    let pair = pairs(dict, name, value)?.into_iter().next();
    pair.ok_or_else(|| dict.wrong(name, "is no range"))
}
