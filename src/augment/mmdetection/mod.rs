//! Lists of `dict(type=…)`, as MMDetection's configurations have them, as steps of ours.
//!
//! Both spellings are read, that of 2.x (`img_scale`, `flip_ratio`, `DefaultFormatBundle`, `Collect`) and that of 3.x
//! (`scale`, `prob`, `PackDetInputs`, `DetDataPreprocessor`). Pictures are BGR there unless `LoadImageFromFile` says
//! otherwise, so colours and means are turned round here, and pixels come out in the order that they have there. Steps of
//! ours (`op`) may stand between theirs. What has no counterpart is refused with words; nothing is left out silently.
//!
//! | file | noun |
//! |---|---|
//! | `dict.rs` | `Dict`: a type and its parameters |
//! | `state.rs` | `State`: what steps know of those before them: order of channels, spelling, normalised or not |
//! | `load.rs` | loading, layout, normalisation |
//! | `size.rs` | resize, pad, crops |
//! | `motion.rs` | flips, turns, shears, shifts |
//! | `colour.rs` | colours, painting over |
//! | `mix.rs` | several pictures, choices |

mod colour;
mod dict;
mod load;
mod mix;
mod motion;
mod size;
mod state;

use serde_json::Value as Json;

use self::dict::Dict;
use self::state::State;
use super::output::Output;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::nearest;

/// What a list says.
pub(super) struct Read {
    /// Steps of ours, each with the place of the one it is of.
    pub(super) steps: Vec<(String, Json)>,
    /// What pixels become.
    pub(super) output: Output,
}

/// True for a list with a `type` in the place of `op`.
pub(super) fn is_list(steps: &[Json]) -> bool {
    steps.iter().any(|step| step.get("type").is_some() && step.get("op").is_none())
}

/// # Errors
/// `Usage` for types and parameters that are not known or have no counterpart; the place is the step and its type.
pub(super) fn read(steps: Vec<Json>) -> Result<Read> {
    let mut state = State::of(&steps);
    let mut own = Vec::new();
    for (at, step) in steps.into_iter().enumerate() {
        let kind = step.get("type").and_then(Json::as_str).map(str::to_owned);
        let place = match kind {
            Some(kind) => format!("pipeline: step {} ({kind})", at + 1),
            None => format!("pipeline: step {}", at + 1),
        };
        let made = state.step(step).map_err(|e| e.at(Place::area(place.clone())))?;
        own.extend(made.into_iter().map(|step| (place.clone(), step)));
    }
    Ok(Read { steps: own, output: state.output() })
}

/// What makes steps of a type.
type Reader = fn(&mut Dict, &mut State) -> Result<Vec<Json>>;

/// The types, with what reads them.
const TYPES: &[(&[&str], Reader)] = &[
    (&["LoadImageFromFile", "LoadImageFromWebcam", "LoadImageFromNDArray"], load::image),
    (&["LoadAnnotations", "LoadPanopticAnnotations"], load::annotations),
    (&["FilterAnnotations"], load::filter),
    (&["Normalize"], load::normalize),
    (&["DetDataPreprocessor"], load::preprocessor),
    (&["DefaultFormatBundle"], load::bundle),
    (&["Collect", "PackDetInputs", "ImageToTensor", "ToTensor", "ToDataContainer", "Transpose"], load::pack),
    (&["Resize", "RandomResize", "RandomChoiceResize", "FixScaleResize"], size::resize),
    (&["ResizeShortestEdge"], size::shortest),
    (&["Pad"], size::pad),
    (&["RandomCrop"], size::random_crop),
    (&["MinIoURandomCrop"], size::min_iou),
    (&["Expand"], size::expand),
    (&["RandomCenterCropPad"], size::around),
    (&["SegRescale"], size::seg_rescale),
    (&["RandomFlip"], motion::flip),
    (&["RandomShift"], motion::shift),
    (&["RandomAffine"], motion::affine),
    (&["Rotate"], motion::rotate),
    (&["Shear", "ShearX", "ShearY"], motion::shear),
    (&["Translate", "TranslateX", "TranslateY"], motion::translate),
    (&["CutOut"], colour::cut_out),
    (&["RandomErasing"], colour::erasing),
    (&["PhotoMetricDistortion"], colour::photometric),
    (&["YOLOXHSVRandomAug"], colour::hsv),
    (&["Corrupt"], colour::corrupt),
    (&["BrightnessTransform", "ColorTransform", "ContrastTransform", "EqualizeTransform"], colour::level),
    (&["Brightness", "Color", "Contrast", "Sharpness", "Equalize", "AutoContrast", "Invert"], colour::tone),
    (&["Mosaic", "CachedMosaic"], mix::mosaic),
    (&["MixUp", "CachedMixUp"], mix::mix_up),
    (&["CopyPaste"], mix::copy_paste),
    (&["AutoAugment", "RandomChoice"], mix::choice),
    (&["RandomApply"], mix::apply),
    (&["RandAugment"], mix::rand_augment),
    (&["Compose", "ProposalBroadcaster"], mix::all),
    (&["MultiScaleFlipAug"], mix::one_view),
    (&["TestTimeAug"], mix::test_time),
];

/// What has no counterpart, and what to do.
const REFUSED: &[(&str, &str)] = &[
    (
        "Albu",
        "write its steps as operations of ours, or give a function of Python to the loader (transform=…)",
    ),
    ("InstaBoost", "copy_paste is the nearest that there is"),
    ("LoadProposals", "proposals are an object set of their own: the pipeline's set names it"),
    ("LoadMultiChannelImageFromFiles", "a picture is one file here"),
    ("TransformBroadcaster", "a sample has one picture here"),
    ("MultiBranch", "a sample has one branch here: make a loader for each"),
];

impl State {
    /// The steps of one of theirs; a step of ours as it is.
    ///
    /// # Errors
    /// As [`read`].
    fn step(&mut self, step: Json) -> Result<Vec<Json>> {
        if step.get("op").is_some() {
            return Ok(vec![step]);
        }
        let mut dict = Dict::new(step)?;
        let reader = TYPES.iter().find(|(names, _)| names.contains(&dict.kind.as_str()));
        let Some((_, reader)) = reader else { return Err(unknown(&dict.kind)) };
        let steps = reader(&mut dict, self)?;
        dict.done()?;
        Ok(steps)
    }

    /// The steps of a list within a step.
    ///
    /// # Errors
    /// As [`read`].
    fn within(&mut self, steps: Vec<Json>) -> Result<Vec<Json>> {
        let made: Vec<Vec<Json>> = steps.into_iter().map(|step| self.step(step)).collect::<Result<_>>()?;
        Ok(made.concat())
    }
}

fn unknown(kind: &str) -> Error {
    if let Some((_, remedy)) = REFUSED.iter().find(|(name, _)| *name == kind) {
        return Error::new(ErrorKind::Unsupported, format!("{kind} has no counterpart here")).remedy(*remedy);
    }
    let names = TYPES.iter().flat_map(|(names, _)| names.iter().copied());
    let error = Error::new(ErrorKind::Usage, format!("the type '{kind}' is not known here"));
    let meant = nearest(kind, names);
    match meant.is_empty() {
        true => {
            error.remedy("docs/augment.md lists those that are; steps of ours (op) may stand between them")
        }
        false => error.remedy(format!("was one of these meant: {}", meant.join(", "))),
    }
}

/// A step that is done so often.
fn often(mut step: Json, p: f64) -> Vec<Json> {
    if p <= 0.0 {
        return Vec::new();
    }
    if p < 1.0 {
        step["p"] = p.into();
    }
    vec![step]
}
