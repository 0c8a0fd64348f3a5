//! One drawn scene in every format: the same detections give the same precision.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use lensframe::convert::{self, ExportImages, ExportOptions};
use lensframe::dataset::store::{Store, WriterOptions};
use lensframe::eval::coco::{Coco, Kind, Params, Tensors};
use lensframe::eval::columns::{self, Role};
use lensframe::eval::read::{PredictionOptions, Wanted, coco_truth, predictions};
use lensframe::eval::{Comparison, Matching, Side, join, npy};
use lensframe::job::Job;
use lensframe::synth::{Errors, Options, Scenes, add_detections};

/// A detection: place of its image, place of its class, score, box.
type Found = (usize, usize, f64, [f64; 4]);

/// Scenes with detections, and the truth as a COCO file.
pub(super) struct Scene {
    folder: tempfile::TempDir,
    truth: PathBuf,
    /// What was found, over the truth's images and classes.
    pub(super) comparison: Comparison,
}

impl Scene {
    pub(super) fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let (home, job) = (folder.path().join("scenes.lf"), Job::new());
        let scenes = Scenes::new(Options { count: 12, val: 0.0, ..Options::default() }, 3).unwrap();
        scenes.write(&home, WriterOptions::default(), &|_| true, &job).unwrap();
        add_detections(&home, "pred", &Errors::default(), 3, &job).unwrap();
        let store = Store::open(&home).unwrap();
        let format = convert::formats().iter().find(|format| format.name() == "coco").unwrap();
        let options = ExportOptions { images: ExportImages::None, ..Default::default() };
        let exported = folder.path().join("coco");
        format.export(&store, &store.dataset(), &exported, &options, &job).unwrap();
        let annotations = exported.join("annotations");
        let files = fs::read_dir(&annotations).unwrap().map(|entry| entry.unwrap().path());
        let is_truth = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("instances");
        let truth = files.into_iter().find(is_truth).unwrap();
        let wanted = super::boxes();
        let found = columns::side(&store.dataset(), "pred", Role::Found, &wanted, &job).unwrap();
        let side = coco_truth(&truth, &wanted).unwrap();
        let comparison = join(side, found, &Matching::default()).unwrap();
        assert!(comparison.rate.is_whole() && comparison.found.len() > 30);
        Scene { folder, truth, comparison }
    }

    pub(super) fn truth(&self) -> Side {
        coco_truth(&self.truth, &super::boxes()).unwrap()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Every detection: place of its image, place of its class, score, box.
    pub(super) fn rows(&self) -> Vec<Found> {
        let found = &self.comparison.found;
        let images = 0..self.comparison.images.len();
        let of = |image: usize| found.range(image).map(move |object| (image, object));
        let rows = images.flat_map(of);
        rows.map(|(image, n)| (image, found.label[n] as usize, found.score[n], found.bbox[n])).collect()
    }

    pub(super) fn file(&self, image: usize) -> &str {
        self.comparison.images[image].file_name.as_deref().unwrap()
    }

    pub(super) fn stem(&self, image: usize) -> &str {
        Path::new(self.file(image)).file_stem().unwrap().to_str().unwrap()
    }

    pub(super) fn id(&self, image: usize) -> String {
        self.comparison.images[image].id.name()
    }

    pub(super) fn class(&self, class: usize) -> &str {
        &self.comparison.classes[class].name
    }

    /// Width and height.
    pub(super) fn sides(&self, image: usize) -> [f64; 2] {
        let size = self.comparison.images[image].size.unwrap();
        [f64::from(size.width), f64::from(size.height)]
    }

    fn read(&self, path: &Path, options: &PredictionOptions) -> Comparison {
        let (truth, wanted) = (self.truth(), Wanted { boxes: true, ..Wanted::default() });
        let found = predictions(path, &truth, &wanted, options, &Job::new()).unwrap();
        let comparison = join(truth, found, &Matching::default()).unwrap();
        assert!(comparison.rate.is_whole(), "{:?}", comparison.rate);
        comparison
    }

    /// A path gives the reference's tensors to the bit.
    pub(super) fn is_exact(&self, path: &Path, options: &PredictionOptions) {
        let got = self.read(path, options);
        assert_eq!(got.found.score, self.comparison.found.score);
        assert!(tensors(&got) == tensors(&self.comparison), "{} differs", path.display());
    }

    /// A path gives the reference's precision within `share`, whatever the order of its detections.
    pub(super) fn is_level(&self, path: &Path, options: &PredictionOptions, share: f64) {
        let got = self.read(path, options);
        assert_eq!(got.found.len(), self.comparison.found.len());
        let mean = |c: &Comparison| tensors(c).mean_precision(None, 0, 2, None).unwrap();
        assert!((mean(&got) - mean(&self.comparison)).abs() <= share);
    }

    /// A path gives the reference's detections within `most` pixels, and precision within `share`.
    pub(super) fn is_near(&self, path: &Path, options: &PredictionOptions, most: f64, share: f64) {
        let got = self.read(path, options);
        assert_eq!(got.found.label, self.comparison.found.label);
        for (a, b) in got.found.bbox.iter().flatten().zip(self.comparison.found.bbox.iter().flatten()) {
            assert!((a - b).abs() <= most, "{a} for {b}");
        }
        let mean = |c: &Comparison| tensors(c).mean_precision(None, 0, 2, None).unwrap();
        assert!((mean(&got) - mean(&self.comparison)).abs() <= share);
    }
}

