//! What may be said of predictions that their files do not say: [`PredictionOptions`].
//!
//! Everything is found out where values prove it; what they leave open is asked for by the names that stand here.

use std::str::FromStr;

use super::format::PredictionFormat;
use crate::convert::Coords;
use crate::error::{Error, ErrorKind};

/// What is said of predictions beside their file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PredictionOptions {
    /// The format; recognised by content where it is not said.
    pub format: Option<PredictionFormat>,
    /// What the four numbers of a box are, in formats whose tools do not agree.
    pub boxes: Option<BoxForm>,
    /// What corners mean: VOC's files default to [`Coords::Voc`], all others to [`Coords::ZeroExclusive`].
    pub coords: Option<Coords>,
    /// What numbers of classes are.
    pub classes: ClassNumbers,
    /// The score of detections that have none; without it they are an error.
    pub score: Option<f64>,
}

/// The numbers of a detection in a line or array, and what they are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BoxForm {
    /// Centre and size in shares of the image, confidence last: `class cx cy w h conf`. YOLO's own.
    CentreConf,
    /// Centre and size in shares of the image, confidence first: `class conf cx cy w h`.
    ConfCentre,
    /// Corners in pixels: `class conf left top right bottom`.
    Corners,
    /// Corner and size in pixels: `class conf left top width height`.
    CornerSize,
}

/// The forms and their names.
const FORMS: [(&str, BoxForm); 4] = [
    ("centre-conf", BoxForm::CentreConf),
    ("conf-centre", BoxForm::ConfCentre),
    ("corners", BoxForm::Corners),
    ("corner-size", BoxForm::CornerSize),
];

impl BoxForm {
    /// All forms.
    pub const ALL: [BoxForm; 4] =
        [BoxForm::CentreConf, BoxForm::ConfCentre, BoxForm::Corners, BoxForm::CornerSize];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        FORMS.iter().find(|(_, form)| *form == self).map_or("", |(name, _)| *name)
    }
}

impl FromStr for BoxForm {
    type Err = Error;

    fn from_str(name: &str) -> Result<BoxForm, Error> {
        FORMS.into_iter().find(|(known, _)| *known == name).map(|(_, form)| form).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("there is no form of boxes {name:?}"))
                .remedy("name one of centre-conf, conf-centre, corners, corner-size")
        })
    }
}

/// What the number of a class is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClassNumbers {
    /// What the format says; where it says nothing, what the numbers prove.
    #[default]
    Auto,
    /// The id of a class of the truth.
    Ids,
    /// The place of a class among those of the truth in the order of their ids, the first 0.
    ZeroBased,
    /// The same, the first 1.
    OneBased,
    /// Nothing yet: classes are kept as they are written, to be matched by a list.
    Raw,
}

/// The readings and their names.
const NUMBERS: [(&str, ClassNumbers); 5] = [
    ("auto", ClassNumbers::Auto),
    ("ids", ClassNumbers::Ids),
    ("zero-based", ClassNumbers::ZeroBased),
    ("one-based", ClassNumbers::OneBased),
    ("raw", ClassNumbers::Raw),
];

impl ClassNumbers {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        NUMBERS.iter().find(|(_, numbers)| *numbers == self).map_or("", |(name, _)| *name)
    }
}

impl FromStr for ClassNumbers {
    type Err = Error;

    fn from_str(name: &str) -> Result<ClassNumbers, Error> {
        NUMBERS.into_iter().find(|(known, _)| *known == name).map(|(_, numbers)| numbers).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("there is no reading of class numbers {name:?}"))
                .remedy("name one of auto, ids, zero-based, one-based, raw")
        })
    }
}

/// Left, top, width and height, half-open from 0, of corners.
pub(super) fn corners([left, top, right, bottom]: [f64; 4], coords: Coords) -> [f64; 4] {
    let (first, far) = match coords {
        Coords::Voc => (1.0, 1.0),
        Coords::ZeroBased => (0.0, 1.0),
        Coords::Exclusive => (1.0, 0.0),
        Coords::ZeroExclusive => (0.0, 0.0),
    };
    [left - first, top - first, right - left + far, bottom - top + far]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_what_they_name() {
        for form in BoxForm::ALL {
            assert_eq!(form.name().parse::<BoxForm>().unwrap(), form);
        }
        for (name, numbers) in NUMBERS {
            assert_eq!((numbers.name(), name.parse::<ClassNumbers>().unwrap()), (name, numbers));
        }
        assert!("xyxy".parse::<BoxForm>().unwrap_err().to_string().contains("corner-size"));
        assert!("names".parse::<ClassNumbers>().unwrap_err().to_string().contains("one-based"));
    }

    #[test]
    fn a_pixel_of_voc_is_one_wide() {
        assert_eq!(corners([1.0, 1.0, 1.0, 2.0], Coords::Voc), [0.0, 0.0, 1.0, 2.0]);
        assert_eq!(corners([1.0, 1.0, 1.0, 2.0], Coords::ZeroExclusive), [1.0, 1.0, 0.0, 1.0]);
        assert_eq!(corners([1.0, 1.0, 1.0, 2.0], Coords::ZeroBased), [1.0, 1.0, 1.0, 2.0]);
        assert_eq!(corners([1.0, 1.0, 3.0, 2.0], Coords::Exclusive), [0.0, 0.0, 2.0, 1.0]);
    }
}
