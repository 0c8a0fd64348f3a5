//! Known answers of COCO's protocol: cases computed with ChainerCV over pycocotools, and traps of the reference.

use lensframe::eval::coco::{Coco, Kind, Params, Summary};
use lensframe::eval::{Batch, ImageId, Objects};
use lensframe::geometry::Size;
use lensframe::job::Job;

use super::{Row, found, row, truths};

fn summary(params: Params, classes: usize, truth: &Objects, found: &Objects) -> Summary {
    let ids: Vec<ImageId> = (1..=truth.images() as i64).map(ImageId::from).collect();
    let mut coco = Coco::new(params.clone(), classes).unwrap();
    coco.update(&Batch { images: &ids, truth, found }, &Job::new()).unwrap();
    Summary::of(&params, &coco.finish(&Job::new()).unwrap())
}

fn near(got: Option<f64>, want: f64) {
    let got = got.unwrap();
    assert!((got - want).abs() < 1e-6, "{got} is not {want}");
}

#[test]
fn two_boxes_and_one_truth_give_the_recorded_numbers() {
    let pred = vec![vec![row([0.0, 0.0, 10.0, 10.0], 0, 0.8), row([0.0, 0.0, 20.0, 20.0], 0, 0.9)]];
    let there = |crowd| vec![vec![Row { crowd, ..row([0.0, 0.0, 9.0, 10.0], 0, f64::NAN) }]];
    let got = summary(Params::new(Kind::Bbox), 1, &truths(&there(false)), &found(&pred));
    near(got.get("AP"), 0.45);
    near(got.get("AP50"), 0.5);
    near(got.get("AP75"), 0.5);
    near(got.get("AR@10"), 0.9);
    assert_eq!((got.get("AR@1"), got.get("AR@100")), (Some(0.0), got.get("AR@10")));
    let crowd = summary(Params::new(Kind::Bbox), 1, &truths(&there(true)), &found(&pred));
    assert!(crowd.lines.iter().all(|line| line.value.is_none()), "only crowds: nothing can be counted");
    assert!(crowd.stats().iter().all(|n| *n == -1.0));
}

/// Three images, three classes, areas, a crowd.
fn three_images() -> (Vec<Vec<Row>>, Vec<Vec<Row>>) {
    // Corners are given as y, x, y, x.
    let at =
        |[top, left, bottom, right]: [f64; 4], label, value| row([left, top, right, bottom], label, value);
    let pred = vec![
        vec![
            at([10.0, 10.0, 40.0, 40.0], 0, 0.9),
            at([12.0, 12.0, 42.0, 40.0], 0, 0.8),
            at([50.0, 50.0, 150.0, 160.0], 1, 0.7),
        ],
        vec![at([0.0, 0.0, 20.0, 20.0], 0, 0.6), at([30.0, 30.0, 60.0, 60.0], 2, 0.95)],
        vec![at([5.0, 5.0, 25.0, 25.0], 1, 0.5), at([100.0, 100.0, 110.0, 110.0], 0, 0.4)],
    ];
    let there = vec![
        vec![at([10.0, 10.0, 40.0, 42.0], 0, 900.0), at([50.0, 50.0, 150.0, 150.0], 1, 9000.0)],
        vec![
            at([0.0, 0.0, 20.0, 25.0], 0, 450.0),
            at([28.0, 30.0, 60.0, 62.0], 2, 1000.0),
            Row { crowd: true, ..at([0.0, 0.0, 100.0, 100.0], 0, 8000.0) },
        ],
        vec![at([5.0, 5.0, 25.0, 30.0], 1, 480.0)],
    ];
    (pred, there)
}

#[test]
fn areas_and_crowds_give_the_recorded_numbers_class_by_class() {
    let (pred, there) = three_images();
    let params = Params::new(Kind::Bbox);
    let (truth, detections) = (truths(&there), found(&pred));
    let got = summary(params.clone(), 3, &truth, &detections);
    for (key, want) in
        [("AP", 0.762156), ("AP50", 0.944995), ("AP75", 0.944995), ("APs", 0.728493), ("APm", 0.9)]
    {
        near(got.get(key), want);
    }
    for (key, want) in [("AR@1", 0.8), ("AR@10", 0.8), ("AR@100", 0.8), ("ARs", 0.766667), ("ARm", 0.9)] {
        near(got.get(key), want);
    }
    assert_eq!((got.get("APl"), got.get("ARl")), (None, None));
    let ids: Vec<ImageId> = (1..=3).map(ImageId::from).collect();
    let mut coco = Coco::new(params, 3).unwrap();
    coco.update(&Batch { images: &ids, truth: &truth, found: &detections }, &Job::new()).unwrap();
    let tensors = coco.finish(&Job::new()).unwrap();
    for (class, want) in [(0, 0.685479), (1, 0.80099), (2, 0.8)] {
        near(tensors.mean_precision(None, 0, 2, Some(class)), want);
    }
    assert_eq!(tensors.mean_precision(None, 2, 2, Some(0)), None, "class 0 has no medium object");
}

