//! [`NameMap`]: which tensor of a file a value of a graph is.
//!
//! ```toml
//! unused = ["*.num_batches_tracked"]      # keys of the file that nothing needs to ask for
//! replace = ["head.*"]                    # constants of the graph that the file may replace; true for any
//! inputs = ["image"]                      # inputs that stay inputs; else those that no key is for
//!
//! [names]                                 # values of the graph, and keys of the file
//! "conv1.weight" = "predictor/conv1/W"
//! "features.*.weight" = "backbone/*/W"    # one * on either side stands for the same text
//! "fc.weight" = { key = "fc/W", axes = [1, 0] }
//! "scale" = { key = "scale", shape = [1, 64, 1, 1] }
//! ```
//!
//! A name itself comes before a pattern, a pattern of more letters before one of fewer. A name of neither is its own key.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::{Error, ErrorKind, Place, Result};

/// A pattern of no more than one `*`, which stands for any text, dots and slashes too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    before: String,
    /// None without a `*`.
    behind: Option<String>,
}

impl Pattern {
    fn parse(text: &str) -> Result<Pattern> {
        let (before, behind) = match text.split_once('*') {
            None => (text, None),
            Some((before, behind)) => (before, Some(behind)),
        };
        if behind.is_some_and(|behind| behind.contains('*')) {
            return Err(wrong(format!("'{text}' has more than one *")));
        }
        Ok(Pattern { before: before.to_owned(), behind: behind.map(str::to_owned) })
    }

    /// What the `*` stands for in this name; the empty text without one.
    pub(super) fn take<'a>(&self, name: &'a str) -> Option<&'a str> {
        let rest = name.strip_prefix(self.before.as_str())?;
        match &self.behind {
            Some(behind) => rest.strip_suffix(behind.as_str()),
            None => rest.is_empty().then_some(""),
        }
    }

    fn letters(&self) -> usize {
        self.before.len().saturating_add(self.behind.as_ref().map_or(0, String::len))
    }

    fn text(&self) -> String {
        match &self.behind {
            Some(behind) => format!("{}*{behind}", self.before),
            None => self.before.clone(),
        }
    }
}

/// Where a tensor is found, and how it is laid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The key in the file; a `*` is what the pattern of the name stood for.
    pub key: String,
    /// The axes of the file in the graph's order, as in `numpy.transpose`.
    pub axes: Option<Vec<usize>>,
    /// The shape, once the axes are in order.
    pub shape: Option<Vec<usize>>,
}

impl Rule {
    /// A tensor as the file has it.
    pub fn key(key: &str) -> Rule {
        Rule { key: key.to_owned(), axes: None, shape: None }
    }
}

/// Which tensor of a file each value of a graph is; see the head of this file for its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameMap {
    rules: Vec<(Pattern, Rule)>,
    unused: Vec<Pattern>,
    replace: Vec<Pattern>,
    inputs: Option<Vec<String>>,
}

impl Default for NameMap {
    /// Names are keys. What torch counts batches with is asked for by nobody.
    fn default() -> NameMap {
        let counts = Pattern { before: String::new(), behind: Some("num_batches_tracked".to_owned()) };
        NameMap { rules: Vec::new(), unused: vec![counts], replace: Vec::new(), inputs: None }
    }
}

/// The form of a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    names: serde_json::Map<String, Json>,
    unused: Option<Vec<String>>,
    replace: Option<Json>,
    inputs: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    key: String,
    axes: Option<Vec<usize>>,
    shape: Option<Vec<usize>>,
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, what)
}

impl NameMap {
    /// The map in a file: `.json`, else TOML.
    ///
    /// # Errors
    /// `Usage` for what is no map, with the name; the operating system's.
    pub fn open(path: &Path) -> Result<NameMap> {
        let place = || Place::area("names").file(path);
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", e).at(place()))?;
        let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let read = match json {
            true => serde_json::from_str(&text).map_err(|e| wrong(format!("no JSON: {e}"))),
            false => toml::from_str(&text).map_err(|e| wrong(format!("no TOML: {e}"))),
        };
        read.and_then(NameMap::from_value).map_err(|e| e.at(place()))
    }

