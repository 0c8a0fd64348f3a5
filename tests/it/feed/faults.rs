//! Files that are none, consumers that leave, pictures of another size than declared.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int32Array, StructArray};
use arrow_schema::DataType;
use lensframe::dataset::{Column, Dataset, Key, Table};
use lensframe::error::ErrorKind;
use lensframe::feed::{OnError, Options};
use lensframe::image::{Channels, Encoding, Pixels, encode};
use lensframe::schema::field;

use super::{loader, options, plan, said};
use crate::augment::scenes;

const RESIZE: &str = r#"[{"op": "resize", "size": 8}]"#;

/// A view of files with the sizes that are declared for them.
fn files(files: Vec<Vec<u8>>, declared: &[i32]) -> Dataset {
    let DataType::Struct(fields) = field::image_type() else { panic!("images are records") };
    let (mut bytes, mut paths) = (BinaryBuilder::new(), StringBuilder::new());
    for file in &files {
        bytes.append_value(file);
        paths.append_null();
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(bytes.finish()), Arc::new(paths.finish())];
    let images: ArrayRef = Arc::new(StructArray::try_new(fields, columns, None).unwrap());
    let sides = || Column::Arrow(vec![Arc::new(Int32Array::from(declared.to_vec())) as ArrayRef]);
    let key = |name: &str| Key::arrow(field::row(name).unwrap());
    let columns =
        [(key("img"), Column::Arrow(vec![images])), (key("height"), sides()), (key("width"), sides())];
    Dataset::new(Table::new(columns).unwrap())
}

fn jpeg(side: u32) -> Vec<u8> {
    let pixels = Pixels::filled((side, side), Channels::Rgb, [200, 100, 50]).unwrap();
    encode(&pixels, Encoding::JPEG).unwrap()
}

/// Six pictures, of which one is no picture, one is cut off and one is of another size than declared.
fn odd() -> Dataset {
    let mut cut = jpeg(64);
    cut.truncate(cut.len() / 2);
    files(
        vec![jpeg(16), b"not a picture".to_vec(), jpeg(16), cut, jpeg(16), jpeg(24)],
        &[16, 16, 16, 64, 16, 16],
    )
}

#[test]
fn a_row_that_cannot_be_used_ends_the_feed_with_its_place() {
    for workers in [0, 2] {
        let own = loader(&odd(), RESIZE, plan(2), options(workers));
        let mut feed = own.epoch(0).unwrap();
        let error = feed.find_map(Result::err).expect("three rows are bad");
        assert!(error.place().row_number().is_some_and(|row| [1, 3, 5].contains(&row)), "{error}");
        assert!(feed.next().is_none(), "nothing comes after a gap");
    }
}

#[test]
fn substitutes_stand_in_for_bad_rows_the_same_for_any_number_of_threads() {
    let substitute = |workers| Options { on_error: OnError::Substitute, ..options(workers) };
    let run = |workers| {
        let feed = loader(&odd(), RESIZE, plan(2), substitute(workers)).epoch(0).unwrap();
        feed.map(|batch| batch.unwrap()).map(|batch| (said(&batch), batch.replaced)).collect::<Vec<_>>()
    };
    let alone = run(0);
    let replaced: Vec<_> = alone.iter().flat_map(|(_, replaced)| replaced.clone()).collect();
    let mut bad: Vec<u64> = replaced.iter().map(|one| one.row).collect();
    bad.sort_unstable();
    assert_eq!(bad, [1, 3, 5]);
    assert!(replaced.iter().all(|one| one.by % 2 == 0 && !one.why.is_empty()), "{replaced:?}");
    let why = |row: u64| replaced.iter().find(|one| one.row == row).map(|one| one.why.clone()).unwrap();
    assert!(why(5).contains("24x24") && why(5).contains("16x16"), "{}", why(5));
    assert!(run(2) == alone);
}

#[test]
fn a_view_of_bad_rows_alone_is_an_error_and_no_hang() {
    let ds = files(vec![b"no".to_vec(); 4], &[16; 4]);
    let own = loader(&ds, RESIZE, plan(2), Options { on_error: OnError::Substitute, ..options(2) });
    let error = own.epoch(0).unwrap().next().unwrap().unwrap_err();
    assert!(error.to_string().contains("could take its place"), "{error}");
}

#[test]
fn operations_that_do_not_fit_a_picture_name_the_step_and_the_row() {
    let own = loader(
        &scenes(4),
        r#"[{"op": "random_flip"}, {"op": "center_crop", "size": 5000}]"#,
        plan(2),
        options(1),
    );
    let error = own.epoch(0).unwrap().next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Length);
    let text = error.to_string();
    assert!(text.contains("step 2 (center_crop)") && text.contains("row"), "{text}");
}

#[test]
fn who_leaves_early_or_is_slow_waits_for_nobody() {
    let ds = scenes(40);
    let own = loader(&ds, RESIZE, plan(2), options(3));
    let start = Instant::now();
    for _ in 0..20 {
        let mut feed = own.epoch(0).unwrap();
        feed.next().unwrap().unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(60));
    // No more batches are made ahead than was said.
    let mut feed = own.epoch(0).unwrap();
    feed.next().unwrap().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(feed.statistics().batches <= 1 + 3 + 3, "{:?}", feed.statistics());
}

#[test]
fn a_view_without_rows_has_no_batches() {
    let ds = scenes(3).slice(..0).unwrap();
    assert_eq!(loader(&ds, RESIZE, plan(2), options(2)).epoch(0).unwrap().count(), 0);
}

#[test]
fn rows_without_pictures_have_everything_else() {
    let ds = scenes(5).select(["label", "bbox", "height", "width", "file_name"]).unwrap();
    let batch =
        loader(&ds, r#"[{"op": "random_flip"}]"#, plan(5), options(1)).epoch(0).unwrap().next().unwrap();
    let batch = batch.unwrap();
    assert!(batch.pictures.is_none());
    assert_eq!(batch.boxes.as_ref().unwrap().len() as u64, batch.offsets[5]);
    assert!(batch.values.iter().any(|(name, values)| name == "file_name" && values.len() == 5));
}
