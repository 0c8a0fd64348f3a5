//! Which files an export writes, and how each was spelt: from the residue, or by COCO's own custom.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::table::{Cell, Table};
use crate::convert::coco::style::Style;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;

/// The members of an annotation in COCO's own order, and those that results have.
const ANNOTATION: [&str; 11] = [
    "segmentation",
    "num_keypoints",
    "area",
    "iscrowd",
    "keypoints",
    "image_id",
    "bbox",
    "category_id",
    "caption",
    "score",
    "id",
];
const IMAGE: [&str; 4] = ["file_name", "height", "width", "id"];
const CATEGORY: [&str; 3] = ["supercategory", "id", "name"];

/// A member of the file itself: its name, and its value unless it stands for a table.
#[derive(Clone, Debug)]
pub(super) struct Top {
    pub(super) name: String,
    pub(super) value: Option<Json>,
}

/// One annotation file: where it goes, which rows and set it holds, and how it is spelt.
#[derive(Clone, Debug)]
pub(super) struct FilePlan {
    /// Relative to the folder that is written.
    pub(super) file: String,
    pub(super) set: String,
    pub(super) split: Option<String>,
    /// The first file of its split: it decided the order of rows.
    pub(super) primary: bool,
    /// A bare list of annotations, as results are.
    pub(super) bare: bool,
    pub(super) top: Vec<Top>,
    pub(super) image_members: Vec<String>,
    pub(super) annotation_members: Vec<String>,
    /// Of a panoptic file the members of its records; its annotations are their segments.
    pub(super) record_members: Option<Vec<String>>,
    pub(super) category_members: Vec<String>,
    styles: Map<String, Json>,
    /// The file's own list of categories, where the class table does not give it back.
    pub(super) categories: Option<Vec<Json>>,
    /// Annotations of images that are not there, by their place in the file.
    pub(super) orphans: Vec<(u64, Json)>,
}

impl FilePlan {
    /// The style of a member's whole numbers.
    pub(super) fn style(&self, member: &str) -> Style {
        match self.styles.get(member).and_then(Json::as_str) {
            Some("int") => Style::Int,
            _ => Style::Float,
        }
    }

    /// Whether `num_keypoints` is expected beside keypoints.
    pub(super) fn counts_points(&self) -> bool {
        self.annotation_members.iter().any(|m| m == "num_keypoints")
    }

    /// Reads the entry of one file in the residue.
    fn from_residue(entry: &Json) -> Result<FilePlan> {
        let text = |name: &str| entry.get(name).and_then(Json::as_str).map(str::to_owned);
        let names = |name: &str| {
            let list = entry.get(name).and_then(Json::as_array);
            list.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let list = |name: &str| entry.get(name).and_then(Json::as_array);
        let file = text("file").ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "an entry names no file").at(Place::area("coco").file("residue"))
        })?;
        let top = list("members").into_iter().flatten().filter_map(|member| {
            let parts = member.as_array()?;
            Some(Top { name: parts.first()?.as_str()?.to_owned(), value: parts.get(1).cloned() })
        });
        let orphans = list("orphans").into_iter().flatten().filter_map(|orphan| {
            let parts = orphan.as_array()?;
            Some((parts.first()?.as_u64()?, parts.get(1)?.clone()))
        });
        Ok(FilePlan {
            file,
            set: text("set").unwrap_or_default(),
            split: text("split"),
            primary: entry.get("primary").and_then(Json::as_bool).unwrap_or(true),
            bare: text("layout").as_deref() == Some("array"),
            top: top.collect(),
            image_members: names("image_members"),
            annotation_members: names("annotation_members"),
            record_members: list("record_members").map(|_| names("record_members")),
            category_members: names("category_members"),
            styles: entry.get("numbers").and_then(Json::as_object).cloned().unwrap_or_default(),
            categories: list("categories").cloned(),
            orphans: orphans.collect(),
        })
    }

    /// The file that COCO's custom would have for a set and split.
    fn by_custom(set: &str, split: Option<&str>, table: &Table) -> FilePlan {
        let kind = if set.is_empty() { "instances" } else { set };
        let split_name = split.map(|s| format!("_{s}")).unwrap_or_default();
        let info = json!({"description": "exported by lensframe"});
        let mut top = vec![Top { name: "info".to_owned(), value: Some(info) }];
        top.extend(["images", "annotations", "categories"].map(|n| Top { name: n.to_owned(), value: None }));
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let mut annotation_members = owned(&ANNOTATION);
        if table.object_key("point").is_none() {
            annotation_members.retain(|m| m != "num_keypoints");
        }
        // COCO writes keypoints as integers and everything else as it comes.
        let styles = [("keypoints".to_owned(), json!("int"))].into_iter().collect();
        FilePlan {
            file: format!("annotations/{kind}{split_name}.json"),
            set: set.to_owned(),
            split: split.map(str::to_owned),
            primary: true,
            bare: false,
            top,
            image_members: owned(&IMAGE),
            annotation_members,
            record_members: None,
            category_members: owned(&CATEGORY),
            styles,
            categories: None,
            orphans: Vec::new(),
        }
    }
}

