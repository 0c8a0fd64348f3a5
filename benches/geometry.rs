//! Masks and boxes: strings, merges, overlaps, the rasteriser, pixels. `cargo bench --bench geometry`.
//!
//! Scenes are drawn by arithmetic, so that every run measures the same: rings of a person's size in a
//! 640×480 photograph, as COCO has them.

use divan::{Bencher, black_box, counter::BytesCount, counter::ItemsCount};
use lensframe::geometry::rle::text;
use lensframe::geometry::{Ring, Rle, Size, coco_iou_matrix, coco_mask_iou_matrix, rasterize};

const PHOTO: Size = Size::new(480, 640);

fn main() {
    divan::main();
}

/// A wobbly outline with this many corners around (cx, cy).
fn outline(corners: u32, cx: f64, cy: f64, radius: f64) -> Vec<f64> {
    (0..corners)
        .flat_map(|i| {
            let turn = f64::from(i) / f64::from(corners) * std::f64::consts::TAU;
            let r = radius * (1.0 + 0.2 * (turn * 5.0).sin() + 0.1 * (turn * 17.0).cos());
            [((cx + r * turn.cos()) * 100.0).round() / 100.0, ((cy + r * turn.sin()) * 100.0).round() / 100.0]
        })
        .collect()
}

/// Masks spread over the photograph.
fn masks(n: u32) -> Vec<Rle> {
    (0..n)
        .map(|i| {
            let (cx, cy) = (f64::from(i * 97 % 640), f64::from(i * 61 % 480));
            Rle::from_polygons(PHOTO, &[outline(40, cx, cy, 60.0)]).unwrap_or_default()
        })
        .collect()
}

#[divan::bench(args = [20.0, 80.0, 200.0])]
fn raster_polygon_of_40_corners(bencher: Bencher, radius: f64) {
    let flat = outline(40, 320.0, 240.0, radius);
    bencher
        .counter(ItemsCount::new(1u32))
        .bench(|| Ring::try_new(black_box(&flat)).and_then(|ring| rasterize(PHOTO, &[ring])));
}

#[divan::bench]
fn raster_polygon_that_reaches_1e9(bencher: Bencher) {
    let flat = [-1e9, -1e9, 1e9, -9e8, 1e9, 1e9, -9e8, 1e9];
    bencher.bench(|| Ring::try_new(black_box(&flat)).and_then(|ring| rasterize(PHOTO, &[ring])));
}

#[divan::bench]
fn string_to_runs(bencher: Bencher) {
    let strings: Vec<String> = masks(100).iter().map(Rle::to_coco_string).collect();
    let bytes: usize = strings.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        strings.iter().map(|s| text::parse(black_box(s.as_bytes())).map_or(0, |r| r.len())).sum::<usize>()
    });
}

#[divan::bench]
fn runs_to_string(bencher: Bencher) {
    let masks = masks(100);
    let bytes: usize = masks.iter().map(|m| m.to_coco_string().len()).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| masks.iter().map(|m| black_box(m).to_coco_string().len()).sum::<usize>());
}

#[divan::bench]
fn union_of_two(bencher: Bencher) {
    let masks = masks(2);
    bencher.bench(|| black_box(&masks[0]).union(&masks[1]));
}

#[divan::bench]
fn mask_iou_30_by_30(bencher: Bencher) {
    let masks = masks(60);
    let (found, truth) = masks.split_at(30);
    bencher
        .counter(ItemsCount::new(900u32))
        .bench(|| coco_mask_iou_matrix(black_box(found), truth, &[false; 30]));
}

#[divan::bench]
fn box_iou_100_by_100(bencher: Bencher) {
    let boxes: Vec<[f64; 4]> = masks(100).iter().map(|m| m.bbox().to_array()).collect();
    bencher
        .counter(ItemsCount::new(10_000u32))
        .bench(|| coco_iou_matrix(black_box(&boxes), &boxes, &[false; 100]));
}

#[divan::bench]
fn runs_to_pixels(bencher: Bencher) {
    let mask = &masks(3)[2];
    bencher.counter(BytesCount::new(PHOTO.pixels())).bench(|| black_box(mask).to_pixels());
}

#[divan::bench]
fn pixels_to_runs(bencher: Bencher) {
    let pixels = masks(3)[2].to_pixels().unwrap_or_default();
    bencher.counter(BytesCount::new(PHOTO.pixels())).bench(|| Rle::from_pixels(PHOTO, black_box(&pixels)));
}

#[divan::bench]
fn columns_to_runs(bencher: Bencher) {
    let columns = masks(3)[2].to_columns().unwrap_or_default();
    bencher.counter(BytesCount::new(PHOTO.pixels())).bench(|| Rle::from_columns(PHOTO, black_box(&columns)));
}

#[divan::bench]
fn runs_to_columns(bencher: Bencher) {
    let mask = &masks(3)[2];
    bencher.counter(BytesCount::new(PHOTO.pixels())).bench(|| black_box(mask).to_columns());
}
