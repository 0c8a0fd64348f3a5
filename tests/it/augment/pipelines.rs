//! Pipelines as values and files; and the fused pass against the steps one by one.

use lensframe::augment::{Op, Picture, Pipeline, Sample};
use lensframe::error::ErrorKind;
use lensframe::image::Values;

use super::{sample, scenes};

fn wrong(json: &str) -> lensframe::error::Error {
    Pipeline::from_json(json).map(|_| ()).unwrap_err()
}

#[test]
fn a_pipeline_reads_as_it_writes_in_every_form() {
    let json = r#"{"decode": "fast", "set": "", "steps": [
        {"op": "random_resized_crop", "size": 224, "scale": [0.50, 1e0]},
        {"op": "random_flip", "x": 0.5, "pairs": [[1, 2]]},
        {"op": "cut_out", "holes": [1, 3], "ratio": [0.1, 0.2], "p": 0.25, "params": "holes"},
        {"op": "normalize", "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375], "max_value": 1.0},
        {"op": "pad", "multiple": 32}
    ], "output": {"dtype": "f16", "order": "hwc", "bgr": true}}"#;
    let pipeline = Pipeline::from_json(json).unwrap();
    assert_eq!(Pipeline::from_value(pipeline.to_json()).unwrap(), pipeline);
    let folder = tempfile::tempdir().unwrap();
    let value = pipeline.to_json();
    let toml = r#"
        decode = "fast"
        [output]
        dtype = "f16"
        order = "hwc"
        bgr = true
        [[steps]]
        op = "random_resized_crop"
        size = 224
        scale = [0.5, 1.0]
        [[steps]]
        op = "random_flip"
        x = 0.5
        pairs = [[1, 2]]
        [[steps]]
        op = "cut_out"
        holes = [1, 3]
        ratio = [0.1, 0.2]
        p = 0.25
        params = "holes"
        [[steps]]
        op = "normalize"
        mean = [123.675, 116.28, 103.53]
        std = [58.395, 57.12, 57.375]
        max_value = 1.0
        [[steps]]
        op = "pad"
        multiple = 32
    "#;
    let yaml = "decode: fast\noutput: {dtype: f16, order: hwc, bgr: true}\nsteps:\n\
        - {op: random_resized_crop, size: 224, scale: [0.5, 1]}\n\
        - {op: random_flip, x: 0.5, pairs: [[1, 2]]}\n\
        - {op: cut_out, holes: [1, 3], ratio: [0.1, 0.2], p: 0.25, params: holes}\n\
        - {op: normalize, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], max_value: 1.0}\n\
        - {op: pad, multiple: 32}\n";
    for (name, text) in [("a b.json", value.to_string().as_str()), ("p.toml", toml), ("p.YAML", yaml)] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        assert_eq!(Pipeline::open(&path).unwrap(), pipeline, "{name}");
    }
    let absent = Pipeline::open(&folder.path().join("no.json")).unwrap_err();
    assert!(absent.to_string().contains("no.json"), "{absent}");
}

