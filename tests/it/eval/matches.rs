//! The table of who got whom: its rows add up to what the evaluators count, and it is what a second way finds.

use std::fs;
use std::path::Path;
use std::process::Command;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use lensframe::eval::coco::{Coco, Kind, Params};
use lensframe::eval::comparison::{ClassEntry, ImageEntry};
use lensframe::eval::errors::{Fate, Verdict, Verdicts};
use lensframe::eval::lvis::{Federation, Frequency, Lvis};
use lensframe::eval::matches::{Came, Matches, MatchesFormat};
use lensframe::eval::outcomes::Outcomes;
use lensframe::eval::voc::{self, Voc};
use lensframe::eval::{Comparison, ImageId};
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::json;

use super::{Row, found, row, truths};

/// Images on which things stand so near to each other that detections choose among them; crowds too.
fn drawn(seed: u64) -> Comparison {
    let mut random = Random::keyed(&[seed]);
    let (mut there, mut seen) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        let (mut truth, mut own): (Vec<Row>, Vec<Row>) = (Vec::new(), Vec::new());
        for _ in 0..random.below(6) {
            let (x, y) = (random.below(12) as f64, random.below(12) as f64);
            let label = random.below(3) as u32;
            let corners = [x, y, x + 10.0, y + 10.0 + random.below(30) as f64];
            truth.push(Row { crowd: random.below(8) == 0, ..row(corners, label, f64::NAN) });
            for _ in 0..random.below(4) {
                let corners = corners.map(|side| side + random.below(5) as f64 - 2.0);
                own.push(row(corners, label, random.below(10) as f64 / 10.0));
            }
        }
        there.push(truth);
        seen.push(own);
    }
    Comparison {
        images: (0..40).map(|id| ImageEntry::new(ImageId::Int(id))).collect(),
        classes: (0..3).map(|id| ClassEntry::new(ImageId::Int(id), format!("class {id}"))).collect(),
        truth: truths(&there),
        found: found(&seen),
        ..Comparison::default()
    }
}

/// Hits, wrong ones and truths in the first range, at a threshold.
fn counted(outcomes: &Outcomes, threshold: usize) -> (usize, usize, usize) {
    let judged = (0..outcomes.len()).map(|d| outcomes.judged(d, 0));
    let at = |bits: u64| (bits >> threshold & 1) as usize;
    let sums = judged.fold((0, 0), |(hits, wrong), judged| {
        (hits + at(judged.hit), wrong + 1 - at(judged.hit | judged.ignored))
    });
    let truths = (0..outcomes.images().len()).flat_map(|image| outcomes.truths_of(image));
    (sums.0, sums.1, truths.map(|(_, counts)| counts[0] as usize).sum())
}

fn rows(matches: &Matches, came: Came, threshold: usize) -> usize {
    (0..).map_while(|d| matches.came(d, threshold)).filter(|own| *own == came).count()
}

#[test]
fn rows_add_up_to_the_counts_of_the_evaluator_at_every_threshold() {
    for seed in 0..20 {
        let comparison = drawn(seed);
        let (ids, job) = (comparison.ids(), Job::new());
        let params = Params { caps: vec![1, 3], ..Params::new(Kind::Bbox) };
        for (at, iou) in [(0, None), (5, Some(0.75)), (8, Some(0.9))] {
            let mut coco = Coco::new(params.clone(), 3).unwrap();
            let matches = coco.update_matches(&comparison.batch(&ids), iou, &job).unwrap();
            let mut plain = Coco::new(params.clone(), 3).unwrap();
            plain.update(&comparison.batch(&ids), &job).unwrap();
            assert_eq!(coco.outcomes(), plain.outcomes(), "looking changes nothing");
            for threshold in 0..10 {
                let (hits, wrong, _) = counted(coco.outcomes(), threshold);
                assert_eq!(
                    (rows(&matches, Came::True, threshold), rows(&matches, Came::False, threshold)),
                    (hits, wrong)
                );
            }
            let (hits, _, truths) = counted(coco.outcomes(), at);
            assert_eq!(matches.missed().count(), truths - hits);
        }
    }
}

