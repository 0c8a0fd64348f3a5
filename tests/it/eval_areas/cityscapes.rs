//! Instance AP of Cityscapes: the tool's answers, folders in its form, and sharding.

use std::path::Path;

use lensframe::error::ErrorKind;
use lensframe::eval::cityscapes::{Evaluator, Options, Prediction, Scores, folders};
use lensframe::geometry::{LabelMap, Rle, Size};
use lensframe::image::LabelImage;
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::Value as Json;

use super::{recorded, sharded};

struct Image {
    size: Size,
    ids: Vec<u16>,
    found: Vec<(u32, f64, Rle)>,
}

fn paint(size: Size, into: &mut [u16], number: u16, rectangle: &[u64]) {
    let [y0, x0, y1, x1] = rectangle.try_into().unwrap();
    for y in y0..y1.min(u64::from(size.height)) {
        for x in x0..x1.min(u64::from(size.width)) {
            into[(y * u64::from(size.width) + x) as usize] = number;
        }
    }
}

fn numbers(list: &Json) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
}

fn image(case: &Json) -> Image {
    let size = numbers(&case["size"]);
    let size = Size::new(size[0] as u32, size[1] as u32);
    let blank = vec![0u16; (size.height * size.width) as usize];
    let mut ids = blank.clone();
    for one in case["truth"].as_array().unwrap() {
        let one = numbers(one);
        paint(size, &mut ids, one[0] as u16, &one[1..]);
    }
    let found = case["predictions"].as_array().unwrap().iter().map(|prediction| {
        let mut pixels = blank.clone();
        let mask = prediction["mask"].as_array().unwrap();
        mask.iter().for_each(|rectangle| paint(size, &mut pixels, 255, &numbers(rectangle)));
        let bytes: Vec<u8> = pixels.iter().map(|pixel| *pixel as u8).collect();
        let class = prediction["class"].as_u64().unwrap() as u32;
        (class, prediction["score"].as_f64().unwrap(), Rle::from_pixels(size, &bytes).unwrap())
    });
    Image { size, found: found.collect(), ids }
}

fn add(evaluator: &mut Evaluator, (position, image): &(u64, Image)) {
    let list: Vec<Prediction<'_>> = image
        .found
        .iter()
        .map(|(class, score, mask)| Prediction { class: *class, score: *score, mask })
        .collect();
    evaluator.update(*position, "x", LabelMap::try_new(image.size, &image.ids).unwrap(), &list).unwrap();
}

fn evaluate(images: &[(u64, Image)]) -> Scores {
    let mut evaluator = Evaluator::new(Options::cityscapes()).unwrap();
    images.iter().for_each(|image| add(&mut evaluator, image));
    evaluator.finish()
}

fn images(case: &Json) -> Vec<(u64, Image)> {
    (0..).zip(case["images"].as_array().unwrap().iter().map(image)).collect()
}

/// Equal but for the order in which a dot product is added up; null is NaN.
#[track_caller]
fn near(found: f64, want: &Json) {
    match want.as_f64() {
        Some(want) => assert!((found - want).abs() <= 4e-16, "{found} is not {want}"),
        None => assert!(found.is_nan(), "{found} where there is no number"),
    }
}

