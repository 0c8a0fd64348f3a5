//! TIDE's errors: tidecv's numbers, and any sharing out of the work.

use lensframe::eval::coco::Kind;
use lensframe::eval::errors::{Mistake, Tide, TideParams};
use lensframe::eval::{Batch, Flags, ImageId, Objects};
use lensframe::geometry::Size;
use lensframe::job::Job;
use serde_json::Value;

use super::{objects, recorded, rows};

/// The images of a case, both sides, boxes and the masks that are drawn of them.
fn sides(images: &[Value]) -> (Vec<ImageId>, Objects, Objects) {
    let ids = images.iter().map(|image| ImageId::Int(image["id"].as_i64().unwrap())).collect();
    let (there, own) = (rows(images, "truth"), rows(images, "found"));
    let (mut truth, mut found) = (objects(&there), objects(&own));
    for row in there.iter().flatten() {
        let crowd = row[5] == 1.0;
        truth.flags.push(Flags { crowd, ignored: crowd, ..Flags::default() });
    }
    found.score = own.iter().flatten().map(|row| row[5]).collect();
    for side in [&mut truth, &mut found] {
        for [x, y, w, h] in &side.bbox {
            let ring = [*x, *y, x + w, *y, x + w, y + h, *x, y + h];
            side.masks.push_polygons(Size::new(96, 96), [ring.as_slice()]);
        }
    }
    (ids, truth, found)
}

fn near(got: Option<f64>, want: &Value, what: &str) {
    match (got, want.as_f64()) {
        (None, None) => {}
        (Some(got), Some(want)) if (got - want).abs() < 1e-9 => {}
        _ => panic!("{what}: {got:?} is not {want}"),
    }
}

#[test]
fn costs_and_counts_of_errors_are_those_of_tidecv() {
    let cases = recorded("eval_tide.json");
    assert!(cases.len() > 50);
    for (n, case) in cases.iter().enumerate() {
        let (ids, truth, found) = sides(case["images"].as_array().unwrap());
        let kind = if case["mode"] == "mask" { Kind::Segm } else { Kind::Bbox };
        let params = TideParams {
            kind,
            positive: case["positive"].as_f64().unwrap(),
            background: case["background"].as_f64().unwrap(),
            cap: case["cap"].as_u64().unwrap() as u32,
        };
        let classes = case["classes"].as_u64().unwrap() as usize;
        let mut tide = Tide::new(params, classes).unwrap();
        tide.update(&Batch { images: &ids, truth: &truth, found: &found }, &Job::new()).unwrap();
        let losses = tide.finish(&Job::new()).unwrap();
        let want = &case["answer"];
        near(losses.ap, &want["ap"], &format!("AP of case {n}"));
        for mistake in Mistake::ALL {
            let loss = losses.of(mistake);
            let name = mistake.name();
            assert_eq!(Some(loss.count), want["counts"][name].as_u64(), "count of {name}, case {n}");
            near(loss.ap, &want["main"][name], &format!("{name} of case {n}"));
            let by_class: u64 = losses
                .classes
                .iter()
                .map(|class| class.counts[Mistake::ALL.iter().position(|m| *m == mistake).unwrap()])
                .sum();
            assert_eq!(by_class, loss.count);
        }
        near(losses.false_positives, &want["special"]["FalsePos"], &format!("FalsePos of case {n}"));
        near(losses.false_negatives, &want["special"]["FalseNeg"], &format!("FalseNeg of case {n}"));
        for (class, ap) in losses.classes.iter().zip(want["classes"].as_array().unwrap()) {
            near(class.ap, ap, &format!("AP of a class of case {n}"));
        }
    }
}
