//! Doors of `eval`: predictions as other tools write them.
//!
//! One scene is written in every format; each door has to give what COCO's own results give, to the bit where the
//! format keeps doubles. Every accepted spelling has its case, and every file is cut at every byte.

mod arrays;
mod classwise;
mod columnar;
mod corpus;
mod csv;
mod json;
mod recorded;
mod scene;
mod xml;
mod yolo;

use std::fs;
use std::path::{Path, PathBuf};

use lensframe::error::{Error, Result};
use lensframe::eval::read::{PredictionOptions, Wanted, coco_truth, predictions};
use lensframe::eval::{Comparison, Matching, Side, join};
use lensframe::job::Job;
use serde_json::json;

/// Boxes.
fn boxes() -> Wanted {
    Wanted { boxes: true, ..Wanted::default() }
}

/// A folder with a truth of three images of 200 × 100 pixels and the classes person (1), car (3), traffic light (10).
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let image = |id: i64, name: &str| json!({"id": id, "file_name": name, "height": 100, "width": 200});
        let class = |id: i64, name: &str| json!({"id": id, "name": name});
        let truth = json!({
            "images": [image(7, "val/000007.jpg"), image(8, "val/b.x.png"), image(9, "val/c.jpg")],
            "categories": [class(10, "traffic light"), class(1, "person"), class(3, "car")],
            "annotations": [
                {"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0,
                    "segmentation": [[10, 10, 30, 10, 30, 30, 10, 30]]}
            ],
        });
        fs::write(folder.path().join("truth.json"), truth.to_string()).unwrap();
        Desk { folder }
    }

    fn truth(&self, wanted: &Wanted) -> Side {
        coco_truth(&self.folder.path().join("truth.json"), wanted).unwrap()
    }

    /// Writes a file, folders on the way included.
    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, path: &Path, options: &PredictionOptions) -> Result<Comparison> {
        self.read_for(path, &boxes(), options)
    }

    fn read_for(&self, path: &Path, wanted: &Wanted, options: &PredictionOptions) -> Result<Comparison> {
        let truth = self.truth(wanted);
        let found = predictions(path, &truth, wanted, options, &Job::new())?;
        join(truth, found, &Matching::default())
    }

    /// What was found in a path that needs no options.
    fn found(&self, path: &Path) -> Vec<Det> {
        listed(&self.read(path, &PredictionOptions::default()).unwrap())
    }

    /// The error of a path that needs no options.
    fn refused(&self, path: &Path) -> Error {
        self.read(path, &PredictionOptions::default()).unwrap_err()
    }
}

/// A detection: id of its image, name of its class, score, box.
type Det = (i64, String, f64, [f64; 4]);

/// The detections of a comparison, in its order.
fn listed(comparison: &Comparison) -> Vec<Det> {
    let mut out = Vec::new();
    for (n, image) in comparison.images.iter().enumerate() {
        for object in comparison.found.range(n) {
            let found = &comparison.found;
            let class = comparison.classes[found.label[object] as usize].name.clone();
            let id = image.id.name().parse().unwrap_or(-1);
            out.push((id, class, found.score[object], found.bbox[object]));
        }
    }
    out
}

fn det(image: i64, class: &str, score: f64, bbox: [f64; 4]) -> Det {
    (image, class.to_owned(), score, bbox)
}

/// Reads every beginning of a file, and the file with every byte replaced by another: that may end in an error and never
/// in anything worse. `name` is where it is written, `open` what is read.
fn damage_every_byte(desk: &Desk, content: &[u8], name: &str, open: &Path, options: &PredictionOptions) {
    for end in 0..content.len() {
        desk.put(name, &content[..end]);
        if let Err(error) = desk.read(open, options) {
            assert!(!error.to_string().is_empty());
        }
    }
    let mut changed = content.to_vec();
    for at in 0..content.len() {
        changed[at] = [0, 0xff, b'9', b'-', b' ', content[at] ^ 1][at % 6];
        desk.put(name, &changed);
        if let Err(error) = desk.read(open, options) {
            assert!(!error.to_string().is_empty());
        }
        changed[at] = content[at];
    }
    desk.put(name, content);
    desk.read(open, options).unwrap();
}
