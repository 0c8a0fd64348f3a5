//! Lists of `dict(type=…)`: what becomes of them, and what is refused.

use lensframe::augment::{Dtype, Flow, Partners, Picture, Pipeline, Sample};
use lensframe::error::{ErrorKind, Result};
use lensframe::geometry::Size;
use lensframe::image::{Channels, Order, Pixels, Values};
use serde_json::{Value as Json, json};

use super::{sample, scenes};

fn read(list: Json) -> Pipeline {
    Pipeline::from_value(list.clone()).unwrap_or_else(|e| panic!("{list}: {e}"))
}

fn ours(steps: Json, output: Json) -> Pipeline {
    Pipeline::from_value(json!({"steps": steps, "output": output})).unwrap()
}

/// One step of a list that is 2.x or 3.x by its end.
fn step_of(step: Json, end: &str) -> Vec<Json> {
    let list = json!([{"type": "LoadImageFromFile"}, step, {"type": end, "keys": ["img"]}]);
    let list = if end == "PackDetInputs" { json!([list[0], list[1], {"type": end}]) } else { list };
    read(list).to_json()["steps"].as_array().unwrap().clone()
}

fn two(step: Json) -> Vec<Json> {
    step_of(step, "Collect")
}

fn three(step: Json) -> Vec<Json> {
    step_of(step, "PackDetInputs")
}

/// A step of ours with all that it is without being told.
fn whole(step: Json) -> Json {
    Pipeline::from_value(json!([step])).unwrap().to_json()["steps"][0].clone()
}

fn numbers(pipeline: &Pipeline, mut sample: Sample) -> (Vec<f32>, [usize; 3]) {
    pipeline.run(&mut sample, [0, 0, 0], None).unwrap();
    let shape = pipeline.finish().shape(sample.size());
    let mut out = vec![0.0; shape.iter().product()];
    pipeline.finish().write(&sample, Values::F32(&mut out), sample.size()).unwrap();
    (out, shape)
}

fn plain(size: (u32, u32), colour: [u8; 3]) -> Sample {
    Sample::of_picture(Picture::of_pixels(Pixels::filled(size, Channels::Rgb, colour).unwrap()))
}

#[test]
fn the_standard_recipe_is_the_same_in_both_spellings() {
    let (mean, std) = (json!([123.675, 116.28, 103.53]), json!([58.395, 57.12, 57.375]));
    let old = read(json!([
        {"type": "LoadImageFromFile"},
        {"type": "LoadAnnotations", "with_bbox": true, "with_mask": true},
        {"type": "Resize", "img_scale": [1333, 800], "keep_ratio": true},
        {"type": "RandomFlip", "flip_ratio": 0.5},
        {"type": "Normalize", "mean": mean, "std": std, "to_rgb": true},
        {"type": "Pad", "size_divisor": 32},
        {"type": "DefaultFormatBundle"},
        {"type": "Collect", "keys": ["img", "gt_bboxes", "gt_labels", "gt_masks"]},
    ]));
    let new = read(json!([
        {"type": "LoadImageFromFile", "backend_args": null},
        {"type": "mmdet.LoadAnnotations", "with_bbox": true, "with_mask": true},
        {"type": "Resize", "scale": [1333, 800], "keep_ratio": true},
        {"type": "RandomFlip", "prob": 0.5},
        {"type": "PackDetInputs"},
        {"type": "DetDataPreprocessor", "mean": mean, "std": std, "bgr_to_rgb": true, "pad_mask": true,
            "pad_size_divisor": 32},
    ]));
    let own = ours(
        json!([
            {"op": "rescale", "scales": [[1333, 800]]},
            {"op": "random_flip", "x": 0.5},
            {"op": "normalize", "mean": mean, "std": std, "max_value": 1.0},
            {"op": "pad", "multiple": 32},
        ]),
        json!({"order": "chw"}),
    );
    assert_eq!(old, own);
    assert_eq!(new, own);
    // 480 × 640 becomes 800 × 1067, on 800 × 1088; beyond the picture there are zeros.
    let (out, shape) = numbers(&old, plain((480, 640), [255, 0, 51]));
    assert_eq!(shape, [3, 800, 1088]);
    for (channel, level) in [255.0, 0.0, 51.0].into_iter().enumerate() {
        let wanted = (level - mean[channel].as_f64().unwrap()) / std[channel].as_f64().unwrap();
        assert!((f64::from(out[channel * 800 * 1088]) - wanted).abs() < 1e-5);
        assert_eq!(out[channel * 800 * 1088 + 1067], 0.0);
    }
}

