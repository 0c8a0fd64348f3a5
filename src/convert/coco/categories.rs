//! Categories: the class table of a set, made of the lists of all its files.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::{Class, ClassTable, SourceId};

use crate::convert::column::Id;

/// How many bytes a list of categories may have.
const MAX_BYTES: usize = 64 << 20;

/// The categories of one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Categories {
    /// The records as they stand.
    pub(super) raw: Vec<Value>,
    /// Member names in the order in which they first appear.
    pub(super) members: Vec<String>,
}

impl Categories {
    /// Reads the list, whose text was proved before.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for a list that is not plausible, [`ErrorKind::Format`] for text that is not
    /// JSON.
    pub(super) fn read(text: &[u8]) -> Result<Categories> {
        if text.len() > MAX_BYTES {
            let what = format!("the list of categories has {} bytes, more than {MAX_BYTES}", text.len());
            return Err(Error::new(ErrorKind::Limit, what).remedy("check that the file is COCO"));
        }
        let raw: Vec<Value> = serde_json::from_slice(text).map_err(|e| {
            Error::new(ErrorKind::Format, format!("the list of categories cannot be read: {e}"))
        })?;
        let mut members: Vec<String> = Vec::new();
        for name in raw.iter().filter_map(Value::as_object).flat_map(Map::keys) {
            if !members.contains(name) {
                members.push(name.clone());
            }
        }
        Ok(Categories { raw, members })
    }

    /// True if the exporter's rule gives this list back from the table alone.
    pub(super) fn are_exactly(&self, table: &ClassTable) -> bool {
        self.raw.len() == table.len()
            && self.raw.iter().zip(table.iter()).all(|(raw, class)| written(class, &self.members) == *raw)
    }
}

/// The exporter's rule: the members of a class in the order of the file's template. Absent ones are left out.
fn written(class: &Class, template: &[String]) -> Value {
    let mut record = Map::new();
    for name in template {
        let value = match name.as_str() {
            "id" => class.source_id.as_ref().map(|id| match id {
                SourceId::Int(id) => Value::from(*id),
                SourceId::Text(id) => Value::from(id.as_str()),
            }),
            "name" => Some(Value::from(class.name.as_str())),
            "supercategory" => class.supercategory.as_deref().map(Value::from),
            "color" => class.color.map(|color| color.iter().map(|c| Value::from(*c)).collect()),
            _ => class.extra.get(name).cloned(),
        };
        if let Some(value) = value {
            record.insert(name.clone(), value);
        }
    }
    Value::Object(record)
}

/// The class a category means, and its id.
fn class_of(raw: &Value) -> (Class, Option<Id>) {
    let Some(record) = raw.as_object() else { return (Class::named(raw.to_string()), None) };
    let id = match record.get("id") {
        Some(Value::Number(n)) => {
            let whole = n.as_i64().or_else(|| n.to_string().strip_suffix(".0").and_then(|n| n.parse().ok()));
            whole.map(Id::Int)
        }
        Some(Value::String(text)) => Some(Id::Text(text.as_str().into())),
        _ => None,
    };
    let name = match record.get("name").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => id.as_ref().map_or_else(String::new, plain),
    };
    let mut class = Class::named(name);
    class.source_id = id.as_ref().map(source_id);
    for (member, value) in record {
        match (member.as_str(), value) {
            ("id" | "name", _) => {}
            ("supercategory", Value::String(text)) => class.supercategory = Some(text.clone()),
            ("color", Value::Array(parts)) => match color(parts) {
                Some(color) => class.color = Some(color),
                None => drop(class.extra.insert(member.clone(), value.clone())),
            },
            _ => drop(class.extra.insert(member.clone(), value.clone())),
        }
    }
    (class, id)
}

fn color(parts: &[Value]) -> Option<[u8; 3]> {
    let parts: Option<Vec<u8>> =
        parts.iter().map(|p| p.as_u64().and_then(|p| u8::try_from(p).ok())).collect();
    parts?.try_into().ok()
}

fn plain(id: &Id) -> String {
    match id {
        Id::Int(id) => id.to_string(),
        Id::Text(id) => id.to_string(),
    }
}

fn source_id(id: &Id) -> SourceId {
    match id {
        Id::Int(id) => SourceId::Int(*id),
        Id::Text(id) => SourceId::Text(id.to_string()),
    }
}

/// The class table of a set while its files are added.
#[derive(Debug, Default)]
pub(super) struct Classes {
    pub(super) table: ClassTable,
    pub(super) labels: HashMap<Id, i64>,
    by_name: HashMap<String, String>,
    /// The file that brought the table's classes first, for messages.
    first: String,
}

