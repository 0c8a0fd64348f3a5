//! Any path in a known format is a dataset.

use lensframe::convert::{ExportOptions, ImportOptions, open};
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

#[test]
fn what_cannot_be_read_says_why_and_not_that_it_is_unknown() {
    let home = tempfile::tempdir().unwrap();
    let src = home.path().join("coco");
    coco(&src, 4);
    let whole = super::archives::archives(&src, home.path(), "top/").swap_remove(2);
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::write(&whole, &bytes[..bytes.len() / 2]).unwrap();
    let e = open(&whole, &ImportOptions::default(), &Job::new()).err().unwrap();
    assert!(e.to_string().contains("ends too early"), "{e}");
    #[cfg(unix)]
    {
        // A strict job stops at the link, and says so.
        std::os::unix::fs::symlink("/etc", src.join("out")).unwrap();
        assert!(open(&src, &ImportOptions::default(), &Job::new()).is_ok());
        let e = open(&src, &ImportOptions::default(), &Job::new().strict(true)).err().unwrap();
        assert!(e.to_string().contains("link"), "{e}");
    }
}

#[test]
fn label_pngs_are_exported_whether_they_are_linked_or_stored() {
    let Some(data) = crate::data() else { return };
    let home = tempfile::tempdir().unwrap();
    for (source, to, png) in [
        ("datumaro-voc", "labels", "labels/train/2007_000001.png"),
        ("panopticapi/panoptic_examples.json", "panoptic", "panoptic_examples/000000142238.png"),
    ] {
        let opened = open(&data.join(source), &ImportOptions::default(), &Job::new()).unwrap();
        let (store, dst) = (opened.store(), home.path().join(to));
        let format = lensframe::convert::format(to).unwrap();
        format.export(store, &store.dataset(), &dst, &ExportOptions::default(), &Job::new()).unwrap();
        assert!(dst.join(png).is_file(), "{source}");
    }
}

#[test]
fn what_voc_says_of_images_and_actions_survives_the_way_through_coco() {
    let Some(data) = crate::data() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut source = data.join("datumaro-voc");
    for to in ["coco", "voc"] {
        let opened = open(&source, &ImportOptions::default(), &Job::new()).unwrap();
        let (store, dst) = (opened.store(), home.path().join(to));
        let format = lensframe::convert::format(to).unwrap();
        format.export(store, &store.dataset(), &dst, &ExportOptions::default(), &Job::new()).unwrap();
        source = dst;
    }
    let text = std::fs::read_to_string(source.join("Annotations/2007_000001.xml")).unwrap();
    for element in
        ["<folder>VOC2007</folder>", "<segmented>1</segmented>", "<jumping>0</jumping>", "<other>1</other>"]
    {
        assert!(text.contains(element), "{element} in {text}");
    }
}