#[test]
fn scores_are_those_of_the_tool() {
    let (mut numbers, mut failed) = (0, 0);
    for case in &recorded("eval_cityscapes.json") {
        let (found, answer) = (evaluate(&images(case)), &case["answer"]);
        if answer == "fails" {
            // All predictions forgiven and no object found: no curve there, and nothing right here.
            assert_eq!((found.ap, found.ap50), (0.0, 0.0));
            failed += 1;
            continue;
        }
        let overlaps: Vec<f64> =
            answer["overlaps"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect();
        assert_eq!(found.overlaps, overlaps);
        for (class, row) in found.by_overlap.iter().zip(answer["by_overlap"].as_array().unwrap()) {
            for (ap, want) in class.iter().zip(row.as_array().unwrap()) {
                near(*ap, want);
                numbers += usize::from(*ap > 0.0 && *ap < 1.0);
            }
        }
        near(found.ap, &answer["ap"]);
        near(found.ap50, &answer["ap50"]);
        for at in 0..8 {
            near(found.class_ap[at], &answer["class_ap"][at]);
            near(found.class_ap50[at], &answer["class_ap50"][at]);
        }
    }
    assert!(numbers > 100 && failed == 1, "{numbers} numbers strictly between 0 and 1, {failed} failed");
}

#[test]
fn any_sharing_out_gives_the_same_state() {
    let cases = recorded("eval_cityscapes.json");
    let all: Vec<(u64, Image)> = (0..).zip(cases.iter().flat_map(images).map(|(_, image)| image)).collect();
    let new = || Evaluator::new(Options::cityscapes()).unwrap();
    let mut whole = new();
    all.iter().for_each(|image| add(&mut whole, image));
    let mut r = Random::keyed(&[9, 1]);
    for _ in 0..100 {
        let found = sharded(&mut r, &all, new, add, |one, other| one.merge(other).unwrap());
        assert_eq!(found, whole);
    }
    let again = whole.clone();
    assert_eq!(whole.merge(again).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn what_does_not_fit_is_refused_by_image() {
    let size = Size::new(2, 2);
    let (mask, other) = (Rle::full(size).unwrap(), Rle::full(Size::new(1, 4)).unwrap());
    let mut evaluator = Evaluator::new(Options::cityscapes()).unwrap();
    let ids = [26_001u16; 4];
    let mut refused = |score, mask| {
        let truth = LabelMap::try_new(size, &ids).unwrap();
        let e =
            evaluator.update(0, "frankfurt", truth, &[Prediction { class: 26, score, mask }]).unwrap_err();
        assert_eq!(e.place().file_name(), Some("frankfurt"));
        e.kind()
    };
    assert_eq!(refused(0.5, &other), ErrorKind::Mismatch);
    assert_eq!(refused(f64::NAN, &mask), ErrorKind::Format);
    assert_eq!(evaluator.finish().images, 0);
    let low = Options { overlaps: vec![0.4], ..Options::cityscapes() };
    assert_eq!(Evaluator::new(low).unwrap_err().kind(), ErrorKind::Usage);
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn folders_in_the_official_form_give_the_same_scores() {
    let cases = recorded("eval_cityscapes.json");
    let images = images(&cases[5]);
    let home = tempfile::tempdir().unwrap();
    let (truth, results) = (home.path().join("gt"), home.path().join("results"));
    for (n, image) in &images {
        let size = (image.size.height, image.size.width);
        let png = LabelImage::gray16(size, image.ids.clone()).unwrap().encode().unwrap();
        put(&truth.join(format!("val/city/city_{n:06}_000019_gtFine_instanceIds.png")), &png);
        let mut text = String::new();
        for (m, (class, score, mask)) in image.found.iter().enumerate() {
            let pixels = mask.to_pixels().unwrap();
            let label = match m % 3 {
                0 => LabelImage::gray8(size, pixels.iter().map(|p| p * 255).collect()),
                1 => LabelImage::indexed(size, pixels, vec![[0; 3], [255; 3]]),
                _ => LabelImage::rgb(size, pixels.iter().map(|p| [p * 9; 3]).collect()),
            };
            put(&results.join(format!("masks/{n}_{m}.png")), &label.unwrap().encode().unwrap());
            text += &format!("../masks/{n}_{m}.png {class} {score:?}\n");
        }
        put(&results.join(format!("texts/city_{n:06}_000019_pred.txt")), text.as_bytes());
    }
    let options = Options::cityscapes();
    for threads in [1, 3] {
        let found = folders(&truth, &results, &options, &Job::new().threads(threads)).unwrap();
        assert_eq!(format!("{found:?}"), format!("{:?}", evaluate(&images)));
    }
    let refused = |text: &str| {
        let path = results.join("texts/city_000000_000019_pred.txt");
        put(&path, text.as_bytes());
        folders(&truth, &results, &options, &Job::new()).unwrap_err()
    };
    let e = refused("\u{20}../masks/0_0.png 26 0.5\n");
    assert_eq!((e.kind(), e.place().line_number()), (ErrorKind::Format, Some(1)));
    assert_eq!(refused("../masks/0_0.png 26 0.5\n../../../x.png 26 0.5\n").place().line_number(), Some(2));
    assert_eq!(refused("../masks/0_0.png car 0.5\n").kind(), ErrorKind::Format);
    assert_eq!(refused("../masks/none.png 26 0.5\n").kind(), ErrorKind::NotFound);
    std::fs::remove_file(results.join("texts/city_000000_000019_pred.txt")).unwrap();
    let e = folders(&truth, &results, &options, &Job::new()).unwrap_err();
    assert!(e.to_string().contains("no result for the image city_000000_000019"), "{e}");
}
