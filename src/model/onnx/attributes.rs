//! The attributes of a node, asked for by name and type.
//!
//! An attribute of another type than the operator's is an error, and so is one that nobody asked for: what is not
//! understood is never passed over in silence ([`Attributes::unread`]).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::wire;
use crate::error::{Error, ErrorKind, Result};

/// Attributes of a call, by name.
pub(super) type Bound<'a> = BTreeMap<&'a str, &'a wire::Attribute>;

/// Attributes of one node.
pub(super) struct Attributes<'a> {
    named: Bound<'a>,
    asked: RefCell<BTreeSet<String>>,
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Format, what)
}

impl<'a> Attributes<'a> {
    /// Those of a node. In the body of a function, `call` holds those of the call that attributes may refer to.
    pub(super) fn new(node: &'a wire::Node, call: &Bound<'a>) -> Result<Attributes<'a>> {
        let mut named = Bound::new();
        for attribute in &node.attribute {
            let meant = if attribute.ref_attr_name.is_empty() {
                Some(attribute)
            } else {
                call.get(attribute.ref_attr_name.as_str()).copied()
            };
            if let Some(meant) = meant
                && named.insert(&attribute.name, meant).is_some()
            {
                return Err(wrong(format!("the attribute '{}' is there twice", attribute.name)));
            }
        }
        Ok(Attributes { named, asked: RefCell::default() })
    }

    /// All of them, for the call of a function.
    pub(super) fn bound(&self) -> &Bound<'a> {
        &self.named
    }

    /// The name of one that nobody asked for.
    pub(super) fn unread(&self) -> Option<&'a str> {
        let asked = self.asked.borrow();
        self.named.keys().find(|name| !asked.contains(**name)).copied()
    }

    /// These change nothing in the results of a trained model.
    pub(super) fn ignore(&self, names: &[&str]) {
        self.asked.borrow_mut().extend(names.iter().map(|name| (*name).to_owned()));
    }

    /// True if the file has it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// `kind`: the format's number of the type. Very old files do not say the type.
    fn get(&self, name: &str, kind: i32, type_name: &str) -> Result<Option<&'a wire::Attribute>> {
        self.ignore(&[name]);
        match self.named.get(name) {
            Some(found) if found.kind != 0 && found.kind != kind => {
                Err(wrong(format!("the attribute '{name}' is not {type_name}")))
            }
            found => Ok(found.copied()),
        }
    }

    pub(super) fn int(&self, name: &str) -> Result<Option<i64>> {
        Ok(self.get(name, 2, "a whole number")?.map(|a| a.i.unwrap_or_default()))
    }

    pub(super) fn int_or(&self, name: &str, default: i64) -> Result<i64> {
        Ok(self.int(name)?.unwrap_or(default))
    }

    /// A number of things.
    pub(super) fn size(&self, name: &str) -> Result<Option<usize>> {
        self.int(name)?.map(|n| size(name, n)).transpose()
    }

    /// 0 or 1.
    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.int(name)? {
            None => Ok(default),
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            Some(n) => Err(wrong(format!("the attribute '{name}' is {n} and must be 0 or 1"))),
        }
    }

    pub(super) fn float_or(&self, name: &str, default: f32) -> Result<f32> {
        Ok(self.get(name, 1, "a number")?.map_or(default, |a| a.f.unwrap_or_default()))
    }

    pub(super) fn float(&self, name: &str) -> Result<Option<f32>> {
        Ok(self.get(name, 1, "a number")?.map(|a| a.f.unwrap_or_default()))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>> {
        let Some(found) = self.get(name, 3, "a text")? else { return Ok(None) };
        let bytes = found.s.as_deref().unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(wrong(format!("the attribute '{name}' is not a text"))),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, name: &str, default: T, words: &[(&str, T)]) -> Result<T> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => Ok(*meaning),
            None => {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let what = format!("the attribute '{name}' is '{text}'; known are {}", known.join(", "));
                Err(Error::new(ErrorKind::Unsupported, what))
            }
        }
    }

    pub(super) fn ints(&self, name: &str) -> Result<Option<Vec<i64>>> {
        Ok(self.get(name, 7, "a list of whole numbers")?.map(|a| a.ints.clone()))
    }

    /// Numbers of things; none if it is not there.
    pub(super) fn sizes(&self, name: &str) -> Result<Vec<usize>> {
        self.ints(name)?.unwrap_or_default().into_iter().map(|n| size(name, n)).collect()
    }

    pub(super) fn floats(&self, name: &str) -> Result<Option<Vec<f32>>> {
        Ok(self.get(name, 6, "a list of numbers")?.map(|a| a.floats.clone()))
    }

    pub(super) fn tensor(&self, name: &str) -> Result<Option<&'a wire::Tensor>> {
        Ok(self.get(name, 4, "a tensor")?.and_then(|a| a.t.as_ref()))
    }

    pub(super) fn graph(&self, name: &str) -> Result<&'a wire::Graph> {
        self.get(name, 5, "a graph")?
            .and_then(|a| a.g.as_ref())
            .ok_or_else(|| wrong(format!("the attribute '{name}' is missing")))
    }

    /// The error for a required one that is not there.
    pub(super) fn missing(name: &str) -> Error {
        wrong(format!("the attribute '{name}' is missing"))
    }
}

fn size(name: &str, n: i64) -> Result<usize> {
    usize::try_from(n).map_err(|_| wrong(format!("the attribute '{name}' has a negative number, {n}")))
}
