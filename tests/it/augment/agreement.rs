//! Transform, redraw, compare: after every operation the pixels of an object are where its mask, box and points say.
//!
//! A picture is painted from the mask of one object: white where the object is, black elsewhere. The operation moves
//! picture and mask each in its own way; painted again, they have to be the same, up to the pixels of the outline where
//! pixels are mixed.

use arrow_array::Array;
use lensframe::augment::{Flow, Picture, Sample, Shape};
use lensframe::geometry::{Keypoint, Rle, Size};
use lensframe::image::{Channels, Pixels};

use super::{sample, scenes, step};

/// Every operation that moves pixels, with parameters that move them much.
pub(super) const MOVING: &[&str] = &[
    r#"{"op": "resize", "size": [77, 51]}"#,
    r#"{"op": "resize", "size": [40, 60], "antialias": true}"#,
    r#"{"op": "resize", "size": [150, 130], "method": "bicubic"}"#,
    r#"{"op": "resize_short", "size": 50}"#,
    r#"{"op": "resize_short", "size": 90, "longer": true, "at_most": 64}"#,
    r#"{"op": "resize_contain", "size": [64, 96]}"#,
    r#"{"op": "resize_contain", "size": 160, "enlarge": true, "round": true}"#,
    r#"{"op": "rescale", "scales": [[133, 80], [100, 60]], "among": "range"}"#,
    r#"{"op": "center_crop", "size": [40, 50]}"#,
    r#"{"op": "crop", "size": [40, 50], "at": [1, 0.3]}"#,
    r#"{"op": "each", "of": [[{"op": "crop", "size": 50, "at": [0, 1]}, {"op": "flip", "x": true}]]}"#,
    r#"{"op": "random_crop", "size": [48, 56]}"#,
    r#"{"op": "random_crop", "share": [0.5, 0.6]}"#,
    r#"{"op": "random_resized_crop", "size": [64, 80]}"#,
    r#"{"op": "random_sized_crop", "scale": [0.3, 1.0]}"#,
    r#"{"op": "min_iou_crop"}"#,
    r#"{"op": "pad", "multiple": 64}"#,
    r#"{"op": "pad", "size": 160, "center": true}"#,
    r#"{"op": "pad", "square": true}"#,
    r#"{"op": "pad", "sides": [3, 20, 11, 0]}"#,
    r#"{"op": "rescale", "scales": [[100, 60]], "multiple": 32}"#,
    r#"{"op": "expand"}"#,
    r#"{"op": "flip", "x": true, "y": true}"#,
    r#"{"op": "random_flip", "x": 0.5, "y": 0.5}"#,
    r#"{"op": "random_turn"}"#,
    r#"{"op": "rotate", "angle": [-40, 40]}"#,
    r#"{"op": "rotate", "angle": [15, 75], "expand": true}"#,
    r#"{"op": "shear", "x": [-0.3, 0.3], "y": [-0.2, 0.2]}"#,
    r#"{"op": "translate", "x": [-20, 20], "y": [-15, 15]}"#,
    r#"{"op": "random_affine", "fill": [0, 0, 0], "min_side": 0, "min_area": 0}"#,
    r#"{"op": "random_affine", "fill": [0, 0, 0], "min_side": 0, "min_area": 0, "corner": true}"#,
    r#"{"op": "resize", "size": [61, 90], "method": "random"}"#,
    r#"{"op": "rescale", "factor": [0.5, 0.75], "keep_ratio": false, "method": ["area", "bicubic"]}"#,
    r#"{"op": "random_crop", "range": [40, 60]}"#,
    r#"{"op": "random_crop", "share": [0.5, 0.6], "exact": true, "clip": false}"#,
    r#"{"op": "constrained_crop", "inside": "part"}"#,
    r#"{"op": "random_center_crop_pad", "size": [60, 90], "border": 20}"#,
    r#"{"op": "random_flip", "x": 0.3, "y": 0.3, "both": 0.3, "exclusive": true}"#,
    r#"{"op": "rotate", "angle": [20, 30], "negative": 0.5}"#,
    r#"{"op": "shear", "x": [0.1, 0.3], "negative": 0.5}"#,
    r#"{"op": "translate", "x": [0.1, 0.2], "relative": true, "whole": true, "negative": 0.5}"#,
    r#"{"op": "random_shift", "most": 25}"#,
    r#"{"op": "auto_augment", "policies": [[{"op": "rotate", "angle": [-40, 40]}],
        [{"op": "flip", "x": true}, {"op": "resize_short", "size": 50, "p": 0.5}], []]}"#,
];