#[test]
fn who_got_whom_is_what_a_matching_at_that_threshold_alone_finds() {
    for seed in 0..20 {
        let comparison = drawn(seed);
        for iou in [0.5, 0.75] {
            let verdicts = Verdicts::of(&comparison, &Kind::Bbox, iou, 100, &Job::new()).unwrap();
            let mut coco = Coco::new(Params::new(Kind::Bbox), 3).unwrap();
            let ids = comparison.ids();
            let matches = coco.update_matches(&comparison.batch(&ids), Some(iou), &Job::new()).unwrap();
            let at = matches.thresholds().iter().position(|t| *t == matches.threshold()).unwrap();
            for (d, verdict) in verdicts.found.iter().enumerate() {
                let own = matches.truth_of(d);
                match (verdict, matches.came(d, at).unwrap()) {
                    (Verdict::Hit(t), Came::True) => assert_eq!(own.unwrap().0, *t as usize),
                    (Verdict::False, Came::False) => assert_eq!(own, None),
                    (Verdict::LeftOut, Came::Ignored) => {
                        let truth = own.unwrap().0;
                        assert!(comparison.truth.flags(truth).crowd);
                    }
                    other => panic!("{seed} {iou} {d}: {other:?}"),
                }
                assert!(own.is_none_or(|(_, overlap)| overlap >= iou));
            }
            let fates = verdicts.truth.iter().enumerate().filter(|(_, fate)| **fate == Fate::Missed);
            assert!(matches.missed().eq(fates.map(|(t, _)| t)));
        }
    }
}

#[test]
fn lvis_and_voc_write_down_what_they_count() {
    for seed in 0..20 {
        let comparison = drawn(seed);
        let (ids, job) = (comparison.ids(), Job::new());
        let batch = comparison.batch(&ids);
        let mut voc = Voc::new(voc::Params::new(voc::Kind::Bbox), 3).unwrap();
        let matches = voc.update_matches(&batch, &job).unwrap();
        let (hits, wrong, truths) = counted(voc.outcomes(), 0);
        assert_eq!((rows(&matches, Came::True, 0), rows(&matches, Came::False, 0)), (hits, wrong));
        assert_eq!(matches.missed().count(), truths - hits);
        // Of every other image it is known that the last class is not there, of every third the first is not complete.
        let list = |class: u32, every: usize| -> Vec<Vec<u32>> {
            (0..40).map(|image| if image % every == 0 { vec![class] } else { Vec::new() }).collect()
        };
        let (negative, not_exhaustive) = (list(2, 2), list(0, 3));
        let known = Federation { negative: &negative, not_exhaustive: &not_exhaustive };
        let mut lvis = Lvis::with_cap(Kind::Bbox, vec![Frequency::Rare; 3], 4).unwrap();
        let matches = lvis.update_matches(&batch, &known, None, &job).unwrap();
        for threshold in 0..10 {
            let (hits, wrong, _) = counted(lvis.coco().outcomes(), threshold);
            assert_eq!(
                (rows(&matches, Came::True, threshold), rows(&matches, Came::False, threshold)),
                (hits, wrong)
            );
        }
        let (hits, _, truths) = counted(lvis.coco().outcomes(), 0);
        assert_eq!(matches.missed().count(), truths - hits);
        for d in 0..comparison.found.len() {
            if let (Some(Came::True), Some((t, iou))) = (matches.came(d, 0), matches.truth_of(d)) {
                assert_eq!(comparison.found.label[d], comparison.truth.label[t]);
                assert!(iou >= 0.5, "{iou}");
            }
        }
    }
}

fn files(folder: &Path) {
    let image = |id: i64, name: &str| json!({"id": id, "file_name": name, "height": 50, "width": 60});
    let truth = json!({
        "images": [image(2, "b, c.jpg"), image(1, "a.jpg")],
        "categories": [{"id": 7, "name": "cat"}, {"id": 9, "name": "dog"}],
        "annotations": [
            {"id": 31, "image_id": 2, "category_id": 9, "bbox": [5, 5, 20, 20], "area": 400, "iscrowd": 0},
            {"id": 40, "image_id": 1, "category_id": 7, "bbox": [0, 0, 10, 10], "area": 100, "iscrowd": 0},
        ],
    });
    let result = |image: i64, class: i64, bbox: [i64; 4], score: f64| json!({"image_id": image, "category_id": class, "bbox": bbox, "score": score});
    let found = json!([
        result(2, 9, [5, 5, 20, 11], 0.8),
        result(3, 7, [0, 0, 10, 10], 0.7),
        result(1, 7, [0, 0, 10, 10], 0.9),
    ]);
    fs::write(folder.join("gt.json"), truth.to_string()).unwrap();
    fs::write(folder.join("dt.json"), found.to_string()).unwrap();
}

