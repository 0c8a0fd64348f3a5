//! [`draw_objects`]: objects on a picture, in the right order.
//!
//! First all masks, then boxes, then points, then names, so that no line strikes a name through; in each layer
//! objects with a higher score come later, that is in front. What cannot be drawn is counted, never an error.

use std::collections::HashMap;

use super::area::Area;
use super::boxes::{self, Outline};
use super::canvas::{Canvas, Paint};
use super::coverage::Coverage;
use super::masks;
use super::names::{self, Plates, Tag};
use super::object::Object;
use super::palette::{class_colour, darker, instance_colour, shade};
use super::points::{self, Joints};
use super::style::{Caption, Colours, Style};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Keypoint;
use crate::image::{Colour, Pixels};

/// What became of the objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Objects of which something can be seen.
    pub drawn: usize,
    /// Objects that the style leaves out by their score.
    pub left_out: usize,
    /// Objects that could not be drawn: outside the picture, of no size, with numbers that are not finite or a
    /// mask of another size, or with nothing that the style draws.
    pub undrawable: usize,
    /// Names without room.
    pub unnamed: usize,
}

/// Draws objects on a picture of their size. A gray picture becomes RGB.
///
/// ```
/// use lensframe::draw::{Object, Style, draw_objects};
/// use lensframe::image::{Channels, Pixels};
/// # fn main() -> lensframe::error::Result<()> {
/// let mut pixels = Pixels::filled((60, 80), Channels::Rgb, [90; 3])?;
/// let dog = Object { bbox: Some([10.0, 20.0, 40.0, 30.0]), name: Some("dog".into()), ..Object::default() };
/// let lost = Object { bbox: Some([f64::NAN, 0.0, 1.0, 1.0]), ..Object::default() };
/// let drawn = draw_objects(&mut pixels, &[dog, lost], &Style::default())?;
/// assert_eq!((drawn.drawn, drawn.undrawable), (1, 1));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Index` if a label has no name in `style.classes` and there are some.
pub fn draw_objects(pixels: &mut Pixels, objects: &[Object], style: &Style) -> Result<Drawn> {
    let size = pixels.size();
    draw_objects_from(pixels, size, objects, style)
}

/// Draws objects of a picture of `size` (height, width) on the same picture in any other size: lines and names
/// have the size that fits what is drawn on.
///
/// # Errors
/// As [`draw_objects`]; `Usage` if `size` has no pixel.
pub fn draw_objects_from(
    pixels: &mut Pixels,
    size: (u32, u32),
    objects: &[Object],
    style: &Style,
) -> Result<Drawn> {
    if size.0 == 0 || size.1 == 0 {
        let what = format!("objects of a picture of {}x{}, which has no pixel", size.0, size.1);
        return Err(Error::new(ErrorKind::Usage, what).at(Place::area("draw")));
    }
    let captions = objects.iter().map(|object| caption(object, style)).collect::<Result<Vec<_>>>()?;
    let order = order(objects, style);
    let mut canvas = Canvas::new(pixels);
    let frame = Frame::new(size, canvas.area(), style);
    let mut seen = vec![false; objects.len()];
    let colours = colours(objects, style);
    let coloured = || order.iter().filter_map(|n| Some((*n, objects.get(*n)?, *colours.get(*n)?)));
    // Where a name stands in the midst of its mask.
    let mut middles = vec![None; objects.len()];
    for (n, object, colour) in coloured() {
        let Some(coverage) = frame.coverage(object).filter(|_| style.masks) else { continue };
        frame.mask(&mut canvas, &coverage, colour);
        seen[n] = true;
        if !style.boxes {
            middles[n] = Some(masks::middle(&coverage));
        }
    }
    for (n, object, colour) in coloured() {
        seen[n] |= style.boxes && frame.boxes(&mut canvas, object, colour);
    }
    for (n, object, colour) in coloured() {
        seen[n] |= style.points && frame.points(&mut canvas, object, colour);
    }
    let tag = |(n, object, colour): (usize, &Object, Colour)| {
        let text = captions.get(n)?.clone().filter(|_| seen[n])?;
        let area = Area::around(frame.scaled(object.extent()?))?;
        let grown = if style.boxes { frame.line / 2 + i64::from(style.halo) } else { 0 };
        Some(Tag { text, area: area.grown(grown), colour, centre: middles[n] })
    };
    let tags: Vec<Tag> = coloured().rev().filter_map(tag).collect();
    let plates = Plates { size: frame.font, ink: style.text_colour, alpha: 0.9 };
    let unnamed = names::draw(&mut canvas, &tags, plates);
    let drawn = seen.iter().filter(|seen| **seen).count();
    let left_out = objects.len() - order.len();
    Ok(Drawn { drawn, left_out, undrawable: order.len() - drawn, unnamed })
}

/// How the numbers of objects become pixels of the picture.
struct Frame<'a> {
    style: &'a Style,
    /// What an x and a y are multiplied by.
    scale: (f64, f64),
    size: (u32, u32),
    picture: Area,
    line: i64,
    font: f32,
}

