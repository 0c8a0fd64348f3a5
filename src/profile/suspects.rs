//! [`Suspect`]: what may be wrong with an annotation; [`Suspects`]: where it is found.

use super::options::Options;
use super::row::Row;

/// What may be wrong with an annotation. None of it must be wrong: a person decides by looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspect {
    /// The set has boxes, this object has none.
    NoBox,
    /// A number of the box is NaN or infinite.
    NotFinite,
    /// The width or height is zero or negative.
    Empty,
    /// No pixel of the box is in the image.
    Outside,
    /// The box is wider or higher than the image.
    Larger,
    /// The box leaves the image.
    Beyond,
    /// The box is narrower or lower than [`Options::tiny`].
    Tiny,
    /// One side is more than [`Options::aspect`] times the other.
    Aspect,
    /// The box is the image.
    Whole,
    /// Another object of the image has the same class and, number by number, the same box.
    Twin,
    /// The declared area is negative or no number, more than twice the segmentation's (and 16 pixels) or less than
    /// half of it; without a segmentation, more than twice the box's.
    Area,
    /// Other objects of the set have a segmentation, this one has none.
    NoShape,
    /// The object has no class, or one that the class table has not.
    Label,
}

impl Suspect {
    /// All kinds, the gravest first.
    pub const ALL: [Suspect; 13] = [
        Suspect::NotFinite,
        Suspect::Empty,
        Suspect::NoBox,
        Suspect::Label,
        Suspect::Outside,
        Suspect::Larger,
        Suspect::Beyond,
        Suspect::Twin,
        Suspect::Area,
        Suspect::Tiny,
        Suspect::Aspect,
        Suspect::Whole,
        Suspect::NoShape,
    ];

    /// A short name for programs and tables.
    pub fn name(self) -> &'static str {
        match self {
            Suspect::NoBox => "no box",
            Suspect::NotFinite => "not finite",
            Suspect::Empty => "no size",
            Suspect::Outside => "outside",
            Suspect::Larger => "larger than image",
            Suspect::Beyond => "leaves image",
            Suspect::Tiny => "tiny",
            Suspect::Aspect => "extreme aspect",
            Suspect::Whole => "whole image",
            Suspect::Twin => "twin",
            Suspect::Area => "area",
            Suspect::NoShape => "no segmentation",
            Suspect::Label => "no class",
        }
    }

    /// What it means, in a sentence for people.
    pub fn meaning(self, options: &Options) -> String {
        let Options { tiny, aspect, slack, .. } = options;
        match self {
            Suspect::NoBox => "the set has boxes, these objects have none".to_owned(),
            Suspect::NotFinite => "NaN or infinity in the box".to_owned(),
            Suspect::Empty => "width or height is zero or negative".to_owned(),
            Suspect::Outside => "no part of the box is in the image".to_owned(),
            Suspect::Larger => format!("wider or higher than the image by more than {slack} px"),
            Suspect::Beyond => format!("leaves the image by more than {slack} px"),
            Suspect::Tiny => format!("narrower or lower than {tiny} px"),
            Suspect::Aspect => format!("one side more than {aspect} times the other"),
            Suspect::Whole => "the box is the image".to_owned(),
            Suspect::Twin => "same class and box as another object of the image".to_owned(),
            Suspect::Area => {
                "declared area negative, NaN, or more than twice or less than half of the mask's".to_owned()
            }
            Suspect::NoShape => "other objects of the set have a segmentation".to_owned(),
            Suspect::Label => "no class, or one that the class table has not".to_owned(),
        }
    }
}

/// One object that may be wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its image.
    pub row: Row,
    /// Its place among the objects of the image, from 0.
    pub object: usize,
    /// The name of its class; empty where it has none.
    pub class: String,
    /// Its box as stored: x, y, w, h, or cx, cy, w, h, radians.
    pub bbox: Option<Vec<f64>>,
    /// (height, width) of the image, where known.
    pub size: Option<(u32, u32)>,
}

/// All objects of which one thing may be wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspects {
    /// What.
    pub kind: Suspect,
    /// How many there are.
    pub count: u64,
    /// How many images have one.
    pub images: u64,
    /// The first of them, by row and object.
    pub first: Vec<Finding>,
}

/// A box as far as it takes part in checks: x, y, w, h of what it covers, and its own two sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) bbox: [f64; 4],
    pub(super) sides: [f64; 2],
}

impl Extent {
    /// That of an upright box.
    pub(super) fn upright(bbox: [f64; 4]) -> Extent {
        Extent { bbox, sides: [bbox[2], bbox[3]] }
    }

    /// That of a rotated box: centre, sides, radians.
    pub(super) fn rotated([cx, cy, w, h, angle]: [f64; 5]) -> Extent {
        let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
        let (wide, high) = (w * cos + h * sin, w * sin + h * cos);
        Extent { bbox: [cx - wide / 2.0, cy - high / 2.0, wide, high], sides: [w, h] }
    }

    pub(super) fn is_finite(&self) -> bool {
        self.bbox.iter().chain(&self.sides).all(|number| number.is_finite())
    }

    /// Whether it has a size.
    pub(super) fn is_sound(&self) -> bool {
        self.is_finite() && self.sides.iter().all(|side| *side > 0.0)
    }

    pub(super) fn area(&self) -> f64 {
        self.sides[0] * self.sides[1]
    }

    /// What is wrong with it in an image of (height, width).
    pub(super) fn judge(&self, size: Option<(u32, u32)>, options: &Options, mut found: impl FnMut(Suspect)) {
        if !self.is_finite() {
            return found(Suspect::NotFinite);
        }
        if !self.is_sound() {
            return found(Suspect::Empty);
        }
        let [short, long] = [self.sides[0].min(self.sides[1]), self.sides[0].max(self.sides[1])];
        if short < options.tiny {
            found(Suspect::Tiny);
        }
        if long > short * options.aspect {
            found(Suspect::Aspect);
        }
        let Some((height, width)) = size else { return };
        let (height, width, slack) = (f64::from(height), f64::from(width), options.slack);
        let [x, y, w, h] = self.bbox;
        let (right, bottom) = (x + w, y + h);
        if right <= 0.0 || bottom <= 0.0 || x >= width || y >= height {
            found(Suspect::Outside);
        } else if w > width + slack || h > height + slack {
            found(Suspect::Larger);
        } else if x < -slack || y < -slack || right > width + slack || bottom > height + slack {
            found(Suspect::Beyond);
        } else if x <= slack && y <= slack && right >= width - slack && bottom >= height - slack {
            found(Suspect::Whole);
        }
    }
}

/// Whether a declared area cannot be that of this shape (in pixels, where it has one) and box.
pub(super) fn is_odd_area(declared: f64, shape: Option<f64>, extent: Option<Extent>) -> bool {
    if !(declared.is_finite() && declared >= 0.0) {
        return true;
    }
    // A few pixels make no difference: rasters and outlines count their edges otherwise.
    let twice = |area: f64| 2.0 * area + 16.0;
    match (shape, extent.filter(Extent::is_sound)) {
        (Some(area), _) => declared > twice(area) || area > twice(declared),
        (None, Some(extent)) => declared > twice(extent.area()),
        (None, None) => false,
    }
}