#[test]
fn without_areas_and_crowds_the_numbers_are_the_recorded_ones() {
    let (pred, mut there) = three_images();
    for row in there.iter_mut().flatten() {
        (row.value, row.crowd) = (f64::NAN, false);
    }
    let got = summary(Params::new(Kind::Bbox), 3, &truths(&there), &found(&pred));
    for (key, want) in [("AP", 0.685478), ("AP50", 0.851485), ("AP75", 0.851485), ("AR@100", 0.711111)] {
        near(got.get(key), want);
    }
}

#[test]
fn masks_give_the_recorded_numbers() {
    // Rectangles y0, x0, y1, x1 in images of 6 × 6.
    let size = Size::new(6, 6);
    let masks = |rows: &[Vec<([usize; 4], u32, f64)>], truth: bool| {
        let mut objects = Objects::new(rows.iter().map(Vec::len)).unwrap();
        for ([top, left, bottom, right], label, score) in rows.iter().flatten() {
            let mut runs = vec![0u32];
            let mut inside = false;
            for n in 0..36 {
                let (x, y) = (n / 6, n % 6);
                let now = (*top..*bottom).contains(&y) && (*left..*right).contains(&x);
                if now != inside {
                    runs.push(0);
                    inside = now;
                }
                *runs.last_mut().unwrap() += 1;
            }
            objects.masks.push_runs(size, &runs);
            objects.label.push(*label);
            objects.area.push(((bottom - top) * (right - left)) as f64);
            if !truth {
                objects.score.push(*score);
            }
        }
        objects
    };
    let pred =
        masks(&[vec![([0, 0, 3, 3], 0, 0.9), ([2, 2, 6, 6], 1, 0.5)], vec![([1, 1, 5, 4], 0, 0.7)]], false);
    let there = vec![([0, 0, 3, 4], 0, 0.0), ([3, 3, 6, 6], 1, 0.0)];
    let there = masks(&[there, vec![([1, 1, 5, 5], 0, 0.0), ([0, 0, 6, 6], 1, 0.0)]], true);
    let got = summary(Params::new(Kind::Segm), 2, &there, &pred);
    near(got.get("AP"), 0.350495);
    near(got.get("AR@100"), 0.35);
    near(got.get("AP50"), (1.0 + 0.504951) / 2.0);
    near(got.get("AP75"), 0.5);
}

#[test]
fn truth_alone_gives_zero_and_detections_alone_nothing() {
    let some = || vec![vec![row([0.0, 0.0, 10.0, 10.0], 0, 0.5)]];
    let none = || vec![Vec::new()];
    let truth_only = summary(Params::new(Kind::Bbox), 1, &truths(&some()), &found(&none()));
    assert_eq!((truth_only.get("AP"), truth_only.get("AR@100")), (Some(0.0), Some(0.0)));
    let found_only = summary(Params::new(Kind::Bbox), 1, &truths(&none()), &found(&some()));
    assert_eq!((found_only.get("AP"), found_only.get("AR@100")), (None, None));
    let nothing = summary(Params::new(Kind::Bbox), 0, &truths(&[]), &found(&[]));
    assert!(nothing.lines.iter().all(|line| line.value.is_none()));
}

#[test]
fn other_caps_leave_the_headline_without_a_number_as_in_the_reference() {
    let params = Params { caps: vec![1, 10, 300], ..Params::new(Kind::Bbox) };
    let some = || vec![vec![row([0.0, 0.0, 10.0, 10.0], 0, 0.5)]];
    let got = summary(params, 1, &truths(&some()), &found(&some()));
    assert_eq!(
        (got.get("AP"), got.get("AP50"), got.get("AR@300")),
        (None, Some(0.9999999999999999), Some(1.0))
    );
}

#[test]
fn the_lines_are_those_of_pycocotools() {
    let some = || vec![vec![row([0.0, 0.0, 10.0, 10.0], 0, 0.5)]];
    let got = summary(Params::new(Kind::Bbox), 1, &truths(&some()), &found(&some())).to_string();
    let lines: Vec<&str> = got.lines().collect();
    assert_eq!(lines.len(), 12);
    assert_eq!(lines[0], " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000");
    assert_eq!(lines[1], " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 1.000");
    assert_eq!(lines[4], " Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = -1.000");
    assert_eq!(lines[6], " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 1.000");
}
