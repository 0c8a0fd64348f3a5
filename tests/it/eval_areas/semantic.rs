//! The semantic evaluator: numpy's answers, the golden tables of ChainerCV, and what is refused.

use std::path::Path;

use lensframe::dataset::{Dataset, Value};
use lensframe::error::ErrorKind;
use lensframe::eval::semantic::{
    Absent, Evaluator, Maps, Numbering, Options, Outside, Pairing, Scores, folders, folders_paired, rows,
};
use lensframe::geometry::{LabelMap, Size};
use lensframe::image::{LabelImage, voc_colormap};
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::Value as Json;

use super::{float, floats, grid, recorded, same, sharded};

type Image = (Size, Vec<u32>, Vec<u32>);

fn add(evaluator: &mut Evaluator, (size, truth, predicted): &Image) {
    let map = |ids| LabelMap::try_new(*size, ids).unwrap();
    evaluator.update("x", map(truth), map(predicted)).unwrap();
}

fn evaluate(options: &Options, images: &[Image]) -> Scores {
    let mut evaluator = Evaluator::new(options.clone()).unwrap();
    images.iter().for_each(|image| add(&mut evaluator, image));
    evaluator.finish()
}

/// Signed numbers as a map has them: −1 is the largest.
fn unsigned(ids: Vec<i64>) -> Vec<u32> {
    ids.into_iter().map(|id| id as i32 as u32).collect()
}

fn images(case: &Json) -> Vec<Image> {
    let image = |image: &Json| {
        let (height, width, truth) = grid(&image["truth"]);
        (Size::new(height, width), unsigned(truth), unsigned(grid(&image["predicted"]).2))
    };
    case["images"].as_array().unwrap().iter().map(image).collect()
}

fn options(case: &Json) -> Options {
    let number = |key: &str| case[key].as_u64().unwrap() as u32;
    match case["rule"].as_str().unwrap() {
        "chainercv" => Options::chainercv(),
        "mmseg" => Options::mmseg(number("classes"), number("ignore")),
        _ => Options { absent: Absent::Zero, ..Options::mmseg(number("classes"), number("ignore")) },
    }
}

#[test]
fn scores_are_those_of_numpy_to_the_bit() {
    let cases = recorded("eval_semantic.json");
    assert!(cases.len() >= 20);
    for case in &cases {
        let found = evaluate(&options(case), &images(case));
        let answer = &case["answer"];
        let lists = [
            ("iou", &found.iou),
            ("class_accuracy", &found.class_accuracy),
            ("precision", &found.precision),
            ("f1", &found.f1),
            ("dice", &found.dice),
        ];
        for (name, list) in lists.into_iter().filter(|(name, _)| !answer[*name].is_null()) {
            same(list, &floats(&answer[name]), name);
        }
        let numbers = [
            ("mean_iou", found.mean_iou),
            ("mean_class_accuracy", found.mean_class_accuracy),
            ("mean_precision", found.mean_precision),
            ("mean_f1", found.mean_f1),
            ("mean_dice", found.mean_dice),
            ("pixel_accuracy", found.pixel_accuracy),
            ("frequency_weighted_iou", found.frequency_weighted_iou),
        ];
        for (name, number) in numbers.into_iter().filter(|(name, _)| !answer[*name].is_null()) {
            same(&[number], &[float(&answer[name])], name);
        }
        if !answer["confusion"].is_null() {
            let confusion: Vec<u64> = grid(&answer["confusion"]).2.into_iter().map(|n| n as u64).collect();
            assert_eq!(found.confusion.counts(), confusion);
        }
    }
}

#[test]
fn golden_tables_of_chainercv_hold() {
    let size = Size::new(2, 3);
    let image = (size, unsigned(vec![1, 0, 0, 0, -1, 1]), vec![1, 1, 0, 0, 0, 1]);
    let found = evaluate(&Options::chainercv(), &[image.clone(), image]);
    same(&found.iou, &[4.0 / 6.0, 4.0 / 6.0], "iou");
    same(&[found.pixel_accuracy], &[4.0 / 5.0], "pixel accuracy");
    same(&found.class_accuracy, &[2.0 / 3.0, 1.0], "class accuracy");
    assert_eq!((found.images, found.pixels, found.ignored), (2, 10, 2));

    let found = evaluate(&Options::chainercv(), &[(size, vec![1; 6], vec![0; 6])]);
    same(&found.iou, &[0.0, 0.0], "iou");
    same(&[found.pixel_accuracy], &[0.0], "pixel accuracy");
    same(&found.class_accuracy, &[f64::NAN, 0.0], "class accuracy");
    same(&[found.mean_class_accuracy], &[0.0], "mean class accuracy");
}

#[test]
fn a_prediction_at_an_ignored_pixel_is_still_a_class_met() {
    let image = (Size::new(1, 2), unsigned(vec![0, -1]), vec![0, 4]);
    let found = evaluate(&Options::chainercv(), &[image]);
    same(&found.iou, &[1.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN], "iou");
}

