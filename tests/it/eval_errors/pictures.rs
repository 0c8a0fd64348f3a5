//! Pictures of images: what was found, what was wrong and what was missed can be told by its colour.

use lensframe::convert::{self, ImportOptions};
use lensframe::eval::coco::Kind;
use lensframe::eval::errors::{Pictures, Rank, Ranking};
use lensframe::eval::read::{Wanted, coco_results, coco_truth};
use lensframe::eval::{Matching, join};
use lensframe::image::{Channels, Decode, Encoding, Pixels, decode, encode};
use lensframe::job::Job;
use serde_json::json;

/// A mean colour of a few pixels around a place.
fn colour(pixels: &Pixels, row: u32, column: u32) -> [i32; 3] {
    let at = (row.saturating_sub(1)..row + 2)
        .flat_map(|r| (column.saturating_sub(1)..column + 2).map(move |c| (r, c)));
    let near: Vec<&[u8]> = at.map(|(r, c)| pixels.pixel(r, c)).collect();
    [0, 1, 2].map(|n| near.iter().map(|pixel| i32::from(pixel[n])).sum::<i32>() / near.len() as i32)
}

#[test]
fn hits_are_green_false_detections_red_and_misses_yellow() {
    let folder = tempfile::tempdir().unwrap();
    let (gt, dt) = (folder.path().join("instances.json"), folder.path().join("dt.json"));
    std::fs::create_dir_all(folder.path().join("images")).unwrap();
    let photograph = Pixels::filled((600, 960), Channels::Rgb, [120; 3]).unwrap();
    for name in ["a.png", "b.png"] {
        std::fs::write(folder.path().join("images").join(name), encode(&photograph, Encoding::Png).unwrap())
            .unwrap();
    }
    let truth = |id: i64, image: i64, bbox: [f64; 4]| {
        let [x, y, w, h] = bbox;
        json!({"id": id, "image_id": image, "category_id": 1, "bbox": bbox, "area": w * h, "iscrowd": 0,
            "segmentation": [[x, y, x + w, y, x + w, y + h, x, y + h]]})
    };
    let found = |image: i64, bbox: [f64; 4], score: f64| json!({"image_id": image, "category_id": 1, "bbox": bbox, "score": score});
    let (hit, wrong, missed) =
        ([100.0, 200.0, 200.0, 200.0], [400.0, 200.0, 200.0, 200.0], [700.0, 200.0, 200.0, 200.0]);
    let file = json!({
        "images": [{"id": 1, "file_name": "a.png", "height": 600, "width": 960}, {"id": 2, "file_name": "b.png", "height": 600, "width": 960}],
        "annotations": [truth(1, 1, hit), truth(2, 1, missed), truth(3, 2, hit)],
        "categories": [{"id": 1, "name": "square", "supercategory": "shape"}],
    });
    std::fs::write(&gt, file.to_string()).unwrap();
    let results =
        json!([found(1, hit, 0.9), found(1, wrong, 0.8), found(2, hit, 0.8), found(2, missed, 0.1)]);
    std::fs::write(&dt, results.to_string()).unwrap();
    let wanted = Wanted::by(&Kind::Bbox);
    let sides = (coco_truth(&gt, &wanted).unwrap(), coco_results(&dt, &wanted).unwrap());
    let comparison = join(sides.0, sides.1, &Matching::default()).unwrap();
    let job = Job::new();
    let opened = convert::open(folder.path(), &ImportOptions::default(), &job).unwrap();
    let ds = opened.store().dataset();
    let ranking = Ranking::of(&comparison, &Kind::Bbox, Rank::F1, &job).unwrap();
    assert_eq!((ranking.cut, ranking.images[0].image), (0.8, 0));
    let pictures = Pictures::new(Kind::Bbox).of(&comparison, &ranking, ranking.worst(1), &ds, &job).unwrap();
    let [picture] = pictures.as_slice() else { panic!("{} pictures", pictures.len()) };
    assert_eq!(picture.media_type(), Some("image/jpeg"));
    assert!(picture.bytes.len() < 40_000, "{} bytes", picture.bytes.len());
    assert!(picture.caption.starts_with("a.png: 1 found"), "{}", picture.caption);
    assert_eq!(picture.figure.as_ref().and_then(|figure| figure.value), Some(0.5));
    let pixels = decode(&picture.bytes, &Decode::default()).unwrap().pixels;
    assert_eq!(pixels.size(), (300, 480));
    // The lower edges of the boxes, at half their size.
    let [green, red, yellow] = [hit, wrong, missed]
        .map(|[x, y, w, h]| colour(&pixels, ((y + h) / 2.0) as u32, ((x + w / 2.0) / 2.0) as u32));
    assert!(green[1] > green[0] + 30 && green[1] > green[2] + 20, "{green:?}");
    assert!(red[0] > red[1] + 30 && red[0] > red[2] + 30, "{red:?}");
    assert!(yellow[0] > yellow[2] + 30 && yellow[1] > yellow[2] + 20, "{yellow:?}");
    // Below the cut nothing is drawn.
    let best = Pictures::new(Kind::Bbox).of(&comparison, &ranking, ranking.best(1), &ds, &job).unwrap();
    let pixels = decode(&best[0].bytes, &Decode::default()).unwrap().pixels;
    let plain = colour(&pixels, 200, 400);
    assert!(plain.iter().all(|v| (v - 120).abs() < 8), "{plain:?}");
}
