//! Packing: links become bytes.

use lensframe::convert::{Images, ImportOptions, pack};
use lensframe::dataset::store::{Storage, Store};
use lensframe::job::Job;

use super::{coco, converted};

#[test]
fn a_packed_dataset_holds_what_an_embedded_one_does() {
    let home = tempfile::tempdir().unwrap();
    let src = home.path().join("coco");
    coco(&src, 50);
    for storage in [Storage::Arrow, Storage::Parquet] {
        let (linked, embedded) =
            (home.path().join(format!("{storage:?}l.lf")), home.path().join(format!("{storage:?}e.lf")));
        let options = ImportOptions { storage, ..ImportOptions::default() };
        converted("coco", &src, &linked, &options);
        converted("coco", &src, &embedded, &ImportOptions { images: Images::Embed, ..options });
        let summary = pack(&linked, &Job::new()).unwrap();
        assert_eq!((summary.version, summary.embedded, summary.absent), (Some(2), 50, 0));
        let (packed, whole) = (Store::open(&linked).unwrap(), Store::open(&embedded).unwrap());
        let rows = |store: &Store| {
            let ds = store.dataset().select(vec!["image_id", "img", "content_hash", "bbox"]).unwrap();
            ds.list().unwrap()
        };
        assert!(rows(&packed) == rows(&whole), "{storage:?}");
        // Nothing is left to do, and no version is made for it.
        assert_eq!(pack(&linked, &Job::new()).unwrap().version, None);
    }
}

#[test]
fn a_link_that_leads_nowhere_stays_with_a_warning() {
    let home = tempfile::tempdir().unwrap();
    let (src, dst) = (home.path().join("coco"), home.path().join("a.lf"));
    coco(&src, 8);
    converted("coco", &src, &dst, &ImportOptions::default());
    std::fs::remove_file(src.join("images/train/000002.jpg")).unwrap();
    let job = Job::new();
    let summary = pack(&dst, &job).unwrap();
    assert_eq!((summary.embedded, summary.absent, job.warnings().count("images.absent")), (7, 1, 1));
    let ds = Store::open(&dst).unwrap().dataset();
    let img = ds.column("img").unwrap().value(2);
    assert_eq!(img.member("path"), Some(&lensframe::dataset::Value::Text("images/train/000002.jpg".into())));
}
