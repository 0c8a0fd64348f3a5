//! Categories: the class table as COCO lists it, and the id that each label is written as.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value as Json, json};

use super::plan::FilePlan;
use crate::convert::LossReport;
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::schema::classes::{Class, ClassTable, SourceId};

/// The categories of one file.
#[derive(Debug, Default)]
pub(super) struct Categories {
    /// The list as JSON text.
    pub(super) list: Vec<u8>,
    /// The id of each label as JSON text.
    pub(super) ids: Vec<String>,
}

impl Categories {
    /// Those of the view's set that the file holds. `labels` are those there are, where no table names them.
    pub(super) fn read(
        plan: &FilePlan<'_>,
        ds: &Dataset,
        store: &Store,
        labels: &BTreeSet<i64>,
        loss: &mut LossReport,
    ) -> Categories {
        // The view's own table: it may have been aligned to another than the stored one.
        let classes = ds.classes(&plan.set);
        let stored = match (classes, store.classes(&plan.set)) {
            (Some(of_view), Some(of_store)) => of_view.means_same(of_store),
            (of_view, of_store) => of_view.is_none() && of_store.is_none(),
        };
        Categories::of(plan, classes, stored, labels, loss)
    }

    /// Those of a table. `stored` is true if the table is that of the stored dataset, so that what the
    /// import kept of the file's own list holds.
    fn of(
        plan: &FilePlan<'_>,
        classes: Option<&ClassTable>,
        stored: bool,
        labels: &BTreeSet<i64>,
        loss: &mut LossReport,
    ) -> Categories {
        if plan.custom && classes.is_none() {
            return Categories { list: unnamed(labels, loss), ids: Vec::new() };
        }
        let classes: Vec<&Class> = classes.into_iter().flat_map(ClassTable::iter).collect();
        let given = !plan.custom || keeps_ids(&classes);
        if !given {
            let named = classes.iter().filter(|c| c.source_id.is_some()).count();
            let why = "COCO's category ids are distinct integers: they are numbered from 1";
            loss.change("class source ids", u64::try_from(named).unwrap_or(u64::MAX), why);
        }
        let id = |label: usize, class: &Class| match &class.source_id {
            Some(id) if given => json!(id),
            _ => json!(label + 1),
        };
        let ids = classes.iter().enumerate().map(|(label, class)| id(label, class).to_string()).collect();
        let list = match plan.categories {
            Some(own) if stored => own.to_vec(),
            _ => {
                let records = classes.iter().enumerate().map(|(l, c)| record(plan, c, id(l, c)));
                Json::Array(records.collect()).to_string().into_bytes()
            }
        };
        Categories { list, ids }
    }
}

/// A list for labels that no table names, or for objects that have none.
fn unnamed(labels: &BTreeSet<i64>, loss: &mut LossReport) -> Vec<u8> {
    let count = u64::try_from(labels.len()).unwrap_or(u64::MAX);
    loss.change("class names", count, "no class table says them: each is called by its label");
    let mut records: Vec<Json> = labels
        .iter()
        .filter_map(|label| Some(json!({"id": label.checked_add(1)?, "name": label.to_string()})))
        .collect();
    if records.is_empty() {
        records.push(json!({"id": 1, "name": "object"}));
    }
    Json::Array(records).to_string().into_bytes()
}

/// True if every class has an integer of its own for an id.
fn keeps_ids(classes: &[&Class]) -> bool {
    let mut seen = HashSet::new();
    classes.iter().all(|c| matches!(&c.source_id, Some(SourceId::Int(id)) if seen.insert(*id)))
}

/// A class as a record: members in the order of the file first, then what its template does not know.
fn record(plan: &FilePlan<'_>, class: &Class, id: Json) -> Json {
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
    let mut record = Map::new();
    for member in &plan.category_members {
        if let Some(value) = known.remove(member) {
            record.insert(member.clone(), value);
        }
    }
    record.extend(known);
    Json::Object(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: BTreeSet<i64> = BTreeSet::new();

    fn table(ids: &[SourceId]) -> ClassTable {
        ids.iter().map(|id| Class { source_id: Some(id.clone()), ..Class::named("c") }).collect()
    }

    #[test]
    fn ids_that_are_no_integers_are_numbered_and_reported_unless_they_came_from_coco() {
        let texts = table(&[SourceId::Text("/m/01".into()), SourceId::Text("/m/02".into())]);
        let custom = FilePlan { custom: true, ..FilePlan::default() };
        let mut loss = LossReport::default();
        assert_eq!(Categories::of(&custom, Some(&texts), true, &NONE, &mut loss).ids, ["1", "2"]);
        assert_eq!(loss.iter().next().unwrap().values, 2);
        let mut loss = LossReport::default();
        let known = Categories::of(&FilePlan::default(), Some(&texts), true, &NONE, &mut loss);
        assert_eq!(known.ids, [r#""/m/01""#, r#""/m/02""#]);
        let gaps = table(&[SourceId::Int(90), SourceId::Int(1)]);
        assert_eq!(Categories::of(&custom, Some(&gaps), true, &NONE, &mut loss).ids, ["90", "1"]);
        assert!(loss.is_empty());
        let twice = table(&[SourceId::Int(7), SourceId::Int(7)]);
        assert_eq!(Categories::of(&custom, Some(&twice), true, &NONE, &mut loss).ids, ["1", "2"]);
    }

    #[test]
    fn a_files_own_list_is_used_only_with_the_table_it_belongs_to() {
        let plan = FilePlan { categories: Some(b"[7]"), ..FilePlan::default() };
        let classes = ClassTable::from_names(["a"]);
        let of =
            |stored| Categories::of(&plan, Some(&classes), stored, &NONE, &mut LossReport::default()).list;
        assert_eq!(of(true), b"[7]");
        assert_eq!(of(false), br#"[{"id":1,"name":"a"}]"#);
    }

    #[test]
    fn labels_without_a_table_are_called_by_their_numbers_and_none_at_all_by_one_word() {
        let custom = FilePlan { custom: true, ..FilePlan::default() };
        let mut loss = LossReport::default();
        let made = Categories::of(&custom, None, true, &[0, 7].into(), &mut loss);
        assert_eq!(made.list, br#"[{"id":1,"name":"0"},{"id":8,"name":"7"}]"#);
        assert_eq!(loss.iter().map(|l| (l.values, l.changed)).collect::<Vec<_>>(), [(2, true)]);
        let none = Categories::of(&custom, None, true, &NONE, &mut LossReport::default());
        assert_eq!(none.list, br#"[{"id":1,"name":"object"}]"#);
    }
}
