//! [`draw_semantic`]: a class for every pixel, in colours over the picture; and [`segment_objects`], which makes
//! objects of panoptic segments.
//!
//! The invariant: a picture is changed only if all of its labels are known; a label that is not is an error that
//! names it.

use super::canvas::mix;
use super::legend::{Entry, Legend};
use super::object::Object;
use super::palette::class_colour;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{LabelMap, Rle};
use crate::image::{Channels, Colour, Pixels, voc_colour};

/// How a map of classes is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct SemanticStyle {
    /// Names of classes. If there are any, a label beyond them is an error.
    pub names: Vec<String>,
    /// Colours of classes; those of the VOC colour map if there are none. If there are some but no names, a
    /// label beyond them is an error.
    pub colours: Vec<Colour>,
    /// The label of pixels that belong to no class.
    pub ignore: Option<u32>,
    /// Their colour.
    pub ignore_colour: Colour,
    /// How much colours cover what is under them, 0 to 1.
    pub alpha: f32,
    /// Put classes in the legend that no pixel has.
    pub all_names: bool,
}

impl Default for SemanticStyle {
    /// The defaults of ChainerCV's `vis_semantic_segmentation`: opaque VOC colours, ignored pixels black (255
    /// here, where it has −1), unused names not in the legend.
    fn default() -> SemanticStyle {
        SemanticStyle {
            names: Vec::new(),
            colours: Vec::new(),
            ignore: Some(255),
            ignore_colour: [0; 3],
            alpha: 1.0,
            all_names: false,
        }
    }
}

impl SemanticStyle {
    /// How many classes there are, if that is known.
    fn classes(&self) -> Option<usize> {
        [self.names.len(), self.colours.len()].into_iter().find(|n| *n > 0)
    }

    fn colour(&self, class: usize) -> Colour {
        let voc = || u8::try_from(class).map_or_else(|_| class_colour(class), voc_colour);
        self.colours.get(class).copied().unwrap_or_else(voc)
    }

    fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}

/// Draws the classes of all pixels, and gives the legend: in the order of labels, the ignored one left out.
///
/// ```
/// use lensframe::draw::{SemanticStyle, draw_semantic};
/// use lensframe::geometry::{LabelMap, Size};
/// use lensframe::image::{Channels, Pixels};
/// # fn main() -> lensframe::error::Result<()> {
/// let mut pixels = Pixels::filled((1, 3), Channels::Rgb, [200; 3])?;
/// let map = LabelMap::try_new(Size::new(1, 3), &[1u8, 0, 255])?;
/// let names = vec!["sky".to_owned(), "road".to_owned(), "car".to_owned()];
/// let legend = draw_semantic(&mut pixels, map, &SemanticStyle { names, ..SemanticStyle::default() })?;
/// assert_eq!(pixels.data(), [128, 0, 0, 0, 0, 0, 0, 0, 0]);
/// assert_eq!(legend.entries.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["sky", "road"]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Mismatch` if the map has another size than the picture; `Index` for a label beyond the names (or the colours,
/// where there are no names).
pub fn draw_semantic<T: Copy + PartialEq + Into<u32>>(
    pixels: &mut Pixels,
    map: LabelMap<'_, T>,
    style: &SemanticStyle,
) -> Result<Legend> {
    let size = (map.size().height, map.size().width);
    let fault = |kind, what| Err(Error::new(kind, what).at(Place::area("draw")));
    if size != pixels.size() {
        let what = format!("a label map of {} on {pixels:?}", map.size());
        return fault(ErrorKind::Mismatch, what);
    }
    let segments = map.masks();
    let class = |id: u32| usize::try_from(id).unwrap_or(usize::MAX);
    let known = |id: u32| style.ignore == Some(id) || style.classes().is_none_or(|n| class(id) < n);
    if let Some((segment, _)) = segments.iter().find(|(segment, _)| !known(segment.id)) {
        let what = format!("label {} among {} classes", segment.id, style.classes().unwrap_or(0));
        return fault(ErrorKind::Index, what);
    }
    if pixels.channels() == Channels::Gray {
        *pixels = pixels.clone().to_rgb();
    }
    let alpha = super::canvas::Paint::new([0; 3], style.alpha).alpha;
    let mut entries = Vec::new();
    for (segment, mask) in &segments {
        let ignored = style.ignore == Some(segment.id);
        let colour = if ignored { style.ignore_colour } else { style.colour(class(segment.id)) };
        tint(pixels, mask, colour, alpha);
        if !ignored {
            let (name, pixels) = (style.name(class(segment.id)), u64::from(segment.area));
            entries.push(Entry { label: class(segment.id), name, colour, pixels });
        }
    }
    let all = if style.all_names { style.classes().unwrap_or(0) } else { 0 };
    let unused = (0..all).filter(|n| entries.iter().all(|entry| entry.label != *n));
    let unused: Vec<Entry> = unused
        .map(|label| Entry { label, name: style.name(label), colour: style.colour(label), pixels: 0 })
        .collect();
    entries.extend(unused);
    entries.sort_by_key(|entry| entry.label);
    Ok(Legend { entries })
}

