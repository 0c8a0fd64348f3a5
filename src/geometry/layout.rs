//! How four numbers spell a box: their order and meaning ([`BoxLayout`]) and their unit ([`Unit`]).
//!
//! The invariant: a conversion between equal forms changes no bit, and a width or height that both forms
//! state is carried over unchanged, never rebuilt from corners. Rounding is that of one `f64` operation a
//! number, so going there and back may move the last bit of the others.
//!
//! Numbers are converted, not judged: NaN stays NaN and a negative width stays negative. [`BBox`]
//! is the door that judges.
//!
//! [`BBox`]: crate::geometry::BBox

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Size;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The order and meaning of a box's four numbers.
///
/// ```
/// use lensframe::geometry::BoxLayout;
/// let b = BoxLayout::Xywh.convert(&[2.0, 3.0, 10.0, 20.0], BoxLayout::Yxyx);
/// assert_eq!(b, [3.0, 2.0, 23.0, 12.0]);
/// assert_eq!("cxcywh".parse::<BoxLayout>()?, BoxLayout::Cxcywh);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoxLayout {
    /// Left, top, width, height: COCO, and everything stored here.
    Xywh,
    /// Left, top, right, bottom, half-open: torchvision, MMDetection.
    Xyxy,
    /// Top, left, bottom, right, half-open: ChainerCV, TensorFlow.
    Yxyx,
    /// Centre x, centre y, width, height: YOLO, DETR.
    Cxcywh,
}

impl BoxLayout {
    /// All layouts, for help texts and tests.
    pub const ALL: [BoxLayout; 4] = [BoxLayout::Xywh, BoxLayout::Xyxy, BoxLayout::Yxyx, BoxLayout::Cxcywh];

    /// The name used on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            BoxLayout::Xywh => "xywh",
            BoxLayout::Xyxy => "xyxy",
            BoxLayout::Yxyx => "yxyx",
            BoxLayout::Cxcywh => "cxcywh",
        }
    }

    /// The same box, spelt as `to`, in the same unit.
    pub fn convert(self, b: &[f64; 4], to: BoxLayout) -> [f64; 4] {
        use BoxLayout::{Cxcywh, Xywh, Xyxy, Yxyx};
        let [a, b, c, d] = *b;
        match (self, to) {
            (Xywh, Xywh) | (Xyxy, Xyxy) | (Yxyx, Yxyx) | (Cxcywh, Cxcywh) => [a, b, c, d],
            (Xyxy, Yxyx) | (Yxyx, Xyxy) => [b, a, d, c],
            (Xywh, Xyxy) => [a, b, a + c, b + d],
            (Xywh, Yxyx) => [b, a, b + d, a + c],
            (Xywh, Cxcywh) => [a + c / 2.0, b + d / 2.0, c, d],
            (Xyxy, Xywh) => [a, b, c - a, d - b],
            (Xyxy, Cxcywh) => [(a + c) / 2.0, (b + d) / 2.0, c - a, d - b],
            (Yxyx, Xywh) => [b, a, d - b, c - a],
            (Yxyx, Cxcywh) => [(b + d) / 2.0, (a + c) / 2.0, d - b, c - a],
            (Cxcywh, Xywh) => [a - c / 2.0, b - d / 2.0, c, d],
            (Cxcywh, Xyxy) => [a - c / 2.0, b - d / 2.0, a + c / 2.0, b + d / 2.0],
            (Cxcywh, Yxyx) => [b - d / 2.0, a - c / 2.0, b + d / 2.0, a + c / 2.0],
        }
    }

    /// These numbers in pixels.
    pub const fn pixels(self) -> BoxForm {
        BoxForm { layout: self, unit: Unit::Pixels }
    }

    /// These numbers as fractions of the image's width and height.
    pub const fn relative(self) -> BoxForm {
        BoxForm { layout: self, unit: Unit::Relative }
    }

    /// What each of the four numbers is to be multiplied by: the width for an x, the height for a y.
    fn scales(self, size: Size) -> [f64; 4] {
        let (h, w) = (f64::from(size.height), f64::from(size.width));
        match self {
            BoxLayout::Yxyx => [h, w, h, w],
            BoxLayout::Xywh | BoxLayout::Xyxy | BoxLayout::Cxcywh => [w, h, w, h],
        }
    }
}

impl fmt::Display for BoxLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for BoxLayout {
    type Err = Error;

    fn from_str(text: &str) -> Result<BoxLayout> {
        BoxLayout::ALL.into_iter().find(|l| l.name() == text).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("'{text}' is not a box layout"))
                .remedy("use xywh, xyxy, yxyx or cxcywh")
        })
    }
}

/// The unit of a box's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Pixels of the image.
    Pixels,
    /// Fractions of the image's width (x, w) and height (y, h).
    Relative,
}

/// A layout in a unit: all there is to say about how a box is spelt.
///
/// ```
/// use lensframe::geometry::{BoxForm, Size, convert};
/// let b = convert(&[0.5, 0.5, 0.25, 0.5], BoxForm::YOLO, BoxForm::COCO, Size::new(100, 200))?;
/// assert_eq!(b, [75.0, 25.0, 50.0, 50.0]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BoxForm {
    /// Order and meaning of the numbers.
    pub layout: BoxLayout,
    /// Their unit.
    pub unit: Unit,
}

