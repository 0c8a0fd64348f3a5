//! Mirrors, turns, shears and shifts.

use serde_json::{Value as Json, json};

use super::dict::Dict;
use super::often;
use super::state::State;
use crate::error::Result;

/// One direction or several that share a probability, or have one each.
pub(super) fn flip(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let [old, new] = [dict.take::<Json>("flip_ratio")?, dict.take::<Json>("prob")?];
    let direction = dict.or("direction", Json::from("horizontal"))?;
    let directions = match &direction {
        Json::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    let Some(ratio) = old.or(new).filter(|_| !state.unflipped) else { return Ok(Vec::new()) };
    let shares: Vec<f64> = match &ratio {
        Json::Array(list) => list.iter().filter_map(Json::as_f64).collect(),
        one => vec![one.as_f64().unwrap_or(f64::NAN) / directions.len().max(1) as f64; directions.len()],
    };
    if shares.len() != directions.len() || shares.iter().any(|share| share.is_nan()) {
        return Err(dict.wrong("direction", "and probabilities are one, or as many as each other"));
    }
    let (mut x, mut y, mut both) = (0.0, 0.0, 0.0);
    for (direction, share) in directions.iter().zip(&shares) {
        match direction.as_str() {
            Some("horizontal") => x += share,
            Some("vertical") => y += share,
            Some("diagonal") => both += share,
            _ => {
                let what = format!("is {direction}, none of horizontal, vertical, diagonal");
                return Err(dict.wrong("direction", &what));
            }
        }
    }
    Ok(vec![json!({"op": "random_flip", "x": x, "y": y, "both": both, "exclusive": directions.len() > 1})])
}

pub(super) fn shift(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    let p = dict.either(["shift_ratio", "prob"], 0.5)?;
    let (most, side) = (dict.or("max_shift_px", 32u32)?, dict.or("filter_thr_px", 1u32)?);
    Ok(often(json!({"op": "random_shift", "most": most, "min_side": side}), p))
}

pub(super) fn affine(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let border = dict.or("border", [0, 0])?;
    let border: [i32; 2] = state.height_width(dict, "border", border)?;
    let fill = dict.or("border_val", json!([114, 114, 114]))?;
    // Without the filter only what is outside goes.
    let (side, area, aspect) =
        (dict.or("min_bbox_size", 2.0)?, dict.or("min_area_ratio", 0.2)?, dict.or("max_aspect_ratio", 20.0)?);
    let (side, area, aspect) =
        if dict.or("skip_filter", true)? { (0.0, 0.0, 1e300) } else { (side, area, aspect) };
    Ok(vec![json!({
        "op": "random_affine",
        "degrees": dict.or("max_rotate_degree", 10.0)?,
        "translate": dict.or("max_translate_ratio", 0.1)?,
        "scale": dict.or("scaling_ratio_range", [0.5, 1.5])?,
        "shear": dict.or("max_shear_degree", 2.0)?,
        "corner": true,
        "border": border,
        "fill": state.colour(dict, "border_val", &fill, f64::trunc)?,
        "clip": dict.or("bbox_clip_border", true)?,
        "min_side": side, "min_area": area, "max_aspect": aspect,
    })])
}

/// What turns, shears and shifts have in common.
struct Level {
    /// How much, from and to.
    range: [f64; 2],
    /// How often the other way.
    negative: f64,
    p: f64,
    fill: [u8; 3],
}

/// A level of ten, of the most there is; what 2.x calls `max_…` is the third.
fn level(dict: &mut Dict, state: &State, most: (&'static str, f64), new: f64) -> Result<Level> {
    dict.only("seg_ignore_label", &[255.into()], "what is outside of label maps is 255")?;
    dict.only("interpolation", &["bilinear".into()], "pixels are mixed bilinearly here")?;
    if state.two(dict)? {
        let level: f64 = dict.need("level")?;
        let value = level / 10.0 * dict.or(most.0, most.1)?;
        let fill = dict.or("img_fill_val", Json::from(128))?;
        return Ok(Level {
            range: [value, value],
            negative: dict.or("random_negative_prob", 0.5)?,
            p: dict.or("prob", 0.5)?,
            fill: state.colour(dict, "img_fill_val", &fill, f64::trunc)?,
        });
    }
    dict.only("mask_border_value", &[0.into()], "what is outside of a mask is 0")?;
    let range = [dict.or("min_mag", 0.0)?, dict.or("max_mag", new)?];
    let range = match dict.take::<f64>("level")? {
        // Rounded to a tenth, as there.
        Some(level) => {
            [((level / 10.0 * (range[1] - range[0]) + range[0]) * 10.0).round_ties_even() / 10.0; 2]
        }
        None => range,
    };
    let fill = dict.or("img_border_value", Json::from(128))?;
    Ok(Level {
        range,
        negative: 1.0 - dict.or("reversal_prob", 0.5)?,
        p: dict.or("prob", 1.0)?,
        fill: state.colour(dict, "img_border_value", &fill, f64::trunc)?,
    })
}

/// Clockwise there, counter-clockwise here.
pub(super) fn rotate(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.only("scale", &[1.into()], "the picture keeps its scale here: random_affine changes it")?;
    dict.only("center", &[Json::Null], "it is turned about its middle here")?;
    let Level { range: [low, high], negative, p, fill } =
        level(dict, state, ("max_rotate_angle", 30.0), 30.0)?;
    let step = json!({"op": "rotate", "angle": [0.0 - high, 0.0 - low], "negative": negative, "fill": fill});
    Ok(often(step, p))
}

/// The axis that a type or its `direction` names.
fn axis(dict: &mut Dict) -> Result<&'static str> {
    if dict.kind.ends_with(['X', 'Y']) {
        return Ok(if dict.kind.ends_with('X') { "x" } else { "y" });
    }
    match dict.or("direction", "horizontal".to_owned())?.as_str() {
        "horizontal" => Ok("x"),
        "vertical" => Ok("y"),
        other => Err(dict.wrong("direction", &format!("is {other}, neither horizontal nor vertical"))),
    }
}

/// 2.x has pixels for each pixel, 3.x degrees.
pub(super) fn shear(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let axis = axis(dict)?;
    let own = level(dict, state, ("max_shear_magnitude", 0.3), 30.0)?;
    let range =
        if state.two(dict)? { own.range } else { own.range.map(|degrees| degrees.to_radians().tan()) };
    let mut step = json!({"op": "shear", "negative": own.negative, "fill": own.fill});
    step[axis] = json!(range);
    Ok(often(step, own.p))
}

/// 2.x has pixels, 3.x shares of the side; both whole pixels.
pub(super) fn translate(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let axis = axis(dict)?;
    let own = level(dict, state, ("max_translate_offset", 250.0), 0.1)?;
    let relative = !state.two(dict)?;
    let mut step = json!({
        "op": "translate", "relative": relative, "whole": true, "negative": own.negative, "fill": own.fill
    });
    step[axis] = json!(own.range);
    let mut steps = often(step, own.p);
    let least: f64 = dict.or("min_size", 0.0)?;
    if least > 0.0 {
        steps.push(json!({"op": "filter_objects", "min_side": [least, least]}));
    }
    Ok(steps)
}