/// Mixes a colour into the pixels of a mask of the picture's size.
fn tint(pixels: &mut Pixels, mask: &Rle, colour: Colour, alpha: u8) {
    let (height, width) = (mask.size().height as usize, mask.size().width as usize);
    let pixels = pixels.data_mut().as_chunks_mut::<3>().0;
    for at in mask.inside().flat_map(|(first, end)| first as usize..end as usize) {
        if let Some(pixel) = pixels.get_mut(at % height * width + at / height) {
            for (under, over) in pixel.iter_mut().zip(colour) {
                *under = mix(*under, over, alpha);
            }
        }
    }
}

/// A segment of a panoptic map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanopticSegment {
    /// Its id in the map.
    pub id: u32,
    /// Its class.
    pub label: Option<usize>,
    /// Its name, before that of its class.
    pub name: Option<String>,
    /// A crowd.
    pub crowd: bool,
}

/// An object with a mask for each segment, in their order, to draw with
/// [`Style::panoptic`](super::Style::panoptic). A segment without a pixel has no mask; pixels of other ids belong
/// to none.
///
/// ```
/// use lensframe::draw::{PanopticSegment, segment_objects};
/// use lensframe::geometry::{LabelMap, Size};
/// # fn main() -> lensframe::error::Result<()> {
/// let map = LabelMap::try_new(Size::new(1, 3), &[7u32, 7, 0])?;
/// let road = PanopticSegment { id: 7, label: Some(0), ..PanopticSegment::default() };
/// let objects = segment_objects(map, &[road]);
/// assert_eq!(objects[0].mask.as_ref().unwrap().area(), 2);
/// # Ok(())
/// # }
/// ```
pub fn segment_objects<T: Copy + PartialEq + Into<u32>>(
    map: LabelMap<'_, T>,
    segments: &[PanopticSegment],
) -> Vec<Object> {
    let masks = map.masks_of(|id| segments.iter().any(|segment| segment.id == id));
    let object = |segment: &PanopticSegment| Object {
        mask: masks.iter().find(|(found, _)| found.id == segment.id).map(|(_, mask)| mask.clone()),
        label: segment.label,
        name: segment.name.clone(),
        crowd: segment.crowd,
        ..Object::default()
    };
    segments.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    const SIZE: Size = Size { height: 2, width: 3 };
    const LABELS: [u8; 6] = [0, 1, 1, 2, 255, 0];

    fn drawn(style: &SemanticStyle) -> Result<(Pixels, Legend)> {
        let mut pixels = Pixels::filled((2, 3), Channels::Gray, [100; 3])?;
        let legend = draw_semantic(&mut pixels, LabelMap::try_new(SIZE, &LABELS)?, style)?;
        Ok((pixels, legend))
    }

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|n| format!("class {n}")).collect()
    }

    #[test]
    fn every_pixel_has_the_colour_of_its_class_over_what_was_there() {
        let style = SemanticStyle { alpha: 0.6, ignore_colour: [9, 9, 9], ..SemanticStyle::default() };
        let (pixels, _) = drawn(&style).unwrap();
        for (pixel, label) in pixels.data().as_chunks::<3>().0.iter().zip(LABELS) {
            let over = if label == 255 { [9; 3] } else { voc_colour(label) };
            assert_eq!(*pixel, over.map(|over| mix(100, over, 153)), "{label}");
        }
    }

    #[test]
    fn a_legend_has_the_used_names_and_the_others_if_asked() {
        let style = SemanticStyle { names: names(5), ..SemanticStyle::default() };
        let labels = |legend: Legend| legend.entries.iter().map(|e| (e.label, e.pixels)).collect::<Vec<_>>();
        assert_eq!(labels(drawn(&style).unwrap().1), [(0, 2), (1, 2), (2, 1)]);
        let all = SemanticStyle { all_names: true, ..style };
        assert_eq!(labels(drawn(&all).unwrap().1), [(0, 2), (1, 2), (2, 1), (3, 0), (4, 0)]);
        let (_, bare) = drawn(&SemanticStyle::default()).unwrap();
        assert_eq!(bare.entries[2].name, "2");
    }

    #[test]
    fn unknown_labels_and_other_sizes_are_refused_and_nothing_is_drawn() {
        for style in [
            SemanticStyle { names: names(2), ..SemanticStyle::default() },
            SemanticStyle { colours: vec![[1; 3]; 2], ..SemanticStyle::default() },
            SemanticStyle { names: names(3), ignore: None, ..SemanticStyle::default() },
        ] {
            assert_eq!(drawn(&style).unwrap_err().kind(), ErrorKind::Index);
        }
        let mut pixels = Pixels::filled((3, 2), Channels::Rgb, [7; 3]).unwrap();
        let map = LabelMap::try_new(SIZE, &LABELS).unwrap();
        let error = draw_semantic(&mut pixels, map, &SemanticStyle::default()).unwrap_err();
        assert_eq!((error.kind(), pixels.data()), (ErrorKind::Mismatch, &[7; 18][..]));
    }
}
