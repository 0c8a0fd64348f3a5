//! Any path in a known format is a dataset.

use lensframe::convert::{ImportOptions, open};
use lensframe::error::ErrorKind;
use lensframe::job::Job;

use super::{coco, converted};

#[test]
fn a_foreign_path_opens_as_a_dataset_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let src = home.path().join("coco");
    coco(&src, 8);
    let opened = open(&src, &ImportOptions::default(), &Job::new()).unwrap();
    let imported = opened.imported().unwrap();
    assert_eq!(imported.found.format.name(), "coco");
    assert!(imported.found.why.contains("annotations/*.json"), "{}", imported.found.why);
    let store = opened.store().clone();
    let bytes = store.image_bytes(&store.dataset().column("img").unwrap().value(3)).unwrap();
    assert_eq!(bytes.as_slice(), std::fs::read(src.join("images/train/000003.jpg")).unwrap());
    let folder = store.path().to_owned();
    drop(opened);
    assert!(!folder.exists());
}

#[test]
fn a_stored_dataset_opens_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let (src, dst) = (home.path().join("coco"), home.path().join("a.lf"));
    coco(&src, 4);
    converted("coco", &src, &dst, &ImportOptions::default());
    let opened = open(&dst, &ImportOptions::default(), &Job::new()).unwrap();
    assert!(opened.imported().is_none());
    assert_eq!(opened.store().path(), dst);
}

#[test]
fn what_is_nothing_known_says_so() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("notes.txt"), "hello").unwrap();
    for path in [home.path().to_owned(), home.path().join("notes.txt")] {
        let e = open(&path, &ImportOptions::default(), &Job::new()).err().unwrap();
        assert_eq!(e.kind(), ErrorKind::Format, "{e}");
        assert!(e.to_string().contains("lensframe formats"), "{e}");
    }
    let e = open(&home.path().join("absent"), &ImportOptions::default(), &Job::new()).err().unwrap();
    assert_eq!(e.kind(), ErrorKind::NotFound, "{e}");
}