#[test]
fn channels_come_out_in_the_order_that_they_have_there() {
    let colour = [200, 100, 50];
    let run = |steps: Json| {
        let pipeline = read(steps);
        let (out, shape) = numbers(&pipeline, plain((1, 1), colour));
        (out, shape, pipeline.finish().dtype)
    };
    let load = json!({"type": "LoadImageFromFile"});
    let rgb = json!({"type": "LoadImageFromFile", "channel_order": "rgb"});
    // Caffe's numbers: blue first, and to_rgb is false.
    let caffe = json!({"type": "Normalize", "mean": [103.53, 116.28, 123.675], "std": [1.0, 1.0, 1.0], "to_rgb": false});
    let (out, ..) =
        run(json!([load, caffe, {"type": "DefaultFormatBundle"}, {"type": "Collect", "keys": ["img"]}]));
    for (found, wanted) in out.iter().zip([50.0 - 103.53, 100.0 - 116.28, 200.0 - 123.675f32]) {
        assert!((found - wanted).abs() < 1e-4, "{out:?}");
    }
    // Read as RGB and turned round: the first mean is that of blue.
    let turned = json!({"type": "Normalize", "mean": [1.0, 2.0, 3.0], "std": [2.0, 4.0, 8.0]});
    let (out, shape, dtype) = run(json!([rgb, turned]));
    assert_eq!(out, [(50.0 - 1.0) / 2.0, (100.0 - 2.0) / 4.0, (200.0 - 3.0) / 8.0]);
    assert_eq!((shape, dtype), ([1, 1, 3], Dtype::F32));
    // Nothing normalises: blue first, whole numbers, unless something makes other numbers of them.
    assert_eq!(
        run(json!([load, {"type": "PackDetInputs"}])),
        (vec![50.0, 100.0, 200.0], [3, 1, 1], Dtype::U8)
    );
    assert_eq!(run(json!([rgb, {"type": "PackDetInputs"}])).0, [200.0, 100.0, 50.0]);
    let float = json!({"type": "DetDataPreprocessor", "bgr_to_rgb": true});
    assert_eq!(run(json!([load, float])), (vec![200.0, 100.0, 50.0], [3, 1, 1], Dtype::F32));
    // Who says what pixels become is asked first.
    let said = json!({"steps": [load, {"type": "PackDetInputs"}], "output": {"order": "hwc"}});
    let said = Pipeline::from_value(said).unwrap();
    assert_eq!((said.finish().order, said.finish().bgr), (Order::Hwc, false));
}

#[test]
fn colours_are_turned_round_as_pixels_are() {
    let filled = |list: Json| read(list).to_json()["steps"][0]["fill"].clone();
    let pad =
        json!({"type": "Pad", "pad_to_square": true, "pad_val": {"img": [1, 2, 3], "masks": 0, "seg": 255}});
    assert_eq!(filled(json!([{"type": "LoadImageFromFile"}, pad])), json!([3, 2, 1]));
    assert_eq!(filled(json!([{"type": "LoadImageFromFile", "channel_order": "rgb"}, pad])), json!([1, 2, 3]));
    let mirrored = read(json!([{"type": "Pad", "size_divisor": 8, "padding_mode": "reflect"}])).to_json();
    assert_eq!(mirrored["steps"][0]["mode"], "reflect");
    let expand =
        |to_rgb: bool| json!({"type": "Expand", "mean": [123.675, 116.28, 103.53], "to_rgb": to_rgb});
    // Whole levels are what is before the point; numbers are rounded, as ours are levels.
    assert_eq!(filled(json!([expand(true)])), json!([123, 116, 103]));
    assert_eq!(filled(json!([expand(false)])), json!([103, 116, 123]));
    assert_eq!(
        filled(json!([{"type": "LoadImageFromFile", "to_float32": true}, expand(true)])),
        json!([124, 116, 104])
    );
}

