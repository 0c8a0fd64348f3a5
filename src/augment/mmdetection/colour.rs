//! Colours, and what is painted over.

use serde_json::{Value as Json, json};

use super::dict::{Dict, pairs, range};
use super::often;
use super::state::State;
use crate::error::Result;

/// Shapes are (width, height) there in both spellings; ours are (height, width).
pub(super) fn cut_out(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let holes = dict.need("n_holes")?;
    let holes: [u32; 2] = range(dict, "n_holes", holes)?;
    let fill = dict.or("fill_in", json!([0, 0, 0]))?;
    let fill = state.colour(dict, "fill_in", &fill, f64::trunc)?;
    let mut step = json!({"op": "cut_out", "holes": holes, "corner": true, "fill": fill});
    let turned = |list: Vec<[Json; 2]>| list.into_iter().map(|[w, h]| [h, w]).collect::<Vec<_>>();
    for (theirs, ours) in [("cutout_shape", "shape"), ("cutout_ratio", "ratio")] {
        if let Some(value) = dict.take::<Json>(theirs)? {
            step[ours] = json!(turned(pairs(dict, theirs, value)?));
        }
    }
    Ok(vec![step])
}

pub(super) fn erasing(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.only("mask_border_value", &[0.into()], "masks lose what is painted over")?;
    dict.only("seg_ignore_label", &[255.into()], "label maps are 255 there")?;
    let (patches, ratio) = (dict.need("n_patches")?, dict.need("ratio")?);
    let (patches, ratio): ([u32; 2], [f64; 2]) =
        (range(dict, "n_patches", patches)?, range(dict, "ratio", ratio)?);
    let fill = dict.or("img_border_value", Json::from(128))?;
    Ok(vec![json!({
        "op": "erase_patches", "patches": patches, "ratio": ratio,
        "squared": dict.or("squared", true)?,
        "max_erased": dict.or("bbox_erased_thr", 0.9)?,
        "fill": state.colour(dict, "img_border_value", &fill, f64::trunc)?,
    })])
}

pub(super) fn photometric(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    Ok(vec![json!({
        "op": "photometric_distortion",
        "brightness_delta": dict.or("brightness_delta", 32.0)?,
        "contrast_range": dict.or("contrast_range", [0.5, 1.5])?,
        "saturation_range": dict.or("saturation_range", [0.5, 1.5])?,
        "hue_delta": dict.or("hue_delta", 18.0)?,
    })])
}

pub(super) fn hsv(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    let deltas =
        [dict.or("hue_delta", 5.0)?, dict.or("saturation_delta", 30.0)?, dict.or("value_delta", 30.0)?];
    Ok(vec![json!({"op": "hsv_jitter", "deltas": deltas})])
}

pub(super) fn corrupt(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    let (name, severity): (String, u8) = (dict.need("corruption")?, dict.or("severity", 1)?);
    Ok(vec![json!({"op": "corrupt", "corruption": name, "severity": severity})])
}

/// 2.x: a factor of 0.1 to 1.9 by a level of ten.
pub(super) fn level(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    let p = dict.or("prob", 0.5)?;
    let change = match dict.kind.as_str() {
        "BrightnessTransform" => "brightness",
        "ColorTransform" => "saturation",
        "ContrastTransform" => "contrast",
        _ => return Ok(often(json!({"op": "tone", "change": "equalize"}), p)),
    };
    let factor = dict.need::<f64>("level")? / 10.0 * 1.8 + 0.1;
    Ok(often(json!({"op": "tone", "change": change, "value": [factor, factor]}), p))
}

/// 3.x: a factor by a level, or drawn.
pub(super) fn tone(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    let p = dict.or("prob", 1.0)?;
    let (change, has_factor) = match dict.kind.as_str() {
        "Brightness" => ("brightness", true),
        "Color" => ("saturation", true),
        "Contrast" => ("contrast", true),
        "Sharpness" => ("sharpness", true),
        "Equalize" => ("equalize", false),
        "AutoContrast" => ("auto_contrast", false),
        _ => ("invert", false),
    };
    // The three without a factor have its parameters nevertheless.
    let [low, high]: [f64; 2] = [dict.or("min_mag", 0.1)?, dict.or("max_mag", 1.9)?];
    let drawn = match dict.take::<f64>("level")? {
        Some(level) => [((level / 10.0 * (high - low) + low) * 10.0).round_ties_even() / 10.0; 2],
        None => [low, high],
    };
    let mut step = json!({"op": "tone", "change": change});
    if has_factor {
        step["value"] = json!(drawn);
    }
    Ok(often(step, p))
}
