//! Photographs: linked, embedded, absent, and file names that lead elsewhere.

use lensframe::convert::coco::import;
use lensframe::convert::{Images, ImportOptions};
use lensframe::dataset::Value;
use lensframe::error::ErrorKind;
use lensframe::job::Job;

use super::rebuild::Whole;
use super::{folder_of, imported_with};

fn listing(names: &[&str]) -> String {
    let records: Vec<String> =
        names.iter().enumerate().map(|(i, n)| format!(r#"{{"id": {i}, "file_name": {n:?}}}"#)).collect();
    format!(r#"{{"images": [{}], "annotations": []}}"#, records.join(","))
}

fn options(images: Images) -> ImportOptions {
    ImportOptions { images, ..ImportOptions::default() }
}

#[test]
fn embedded_bytes_are_unchanged_and_hashed() {
    let big = "x".repeat(300_000);
    let files = [
        ("a.json", listing(&["one.jpg", "sub/two.jpg", "absent.jpg"])),
        ("one.jpg", "1".into()),
        ("sub/two.jpg", big),
    ];
    let folder = folder_of(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let (_home, store, summary, job) = imported_with(folder.path(), &options(Images::Embed));
    let whole = Whole::of_store(&store);
    for (row, (_, bytes)) in files.iter().skip(1).enumerate() {
        let img = whole.value("img", row);
        assert_eq!(store.image_bytes(&img).unwrap().as_slice(), bytes.as_bytes());
        let hash = whole.value("content_hash", row);
        assert_eq!(hash.as_bytes().unwrap(), &blake3::hash(bytes.as_bytes()).as_bytes()[..16]);
    }
    assert!(whole.value("img", 2).is_null() && whole.value("content_hash", 2).is_null());
    assert_eq!((summary.images.embedded, summary.images.bytes, summary.images.absent), (2, 300_001, 1));
    let warnings = job.warnings();
    let (_, _, examples) = warnings.iter().find(|(code, ..)| *code == "images.absent").unwrap();
    assert!(
        examples[0].to_string().ends_with("there is no file \"absent.jpg\"; the row has no image"),
        "{}",
        examples[0]
    );
}

#[test]
fn links_resolve_to_the_files() {
    let folder = folder_of(&[("a.json", &listing(&["./x//a.jpg"])), ("images/x/a.jpg", "bytes")]);
    let (_home, store, summary, _) = imported_with(folder.path(), &ImportOptions::default());
    let whole = Whole::of_store(&store);
    assert_eq!(whole.value("img", 0).member("path"), Some(&Value::from("images/x/a.jpg")));
    assert_eq!(store.image_bytes(&whole.value("img", 0)).unwrap().as_slice(), b"bytes");
    assert!(!whole.has("content_hash"));
    assert_eq!(summary.images.linked, 1);
}

#[test]
fn file_names_never_leave_the_folder() {
    let names = [
        "../secret.jpg",
        "/etc/passwd",
        "x/../../secret.jpg",
        "C:\\a.jpg",
        "c:a.jpg",
        "..\\secret.jpg",
        "",
        "ok.jpg",
    ];
    let folder = folder_of(&[("in/a.json", &listing(&names)), ("in/ok.jpg", "1"), ("secret.jpg", "2")]);
    std::fs::write(
        folder.path().join("in/nul.json"),
        r#"{"images": [{"id": 1, "file_name": "ok.jpg\u0000.png"}]}"#,
    )
    .unwrap();
    for images in [Images::Link, Images::Embed] {
        let (_home, store, summary, job) = imported_with(&folder.path().join("in/a.json"), &options(images));
        let whole = Whole::of_store(&store);
        assert_eq!(job.warnings().count("images.unsafe-name"), 7);
        assert!((0..7).all(|row| whole.value("img", row).is_null()));
        assert!(!whole.value("img", 7).is_null());
        assert_eq!(whole.value("file_name", 0), Value::from("../secret.jpg"));
        assert_eq!(summary.images.linked + summary.images.embedded, 1);
    }
    let (_home, store, ..) = imported_with(&folder.path().join("in/nul.json"), &ImportOptions::default());
    assert_eq!(store.dataset().len(), 1);
}

#[test]
fn no_image_anywhere_is_one_warning_or_an_error_by_the_option() {
    let folder = folder_of(&[("a.json", &listing(&["one.jpg", "two.jpg"]))]);
    let (_home, store, _, job) = imported_with(folder.path(), &ImportOptions::default());
    assert_eq!((job.warnings().total(), job.warnings().count("images.none")), (1, 1));
    assert!(!Whole::of_store(&store).has("img"));
    let home = tempfile::tempdir().unwrap();
    let e =
        import(folder.path(), &home.path().join("b.lf"), &options(Images::Embed), &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.remedy_text().unwrap().contains("--image-root"));
    assert!(!home.path().join("b.lf").exists());
}

#[test]
fn a_given_root_is_searched_with_the_split_below_it() {
    let listing = listing(&["one.jpg"]);
    let folder = folder_of(&[("ann/instances_val2017.json", &listing), ("photos/val2017/one.jpg", "1")]);
    let options =
        ImportOptions { image_roots: vec![folder.path().join("photos")], ..ImportOptions::default() };
    let (_home, store, ..) = imported_with(&folder.path().join("ann/instances_val2017.json"), &options);
    let whole = Whole::of_store(&store);
    assert_eq!(whole.value("img", 0).member("path"), Some(&Value::from("val2017/one.jpg")));
    assert_eq!(store.image_bytes(&whole.value("img", 0)).unwrap().as_slice(), b"1");
}

#[test]
fn without_images_nothing_is_sought() {
    let folder = folder_of(&[("a.json", &listing(&["one.jpg"])), ("one.jpg", "1")]);
    let (_home, store, summary, job) = imported_with(folder.path(), &options(Images::None));
    assert!(!Whole::of_store(&store).has("img"));
    assert_eq!((summary.images.linked, job.warnings().total()), (0, 0));
}