#[test]
fn scales_are_chosen_as_resize_chooses() {
    let rescale = |more: Json| {
        let mut step = json!({"op": "rescale"});
        more.as_object().unwrap().iter().for_each(|(name, value)| step[name] = value.clone());
        vec![whole(step)]
    };
    let scales = json!([[1333, 640], [1333, 800]]);
    assert_eq!(
        two(json!({"type": "Resize", "img_scale": scales, "multiscale_mode": "value"})),
        rescale(json!({"scales": scales}))
    );
    let range = rescale(json!({"scales": scales, "among": "range"}));
    assert_eq!(two(json!({"type": "Resize", "img_scale": scales})), range);
    assert_eq!(three(json!({"type": "RandomResize", "scale": scales, "keep_ratio": true})), range);
    let jitter = rescale(json!({"scales": [[1024, 1024]], "ratio": [0.1, 2.0]}));
    assert_eq!(two(json!({"type": "Resize", "img_scale": [1024, 1024], "ratio_range": [0.1, 2.0]})), jitter);
    assert_eq!(
        three(
            json!({"type": "RandomResize", "scale": [1024, 1024], "ratio_range": [0.1, 2.0], "keep_ratio": true,
            "resize_type": "Resize"})
        ),
        jitter
    );
    // 3.x does not keep the shape unless it is told to.
    assert_eq!(
        three(json!({"type": "Resize", "scale": 300})),
        rescale(json!({"scales": [[300, 300]], "keep_ratio": false}))
    );
    assert_eq!(
        three(
            json!({"type": "RandomChoiceResize", "scales": scales, "keep_ratio": true, "clip_object_border": false})
        ),
        rescale(json!({"scales": scales, "clip": false}))
    );
    assert_eq!(
        three(
            json!({"type": "Resize", "scale_factor": [0.5, 2.0], "backend": "pillow", "interpolation": "bicubic"})
        ),
        rescale(json!({"factor": [0.5, 2.0], "keep_ratio": false, "method": "bicubic", "antialias": true}))
    );
    assert_eq!(
        three(json!({"type": "ResizeShortestEdge", "scale": 800, "max_size": 1333})),
        [whole(json!({"op": "resize_short", "size": 800, "at_most": 1333, "round": true}))]
    );
    // Half as wide, twice as high.
    let pipeline = read(json!([{"type": "Resize", "scale_factor": [0.5, 2.0]}]));
    assert_eq!(numbers(&pipeline, plain((10, 31), [0; 3])).1, [20, 16, 3]);
    let test =
        two(json!({"type": "MultiScaleFlipAug", "img_scale": [1333, 800], "flip": false, "transforms": [
        {"type": "Resize", "keep_ratio": true}, {"type": "RandomFlip"}, {"type": "Pad", "size_divisor": 32},
        {"type": "ImageToTensor", "keys": ["img"]}]}));
    assert_eq!(
        test,
        [rescale(json!({"scales": [[1333, 800]]}))[0].clone(), whole(json!({"op": "pad", "multiple": 32}))]
    );
}