impl BoxForm {
    /// x, y, w, h in pixels: COCO's form and ours.
    pub const COCO: BoxForm = BoxLayout::Xywh.pixels();
    /// Centre and size as fractions: YOLO's text files.
    pub const YOLO: BoxForm = BoxLayout::Cxcywh.relative();
}

/// One box in another form; `size` is that of its image and is looked at only where the units differ.
///
/// # Errors
/// `Usage` if the units differ and the image has no pixels: a fraction of nothing means nothing.
pub fn convert(b: &[f64; 4], from: BoxForm, to: BoxForm, size: Size) -> Result<[f64; 4]> {
    check_size(from, to, size)?;
    Ok(convert_checked(b, from, to, size))
}

/// Many boxes of one image in another form, in order. Errors as [`convert`].
pub fn convert_all(boxes: &[[f64; 4]], from: BoxForm, to: BoxForm, size: Size) -> Result<Vec<[f64; 4]>> {
    check_size(from, to, size)?;
    Ok(boxes.iter().map(|b| convert_checked(b, from, to, size)).collect())
}

/// Many boxes of one image in another form, in place, four numbers a box.
///
/// # Errors
/// As [`convert`], and `Length` if the numbers do not come in fours; nothing is changed then.
pub fn convert_flat(numbers: &mut [f64], from: BoxForm, to: BoxForm, size: Size) -> Result<()> {
    check_size(from, to, size)?;
    let len = numbers.len();
    let (boxes, []) = numbers.as_chunks_mut::<4>() else {
        return Err(Error::new(ErrorKind::Length, format!("{len} numbers are not boxes of four"))
            .at(Place::none().key("bbox")));
    };
    for b in boxes {
        *b = convert_checked(b, from, to, size);
    }
    Ok(())
}

fn check_size(from: BoxForm, to: BoxForm, size: Size) -> Result<()> {
    if from.unit != to.unit && size.pixels() == 0 {
        return Err(Error::new(ErrorKind::Usage, format!("relative boxes in an image of {size} pixels"))
            .at(Place::none().key("bbox"))
            .remedy("give the image's height and width"));
    }
    Ok(())
}

fn convert_checked(b: &[f64; 4], from: BoxForm, to: BoxForm, size: Size) -> [f64; 4] {
    match (from.unit, to.unit) {
        (Unit::Pixels, Unit::Pixels) | (Unit::Relative, Unit::Relative) => from.layout.convert(b, to.layout),
        // Scaled on the relative side, so that 0..1 stays the only range that fractions are rounded in.
        (Unit::Relative, Unit::Pixels) => {
            let scales = from.layout.scales(size);
            let pixels = std::array::from_fn(|i| b[i] * scales[i]);
            from.layout.convert(&pixels, to.layout)
        }
        (Unit::Pixels, Unit::Relative) => {
            let scales = to.layout.scales(size);
            let pixels = from.layout.convert(b, to.layout);
            std::array::from_fn(|i| pixels[i] / scales[i])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: [(BoxLayout, [f64; 4]); 4] = [
        (BoxLayout::Xywh, [2.0, 3.0, 10.0, 20.0]),
        (BoxLayout::Xyxy, [2.0, 3.0, 12.0, 23.0]),
        (BoxLayout::Yxyx, [3.0, 2.0, 23.0, 12.0]),
        (BoxLayout::Cxcywh, [7.0, 13.0, 10.0, 20.0]),
    ];

    #[test]
    fn every_layout_spells_the_same_box() {
        for (from, a) in SAME {
            for (to, b) in SAME {
                assert_eq!(from.convert(&a, to), b, "{from} to {to}");
            }
        }
    }

    #[test]
    fn every_form_comes_back_from_every_other() {
        let size = Size::new(64, 128);
        let units = [Unit::Pixels, Unit::Relative];
        for (layout, b) in SAME {
            for (other, to_unit) in BoxLayout::ALL.into_iter().flat_map(|l| units.map(|u| (l, u))) {
                let there = BoxForm { layout: other, unit: to_unit };
                let c = convert(&b, layout.pixels(), there, size).unwrap();
                // Powers of two: exact.
                assert_eq!(convert(&c, there, layout.pixels(), size).unwrap(), b, "{layout} {there:?}");
            }
        }
    }

    #[test]
    fn relative_needs_a_size_but_only_across_units() {
        let none = Size::new(0, 10);
        assert_eq!(
            convert(&[0.0; 4], BoxForm::YOLO, BoxForm::COCO, none).unwrap_err().kind(),
            ErrorKind::Usage
        );
        let b = convert(&[0.5, 0.5, 1.0, 1.0], BoxForm::YOLO, BoxLayout::Xyxy.relative(), none).unwrap();
        assert_eq!(b, [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn flat_numbers_that_are_not_fours_are_left_alone() {
        let mut five = [1.0, 2.0, 3.0, 4.0, 5.0];
        let e =
            convert_flat(&mut five, BoxForm::COCO, BoxLayout::Xyxy.pixels(), Size::default()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Length);
        assert_eq!(five, [1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut eight = [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 1.0, 1.0];
        convert_flat(&mut eight, BoxForm::COCO, BoxLayout::Xyxy.pixels(), Size::default()).unwrap();
        assert_eq!(eight, [1.0, 2.0, 4.0, 6.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
