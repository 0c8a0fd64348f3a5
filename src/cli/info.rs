//! `lensframe info`: what a dataset holds, from its manifest and list lengths alone.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::args::DatasetArgs;
use super::print::{Printer, bytes, count, plural, table};
use super::reference::Reference;
use crate::dataset::store::Store;
use crate::dataset::{Access, Dataset, Value};
use crate::error::Result;
use crate::job::Job;
use crate::schema::axis::Axis;

/// How many class names a line of text shows.
const NAMES: usize = 12;

pub(super) fn run(args: &DatasetArgs, printer: &Printer, job: &Job) -> Result<()> {
    let reference = Reference::parse(&args.dataset)?;
    let opened = reference.open(&args.source, job)?;
    let mut facts = facts(opened.store(), job)?;
    if let (Some(imported), Some(members)) = (opened.imported(), facts.as_object_mut()) {
        // What was made for the moment is of no interest; where it came from is.
        members.insert("path".to_owned(), reference.path.to_string_lossy().into());
        members.insert("format".to_owned(), imported.found.format.name().into());
        members.insert("detected_by".to_owned(), imported.found.why.as_str().into());
    }
    printer.show(&facts, || text(&facts))
}

fn facts(store: &Store, job: &Job) -> Result<Json> {
    let ds = store.dataset();
    let version = store.version();
    let keys: Vec<Json> = ds
        .keys()
        .iter()
        .filter_map(|key| key.field())
        .map(|field| {
            let axis = field.metadata().get(crate::schema::axis::AXIS).cloned().unwrap_or_default();
            json!({"name": field.name(), "type": crate::schema::types::to_text(field.data_type()).unwrap_or_default(), "axis": axis})
        })
        .collect();
    let mut groups: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (group, file) in version.fragments.iter().flat_map(|f| &f.files) {
        let (files, size) = groups.entry(group.as_str()).or_default();
        *files += 1;
        *size += file.bytes;
    }
    let groups: Vec<Json> = groups
        .into_iter()
        .map(|(name, (files, size))| json!({"name": name, "files": files, "bytes": size}))
        .collect();
    let sets: Vec<Json> = ds
        .sets()
        .into_iter()
        .map(|set| {
            let classes =
                store.classes(&set).map(|t| t.names().into_iter().map(str::to_owned).collect::<Vec<_>>());
            let (rows, objects) = objects(&ds, &set, job)?;
            Ok(json!({"name": set, "annotated_rows": rows, "objects": objects, "classes": classes}))
        })
        .collect::<Result<_>>()?;
    Ok(json!({
        "path": store.path(), "version": version.version, "created": version.created,
        "rows": ds.len(), "fragments": version.fragments.len(), "splits": splits(&ds, job)?,
        "content_hash": version.content_hash(), "keys": keys, "sets": sets, "groups": groups,
        "views": version.views.keys().collect::<Vec<_>>(), "roots": version.roots,
    }))
}

/// Rows that a set annotates, and its objects: from the offsets of one of its lists.
fn objects(ds: &Dataset, set: &str, job: &Job) -> Result<(u64, u64)> {
    let of_set = |field: &arrow_schema::FieldRef| Axis::of(field).is_ok_and(|a| a.set() == Some(set));
    let Some(name) = ds.keys().iter().find(|k| k.field().is_some_and(of_set)).and_then(|k| k.name()) else {
        return Ok((0, 0));
    };
    let batch = ds.select(name)?.read_all(&Access::new(job))?.whole()?;
    let lists = batch.columns.iter().flat_map(|column| column.values());
    let lengths: Vec<u64> = lists.filter_map(|v| v.as_array().map(|a| a.len() as u64)).collect();
    Ok((lengths.len() as u64, lengths.iter().sum()))
}

fn splits(ds: &Dataset, job: &Job) -> Result<Json> {
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    if ds.keys().find("split").is_ok() {
        let batch = ds.select("split")?.read_all(&Access::new(job))?.whole()?;
        for value in batch.columns.iter().flat_map(|column| column.values()) {
            let name = match value {
                Value::Text(name) => name.to_string(),
                _ => "(none)".to_owned(),
            };
            *rows.entry(name).or_default() += 1;
        }
    }
    Ok(json!(rows))
}

fn text(facts: &Json) -> String {
    let number = |json: &Json, key: &str| json.get(key).and_then(Json::as_u64).unwrap_or(0);
    let word = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).unwrap_or("").to_owned();
    let items = |key: &str| facts.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
    let rows = plural(number(facts, "rows"), "row");
    let mut text = match facts.get("format").and_then(Json::as_str) {
        Some(format) => {
            format!("{}  {format}: {}\n{rows}\n", word(facts, "path"), word(facts, "detected_by"))
        }
        None => format!(
            "{}  version {} of {}\n{rows} in {}\n",
            word(facts, "path"),
            number(facts, "version"),
            word(facts, "created"),
            plural(number(facts, "fragments"), "fragment"),
        ),
    };
    if let Some(splits) = facts.get("splits").and_then(Json::as_object).filter(|s| !s.is_empty()) {
        let parts = splits.iter().map(|(name, n)| format!("{name} {}", count(n.as_u64().unwrap_or(0))));
        text.push_str(&format!("splits: {}\n", parts.collect::<Vec<_>>().join(", ")));
    }
    for set in items("sets") {
        let name = word(&set, "name");
        let name = if name.is_empty() { "default set" } else { name.as_str() };
        text.push_str(&format!(
            "\n{name}: {} in {}",
            plural(number(&set, "objects"), "object"),
            plural(number(&set, "annotated_rows"), "annotated row")
        ));
        if let Some(names) = set.get("classes").and_then(Json::as_array) {
            let shown: Vec<&str> = names.iter().take(NAMES).filter_map(Json::as_str).collect();
            let more = if names.len() > NAMES { ", …" } else { "" };
            text.push_str(&format!("\n  {} classes: {}{more}", names.len(), shown.join(", ")));
        }
    }
    text.push_str("\n\n");
    let mut keys = vec![vec!["key".to_owned(), "axis".to_owned(), "type".to_owned()]];
    keys.extend(items("keys").iter().map(|k| ["name", "axis", "type"].map(|m| word(k, m)).to_vec()));
    text.push_str(&table(&keys));
    text.push('\n');
    let mut groups = vec![vec!["group".to_owned(), "files".to_owned(), "size".to_owned()]];
    groups.extend(
        items("groups")
            .iter()
            .map(|g| vec![word(g, "name"), count(number(g, "files")), bytes(number(g, "bytes"))]),
    );
    text.push_str(&table(&groups));
    for root in items("roots") {
        let place = root.get("absolute").and_then(Json::as_str).unwrap_or("");
        text.push_str(&format!("images in {place}\n"));
    }
    text
}
