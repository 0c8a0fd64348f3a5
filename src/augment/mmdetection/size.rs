//! Sizes, canvases and crops.

use serde_json::{Value as Json, json};

use super::dict::{Dict, pairs};
use super::often;
use super::state::State;
use crate::error::{Error, ErrorKind, Result};

/// The method and whose rule it is.
fn method(dict: &mut Dict) -> Result<(String, bool)> {
    let method = dict.or("interpolation", "bilinear".to_owned())?;
    match dict.or("backend", "cv2".to_owned())?.as_str() {
        "cv2" => Ok((method, false)),
        "pillow" => Ok((if method == "box" { "area".to_owned() } else { method }, true)),
        other => Err(dict.wrong("backend", &format!("is {other}, neither cv2 nor pillow"))),
    }
}

/// `Resize` of both spellings, and what draws a size for it.
pub(super) fn resize(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let old = dict.has("img_scale") || (state.is_two() && dict.kind == "Resize");
    let (method, antialias) = method(dict)?;
    let keep_ratio = dict.or("keep_ratio", old)?;
    let clip = dict.either(["bbox_clip_border", "clip_object_border"], true)?;
    // Every step of ours looks at the picture as it is.
    dict.skip(&["override"]);
    if dict.kind.starts_with("Random") {
        let known = ["Resize", "mmdet.Resize", "mmcv.Resize"].map(Json::from);
        dict.only("resize_type", &known, "only Resize is known here")?;
    }
    let ratio: Option<[f64; 2]> = dict.take("ratio_range")?;
    let factor: Option<Json> = dict.take("scale_factor")?;
    let mode: Option<String> = dict.take("multiscale_mode")?;
    let scales = match dict.kind.as_str() {
        "RandomChoiceResize" => dict.need("scales").and_then(|list: Vec<Json>| {
            list.into_iter().map(|scale| pairs(dict, "scales", scale)).collect::<Result<Vec<_>>>()
        })?,
        _ => {
            let [given, old] = [dict.take::<Json>("scale")?, dict.take::<Json>("img_scale")?];
            let given = given.or(old).or_else(|| state.scale.clone());
            given.map(|scale| pairs(dict, "scale", scale)).transpose()?.into_iter().collect()
        }
    };
    let scales: Vec<[u32; 2]> = scales.concat();
    let mut step = json!({
        "op": "rescale", "keep_ratio": keep_ratio, "clip": clip, "method": method, "antialias": antialias
    });
    match (scales.is_empty(), factor) {
        (true, None) => return Err(dict.missing(&["scale", "img_scale"])),
        (true, Some(factor)) => {
            step["factor"] = json!(super::dict::range::<f64>(dict, "scale_factor", factor)?)
        }
        (false, Some(_)) => return Err(dict.wrong("scale_factor", "or scale is given, one of them")),
        (false, None) => {
            let drawn = dict.kind == "RandomResize" || mode.as_deref().unwrap_or("range") == "range";
            if scales.len() > 1 && drawn && dict.kind != "RandomChoiceResize" {
                step["among"] = "range".into();
            }
            step["scales"] = json!(scales);
        }
    }
    if let Some(ratio) = ratio {
        step["ratio"] = json!(ratio);
    }
    Ok(vec![step])
}

/// 3.x has Detectron2's rule too.
pub(super) fn shortest(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    let (method, antialias) = method(dict)?;
    dict.only("resize_type", &["Resize".into()], "only Resize is known here")?;
    dict.only("keep_ratio", &[true.into()], "the shape stays")?;
    dict.only("clip_object_border", &[true.into()], "boxes of whole pictures stay in them")?;
    let size: u32 = dict.need("scale")?;
    let most: Option<u32> = dict.take("max_size")?;
    Ok(vec![json!({
        "op": "resize_short", "size": size, "at_most": most, "round": true, "method": method, "antialias": antialias
    })])
}

/// A canvas: before normalisation of a colour, after it of zeros.
pub(super) fn padded(dict: &Dict, state: &State, name: &str, value: &Json, how: Json) -> Result<Vec<Json>> {
    let mut step = how;
    step["op"] = "pad".into();
    if state.normalised {
        // Zeros for as long as nobody says otherwise.
        let numbers = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        if numbers.iter().any(|n| n.as_f64() != Some(0.0)) {
            return Err(dict
                .wrong(name, &format!("is {value} behind the normalisation, where canvases are 0 here"))
                .remedy("pad before it"));
        }
    } else {
        step["fill"] = json!(state.colour(dict, name, value, f64::trunc)?);
    }
    Ok(vec![step])
}