impl Frame<'_> {
    fn new(size: (u32, u32), picture: Area, style: &Style) -> Frame<'_> {
        let (height, width) = (picture.height() as u32, picture.width() as u32);
        let scale = (f64::from(width) / f64::from(size.1), f64::from(height) / f64::from(size.0));
        let (line, font) = (style.line_on((height, width)), style.font_on((height, width)));
        Frame { style, scale, size, picture, line: i64::from(line.clamp(1, 256)), font }
    }

    fn scaled(&self, [x, y, w, h]: [f64; 4]) -> [f64; 4] {
        [x * self.scale.0, y * self.scale.1, w * self.scale.0, h * self.scale.1]
    }

    /// What the mask of an object covers, if it has one of the right size with a pixel.
    fn coverage(&self, object: &Object) -> Option<Coverage> {
        let mask = object.mask.as_ref()?;
        let fits = (mask.size().height, mask.size().width) == self.size;
        if fits { masks::coverage(mask, self.picture) } else { None }
    }

    fn mask(&self, canvas: &mut Canvas, coverage: &Coverage, colour: Colour) {
        let contour = self.style.contours.then(|| Paint::solid(darker(colour, 190)));
        masks::draw(canvas, coverage, Paint::new(colour, self.style.mask_alpha), contour);
    }

    fn boxes(&self, canvas: &mut Canvas, object: &Object, colour: Colour) -> bool {
        let outline = Outline {
            paint: Paint::new(colour, self.style.box_alpha),
            width: self.line,
            dashed: object.crowd || object.difficult,
            halo: self.style.halo,
        };
        let area = object.bbox.and_then(|bbox| Area::around(self.scaled(bbox)));
        let straight = area.is_some_and(|area| boxes::rectangle(canvas, area, outline));
        let turned = object.rbox.is_some_and(|rbox| boxes::rotated(canvas, self.turned(rbox), outline));
        straight || turned
    }

    /// A rotated box in the picture; where its sides are scaled unequally, the nearest one of the same area.
    fn turned(&self, [cx, cy, w, h, angle]: [f64; 5]) -> [f64; 5] {
        let (sx, sy) = self.scale;
        if sx == sy {
            return [cx * sx, cy * sy, w * sx, h * sx, angle];
        }
        let ((sin, cos), along) = (angle.sin_cos(), |x: f64, y: f64| (x * sx).hypot(y * sy));
        let width = w * along(cos, sin);
        let height = if width > 0.0 { w * h * sx * sy / width } else { 0.0 };
        [cx * sx, cy * sy, width, height, (sin * sy).atan2(cos * sx)]
    }

    fn points(&self, canvas: &mut Canvas, object: &Object, colour: Colour) -> bool {
        let scaled = |p: &Keypoint| Keypoint { x: p.x * self.scale.0, y: p.y * self.scale.1, ..*p };
        let points: Vec<Keypoint> = object.points.iter().map(scaled).collect();
        let joints = Joints {
            limbs: &self.style.skeleton,
            colour: (!self.style.rainbow).then_some(colour),
            alpha: self.style.box_alpha,
            line: self.line as f64,
            halo: self.style.halo,
            hidden: self.style.hidden_points,
        };
        points::draw(canvas, &points, joints)
    }
}

/// Which objects are drawn, the one in front last.
fn order(objects: &[Object], style: &Style) -> Vec<usize> {
    let score = |n: &usize| objects.get(*n).and_then(|object| object.score);
    let wanted = |n: &usize| match (score(n), style.min_score) {
        (Some(score), Some(least)) => score > least,
        _ => true,
    };
    let mut order: Vec<usize> = (0..objects.len()).filter(wanted).collect();
    // Those without a score count as certain; a score that is not a number as the worst.
    let rank = |n: &usize| score(n).map_or(f64::INFINITY, |s| if s.is_nan() { f64::NEG_INFINITY } else { s });
    if let Some(most) = style.top_k {
        order.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
        order.truncate(most);
        order.sort_unstable();
    }
    if style.sort_by_score {
        order.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    }
    order
}

/// The colour of each object.
fn colours(objects: &[Object], style: &Style) -> Vec<Colour> {
    let cycled = |list: &[Colour], n: usize| list.get(n % list.len().max(1)).copied().unwrap_or([255; 3]);
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let colour = |(n, object): (usize, &Object)| {
        let class = object.label.unwrap_or(n);
        match &style.colours {
            Colours::ByClass => class_colour(class),
            Colours::Shades => {
                let count = counts.entry(class).or_default();
                *count += 1;
                shade(class_colour(class), *count - 1)
            }
            Colours::ByInstance => instance_colour(n),
            Colours::One(colour) => *colour,
            Colours::List(list) => cycled(list, class),
            Colours::Instances(list) => cycled(list, n),
        }
    };
    objects.iter().enumerate().map(colour).collect()
}

/// The text at an object: its name and its score as the style wants them.
fn caption(object: &Object, style: &Style) -> Result<Option<String>> {
    let named = match (object.label, style.classes.len()) {
        (Some(label), classes) if classes > 0 && label >= classes => {
            let what = format!("label {label} has no name among {classes} classes");
            return Err(Error::new(ErrorKind::Index, what)
                .at(Place::area("draw"))
                .remedy("give the names of all classes, or none"));
        }
        (Some(label), classes) if classes > 0 => style.classes.get(label).cloned(),
        (Some(label), _) => Some(format!("cls {label}")),
        (None, _) => None,
    };
    let name = object.name.clone().or(named).filter(|name| style.names && !name.is_empty());
    let score = object.score.filter(|_| style.scores);
    Ok(match (name, score, style.caption) {
        (Some(name), Some(score), Caption::Colon) => Some(format!("{name}: {score:.2}")),
        (Some(name), Some(score), Caption::Bar) => Some(format!("{name}|{score:.2}")),
        (Some(name), None, _) => Some(name),
        (None, Some(score), _) => Some(format!("{score:.2}")),
        (None, None, _) => None,
    })
}