#[test]
fn views_of_test_time_are_all_combinations() {
    let pipeline = read(json!([
        {"type": "LoadImageFromFile"},
        {"type": "TestTimeAug", "transforms": [
            [{"type": "Resize", "scale": [60, 40], "keep_ratio": true},
             {"type": "Resize", "scale": [30, 20], "keep_ratio": true},
             {"type": "Resize", "scale": [90, 60], "keep_ratio": true}],
            [{"type": "RandomFlip", "prob": 1.0}, {"type": "RandomFlip", "prob": 0.0}],
            [{"type": "PackDetInputs"}]
        ]}
    ]));
    assert_eq!(pipeline.views(), 6);
    let widths = [60, 30, 90, 60, 30, 90];
    for (view, width) in (0..6).zip(widths) {
        let mut sample = plain((20, 30), [0; 3]);
        pipeline.run_view(view, &mut sample, [0; 3], None).unwrap();
        assert_eq!(sample.size().width, width);
        let lefts = sample.motion().unwrap().point([0.0, 0.0])[0];
        assert_eq!(lefts, if view < 3 { f64::from(width) } else { 0.0 }, "view {view}");
    }
}

#[test]
fn pairs_are_height_and_width_in_2_and_width_and_height_in_3() {
    for (step, size) in [
        (json!({"type": "RandomCrop", "crop_size": [300, 600]}), "size"),
        (json!({"type": "Pad", "size": [300, 600]}), "size"),
        (json!({"type": "Mosaic", "img_scale": [300, 600]}), "size"),
        (json!({"type": "RandomCrop", "crop_size": [0.3, 0.6], "crop_type": "relative_range"}), "share"),
        (json!({"type": "RandomAffine", "border": [-30, -60]}), "border"),
        (
            json!({"type": "RandomCenterCropPad", "crop_size": [300, 600], "mean": [0, 0, 0], "std": [1, 1, 1], "to_rgb": true}),
            "size",
        ),
    ] {
        let (old, new) = (two(step.clone())[0][size].clone(), three(step.clone())[0][size].clone());
        assert_eq!(old[0], new[1], "{step}");
        assert_eq!(old[1], new[0], "{step}");
        assert!(old[0].as_f64().unwrap().abs() < old[1].as_f64().unwrap().abs(), "{step}");
        let untold = Pipeline::from_value(json!([step])).unwrap_err();
        assert!(untold.to_string().contains("nothing tells which"), "{untold}");
    }
    // The range of both sides is none, and a square is the same either way.
    let range = json!({"type": "RandomCrop", "crop_type": "absolute_range", "crop_size": [384, 600], "allow_negative_crop": true});
    let own = whole(json!({"op": "random_crop", "range": [384, 600]}));
    assert_eq!((two(range.clone()), three(range)), (vec![own.clone()], vec![own]));
    read(json!([{"type": "RandomCrop", "crop_size": [512, 512]}]));
}

#[test]
fn directions_and_their_probabilities() {
    let flip = |x: f64, y: f64, both: f64, exclusive: bool| {
        vec![whole(json!({"op": "random_flip", "x": x, "y": y, "both": both, "exclusive": exclusive}))]
    };
    assert_eq!(
        two(json!({"type": "RandomFlip", "flip_ratio": 0.3, "direction": "vertical"})),
        flip(0.0, 0.3, 0.0, false)
    );
    assert_eq!(
        three(json!({"type": "RandomFlip", "prob": 0.5, "direction": "diagonal"})),
        flip(0.0, 0.0, 0.5, false)
    );
    let all = json!(["horizontal", "vertical", "diagonal"]);
    assert_eq!(
        three(json!({"type": "RandomFlip", "prob": 0.75, "direction": all})),
        flip(0.25, 0.25, 0.25, true)
    );
    assert_eq!(
        two(json!({"type": "RandomFlip", "flip_ratio": [0.5, 0.3, 0.2], "direction": all})),
        flip(0.5, 0.3, 0.2, true)
    );
    assert!(two(json!({"type": "RandomFlip"})).is_empty());
}

