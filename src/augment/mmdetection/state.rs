//! [`State`]: what a step of a list has to know of the others.

use serde_json::Value as Json;

use super::dict::Dict;
use crate::augment::output::{Dtype, Output};
use crate::error::{ErrorKind, Result};
use crate::image::Order;

/// Which library a list is written for; some pairs are the other way round in the newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// MMDetection 2.x.
    Two,
    /// MMDetection 3.x.
    Three,
}

/// What is known so far.
pub(super) struct State {
    /// How the list is spelled; `None` where nothing tells, or both.
    spelling: Option<Spelling>,
    /// Blue is first in the pixels at this place.
    pub(super) bgr: bool,
    /// Pixels are no whole numbers any more.
    pub(super) float: bool,
    /// Pixels are normalised.
    pub(super) normalised: bool,
    /// Pixels lie in planes.
    pub(super) planes: bool,
    /// The scale that a wrapper prescribes to `Resize`.
    pub(super) scale: Option<Json>,
    /// A wrapper prescribes that nothing is mirrored.
    pub(super) unflipped: bool,
}

/// Types of one library alone.
const TYPES: [(&str, Spelling); 19] = [
    ("DefaultFormatBundle", Spelling::Two),
    ("Collect", Spelling::Two),
    ("ImageToTensor", Spelling::Two),
    ("MultiScaleFlipAug", Spelling::Two),
    ("BrightnessTransform", Spelling::Two),
    ("ContrastTransform", Spelling::Two),
    ("ColorTransform", Spelling::Two),
    ("EqualizeTransform", Spelling::Two),
    ("Shear", Spelling::Two),
    ("Translate", Spelling::Two),
    ("PackDetInputs", Spelling::Three),
    ("DetDataPreprocessor", Spelling::Three),
    ("RandomResize", Spelling::Three),
    ("RandomChoiceResize", Spelling::Three),
    ("RandomChoice", Spelling::Three),
    ("RandomErasing", Spelling::Three),
    ("CachedMosaic", Spelling::Three),
    ("CachedMixUp", Spelling::Three),
    ("ShearX", Spelling::Three),
];

/// Parameters of one library alone; of some types in both.
const PARAMETERS: [(&str, &str, Spelling); 16] = [
    ("Resize", "img_scale", Spelling::Two),
    ("Resize", "multiscale_mode", Spelling::Two),
    ("RandomFlip", "flip_ratio", Spelling::Two),
    ("RandomShift", "shift_ratio", Spelling::Two),
    ("", "file_client_args", Spelling::Two),
    ("", "skip_filter", Spelling::Two),
    ("", "min_bbox_size", Spelling::Two),
    ("", "img_fill_val", Spelling::Two),
    ("", "random_negative_prob", Spelling::Two),
    ("Rotate", "max_rotate_angle", Spelling::Two),
    ("Resize", "scale", Spelling::Three),
    ("Resize", "scale_factor", Spelling::Three),
    ("RandomFlip", "prob", Spelling::Three),
    ("", "backend_args", Spelling::Three),
    ("", "reversal_prob", Spelling::Three),
    ("", "max_mag", Spelling::Three),
];

/// What speaks for either library, in a list and in the lists within.
fn evidence(json: &Json, found: &mut [bool; 2]) {
    match json {
        Json::Array(list) => list.iter().for_each(|own| evidence(own, found)),
        Json::Object(members) => {
            let kind = members.get("type").and_then(Json::as_str).unwrap_or_default();
            let kind = kind.rsplit('.').next().unwrap_or_default();
            let types = TYPES.iter().filter(|(name, _)| *name == kind).map(|(_, spelling)| *spelling);
            let told = |of: &str, name: &str| (of.is_empty() || of == kind) && members.contains_key(name);
            let parameters = PARAMETERS.iter().filter(|(of, name, _)| told(of, name));
            for spelling in types.chain(parameters.map(|(.., spelling)| *spelling)) {
                found[usize::from(spelling == Spelling::Three)] = true;
            }
            members.values().for_each(|own| evidence(own, found));
        }
        _ => {}
    }
}

impl State {
    /// What there is to know before the first step.
    pub(super) fn of(steps: &[Json]) -> State {
        let mut found = [false; 2];
        steps.iter().for_each(|step| evidence(step, &mut found));
        let spelling = match found {
            [true, false] => Some(Spelling::Two),
            [false, true] => Some(Spelling::Three),
            _ => None,
        };
        State {
            spelling,
            bgr: true,
            float: false,
            normalised: false,
            planes: false,
            scale: None,
            unflipped: false,
        }
    }

    /// How the list is spelled.
    pub(super) fn is_two(&self) -> bool {
        self.spelling == Some(Spelling::Two)
    }

    /// (height, width) of a pair that is (height, width) in 2.x and (width, height) in 3.x.
    ///
    /// # Errors
    /// `Usage` where that makes a difference and nothing tells which is meant.
    pub(super) fn height_width<T: Copy + PartialEq>(
        &self,
        dict: &Dict,
        name: &str,
        pair: [T; 2],
    ) -> Result<[T; 2]> {
        let [first, second] = pair;
        match self.spelling {
            _ if first == second => Ok(pair),
            Some(Spelling::Two) => Ok(pair),
            Some(Spelling::Three) => Ok([second, first]),
            None => Err(dict
                .wrong(name, "is (height, width) in MMDetection 2.x and (width, height) in 3.x, and nothing tells which")
                .remedy("end the list with Collect or PackDetInputs, as whole ones do")),
        }
    }

    /// Whether a type is meant as 2.x has it, where defaults differ.
    ///
    /// # Errors
    /// `Usage` where nothing tells.
    pub(super) fn two(&self, dict: &Dict) -> Result<bool> {
        match self.spelling {
            Some(spelling) => Ok(spelling == Spelling::Two),
            None => Err(crate::error::Error::new(
                ErrorKind::Usage,
                format!(
                    "{} differs between MMDetection 2.x and 3.x, and nothing tells which is meant",
                    dict.kind
                ),
            )
            .remedy("end the list with Collect or PackDetInputs, as whole ones do")),
        }
    }

    /// Red, green, blue of a colour in the order that pixels have at this place: a number for all, or three. `round` says
    /// what becomes of shares of a level.
    ///
    /// # Errors
    /// `Usage` for what is no colour of levels 0 to 255.
    pub(super) fn colour(
        &self,
        dict: &Dict,
        name: &str,
        value: &Json,
        round: fn(f64) -> f64,
    ) -> Result<[u8; 3]> {
        let numbers = match value {
            Json::Array(list) => list.iter().map(Json::as_f64).collect(),
            one => vec![one.as_f64(); 3],
        };
        let level = |n: &Option<f64>| n.filter(|n| (0.0..=255.0).contains(n)).map(|n| round(n) as u8);
        match numbers.iter().map(level).collect::<Option<Vec<u8>>>().as_deref() {
            Some([a, b, c]) => Ok(if self.bgr { [*c, *b, *a] } else { [*a, *b, *c] }),
            _ => Err(dict.wrong(name, &format!("is {value}, and a colour is a level 0 to 255, or three"))),
        }
    }

    /// What pixels become at the end of the list.
    pub(super) fn output(&self) -> Output {
        Output {
            dtype: (self.float && !self.normalised).then_some(Dtype::F32),
            order: if self.planes { Order::Chw } else { Order::Hwc },
            bgr: self.bgr,
        }
    }
}