fn run(folder: &Path, file: &str, more: &[&str]) -> (i32, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_lensframe"))
        .current_dir(folder)
        .args(["eval", "--gt", "gt.json", "--pred", "dt.json", "--matches", file])
        .args(more)
        .output()
        .unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn the_program_writes_a_row_a_detection_and_a_row_a_missed_truth() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let (code, said) = run(folder.path(), "m.csv", &["--match-iou", "0.6"]);
    assert_eq!(code, 0, "{said}");
    let head =
        "object,image_id,file_name,class_id,class,score,x,y,w,h,area,row,id,match,iou,truth_row,truth_id";
    let at: String = (0..10).map(|n| format!(",match@0.{}", 50 + n * 5)).collect();
    let expected = [
        format!("{head}{at}"),
        format!("detection,1,a.jpg,7,cat,0.9,0,0,10,10,100,2,,true,1,1,40{}", ",true".repeat(10)),
        format!(
            "detection,2,\"b, c.jpg\",9,dog,0.8,5,5,20,11,220,0,,false,,,{},true,true{}",
            "",
            ",false".repeat(8)
        ),
        format!("truth,2,\"b, c.jpg\",9,dog,,5,5,20,20,400,0,31,missed,,,{}", ",".repeat(10)),
    ];
    let written = fs::read_to_string(folder.path().join("m.csv")).unwrap();
    assert_eq!(written.lines().collect::<Vec<_>>(), expected);
    // VOC has one threshold: no columns of others.
    let (code, said) = run(folder.path(), "v.csv", &["--metric", "voc/bbox"]);
    assert_eq!(code, 0, "{said}");
    let written = fs::read_to_string(folder.path().join("v.csv")).unwrap();
    assert_eq!(written.lines().next(), Some(head));
    assert_eq!(written.lines().filter(|line| line.contains(",true,")).count(), 2);
}

#[test]
fn arrow_and_parquet_have_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    for file in ["m.arrow", "m.parquet"] {
        let (code, said) = run(folder.path(), file, &[]);
        assert_eq!(code, 0, "{said}");
    }
    let open = |name: &str| fs::File::open(folder.path().join(name)).unwrap();
    let arrow =
        arrow_ipc::reader::FileReader::try_new(open("m.arrow"), None).unwrap().next().unwrap().unwrap();
    let builder = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(open("m.parquet"));
    let parquet = builder.unwrap().build().unwrap().next().unwrap().unwrap();
    assert_eq!(arrow.columns(), parquet.columns());
    assert_eq!(arrow.num_rows(), 2);
    let rows = arrow.column_by_name("row").unwrap().as_primitive::<UInt32Type>();
    assert_eq!(rows.values(), &[2, 0]);
}

#[test]
fn what_has_no_table_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    for (file, more, word) in [
        ("m.xlsx", &[][..], ".parquet"),
        ("m.csv", &["--metric", "mmdet/map"], "COCO, LVIS or VOC"),
        ("m.csv", &["--match-iou", "0.51"], "0.55"),
    ] {
        let (code, said) = run(folder.path(), file, more);
        assert!(code == 2 && said.contains(word), "{code} {said}");
        assert!(!folder.path().join(file).exists());
    }
    assert_eq!(MatchesFormat::of("a.feather".as_ref()).unwrap(), MatchesFormat::Arrow);
    fs::write(folder.path().join("m.csv"), "mine").unwrap();
    let (code, said) = run(folder.path(), "m.csv", &[]);
    assert!(code != 0 && said.contains("--force"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("m.csv")).unwrap(), "mine");
}
