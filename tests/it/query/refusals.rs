//! What cannot be asked is refused with the place and the remedy; what holds for nothing is empty.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, NullArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use lensframe::dataset::{Dataset, Part};
use lensframe::error::{Error, ErrorKind};
use lensframe::job::Job;
use lensframe::query::Quantity;
use lensframe::schema::axis::Axis;

use super::{dataset, four, ids};

fn wrong(sql: &str) -> Error {
    dataset(&four(), 2).filter(sql).unwrap_err()
}

fn unanswered(sql: &str) -> Error {
    dataset(&four(), 2).sql(sql).unwrap_err()
}

#[test]
fn unknown_names_come_with_the_nearest() {
    let e = wrong("widht > 3");
    assert_eq!(e.kind(), ErrorKind::Key);
    assert!(e.to_string().contains("'widht'") && e.to_string().contains("width"), "{e}");
    let e = dataset(&four(), 2).filter_objects("catgory = 'cat'", Quantity::AtLeast(1)).unwrap_err();
    assert!(e.to_string().contains("category"), "{e}");
    let e = unanswered("SELECT widht FROM images");
    assert_eq!(e.kind(), ErrorKind::Key, "{e}");
    assert!(e.to_string().contains("width"), "{e}");
    let e = unanswered("SELECT * FROM image");
    assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
    assert!(e.to_string().contains("images"), "{e}");
    let e = dataset(&four(), 2).query().filter_objects_of("r50", "true", Quantity::All).view().unwrap_err();
    assert!(e.to_string().contains("r50"), "{e}");
}

#[test]
fn what_is_no_condition_is_said_to_be_none() {
    for (sql, kind) in [
        ("", ErrorKind::Usage),
        ("width >", ErrorKind::Usage),
        ("width > 3 width", ErrorKind::Usage),
        ("width > 3; DROP TABLE images", ErrorKind::Usage),
        ("width + 1", ErrorKind::Type),
        ("file_name", ErrorKind::Key),
        ("split", ErrorKind::Type),
        ("width IN (SELECT width FROM images)", ErrorKind::Unsupported),
        ("'unfinished", ErrorKind::Usage),
    ] {
        let e = wrong(sql);
        assert_eq!(e.kind(), kind, "{sql:?}: {e}");
        assert!(!e.to_string().contains('\n'), "{sql:?}: {e}");
    }
}

#[test]
fn what_writes_or_reads_files_is_refused() {
    for sql in [
        "DROP TABLE images",
        "DELETE FROM images",
        "TRUNCATE TABLE images",
        "CREATE TABLE a AS SELECT * FROM images",
        "INSERT INTO images VALUES (1)",
        "UPDATE images SET width = 1",
        "SELECT * INTO a FROM images",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('x.parquet')",
        "WITH a AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM a",
        "EXPLAIN SELECT 1",
        "SHOW TABLES",
    ] {
        let e = unanswered(sql);
        assert_eq!(e.kind(), ErrorKind::Unsupported, "{sql}: {e}");
    }
    for sql in ["", "SELECT", "SELECT 1; SELECT 2", "SELECT width FROM images WHERE", "SELECT (1"] {
        assert_eq!(unanswered(sql).kind(), ErrorKind::Usage, "{sql}");
    }
    assert_eq!(unanswered("hello").kind(), ErrorKind::Usage);
    let e = unanswered("SELECT * FROM '/etc/passwd'");
    assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
}

#[test]
fn nothing_matches_where_nothing_can() {
    let ds = dataset(&four(), 2);
    assert_eq!(ids(&ds.filter("width / 0 = 1").unwrap()), [0i64; 0]);
    assert_eq!(ids(&ds.filter("width > 10000").unwrap()), [0i64; 0]);
    assert_eq!(ids(&ds.filter("NULL").unwrap()), [0i64; 0]);
    assert_eq!(ids(&ds.filter("true").unwrap()), [7, 8, 9, 10]);
    let empty = dataset(&[], 2);
    assert_eq!(empty.filter("width > 3").unwrap().len(), 0);
    assert_eq!(empty.filter_objects("area > 3", Quantity::None).unwrap().len(), 0);
    assert_eq!(empty.keep_objects("area > 3").unwrap().len(), 0);
    assert_eq!(empty.sql("SELECT category, COUNT(*) FROM objects GROUP BY category").unwrap().len(), 0);
}

#[test]
fn a_class_that_is_none_matches_nothing_and_is_remarked_on() {
    let (ds, job) = (dataset(&four(), 2), Job::new());
    let none = ds.query().filter_objects("category = 'persn'", Quantity::AtLeast(1)).view_in(&job).unwrap();
    assert_eq!((none.len(), job.warnings().count("query.class")), (0, 1));
    let warnings = job.warnings();
    let said = warnings.iter().map(|(_, _, examples)| format!("{examples:?}")).collect::<String>();
    assert!(said.contains("person"), "{said}");
}

#[test]
fn a_cancelled_job_asks_nothing() {
    let job = Job::new();
    job.cancel();
    let e = dataset(&four(), 2).query().filter("width > 3").view_in(&job).unwrap_err();
    assert!(e.is_cancelled());
}

#[test]
fn long_and_deep_questions_are_answered_or_refused_and_end() {
    let ds = dataset(&four(), 2);
    let any = vec!["width = 640"; 400].join(" OR ");
    assert_eq!(ids(&ds.filter(&any).unwrap()), [7]);
    assert_eq!(ds.sql(&format!("SELECT image_id FROM images WHERE {any}")).unwrap().len(), 1);
    let list: Vec<String> = (0..1_100).map(|n| n.to_string()).collect();
    assert_eq!(ids(&ds.filter(format!("width IN ({})", list.join(", "))).unwrap()), [7, 8, 9, 10]);
    let too_long = vec!["width = 640"; 4_000].join(" OR ");
    assert_eq!(ds.filter(&too_long).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(ds.sql(&format!("SELECT {too_long} FROM images")).unwrap_err().kind(), ErrorKind::Limit);
    let deep = format!("{}width = 640{}", "(".repeat(3_000), ")".repeat(3_000));
    assert_eq!(ds.filter(&deep).unwrap_err().kind(), ErrorKind::Usage);
    let e = ds.filter(format!("{}night", "NOT ".repeat(3_000))).unwrap_err();
    assert!(e.to_string().len() < 400, "{e}");
}

#[test]
fn more_objects_than_a_32_bit_offset_reaches_are_counted_and_more_than_polars_has_refused() {
    // Lists of nothing take no memory, however long they are.
    let lists = |length: i32, chunks: usize| {
        let list: ArrayRef = Arc::new(ListArray::new(
            Arc::new(Field::new("item", DataType::Null, true)),
            OffsetBuffer::new(vec![0, 5, length].into()),
            Arc::new(NullArray::new(length as usize)),
            None,
        ));
        let field = Axis::objects().mark(Field::new("nothing", list.data_type().clone(), true));
        Dataset::zip([Part::from((Arc::new(field), vec![list; chunks]))]).unwrap()
    };
    let wide = lists(1_200_000_000, 2);
    assert_eq!(wide.filter_objects("true", Quantity::AtLeast(6)).unwrap().len(), 2);
    let e = lists(i32::MAX, 3).filter_objects("true", Quantity::AtLeast(6)).unwrap_err();
    assert_eq!((e.kind(), e.to_string().contains("6442450941 values")), (ErrorKind::Limit, true), "{e}");
}