    /// The map of a TOML text.
    ///
    /// # Errors
    /// `Usage` for what is no map.
    pub fn from_toml(text: &str) -> Result<NameMap> {
        let read = toml::from_str(text).map_err(|e| wrong(format!("no TOML: {e}")));
        read.and_then(NameMap::from_value).map_err(|e| e.at(Place::area("names")))
    }

    /// The map of a value: an object of `names`, `unused`, `replace` and `inputs`, each of which may be absent.
    ///
    /// # Errors
    /// `Usage` for what is no map.
    pub fn from_value(json: Json) -> Result<NameMap> {
        let written: Written = serde_json::from_value(json).map_err(|e| wrong(e.to_string()))?;
        let mut map = NameMap { inputs: written.inputs, ..NameMap::default() };
        for (name, rule) in written.names {
            let rule = match rule {
                Json::String(key) => Rule { key, axes: None, shape: None },
                other => {
                    let read: WrittenRule = serde_json::from_value(other)
                        .map_err(|e| wrong(e.to_string()).at(Place::none().key(name.clone())))?;
                    Rule { key: read.key, axes: read.axes, shape: read.shape }
                }
            };
            map = map.with(&name, rule)?;
        }
        let patterns = |list: &[String]| list.iter().map(|text| Pattern::parse(text)).collect::<Result<_>>();
        if let Some(unused) = written.unused {
            map.unused = patterns(&unused)?;
        }
        map.replace = match written.replace {
            None | Some(Json::Bool(false)) => Vec::new(),
            Some(Json::Bool(true)) => patterns(&["*".to_owned()])?,
            Some(list) => {
                let list: Vec<String> =
                    serde_json::from_value(list).map_err(|e| wrong(format!("replace: {e}")))?;
                patterns(&list)?
            }
        };
        Ok(map)
    }

    /// The same with a rule more: a name, or a pattern of one `*`.
    ///
    /// # Errors
    /// `Usage` for more than one `*`, and for one in the key alone.
    pub fn with(mut self, name: &str, rule: Rule) -> Result<NameMap> {
        let pattern = Pattern::parse(name)?;
        let key = Pattern::parse(&rule.key)?;
        if key.behind.is_some() && pattern.behind.is_none() {
            return Err(wrong(format!("the key '{}' has a *, and the name '{name}' has none", rule.key)));
        }
        if self.rules.iter().any(|(known, _)| *known == pattern) {
            return Err(wrong(format!("'{name}' is there twice")));
        }
        self.rules.push((pattern, rule));
        Ok(self)
    }

    /// The same, where keys of this pattern need nobody to ask for them.
    ///
    /// # Errors
    /// `Usage` for more than one `*`.
    pub fn without(mut self, keys: &str) -> Result<NameMap> {
        self.unused.push(Pattern::parse(keys)?);
        Ok(self)
    }

    /// The same, where constants of this pattern may be replaced.
    ///
    /// # Errors
    /// `Usage` for more than one `*`.
    pub fn replacing(mut self, names: &str) -> Result<NameMap> {
        self.replace.push(Pattern::parse(names)?);
        Ok(self)
    }

    /// Where the tensor of a name is found, and whether a rule says so.
    pub(super) fn rule(&self, name: &str) -> (Rule, bool) {
        let fits = self.rules.iter().filter_map(|(pattern, rule)| Some((pattern, pattern.take(name)?, rule)));
        // Without a `*` first; then by letters, and among equals the one that was said first.
        let best = fits
            .min_by_key(|(pattern, _, _)| (pattern.behind.is_some(), std::cmp::Reverse(pattern.letters())));
        match best {
            None => (Rule::key(name), false),
            Some((_, some, rule)) => (Rule { key: rule.key.replacen('*', some, 1), ..rule.clone() }, true),
        }
    }

    /// Names that are said by themselves, and that a graph therefore has to have.
    pub(super) fn said(&self) -> impl Iterator<Item = String> + '_ {
        let plain = self.rules.iter().filter(|(pattern, _)| pattern.behind.is_none());
        plain.map(|(pattern, _)| pattern.text())
    }

    pub(super) fn tolerates(&self, key: &str) -> bool {
        self.unused.iter().any(|pattern| pattern.take(key).is_some())
    }

    pub(super) fn replaces(&self, name: &str) -> bool {
        self.replace.iter().any(|pattern| pattern.take(name).is_some())
    }

    pub(super) fn inputs(&self) -> Option<&[String]> {
        self.inputs.as_deref()
    }
}
