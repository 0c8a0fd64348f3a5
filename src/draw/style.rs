//! [`Style`]: how objects are drawn; and styles that draw as known tools do.
//!
//! A style is plain values. It does not hold what is drawn, and the same style draws the same picture.

use crate::image::Colour;

/// Which colour an object has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// That of its class ([`class_colour`](super::class_colour)); an object without a class has that of its
    /// place in the list.
    #[default]
    ByClass,
    /// That of its place in the list, from VOC colour 1 on, as ChainerCV's `vis_instance_segmentation`.
    ByInstance,
    /// That of its class, the second and later objects of a class in lighter and darker shades of it: segments.
    Shades,
    /// One for all.
    One(Colour),
    /// One a class, over and over; white if there are none.
    List(Vec<Colour>),
    /// One an object by its place in the list, over and over, as ChainerCV's `instance_colors`.
    Instances(Vec<Colour>),
}

/// How name and score are written together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caption {
    /// `dog: 0.95`, as ChainerCV.
    #[default]
    Colon,
    /// `dog|0.95`, as MMCV.
    Bar,
}

/// How objects are drawn.
///
/// ```
/// use lensframe::draw::{Colours, Style};
/// let style = Style { min_score: Some(0.3), colours: Colours::One([255, 0, 0]), ..Style::default() };
/// assert!(style.names && style.line_width.is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// The colours of objects.
    pub colours: Colours,
    /// Names of labels, for objects that do not carry theirs. If this is not empty, a label beyond it is an error.
    pub classes: Vec<String>,
    /// Draw boxes and rotated boxes.
    pub boxes: bool,
    /// Draw masks.
    pub masks: bool,
    /// Draw points and limbs.
    pub points: bool,
    /// Write names.
    pub names: bool,
    /// Write scores.
    pub scores: bool,
    /// How a name and a score are written together.
    pub caption: Caption,
    /// How much boxes cover what is under them, 0 to 1.
    pub box_alpha: f32,
    /// How much masks do.
    pub mask_alpha: f32,
    /// Draw the contours of masks.
    pub contours: bool,
    /// Set boxes and points off from the picture by a thin dark line.
    pub halo: bool,
    /// Pixels; by the size of the picture if not said: one for 200 of its shorter side, rounded.
    pub line_width: Option<u32>,
    /// Pixels per em; by the size of the picture if not said: a 32nd of its shorter side, 12 to 48.
    pub font_size: Option<f32>,
    /// The colour of texts; black or white by the colour under them if not said.
    pub text_colour: Option<Colour>,
    /// Draw objects with a higher score over those with a lower one; else later over earlier.
    pub sort_by_score: bool,
    /// Leave out objects whose score is not greater than this. An object without a score is kept.
    pub min_score: Option<f64>,
    /// Leave out all but this many: those with the highest scores, of equal ones and of those without (which
    /// come first) the earlier.
    pub top_k: Option<usize>,
    /// Which points are joined by a limb.
    pub skeleton: Vec<(usize, usize)>,
    /// Colour points and limbs by their number, else as the object.
    pub rainbow: bool,
    /// Draw points that are labelled but hidden (as rings).
    pub hidden_points: bool,
}

impl Default for Style {
    /// What is read best on photographs: everything there is, masks at 45%.
    fn default() -> Style {
        Style {
            colours: Colours::ByClass,
            classes: Vec::new(),
            boxes: true,
            masks: true,
            points: true,
            names: true,
            scores: true,
            caption: Caption::Colon,
            box_alpha: 1.0,
            mask_alpha: 0.45,
            contours: true,
            halo: true,
            line_width: None,
            font_size: None,
            text_colour: None,
            sort_by_score: true,
            min_score: None,
            top_k: None,
            skeleton: Vec::new(),
            rainbow: true,
            hidden_points: true,
        }
    }
}

impl Style {
    /// The defaults of ChainerCV's `vis_bbox`: red boxes 3 wide, nothing else but names and scores.
    pub fn chainercv_boxes() -> Style {
        Style {
            colours: Colours::One([255, 0, 0]),
            masks: false,
            points: false,
            halo: false,
            line_width: Some(3),
            ..Style::default()
        }
    }

    /// The defaults of ChainerCV's `vis_instance_segmentation`: masks at 70% in VOC colours, no boxes.
    pub fn chainercv_masks() -> Style {
        Style {
            colours: Colours::ByInstance,
            boxes: false,
            points: false,
            mask_alpha: 0.7,
            contours: false,
            ..Style::default()
        }
    }

    /// The defaults of ChainerCV's `vis_point`: the visible points in the colours of the rainbow.
    pub fn chainercv_points() -> Style {
        let drawn = Style { boxes: false, masks: false, names: false, scores: false, ..Style::default() };
        Style { hidden_points: false, ..drawn }
    }

    /// The defaults of MMCV's `imshow_det_bboxes` (green, 1 wide, `name|0.95`), of scores above `score_thr`;
    /// with 0.3 that of MMDetection's `show_result`.
    pub fn mmcv(score_thr: f64) -> Style {
        Style {
            colours: Colours::One([0, 255, 0]),
            caption: Caption::Bar,
            masks: false,
            points: false,
            halo: false,
            line_width: Some(1),
            min_score: (score_thr > 0.0).then_some(score_thr),
            ..Style::default()
        }
    }

    /// Panoptic segments: masks that fill the picture, no boxes, names in their midst.
    pub fn panoptic() -> Style {
        Style { colours: Colours::Shades, boxes: false, points: false, mask_alpha: 0.6, ..Style::default() }
    }

    /// Region proposals as MMDetection shows them: the best 20, green, without names.
    pub fn proposals() -> Style {
        Style { top_k: Some(20), names: false, scores: false, ..Style::mmcv(0.0) }
    }

    /// Pixels of a line on a picture of (height, width).
    pub(super) fn line_on(&self, (height, width): (u32, u32)) -> u32 {
        self.line_width.unwrap_or_else(|| ((height.min(width) + 100) / 200).clamp(1, 12))
    }

    /// Pixels per em on a picture of (height, width).
    pub(super) fn font_on(&self, (height, width): (u32, u32)) -> f32 {
        self.font_size.unwrap_or_else(|| (height.min(width) / 32).clamp(12, 48) as f32)
    }
}
