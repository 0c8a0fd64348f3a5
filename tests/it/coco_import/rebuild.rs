//! The exporter's rule in its plainest form: what the columns and the residue say, as JSON values.
//!
//! Kept apart from the exporter on purpose, so that import is held against the rule and not against its twin.

use std::collections::BTreeMap;

use lensframe::convert::coco::Tables;
use lensframe::dataset::Value;
use lensframe::dataset::store::Store;
use lensframe::schema::classes::{ClassTable, SourceId};
use serde_json::{Map, Value as Json};

/// All keys of all rows.
pub(super) struct Whole {
    columns: BTreeMap<String, Vec<Value>>,
    classes: BTreeMap<String, ClassTable>,
    residue: Json,
}

impl Whole {
    pub(super) fn of_tables(tables: &Tables) -> Whole {
        let mut columns = BTreeMap::new();
        for table in &tables.groups {
            for (i, field) in table.fields.iter().enumerate() {
                let mut values = Vec::new();
                for batch in &table.batches {
                    batch.column(i).to_data().validate_full().unwrap();
                    values.extend((0..batch.num_rows()).map(|row| Value::of(batch.column(i), row)));
                }
                columns.insert(field.name().clone(), values);
            }
        }
        let classes = tables.classes.iter().cloned().collect();
        Whole { columns, classes, residue: serde_json::from_slice(&tables.residue).unwrap() }
    }

    pub(super) fn of_store(store: &Store) -> Whole {
        let ds = store.dataset();
        let names: Vec<String> = ds.keys().iter().filter_map(|key| key.name().map(str::to_owned)).collect();
        let columns =
            names.into_iter().map(|n| (n.clone(), ds.column(n.as_str()).unwrap().values())).collect();
        let sets: Vec<String> = store.sets().map(str::to_owned).collect();
        let classes =
            sets.into_iter().filter_map(|s| Some((s.clone(), store.classes(&s)?.clone()))).collect();
        let residue = serde_json::from_reader(store.read_residue("coco").unwrap().unwrap()).unwrap();
        Whole { columns, classes, residue }
    }

    pub(super) fn rows(&self) -> usize {
        self.columns["image_id"].len()
    }

    pub(super) fn residue(&self) -> &Json {
        &self.residue
    }

    /// The value of a key; null where there is no such key.
    pub(super) fn value(&self, key: &str, row: usize) -> Value {
        self.columns.get(key).map_or(Value::Null, |values| values[row].clone())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.columns.contains_key(key)
    }

    /// Every file of the residue, made again.
    pub(super) fn files(&self) -> BTreeMap<String, Json> {
        let files = self.residue["files"].as_array().unwrap();
        files.iter().map(|f| (f["file"].as_str().unwrap().to_owned(), self.file(f))).collect()
    }

    fn file(&self, entry: &Json) -> Json {
        let set = entry["set"].as_str().unwrap();
        let in_split = |row: &usize| {
            !self.has("split") || self.value("split", *row).as_text() == entry["split"].as_str()
        };
        let rows: Vec<usize> = (0..self.rows()).filter(in_split).collect();
        let annotations = match entry.get("record_members") {
            Some(_) => self.records(entry, set, &rows),
            None => self.annotations(entry, set, &rows),
        };
        if entry["layout"] == "array" {
            return Json::Array(annotations);
        }
        let mut file = Map::new();
        for member in entry["members"].as_array().unwrap() {
            let name = member[0].as_str().unwrap();
            let value = match (member.get(1), name) {
                (Some(raw), _) => raw.clone(),
                (None, "images") => Json::Array(self.images(entry, set, &rows)),
                (None, "annotations") => Json::Array(annotations.clone()),
                (None, "categories") => match entry.get("categories") {
                    Some(own) => own.clone(),
                    None => categories(entry, &self.classes.get(set).cloned().unwrap_or_default()),
                },
                (None, other) => panic!("{other} has no value"),
            };
            file.insert(name.to_owned(), value);
        }
        Json::Object(file)
    }

    fn images(&self, entry: &Json, set: &str, rows: &[usize]) -> Vec<Json> {
        let ordinal = key(set, "image_ordinal");
        let mut listed: Vec<(i64, usize)> = if self.has(&ordinal) {
            rows.iter().filter_map(|row| Some((self.value(&ordinal, *row).as_int()?, *row))).collect()
        } else {
            let lists = key(set, "object_id");
            let speaks = |row: &&usize| !self.has(&lists) || !self.value(&lists, **row).is_null();
            (0..).zip(rows.iter().filter(speaks).copied()).collect()
        };
        listed.sort_unstable();
        listed.into_iter().map(|(_, row)| self.image(entry, set, row)).collect()
    }

