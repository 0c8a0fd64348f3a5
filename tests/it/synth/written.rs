//! Scenes in a stored dataset and in other formats: everything arrives, and arrives the same.

use std::collections::BTreeMap;
use std::path::Path;

use lensframe::convert::{self, ExportImages, ExportOptions, Images, ImportOptions};
use lensframe::dataset::store::{Depth, Store, WriterOptions};
use lensframe::dataset::{Dataset, Value};
use lensframe::geometry::Size;
use lensframe::job::Job;
use lensframe::synth::{Options, Scenes};

use super::agree::{list, mask};
use super::small;

fn stored(folder: &Path, options: Options) -> Store {
    let path = folder.join("scenes.lf");
    let scenes = Scenes::new(options, 8).unwrap();
    scenes.write(&path, WriterOptions::default(), &|_| true, &Job::new()).unwrap();
    Store::open(&path).unwrap()
}

/// The files below a folder, by their paths.
pub(super) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_stored_dataset_is_sound_and_equals_its_scenes() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(folder.path(), small(30));
    assert!(store.verify(Depth::Values, &Job::new()).unwrap().is_sound());
    let drawn = Dataset::new(Scenes::new(small(30), 8).unwrap());
    let names: Vec<&str> = drawn.keys().iter().filter_map(|key| key.name()).collect();
    assert_eq!(store.dataset().select(names).unwrap().list().unwrap(), drawn.list().unwrap());
    for set in ["", "panoptic"] {
        assert_eq!(store.classes(set), drawn.classes(set));
    }
}

#[test]
fn masks_survive_coco_and_come_back_to_the_same_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(folder.path(), small(24));
    let (coco, back) = (folder.path().join("coco"), folder.path().join("back.lf"));
    let job = Job::new();
    let options = ExportOptions { images: ExportImages::Copy, ..ExportOptions::default() };
    convert::format("coco").unwrap().export(&store, &store.dataset(), &coco, &options, &job).unwrap();
    let options = ImportOptions { images: Images::Embed, ..ImportOptions::default() };
    convert::format("coco").unwrap().import(&coco, &back, &options, &job).unwrap();
    let again = Store::open(&back).unwrap().dataset();
    let keys = ["object_id", "label", "bbox", "area", "crowded", "content_hash", "captions.caption"];
    let shapes = ["segmentation", "height", "width"];
    let rows = |ds: &Dataset, keys: &[&str]| {
        let mut rows: Vec<_> = ds
            .select([&["file_name"], keys].concat())
            .unwrap()
            .list()
            .unwrap()
            .into_iter()
            .map(|row| row.into_values())
            .collect();
        rows.sort_by_key(|row| row[0].as_text().map(str::to_owned));
        rows
    };
    assert_eq!(rows(&again, &keys), rows(&store.dataset(), &keys));
    let masks = |ds: &Dataset| {
        let of = |row: Vec<Value>| {
            let size = Size::new(row[2].as_int().unwrap() as u32, row[3].as_int().unwrap() as u32);
            list(&row[1]).iter().map(|shape| sized(shape, size)).collect::<Vec<_>>()
        };
        rows(ds, &shapes).into_iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(masks(&again), masks(&store.dataset()));
}

/// The mask of a segmentation whose polygons, as COCO's, do not say the size.
fn sized(shape: &Value, size: Size) -> lensframe::geometry::Rle {
    let Value::Record(members) = shape else { panic!("{shape:?}") };
    let sides = Value::from([size.height, size.width].map(|s| Value::Int(s.into())).to_vec());
    let member = |(name, value): &(String, Value)| match (name.as_str(), value) {
        ("size", _) => (name.clone(), as_array(&sides)),
        _ => (name.clone(), value.clone()),
    };
    mask(&Value::Record(members.iter().map(member).collect()), size)
}

fn as_array(value: &Value) -> Value {
    let Value::List(sides) = value else { panic!() };
    let sides: Vec<i32> = sides.iter().map(|s| s.as_int().unwrap() as i32).collect();
    Value::Array(std::sync::Arc::new(arrow_array::Int32Array::from(sides)))
}

#[test]
fn every_format_gets_its_files_and_the_same_bytes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(folder.path(), small(10));
    let job = Job::new();
    for (name, some) in [
        ("coco", "annotations/instances_train.json"),
        ("voc", "SegmentationObject/000001.png"),
        ("panoptic", "annotations/panoptic_train/000001.png"),
        ("labels", "labels/val/000010.png"),
    ] {
        let write = |dst: &str| {
            let dst = folder.path().join(dst);
            let options = ExportOptions { images: ExportImages::Copy, ..ExportOptions::default() };
            convert::format(name).unwrap().export(&store, &store.dataset(), &dst, &options, &job).unwrap();
            files(&dst)
        };
        let (one, two) = (write(&format!("{name}-1")), write(&format!("{name}-2")));
        assert!(one.contains_key(some), "{name}: {:?}", one.keys());
        assert_eq!(one, two, "{name}");
    }
}

#[test]
fn an_interrupted_run_goes_on_from_its_last_shard_and_ends_the_same() {
    struct Stop(Job, u64);
    impl lensframe::job::Observer for Stop {
        fn advance(&self, done: u64) {
            if done >= self.1 {
                self.0.cancel();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let options = || WriterOptions { shard_bytes: 1 << 20, ..WriterOptions::default() };
    let scenes = || Scenes::new(Options { count: 200, ..Options::default() }, 1).unwrap();
    let path = folder.path().join("cut.lf");
    let stopped = Job::new();
    let watched = stopped.clone().observer(std::sync::Arc::new(Stop(stopped, 128)));
    let error = scenes().write(&path, options(), &|key| key == "img" || key == "label", &watched);
    assert!(error.unwrap_err().is_cancelled());
    let done = scenes().write(&path, options(), &|key| key == "img" || key == "label", &Job::new()).unwrap();
    assert!(done.resumed >= 64, "{done:?}");
    let store = Store::open(&path).unwrap();
    assert!(store.verify(Depth::Values, &Job::new()).unwrap().is_sound());
    let drawn = Dataset::new(scenes()).select(["image_id", "label"]).unwrap();
    assert_eq!(store.dataset().select(["image_id", "label"]).unwrap().list().unwrap(), drawn.list().unwrap());
}

/// What `fixtures/README.md` says is how the fixtures came to be.
#[cfg(feature = "cli")]
#[test]
fn fixtures_are_drawn_again_byte_for_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("fixtures/README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut drawn = 0;
    for line in readme.lines().filter_map(|line| line.trim().strip_prefix("lensframe synth fixtures/")) {
        let (name, args) = line.split_once(' ').unwrap();
        let dst = folder.path().join(name);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_lensframe"))
            .arg("synth")
            .arg(&dst)
            .args(args.split_whitespace())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (want, got) = (files(&root.join("fixtures").join(name)), files(&dst));
        assert!(want.keys().eq(got.keys()), "{name}: {:?} and {:?}", want.keys(), got.keys());
        for (file, bytes) in want {
            assert!(got[&file] == bytes, "{name}/{file} is drawn otherwise");
        }
        drawn += 1;
    }
    let there = std::fs::read_dir(root.join("fixtures")).unwrap().flatten().filter(|e| e.path().is_dir());
    assert_eq!(drawn, there.count(), "every folder says how it came to be");
}
