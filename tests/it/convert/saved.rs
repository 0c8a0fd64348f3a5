//! Views stored as datasets of their own.

use std::sync::Arc;

use arrow_schema::{DataType, Field};
use lensframe::convert::{Images, ImportOptions, SaveOptions, save};
use lensframe::dataset::store::{Depth, Store, WriterOptions, verify};
use lensframe::dataset::{Dataset, Key, Keys, Mapping, Part, Value};
use lensframe::error::ErrorKind;
use lensframe::job::Job;

use super::{coco, converted};

#[test]
fn a_saved_view_is_read_as_the_view_was() {
    let home = tempfile::tempdir().unwrap();
    let (src, lf, dst) = (home.path().join("coco"), home.path().join("a.lf"), home.path().join("b c.lf"));
    coco(&src, 50);
    converted("coco", &src, &lf, &ImportOptions { images: Images::Embed, ..ImportOptions::default() });
    let ds = Store::open(&lf).unwrap().dataset();
    let view = Dataset::concat([ds.slice(40..).unwrap(), ds.slice(..5).unwrap()]).unwrap();
    let twice =
        Mapping::new(Keys::many([Key::arrow(Field::new("twice", DataType::Int64, true))]), |values, _| {
            Ok(vec![Value::from(2 * values[0].as_int().unwrap_or(0))])
        });
    let view =
        view.map_with(twice.inputs(["width"]).keep_others()).unwrap().keep_objects("area > 100").unwrap();
    let summary = save(&view, &dst, &SaveOptions::default(), &Job::new()).unwrap();
    assert_eq!((summary.version, summary.rows, summary.embedded, summary.absent), (1, 15, 0, 0));
    let saved = Store::open(&dst).unwrap();
    let names: Vec<String> = view.keys().iter().map(ToString::to_string).collect();
    let read = saved.dataset().select(names).unwrap();
    assert!(read.list().unwrap() == view.list().unwrap());
    assert_eq!(read.classes(""), view.classes(""));
    assert!(verify(&dst, Depth::Values, &Job::new()).unwrap().is_sound());
    // What is there is not replaced without being told to.
    assert_eq!(
        save(&view, &dst, &SaveOptions::default(), &Job::new()).unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
    let writer = WriterOptions { replace: true, ..WriterOptions::default() };
    let fewer = view.slice(..3).unwrap();
    assert_eq!(
        save(&fewer, &dst, &SaveOptions { writer, ..SaveOptions::default() }, &Job::new()).unwrap().version,
        2
    );
    assert_eq!(Store::open(&dst).unwrap().dataset().len(), 3);
}

#[test]
fn links_become_files_or_stay_links() {
    let home = tempfile::tempdir().unwrap();
    let (src, lf) = (home.path().join("coco"), home.path().join("a.lf"));
    coco(&src, 12);
    converted("coco", &src, &lf, &ImportOptions::default());
    let store = Store::open(&lf).unwrap();
    let ds = store.dataset();
    std::fs::remove_file(src.join("images/train/000002.jpg")).unwrap();
    let (packed, linked) = (home.path().join("packed.lf"), home.path().join("linked.lf"));
    let job = Job::new();
    let summary = save(&ds, &packed, &SaveOptions::default(), &job).unwrap();
    assert_eq!((summary.embedded, summary.absent, job.warnings().count("images.absent")), (11, 1, 1));
    let roots = store.version().roots.iter().map(|root| root.absolute.clone().into()).collect();
    let options = SaveOptions { links: Some(roots), ..SaveOptions::default() };
    assert_eq!(save(&ds, &linked, &options, &Job::new()).unwrap().embedded, 0);
    for path in [&packed, &linked] {
        let saved = Store::open(path).unwrap().dataset();
        assert_eq!(saved.image_file(5, "img").unwrap(), ds.image_file(5, "img").unwrap());
    }
    std::fs::remove_dir_all(&src).unwrap();
    let read = |path| Store::open(path).unwrap().dataset().image_file(5, "img");
    assert!(read(&packed).is_ok());
    assert_eq!(read(&linked).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn views_of_no_store_get_ids_and_what_has_no_type_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.lf");
    let score: arrow_array::ArrayRef = Arc::new(arrow_array::Float64Array::from(vec![0.5, 0.25]));
    let ds = Dataset::zip([Part::from(("score", score))]).unwrap();
    save(&ds, &path, &SaveOptions::default(), &Job::new()).unwrap();
    let saved = Store::open(&path).unwrap().dataset();
    assert_eq!(saved.column("image_id").unwrap().values(), [Value::Int(0), Value::Int(1)]);
    assert_eq!(saved.column("score").unwrap().values(), [Value::Float(0.5), Value::Float(0.25)]);
    for (ds, kind) in [
        (Dataset::zip([Part::from(("x", vec![1, 2]))]).unwrap(), ErrorKind::Type),
        (Dataset::zip([Part::from(vec![1, 2])]).unwrap(), ErrorKind::Key),
    ] {
        let path = home.path().join("none.lf");
        assert_eq!(save(&ds, &path, &SaveOptions::default(), &Job::new()).unwrap_err().kind(), kind);
        assert!(!path.exists());
    }
    // No rows are stored as no rows, with their keys.
    let none = home.path().join("empty.lf");
    save(&saved.slice(..0).unwrap(), &none, &SaveOptions::default(), &Job::new()).unwrap();
    assert_eq!(Store::open(&none).unwrap().dataset().len(), 0);
    let cancelled = Job::new();
    cancelled.cancel();
    let path = home.path().join("never.lf");
    assert!(save(&saved, &path, &SaveOptions::default(), &cancelled).unwrap_err().is_cancelled());
    assert!(!path.exists());
}
