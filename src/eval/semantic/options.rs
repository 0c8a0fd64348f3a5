//! [`Options`]: the rules in which tools differ.

use std::collections::BTreeMap;

use crate::image::{Colour, pack_id};

/// The most classes there may be: a matrix of 128 MB.
pub const MOST_CLASSES: u32 = 1 << 12;

/// The rules of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How many classes there are; `None`: one more than the largest number met in truth or prediction, ignored
    /// truth left out, predictions there not.
    pub classes: Option<u32>,
    /// Truth numbers, as they are in the map, whose pixels are left out whatever is predicted there. They have no
    /// such meaning in predictions.
    pub ignore: Vec<u32>,
    /// Which class a truth number is.
    pub truth: Numbering,
    /// Which class a predicted number is.
    pub predicted: Numbering,
    /// What becomes of numbers that are no class.
    pub outside: Outside,
    /// What 0/0 is.
    pub absent: Absent,
}

impl Options {
    /// ChainerCV's rules: classes grow, −1 in the truth is left out (as `u32::MAX`, which `-1i32 as u32` is), a
    /// class that is nowhere is NaN.
    pub fn chainercv() -> Options {
        Options { ignore: vec![u32::MAX], ..Options::default() }
    }

    /// MMSegmentation's rules: so many classes, one number left out (there 255), other numbers outside are wrong
    /// predictions of the pixel's class, or truth of no class, but no error; a class that is nowhere is NaN.
    pub fn mmseg(classes: u32, ignore: u32) -> Options {
        let (classes, ignore) = (Some(classes), vec![ignore]);
        Options { classes, ignore, outside: Outside::Count, ..Options::default() }
    }
}

/// Which class a number of a map is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// The number itself.
    #[default]
    Same,
    /// One less, 0 being no class: as in ADE20K's files. Name 0 in [`Options::ignore`] too, to leave it out.
    LessOne,
    /// What the table says, others being no class.
    Table(BTreeMap<u32, u32>),
}

impl Numbering {
    /// The class of each colour, in its order, for maps whose numbers are packed colours
    /// ([`pack_id`](crate::image::pack_id)).
    pub fn colours(colours: &[Colour]) -> Numbering {
        Numbering::ids(colours.iter().map(|colour| pack_id(*colour)))
    }

    /// The class of each id, in its order: ids of a source, as Cityscapes' 7, 8, 11.
    ///
    /// ```
    /// use lensframe::eval::semantic::Numbering;
    /// let cityscapes = Numbering::ids([7, 8, 11]);
    /// assert_eq!((cityscapes.class(8), cityscapes.class(1)), (Some(1), None));
    /// ```
    pub fn ids(ids: impl IntoIterator<Item = u32>) -> Numbering {
        Numbering::Table(ids.into_iter().zip(0..).collect())
    }

    /// The class of a number; `None` if it is none.
    pub fn class(&self, number: u32) -> Option<u32> {
        match self {
            Numbering::Same => Some(number),
            Numbering::LessOne => number.checked_sub(1),
            Numbering::Table(table) => table.get(&number).copied(),
        }
    }
}

/// What becomes of numbers that are no class (and not ignored).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outside {
    /// An error that names image and number.
    #[default]
    Refuse,
    /// They count: such a prediction is a wrong one of its truth's class; where the truth is such, the predicted
    /// class has pixels that are not its own.
    Count,
}

/// What 0/0 is: the score of a class that is in neither map, or of an empty row or column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absent {
    /// NaN, and left out of means.
    #[default]
    Nan,
    /// 0, and part of means.
    Zero,
}
