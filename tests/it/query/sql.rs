//! Whole questions: tables, joins, and names with dots, quotes and spaces.

use lensframe::dataset::{Dataset, Value};
use lensframe::job::Job;
use lensframe::query::{explain, sql};

use super::{Image, dataset, four, ids};

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

#[test]
fn what_polars_means_otherwise_is_answered_as_sql_means_it() {
    assert_eq!(ask("SELECT COUNT(*) - 10 FROM objects"), ["-6"], "counts have a sign");
    assert_eq!(
        ask("SELECT a.n - b.n AS d FROM (SELECT COUNT(*) AS n, 1 AS k FROM images WHERE night) a \
                    JOIN (SELECT COUNT(*) AS n, 1 AS k FROM objects) b ON a.k = b.k"),
        ["-2"]
    );
    assert_eq!(
        ask("SELECT width * 10000000 FROM images WHERE image_id = 7"),
        ["6400000000"],
        "numbers are wide"
    );
    assert_eq!(ask("SELECT COUNT(*) FROM images WHERE width < 1e3"), ["3"]);
    let sorted =
        "SELECT category, COUNT(*) AS n FROM objects GROUP BY category ORDER BY COUNT(*) DESC, category";
    assert_eq!(ask(sorted), ["person 3", "cat 1"]);
    assert_eq!(ask("SELECT MIN(area), MAX(area) FROM objects"), ["25.0 27200.0"]);
    assert_eq!(ask("SELECT COUNT(*) FROM objects_all"), ["4"]);
    let ranked = "SELECT category, ROW_NUMBER() OVER (ORDER BY n DESC) - 1 AS r \
                  FROM (SELECT category, COUNT(*) AS n FROM objects GROUP BY category) AS t ORDER BY r";
    assert_eq!(ask(ranked), ["person 0", "cat 1"]);
    assert_eq!(ask("SELECT NULL AS a"), ["-"]);
    let join = "SELECT i.image_id FROM images i JOIN objects o ON i.row = o.row AND o.category = 'cat' AND o.area > 10";
    assert_eq!(ask(join), ["8"]);
    let join = "SELECT i.width, SUM(o.area) AS s FROM objects o JOIN images i USING (row) GROUP BY i.width ORDER BY i.width";
    assert_eq!(ask(join), ["480 2500.0", "640 28025.0"]);
    let names = dataset(&four(), 2).sql("SELECT COUNT(*), MAX(area) FROM objects").unwrap();
    assert_eq!(names.keys().iter().map(ToString::to_string).collect::<Vec<_>>(), ["COUNT(*)", "MAX(area)"]);
    assert_eq!(ask("SELECT attr.note FROM objects WHERE iscrowd = 1"), ["many"]);
    assert_eq!(ask("SELECT o.attr.note FROM objects o WHERE o.iscrowd = 1"), ["many"]);
}

#[test]
fn what_polars_answers_wrongly_is_refused() {
    let ds = dataset(&four(), 2);
    for text in [
        "SELECT COUNT(*) FROM images i LEFT JOIN objects o ON i.row = o.row AND o.area > 100",
        "SELECT category, SUM(COUNT(*)) OVER () AS t FROM objects GROUP BY category",
        "SELECT SUM(1) FROM images",
        "SELECT category, ROW_NUMBER() OVER (ORDER BY category) AS r FROM objects GROUP BY category",
        "SELECT category FROM objects GROUP BY category ORDER BY COUNT(*)",
        "SELECT category, COUNT(*) FROM objects",
        "SELECT COUNT(*) FROM objects WHERE COUNT(*) > 3",
        "SELECT SUM(area) OVER (ORDER BY label) FROM objects",
        "SELECT image_id FROM images WHERE EXISTS (SELECT 1 FROM objects)",
    ] {
        let e = ds.sql(text).unwrap_err();
        assert_eq!(e.kind(), lensframe::error::ErrorKind::Unsupported, "{text}: {e}");
    }
    let e = ds.sql("WITH images AS (SELECT 1 AS width) SELECT * FROM images").unwrap_err();
    assert_eq!(e.kind(), lensframe::error::ErrorKind::Usage, "{e}");
    let e = ds.filter_objects("COUNT(*) > 3", lensframe::query::Quantity::AtLeast(1)).unwrap_err();
    assert_eq!(e.kind(), lensframe::error::ErrorKind::Unsupported, "{e}");
}

#[test]
fn images_that_nobody_annotated_have_no_objects() {
    let ds = dataset(&four(), 2).select(["image_id", "width", "height"]).unwrap();
    assert_eq!(rows(&ds.sql("SELECT COUNT(*) FROM objects").unwrap()), ["0"]);
    let without = "SELECT image_id FROM images WHERE row NOT IN (SELECT row FROM objects) ORDER BY image_id";
    assert_eq!(rows(&ds.sql(without).unwrap()), ["7", "8", "9", "10"]);
    let some =
        ds.filter_objects("category = 'cat' AND area > 3", lensframe::query::Quantity::AtLeast(0)).unwrap();
    assert_eq!(some.len(), 0);
}

