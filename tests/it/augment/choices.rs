//! Choices among steps, strengths, windows by conditions.

use lensframe::augment::{Flow, Picture, Pipeline, Sample};
use lensframe::dataset::Value;
use lensframe::geometry::{Affine, Size};
use lensframe::image::{Channels, Pixels};

use super::{sample, scenes, step};

fn blank(size: (u32, u32)) -> Sample {
    Sample::of_picture(Picture::of_pixels(Pixels::filled(size, Channels::Rgb, [10, 20, 30]).unwrap()))
}

fn boxed(size: (u32, u32), boxes: &[[f64; 4]]) -> Sample {
    let mut sample = blank(size);
    sample.objects = lensframe::augment::Objects::new(boxes.len(), Vec::new());
    sample.objects.bbox = Some(boxes.to_vec());
    sample
}

#[test]
fn policies_are_drawn_as_often_as_their_weights_say() {
    let count = |weights: &str| {
        let json = format!(
            r#"{{"op": "auto_augment", "policies": [[{{"op": "resize", "size": 1}}], [{{"op": "resize", "size": 2}}],
                [{{"op": "resize", "size": 8}}, {{"op": "resize", "size": 3}}]]{weights}}}"#
        );
        let pipeline = step(&json);
        let mut counts = [0; 3];
        for row in 0..600 {
            let mut own = blank((9, 9));
            assert_eq!(pipeline.run(&mut own, [1, 0, row], None).unwrap(), Flow::On);
            counts[own.size().width as usize - 1] += 1;
        }
        counts
    };
    assert!(count("").iter().all(|n| (150..250).contains(n)), "{:?}", count(""));
    let [a, b, c] = count(r#", "weights": [1, 0, 3]"#);
    assert!((110..190).contains(&a) && b == 0 && a + c == 600, "{a} {b} {c}");
}

#[test]
fn steps_within_steps_are_read_and_written_and_can_drop_a_sample() {
    let json = r#"[{"op": "auto_augment", "p": 0.5, "policies": [
        [{"op": "rotate", "angle": [-3.50, 1e1], "p": 0.25, "params": "turn"}], []]},
        {"op": "copy_paste", "steps": [{"op": "resize_short", "size": 80}]}]"#;
    let pipeline = Pipeline::from_json(json).unwrap();
    assert_eq!(Pipeline::from_value(pipeline.to_json()).unwrap(), pipeline);
    let json = r#"{"op": "auto_augment", "policies": [[{"op": "filter_objects", "min_side": [90, 90], "empty": "drop"}]]}"#;
    let mut own = boxed((20, 20), &[[0., 0., 5., 5.]]);
    assert!(matches!(step(json).run(&mut own, [0; 3], None).unwrap(), Flow::Dropped(_)));
}

