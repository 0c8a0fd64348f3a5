//! What an import learns from the headers of photographs, and what it says of those that disagree.

use std::path::{Path, PathBuf};

use lensframe::convert::{ExportOptions, Images, ImportOptions, coco, format, voc};
use lensframe::dataset::store::Store;
use lensframe::dataset::{Dataset, Value};
use lensframe::image::{Channels, Encoding, Orientation, Pixels, encode};
use lensframe::job::Job;
use lensframe::place::{Tree, TreeKind, TreeOptions};
use serde_json::{Value as Json, json};

fn jpeg(height: u32, width: u32, orientation: Orientation) -> Vec<u8> {
    let pixels = Pixels::filled((height, width), Channels::Rgb, [90, 160, 40]).unwrap();
    encode(&pixels, Encoding::Jpeg { quality: 80, orientation }).unwrap()
}

fn png(height: u32, width: u32) -> Vec<u8> {
    encode(&Pixels::filled((height, width), Channels::Gray, [9; 3]).unwrap(), Encoding::Png).unwrap()
}

/// Pictures of every sort with what a COCO file declares of them, and what is to become of it:
/// name, bytes, declared (height, width), those of the dataset, orientation.
type Case = (&'static str, Vec<u8>, [Option<i32>; 2], [Option<i32>; 2], Option<&'static str>);

fn cases() -> Vec<Case> {
    let turned = jpeg(20, 30, Orientation::Turn90);
    let upside_down = jpeg(20, 30, Orientation::Turn180);
    let (said, swapped, none) = ([Some(20), Some(30)], [Some(30), Some(20)], [None; 2]);
    let far = [Some(20), Some(31)];
    vec![
        ("plain.jpg", jpeg(20, 30, Orientation::Upright), said, said, None),
        ("turned.jpg", turned.clone(), said, said, Some("apply")),
        ("stored.jpg", turned.clone(), swapped, swapped, Some("ignore")),
        ("unsaid.jpg", turned.clone(), none, said, Some("apply")),
        ("half.jpg", turned.clone(), [None, Some(20)], swapped, Some("ignore")),
        ("square.jpg", jpeg(9, 9, Orientation::Turn90), [Some(9); 2], [Some(9); 2], Some("apply")),
        ("down.jpg", upside_down, said, said, Some("apply")),
        ("other.jpg", turned, far, far, Some("apply")),
        ("plain-other.jpg", jpeg(20, 30, Orientation::Upright), swapped, swapped, None),
        ("a-png.jpg", png(20, 30), none, said, None),
        ("page.jpg", b"<!DOCTYPE html><html></html>".to_vec(), said, said, None),
        ("cut.jpg", jpeg(20, 30, Orientation::Upright)[..40].to_vec(), none, none, None),
        ("empty.jpg", Vec::new(), none, none, None),
        ("junk.jpg", [b"junk".to_vec(), jpeg(20, 30, Orientation::Upright)].concat(), none, said, None),
    ]
}

/// A COCO file of the cases and their pictures.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut images = Vec::new();
    for (id, (name, bytes, [height, width], ..)) in cases().into_iter().enumerate() {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let mut record = json!({"id": id, "file_name": name});
        for (side, value) in [("height", height), ("width", width)] {
            if let Some(value) = value {
                record[side] = value.into();
            }
        }
        images.push(record);
    }
    let file = json!({"images": images, "annotations": [], "categories": []});
    std::fs::write(folder.path().join("a.json"), file.to_string()).unwrap();
    folder
}

fn value(ds: &Dataset, key: &str, row: usize) -> Value {
    ds.column(key).unwrap().value(row)
}

fn side(ds: &Dataset, key: &str, row: usize) -> Option<i32> {
    match value(ds, key, row) {
        Value::Int(side) => Some(side as i32),
        _ => None,
    }
}

/// The four ways in which photographs are read: linked in a folder, stored from it, linked in archives.
fn sources(home: &Path, folder: &Path) -> Vec<(PathBuf, Images)> {
    let files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    let (zipped, tarred) = (home.join("a.zip"), home.join("a.tar.gz"));
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&zipped).unwrap());
    let gz =
        flate2::write::GzEncoder::new(std::fs::File::create(&tarred).unwrap(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gz);
    for (name, bytes) in &files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    zip.finish().unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    let folder = folder.to_owned();
    vec![
        (folder.clone(), Images::Link),
        (folder, Images::Embed),
        (zipped.clone(), Images::Link),
        (zipped, Images::Embed),
        (tarred, Images::Link),
    ]
}