/// The files the residue speaks of; empty without residue.
pub(super) fn from_residue(residue: Option<&[u8]>) -> Result<Vec<FilePlan>> {
    let Some(text) = residue else { return Ok(Vec::new()) };
    let tree: Json = serde_json::from_slice(text).map_err(|e| {
        Error::new(ErrorKind::Corrupt, format!("the residue is not JSON: {e}"))
            .at(Place::area("coco").file("residue"))
            .remedy("run `lensframe verify` to see what is damaged")
    })?;
    let files = tree.get("files").and_then(Json::as_array);
    files.into_iter().flatten().map(FilePlan::from_residue).collect()
}

/// The files by custom: one for each split that a set annotates.
pub(super) fn by_custom(set: &str, table: &Table) -> Vec<FilePlan> {
    let split_key = table.row_key("split");
    let split_of = |row| split_key.and_then(|c| c.cell(row)).and_then(Cell::text).map(str::to_owned);
    let annotated =
        (0..table.rows).filter(|row| table.objects(*row).is_some() || table.object_keys.is_empty());
    let splits: BTreeSet<Option<String>> = annotated.map(split_of).collect();
    splits.into_iter().map(|split| FilePlan::by_custom(set, split.as_deref(), table)).collect()
}

/// The categories of a file, as COCO writes them.
pub(super) fn categories(plan: &FilePlan, classes: Option<&ClassTable>) -> Vec<Json> {
    if let Some(own) = &plan.categories {
        return own.clone();
    }
    let mut out = Vec::new();
    for (label, class) in classes.into_iter().flat_map(ClassTable::iter).enumerate() {
        let id = match &class.source_id {
            Some(id) => json!(id),
            None => json!(label + 1),
        };
        let mut known = Map::new();
        known.insert("id".to_owned(), id);
        known.insert("name".to_owned(), json!(class.name));
        if let Some(group) = &class.supercategory {
            known.insert("supercategory".to_owned(), json!(group));
        }
        if let Some(color) = class.color.filter(|_| !class.extra.contains_key("color")) {
            known.insert("color".to_owned(), json!(color));
        }
        known.extend(class.extra.clone());
        // In the file's order first, then what the template does not know.
        let mut record = Map::new();
        for member in &plan.category_members {
            if let Some(value) = known.remove(member) {
                record.insert(member.clone(), value);
            }
        }
        record.extend(known);
        out.push(Json::Object(record));
    }
    out
}

/// The source ids of a set's labels as JSON text, by label.
pub(super) fn category_ids(classes: Option<&ClassTable>) -> Vec<String> {
    let id = |(label, class): (usize, &crate::schema::classes::Class)| match &class.source_id {
        Some(id) => serde_json::to_string(id).unwrap_or_default(),
        None => (label + 1).to_string(),
    };
    classes.into_iter().flat_map(ClassTable::iter).enumerate().map(id).collect()
}