#[test]
fn what_a_step_within_draws_does_not_depend_on_the_others() {
    let pipeline = |second: &str| {
        step(&format!(
            r#"{{"op": "auto_augment", "policies": [[{second}, {{"op": "random_crop", "size": 10, "params": "crop"}}]]}}"#
        ))
    };
    let window = |pipeline: &Pipeline| {
        let mut own = blank((60, 60));
        pipeline.run(&mut own, [5, 6, 7], None).unwrap();
        let (_, told) = own.values.iter().find(|(name, _)| name == "crop").unwrap();
        ["x", "y"].map(|name| told.member(name).and_then(Value::as_int).unwrap())
    };
    let one = pipeline(r#"{"op": "color_jitter", "brightness": 0.5}"#);
    let other = pipeline(r#"{"op": "random_flip", "p": 0.5}"#);
    assert_eq!(window(&one), window(&other));
}

#[test]
fn strengths_are_those_of_torchvision() {
    let runs = |magnitude: u32| {
        let pipeline = step(&format!(r#"{{"op": "rand_augment", "num_ops": 1, "magnitude": {magnitude}}}"#));
        (0..500).map(move |row| {
            let mut own = blank((662, 331));
            pipeline.run(&mut own, [2, 0, row], None).unwrap();
            assert_eq!(own.size(), Size::new(662, 331));
            own.motion()
        })
    };
    assert!(runs(0).all(|motion| motion == Some(Affine::IDENTITY)));
    let mut moved = [0; 5];
    for motion in runs(30) {
        let motion = motion.unwrap();
        let Affine([a, b, c, d, e, f]) = motion;
        let near = |x: f64, wanted: f64| (x.abs() - wanted).abs() < 1e-9;
        let kind = match motion {
            Affine::IDENTITY => continue,
            _ if near(b, 0.3) && d == 0.0 => 0,
            _ if near(d, 0.3) && b == 0.0 => 1,
            // 150 / 331 of each side.
            _ if near(c, 150.0) && f == 0.0 => 2,
            _ if near(f, 300.0) && c == 0.0 => 3,
            _ if near(a, 30f64.to_radians().cos()) && near(d, 0.5) && a == e => 4,
            _ => panic!("{motion:?}"),
        };
        moved[kind] += 1;
    }
    // Each is one of fourteen: 36 of 500.
    assert!(moved.iter().all(|count| (15..65).contains(count)), "{moved:?}");
}

#[test]
fn directions_of_a_list_share_one_draw() {
    let pipeline = step(
        r#"{"op": "random_flip", "x": 0.2, "y": 0.3, "both": 0.1, "exclusive": true, "params": "flip"}"#,
    );
    let mut counts = [[0; 2]; 2];
    for row in 0..1000 {
        let mut own = blank((4, 4));
        pipeline.run(&mut own, [1, 0, row], None).unwrap();
        let (_, told) = own.values.iter().find(|(name, _)| name == "flip").unwrap();
        let flag = |name: &str| usize::from(*told.member(name).unwrap() == Value::from(true));
        counts[flag("x_flip")][flag("y_flip")] += 1;
    }
    let [[none, y], [x, both]] = counts;
    assert!((340..460).contains(&none) && (240..360).contains(&y), "{counts:?}");
    assert!((140..260).contains(&x) && (60..140).contains(&both), "{counts:?}");
}

#[test]
fn windows_keep_to_their_conditions_or_the_picture_stays_whole() {
    let place = [20., 30., 40., 30.];
    let json = r#"{"op": "constrained_crop", "constraints": [[0.3, 0.5]], "params": "crop"}"#;
    let (mut cropped, mut whole) = (0, 0);
    for row in 0..300 {
        let mut own = boxed((90, 120), &[place]);
        step(json).run(&mut own, [8, 0, row], None).unwrap();
        let (_, told) = own.values.iter().find(|(name, _)| name == "crop").unwrap();
        let Some(x) = told.member("x").and_then(Value::as_int) else {
            assert_eq!(own.size(), Size::new(90, 120));
            whole += 1;
            continue;
        };
        let number = |name: &str| told.member(name).and_then(Value::as_int).unwrap() as f64;
        let (x, y, w, h) = (x as f64, number("y"), number("width"), number("height"));
        let along = |a: f64, n: f64, b: f64, m: f64| ((a + n).min(b + m) - a.max(b)).max(0.0);
        let shared = along(x, w, place[0], place[2]) * along(y, h, place[1], place[3]);
        let overlap = shared / (w * h + place[2] * place[3] - shared);
        assert!((0.3..=0.5).contains(&overlap), "{overlap}");
        // Relative to the picture no side is more than twice the other, up to the cut to whole pixels.
        let aspect = (h / 90.0) / (w / 120.0);
        assert!((0.45..2.2).contains(&aspect), "{aspect}");
        cropped += 1;
    }
    assert!((100..200).contains(&cropped) && (100..200).contains(&whole), "{cropped} {whole}");
    let mut own = blank((30, 30));
    step(r#"{"op": "constrained_crop"}"#).run(&mut own, [0; 3], None).unwrap();
    assert_eq!(own.size(), Size::new(30, 30), "without boxes nothing is cut");
}

#[test]
fn frames_around_a_point_have_the_sizes_and_objects_of_cornernet() {
    let pipeline = step(
        r#"{"op": "random_center_crop_pad", "size": [64, 50], "border": 16, "fill": [7, 7, 7], "params": "at"}"#,
    );
    let places = [[10., 10., 20., 20.], [100., 60., 30., 20.]];
    let mut sizes = std::collections::BTreeSet::new();
    for row in 0..200 {
        let mut own = boxed((100, 160), &places);
        pipeline.run(&mut own, [3, 0, row], None).unwrap();
        let size = own.size();
        sizes.insert((size.height, size.width));
        let (_, told) = own.values.iter().find(|(name, _)| name == "at").unwrap();
        let [x, y] = ["x", "y"].map(|name| told.member(name).and_then(Value::as_int).unwrap() as f64);
        assert!(!own.objects.is_empty());
        for (bbox, at) in own.objects.bbox.clone().unwrap().iter().zip(own.objects.positions()) {
            let [left, top, w, h] = places[at as usize];
            let cut =
                |from: f64, n: f64, all: u32| (from.max(0.0), (from + n).min(all.into()) - from.max(0.0));
            let ((left, w), (top, h)) = (cut(left - x, w, size.width), cut(top - y, h, size.height));
            // An odd frame shows one pixel less than it has.
            assert!((bbox[0] - left).abs() < 1e-9 && (bbox[2] - w).abs() <= 1.0, "{bbox:?}");
            assert!((bbox[1] - top).abs() < 1e-9 && (bbox[3] - h).abs() <= 1.0, "{bbox:?}");
        }
        let pixels = own.pixels().unwrap().unwrap();
        for (at, pixel) in pixels.data().chunks_exact(3).enumerate() {
            let (row, column) = (at as u32 / size.width, at as u32 % size.width);
            let (px, py) = (f64::from(column) + x, f64::from(row) + y);
            let outside = px < 0.0 || py < 0.0 || px >= 160.0 || py >= 100.0;
            let last = row / 2 * 2 + 1 == size.height || column / 2 * 2 + 1 == size.width;
            assert!(last || (pixel == [7; 3]) == outside, "{px} {py} {pixel:?}");
        }
    }
    // int(64 · 0.9), 64, int(64 · 1.1) by int(50 · 0.9), 50, int(50 · 1.1).
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [(57, 45), (64, 50), (70, 55)]);
}

#[test]
fn a_shift_is_of_whole_pixels_and_loses_no_sample() {
    let mut still = 0;
    for row in 0..200 {
        let mut own = boxed((20, 20), &[[0., 0., 4., 4.]]);
        step(r#"{"op": "random_shift", "most": 6, "params": "shift"}"#)
            .run(&mut own, [1, 1, row], None)
            .unwrap();
        let (_, told) = own.values.iter().find(|(name, _)| name == "shift").unwrap();
        let [x, y] = ["x", "y"].map(|name| told.member(name).and_then(Value::as_int).unwrap());
        assert!(x.abs() <= 6 && y.abs() <= 6);
        assert_eq!(own.objects.len(), 1);
        // A side of one pixel is too little.
        if x < -2 || y < -2 {
            assert_eq!(own.motion(), Some(Affine::IDENTITY));
            still += 1;
            continue;
        }
        assert_eq!(own.motion(), Some(Affine::moved(x as f64, y as f64)));
        let pixels = own.pixels().unwrap().unwrap();
        let uncovered = pixels.data().chunks_exact(3).filter(|pixel| **pixel == [0; 3]).count() as i64;
        assert_eq!(uncovered, 400 - (20 - x.abs()) * (20 - y.abs()));
    }
    assert!(still > 40, "{still}");
}

#[test]
fn methods_are_drawn_and_told() {
    let ds = scenes(1);
    let mut told = std::collections::BTreeSet::new();
    for row in 0..60 {
        let mut own = sample(&ds, 0);
        step(r#"{"op": "resize", "size": 20, "method": "random", "params": "how"}"#)
            .run(&mut own, [1, 2, row], None)
            .unwrap();
        let (_, value) = own.values.iter().find(|(name, _)| name == "how").unwrap();
        told.insert(value.member("interpolation").and_then(|v| v.as_text().map(str::to_owned)).unwrap());
    }
    let all: Vec<&str> = told.iter().map(String::as_str).collect();
    assert_eq!(all, ["area", "bicubic", "bilinear", "lanczos", "nearest"]);
}