fn tensors(comparison: &Comparison) -> Tensors {
    let ids = comparison.ids();
    let mut coco = Coco::new(Params::new(Kind::Bbox), comparison.classes.len()).unwrap();
    coco.update(&comparison.batch(&ids), &Job::new()).unwrap();
    coco.finish_with_scores(&Job::new()).unwrap()
}

/// The lines of each image as a file of a folder.
fn folder(scene: &Scene, name: &str, line: impl Fn(usize, usize, f64, [f64; 4]) -> String) -> PathBuf {
    let mut texts = vec![String::new(); scene.comparison.images.len()];
    for (image, class, score, bbox) in scene.rows() {
        writeln!(texts[image], "{}", line(image, class, score, bbox)).unwrap();
    }
    for (image, text) in texts.iter().enumerate() {
        scene.put(&format!("{name}/{}.txt", scene.stem(image)), text);
    }
    scene.path(name)
}

#[test]
fn folders_of_text_give_the_reference_within_their_rounding() {
    let scene = Scene::new();
    let options = PredictionOptions::default();
    let pixels = |image: usize, class, score, [x, y, w, h]: [f64; 4]| {
        let _ = image;
        (format!("{class} {score}"), [x, y, w, h])
    };
    let shares = |image: usize, [x, y, w, h]: [f64; 4]| {
        let [width, height] = scene.sides(image);
        [(x + w / 2.0) / width, (y + h / 2.0) / height, w / width, h / height]
    };
    // Corner and size are kept as they are.
    let path = folder(&scene, "corner-size", |image, class, score, bbox| {
        let (head, [x, y, w, h]) = pixels(image, class, score, bbox);
        format!("{head} {x} {y} {w} {h}")
    });
    scene.is_exact(&path, &options);
    let path = folder(&scene, "corners", |_, class, score, [x, y, w, h]| {
        format!("{} {score} {x} {y} {} {}", scene.class(class), x + w, y + h)
    });
    scene.is_near(&path, &options, 1e-9, 1e-9);
    let path = folder(&scene, "centre-conf", |image, class, score, bbox| {
        let [x, y, w, h] = shares(image, bbox);
        format!("{class} {x} {y} {w} {h} {score}")
    });
    scene.is_near(&path, &options, 1e-9, 1e-9);
    // As Ultralytics writes them: six digits.
    let path = folder(&scene, "six-digits", |image, class, score, bbox| {
        let [x, y, w, h] = shares(image, bbox);
        format!("{class} {x:.6} {y:.6} {w:.6} {h:.6} {score:.6}")
    });
    scene.is_near(&path, &options, 1e-3, 0.02);
    let path = folder(&scene, "conf-centre", |image, class, score, bbox| {
        let [x, y, w, h] = shares(image, bbox);
        format!("{class} {score} {x} {y} {w} {h}")
    });
    scene.is_near(&path, &options, 1e-9, 1e-9);
}

