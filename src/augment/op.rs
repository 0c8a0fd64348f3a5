//! [`Op`]: an operation by its name, and [`Step`]: one in its place in a pipeline.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::draw::{Draw, Flow};
use super::ops::affine::{RandomAffine, Rotate, Shear, Translate};
use super::ops::around::RandomCenterCropPad;
use super::ops::canvas::{Expand, Pad};
use super::ops::choose::AutoAugment;
use super::ops::colour::{Blur, ColorJitter, Corrupt, HsvJitter, Lighting, PhotoMetricDistortion, Tone};
use super::ops::constrained::ConstrainedCrop;
use super::ops::crop::{CenterCrop, Crop, MinIouCrop, RandomCrop, RandomResizedCrop, RandomSizedCrop};
use super::ops::each::Each;
use super::ops::erase::{CutOut, ErasePatches, RandomErasing};
use super::ops::mirror::{Flip, RandomFlip, RandomTurn};
use super::ops::mix::{MixUp, Mosaic};
use super::ops::objects::{BoxesFromMasks, FilterObjects};
use super::ops::paste::CopyPaste;
use super::ops::rand_augment::RandAugment;
use super::ops::shift::RandomShift;
use super::ops::size::{Rescale, Resize, ResizeContain, ResizeShort};
use super::ops::{Operation, check_range, wrong};
use super::sample::Sample;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::nearest;

/// Writes the operations down once: their variants, their names, what they touch.
macro_rules! operations {
    ($($variant:ident $name:literal [$($touches:ident)*] $summary:literal;)*) => {
        /// An operation with its parameters.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "op")]
        pub enum Op {
            $(#[doc = $summary] #[serde(rename = $name)] $variant($variant),)*
        }

        impl Op {
            /// All operations.
            pub const ALL: &[About] = &[$(About {
                name: $name,
                summary: $summary,
                touches: &[$(Touches::$touches),*],
            },)*];

            /// The name in pipelines.
            pub fn name(&self) -> &'static str {
                match self { $(Op::$variant(_) => $name,)* }
            }

            /// The operation of a name, of its parameters alone. serde's own tagged enums lose numbers whose text is kept,
            /// as ours is.
            fn of(name: &str, parameters: Json) -> Option<serde_json::Result<Op>> {
                match name {
                    $($name => Some(serde_json::from_value(parameters).map(Op::$variant)),)*
                    _ => None,
                }
            }

            fn own(&self) -> &dyn Operation {
                match self { $(Op::$variant(own) => own,)* }
            }
        }
    };
}

/// What there is to know of an operation without running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name in pipelines.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What it moves or changes.
    pub touches: &'static [Touches],
}

impl Operation for Op {
    fn check(&self) -> Result<()> {
        self.own().check()
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        self.own().apply(sample, draw)
    }
}

/// What an operation moves or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Touches {
    /// The pixels.
    Picture,
    /// Boxes.
    Boxes,
    /// Turned boxes.
    Rotated,
    /// Outlines and masks.
    Masks,
    /// Keypoints.
    Points,
    /// Label maps.
    Maps,
    /// Which objects there are.
    Count,
}

operations! {
    Resize "resize" [Picture Boxes Rotated Masks Points Maps] "To a height and width, whatever the shape was.";
    ResizeShort "resize_short" [Picture Boxes Rotated Masks Points Maps] "Until the shorter (or longer) edge has a length.";
    ResizeContain "resize_contain" [Picture Boxes Rotated Masks Points Maps] "Whole and in its shape onto the middle of a canvas (letterbox).";
    Rescale "rescale" [Picture Boxes Rotated Masks Points Maps] "Into a frame of which it touches one side (MMDetection's Resize).";
    CenterCrop "center_crop" [Picture Boxes Rotated Masks Points Maps Count] "The window in the middle.";
    Crop "crop" [Picture Boxes Rotated Masks Points Maps Count] "The window at a place.";
    RandomCrop "random_crop" [Picture Boxes Rotated Masks Points Maps Count] "A window anywhere.";
    RandomResizedCrop "random_resized_crop" [Picture Boxes Rotated Masks Points Maps Count] "A window of a share of the area and of an aspect, in a size (torchvision).";
    RandomSizedCrop "random_sized_crop" [Picture Boxes Rotated Masks Points Maps Count] "A window of a share of the area and of an aspect (ChainerCV).";
    MinIouCrop "min_iou_crop" [Picture Boxes Rotated Masks Points Maps Count] "A window with which every box has an overlap drawn from a list (SSD).";
    ConstrainedCrop "constrained_crop" [Picture Boxes Rotated Masks Points Maps Count] "A window whose overlaps with boxes lie between two numbers (ChainerCV's SSD).";
    RandomCenterCropPad "random_center_crop_pad" [Picture Boxes Rotated Masks Points Maps Count] "A frame around a point, filled where there is no picture (CornerNet).";
    Pad "pad" [Picture Boxes Rotated Masks Points Maps] "On a canvas of a size, of a multiple of a number, or square.";
    Expand "expand" [Picture Boxes Rotated Masks Points Maps] "Somewhere on a larger canvas.";
    Flip "flip" [Picture Boxes Rotated Masks Points Maps] "Mirrored, always.";
    RandomFlip "random_flip" [Picture Boxes Rotated Masks Points Maps] "Mirrored by chance.";
    RandomTurn "random_turn" [Picture Boxes Rotated Masks Points Maps] "Turned by quarters.";
    Rotate "rotate" [Picture Boxes Rotated Masks Points Maps Count] "Turned by degrees about the middle.";
    Shear "shear" [Picture Boxes Rotated Masks Points Maps Count] "Sheared along an axis.";
    Translate "translate" [Picture Boxes Rotated Masks Points Maps Count] "Moved to the right and down.";
    RandomShift "random_shift" [Picture Boxes Rotated Masks Points Maps Count] "Moved by whole pixels, unless all objects would be lost (MMDetection).";
    RandomAffine "random_affine" [Picture Boxes Rotated Masks Points Maps Count] "Turned, scaled, sheared and moved at once.";
    CutOut "cut_out" [Picture] "Rectangles of one colour.";
    RandomErasing "random_erasing" [Picture] "One rectangle of a colour or of noise (torchvision).";
    ErasePatches "erase_patches" [Picture Masks Points Maps Count] "Patches of one colour, which cover objects too (MMDetection's RandomErasing).";
    BoxesFromMasks "boxes_from_masks" [Boxes Count] "Boxes become those around what is left of masks.";
    FilterObjects "filter_objects" [Count] "Objects that are too small go.";
    ColorJitter "color_jitter" [Picture] "Brightness, contrast, saturation and hue by chance (torchvision).";
    PhotoMetricDistortion "photometric_distortion" [Picture] "SSD's chain of colour changes (MMDetection, ChainerCV).";
    HsvJitter "hsv_jitter" [Picture] "Hue, saturation and value by chance (YOLOX, Ultralytics).";
    Lighting "lighting" [Picture] "One offset along the principal components of colours (AlexNet).";
    Tone "tone" [Picture] "One change of tone: brightness, contrast, gamma, equalize, posterize and others.";
    Blur "blur" [Picture] "Blurred: gaussian, mean, median or along a line.";
    Corrupt "corrupt" [Picture] "One of the fifteen corruptions by which robustness is measured.";
    Mosaic "mosaic" [Picture Boxes Rotated Masks Points Count] "Four pictures around a point of a canvas.";
    MixUp "mix_up" [Picture Boxes Rotated Masks Points Count] "Another picture over this one, each at half its strength.";
    CopyPaste "copy_paste" [Picture Boxes Masks Points Maps Count] "Objects of another picture pasted on this one (Simple Copy-Paste).";
    AutoAugment "auto_augment" [Picture Boxes Rotated Masks Points Maps Count] "One of several lists of steps, by chance (RandomChoice, RandomApply).";
    Each "each" [Picture Boxes Rotated Masks Points Maps Count] "Every one of several lists of steps, a view each (test-time augmentation).";
    RandAugment "rand_augment" [Picture Boxes Rotated Masks Points Maps Count] "A few of fourteen changes, all of one strength (torchvision).";
}