#[test]
fn headers_settle_sizes_and_frames_wherever_the_photographs_are() {
    let (home, folder) = (tempfile::tempdir().unwrap(), folder());
    for (n, (source, images)) in sources(home.path(), folder.path()).into_iter().enumerate() {
        let (dst, job) = (home.path().join(format!("{n}.lf")), Job::new());
        let options = ImportOptions { images, ..ImportOptions::default() };
        format("coco").unwrap().import(&source, &dst, &options, &job).unwrap();
        let store = Store::open(&dst).unwrap();
        let ds = store.dataset();
        for (row, (name, _, _, size, orientation)) in cases().into_iter().enumerate() {
            assert_eq!([side(&ds, "height", row), side(&ds, "width", row)], size, "{name} {images:?}");
            let said = orientation.map_or(Value::Null, Value::from);
            assert_eq!(value(&ds, "orientation", row), said, "{name} {images:?}");
            assert!(!value(&ds, "img", row).is_null(), "{name}: the row keeps its file");
        }
        let warnings = job.warnings();
        let counts = ["images.size", "images.unreadable", "images.flaw"].map(|code| warnings.count(code));
        assert_eq!(counts, [2, 3, 1], "{images:?}: {:?}", warnings.iter().collect::<Vec<_>>());
        assert_eq!(warnings.total(), 6, "a PNG that is called .jpg is no damage");
        let text = |code: &str| {
            let (_, _, examples) = warnings.iter().find(|(known, ..)| *known == code).unwrap();
            examples.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        assert!(
            text("images.size").contains("\"other.jpg\" is declared 20x31, the file has 20x30, stored 30x20")
        );
        assert!(text("images.size").contains("\"plain-other.jpg\" is declared 30x20, the file has 20x30;"));
        assert!(text("images.unreadable").contains("page.jpg: this is a web page"));
        assert!(text("images.unreadable").contains("cut.jpg: the file ends inside its header"));
        assert!(text("images.unreadable").contains("empty.jpg: the file is empty"));
        assert!(text("images.flaw").contains("junk.jpg: 4 bytes that belong to no picture"));
    }
}

#[test]
fn sizes_that_were_filled_in_are_not_exported_as_declared() {
    let (home, folder) = (tempfile::tempdir().unwrap(), folder());
    let (dst, back) = (home.path().join("x.lf"), home.path().join("back"));
    let source = folder.path().join("a.json");
    coco::import(&source, &dst, &ImportOptions::default(), &Job::new()).unwrap();
    let store = Store::open(&dst).unwrap();
    let report =
        coco::export(&store, &store.dataset(), &back, &ExportOptions::default(), &Job::new()).unwrap();
    assert!(report.loss.is_empty(), "orientation is no loss: it is in the files");
    let read = |path: &Path| serde_json::from_slice::<Json>(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(read(&back.join("a.json")), read(&source));
}

#[test]
fn an_annotation_of_voc_without_a_size_has_that_of_its_photograph_and_comes_back_without() {
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["Annotations", "JPEGImages"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let texts = [
        ("a", ""),
        ("b", "<size><width>20</width><height>30</height><depth>3</depth></size>"),
        ("c", "<size><depth>3</depth></size>"),
        ("d", "<size><width></width><height>30</height></size>"),
    ];
    let object = "<object><name>cat</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>";
    for (name, size) in texts {
        let text = format!("<annotation><filename>{name}.jpg</filename>{size}{object}</annotation>");
        std::fs::write(folder.path().join(format!("Annotations/{name}.xml")), text).unwrap();
        let photo = jpeg(20, 30, Orientation::Turn270);
        std::fs::write(folder.path().join(format!("JPEGImages/{name}.jpg")), photo).unwrap();
    }
    let (dst, job) = (home.path().join("x.lf"), Job::new());
    voc::import(folder.path(), &dst, &ImportOptions::default(), &job).unwrap();
    let store = Store::open(&dst).unwrap();
    let ds = store.dataset();
    let rows: Vec<_> = (0..4)
        .map(|row| (side(&ds, "height", row), side(&ds, "width", row), value(&ds, "orientation", row)))
        .collect();
    let said = |height, width, orientation: &str| (height, width, Value::from(orientation));
    let want = [
        said(Some(20), Some(30), "apply"),
        said(Some(30), Some(20), "ignore"),
        said(Some(20), Some(30), "apply"),
        said(Some(30), None, "ignore"),
    ];
    assert_eq!(rows, want);
    assert_eq!(job.warnings().total(), 0);

    let back = home.path().join("back");
    let summary = voc::export(&store, &ds, &back, &ExportOptions::default(), &Job::new()).unwrap();
    assert!(summary.loss.is_empty(), "{}", summary.loss);
    for (name, size) in texts {
        let text = std::fs::read_to_string(back.join(format!("Annotations/{name}.xml"))).unwrap();
        let flat: String = text.split_whitespace().collect();
        let empty = |text: &str| text.replace("<width></width>", "<width/>");
        assert!(empty(&flat).contains(&format!("</filename>{}<object>", empty(size))), "{name}: {flat}");
    }
}

#[test]
fn headers_are_not_looked_at_where_that_is_not_wanted() {
    let (home, folder) = (tempfile::tempdir().unwrap(), folder());
    let (dst, job) = (home.path().join("x.lf"), Job::new());
    let options = ImportOptions { probe: false, ..ImportOptions::default() };
    coco::import(&folder.path().join("a.json"), &dst, &options, &job).unwrap();
    let opened = lensframe::convert::open(folder.path(), &ImportOptions::default(), &job).unwrap();
    for store in [&Store::open(&dst).unwrap(), opened.store()] {
        let ds = store.dataset();
        assert!(ds.keys().find("orientation").is_err());
        assert_eq!(side(&ds, "height", 3), None);
    }
    assert_eq!(job.warnings().total(), 0);
}

#[test]
fn a_range_of_a_member_is_that_of_the_whole_file_in_every_tree() {
    let (home, folder) = (tempfile::tempdir().unwrap(), folder());
    let mut kinds = Vec::new();
    for (source, _) in sources(home.path(), folder.path()) {
        let tree = Tree::open(&source, &TreeOptions::default(), &Job::new()).unwrap();
        let whole = tree.read("plain.jpg").unwrap();
        let length = whole.len();
        for (from, count) in [(0, 10), (5, length), (length - 3, 9), (length, 1), (length + 5, 1), (7, 0)] {
            let want = &whole[from.min(length)..(from + count).min(length).max(from.min(length))];
            assert_eq!(tree.range("plain.jpg", from as u64, count).unwrap(), want, "{from} {count}");
        }
        assert!(tree.range("absent.jpg", 0, 1).is_err());
        kinds.push(tree.kind());
    }
    assert!(kinds.contains(&TreeKind::Zip) && kinds.contains(&TreeKind::TarGz));
}
