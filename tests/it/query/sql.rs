//! Whole questions: tables, joins, and names with dots, quotes and spaces.

use lensframe::dataset::{Dataset, Value};
use lensframe::job::Job;
use lensframe::query::sql;

use super::{dataset, four, ids};

/// Every row as text, `-` for null.
fn rows(answer: &Dataset) -> Vec<String> {
    let text = |value: &Value| match value.to_json() {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    answer
        .list()
        .unwrap()
        .iter()
        .map(|row| row.values().iter().map(text).collect::<Vec<_>>().join(" "))
        .collect()
}

fn ask(text: &str) -> Vec<String> {
    rows(&dataset(&four(), 2).sql(text).unwrap())
}

#[test]
fn objects_are_grouped_by_the_names_of_their_classes() {
    let counts =
        "SELECT category, COUNT(*) AS n, SUM(area) AS area FROM objects GROUP BY category ORDER BY n DESC";
    assert_eq!(ask(counts), ["person 3 28025.0", "cat 1 2500.0"]);
    assert_eq!(ask("SELECT COUNT(*) FROM objects"), ["4"]);
    assert_eq!(ask("SELECT COUNT(*) FROM images"), ["4"]);
    assert_eq!(
        ask("SELECT split, AVG(width) AS w FROM images GROUP BY split ORDER BY split"),
        ["train 480.0", "val 752.0"]
    );
}

#[test]
fn values_are_counted_by_table() {
    let ds = dataset(&four(), 2);
    assert_eq!(rows(&ds.group_counts("objects", ["category"]).unwrap()), ["person 3", "cat 1"]);
    assert_eq!(rows(&ds.group_counts("images", ["split", "night"]).unwrap())[0], "train false 1");
    assert_eq!(rows(&ds.group_counts("images", ["attr.odd name's"]).unwrap()).len(), 4);
}

#[test]
fn images_and_objects_are_joined_by_rows() {
    let text = "SELECT i.image_id, COUNT(o.label) AS n FROM images i LEFT JOIN objects o ON i.row = o.row \
                GROUP BY i.image_id ORDER BY i.image_id";
    assert_eq!(ask(text), ["7 3", "8 1", "9 0", "10 0"]);
    let nested = "WITH big AS (SELECT row FROM objects WHERE area > 2000) \
                  SELECT image_id FROM images WHERE row IN (SELECT row FROM big) ORDER BY image_id";
    assert_eq!(ask(nested), ["7", "8"]);
}

#[test]
fn names_with_dots_quotes_and_spaces_are_found() {
    assert_eq!(ask("SELECT \"attr.odd name's\" FROM images WHERE width = 640"), ["14"]);
    assert_eq!(ask("SELECT \"attr.note\" FROM objects WHERE iscrowd = 1"), ["many"]);
}

#[test]
fn a_star_is_every_light_key() {
    let answer = dataset(&four(), 2).sql("SELECT * FROM images WHERE night").unwrap();
    let names: Vec<String> = answer.keys().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["row", "image_id", "width", "height", "quality", "split", "night", "attr.odd name's"]);
    assert_eq!(answer.len(), 2);
}

#[test]
fn an_answer_with_rows_is_a_view() {
    let ds = dataset(&four(), 2);
    let answer = ds.sql("SELECT row FROM images WHERE width > 400 ORDER BY width DESC").unwrap();
    assert_eq!(ids(&ds.rows_of(&answer).unwrap()), [9, 7, 8]);
}

#[test]
fn several_datasets_are_asked_at_once() {
    let (one, other) = (dataset(&four(), 2), dataset(&four()[1..], 2));
    let text = "SELECT COUNT(*) AS n FROM images a JOIN late.images b ON a.image_id = b.image_id";
    let answer = sql(&[("", &one), ("late", &other)], text, &Job::new()).unwrap();
    assert_eq!(rows(&answer), ["3"]);
    let answer =
        sql(&[("", &one), ("late", &other)], "SELECT category FROM late.objects", &Job::new()).unwrap();
    assert_eq!(rows(&answer), ["cat"]);
}

#[test]
fn sets_are_tables_and_all_of_them_one() {
    let ds = dataset(&four(), 2);
    let found = ds.select(["label", "bbox", "area"]).unwrap();
    let batch = found.read_all(&lensframe::dataset::Access::default()).unwrap();
    let axis = lensframe::schema::axis::Axis::Object("r50".to_owned());
    let columns = found.keys().iter().zip(batch.columns).map(|(key, column)| {
        let field = key.field().unwrap().as_ref().clone().with_name(format!("r50.{key}"));
        (lensframe::dataset::Key::arrow(axis.mark(field)), column)
    });
    let table = lensframe::dataset::Table::new(columns.collect::<Vec<_>>()).unwrap();
    let found = Dataset::new(table.with_classes("r50", super::classes()));
    let both = Dataset::zip([&ds, &found]).unwrap();
    assert_eq!(rows(&both.sql("SELECT COUNT(*) FROM r50 WHERE category = 'person'").unwrap()), ["3"]);
    let all = both.sql("SELECT \"set\", COUNT(*) AS n, COUNT(crowded) AS known FROM objects_all GROUP BY \"set\" ORDER BY \"set\"");
    assert_eq!(rows(&all.unwrap()), [" 4 4", "r50 4 0"]);
    let kept = both.query().keep_objects_of("r50", "category = 'cat'").view().unwrap();
    assert_eq!(rows(&kept.sql("SELECT COUNT(*) FROM r50").unwrap()), ["1"]);
    assert_eq!(rows(&kept.sql("SELECT COUNT(*) FROM objects").unwrap()), ["4"]);
}
