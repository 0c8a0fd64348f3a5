//! The same files in a folder and in archives are the same dataset.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use lensframe::convert::{Images, ImportOptions, detect, format};
use lensframe::dataset::store::Store;
use lensframe::job::Job;
use zip::write::SimpleFileOptions;

use super::{coco, converted};

/// The files below a folder, with their paths in it.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    found
}

/// The folder as zip, tar and tar.gz, the files below `top` in them. Archives are named as nothing in
/// particular: their content tells what they are.
pub(super) fn archives(folder: &Path, home: &Path, top: &str) -> Vec<std::path::PathBuf> {
    let files = files(folder);
    let names = ["a.zip", "b.tar", "c.tar.gz", "d"].map(|name| home.join(name));
    let [zipped, tarred, zipped_tar, plain] = &names;
    let mut zip = zip::ZipWriter::new(std::fs::File::create(zipped).unwrap());
    let mut tar = tar::Builder::new(Vec::new());
    for (i, (name, bytes)) in files.iter().enumerate() {
        let method =
            if i % 2 == 0 { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        zip.start_file(format!("{top}{name}"), SimpleFileOptions::default().compression_method(method))
            .unwrap();
        zip.write_all(bytes).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{top}{name}"), bytes.as_slice()).unwrap();
    }
    zip.finish().unwrap();
    let tar = tar.into_inner().unwrap();
    std::fs::write(tarred, &tar).unwrap();
    std::fs::write(plain, &tar).unwrap();
    let mut gz = GzEncoder::new(std::fs::File::create(zipped_tar).unwrap(), Compression::fast());
    gz.write_all(&tar).unwrap();
    gz.finish().unwrap();
    names.to_vec()
}

/// Converts a folder and its archives; all must be equal.
pub(super) fn equal_from_everywhere(name: &str, folder: &Path) {
    let home = tempfile::tempdir().unwrap();
    let embed = ImportOptions { images: Images::Embed, ..ImportOptions::default() };
    let (want, summary) = converted(name, folder, &home.path().join("folder.lf"), &embed);
    assert!(summary.rows > 0);
    for (i, top) in ["", "one/two/"].into_iter().enumerate() {
        for (k, archive) in archives(folder, home.path(), top).into_iter().enumerate() {
            let found = detect(&archive, &[], &Job::new()).unwrap();
            assert_eq!(found.format.name(), name, "{}", found.why);
            let dst = home.path().join(format!("{i}{k}.lf"));
            let (got, _) = converted(name, &archive, &dst, &ImportOptions::default());
            assert_eq!(got, want, "{} {top}", archive.display());
        }
    }
}

#[test]
fn a_coco_folder_and_its_archives_are_equal_datasets() {
    let folder = tempfile::tempdir().unwrap();
    coco(folder.path(), 40);
    equal_from_everywhere("coco", folder.path());
}

#[test]
fn images_of_an_archive_can_be_linked_and_an_archive_can_be_an_image_root() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("coco");
    coco(&folder, 12);
    let want = std::fs::read(folder.join("images/val/000010.jpg")).unwrap();
    let read = |dst: &Path| {
        let store = Store::open(dst).unwrap();
        let img = store.dataset().column("img").unwrap().value(10);
        store.image_bytes(&img).unwrap().to_vec()
    };
    let link = ImportOptions { images: Images::Link, ..ImportOptions::default() };
    for (i, archive) in archives(&folder, home.path(), "").into_iter().enumerate() {
        let dst = home.path().join(format!("linked{i}.lf"));
        let (_, summary) = converted("coco", &archive, &dst, &link);
        assert_eq!((summary.images.linked, summary.images.embedded), (12, 0));
        assert_eq!(read(&dst), want);
        // Annotations in a file, images in an archive, an empty folder asked first.
        let empty = home.path().join("empty");
        std::fs::create_dir_all(&empty).unwrap();
        let dst = home.path().join(format!("root{i}.lf"));
        let options = ImportOptions { image_roots: vec![empty, archive], ..ImportOptions::default() };
        let file = folder.join("annotations/instances_val.json");
        let summary = format("coco").unwrap().import(&file, &dst, &options, &Job::new()).unwrap();
        assert_eq!(summary.images.embedded, 3);
    }
}

#[test]
fn a_link_that_another_root_would_answer_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("coco");
    coco(&folder, 12);
    // The root asked first has other files, among them one of the name that the second one's has.
    let roots = ["a", "b"].map(|name| home.path().join(name));
    for (root, names) in roots.iter().zip([&["000010.jpg"][..], &["000009.jpg", "000010.jpg", "000011.jpg"]])
    {
        std::fs::create_dir_all(root).unwrap();
        for name in names {
            std::fs::write(root.join(name), format!("{root:?}")).unwrap();
        }
    }
    let file = folder.join("annotations/instances_val.json");
    let options = ImportOptions { image_roots: roots.to_vec(), ..ImportOptions::default() };
    let (linked, embedded) = (home.path().join("l.lf"), home.path().join("e.lf"));
    let e = format("coco").unwrap().import(&file, &linked, &options, &Job::new()).unwrap_err();
    assert!(e.to_string().contains("has a file '000010.jpg' too; use --images embed"), "{e}");
    let options = ImportOptions { images: Images::Embed, ..options };
    assert_eq!(converted("coco", &file, &embedded, &options).1.images.embedded, 3);
}

#[test]
fn real_trees_and_their_archives_are_equal_datasets() {
    let Some(data) = crate::data() else { return };
    for (name, folder) in [
        ("coco", "datumaro-coco"),
        ("coco", "coco-photos"),
        ("coco", "panopticapi"),
        ("cityscapes", "datumaro-cityscapes/instance-ids"),
        ("cityscapes", "datumaro-cityscapes/train-ids"),
        ("voc", "datumaro-voc"),
        ("voc", "fridge-voc"),
        ("cityscapes", "datumaro-cityscapes/train-ids"),
    ] {
        equal_from_everywhere(name, &data.join(folder));
    }
}
