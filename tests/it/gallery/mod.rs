//! From rows to pictures: the door to pixels, and sheets of any view.

mod door;

use std::path::Path;

use lensframe::convert::{self, ImportOptions};
use lensframe::dataset::store::Store;
use lensframe::image::{Channels, Encoding, Pixels, encode};
use lensframe::job::Job;

/// A picture of one colour.
fn plain(size: (u32, u32), colour: [u8; 3]) -> Pixels {
    Pixels::filled(size, Channels::Rgb, colour).unwrap()
}

/// A COCO folder of one-colour PNGs of 40 × 60, named by their colour's first number, with one box each.
fn coco(folder: &Path, colours: &[[u8; 3]]) {
    std::fs::create_dir_all(folder.join("images")).unwrap();
    let mut images = Vec::new();
    let mut annotations = Vec::new();
    for (id, colour) in (1..).zip(colours) {
        let name = format!("{}.png", colour[0]);
        let file = encode(&plain((40, 60), *colour), Encoding::Png).unwrap();
        std::fs::write(folder.join("images").join(&name), file).unwrap();
        images.push(serde_json::json!({"id": id, "file_name": name, "height": 40, "width": 60}));
        annotations.push(serde_json::json!({
            "id": id, "image_id": id, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0,
        }));
    }
    let file = serde_json::json!({
        "images": images, "annotations": annotations, "categories": [{"id": 1, "name": "square"}],
    });
    std::fs::write(folder.join("instances.json"), file.to_string()).unwrap();
}

/// That folder as a dataset that links its images.
fn linked(folder: &Path, colours: &[[u8; 3]]) -> Store {
    let (coco_at, at) = (folder.join("coco"), folder.join("a.lf"));
    coco(&coco_at, colours);
    let found = convert::detect(&coco_at, &[], &Job::new()).unwrap();
    found.format.import_source(&found.source, &at, &ImportOptions::default(), &Job::new()).unwrap();
    Store::open(&at).unwrap()
}
