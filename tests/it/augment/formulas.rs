//! Published numbers and formulas.

use arrow_array::{Array, Int64Array};
use lensframe::augment::{Flow, Keep, Objects, Picture, Sample};
use lensframe::dataset::Value;
use lensframe::geometry::Size;
use lensframe::image::{Channels, Pixels, Window};
use std::sync::Arc;

use super::step;

fn blank(size: (u32, u32)) -> Sample {
    Sample::of_picture(Picture::of_pixels(Pixels::filled(size, Channels::Rgb, [10, 20, 30]).unwrap()))
}

fn with_boxes(size: (u32, u32), boxes: &[[f64; 4]]) -> Sample {
    let mut sample = blank(size);
    let labels: Vec<i64> = (0..boxes.len() as i64).collect();
    sample.objects = Objects::new(boxes.len(), vec![("label".into(), Arc::new(Int64Array::from(labels)))]);
    sample.objects.bbox = Some(boxes.to_vec());
    sample
}

/// y0, x0, y1, x1 as x, y, w, h.
fn yxyx([y0, x0, y1, x1]: [f64; 4]) -> [f64; 4] {
    [x0, y0, x1 - x0, y1 - y0]
}

#[test]
fn a_crop_keeps_the_boxes_that_chainercv_keeps() {
    // chainercv.md, golden H: the window is rows 1..5 and columns 0..4.
    let boxes = [[0., 0., 3., 4.], [0., 0., 5., 6.], [0., 5., 3., 6.], [1., 2., 3., 4.], [3., 3., 4., 6.]];
    let cropped = [[0., 0., 2., 4.], [0., 0., 4., 4.], [0., 2., 2., 4.], [2., 3., 3., 4.]].map(yxyx);
    let run = |keep: Keep| {
        let mut sample = with_boxes((8, 8), &boxes.map(yxyx));
        sample.crop(Window { x: 0, y: 1, width: 4, height: 4 }, &keep).unwrap();
        let kept: Vec<u32> = sample.objects.positions().collect();
        let labels = sample.objects.column("label").unwrap().unwrap();
        let labels = labels.as_any().downcast_ref::<Int64Array>().unwrap();
        assert!(labels.values().iter().zip(&kept).all(|(label, at)| *label == i64::from(*at)));
        (sample.objects.bbox.clone().unwrap(), kept)
    };
    assert_eq!(run(Keep::INSIDE), (cropped.to_vec(), vec![0, 1, 3, 4]));
    let centre = Keep { centre: true, ..Keep::INSIDE };
    assert_eq!(run(centre), (cropped[..3].to_vec(), vec![0, 1, 3]));
}