#[test]
fn nothing_seen_scores_nan_and_no_class() {
    let found = evaluate(&Options::chainercv(), &[]);
    assert!(found.iou.is_empty() && found.mean_iou.is_nan() && found.pixel_accuracy.is_nan());
    assert!(found.frequency_weighted_iou.is_nan());
    let zero = Options { classes: Some(2), absent: Absent::Zero, ..Options::default() };
    assert_eq!((evaluate(&zero, &[]).mean_iou, evaluate(&zero, &[]).pixel_accuracy), (0.0, 0.0));
}

#[test]
fn any_sharing_out_gives_the_same_state() {
    let mut r = Random::keyed(&[7, 1]);
    let options = Options::mmseg(12, 255);
    let images: Vec<Image> = (0..23)
        .map(|_| {
            let size = Size::new(1 + r.below(9) as u32, 1 + r.below(9) as u32);
            let mut ids =
                || (0..size.height * size.width).map(|_| [0, 3, 11, 12, 255][r.below(5) as usize]).collect();
            (size, ids(), ids())
        })
        .collect();
    let new = || Evaluator::new(options.clone()).unwrap();
    let mut whole = new();
    images.iter().for_each(|image| add(&mut whole, image));
    for _ in 0..100 {
        let found = sharded(&mut r, &images, new, add, |one, other| one.merge(other).unwrap());
        assert_eq!(found, whole);
    }
}

