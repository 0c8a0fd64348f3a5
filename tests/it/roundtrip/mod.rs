//! The law of conversion: `export(import(x))` equals `x` as JSON values, order of lists, unknown members,
//! and the difference between `3` and `3.0` included.

mod odd;
mod value;

use std::path::{Path, PathBuf};

use lensframe::convert::{ExportOptions, Images, ImportOptions, coco};
use lensframe::dataset::Dataset;
use lensframe::dataset::store::{self, Depth, Store};
use lensframe::job::Job;
use odd::Odd;
use serde_json::Value as Json;
use value::difference;

use crate::data;

fn json(path: &Path) -> Json {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn import(src: &Path, dst: &Path) -> Store {
    let options = ImportOptions { images: Images::None, ..ImportOptions::default() };
    coco::import(src, dst, &options, &Job::new()).unwrap_or_else(|e| panic!("{}: {e}", src.display()));
    let report = store::verify(dst, Depth::Values, &Job::new()).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    Store::open(dst).unwrap()
}

/// Imports a file or folder and exports it again; every JSON file that comes out must equal its source, and
/// every one that was read must come out.
fn check(src: &Path, work: &Path, skipped: &[&str]) {
    let (dst, back) = (work.join("x.lf"), work.join("back"));
    let store = import(src, &dst);
    coco::export(&store, &store.dataset(), &back, &ExportOptions::default(), &Job::new()).unwrap();
    let root = if src.is_dir() { src } else { src.parent().unwrap() };
    let sources = if src.is_dir() { files(src) } else { vec![src.to_owned()] };
    for source in sources {
        let name = source.strip_prefix(root).unwrap();
        if skipped.iter().any(|s| name.to_string_lossy().contains(s)) {
            continue;
        }
        if let Some(at) = difference(&json(&source), &json(&back.join(name))) {
            panic!("{}{at}", name.display());
        }
    }
}

#[test]
fn real_coco_data_comes_back_unchanged() {
    let Some(data) = data() else { return };
    for src in [
        "datumaro-coco",
        "coco-photos",
        "coco-photos/annotations.json",
        "shapes-coco/gt_dataset.json",
        "shapes-coco/dt_dataset.json",
        "panopticapi/images_info_examples.json",
        "panopticapi/panoptic_examples.json",
        "datumaro-coco/annotations/captions_val.json",
        "datumaro-coco/annotations/panoptic_val.json",
        "datumaro-coco/annotations/person_keypoints_val.json",
    ] {
        let work = tempfile::tempdir().unwrap();
        check(&data.join(src), work.path(), &[]);
    }
}

/// How many random files a law is tried on; `LENSFRAME_CASES` asks for more.
fn cases() -> u64 {
    std::env::var("LENSFRAME_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150)
}

#[test]
fn odd_files_come_back_unchanged() {
    for seed in 0..cases() {
        let work = tempfile::tempdir().unwrap();
        let src = work.path().join("odd.json");
        let mut odd = Odd::new(seed);
        let ids = odd.image_ids();
        let text = match odd.below(8) {
            0 => odd.results(&ids),
            1 | 2 => odd.panoptic(&ids),
            _ => odd.file(&ids),
        };
        std::fs::write(&src, &text).unwrap();
        let outcome = std::panic::catch_unwind(|| check(&src, work.path(), &[]));
        assert!(outcome.is_ok(), "seed {seed}:\n{text}");
    }
}

#[test]
fn folders_of_odd_files_that_share_images_come_back_unchanged() {
    for seed in 0..cases() / 3 {
        let work = tempfile::tempdir().unwrap();
        let annotations = work.path().join("coco/annotations");
        std::fs::create_dir_all(&annotations).unwrap();
        let mut odd = Odd::new(1_000_000 + seed);
        let mut text_ids = None;
        for split in ["train2017", "val2017"] {
            let ids = odd.image_ids();
            // One dataset has one type of image id.
            let is_text = ids.first().map(|id| id.starts_with('"'));
            if is_text.is_some() && *text_ids.get_or_insert(is_text) != is_text {
                continue;
            }
            for kind in ["instances", "person_keypoints", "captions", "panoptic", "stuff", "image_info"] {
                if odd.below(3) == 0 {
                    continue;
                }
                // Another order, some images left out: each file lists its own.
                let some: Vec<String> = ids.iter().filter(|_| odd.below(5) != 0).cloned().collect();
                let panoptic = kind == "panoptic";
                let mut text = if panoptic { odd.panoptic(&some) } else { odd.file(&some) };
                // Splits of one set share a class table, so the categories are left to the other test.
                let mut tree: Json = serde_json::from_str(&text).unwrap();
                if let Some(members) = tree.as_object_mut() {
                    members.remove("categories");
                    text = serde_json::to_string(&tree).unwrap();
                }
                std::fs::write(annotations.join(format!("{kind}_{split}.json")), text).unwrap();
            }
        }
        if files(&annotations).is_empty() {
            continue;
        }
        let outcome = std::panic::catch_unwind(|| check(&work.path().join("coco"), work.path(), &[]));
        assert!(outcome.is_ok(), "seed {seed}: {}", kept(&work, seed));
    }
}

/// Leaves the failing folder where it can be looked at.
fn kept(work: &tempfile::TempDir, seed: u64) -> String {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-{seed}"));
    let _ = std::fs::remove_dir_all(&place);
    match std::fs::rename(work.path(), &place) {
        Ok(()) => place.display().to_string(),
        Err(e) => e.to_string(),
    }
}

/// A small file whose annotations are out of image order.
fn small(folder: &Path) -> (PathBuf, Json) {
    let tree = serde_json::json!({
        "images": (0..6).map(|i| serde_json::json!({"id": 10 + i, "file_name": format!("{i}.jpg"), "height": 9, "width": 9})).collect::<Vec<_>>(),
        "annotations": (0..12).map(|n| serde_json::json!({"id": n, "image_id": 10 + (n * 5) % 6, "category_id": 1 + n % 2, "bbox": [n, 1.5, 2, 3]})).collect::<Vec<_>>(),
        "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
    });
    let path = folder.join("small.json");
    std::fs::write(&path, tree.to_string()).unwrap();
    (path, tree)
}

/// What a view exports to, by the plain rule: keep the images, and the annotations of those in file order.
fn filtered(tree: &Json, images: &[usize]) -> Json {
    let chosen: Vec<Json> = images.iter().map(|i| tree["images"][*i].clone()).collect();
    let annotations = tree["annotations"].as_array().unwrap().iter();
    let kept: Vec<&Json> = annotations.filter(|a| chosen.iter().any(|i| i["id"] == a["image_id"])).collect();
    serde_json::json!({"images": chosen, "annotations": kept, "categories": tree["categories"]})
}

#[test]
fn a_view_exports_what_filtering_its_file_by_hand_gives() {
    let work = tempfile::tempdir().unwrap();
    let (src, tree) = small(work.path());
    let store = import(&src, &work.path().join("x.lf"));
    let ds = store.dataset();
    let views: Vec<(Dataset, Vec<usize>)> = vec![
        (ds.slice(2..5).unwrap(), vec![2, 3, 4]),
        (ds.take(&[4, 0, 3]).unwrap(), vec![4, 0, 3]),
        (Dataset::concat([ds.slice(4..).unwrap(), ds.slice(..1).unwrap()]).unwrap(), vec![4, 5, 0]),
        (ds.mask(&[true, false, false, true, true, false]).unwrap(), vec![0, 3, 4]),
    ];
    for (n, (view, images)) in views.into_iter().enumerate() {
        let out = work.path().join(format!("{n}.json"));
        coco::export(&store, &view, &out, &ExportOptions::default(), &Job::new()).unwrap();
        assert_eq!(difference(&filtered(&tree, &images), &json(&out)), None, "view {n}");
    }
}

#[test]
fn an_export_never_replaces_unasked_and_leaves_nothing_half_written() {
    let work = tempfile::tempdir().unwrap();
    let (src, _) = small(work.path());
    let store = import(&src, &work.path().join("x.lf"));
    let out = work.path().join("out/there.json");
    std::fs::create_dir(work.path().join("out")).unwrap();
    std::fs::write(&out, "precious").unwrap();
    let export =
        |options: &ExportOptions, job: &Job| coco::export(&store, &store.dataset(), &out, options, job);
    let e = export(&ExportOptions::default(), &Job::new()).unwrap_err();
    assert_eq!(e.kind(), lensframe::error::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "precious");
    let cancelled = Job::new();
    cancelled.cancel();
    let replace = ExportOptions { replace: true, ..ExportOptions::default() };
    assert!(export(&replace, &cancelled).unwrap_err().is_cancelled());
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "precious");
    assert_eq!(std::fs::read_dir(out.parent().unwrap()).unwrap().count(), 1);
    export(&replace, &Job::new()).unwrap();
    assert!(json(&out).is_object());
}