    fn image(&self, entry: &Json, set: &str, row: usize) -> Json {
        if let Some(own) = self.value(&key(set, "image_extra"), row).as_text() {
            return serde_json::from_str(own).unwrap();
        }
        let mut record = Map::new();
        let mut put = |name: &str, value: Json| {
            if !value.is_null() {
                record.insert(name.to_owned(), value);
            }
        };
        put("id", plain(&self.value("image_id", row)));
        for name in ["file_name", "height", "width"] {
            put(name, plain(&self.value(name, row)));
        }
        for column in self.columns.keys().filter(|k| k.starts_with("attr.")) {
            if !is_object_key(&self.columns[column]) {
                put(column.strip_prefix("attr.").unwrap(), plain(&self.value(column, row)));
            }
        }
        lay_over(&mut record, self.value("extra", row).as_text());
        let _ = entry;
        Json::Object(record)
    }

    fn annotations(&self, entry: &Json, set: &str, rows: &[usize]) -> Vec<Json> {
        let mut all: Vec<(i64, Json)> = Vec::new();
        let has_ordinals = self.has(&key(set, "ordinal"));
        for row in rows {
            let Value::Array(ids) = self.value(&key(set, "object_id"), *row) else { continue };
            for i in 0..ids.len() {
                let element = |base: &str| match self.value(&key(set, base), *row) {
                    Value::Array(list) => Value::of(&list, i),
                    _ => Value::Null,
                };
                let next = i64::try_from(all.len()).unwrap();
                let ordinal = if has_ordinals { element("ordinal").as_int().unwrap() } else { next };
                all.push((ordinal, self.annotation(entry, set, *row, &element)));
            }
        }
        for orphan in entry["orphans"].as_array().unwrap() {
            all.push((orphan[0].as_i64().unwrap(), orphan[1].clone()));
        }
        all.sort_by_key(|(ordinal, _)| *ordinal);
        assert!(all.iter().zip(0..).all(|((ordinal, _), n)| *ordinal == n), "ordinals are 0, 1, 2, …");
        all.into_iter().map(|(_, record)| record).collect()
    }

    /// Panoptic records, each with its segments.
    fn records(&self, entry: &Json, set: &str, rows: &[usize]) -> Vec<Json> {
        let mut all: Vec<(i64, Json)> = Vec::new();
        for row in rows {
            let Some(ordinal) = self.value("panoptic.record", *row).as_int() else { continue };
            let Value::Array(ids) = self.value(&key(set, "object_id"), *row) else { panic!() };
            let segment = |i: usize| {
                let element = |base: &str| match self.value(&key(set, base), *row) {
                    Value::Array(list) => Value::of(&list, i),
                    _ => Value::Null,
                };
                self.annotation(entry, set, *row, &element)
            };
            let mut record = Map::new();
            record.insert("segments_info".to_owned(), (0..ids.len()).map(segment).collect());
            for (name, key) in [("image_id", "image_id"), ("file_name", "panoptic.file_name")] {
                let value = plain(&self.value(key, *row));
                if !value.is_null() {
                    record.insert(name.to_owned(), value);
                }
            }
            lay_over(&mut record, self.value("panoptic.extra", *row).as_text());
            all.push((ordinal, Json::Object(record)));
        }
        for orphan in entry["orphans"].as_array().unwrap() {
            all.push((orphan[0].as_i64().unwrap(), orphan[1].clone()));
        }
        all.sort_by_key(|(ordinal, _)| *ordinal);
        assert!(all.iter().zip(0..).all(|((ordinal, _), n)| *ordinal == n), "records are 0, 1, 2, …");
        all.into_iter().map(|(_, record)| record).collect()
    }

    fn annotation(&self, entry: &Json, set: &str, row: usize, element: &dyn Fn(&str) -> Value) -> Json {
        let style = |member: &str| entry["numbers"][member].as_str().unwrap_or("float").to_owned();
        let mut record = Map::new();
        let mut put = |name: &str, value: Json| {
            if !value.is_null() {
                record.insert(name.to_owned(), value);
            }
        };
        put("id", plain(&element("object_id")));
        if entry.get("record_members").is_none() {
            put("image_id", plain(&self.value("image_id", row)));
        }
        if let Some(label) = element("label").as_int() {
            let class = self.classes[set].get(label).unwrap();
            put("category_id", source_id(class.source_id.as_ref().unwrap()));
        }
        for name in ["bbox", "area", "score"] {
            put(name, styled(&element(name), &style(name)));
        }
        put("caption", plain(&element("caption")));
        put("iscrowd", element("crowded").as_bool().map_or(Json::Null, |b| i32::from(b).into()));
        put("segmentation", segmentation(&element("segmentation"), &style("segmentation")));
        if let (Value::Array(points), flags) = (element("point"), element("visible")) {
            let mut triples = Vec::new();
            let mut labelled = 0;
            for k in 0..points.len() {
                let Value::Array(pair) = Value::of(&points, k) else { panic!() };
                triples.extend((0..2).map(|i| styled(&Value::of(&pair, i), &style("keypoints"))));
                let flag = flags.as_array().and_then(|flags| Value::of(flags, k).as_int()).unwrap_or(0);
                labelled += i64::from(flag > 0);
                triples.push(flag.into());
            }
            put("keypoints", triples.into());
            let template = entry["annotation_members"].as_array().unwrap();
            if !flags.is_null() && template.iter().any(|m| m == "num_keypoints") {
                put("num_keypoints", labelled.into());
            }
        }
        let prefix = key(set, "attr.");
        for (column, values) in self.columns.iter().filter(|(k, _)| k.starts_with(&prefix)) {
            if is_object_key(values) {
                put(
                    column.strip_prefix(&prefix).unwrap(),
                    plain(&element(&format!("attr.{}", &column[prefix.len()..]))),
                );
            }
        }
        lay_over(&mut record, element("object_extra").as_text());
        Json::Object(record)
    }
}