fn painted(mask: &Rle) -> Pixels {
    let size = mask.size();
    let bytes = mask.to_pixels().unwrap().into_iter().flat_map(|inside| [inside * 255; 3]).collect();
    Pixels::new((size.height, size.width), Channels::Rgb, bytes).unwrap()
}

/// What of a picture is white.
fn white(sample: &mut Sample) -> Rle {
    let size = sample.size();
    let pixels = sample.pixels().unwrap().unwrap();
    let bytes: Vec<u8> = pixels.data().chunks_exact(3).map(|pixel| u8::from(pixel[0] >= 128)).collect();
    Rle::from_pixels(size, &bytes).unwrap()
}

/// The middle of a mask's pixels.
fn centre(mask: &Rle) -> [f64; 2] {
    let size = mask.size();
    let pixels = mask.to_pixels().unwrap();
    let (mut x, mut y, mut n) = (0.0, 0.0, 0.0);
    for (at, _) in pixels.iter().enumerate().filter(|(_, inside)| **inside != 0) {
        let (row, column) = (at as u32 / size.width, at as u32 % size.width);
        (x, y, n) = (x + f64::from(column) + 0.5, y + f64::from(row) + 0.5, n + 1.0);
    }
    [x / n, y / n]
}

#[test]
fn pixels_masks_boxes_and_points_stay_in_agreement_under_every_operation() {
    let ds = scenes(8);
    let mut compared = 0;
    for json in MOVING {
        let pipeline = step(json);
        for row in 0..ds.len() {
            let whole = sample(&ds, row);
            let shapes = whole.objects.shapes.clone().unwrap();
            for (object, shape) in shapes.iter().enumerate().step_by(2) {
                let Some(shape) = shape else { continue };
                let mask = shape.mask(whole.size()).unwrap();
                if mask.area() < 150 {
                    continue;
                }
                for as_polygon in [true, false] {
                    if !as_polygon && !matches!(shape, Shape::Polygons(_)) {
                        continue;
                    }
                    let mut alone = Sample::of_picture(Picture::of_pixels(painted(&mask)));
                    alone.objects = whole.objects.clone();
                    let flags: Vec<bool> = (0..shapes.len()).map(|at| at == object).collect();
                    alone.objects.retain(&flags);
                    let own = if as_polygon { shape.clone() } else { Shape::Mask(mask.clone()) };
                    alone.objects.shapes = Some(vec![Some(own)]);
                    let bounds = mask.bbox();
                    alone.objects.bbox = Some(vec![bounds.to_array()]);
                    alone.objects.rbox = None;
                    let [x, y] = centre(&mask);
                    alone.objects.points = Some(vec![vec![Keypoint { x, y, visibility: 2 }]]);
                    let key = [3, 0, (row * 100 + object) as u64];
                    if pipeline.run(&mut alone, key, None).unwrap() != Flow::On {
                        continue;
                    }
                    compared += compare(json, &mut alone);
                }
            }
        }
    }
    assert!(compared > 300, "only {compared} objects were compared");
}

