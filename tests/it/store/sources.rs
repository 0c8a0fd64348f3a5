//! A stored dataset as a source: the laws, whose memory its columns are, and where its images lead.

use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use lensframe::dataset::store::{Edit, Operation, Storage, Store, Writer};
use lensframe::dataset::{Access, Rows, Value};
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::schema::field;

use super::samples::{dataset, fill, image_of, small};
use crate::laws::{Fixture, check};

/// Several fragments, deleted rows at their edges, a set that some fragments lack.
fn mixed(storage: Storage) -> (tempfile::TempDir, std::path::PathBuf) {
    let (guard, path) = dataset(storage, 9, 4);
    let job = Job::new();
    let mut edit = Edit::begin(&path, &job).unwrap();
    let fields = vec![field::row("image_id").unwrap(), field::object("r50", "score").unwrap()];
    let ids = Store::open(&path).unwrap().dataset().column("image_id").unwrap();
    let scores = Store::open(&path).unwrap().dataset().column("score").unwrap();
    let batches = ids.chunks().unwrap().iter().zip(scores.chunks().unwrap()).map(|(id, score)| {
        Ok(arrow_array::RecordBatch::try_from_iter_with_nullable([
            ("image_id", Arc::clone(id), true),
            ("r50.score", Arc::clone(score), true),
        ])?)
    });
    edit.add_group("sets/r50", fields, batches.collect::<Vec<_>>()).unwrap();
    edit.commit(Operation::new("predict")).unwrap();
    let mut writer = Writer::append(&path, small(storage), &job).unwrap();
    fill(&mut writer, 9..12, 2);
    writer.commit(Operation::new("append")).unwrap();
    let mut edit = Edit::begin(&path, &job).unwrap();
    edit.delete_rows(&Rows::indices(vec![0, 3, 4, 6, 11])).unwrap();
    edit.commit(Operation::new("delete")).unwrap();
    (guard, path)
}

#[test]
fn stored_rows_obey_the_laws() {
    for storage in [Storage::Arrow, Storage::Parquet] {
        let (_guard, path) = mixed(storage);
        check(|| {
            let dataset = Store::open(&path).unwrap().dataset();
            assert_eq!(dataset.len(), 7);
            let keys = dataset.keys().len();
            let fixture = Fixture::new(Arc::clone(dataset.source()));
            // Parquet columns are decoded, image views are made for the rows asked for, absent sets on the spot.
            let shared = (0..keys).filter(|_| storage == Storage::Arrow);
            let made = ["img", "panoptic", "r50.score"].map(|k| dataset.keys().find(k).unwrap().0);
            fixture.with_shared(shared.filter(move |key| !made.contains(key)))
        });
    }
}

#[test]
fn a_range_is_slices_of_the_same_memory_and_of_no_other() {
    let (_guard, path) = dataset(Storage::Arrow, 40, 40);
    let dataset = Store::open(&path).unwrap().dataset();
    let addresses = |rows: &Rows, key: &str| -> Vec<usize> {
        let chunks =
            dataset.select(key).unwrap().read_rows(rows, &Access::default()).unwrap().columns.remove(0);
        chunks.chunks().unwrap().iter().map(|c| c.to_data().buffers()[0].as_ptr().addr()).collect()
    };
    for key in ["height", "score"] {
        let whole = addresses(&Rows::all(40), key);
        assert!(whole.len() > 1, "the file has several batches");
        let part = addresses(&Rows::span(0, 3), key);
        assert_eq!(part[0], whole[0], "{key}");
    }
    #[cfg(target_os = "linux")]
    {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let inside = |address: usize| {
            maps.lines().filter(|line| line.contains("objects/")).any(|line| {
                let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
                let parse = |text| usize::from_str_radix(text, 16).unwrap();
                (parse(from)..parse(to)).contains(&address)
            })
        };
        assert!(addresses(&Rows::all(40), "height").into_iter().all(inside));
    }
}

#[test]
fn image_views_of_any_rows_point_into_one_map() {
    let (_guard, path) = dataset(Storage::Arrow, 40, 40);
    let images = Store::open(&path).unwrap().dataset().select("img").unwrap();
    let order: Vec<u64> = (0..40).map(|i| (i * 13) % 40).collect();
    let batch = images.read_rows(&Rows::indices(order.clone()), &Access::default()).unwrap().whole().unwrap();
    let chunks = batch.columns[0].chunks().unwrap();
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0].data_type(), &field::image_view_type());
    let bytes = chunks[0].as_struct().column(0).as_binary_view();
    let payload: usize = order.iter().filter_map(|r| image_of(*r)).map(|b| b.len()).sum();
    let held: usize = bytes.data_buffers().iter().map(|b| b.len()).sum();
    // The buffers are the batches of the file, each once; the rows' bytes are theirs.
    assert!(bytes.data_buffers().len() <= 30 && held >= payload);
    let spans: Vec<_> = bytes.data_buffers().iter().map(|b| b.as_slice().as_ptr_range()).collect();
    for (position, row) in order.iter().enumerate() {
        if let Some(want) = image_of(*row).filter(|b| b.len() > 12 && *row % 11 != 10) {
            let value = bytes.value(position);
            assert_eq!(value, want);
            assert!(spans.iter().any(|s| s.contains(&value.as_ptr())));
        }
    }
}