#[test]
fn what_does_not_fit_is_refused_by_image_and_changes_nothing() {
    let fresh =
        || Evaluator::new(Options { classes: Some(2), ignore: vec![9], ..Options::default() }).unwrap();
    let mut evaluator = fresh();
    fn map(size: Size, ids: &[u8]) -> LabelMap<'_, u8> {
        LabelMap::try_new(size, ids).unwrap()
    }
    let (wide, high) = (Size::new(1, 2), Size::new(2, 1));
    let e = evaluator.update("cat.png", map(wide, &[0, 1]), map(high, &[0, 1])).unwrap_err();
    assert_eq!((e.kind(), e.place().file_name()), (ErrorKind::Mismatch, Some("cat.png")));
    assert!(e.to_string().contains("1x2") && e.to_string().contains("2x1"), "{e}");
    for (truth, predicted, side) in [([0, 7], [0, 1], "truth"), ([0, 1], [0, 7], "prediction")] {
        let e = evaluator.update("cat.png", map(wide, &truth), map(wide, &predicted)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format);
        assert!(e.to_string().contains(&format!("the {side} has the number 7")), "{e}");
    }
    assert_eq!(evaluator, fresh());
    // Ignored in the truth, no class in a prediction.
    evaluator.update("cat.png", map(wide, &[9, 1]), map(wide, &[1, 1])).unwrap();
    assert!(evaluator.update("cat.png", map(wide, &[1, 1]), map(wide, &[9, 1])).is_err());
    let e = evaluator.merge(Evaluator::new(Options::chainercv()).unwrap()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    let mut growing = Evaluator::new(Options::chainercv()).unwrap();
    let e = growing.update("cat.png", map(wide, &[0, 1]), LabelMap::try_new(wide, &[0u32, 70_000]).unwrap());
    assert_eq!(e.unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(Evaluator::new(Options::mmseg(5000, 255)).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn numbers_are_read_by_their_numbering() {
    let size = Size::new(1, 4);
    let image = (size, vec![0, 1, 2, 2], vec![0, 0, 1, 0]);
    let ade = Options { ignore: vec![0], truth: Numbering::LessOne, classes: Some(2), ..Options::default() };
    let found = evaluate(&ade, std::slice::from_ref(&image));
    assert_eq!(found.confusion.counts(), [1, 0, 1, 1]);
    let cityscapes = Options {
        truth: Numbering::ids([7, 8]),
        predicted: Numbering::ids([7, 8]),
        classes: Some(2),
        outside: Outside::Count,
        ..Options::default()
    };
    let found = evaluate(&cityscapes, &[(size, vec![7, 8, 8, 0], vec![7, 8, 3, 8])]);
    assert_eq!(found.confusion.counts(), [1, 0, 0, 1]);
    assert_eq!((found.predicted_outside, found.truth_outside), (1, 1));
    assert_eq!((found.truth_pixels, found.predicted_pixels), (vec![1, 2], vec![1, 2]));
}

fn write(folder: &Path, name: &str, image: &LabelImage) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, image.encode().unwrap()).unwrap();
}

#[test]
fn folders_are_paired_by_stem_on_any_number_of_threads() {
    let home = tempfile::tempdir().unwrap();
    let (truth, predicted) = (home.path().join("gt"), home.path().join("pred"));
    let (mut r, mut images) = (Random::keyed(&[7, 2]), Vec::new());
    for n in 0..40u32 {
        let size = (3, 4 + n % 5);
        let ids = |r: &mut Random| (0..size.0 * size.1).map(|_| r.below(3) as u8).collect::<Vec<u8>>();
        let (t, p) = (ids(&mut r), ids(&mut r));
        write(
            &truth,
            &format!("city{}/{n}_labelIds.png", n % 3),
            &LabelImage::indexed(size, t.clone(), voc_colormap(3)).unwrap(),
        );
        write(
            &truth,
            &format!("city{}/{n}_colour.png", n % 3),
            &LabelImage::gray8(size, vec![77; t.len()]).unwrap(),
        );
        // Predictions as gray values of two depths.
        let deep = p.iter().map(|id| u16::from(*id)).collect();
        let label =
            if n % 2 == 0 { LabelImage::gray8(size, p.clone()) } else { LabelImage::gray16(size, deep) };
        write(&predicted, &format!("{n}_pred.PNG"), &label.unwrap());
        let wide = |ids: Vec<u8>| ids.into_iter().map(u32::from).collect();
        images.push((Size::new(size.0, size.1), wide(t), wide(p)));
    }
    let options = Options { classes: Some(3), ..Options::default() };
    let pairing =
        Pairing { truth_end: "_labelIds".into(), predicted_end: "_pred".into(), ..Pairing::default() };
    let want = evaluate(&options, &images);
    for threads in [1, 3] {
        let job = Job::new().threads(threads);
        let found = folders_paired(&truth, &predicted, &pairing, &options, &job).unwrap();
        assert_eq!(found.scores, want);
        assert!(found.truth_only.is_empty() && found.predicted_only.is_empty());
    }
    // One stem twice, and a prediction that is not there.
    let e = folders(&truth, &predicted, &options, &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    std::fs::rename(predicted.join("7_pred.PNG"), predicted.join("seven_pred.png")).unwrap();
    let e = folders_paired(&truth, &predicted, &pairing, &options, &Job::new()).unwrap_err();
    assert!(e.to_string().contains("1 of 40 images have no prediction: '7'"), "{e}");
    let job = Job::new();
    let partial = Pairing { partial: true, ..pairing };
    let found = folders_paired(&truth, &predicted, &partial, &options, &job).unwrap();
    assert_eq!(
        (found.truth_only, found.predicted_only, found.scores.images),
        (vec!["7".into()], vec!["seven".into()], 39)
    );
    assert_eq!(
        (job.warnings().count("semantic.no-prediction"), job.warnings().count("semantic.no-truth")),
        (1, 1)
    );
    std::fs::copy(truth.join("city0/0_labelIds.png"), truth.join("city1/0_labelIds.png")).unwrap();
    let e = folders_paired(&truth, &predicted, &partial, &options, &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Usage);
}

#[test]
fn coloured_maps_are_read_by_their_colours() {
    let home = tempfile::tempdir().unwrap();
    let colours = voc_colormap(3);
    let ids = [0usize, 1, 2, 2];
    write(
        &home.path().join("gt"),
        "a.png",
        &LabelImage::rgb((2, 2), ids.map(|id| colours[id]).to_vec()).unwrap(),
    );
    write(&home.path().join("pred"), "a.png", &LabelImage::gray8((2, 2), vec![0, 1, 2, 1]).unwrap());
    let options = Options { classes: Some(3), truth: Numbering::colours(&colours), ..Options::default() };
    let found = folders(&home.path().join("gt"), &home.path().join("pred"), &options, &Job::new()).unwrap();
    assert_eq!(found.scores.confusion.counts(), [1, 0, 0, 0, 1, 0, 0, 1, 1]);
}

#[test]
fn rows_of_two_datasets_are_compared() {
    let png = |ids: Vec<u8>| {
        let bytes = LabelImage::gray8((1, 3), ids).unwrap().encode().unwrap();
        Value::Record(vec![("bytes".to_owned(), Value::from(bytes)), ("path".to_owned(), Value::Null)].into())
    };
    let truth = vec![png(vec![0, 1, 1]), png(vec![1, 1, 1])];
    let predicted = vec![png(vec![1, 1, 0]), Value::Null, png(vec![0, 1, 0])];
    let truth = Dataset::zip([("label_map", truth)]).unwrap();
    let predicted = Dataset::zip([("net.label_map", predicted)]).unwrap();
    let options = Options { classes: Some(2), ..Options::default() };
    let (truth, predicted) =
        (Maps { dataset: &truth, key: "label_map" }, Maps { dataset: &predicted, key: "net.label_map" });
    let found = rows(truth, predicted, &[(0, 2), (1, 0)], &options, &Job::new()).unwrap();
    assert_eq!(found.confusion.counts(), [1, 0, 2, 3]);
    let e = rows(truth, predicted, &[(0, 1)], &options, &Job::new()).unwrap_err();
    assert_eq!((e.kind(), e.place().row_number()), (ErrorKind::NotFound, Some(1)));
}