#[test]
fn a_subquery_stands_for_its_value() {
    let mean =
        "SELECT category, area FROM objects WHERE area > (SELECT AVG(area) FROM objects) ORDER BY area";
    assert_eq!(ask(mean), ["person 27200.0"]);
    let share = "SELECT category, COUNT(*) * 1.0 / (SELECT COUNT(*) FROM objects) AS share FROM objects \
                 GROUP BY category ORDER BY category";
    assert_eq!(ask(share), ["cat 0.25", "person 0.75"]);
    let nested = "SELECT image_id FROM images WHERE width = (SELECT MAX(width) FROM images WHERE width < \
                  (SELECT MAX(width) FROM images))";
    assert_eq!(ask(nested), ["7"]);
    let own = "WITH big AS (SELECT area FROM objects WHERE area > 2000) \
               SELECT COUNT(*) AS n FROM objects WHERE area = (SELECT MIN(area) FROM big)";
    assert_eq!(ask(own), ["1"]);
    assert_eq!(
        ask("SELECT image_id FROM images WHERE width > (SELECT width FROM images WHERE width < 0)"),
        [""; 0]
    );
    let refused = |text: &str| dataset(&four(), 2).sql(text).unwrap_err();
    let several = refused("SELECT image_id FROM images WHERE width = (SELECT width FROM images)");
    assert!(several.to_string().contains("4 rows"), "{several}");
    let around = refused(
        "SELECT image_id FROM images i WHERE 1 < (SELECT COUNT(*) FROM objects o WHERE o.row = i.row)",
    );
    assert!(around.remedy_text().unwrap().contains("join"), "{around}");
}

#[test]
fn a_question_says_what_it_reads() {
    let ds = dataset(&four(), 2);
    let sql = "SELECT category, COUNT(*) AS n FROM objects WHERE area > 1 GROUP BY category";
    let reading = explain(&[("", &ds)], sql, &Job::new()).unwrap();
    let keys: Vec<&str> = reading.tables[0].1.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!((reading.tables[0].0.as_str(), keys), ("objects", vec!["area", "label"]));
    assert!(
        reading.plan.contains("area") && reading.to_string().starts_with("objects reads area ("),
        "{reading}"
    );
}

#[test]
fn a_class_that_nothing_is_of_is_said_to_be_none() {
    let (ds, job) = (dataset(&four(), 2), Job::new());
    let n =
        sql(&[("", &ds)], "SELECT COUNT(*) AS n FROM objects o WHERE o.category IN ('cat', 'persn')", &job);
    assert_eq!((rows(&n.unwrap()), job.warnings().count("query.class")), (vec!["1".to_owned()], 1));
}

#[test]
fn joins_by_other_conditions_than_equality_look_at_every_pair() {
    let pairs = |on: &str| {
        let text = format!(
            "SELECT a.image_id AS one, b.image_id AS other FROM images a JOIN images b ON {on} ORDER BY one, other"
        );
        ask(&text)
    };
    assert_eq!(pairs("a.image_id + b.image_id > 18"), ["9 10", "10 9", "10 10"]);
    assert_eq!(pairs("a.image_id < b.image_id AND b.image_id = 9"), ["7 9", "8 9"]);
    assert_eq!(pairs("a.image_id < b.image_id AND a.width = b.width"), ["7 9"; 0]);
    assert_eq!(pairs("a.image_id = a.width OR b.image_id < 8").len(), 4);
    assert_eq!(ask("SELECT COUNT(*) AS n FROM images a JOIN images b ON a.width + b.height > 600"), ["8"]);
    for refused in [
        "SELECT COUNT(*) AS n FROM images NATURAL JOIN objects",
        "SELECT image_id FROM images RIGHT JOIN objects USING (row)",
        "SELECT image_id FROM images a FULL JOIN images b USING (image_id)",
        "SELECT 1 AS one WHERE 1 = 2",
        "SELECT AVG(width) OVER (ORDER BY image_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS m FROM images",
    ] {
        assert_eq!(
            dataset(&four(), 2).sql(refused).unwrap_err().kind(),
            lensframe::error::ErrorKind::Unsupported,
            "{refused}"
        );
    }
}

#[test]
fn what_is_sorted_by_is_a_column_of_the_answer_and_null_comes_last() {
    assert_eq!(ask("SELECT -image_id AS width FROM images ORDER BY width"), ["-10", "-9", "-8", "-7"]);
    let images = [Some(3), None, Some(5)].into_iter().zip(1..).map(|(width, id)| Image {
        id,
        width,
        ..Image::default()
    });
    let ds = dataset(&images.collect::<Vec<_>>(), 2);
    for (order, want) in [
        ("width", ["1", "3", "2"]),
        ("width DESC", ["3", "1", "2"]),
        ("width DESC NULLS FIRST", ["2", "3", "1"]),
    ] {
        assert_eq!(
            rows(&ds.sql(&format!("SELECT image_id FROM images ORDER BY {order}")).unwrap()),
            want,
            "{order}"
        );
    }
}

#[test]
fn conditions_on_groups_are_answered_before_and_after_grouping() {
    let having = "SELECT category, COUNT(*) AS n FROM objects GROUP BY category HAVING category LIKE 'p%' AND COUNT(*) > 1";
    assert_eq!(ask(having), ["person 3"]);
    assert_eq!(
        ask("SELECT image_id, (SELECT MAX(area) FROM objects) - width AS d FROM images ORDER BY d LIMIT 1")
            .len(),
        1
    );
}