#[test]
fn lists_of_results_give_the_reference() {
    let scene = Scene::new();
    let ids: Vec<String> = scene.comparison.classes.iter().map(|class| class.id.name()).collect();
    let record = |image: String, (_, class, score, [x, y, w, h]): &Found| {
        let class = &ids[*class];
        format!(
            r#"{{"image_id": {image}, "category_id": {class}, "bbox": [{x}, {y}, {w}, {h}], "score": {score}}}"#
        )
    };
    let rows = scene.rows();
    let all = |name: fn(&Scene, usize) -> String, with: &str| {
        rows.iter().map(|row| record(name(&scene, row.0), row)).collect::<Vec<_>>().join(with)
    };
    let options = PredictionOptions::default();
    let by_id = all(Scene::id, ", ");
    for (file, text) in [
        ("list.json", format!("[{by_id}]")),
        ("whole.json", format!(r#"{{"images": [], "annotations": [{by_id}], "categories": []}}"#)),
        ("lines.json", all(Scene::id, "\n")),
        ("stems.json", format!("[{}]", all(|scene, image| format!("{:?}", scene.stem(image)), ",\n"))),
        ("files.json", format!("[{}]", all(|scene, image| format!("{:?}", scene.file(image)), ",\n"))),
    ] {
        scene.is_exact(&scene.put(file, text), &options);
    }
}

#[test]
fn tables_and_arrays_give_the_reference() {
    let scene = Scene::new();
    let options = PredictionOptions::default();
    let rows = scene.rows();
    let text = |head: &str, line: &dyn Fn(&Found) -> String| {
        std::iter::once(head.to_owned()).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
    };
    let sizes = text("image_id,label,score,x,y,w,h", &|(image, class, score, [x, y, w, h])| {
        format!("{},{},{score},{x},{y},{w},{h}", scene.id(*image), scene.class(*class))
    });
    scene.is_exact(&scene.put("sizes.csv", sizes), &options);
    let corners = text("file_name\tclass\tconf\tx1\ty1\tx2\ty2", &|(image, class, score, [x, y, w, h])| {
        format!("{}\t{}\t{score}\t{x}\t{y}\t{}\t{}", scene.file(*image), scene.class(*class), x + w, y + h)
    });
    scene.is_near(&scene.put("corners.tsv", corners), &options, 1e-9, 1e-9);
    let open = text("ImageID,LabelName,Conf,XMin,XMax,YMin,YMax", &|(image, class, score, [x, y, w, h])| {
        let [width, height] = scene.sides(*image);
        let sides = [x / width, (x + w) / width, y / height, (y + h) / height].map(|side| side.to_string());
        format!("{},{},{score},{}", scene.stem(*image), scene.class(*class), sides.join(","))
    });
    scene.is_near(&scene.put("open.csv", open), &options, 1e-9, 1e-9);
    let mut strings = vec![String::new(); scene.comparison.images.len()];
    for (image, class, score, [x, y, w, h]) in &rows {
        // Words are parted by spaces, so that names have none.
        let name = scene.class(*class).replace(' ', "_");
        write!(strings[*image], "{name} {score} {x} {y} {} {} ", x + w, y + h).unwrap();
    }
    let strings = strings.iter().enumerate().map(|(image, text)| format!("{},{text}\n", scene.stem(image)));
    let strings = format!("ImageId,PredictionString\n{}", strings.collect::<String>());
    scene.is_near(&scene.put("strings.csv", strings), &options, 1e-9, 1e-9);

    let class_id = |class: usize| scene.comparison.classes[class].id.name().parse::<f64>().unwrap();
    let image_id = |image: usize| scene.id(image).parse::<f64>().unwrap();
    let seven = rows.iter().flat_map(|(image, class, score, [x, y, w, h])| {
        [image_id(*image), *x, *y, *w, *h, *score, class_id(*class)]
    });
    let seven = npy::write(&[rows.len(), 7], &seven.collect::<Vec<_>>());
    scene.is_exact(&scene.put("a.npy", seven), &options);
    let column = |value: &dyn Fn(&Found) -> f64| rows.iter().map(value).collect::<Vec<_>>();
    let boxes: Vec<f64> = rows.iter().flat_map(|row| row.3).collect();
    let arrays = [
        ("boxes_xywh", npy::write(&[rows.len(), 4], &boxes)),
        ("scores", npy::write(&[rows.len()], &column(&|row| row.2))),
        ("category_ids", npy::write(&[rows.len()], &column(&|row| class_id(row.1)))),
        ("image_ids", npy::write(&[rows.len()], &column(&|row| image_id(row.0)))),
    ];
    scene.is_exact(&scene.put("a.npz", super::arrays::archive(&arrays, true)), &options);

    let of = |value: &dyn Fn(&Found) -> f64| -> ArrayRef { Arc::new(Float64Array::from(column(value))) };
    let names = rows.iter().map(|row| scene.class(row.1)).collect::<Vec<_>>();
    let table = super::columnar::batch(vec![
        ("image_id", of(&|row| image_id(row.0))),
        ("category", Arc::new(StringArray::from(names))),
        ("score", of(&|row| row.2)),
        ("x", of(&|row| row.3[0])),
        ("y", of(&|row| row.3[1])),
        ("width", of(&|row| row.3[2])),
        ("height", of(&|row| row.3[3])),
    ]);
    for parquet in [false, true] {
        super::columnar::write(&scene.path("table"), &table, parquet);
        scene.is_exact(&scene.path("table"), &options);
    }
}

#[test]
fn vocs_and_dotas_files_give_the_reference() {
    let scene = Scene::new();
    let options = PredictionOptions::default();
    let (mut voc, mut dota) = (BTreeMap::<usize, String>::new(), BTreeMap::<usize, String>::new());
    let mut xml = vec![String::new(); scene.comparison.images.len()];
    for (image, class, score, [x, y, w, h]) in scene.rows() {
        let (stem, right, bottom) = (scene.stem(image), x + w, y + h);
        let (left, top) = (x + 1.0, y + 1.0);
        writeln!(voc.entry(class).or_default(), "{stem} {score} {left} {top} {right} {bottom}").unwrap();
        let line = format!("{stem} {score} {x} {y} {right} {y} {right} {bottom} {x} {bottom}");
        writeln!(dota.entry(class).or_default(), "{line}").unwrap();
        let sides = [("xmin", left), ("ymin", top), ("xmax", right), ("ymax", bottom)];
        let sides = sides.map(|(name, side)| format!("<{name}>{side}</{name}>")).join("");
        let name = scene.class(class);
        write!(
            xml[image],
            "<object><name>{name}</name><confidence>{score}</confidence><bndbox>{sides}</bndbox></object>"
        )
        .unwrap();
    }
    for (class, text) in &voc {
        scene.put(&format!("voc/comp4_det_test_{}.txt", scene.class(*class)), text);
    }
    for (class, text) in &dota {
        scene.put(&format!("dota/Task1_{}.txt", scene.class(*class)), text);
    }
    for (image, text) in xml.iter().enumerate() {
        scene.put(&format!("xml/{}.xml", scene.stem(image)), format!("<annotation>{text}</annotation>"));
    }
    scene.is_near(&scene.path("xml"), &options, 1e-9, 1e-9);
    // A file a class puts the detections of an image in another order: scores that are equal may change places.
    for folder in ["voc", "dota"] {
        scene.is_level(&scene.path(folder), &options, 1e-9);
    }
}