/// Holds the pixels of a sample's one object against its mask, box and point; 1 if there was something to hold.
fn compare(json: &str, sample: &mut Sample) -> usize {
    let size = sample.size();
    let found = white(sample);
    if sample.objects.is_empty() {
        // Outside, up to the pixels of an outline.
        assert!(found.area() <= 2 * (size.height + size.width), "{json}: pixels of an object that is gone");
        return 0;
    }
    let shape = sample.objects.shapes.as_ref().unwrap()[0].clone().unwrap();
    let mask = shape.mask(size).unwrap();
    if found.area() < 60 {
        return 0;
    }
    // An outline has about as many pixels as four times the root of the area; thin shapes have more.
    let off = found.area().abs_diff(0) + mask.area() - 2 * found.intersection(&mask).unwrap().area();
    let outline = 12.0 * f64::from(found.area()).sqrt();
    assert!(f64::from(off) <= outline, "{json}: {off} pixels of {} are elsewhere in {size}", found.area());
    let [x, y, w, h] = sample.objects.bbox.as_ref().unwrap()[0];
    let bounds = found.bbox();
    let edge = |at: f64, all: u32| at <= 0.0 || at >= f64::from(all);
    let cut =
        edge(x, size.width) || edge(y, size.height) || edge(x + w, size.width) || edge(y + h, size.height);
    let turned = ["rotate", "shear", "affine"].iter().any(|name| json.contains(name));
    // The box around a turned box is larger than what is in it, and so is what is left of a box.
    let slack = if turned || cut { f64::INFINITY } else { 3.0 };
    let inside = [bounds.x() - x, bounds.y() - y, x + w - bounds.right(), y + h - bounds.bottom()];
    for side in inside {
        assert!(side >= -2.5 && side <= slack, "{json}: box {:?} and pixels {bounds:?}", [x, y, w, h]);
    }
    // The middle of what is whole goes with it.
    let touches = bounds.x() <= 0.0
        || bounds.y() <= 0.0
        || bounds.right() >= f64::from(size.width)
        || bounds.bottom() >= f64::from(size.height);
    let point = sample.objects.points.as_ref().unwrap()[0][0];
    if !touches && point.visibility > 0 {
        let [cx, cy] = centre(&found);
        assert!(
            (cx - point.x).abs() < 1.5 && (cy - point.y).abs() < 1.5,
            "{json}: {point:?}, middle {cx}, {cy}"
        );
    }
    1
}

#[test]
fn label_maps_move_as_masks_do() {
    let ds = scenes(4);
    for json in MOVING {
        let pipeline = step(json);
        for row in 0..ds.len() {
            let mut own = sample(&ds, row);
            let maps = own.maps().to_vec();
            assert!(!maps.is_empty(), "scenes have label maps");
            // The map as the picture: what is drawn has to go where the numbers go.
            let size = own.size();
            let label = maps[0].1.iter().copied().max().unwrap();
            let bytes: Vec<u8> = maps[0].1.iter().flat_map(|id| [u8::from(*id == label) * 255; 3]).collect();
            let picture = Pixels::new((size.height, size.width), Channels::Rgb, bytes).unwrap();
            own.replace_pixels(picture).unwrap();
            pipeline.run(&mut own, [9, 1, row as u64], None).unwrap();
            let size = own.size();
            let bytes: Vec<u8> = own.maps()[0].1.iter().map(|id| u8::from(*id == label)).collect();
            assert_eq!(bytes.len() as u64, size.pixels());
            let ids = Rle::from_pixels(size, &bytes).unwrap();
            let found = white(&mut own);
            let off = found.area() + ids.area() - 2 * found.intersection(&ids).unwrap().area();
            let outline = 60.0 + 16.0 * f64::from(found.area()).sqrt();
            assert!(f64::from(off) <= outline, "{json}, row {row}: {off} of {} are elsewhere", found.area());
        }
    }
}

#[test]
fn motion_says_where_points_came_from() {
    let ds = scenes(3);
    for json in MOVING {
        for row in 0..ds.len() {
            let mut own = sample(&ds, row);
            let size = own.size();
            let far = Size::new(size.height, size.width);
            let place =
                Keypoint { x: f64::from(far.width) * 0.4, y: f64::from(far.height) * 0.6, visibility: 2 };
            own.objects.points = Some(vec![vec![place]; own.objects.len()]);
            step(json).run(&mut own, [1, 2, row as u64], None).unwrap();
            let [x, y] = own.motion().unwrap().point([place.x, place.y]);
            for point in own.objects.points.iter().flatten().flatten().filter(|point| point.is_labelled()) {
                assert!(
                    (point.x - x).abs() < 1e-6 && (point.y - y).abs() < 1e-6,
                    "{json}: {point:?} {x} {y}"
                );
            }
        }
    }
}

