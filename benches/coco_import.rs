//! What importing a COCO file costs, beside bare typed parsing of the same file by serde_json.
//!
//! `LENSFRAME_COCO_FILE=instances.json cargo bench --bench coco_import` measures a file of one's own; without
//! it a file of 20,000 images is drawn. Each way runs in a process of its own, so that its peak of anonymous
//! memory is its own. Times are of the processor, user and system, from `/proc/self/stat` in hundredths of a
//! second.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};

use lensframe::convert::coco;
use lensframe::convert::{Images, ImportOptions};
use lensframe::job::Job;
use lensframe::random::Random;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    match args.as_slice() {
        [way, file] => measure(way, Path::new(file)),
        _ => {
            let folder = tempfile::tempdir().unwrap();
            let file = match std::env::var_os("LENSFRAME_COCO_FILE") {
                Some(file) => PathBuf::from(file),
                None => draw(folder.path(), 20_000),
            };
            for way in ["serde", "import", "import-parquet", "serde", "import"] {
                let status = Command::new(std::env::current_exe().unwrap()).arg(way).arg(&file).status();
                assert!(status.unwrap().success());
            }
            let Some(images) = std::env::var_os("LENSFRAME_COCO_FOLDER") else { return };
            for way in ["copy", "embed", "copy", "embed"] {
                let status = Command::new(std::env::current_exe().unwrap()).arg(way).arg(&images).status();
                assert!(status.unwrap().success());
            }
        }
    }
}

fn measure(way: &str, file: &Path) {
    let (stop, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let watch = {
        let (stop, peak) = (stop.clone(), peak.clone());
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                peak.fetch_max(anonymous_kb(), Ordering::Relaxed);
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        })
    };
    let before = cpu_seconds();
    // What takes less than a second is done again and again, and the mean given.
    let times = if matches!(way, "copy" | "embed") { 10 } else { 1 };
    let mut what = String::new();
    for _ in 0..times {
        what = run(way, file);
    }
    let seconds = (cpu_seconds() - before) / f64::from(times);
    stop.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    let peak = peak.load(Ordering::Relaxed) as f64 / 1e3;
    println!("{way:16} {seconds:6.3} CPU s  {peak:6.1} MB anonymous at peak  {what}");
}

fn run(way: &str, file: &Path) -> String {
    match way {
        "serde" => serde_rows(file),
        "copy" => copy_images(file),
        "embed" => {
            let home = tempfile::tempdir_in(file).unwrap();
            let options = ImportOptions { images: Images::Embed, ..Default::default() };
            let summary = coco::import(file, &home.path().join("a.lf"), &options, &Job::new()).unwrap();
            format!("{} images, {} bytes", summary.images.embedded, summary.images.bytes)
        }
        _ => {
            let folder = tempfile::tempdir_in(file.parent().unwrap()).unwrap();
            let storage = match way {
                "import" => lensframe::dataset::store::Storage::Arrow,
                _ => lensframe::dataset::store::Storage::Parquet,
            };
            let options = ImportOptions { images: Images::None, storage, ..Default::default() };
            let summary = coco::import(file, &folder.path().join("a.lf"), &options, &Job::new()).unwrap();
            format!("{} rows, {} objects", summary.rows, summary.objects[0].1)
        }
    }
}

/// The floor of embedding: every image read, and written one after the other into one file that is synced.
fn copy_images(folder: &Path) -> String {
    let home = tempfile::tempdir_in(folder).unwrap();
    let mut out = std::fs::File::create(home.path().join("all")).unwrap();
    let mut paths: Vec<_> =
        std::fs::read_dir(folder.join("images")).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut total = 0;
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        total += bytes.len();
        std::io::Write::write_all(&mut out, &bytes).unwrap();
    }
    out.sync_all().unwrap();
    format!("{} images, {total} bytes", paths.len())
}

/// Bare typed parsing: every value taken, nothing stored but the rows.
fn serde_rows(file: &Path) -> String {
    #[derive(serde::Deserialize)]
    struct File {
        images: Vec<Image>,
        annotations: Vec<Annotation>,
    }
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "parsed, as an import would")]
    struct Image {
        id: i64,
        file_name: String,
        height: i32,
        width: i32,
    }
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "parsed, as an import would")]
    struct Annotation {
        id: i64,
        image_id: i64,
        category_id: i64,
        bbox: [f64; 4],
        area: f64,
        iscrowd: u8,
        segmentation: Segmentation,
    }
    #[expect(dead_code, reason = "parsed, as an import would")]
    enum Segmentation {
        Polygons(Vec<Vec<f64>>),
        Runs(Runs),
    }
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "parsed, as an import would")]
    struct Runs {
        counts: Vec<u32>,
        size: [i32; 2],
    }
    // Not `untagged`, which would hold every segmentation in a tree first.
    struct Either;
    impl<'de> Visitor<'de> for Either {
        type Value = Segmentation;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("polygons or run lengths")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Segmentation, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Segmentation::Polygons)
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Segmentation, A::Error> {
            Runs::deserialize(MapAccessDeserializer::new(map)).map(Segmentation::Runs)
        }
    }
    impl<'de> Deserialize<'de> for Segmentation {
        fn deserialize<D: serde::Deserializer<'de>>(de: D) -> Result<Segmentation, D::Error> {
            de.deserialize_any(Either)
        }
    }
    let bytes = std::fs::read(file).unwrap();
    let file: File = serde_json::from_slice(&bytes).unwrap();
    format!("{} rows, {} objects", file.images.len(), file.annotations.len())
}

/// Draws a file with the proportions of COCO's: seven objects an image, polygons of some twenty points.
fn draw(folder: &Path, images: u64) -> PathBuf {
    let mut text = String::from("{\"images\": [");
    let mut random = Random::keyed(&[1]);
    for i in 0..images {
        let comma = if i == 0 { "" } else { ", " };
        write!(
            text,
            "{comma}{{\"file_name\": \"{i:012}.jpg\", \"height\": 480, \"width\": 640, \"id\": {i}}}"
        )
        .unwrap();
    }
    text.push_str("], \"annotations\": [");
    for n in 0..images * 7 {
        let comma = if n == 0 { "" } else { ", " };
        let points: Vec<String> = (0..44).map(|_| format!("{:.2}", random.unit() * 480.0)).collect();
        let (image, label) = (random.below(images), random.below(80) + 1);
        write!(
            text,
            "{comma}{{\"segmentation\": [[{}]], \"area\": {:.4}, \"iscrowd\": 0, \"image_id\": {image}, \
             \"bbox\": [1.5, 2.25, 30.0, 40.75], \"category_id\": {label}, \"id\": {n}}}",
            points.join(", "),
            random.unit() * 1e4
        )
        .unwrap();
    }
    text.push_str("], \"categories\": [");
    let classes: Vec<String> = (1..=80).map(|i| format!("{{\"id\": {i}, \"name\": \"c{i}\"}}")).collect();
    text.push_str(&classes.join(", "));
    text.push_str("]}");
    let file = folder.join("instances_drawn.json");
    std::fs::write(&file, text).unwrap();
    file
}

fn anonymous_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
