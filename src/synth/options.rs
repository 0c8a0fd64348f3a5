//! [`Options`]: what scenes are like.
//!
//! All of it is data: options are read from and written as JSON, absent members have their defaults, and equal
//! options with equal seeds draw equal scenes.

use serde::{Deserialize, Serialize};

use super::classes::MOST_CLASSES;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::random::Random;

/// The longest side of a scene, in pixels.
pub const MAX_SIDE: u32 = 8192;

/// The most objects in one scene, a crowd counting as one.
pub const MAX_OBJECTS: u32 = 250;

/// Whole numbers from one to another, both included; each is equally likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The smallest.
    pub from: u32,
    /// The largest.
    pub to: u32,
}

impl Span {
    /// Numbers from `from` to `to`.
    pub const fn new(from: u32, to: u32) -> Span {
        Span { from, to }
    }

    /// One of them.
    pub(super) fn draw(self, random: &mut Random) -> u32 {
        let count = u64::from(self.to.saturating_sub(self.from)) + 1;
        // Below 2^32 by the choice of `count`.
        self.from + random.below(count) as u32
    }
}

impl From<u32> for Span {
    /// This number alone.
    fn from(n: u32) -> Span {
        Span::new(n, n)
    }
}

/// What kinds of image file are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Files {
    /// JPEG, of a quality drawn from [`Options::quality`].
    #[default]
    Jpeg,
    /// PNG.
    Png,
    /// BMP of 24 bits.
    Bmp,
    /// Of ten, seven JPEG, two PNG, one BMP.
    Mix,
}

/// What scenes are like. Shares are parts of 1.
///
/// ```
/// use lensframe::synth::{Options, Scenes};
/// let options: Options = serde_json::from_str(r#"{"count": 3, "classes": 5}"#)?;
/// assert_eq!((options.height, options.quality), (480.into(), Options::default().quality));
/// assert!(Scenes::new(Options { classes: 2, ..options }, 7).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// How many scenes.
    pub count: u64,
    /// Rows of pixels, 16 to [`MAX_SIDE`].
    pub height: Span,
    /// Columns of pixels, 16 to [`MAX_SIDE`].
    pub width: Span,
    /// How many classes objects are of, 3 to 80. Class 2 is a figure with keypoints.
    pub classes: u32,
    /// Objects in a scene that is not empty, before those that others hide are left out; at most
    /// [`MAX_OBJECTS`].
    pub objects: Span,
    /// The share of scenes without an object.
    pub empty: f64,
    /// The share of objects that are put onto earlier ones.
    pub overlap: f64,
    /// The share of scenes in which one of the objects is a crowd.
    pub crowds: f64,
    /// The share of gray files.
    pub gray: f64,
    /// The share of JPEG files whose pixels are stored turned or mirrored, with the EXIF entry that says so.
    pub rotated: f64,
    /// The kinds of image file.
    pub images: Files,
    /// JPEG qualities, 1 to 100.
    pub quality: Span,
    /// Whether the ground is of classes too (sky, grass, …): in the label map and the panoptic PNG. Without,
    /// it is background in the one and void in the other.
    pub stuff: bool,
    /// The share of scenes, the last ones, whose split is `val`; that of the others is `train`.
    pub val: f64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            count: 100,
            height: Span::from(480),
            width: Span::from(640),
            classes: 20,
            objects: Span::new(1, 14),
            empty: 0.03,
            overlap: 0.4,
            crowds: 0.08,
            gray: 0.04,
            rotated: 0.08,
            images: Files::Jpeg,
            quality: Span::new(75, 95),
            stuff: true,
            val: 0.2,
        }
    }
}

impl Options {
    /// Checks what is promised of each.
    pub(super) fn check(&self) -> Result<()> {
        let sides = 16..=MAX_SIDE;
        let span = |name, span: Span, least, most| {
            let good = least <= span.from && span.from <= span.to && span.to <= most;
            (!good).then(|| format!("{name} from {} to {}, where {least} to {most} is", span.from, span.to))
        };
        let share = |name, share: f64| {
            (!(0.0..=1.0).contains(&share)).then(|| format!("{name} is {share}, which is no share"))
        };
        let classes = (!(3..=MOST_CLASSES as u32).contains(&self.classes))
            .then(|| format!("{} classes, where 3 to {MOST_CLASSES} are drawn", self.classes));
        let count =
            (self.count > u64::from(u32::MAX)).then(|| format!("{} scenes, at most 2^32 − 1", self.count));
        let faults = [
            span("height", self.height, *sides.start(), *sides.end()),
            span("width", self.width, *sides.start(), *sides.end()),
            span("objects", self.objects, 0, MAX_OBJECTS),
            span("quality", self.quality, 1, 100),
            classes,
            count,
            share("empty", self.empty),
            share("overlap", self.overlap),
            share("crowds", self.crowds),
            share("gray", self.gray),
            share("rotated", self.rotated),
            share("val", self.val),
        ];
        match faults.into_iter().flatten().next() {
            Some(fault) => Err(Error::new(ErrorKind::Usage, fault).at(Place::area("synth"))),
            None => Ok(()),
        }
    }

    /// How many scenes are of the split `train`: all but the last ones.
    pub(super) fn train(&self) -> u64 {
        self.count - ((self.count as f64 * self.val) as u64).min(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_json_and_unknown_ones_are_refused() {
        let options = Options { images: Files::Mix, objects: Span::new(2, 3), ..Options::default() };
        let text = serde_json::to_string(&options).unwrap();
        assert_eq!(serde_json::from_str::<Options>(&text).unwrap(), options);
        assert!(serde_json::from_str::<Options>(r#"{"colour": 1}"#).is_err());
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_by_name() {
        let refused = |options: Options| options.check().unwrap_err().to_string();
        assert!(refused(Options { height: 15.into(), ..Options::default() }).contains("height from 15"));
        assert!(refused(Options { objects: Span::new(3, 2), ..Options::default() }).contains("objects"));
        assert!(refused(Options { gray: f64::NAN, ..Options::default() }).contains("gray"));
        assert!(refused(Options { classes: 81, ..Options::default() }).contains("3 to 80"));
        Options::default().check().unwrap();
    }

    #[test]
    fn the_last_scenes_are_for_validation() {
        let train = |count, val| Options { count, val, ..Options::default() }.train();
        assert_eq!([train(48, 0.25), train(6, 0.2), train(0, 1.0), train(5, 1.0)], [36, 5, 0, 0]);
    }
}