#[test]
fn levels_are_those_of_each_library() {
    let rotate = two(json!({"type": "Rotate", "level": 5, "img_fill_val": [1, 2, 3]}));
    let own = json!({"op": "rotate", "angle": [-15.0, -15.0], "negative": 0.5, "fill": [3, 2, 1], "p": 0.5});
    assert_eq!(rotate, [whole(own)]);
    let rotate = three(json!({"type": "Rotate", "prob": 0.6, "reversal_prob": 0.25}));
    let own =
        json!({"op": "rotate", "angle": [-30.0, 0.0], "negative": 0.75, "fill": [128, 128, 128], "p": 0.6});
    assert_eq!(rotate, [whole(own)]);
    let shear = two(json!({"type": "Shear", "level": 10, "direction": "vertical", "prob": 1}));
    assert_eq!(
        shear,
        [whole(json!({"op": "shear", "y": [0.3, 0.3], "negative": 0.5, "fill": [128, 128, 128]}))]
    );
    let shear = three(json!({"type": "ShearX", "level": 10}));
    let tangent = 30f64.to_radians().tan();
    assert!((shear[0]["x"][0].as_f64().unwrap() - tangent).abs() < 1e-12);
    let shift = two(json!({"type": "Translate", "level": 4, "min_size": 3}));
    let own = json!({"op": "translate", "x": [100.0, 100.0], "whole": true, "negative": 0.5, "fill": [128, 128, 128], "p": 0.5});
    assert_eq!(shift, [whole(own), whole(json!({"op": "filter_objects", "min_side": [3, 3]}))]);
    let own = json!({"op": "translate", "y": [0.0, 0.1], "relative": true, "whole": true, "negative": 0.5, "fill": [128, 128, 128]});
    assert_eq!(three(json!({"type": "TranslateY"})), [whole(own)]);
    let tone = two(json!({"type": "ColorTransform", "level": 5}));
    assert_eq!(tone, [whole(json!({"op": "tone", "change": "saturation", "value": [1.0, 1.0], "p": 0.5}))]);
    assert_eq!(
        three(json!({"type": "Sharpness"})),
        [whole(json!({"op": "tone", "change": "sharpness", "value": [0.1, 1.9]}))]
    );
}

#[test]
fn choices_hold_the_steps_of_theirs() {
    let policy = json!([[{"type": "Rotate", "level": 2, "prob": 1.0}, {"type": "EqualizeTransform"}], [{"type": "RandomFlip", "flip_ratio": 1.0}]]);
    let own = json!({"op": "auto_augment", "policies": [
        [{"op": "rotate", "angle": [-6.0, -6.0], "negative": 0.5, "fill": [128, 128, 128]}, {"op": "tone", "change": "equalize", "p": 0.5}],
        [{"op": "random_flip", "x": 1.0}]]});
    assert_eq!(two(json!({"type": "AutoAugment", "policies": policy})), [whole(own)]);
    let flip = json!({"type": "RandomFlip", "prob": 0.5});
    let own = |more: f64| json!({"op": "auto_augment", "policies": [[{"op": "random_flip"}]], "p": more});
    assert_eq!(three(json!({"type": "RandomApply", "transforms": flip, "prob": 0.25})), [whole(own(0.25))]);
    let weighed = three(json!({"type": "RandomChoice", "transforms": [[flip], []], "prob": [0.9, 0.1]}));
    assert_eq!(weighed[0]["weights"], json!([0.9, 0.1]));
    assert_eq!(three(json!({"type": "RandAugment", "aug_space": [[flip]], "aug_num": 3})).len(), 3);
}

#[test]
fn what_is_painted_over_has_its_shapes_turned_round() {
    let cut = three(
        json!({"type": "CutOut", "n_holes": [1, 3], "cutout_shape": [[4, 8], [16, 2]], "fill_in": [9, 8, 7]}),
    );
    let own = json!({"op": "cut_out", "holes": [1, 3], "shape": [[8, 4], [2, 16]], "corner": true, "fill": [7, 8, 9]});
    assert_eq!(cut, [whole(own)]);
    let erased =
        three(json!({"type": "RandomErasing", "n_patches": 2, "ratio": [0.1, 0.3], "squared": false}));
    let own = json!({"op": "erase_patches", "patches": [2, 2], "ratio": [0.1, 0.3], "squared": false});
    assert_eq!(erased, [whole(own)]);
}

