//! Several pictures, and choices among steps.

use serde_json::{Value as Json, json};

use super::dict::{Dict, pairs};
use super::often;
use super::state::State;
use crate::error::{Error, ErrorKind, Result};

/// The frame of a picture that is mixed, (height, width).
fn frame(dict: &mut Dict, state: &State) -> Result<[u32; 2]> {
    let size = dict.or("img_scale", [640, 640])?;
    state.height_width(dict, "img_scale", size)
}

pub(super) fn mosaic(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.skip(&["max_cached_images", "random_pop"]);
    let fill = dict.or("pad_val", Json::from(114))?;
    let step = json!({
        "op": "mosaic",
        "size": frame(dict, state)?,
        "center": dict.or("center_ratio_range", [0.5, 1.5])?,
        "fill": state.colour(dict, "pad_val", &fill, f64::trunc)?,
        "clip": dict.or("bbox_clip_border", true)?,
    });
    let least: f64 = dict.or("min_bbox_size", 0.0)?;
    let filters = !dict.or("skip_filter", true)?;
    let p = dict.or("prob", 1.0)?;
    let mut steps = often(step, p);
    if filters && least > 0.0 {
        if p < 1.0 {
            return Err(dict
                .wrong("skip_filter", "is false, and the mosaic is not always made")
                .remedy("write filter_objects behind it"));
        }
        steps.push(json!({"op": "filter_objects", "min_side": [least, least]}));
    }
    Ok(steps)
}

pub(super) fn mix_up(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.skip(&["max_cached_images", "random_pop", "min_bbox_size", "min_area_ratio", "max_aspect_ratio"]);
    dict.only("skip_filter", &[true.into()], "write filter_objects behind it")?;
    let fill = dict.or("pad_val", Json::from(114))?;
    let step = json!({
        "op": "mix_up",
        "size": frame(dict, state)?,
        "scale": dict.or("ratio_range", [0.5, 1.5])?,
        "flip": dict.or("flip_ratio", 0.5)?,
        "fill": state.colour(dict, "pad_val", &fill, f64::trunc)?,
        "tries": dict.or("max_iters", 15u32)?,
        "clip": dict.or("bbox_clip_border", true)?,
    });
    Ok(often(step, dict.or("prob", 1.0)?))
}

pub(super) fn copy_paste(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    // Objects without masks are pasted as boxes, as it asks for.
    dict.skip(&["paste_by_box"]);
    Ok(vec![json!({
        "op": "copy_paste",
        "max_num_pasted": dict.or("max_num_pasted", 100u32)?,
        "bbox_occluded_thr": dict.or("bbox_occluded_thr", 10.0)?,
        "mask_occluded_thr": dict.or("mask_occluded_thr", 300u32)?,
        "selected": dict.or("selected", true)?,
    })])
}

/// A step or a list of them.
fn list(json: Json) -> Vec<Json> {
    match json {
        Json::Array(list) => list,
        one => vec![one],
    }
}

/// The lists among which a step chooses. What they say of loading and layout would hold for some samples alone.
fn policies(dict: &Dict, state: &mut State, lists: Vec<Json>) -> Result<Vec<Vec<Json>>> {
    let before = state.output();
    let made = lists.into_iter().map(|steps| state.within(list(steps))).collect::<Result<_>>()?;
    match state.output() == before && !state.normalised {
        true => Ok(made),
        false => {
            let what = format!("{}: a step within it loads, normalises or lays out", dict.kind);
            Err(Error::new(ErrorKind::Usage, what).remedy("do that before or behind, for all samples"))
        }
    }
}

pub(super) fn choice(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let name = if dict.kind == "AutoAugment" { "policies" } else { "transforms" };
    let lists = dict.need::<Vec<Json>>(name)?;
    let policies = policies(dict, state, lists)?;
    let mut step = json!({"op": "auto_augment", "policies": policies});
    if let Some(weights) = dict.take::<Vec<f64>>("prob")? {
        step["weights"] = json!(weights);
    }
    Ok(vec![step])
}

pub(super) fn apply(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let steps = dict.need::<Json>("transforms")?;
    let policies = policies(dict, state, vec![Json::from(list(steps))])?;
    Ok(often(json!({"op": "auto_augment", "policies": policies}), dict.or("prob", 0.5)?))
}

/// So many choices one after the other.
pub(super) fn rand_augment(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let lists = dict.need::<Vec<Json>>("aug_space")?;
    let policies = policies(dict, state, lists)?;
    let mut step = json!({"op": "auto_augment", "policies": policies});
    if let Some(weights) = dict.take::<Vec<f64>>("prob")? {
        step["weights"] = json!(weights);
    }
    Ok(vec![step; dict.or("aug_num", 2usize)?.min(1000)])
}

/// One of each list after the other, in all combinations: a view each.
pub(super) fn test_time(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let mut made = Vec::new();
    for list in dict.need::<Vec<Vec<Json>>>("transforms")? {
        if list.len() <= 1 {
            made.extend(state.within(list)?);
            continue;
        }
        let views = policies(dict, state, list)?;
        made.push(json!({"op": "each", "of": views}));
    }
    Ok(made)
}

pub(super) fn all(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let steps = dict.need("transforms")?;
    state.within(steps)
}

/// Test time: one scale, as it is. More than one view is not one sample.
pub(super) fn one_view(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.skip(&["flip_direction"]);
    dict.only(
        "flip",
        &[false.into()],
        "several views of one picture are made by each, as TestTimeAug has it",
    )?;
    dict.only("scale_factor", &[Json::Null], "it is read of img_scale alone")?;
    if let Some(scale) = dict.take::<Json>("img_scale")? {
        if pairs::<u32>(dict, "img_scale", scale.clone())?.len() > 1 {
            let why = "are several: views of one picture are made by each, as TestTimeAug has it";
            return Err(dict.wrong("img_scale", why));
        }
        state.scale = Some(scale);
    }
    state.unflipped = true;
    let steps = dict.need("transforms")?;
    state.within(steps)
}