#[test]
fn what_makes_no_sense_is_said_when_a_pipeline_is_built() {
    for (json, words) in [
        ("3", "neither an object"),
        ("{}", "steps are missing"),
        (r#"{"steps": [], "stpes": []}"#, "'stpes' is none of"),
        (r#"[{"op": "resise", "size": 3}]"#, "was one of these meant: resize"),
        (r#"[{"size": 3}]"#, "names its operation"),
        (r#"[{"op": "resize"}]"#, "missing field `size`"),
        (r#"[{"op": "resize", "size": 0}]"#, "no pixel"),
        (r#"[{"op": "resize", "size": 3, "sice": 4}]"#, "unknown field `sice`"),
        (r#"[{"op": "resize", "size": 3}, {"op": "random_flip", "x": 1.5}]"#, "step 2"),
        (r#"[{"op": "random_flip", "p": "often"}]"#, "p is no number"),
        (r#"[{"op": "pad", "size": 3, "square": true}]"#, "one of them"),
        (r#"[{"op": "random_crop"}]"#, "one of them"),
        (r#"[{"op": "random_resized_crop", "size": 3, "scale": [1, 0.1]}]"#, "no range"),
        (r#"[{"op": "normalize", "mean": [0, 0, 0], "std": [1, 0, 1]}]"#, "no std is 0"),
        (r#"[{"op": "resize", "size": 3, "method": []}]"#, "one at least"),
        (r#"[{"op": "resize", "size": 3, "method": "cubic"}]"#, "or random"),
        (r#"[{"op": "rescale"}]"#, "scales"),
        (r#"[{"op": "rescale", "scales": [[3, 4]], "factor": [1, 1]}]"#, "stands alone"),
        (r#"[{"op": "rescale", "scales": [[3, 4], [5, 6]], "ratio": [1, 2]}]"#, "one frame"),
        (r#"[{"op": "random_crop", "size": 3, "range": [2, 4]}]"#, "one of them"),
        (r#"[{"op": "random_flip", "x": 0.7, "y": 0.7, "exclusive": true}]"#, "more than 1"),
        (r#"[{"op": "cut_out", "holes": [1, 1], "shape": [3, 4], "ratio": [0.1, 0.1]}]"#, "one of them"),
        (r#"[{"op": "erase_patches", "patches": [2, 1], "ratio": [0.1, 0.2]}]"#, "patches"),
        (r#"[{"op": "random_center_crop_pad", "size": 8, "ratios": []}]"#, "at least one"),
        (r#"[{"op": "constrained_crop", "constraints": [[0.9, 0.1]]}]"#, "no range"),
        (r#"[{"op": "rand_augment", "magnitude": 31}]"#, "less than num_magnitude_bins"),
        (r#"[{"op": "auto_augment", "policies": []}]"#, "at least one list"),
        (r#"[{"op": "auto_augment", "policies": [[]], "weights": [0]}]"#, "not all 0"),
        (
            r#"[{"op": "auto_augment", "policies": [[{"op": "rezise", "size": 3}]]}]"#,
            "there is no operation 'rezise'",
        ),
        (r#"[{"op": "copy_paste", "steps": [{"op": "resize", "size": 0}]}]"#, "no pixel"),
        (
            r#"[{"op": "normalize", "mean": [0,0,0], "std": [1,1,1]}, {"op": "resize", "size": 3}]"#,
            "normalize was before it",
        ),
        (
            r#"{"steps": [{"op": "normalize", "mean": [0,0,0], "std": [1,1,1]}], "output": {"dtype": "u8"}}"#,
            "not whole",
        ),
    ] {
        let error = wrong(json);
        assert_eq!(error.kind(), ErrorKind::Usage, "{json}");
        assert!(error.to_string().contains(words), "{json}: {error}");
    }
}

#[test]
fn every_operation_has_its_name_once_and_says_what_it_touches() {
    let mut names: Vec<&str> = Op::ALL.iter().map(|about| about.name).collect();
    assert!(Op::ALL.iter().all(|about| !about.touches.is_empty() && about.summary.ends_with('.')));
    names.sort_unstable();
    let many = names.len();
    names.dedup();
    assert_eq!(names.len(), many);
}

/// The numbers of a sample's picture.
fn numbers(sample: &Sample, pipeline: &Pipeline) -> Vec<f32> {
    let finish = pipeline.finish();
    let [a, b, c] = finish.shape(sample.size());
    let mut out = vec![-7.0; a * b * c];
    finish.write(sample, Values::F32(&mut out), sample.size()).unwrap();
    out
}

#[test]
fn the_fused_pass_gives_the_numbers_of_the_steps_one_by_one() {
    let ds = scenes(5);
    let end = r#"{"op": "normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}"#;
    for steps in [
        r#"{"op": "random_resized_crop", "size": 64}, {"op": "random_flip"}"#,
        r#"{"op": "random_resized_crop", "size": [30, 50], "antialias": true}, {"op": "random_flip", "y": 0.5}"#,
        r#"{"op": "resize_short", "size": 48}, {"op": "center_crop", "size": 40}, {"op": "random_flip"}"#,
        r#"{"op": "random_flip"}, {"op": "random_crop", "size": [40, 44]}, {"op": "resize", "size": 33}"#,
        r#"{"op": "rescale", "scales": [[70, 50]]}, {"op": "random_flip"}, {"op": "pad", "multiple": 32}"#,
        r#"{"op": "resize_contain", "size": 90, "fill": [114, 114, 114]}, {"op": "random_flip"}"#,
        r#"{"op": "expand", "ratio": [1.5, 2], "fill": [1, 2, 3]}, {"op": "random_crop", "size": 60}"#,
        r#"{"op": "random_center_crop_pad", "size": 90, "border": 30, "fill": [9, 8, 7]}, {"op": "random_flip"}"#,
        r#"{"op": "resize", "size": [50, 70], "method": "random"}, {"op": "random_crop", "range": [30, 40]}"#,
    ] {
        let pipeline = Pipeline::from_json(&format!("[{steps}, {end}]")).unwrap();
        for row in 0..ds.len() {
            let key = [11, 0, row as u64];
            let mut fused = sample(&ds, row);
            pipeline.run(&mut fused, key, None).unwrap();
            // The twin decodes first, and makes the pixels after every step.
            let mut plain = sample(&ds, row);
            plain.pixels().unwrap();
            for (at, own) in pipeline.steps().iter().enumerate() {
                let draw = lensframe::augment::Draw::new([key[0], key[1], key[2], at as u64]);
                own.apply(&mut plain, draw).unwrap();
                let pixels = plain.pixels().unwrap().unwrap().clone();
                plain.replace_pixels(pixels).unwrap();
            }
            assert_eq!(fused.size(), plain.size());
            assert!(numbers(&fused, &pipeline) == numbers(&plain, &pipeline), "{steps}, row {row}");
            assert_eq!(fused.objects.bbox, plain.objects.bbox);
        }
    }
}

#[test]
fn what_lies_around_a_picture_after_normalize_is_zero() {
    let pipeline = Pipeline::from_json(
        r#"[{"op": "resize", "size": [10, 12]}, {"op": "normalize", "mean": [0.5, 0.4, 0.3], "std": [0.1, 0.2, 0.3]},
            {"op": "pad", "size": [16, 16]}]"#,
    )
    .unwrap();
    let mut own = sample(&scenes(1), 0);
    pipeline.run(&mut own, [0, 0, 0], None).unwrap();
    let numbers = numbers(&own, &pipeline);
    for (at, value) in numbers.iter().enumerate() {
        let (row, column) = (at / 16 % 16, at % 16);
        assert_eq!(row >= 10 || column >= 12, *value == 0.0, "{row} {column} {value}");
    }
    let before = r#"[{"op": "resize", "size": [10, 12]}, {"op": "pad", "size": 16, "fill": [255, 0, 51]},
        {"op": "normalize", "mean": [0.5, 0.4, 0.3], "std": [0.1, 0.2, 0.3]}]"#;
    let pipeline = Pipeline::from_json(before).unwrap();
    let mut own = sample(&scenes(1), 0);
    pipeline.run(&mut own, [0, 0, 0], None).unwrap();
    let numbers = super::pipelines::numbers(&own, &pipeline);
    for (channel, wanted) in [5.0, -2.0, -1.0 / 3.0].into_iter().enumerate() {
        assert!((numbers[channel * 256 + 255] - wanted as f32).abs() < 1e-5);
    }
}

#[test]
fn a_picture_that_is_no_picture_is_an_error_with_its_place() {
    for bytes in [&b"not an image"[..], &[0xff, 0xd8, 0xff], &[]] {
        let picture = Picture::of_file(bytes.to_vec().into(), true, Default::default());
        assert!(picture.is_err());
    }
}