pub(super) fn pad(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let mode: String = dict.or("padding_mode", "constant".to_owned())?;
    let value = match dict.or("pad_val", Json::from(0))? {
        Json::Object(mut values) => {
            let other =
                |name: &str, wanted: i64| values.get(name).is_some_and(|v| v.as_i64() != Some(wanted));
            if other("masks", 0) || other("seg", 255) {
                return Err(dict.wrong("pad_val", "has masks = 0 and seg = 255 here, nothing else"));
            }
            values.remove("img").unwrap_or_else(|| 0.into())
        }
        value => value,
    };
    let (size, divisor) = (dict.take::<[u32; 2]>("size")?, dict.take::<u32>("size_divisor")?);
    let mut steps = Vec::new();
    if dict.or("pad_to_square", false)? {
        steps.extend(padded(dict, state, "pad_val", &value, json!({"square": true}))?);
    }
    if let Some(size) = size {
        let size = state.height_width(dict, "size", size)?;
        steps.extend(padded(dict, state, "pad_val", &value, json!({"size": size}))?);
    }
    if let Some(divisor) = divisor {
        steps.extend(padded(dict, state, "pad_val", &value, json!({"multiple": divisor}))?);
    }
    if mode != "constant" {
        steps.iter_mut().for_each(|step| step["mode"] = mode.clone().into());
    }
    match steps.is_empty() {
        true => Err(dict.wrong("size", "or size_divisor or pad_to_square is given")),
        false => Ok(steps),
    }
}

pub(super) fn random_crop(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let size: [f64; 2] = dict.need("crop_size")?;
    let empty = if dict.or("allow_negative_crop", false)? { "keep" } else { "drop" };
    let mut step = json!({"op": "random_crop", "empty": empty, "clip": dict.or("bbox_clip_border", true)?});
    let kind = dict.or("crop_type", "absolute".to_owned())?;
    let whole = size.map(|side| side as u32);
    match kind.as_str() {
        "absolute" => {
            step["size"] = json!(state.height_width(dict, "crop_size", whole)?);
            step["fit"] = true.into();
        }
        "absolute_range" => step["range"] = json!(whole),
        "relative" | "relative_range" => {
            step["share"] = json!(state.height_width(dict, "crop_size", size)?);
            step["exact"] = (kind == "relative").into();
        }
        other => {
            let what = format!("is {other}, none of absolute, absolute_range, relative, relative_range");
            return Err(dict.wrong("crop_type", &what));
        }
    }
    let mut steps = vec![step];
    if dict.or("recompute_bbox", false)? {
        steps.push(json!({"op": "boxes_from_masks"}));
    }
    Ok(steps)
}

pub(super) fn min_iou(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    let ious = dict.or("min_ious", vec![0.1, 0.3, 0.5, 0.7, 0.9])?;
    let least = dict.or("min_crop_size", 0.3)?;
    let clip = dict.or("bbox_clip_border", true)?;
    Ok(vec![json!({"op": "min_iou_crop", "min_ious": ious, "min_crop_size": least, "clip": clip})])
}

/// A mean as a colour: red, green, blue where `to_rgb` is said, in the order of pixels else.
fn mean(dict: &Dict, state: &State, mean: &[f64; 3], to_rgb: bool) -> Result<[u8; 3]> {
    let own = if to_rgb { [mean[2], mean[1], mean[0]] } else { *mean };
    // Whole pixels take the whole part of it; others are rounded, as there are levels here.
    let round = if state.float { f64::round } else { f64::trunc };
    state.colour(dict, "mean", &json!(own), round)
}

pub(super) fn expand(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let own = dict.or("mean", [0.0; 3])?;
    let to_rgb = dict.or("to_rgb", true)?;
    let ratio = dict.or("ratio_range", [1.0, 4.0])?;
    dict.only("seg_ignore_label", &[255.into()], "what is outside of label maps is 255")?;
    let fill = mean(dict, state, &own, to_rgb)?;
    let p = dict.or("prob", 0.5)?;
    Ok(often(json!({"op": "expand", "ratio": ratio, "fill": fill}), p))
}

pub(super) fn around(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.only("test_mode", &[false.into()], "only the one of training is known here")?;
    dict.skip(&["test_pad_mode", "test_pad_add_pix", "std"]);
    let size = dict.need("crop_size")?;
    let size: [u32; 2] = state.height_width(dict, "crop_size", size)?;
    let (own, to_rgb) = (dict.need("mean")?, dict.need("to_rgb")?);
    let fill = mean(dict, state, &own, to_rgb)?;
    let ratios = dict.or("ratios", vec![0.9, 1.0, 1.1])?;
    let (border, clip) = (dict.or("border", 128u32)?, dict.or("bbox_clip_border", true)?);
    Ok(vec![json!({
        "op": "random_center_crop_pad", "size": size, "ratios": ratios, "border": border, "fill": fill, "clip": clip
    })])
}

pub(super) fn seg_rescale(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    dict.skip(&["backend"]);
    match dict.or("scale_factor", 1.0)? {
        1.0 => Ok(Vec::new()),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            "SegRescale: label maps have the size of their picture here",
        )
        .remedy("make them smaller behind the loader")),
    }
}