/// A view's rows, to be mixed in.
struct View(lensframe::dataset::Dataset);

impl Partners for View {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn sample(&self, row: u64) -> Result<Sample> {
        Ok(sample(&self.0, row as usize))
    }
}

#[test]
fn the_recipes_of_ssd_yolox_and_simple_copy_paste_run() {
    let mean = json!([123.675, 116.28, 103.53]);
    let ssd = json!([
        {"type": "LoadImageFromFile", "to_float32": true},
        {"type": "LoadAnnotations", "with_bbox": true},
        {"type": "PhotoMetricDistortion", "brightness_delta": 32, "contrast_range": [0.5, 1.5],
            "saturation_range": [0.5, 1.5], "hue_delta": 18},
        {"type": "Expand", "mean": mean, "to_rgb": true, "ratio_range": [1, 4]},
        {"type": "MinIoURandomCrop", "min_ious": [0.1, 0.3, 0.5, 0.7, 0.9], "min_crop_size": 0.3},
        {"type": "Resize", "img_scale": [48, 64], "keep_ratio": false},
        {"type": "Normalize", "mean": mean, "std": [1, 1, 1], "to_rgb": true},
        {"type": "RandomFlip", "flip_ratio": 0.5},
        {"type": "DefaultFormatBundle"},
        {"type": "Collect", "keys": ["img", "gt_bboxes", "gt_labels"]},
    ]);
    let yolox = json!([
        {"type": "Mosaic", "img_scale": [64, 64], "pad_val": 114.0},
        {"type": "RandomAffine", "scaling_ratio_range": [0.1, 2], "border": [-32, -32]},
        {"type": "MixUp", "img_scale": [64, 64], "ratio_range": [0.8, 1.6], "pad_val": 114.0},
        {"type": "YOLOXHSVRandomAug"},
        {"type": "RandomFlip", "flip_ratio": 0.5},
        {"type": "Resize", "img_scale": [64, 48], "keep_ratio": true},
        {"type": "Pad", "pad_to_square": true, "pad_val": {"img": [114.0, 114.0, 114.0]}},
        {"type": "FilterAnnotations", "min_gt_bbox_wh": [1, 1], "keep_empty": false},
        {"type": "DefaultFormatBundle"},
        {"type": "Collect", "keys": ["img", "gt_bboxes", "gt_labels"]},
    ]);
    let pasted = json!([
        {"type": "RandomResize", "scale": [64, 64], "ratio_range": [0.8, 1.25], "keep_ratio": true},
        {"type": "RandomCrop", "crop_size": [64, 64], "recompute_bbox": true, "allow_negative_crop": true},
        {"type": "FilterAnnotations", "min_gt_bbox_wh": [1e-2, 1e-2], "keep_empty": false},
        {"type": "Pad", "size": [64, 64]},
        {"type": "CopyPaste", "max_num_pasted": 100},
        {"type": "PackDetInputs"},
    ]);
    let view = View(scenes(8));
    for (list, size, dtype) in [
        (ssd, Size::new(64, 48), Dtype::F32),
        (yolox, Size::new(48, 48), Dtype::F32),
        (pasted, Size::new(64, 64), Dtype::U8),
    ] {
        let pipeline = read(list);
        assert_eq!(Pipeline::from_value(pipeline.to_json()).unwrap(), pipeline);
        assert_eq!(pipeline.finish().dtype, dtype);
        for row in 0..view.0.len() {
            let mut own = sample(&view.0, row);
            assert_eq!(pipeline.run(&mut own, [5, 0, row as u64], Some(&view)).unwrap(), Flow::On);
            assert_eq!(own.size(), size);
            let inside = |[x, y, w, h]: &[f64; 4]| {
                *x >= 0.0 && *y >= 0.0 && x + w <= 64.0 + 1e-9 && y + h <= 64.0 + 1e-9
            };
            assert!(own.objects.bbox.as_ref().unwrap().iter().all(inside));
        }
    }
}