/// An operation in a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done.
    pub op: Op,
    /// How often; always where it is 1.
    pub p: f64,
    /// The key under which what was drawn comes out.
    pub params: Option<String>,
}

impl From<Op> for Step {
    fn from(op: Op) -> Step {
        Step { op, p: 1.0, params: None }
    }
}

impl Step {
    /// A step of a pipeline's file: the operation's name under `op`, its parameters beside it, and `p` and `params` for any
    /// operation.
    ///
    /// # Errors
    /// `Usage` for unknown operations and parameters (with those that may have been meant), and for values that make no
    /// sense.
    pub fn parse(mut members: Map<String, Json>) -> Result<Step> {
        let name = match members.remove("op") {
            Some(Json::String(name)) => name,
            _ => return Err(wrong("op", "is missing: a step names its operation, as op = \"resize\"")),
        };
        let p = match members.remove("p") {
            None => 1.0,
            Some(p) => p.as_f64().ok_or_else(|| wrong("p", "is no number"))?,
        };
        check_range("p", [p, p], 0.0, 1.0)?;
        let params = match members.remove("params") {
            None => None,
            Some(Json::String(key)) => Some(key),
            Some(_) => return Err(wrong("params", "is no name of a key")),
        };
        let op = Op::of(&name, Json::Object(members)).ok_or_else(|| unknown(&name))?;
        let op = op.map_err(|e| Error::new(ErrorKind::Usage, format!("{name}: {e}")))?;
        op.check()?;
        Ok(Step { op, p, params })
    }

    /// The step as [`Step::parse`] reads it.
    pub fn to_json(&self) -> Json {
        let mut json = serde_json::to_value(&self.op).unwrap_or(Json::Null);
        if let Json::Object(members) = &mut json {
            if self.p < 1.0 {
                members.insert("p".to_owned(), self.p.into());
            }
            if let Some(params) = &self.params {
                members.insert("params".to_owned(), params.clone().into());
            }
        }
        json
    }

    /// Does it to a sample, as often as the step says.
    ///
    /// # Errors
    /// Those of [`Op::apply`].
    pub fn apply(&self, sample: &mut Sample, mut draw: Draw<'_>) -> Result<Flow> {
        if self.p < 1.0 && !draw.chance(self.p) {
            return Ok(Flow::On);
        }
        let mut draw = draw.listening(self.params.is_some());
        let flow = self.op.apply(sample, &mut draw)?;
        if let Some(key) = &self.params {
            sample.values.push((key.clone(), draw.told()));
        }
        Ok(flow)
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Step, D::Error> {
        let members = Map::<String, Json>::deserialize(deserializer)?;
        Step::parse(members).map_err(serde::de::Error::custom)
    }
}

fn unknown(name: &str) -> Error {
    let known = Op::ALL.iter().map(|about| about.name);
    let error = Error::new(ErrorKind::Usage, format!("there is no operation '{name}'"));
    let meant = nearest(name, known);
    match meant.is_empty() {
        true => error.remedy("`lensframe feed --ops` lists them"),
        false => error.remedy(format!("was one of these meant: {}", meant.join(", "))),
    }
}
