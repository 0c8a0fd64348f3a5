//! Loading, filtering, normalisation and layout.

use serde_json::{Value as Json, json};

use super::dict::Dict;
use super::state::State;
use crate::error::{Error, ErrorKind, Result};

/// Pictures are read by the dataset; what counts is the order of their channels.
pub(super) fn image(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.skip(&["file_client_args", "backend_args", "imdecode_backend", "ignore_empty"]);
    dict.only("color_type", &["color".into()], "pictures are read in three channels, upright")?;
    state.bgr = match dict.or("channel_order", "bgr".to_owned())?.as_str() {
        "bgr" => true,
        "rgb" => false,
        other => return Err(dict.wrong("channel_order", &format!("is {other}, neither bgr nor rgb"))),
    };
    state.float = dict.or("to_float32", false)?;
    Ok(Vec::new())
}

/// Everything that a dataset says is there.
pub(super) fn annotations(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    dict.skip(&["with_bbox", "with_label", "with_mask", "with_seg", "with_keypoints", "poly2mask"]);
    dict.skip(&["box_type", "file_client_args", "backend_args", "imdecode_backend"]);
    dict.only("denorm_bbox", &[false.into()], "boxes of a dataset are in pixels already")?;
    dict.only("reduce_zero_label", &[false.into()], "label maps are what the dataset says")?;
    dict.only("ignore_index", &[255.into()], "what is outside of label maps is 255")?;
    Ok(Vec::new())
}

/// `keep_empty` is what makes an emptied sample go, whatever its name says.
pub(super) fn filter(dict: &mut Dict, _: &mut State) -> Result<Vec<Json>> {
    let side: [f64; 2] = dict.or("min_gt_bbox_wh", [1.0, 1.0])?;
    let area: u32 = dict.or("min_gt_mask_area", 1)?;
    let (by_box, by_mask) = (dict.or("by_box", true)?, dict.or("by_mask", false)?);
    let empty = if dict.or("keep_empty", true)? { "drop" } else { "keep" };
    let side = if by_box { side } else { [-1.0, -1.0] };
    let area = if by_mask { area } else { 0 };
    Ok(vec![json!({"op": "filter_objects", "min_side": side, "min_mask": area, "empty": empty})])
}

/// Mean and deviation are in the order that pixels have after `to_rgb`; ours are red, green, blue.
fn line(
    dict: &Dict,
    state: &mut State,
    turns: bool,
    mut mean: [f64; 3],
    mut std: [f64; 3],
) -> Result<Vec<Json>> {
    if state.normalised {
        return Err(Error::new(ErrorKind::Usage, format!("{}: pixels are normalised already", dict.kind)));
    }
    state.bgr ^= turns;
    if state.bgr {
        mean.reverse();
        std.reverse();
    }
    state.normalised = true;
    Ok(vec![json!({"op": "normalize", "mean": mean, "std": std, "max_value": 1.0})])
}

pub(super) fn normalize(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    let (mean, std) = (dict.need("mean")?, dict.need("std")?);
    let to_rgb = dict.or("to_rgb", true)?;
    line(dict, state, to_rgb, mean, std)
}

/// What 3.x does on the device: the same, after the list.
pub(super) fn preprocessor(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.skip(&["pad_mask", "mask_pad_value", "pad_seg", "seg_pad_value", "boxtype2tensor", "non_blocking"]);
    if dict.take::<Vec<Json>>("batch_augments")?.is_some_and(|list| !list.is_empty()) {
        return Err(dict.wrong("batch_augments", "change whole batches, and a pipeline changes samples"));
    }
    let turns = [dict.or("bgr_to_rgb", false)?, dict.or("rgb_to_bgr", false)?];
    let mean: Option<[f64; 3]> = dict.take("mean")?;
    let std: Option<[f64; 3]> = dict.take("std")?;
    let value = dict.or("pad_value", Json::from(0))?;
    let divisor: u32 = dict.or("pad_size_divisor", 1)?;
    state.float = true;
    state.planes = true;
    let turns = turns.contains(&true);
    let mut steps = match (mean, std) {
        (Some(mean), Some(std)) => line(dict, state, turns, mean, std)?,
        (None, None) => {
            state.bgr ^= turns;
            Vec::new()
        }
        _ => return Err(dict.wrong("mean", "and std go together")),
    };
    if divisor > 1 {
        steps.extend(super::size::padded(dict, state, "pad_value", &value, json!({"multiple": divisor}))?);
    }
    Ok(steps)
}

pub(super) fn bundle(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    state.float |= dict.or("img_to_float", true)?;
    state.planes = true;
    // Batches are filled up as the loader says.
    dict.skip(&["pad_val"]);
    Ok(Vec::new())
}

/// What is packed is what the loader hands on.
pub(super) fn pack(dict: &mut Dict, state: &mut State) -> Result<Vec<Json>> {
    dict.skip(&["keys", "meta_keys", "fields", "order"]);
    state.planes |= dict.kind != "Collect" && dict.kind != "ToTensor";
    Ok(Vec::new())
}
