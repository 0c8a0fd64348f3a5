//! What every conversion promises, whatever the format: archives, interruption, packing, any path as a dataset.

mod archives;
mod interrupted;
mod opened;
mod packed;
mod saved;

use std::fmt::Write as _;
use std::path::Path;

use lensframe::convert::{ImportOptions, ImportSummary, format};
use lensframe::dataset::store::Store;
use lensframe::job::Job;
use lensframe::random::Random;

/// A COCO folder of `images` images of about 3 kB, which nobody decodes, in two splits.
fn coco(folder: &Path, images: u64) {
    for (split, ids) in [("train", 0..images * 3 / 4), ("val", images * 3 / 4..images)] {
        let files = folder.join("images").join(split);
        std::fs::create_dir_all(&files).unwrap();
        let (mut records, mut annotations) = (Vec::new(), Vec::new());
        for id in ids {
            let mut random = Random::keyed(&[id]);
            let bytes: Vec<u8> = (0..2000 + random.below(2000)).map(|_| random.below(256) as u8).collect();
            std::fs::write(files.join(format!("{id:06}.jpg")), bytes).unwrap();
            records.push(format!(
                r#"{{"id": {id}, "file_name": "{id:06}.jpg", "height": 48, "width": {}}}"#,
                64 + random.below(9)
            ));
            for k in 0..random.below(5) {
                let (x, y) = (random.below(30), random.below(30));
                annotations.push(format!(
                    r#"{{"id": {}, "image_id": {id}, "category_id": {}, "bbox": [{x}, {y}, 9.5, 4], "area": 38.0, "iscrowd": 0}}"#,
                    id * 10 + k,
                    1 + random.below(3)
                ));
            }
        }
        let mut text = String::new();
        write!(
            text,
            r#"{{"images": [{}], "annotations": [{}], "categories": [{{"id": 1, "name": "cat"}}, {{"id": 2, "name": "dog"}}, {{"id": 3, "name": "hen"}}]}}"#,
            records.join(","),
            annotations.join(",")
        )
        .unwrap();
        std::fs::create_dir_all(folder.join("annotations")).unwrap();
        std::fs::write(folder.join(format!("annotations/instances_{split}.json")), text).unwrap();
    }
}

/// A VOC tree of `images` annotations, with images of about 3 kB, which nobody decodes.
fn voc(folder: &Path, images: u64) {
    for name in ["Annotations", "JPEGImages", "ImageSets/Main"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    let mut list = String::new();
    for id in 0..images {
        let mut random = Random::keyed(&[id, 1]);
        let bytes: Vec<u8> = (0..2000 + random.below(2000)).map(|_| random.below(256) as u8).collect();
        std::fs::write(folder.join(format!("JPEGImages/{id:06}.jpg")), bytes).unwrap();
        let mut text = format!("<annotation><filename>{id:06}.jpg</filename>");
        for _ in 0..random.below(4) {
            let (x, y) = (1 + random.below(30), 1 + random.below(30));
            let name = ["cat", "dog", "person"][random.below(3) as usize];
            write!(
                text,
                "<object><name>{name}</name><bndbox><xmin>{x}</xmin><ymin>{y}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>",
                x + random.below(9),
                y + random.below(9)
            )
            .unwrap();
        }
        text.push_str("</annotation>");
        std::fs::write(folder.join(format!("Annotations/{id:06}.xml")), text).unwrap();
        writeln!(list, "{id:06}").unwrap();
    }
    std::fs::write(folder.join("ImageSets/Main/train.txt"), list).unwrap();
}

/// Converts and gives the content hash of the dataset.
fn converted(name: &str, src: &Path, dst: &Path, options: &ImportOptions) -> (String, ImportSummary) {
    let job = Job::new();
    let summary = format(name).unwrap().import(src, dst, options, &job).unwrap();
    (hash(dst), summary)
}

fn hash(path: &Path) -> String {
    Store::open(path).unwrap().version().content_hash()
}