/// Every operation that changes colours alone.
pub(super) const COLOURS: &[&str] = &[
    r#"{"op": "color_jitter", "brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "hue": 0.2}"#,
    r#"{"op": "photometric_distortion"}"#,
    r#"{"op": "photometric_distortion", "levels": true}"#,
    r#"{"op": "hsv_jitter"}"#,
    r#"{"op": "hsv_jitter", "deltas": [0.015, 0.7, 0.4], "rule": "ultralytics"}"#,
    r#"{"op": "lighting"}"#,
    r#"{"op": "tone", "change": "posterize", "value": [3, 3]}"#,
    r#"{"op": "tone", "change": "equalize"}"#,
    r#"{"op": "tone", "change": "sharpness", "value": [0, 2], "pillow": true}"#,
    r#"{"op": "blur"}"#,
    r#"{"op": "blur", "kind": "motion", "radius": [2, 5]}"#,
    r#"{"op": "corrupt", "corruption": "frost", "severity": 3}"#,
    r#"{"op": "cut_out", "holes": [2, 2], "shape": [12, 9]}"#,
    r#"{"op": "random_erasing", "fill": null}"#,
    r#"{"op": "cut_out", "holes": [1, 3], "ratio": [[0.1, 0.2], [0.3, 0.1]], "corner": true}"#,
];

#[test]
fn colours_change_and_nothing_moves() {
    let ds = scenes(3);
    for json in COLOURS {
        let mut changed = 0;
        for row in 0..ds.len() {
            let (mut own, mut again) = (sample(&ds, row), sample(&ds, row));
            let before = own.objects.clone();
            let pixels = own.pixels().unwrap().unwrap().clone();
            step(json).run(&mut own, [1, 0, row as u64], None).unwrap();
            step(json).run(&mut again, [1, 0, row as u64], None).unwrap();
            assert!(own.objects.bbox == before.bbox && own.objects.shapes == before.shapes, "{json}");
            assert!(own.pixels().unwrap() == again.pixels().unwrap(), "{json} draws the same twice");
            changed += usize::from(*own.pixels().unwrap().unwrap() != pixels);
        }
        assert!(changed > 0, "{json} changes nothing");
    }
}

/// A view's rows, to be mixed in.
struct View(lensframe::dataset::Dataset);

impl lensframe::augment::Partners for View {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn sample(&self, row: u64) -> lensframe::error::Result<Sample> {
        Ok(sample(&self.0, row as usize))
    }
}

#[test]
fn pictures_that_are_mixed_keep_their_objects_where_they_are() {
    let view = View(scenes(8));
    for json in [r#"{"op": "mosaic", "size": [80, 100]}"#, r#"{"op": "mix_up", "size": [80, 100]}"#] {
        for row in 0..view.0.len() {
            let mut own = sample(&view.0, row);
            let (before, size) = (own.objects.len(), own.size());
            step(json).run(&mut own, [6, 0, row as u64], Some(&view)).unwrap();
            let after = own.size();
            assert_eq!(after, if json.contains("mosaic") { Size::new(160, 200) } else { size });
            assert!(own.objects.len() + 4 >= before, "{json}");
            let labels = own.objects.column("label").unwrap().unwrap();
            assert_eq!(labels.len(), own.objects.len());
            let boxes = own.objects.bbox.clone().unwrap();
            let shapes = own.objects.shapes.clone().unwrap();
            for (bbox, shape) in boxes.iter().zip(&shapes) {
                let [x, y, w, h] = *bbox;
                let inside =
                    x >= 0.0 && y >= 0.0 && x + w <= after.width.into() && y + h <= after.height.into();
                assert!(inside && w > 0.0 && h > 0.0, "{json}: {bbox:?} in {after}");
                let Some(shape) = shape else { continue };
                let mask = shape.mask(after).unwrap();
                let bounds = mask.bbox();
                if mask.area() > 30 {
                    let off =
                        [bounds.x() - x, bounds.y() - y, x + w - bounds.right(), y + h - bounds.bottom()];
                    assert!(off.iter().all(|side| *side > -4.0), "{json}: {bbox:?} {bounds:?}");
                }
            }
        }
        let alone = step(json).run(&mut sample(&view.0, 0), [6, 0, 0], None).unwrap_err();
        assert!(alone.to_string().contains("no others to draw from"), "{alone}");
    }
}