trait AsBool {
    fn as_bool(&self) -> Option<bool>;
}

impl AsBool for Value {
    fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }
}

fn key(set: &str, base: &str) -> String {
    lensframe::schema::axis::key_name(set, base)
}

fn is_object_key(values: &[Value]) -> bool {
    values.iter().any(|v| matches!(v, Value::Array(_)))
}

/// Members without a column, then those declared, then without those that are absent.
fn lay_over(record: &mut Map<String, Json>, extra: Option<&str>) {
    let Some(extra) = extra else { return };
    let mut extra: Map<String, Json> = serde_json::from_str(extra).unwrap();
    let declared = extra.remove("@declared");
    let absent = extra.remove("@absent");
    record.extend(extra);
    if let Some(Json::Object(declared)) = declared {
        record.extend(declared);
    }
    for name in absent.iter().filter_map(Json::as_array).flatten() {
        record.remove(name.as_str().unwrap());
    }
}

fn source_id(id: &SourceId) -> Json {
    match id {
        SourceId::Int(id) => (*id).into(),
        SourceId::Text(id) => id.as_str().into(),
    }
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::Float(_) => styled(value, "float"),
        other => panic!("{other:?}"),
    }
}

/// A number, or a list of them, in a style.
fn styled(value: &Value, style: &str) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Float(x) if !x.is_finite() => Json::from("beyond"),
        Value::Float(x) => {
            let text = if style == "int" && x.fract() == 0.0 { format!("{x:.0}") } else { format!("{x:?}") };
            serde_json::from_str(&text).unwrap()
        }
        Value::Array(list) => (0..list.len()).map(|i| styled(&Value::of(list, i), style)).collect(),
        other => panic!("{other:?}"),
    }
}

fn segmentation(value: &Value, style: &str) -> Json {
    let Value::Record(_) = value else { return Json::Null };
    let whole = |v: &Value| match v {
        Value::Array(list) => (0..list.len()).map(|i| plain(&Value::of(list, i))).collect::<Json>(),
        other => plain(other),
    };
    let member = |name: &str| value.member(name).unwrap();
    match (member("polygon"), member("counts"), member("rle")) {
        (polygon, Value::Null, Value::Null) => styled(polygon, style),
        (Value::Null, counts, Value::Null) => [("counts", whole(counts)), ("size", whole(member("size")))]
            .map(|(k, v)| (k.to_owned(), v))
            .into_iter()
            .collect(),
        (Value::Null, Value::Null, rle) => [("counts", plain(rle)), ("size", whole(member("size")))]
            .map(|(k, v)| (k.to_owned(), v))
            .into_iter()
            .collect(),
        other => panic!("two forms at once: {other:?}"),
    }
}

fn categories(entry: &Json, table: &ClassTable) -> Json {
    let template = entry["category_members"].as_array().unwrap();
    let record = |class: &lensframe::schema::classes::Class| {
        let mut record = Map::new();
        for name in template.iter().map(|n| n.as_str().unwrap()) {
            let value = match name {
                "id" => class.source_id.as_ref().map(source_id),
                "name" => Some(class.name.as_str().into()),
                "supercategory" => class.supercategory.as_deref().map(Json::from),
                "color" => class.color.map(|c| c.to_vec().into()),
                _ => class.extra.get(name).cloned(),
            };
            record.extend(value.map(|v| (name.to_owned(), v)));
        }
        Json::Object(record)
    };
    table.iter().map(record).collect()
}

/// Equal as JSON values, integers and floats told apart, floats by their value.
pub(super) fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (a.to_string(), b.to_string());
            let float = |t: &str| t.contains(['.', 'e', 'E']);
            a == b
                || (float(&a)
                    && float(&b)
                    && a.parse::<f64>().unwrap().to_bits() == b.parse::<f64>().unwrap().to_bits())
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

/// Checks that a file held in memory comes back from its tables, and gives them.
pub(super) fn comes_back(text: &str) -> (Whole, lensframe::job::Job) {
    let job = lensframe::job::Job::new();
    let tables =
        lensframe::convert::coco::read_bytes(text.as_bytes(), &job).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let whole = Whole::of_tables(&tables);
    let again = whole.files().remove("memory.json").unwrap();
    let source: Json = serde_json::from_str(text).unwrap();
    assert!(same(&source, &again), "in:  {source}\nout: {again}");
    (whole, job)
}