#[test]
fn announcing_rows_changes_nothing_but_the_cache() {
    for storage in [Storage::Arrow, Storage::Parquet] {
        let (_guard, path) = mixed(storage);
        let dataset = Store::open(&path).unwrap().dataset();
        dataset.announce(&Rows::all(7));
        dataset.announce(&Rows::indices(vec![6, 0, 3]));
        dataset.read_all(&Access::default()).unwrap().whole().unwrap();
    }
}

#[test]
fn an_image_is_its_bytes_or_the_file_its_path_leads_to_below_a_root() {
    let guard = tempfile::tempdir().unwrap();
    let (path, photos) = (guard.path().join("a.lf"), guard.path().join("photos"));
    std::fs::create_dir_all(photos.join("images")).unwrap();
    std::fs::write(photos.join("images/000000000003.jpg"), b"from the folder").unwrap();
    std::fs::write(guard.path().join("secret"), b"no").unwrap();
    let mut writer = Writer::create(&path, small(Storage::Arrow), &Job::new()).unwrap();
    writer.add_root(&photos);
    fill(&mut writer, 0..6, 9);
    writer.commit(Operation::new("x")).unwrap();
    let look = |path: &std::path::Path| {
        let store = Store::open(path).unwrap();
        let images = store.dataset().column("img").unwrap();
        assert_eq!(store.image_bytes(&images.value(0)).unwrap().as_slice(), image_of(0).unwrap());
        // Row 3 has no bytes of its own.
        assert_eq!(store.image_bytes(&images.value(3)).unwrap().as_slice(), b"from the folder");
        for outside in ["../secret", "images/../../secret", "/etc/passwd", ""] {
            assert_eq!(store.resolve(outside), None, "{outside}");
        }
        store
    };
    look(&path);
    // Dataset and images moved together still find each other.
    let moved = guard.path().join("elsewhere");
    std::fs::create_dir(&moved).unwrap();
    std::fs::rename(&path, moved.join("a.lf")).unwrap();
    std::fs::rename(&photos, moved.join("photos")).unwrap();
    let store = look(&moved.join("a.lf"));
    std::fs::remove_file(moved.join("photos/images/000000000003.jpg")).unwrap();
    let images = store.dataset().column("img").unwrap();
    assert_eq!(store.image_bytes(&images.value(3)).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.image_bytes(&Value::Int(3)).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn residue_comes_back_and_a_name_is_used_once() {
    use std::io::{Read, Write};
    let (_guard, path) = dataset(Storage::Arrow, 3, 3);
    let write = |name: &str, text: &str| {
        let mut writer = Writer::append(&path, small(Storage::Arrow), &Job::new()).unwrap();
        let mut residue = writer.residue(name)?;
        residue.write_all(text.as_bytes()).unwrap();
        residue.finish()?;
        writer.commit(Operation::new("residue"))
    };
    write("coco/../x", "{\"a\": 1}").unwrap();
    write("other", "[]").unwrap();
    assert_eq!(write("other", "[]").unwrap_err().kind(), ErrorKind::AlreadyExists);
    let store = Store::open(&path).unwrap();
    let mut text = String::new();
    store.read_residue("coco/../x").unwrap().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "{\"a\": 1}");
    assert!(store.read_residue("absent").unwrap().is_none());
    let mut writer = Writer::append(&path, small(Storage::Arrow), &Job::new()).unwrap();
    let unfinished = writer.residue("third").unwrap();
    assert_eq!(writer.commit(Operation::new("x")).unwrap_err().kind(), ErrorKind::Usage);
    drop(unfinished);
}

#[test]
fn the_manifest_of_a_dataset_obeys_its_schema() {
    let (_guard, path) = mixed(Storage::Arrow);
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../schemas/manifest.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    edit.save_view("v", &Rows::indices(vec![2, 0]), Some("width > 3")).unwrap();
    edit.add_root(&path);
    let operation = Operation::new("view").with("program", "0.1.0");
    edit.commit(operation).unwrap();
    for version in 1..=5 {
        let text = std::fs::read_to_string(path.join(format!("versions/{version:06}.json"))).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "version {version}: {errors:?}");
        // Unknown members are allowed, missing ones and others' types are not.
        value["future"] = serde_json::json!({"a": 1});
        assert!(validator.is_valid(&value));
        for member in ["format", "version", "groups", "fragments", "next_fragment", "operation", "created"] {
            let mut without = value.clone();
            without.as_object_mut().unwrap().remove(member);
            assert!(!validator.is_valid(&without), "{member}");
        }
        value["fragments"][0]["files"]["objects"]["checksum"] = serde_json::json!("short");
        assert!(!validator.is_valid(&value));
    }
}