#[test]
fn what_is_not_known_is_refused_with_its_step_its_type_and_what_is_near() {
    for (step, words) in [
        (json!({"type": "Resise", "scale": 3}), "was one of these meant: Resize"),
        (json!({"type": "Resize", "img_scael": [3, 3], "scale": 4}), "was one of these meant: img_scale"),
        (json!({"type": "Resize", "keep_ratio": true}), "scale is missing"),
        (json!({"type": "Resize", "img_scael": [3, 3]}), "was img_scale meant"),
        (json!({"type": "RandomCrop", "crop_sise": [3, 3]}), "was crop_size meant"),
        (json!({"type": "Resize", "scale": "large"}), "no pair"),
        (json!({"type": "Resize", "scale": 3, "interpolation": "hamming"}), "or random"),
        (json!({"type": "Resize", "scale": 3, "backend": "pil"}), "neither cv2 nor pillow"),
        (json!({"type": "Albu", "transforms": []}), "operations of ours"),
        (json!({"type": "InstaBoost"}), "copy_paste"),
        (json!({"type": "LoadProposals"}), "object set"),
        (
            json!({"type": "MultiScaleFlipAug", "img_scale": [3, 3], "flip": true, "transforms": []}),
            "several views",
        ),
        (json!({"type": "Normalize", "std": [1, 1, 1]}), "mean is missing"),
        (json!({"type": "Normalize", "mean": [0, 0], "std": [1, 1, 1]}), "mean does not fit"),
        (json!({"type": "Pad", "size_divisor": 32, "pad_val": {"img": 0, "seg": 0}}), "seg = 255"),
        (json!({"type": "Pad", "size_divisor": 32, "pad_val": 300}), "level 0 to 255"),
        (json!({"type": "Pad"}), "is given"),
        (json!({"type": "RandomFlip", "prob": 0.5, "direction": "sideways"}), "none of horizontal"),
        (json!({"type": "RandomFlip", "prob": [0.5, 0.5], "direction": "vertical"}), "as many as"),
        (json!({"type": "RandomFlip", "prob": 1.5}), "no range"),
        (json!({"type": "Rotate", "level": 3}), "differs between"),
        (json!({"type": "MixUp", "skip_filter": false}), "filter_objects"),
        (json!({"type": "SegRescale", "scale_factor": 0.125}), "size of their picture"),
        (json!({"type": "RandomChoice", "transforms": [[{"type": "PackDetInputs"}]]}), "lays out"),
        (
            json!({"type": "RandomChoice", "transforms": [[{"type": "Rezise"}]]}),
            "was one of these meant: Resize",
        ),
        (json!({"type": "RandAugment"}), "aug_space is missing"),
        (json!({"type": "CutOut", "n_holes": 1}), "one of them"),
        (json!({"scale": 3}), "names its"),
    ] {
        let error = Pipeline::from_value(json!([{"type": "LoadImageFromFile"}, step])).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage | ErrorKind::Unsupported), "{step}");
        let text = error.to_string();
        assert!(text.contains(words) && text.contains("step 2"), "{step}: {text}");
        if let Some(kind) = step["type"].as_str() {
            assert!(text.contains(kind), "{step}: {text}");
        }
    }
    let list = json!([{"type": "Normalize", "mean": [0, 0, 0], "std": [1, 1, 1]}, {"type": "Pad", "size_divisor": 32, "pad_val": 114}]);
    let padded = Pipeline::from_value(list).unwrap_err();
    assert!(padded.to_string().contains("pad before it"), "{padded}");
    // Steps of ours may stand between theirs.
    let mixed = read(json!([{"type": "LoadImageFromFile"}, {"op": "blur"}, {"type": "PackDetInputs"}]));
    assert_eq!(mixed.steps().len(), 1);
}
