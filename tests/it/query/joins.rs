//! Joins of views with views and with tables of other programs.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int64Array, RecordBatch, RecordBatchOptions, StringViewArray};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{Field, Schema};
use lensframe::dataset::{Dataset, Part, Value};
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::query::{Join, read_table, sql};
use proptest::prelude::*;

use super::{Image, dataset};

fn images(ids: &[i64]) -> Dataset {
    let image = |id: &i64| Image { id: *id, width: Some(10 * *id as i32), ..Image::default() };
    dataset(&ids.iter().map(image).collect::<Vec<_>>(), 2)
}

fn table(ids: &[Option<i64>]) -> Dataset {
    let ids: ArrayRef = Arc::new(ids.iter().copied().collect::<Int64Array>());
    let marks: ArrayRef = Arc::new((0..ids.len() as i64).collect::<Int64Array>());
    Dataset::zip([Part::from(("image_id", ids)), Part::from(("mark", marks))]).unwrap()
}

fn numbers(ds: &Dataset, key: &str) -> Vec<Option<i64>> {
    ds.column(key).unwrap().values().iter().map(Value::as_int).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_join_is_what_two_loops_find(
        own in prop::collection::vec(0i64..6, 0..12),
        others in prop::collection::vec(prop::option::of(0i64..6), 0..12),
    ) {
        let (ds, other) = (images(&own), table(&others));
        let (mut inner, mut left) = (Vec::new(), Vec::new());
        for id in &own {
            let partners: Vec<_> = (0i64..).zip(&others).filter(|(_, o)| **o == Some(*id)).map(|(at, _)| at).collect();
            inner.extend(partners.iter().map(|at| (Some(*id), Some(*at))));
            left.extend(partners.iter().map(|at| (Some(*id), Some(*at))));
            if partners.is_empty() {
                left.push((Some(*id), None));
            }
        }
        for (how, want) in [(Join::on(["image_id"]), inner), (Join::on(["image_id"]).left(), left)] {
            let joined = ds.join(&other, how).unwrap();
            let got: Vec<_> = numbers(&joined, "image_id").into_iter().zip(numbers(&joined, "mark")).collect();
            prop_assert_eq!(&got, &want);
            // Backwards, and by the row, it says the same.
            for (row, (_, mark)) in want.iter().enumerate() {
                prop_assert_eq!(joined.select("mark").unwrap().get(row).unwrap().value().unwrap().as_int(), *mark);
            }
        }
    }
}

#[test]
fn keys_that_both_have_get_a_suffix_and_objects_of_one_set_are_refused() {
    let (ds, other) = (images(&[1, 2]), images(&[2, 1]));
    let light = other.select(["image_id", "width"]).unwrap();
    let joined = ds.join(&light, Join::on(["image_id"])).unwrap();
    assert_eq!(numbers(&joined, "width_right"), [Some(10), Some(20)]);
    let named = ds.join(&light, Join::on(["image_id"]).suffix("_b")).unwrap();
    assert_eq!(numbers(&named, "width_b"), [Some(10), Some(20)]);
    assert_eq!(ds.join(&light, Join::on(["image_id"]).suffix("")).unwrap_err().kind(), ErrorKind::Key);
    let error = ds.join(&other, Join::on(["image_id"])).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().contains("both sides have objects")),
        (ErrorKind::Usage, true)
    );
    // Two objects of one name from different sides are told apart by their sets; without any they come along.
    let bare = ds.select(["image_id", "split"]).unwrap();
    let joined = bare.join(&other, Join::on(["image_id"]).left()).unwrap();
    assert!(joined.filter("width = 20").unwrap().len() == 1 && joined.classes("").is_some());
}

#[test]
fn what_cannot_be_equal_is_refused_and_widths_of_numbers_do_not_matter() {
    let ds = images(&[1, 2, 3]);
    let small =
        Dataset::zip([Part::from(("id", Arc::new(arrow_array::UInt8Array::from(vec![3, 1])) as ArrayRef))]);
    let joined = ds.join(&small.unwrap(), Join::pairs([("image_id", "id")])).unwrap();
    assert_eq!(numbers(&joined, "image_id"), [Some(1), Some(3)]);
    let halves = Dataset::zip([Part::from(("id", vec![2.0, 2.5]))]).unwrap();
    assert_eq!(ds.join(&halves, Join::pairs([("image_id", "id")])).unwrap().len(), 1);
    let names = Dataset::zip([Part::from(("id", vec!["1", "2"]))]).unwrap();
    let error = ds.join(&names, Join::pairs([("image_id", "id")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Type);
    assert_eq!(ds.join(&names, Join::on(["imag_id"])).unwrap_err().kind(), ErrorKind::Key);
    assert_eq!(ds.join(&names, Join::on(Vec::<String>::new())).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn a_joined_view_is_asked_like_any_other() {
    let ds = images(&[5, 6, 7]);
    let marked = ds.query().join(&table(&[Some(7), Some(5)]), Join::on(["image_id"])).filter("mark = 0");
    let explained = marked.explain(&Job::new()).unwrap();
    assert_eq!(explained[0].step, "join on image_id with 2 rows");
    let read: Vec<&str> = explained[0].read.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!((read, explained[1].after), (vec!["image_id", "image_id"], 1));
    assert_eq!(numbers(&marked.view().unwrap(), "image_id"), [Some(7)]);
}

#[test]
fn arrow_files_of_other_programs_are_tables() {
    let folder = tempfile::tempdir().unwrap();
    let words: ArrayRef =
        Arc::new(vec!["night", "day", "night"].into_iter().collect::<DictionaryArray<Int32Type>>());
    let views: ArrayRef =
        Arc::new(StringViewArray::from(vec!["a.jpg", "b.jpg", "a name of more than twelve"]));
    let fields = vec![
        Field::new("time", words.data_type().clone(), true),
        Field::new("file", views.data_type().clone(), true),
    ];
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), vec![words, views], &options).unwrap();
    for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
        let mut file = FileWriter::try_new_with_options(Vec::new(), &schema, options.clone()).unwrap();
        file.write(&batch).unwrap();
        file.finish().unwrap();
        let mut stream = StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
        stream.write(&batch).unwrap();
        stream.finish().unwrap();
        for (name, bytes) in
            [("t.feather", file.into_inner().unwrap()), ("t.arrows", stream.into_inner().unwrap())]
        {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let table = read_table(&path).unwrap();
            let answer =
                sql(&[("t", &table)], "SELECT file FROM t WHERE time = 'night' ORDER BY file", &Job::new());
            let files = answer.unwrap().column("file").unwrap().values();
            assert_eq!(files, [Value::from("a name of more than twelve"), Value::from("a.jpg")]);
        }
    }
}
