//! Panoptic files: in, out, and held against their PNGs.
//!
//! * `files`: real and made files, what they become and that they come back.
//! * `forms`: detection and semantic form, and back.
//! * `disagree`: PNG and record that do not say the same.

mod disagree;
mod files;
mod forms;

use std::path::Path;

use lensframe::convert::{ExportOptions, ImportOptions, ImportSummary, coco};
use lensframe::dataset::Value;
use lensframe::dataset::store::{self, Depth, Store};
use lensframe::image::LabelImage;
use lensframe::job::Job;
use serde_json::{Value as Json, json};

/// A dataset made of a path, the job that made it, and what it told.
struct Made {
    home: tempfile::TempDir,
    store: Store,
    summary: ImportSummary,
    job: Job,
}

impl Made {
    fn of(src: &Path, options: &ImportOptions) -> Made {
        let (home, job) = (tempfile::tempdir().unwrap(), Job::new());
        let dst = home.path().join("x.lf");
        let summary = coco::import(src, &dst, options, &job).unwrap_or_else(|e| panic!("{e}"));
        let report = store::verify(&dst, Depth::Values, &job).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        Made { store: Store::open(&dst).unwrap(), home, summary, job }
    }

    fn value(&self, key: &str, row: usize) -> Value {
        self.store.dataset().column(key).unwrap().value(row)
    }

    /// The PNG of a row, from its bytes or its link.
    fn painting(&self, row: usize) -> Vec<u8> {
        self.store.image_bytes(&self.value("panoptic", row)).unwrap().as_slice().to_vec()
    }

    /// Exports the whole dataset as COCO into a folder.
    fn export(&self, options: &ExportOptions) -> std::path::PathBuf {
        let back = self.home.path().join("back");
        coco::export(&self.store, &self.store.dataset(), &back, options, &self.job).unwrap();
        back
    }

    /// Each warning's code and sentence.
    fn warnings(&self) -> Vec<(&'static str, String)> {
        let warnings = self.job.warnings();
        let all =
            warnings.iter().flat_map(|(code, _, list)| list.iter().map(move |w| (code, w.what.clone())));
        all.collect()
    }
}

/// The elements of a list.
fn list(value: &Value) -> Vec<Value> {
    let array = value.as_array().unwrap();
    (0..array.len()).map(|i| Value::of(array, i)).collect()
}

/// A folder with a panoptic file of one image of 2 × 3 pixels: these ids, and these segments.
fn folder_of(ids: &[u32; 6], segments: Json) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let png = LabelImage::from_ids((2, 3), ids).unwrap().encode().unwrap();
    write(&folder, "panoptic_val/a.png", &png);
    write(&folder, "panoptic_val.json", record(segments).to_string().as_bytes());
    folder
}

/// A panoptic file of the image `a.jpg` of 2 × 3 pixels.
fn record(segments: Json) -> Json {
    json!({
        "images": [{"id": 7, "file_name": "a.jpg", "height": 2, "width": 3}],
        "annotations": [{"image_id": 7, "file_name": "a.png", "segments_info": segments}],
        "categories": [
            {"id": 1, "name": "person", "supercategory": "person", "isthing": 1},
            {"id": 9, "name": "sky", "supercategory": "sky", "isthing": 0},
        ],
    })
}

fn write(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