impl Classes {
    /// Adds the categories of a file: classes that are new go to the end. Gives the ids that stand twice.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if a file before gave an id another name, or a name another id.
    pub(super) fn add(&mut self, categories: &Categories, file: &str) -> Result<Vec<String>> {
        let mut twice = Vec::new();
        let (known, names) = (self.labels.clone(), self.by_name.clone());
        for raw in &categories.raw {
            let (class, id) = class_of(raw);
            let Some(id) = id else {
                self.table.push(class);
                continue;
            };
            if let Some(before) = known.get(&id).and_then(|label| self.table.get(*label)) {
                if before.name != class.name {
                    let what = format!(
                        "category {id} is '{}' in {} and '{}' here",
                        before.name, self.first, class.name
                    );
                    return Err(disagree(what, file));
                }
                continue;
            }
            if let Some(other) = names.get(&class.name).filter(|other| **other != plain(&id)) {
                let what =
                    format!("category '{}' has id {other} in {} and {id} here", class.name, self.first);
                return Err(disagree(what, file));
            }
            self.by_name.entry(class.name.clone()).or_insert_with(|| plain(&id));
            let label = self.table.push(class);
            if self.labels.insert(id.clone(), label).is_some() {
                twice.push(id.to_string());
            }
        }
        if self.first.is_empty() {
            self.first = file.to_owned();
        }
        Ok(twice)
    }

    /// Adds classes that have only ids, in ascending order: those of a results file.
    pub(super) fn add_ids(&mut self, mut ids: Vec<Id>) {
        ids.sort_by(|a, b| match (a, b) {
            (Id::Int(a), Id::Int(b)) => a.cmp(b),
            (Id::Text(a), Id::Text(b)) => a.cmp(b),
            (Id::Int(_), Id::Text(_)) => std::cmp::Ordering::Less,
            (Id::Text(_), Id::Int(_)) => std::cmp::Ordering::Greater,
        });
        for id in ids {
            let class = Class { source_id: Some(source_id(&id)), ..Class::named(plain(&id)) };
            let label = self.table.push(class);
            self.labels.insert(id, label);
        }
    }
}

fn disagree(what: String, file: &str) -> Error {
    Error::new(ErrorKind::Mismatch, what)
        .at(Place::area("coco").file(file))
        .remedy("convert the files one by one, or make their categories agree")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Categories {
        Categories::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_the_rule_gives_back_is_not_kept_twice() {
        let plain =
            read(r#"[{"id": 1, "name": "a", "supercategory": ""}, {"id": 4, "name": "b", "x": [1.50]}]"#);
        let mut classes = Classes::default();
        classes.add(&plain, "a.json").unwrap();
        assert!(plain.are_exactly(&classes.table));
        assert_eq!(classes.labels[&Id::Int(4)], 1);
        for odd in [
            r#"[{"id": 1.0, "name": "a"}]"#,
            r#"[{"id": 1}, {"id": 2, "name": "b"}]"#,
            r#"[{"name": null, "id": 1}]"#,
            "[3]",
        ] {
            let odd = read(odd);
            let mut classes = Classes::default();
            classes.add(&odd, "a.json").unwrap();
            assert!(!odd.are_exactly(&classes.table), "{odd:?}");
        }
    }

    #[test]
    fn files_that_disagree_are_both_named() {
        let mut classes = Classes::default();
        classes.add(&read(r#"[{"id": 1, "name": "cat"}]"#), "train.json").unwrap();
        classes.add(&read(r#"[{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]"#), "val.json").unwrap();
        assert_eq!(classes.table.names(), ["cat", "dog"]);
        let e = classes.add(&read(r#"[{"id": 2, "name": "cow"}]"#), "test.json").unwrap_err();
        assert!(
            e.to_string().starts_with("coco: test.json: category 2 is 'dog' in train.json and 'cow' here"),
            "{e}"
        );
        let e = classes.add(&read(r#"[{"id": 9, "name": "cat"}]"#), "test.json").unwrap_err();
        assert!(e.to_string().contains("category 'cat' has id 1 in train.json and 9 here"), "{e}");
    }

    #[test]
    fn a_category_that_stands_twice_keeps_both_and_the_last_is_meant() {
        let mut classes = Classes::default();
        let twice = classes.add(&read(r#"[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]"#), "x").unwrap();
        assert_eq!((twice.len(), classes.table.len(), classes.labels[&Id::Int(1)]), (1, 2, 1));
    }

    #[test]
    fn results_get_classes_named_by_their_ids() {
        let mut classes = Classes::default();
        classes.add_ids(vec![Id::Int(18), Id::Int(2)]);
        assert_eq!(classes.table.names(), ["2", "18"]);
    }
}