#[test]
fn sizes_are_those_of_the_formulas() {
    let after = |json: &str, size: (u32, u32)| {
        let mut sample = blank(size);
        step(json).run(&mut sample, [0, 0, 0], None).unwrap();
        (sample.size().height, sample.size().width)
    };
    // ChainerCV's scale: the shorter edge becomes the size, the other is cut off.
    assert_eq!(after(r#"{"op": "resize_short", "size": 24}"#, (48, 32)), (36, 24));
    assert_eq!(after(r#"{"op": "resize_short", "size": 24, "longer": true}"#, (48, 32)), (24, 16));
    assert_eq!(after(r#"{"op": "resize_short", "size": 800, "at_most": 1333}"#, (480, 1280)), (499, 1333));
    // Detectron2's rounds: 1066.67 is 1067.
    assert_eq!(after(r#"{"op": "resize_short", "size": 800, "at_most": 1333}"#, (480, 640)), (800, 1066));
    let rounded = r#"{"op": "resize_short", "size": 800, "at_most": 1333, "round": true}"#;
    assert_eq!(after(rounded, (480, 640)), (800, 1067));
    assert_eq!(after(rounded, (300, 1200)), (333, 1333));
    assert_eq!(after(rounded, (1200, 2000)), (800, 1333));
    // MMDetection's (1333, 800) fits either way.
    for (from, to) in [((480, 640), (800, 1067)), ((640, 480), (1067, 800)), ((300, 1200), (333, 1333))] {
        assert_eq!(after(r#"{"op": "rescale", "scales": [[1333, 800]]}"#, from), to);
    }
    assert_eq!(after(r#"{"op": "rescale", "scales": [[30, 40]], "keep_ratio": false}"#, (9, 9)), (40, 30));
    assert_eq!(after(r#"{"op": "pad", "multiple": 32}"#, (33, 64)), (64, 64));
    assert_eq!(after(r#"{"op": "resize_contain", "size": [100, 200]}"#, (50, 60)), (100, 200));
    assert_eq!(after(r#"{"op": "rotate", "angle": [90, 90], "expand": true}"#, (30, 50)), (50, 30));
}

#[test]
fn boxes_of_a_letterbox_lie_where_its_parameters_say() {
    let mut sample = with_boxes((100, 200), &[[20., 10., 100., 50.]]);
    let pipeline = step(r#"{"op": "resize_contain", "size": [80, 80], "params": "letterbox"}"#);
    assert_eq!(pipeline.run(&mut sample, [0, 0, 0], None).unwrap(), Flow::On);
    assert_eq!(sample.objects.bbox.as_ref().unwrap()[0], [8., 24., 40., 20.]);
    let (_, told) = sample.values.iter().find(|(name, _)| name == "letterbox").unwrap();
    let number = |name: &str| told.member(name).and_then(Value::as_int);
    assert_eq!([number("y_offset"), number("x_offset")], [Some(20), Some(0)]);
    assert_eq!([number("scaled_height"), number("scaled_width")], [Some(40), Some(80)]);
}

#[test]
fn crops_of_a_share_keep_to_their_ranges() {
    let pipeline = step(r#"{"op": "random_sized_crop", "scale": [0.2, 0.5], "params": "crop"}"#);
    let mut areas = Vec::new();
    for row in 0..400 {
        let mut sample = blank((120, 90));
        pipeline.run(&mut sample, [4, 0, row], None).unwrap();
        let size = sample.size();
        let aspect = f64::from(size.height) / f64::from(size.width);
        assert!((0.7..1.4).contains(&aspect), "{size}");
        areas.push(size.pixels() as f64 / (120.0 * 90.0));
    }
    let mean = areas.iter().sum::<f64>() / areas.len() as f64;
    assert!(areas.iter().all(|area| (0.17..=0.51).contains(area)) && (0.32..0.38).contains(&mean), "{mean}");
    // torchvision: mean share of 0.08..1 that fits, over a square.
    let pipeline = step(r#"{"op": "random_resized_crop", "size": 8, "params": "crop"}"#);
    let mut shares = 0.0;
    for row in 0..600 {
        let mut sample = blank((100, 100));
        pipeline.run(&mut sample, [4, 0, row], None).unwrap();
        assert_eq!(sample.size(), Size::new(8, 8));
        let (_, told) = sample.values.iter().find(|(name, _)| name == "crop").unwrap();
        let side = |name: &str| told.member(name).and_then(Value::as_int).unwrap() as f64;
        shares += side("height") * side("width") / 10_000.0;
    }
    assert!((0.46..0.54).contains(&(shares / 600.0)), "{}", shares / 600.0);
}

#[test]
fn what_lies_around_a_picture_goes_on_as_mmcv_has_it() {
    // impad's own examples: 1 2 3 4 with two more to either side.
    let row = |mode: &str| {
        let bytes: Vec<u8> = (1..=4).flat_map(|level| [level; 3]).collect();
        let mut sample =
            Sample::of_picture(Picture::of_pixels(Pixels::new((1, 4), Channels::Rgb, bytes).unwrap()));
        sample.objects = Objects::new(1, Vec::new());
        sample.objects.bbox = Some(vec![[1., 0., 2., 1.]]);
        let json = format!(r#"{{"op": "pad", "sides": [2, 1, 2, 0], "mode": "{mode}", "fill": [9, 9, 9]}}"#);
        step(&json).run(&mut sample, [0; 3], None).unwrap();
        assert_eq!(sample.size(), Size::new(2, 8));
        assert_eq!(sample.objects.bbox.as_ref().unwrap()[0], [3., 1., 2., 1.]);
        let pixels = sample.pixels().unwrap().unwrap();
        let levels: Vec<u8> = pixels.data().chunks_exact(3).map(|pixel| pixel[0]).collect();
        if mode != "constant" {
            assert_eq!(levels[..8], levels[8..], "one row goes on as itself");
        }
        levels[8..].to_vec()
    };
    assert_eq!(row("reflect"), [3, 2, 1, 2, 3, 4, 3, 2]);
    assert_eq!(row("symmetric"), [2, 1, 1, 2, 3, 4, 4, 3]);
    assert_eq!(row("edge"), [1, 1, 1, 2, 3, 4, 4, 4]);
    assert_eq!(row("constant"), [9, 9, 1, 2, 3, 4, 9, 9]);
}

#[test]
fn sides_go_up_to_a_multiple() {
    // imresize_to_multiple(size=(1333, 800), keep_ratio=True): 800 × 1067, up to multiples of 32.
    let mut sample = with_boxes((480, 640), &[[0., 0., 320., 240.]]);
    step(r#"{"op": "rescale", "scales": [[1333, 800]], "multiple": 32}"#)
        .run(&mut sample, [0; 3], None)
        .unwrap();
    assert_eq!(sample.size(), Size::new(800, 1088));
    assert_eq!(sample.objects.bbox.unwrap()[0], [0., 0., 544., 400.]);
}

#[test]
fn holes_are_drawn_by_their_corner_or_their_middle() {
    let share = |corner: bool| {
        let json = format!(
            r#"{{"op": "cut_out", "holes": [1, 1], "shape": [4, 4], "corner": {corner}, "fill": [200, 0, 0]}}"#
        );
        let hit = (0..2000u64).filter(|row| {
            let mut sample = blank((8, 8));
            step(&json).run(&mut sample, [3, 0, *row], None).unwrap();
            sample.pixels().unwrap().unwrap().data()[..24].chunks_exact(3).any(|pixel| pixel[0] == 200)
        });
        hit.count() as f64 / 2000.0
    };
    // The corner's row is below 1 in 1/8 of the cases; the middle's below 3 in 3/8.
    assert!((share(true) - 0.125).abs() < 0.03, "{}", share(true));
    assert!((share(false) - 0.375).abs() < 0.04, "{}", share(false));
}

#[test]
fn an_affine_map_about_the_corner_leaves_it_there() {
    let json = r#"{"op": "random_affine", "corner": true, "translate": 0, "border": [-20, -10], "min_side": 0, "min_area": 0}"#;
    for row in 0..20 {
        let mut sample = blank((100, 80));
        step(json).run(&mut sample, [1, 0, row], None).unwrap();
        assert_eq!(sample.size(), Size::new(60, 60));
        let [x, y] = sample.motion().unwrap().point([0.0, 0.0]);
        assert!(x.abs() < 1e-9 && y.abs() < 1e-9);
    }
}

#[test]
fn a_filter_takes_what_is_too_small() {
    let mut sample = with_boxes((50, 50), &[[0., 0., 3., 3.], [0., 0., 10., 1.], [5., 5., 9., 9.]]);
    let pipeline = step(r#"{"op": "filter_objects", "min_side": [2, 2], "empty": "drop"}"#);
    assert_eq!(pipeline.run(&mut sample, [0, 0, 0], None).unwrap(), Flow::On);
    assert_eq!(sample.objects.positions().collect::<Vec<_>>(), [0, 2]);
    let mut sample = with_boxes((50, 50), &[[0., 0., 1., 1.]]);
    assert!(matches!(pipeline.run(&mut sample, [0, 0, 0], None).unwrap(), Flow::Dropped(_)));
}
