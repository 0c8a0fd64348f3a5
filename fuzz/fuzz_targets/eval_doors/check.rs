//! What must hold for any bytes taken for predictions: an error with a sentence, or columns of one length that can be
//! brought together with the truth and evaluated.
//!
//! The first byte says as what they are read, the second what is wanted of them; the rest is the file.

use std::sync::OnceLock;

use lensframe::convert::Coords;
use lensframe::eval::coco::{Coco, Kind, Params};
use lensframe::eval::read::{
    BoxForm, ClassNumbers, PredictionFormat, PredictionOptions, Wanted, coco_truth, predictions,
};
use lensframe::eval::{Matching, Side, join};
use lensframe::job::Job;

/// The formats by their names; those of many files with a name that one of them has.
const FORMATS: [(&str, &str); 11] = [
    ("", "000007.txt"),
    ("json", "found.json"),
    ("yolo", "000007.txt"),
    ("voc-results", "comp4_det_test_car.txt"),
    ("voc-xml", "000007.xml"),
    ("csv", "found.csv"),
    ("npy", "found.npy"),
    ("npz", "found.npz"),
    ("parquet", "found.parquet"),
    ("arrow", "found.arrow"),
    ("dota", "Task1_car.txt"),
];

const TRUTH: &str = r#"{"images": [{"id": 7, "file_name": "000007.jpg", "height": 40, "width": 60},
  {"id": 8, "file_name": "b/8.jpg", "height": 30, "width": 30}],
  "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [5, 5, 20, 10], "area": 200, "iscrowd": 0}],
  "categories": [{"id": 1, "name": "car"}, {"id": 3, "name": "dog"}]}"#;

fn truth() -> &'static Side {
    static SIDE: OnceLock<Side> = OnceLock::new();
    SIDE.get_or_init(|| {
        let file = tempfile::NamedTempFile::new().expect("a file for the truth");
        std::fs::write(file.path(), TRUTH).expect("the truth can be written");
        let wanted = Wanted { boxes: true, ..Wanted::default() };
        coco_truth(file.path(), &wanted).expect("the truth is one")
    })
}

/// Reads the bytes as predictions.
pub(super) fn check(data: &[u8]) {
    let [format, wish, content @ ..] = data else { return };
    let (format, name) = FORMATS[usize::from(*format) % FORMATS.len()];
    let points = usize::from(*wish & 4 != 0);
    let wanted = Wanted {
        boxes: *wish & 3 != 1,
        masks: *wish & 1 != 0,
        points,
        rotated: *wish & 8 != 0,
        ..Wanted::default()
    };
    let options = PredictionOptions {
        format: (!format.is_empty()).then(|| format.parse::<PredictionFormat>().expect("its name")),
        boxes: (*wish & 16 != 0).then(|| BoxForm::ALL[usize::from(*wish >> 6)]),
        coords: (*wish & 32 != 0).then_some(Coords::ZeroExclusive),
        classes: if *wish & 128 != 0 { ClassNumbers::ZeroBased } else { ClassNumbers::Auto },
        score: (*wish & 64 != 0).then_some(0.5),
    };
    let folder = tempfile::tempdir().expect("a folder for the predictions");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("the predictions can be written");
    let job = Job::new().threads(1);
    let side = match predictions(&path, truth(), &wanted, &options, &job) {
        Err(error) => return assert!(!error.what().is_empty()),
        Ok(side) => side,
    };
    let both = match join(truth().clone(), side, &Matching::default()) {
        Err(error) => return assert!(!error.what().is_empty()),
        Ok(both) => both,
    };
    let found = &both.found;
    let all = [found.label.len(), found.score.len(), found.area.len()];
    assert!(all.iter().all(|n| *n == found.len()), "columns are equally long: {all:?}");
    assert!(!wanted.boxes || found.bbox.len() == found.len());
    assert!(!wanted.masks || found.masks.len() == found.len());
    assert!(!wanted.rotated || found.rotated.len() == found.len());
    assert!(both.rate.all >= found.len() as u64);
    if wanted.boxes {
        let mut coco = Coco::new(Params::new(Kind::Bbox), both.classes.len()).expect("two classes");
        coco.update(&both.batch(&both.ids()), &job).expect("boxes can be matched");
        let tensors = coco.finish(&job).expect("no image comes twice");
        assert!(tensors.precision.iter().all(|p| *p == -1.0 || (0.0..=1.0).contains(p)));
    }
}
