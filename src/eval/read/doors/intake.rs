//! Detections as doors give them, one by one: [`Intake`], which knows the truth and makes them a [`Side`].
//!
//! What holds for every format stands here once: images and classes are sought in the truth, numbers must be finite, the
//! area of a detection is its box's or its pixels' as in COCO's results, and what a rule decided is counted.

use std::collections::HashMap;

use super::classes::{Tokens, settle};
use super::names::{By, Names};
use super::options::{ClassNumbers, PredictionOptions};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::comparison::{ImageEntry, Remarks};
use crate::eval::images::ImageId;
use crate::eval::read::Wanted;
use crate::eval::records::{Records, extent};
use crate::eval::side::Side;
use crate::geometry::{Rotated, Size};

/// What a detection says. Coordinates are pixels, boxes x, y, w, h.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found<'f> {
    pub(super) image: u32,
    pub(super) class: u32,
    /// None where its source has none.
    pub(super) score: Option<f64>,
    pub(super) bbox: Option<[f64; 4]>,
    /// x, y, x, y, …
    pub(super) polygon: Option<&'f [f64]>,
    pub(super) points: Option<&'f [[f64; 3]]>,
}

/// Detections on their way into a side.
#[derive(Debug)]
pub(super) struct Intake<'a> {
    pub(super) truth: &'a Side,
    pub(super) wanted: &'a Wanted,
    pub(super) options: &'a PredictionOptions,
    pub(super) remarks: Remarks,
    /// What numbers of classes are by the rules of the format.
    pub(super) numbers: ClassNumbers,
    /// Names of the class numbers 0, 1, … that came with the predictions.
    pub(super) class_names: Vec<String>,
    names: Names<'a>,
    tokens: Tokens,
    images: Vec<ImageEntry>,
    /// The place in the truth of each image met.
    places: Vec<Option<u32>>,
    image_numbers: HashMap<i64, u32>,
    classes: Tokens,
    records: Records,
}

impl<'a> Intake<'a> {
    pub(super) fn new(truth: &'a Side, wanted: &'a Wanted, options: &'a PredictionOptions) -> Intake<'a> {
        Intake {
            truth,
            wanted,
            options,
            remarks: Remarks::default(),
            numbers: ClassNumbers::Auto,
            class_names: Vec::new(),
            names: Names::of(truth),
            tokens: Tokens::default(),
            images: Vec::new(),
            places: Vec::new(),
            image_numbers: HashMap::new(),
            classes: Tokens::default(),
            records: Records::default(),
        }
    }

    /// The number of an image by a name for it.
    pub(super) fn image(&mut self, name: &str, by: By) -> Result<u32> {
        let (number, new) = self.tokens.number(name);
        if new {
            let place = self.names.find(name, by)?;
            let known = place.and_then(|place| self.truth.images.get(usize::try_from(place).ok()?)?.as_ref());
            let known = known.map(|image| ImageEntry {
                file_name: image.file_name.clone(),
                size: image.size,
                ..ImageEntry::new(image.id.clone())
            });
            // An image that no truth has keeps its name, as a text: no number of it can be another's id.
            let unknown = || ImageEntry::new(ImageId::from(name));
            self.images.push(known.unwrap_or_else(unknown));
            self.places.push(place);
        }
        Ok(number)
    }

    /// The number of an image by its id.
    pub(super) fn image_of(&mut self, id: i64) -> Result<u32> {
        if let Some(number) = self.image_numbers.get(&id) {
            return Ok(*number);
        }
        let number = self.image(&id.to_string(), By::Id)?;
        self.image_numbers.insert(id, number);
        Ok(number)
    }

    /// Whether the truth has an image of this name.
    pub(super) fn knows_image(&self, name: &str) -> bool {
        !matches!(self.names.find(name, By::File), Ok(None))
    }

    /// The number of a class, by its name or number as written.
    pub(super) fn class(&mut self, token: &str) -> u32 {
        self.classes.number(token).0
    }

    /// The height and width of an image, as far as the truth says.
    pub(super) fn size(&self, image: u32) -> Option<Size> {
        self.images.get(usize::try_from(image).ok()?)?.size
    }

    /// Width and height of an image, by which shares of it are made pixels.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the truth knows the image and not its size. An image that it does not know is taken to
    /// be one pixel: its detections are counted and nothing else.
    pub(super) fn scale(&self, image: u32) -> Result<[f64; 2]> {
        match self.size(image) {
            Some(size) => Ok([f64::from(size.width), f64::from(size.height)]),
            None if self.place(image).is_none() => Ok([1.0, 1.0]),
            None => {
                let name = self.name(image);
                Err(Error::new(ErrorKind::Usage, format!("the truth does not say how large image {name} is"))
                    .remedy("coordinates are shares of the image: give a truth with heights and widths"))
            }
        }
    }

    /// The place of an image in the truth.
    pub(super) fn place(&self, image: u32) -> Option<u32> {
        usize::try_from(image).ok().and_then(|at| self.places.get(at).copied().flatten())
    }

    /// What an image was called.
    pub(super) fn name(&self, image: u32) -> &str {
        usize::try_from(image).ok().and_then(|at| self.tokens.list().get(at)).map_or("", String::as_str)
    }

    /// Takes a detection; `at` says where it stands.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for a number that is not finite, and if there is no score or not what is wanted.
    pub(super) fn push(&mut self, found: Found, at: impl Fn() -> Place) -> Result<()> {
        let wrong = |key: &str, what: &str, remedy: &str| {
            Err(Error::new(ErrorKind::Format, what).at(at().key(key)).remedy(remedy))
        };
        let Some(score) = found.score.or(self.options.score) else {
            let remedy =
                "write confidences (save_conf=True of Ultralytics), or give all one with --pred-score 1";
            return wrong("score", "a detection has no score", remedy);
        };
        if !score.is_finite() {
            return wrong(
                "score",
                "a score is not a finite number",
                "remove the detection or repair its score",
            );
        }
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let boxed = found.bbox.is_none_or(|bbox| finite(&bbox)) && found.polygon.is_none_or(finite);
        let points = found.points.unwrap_or_default();
        if !boxed || !points.iter().all(|point| finite(point)) {
            return wrong("bbox", "a coordinate is not a finite number", "remove the detection or repair it");
        }
        let (bbox, polygon) = (found.bbox, found.polygon.filter(|ring| !ring.is_empty()));
        let own = bbox.or_else(|| polygon.map(around));
        if own.is_none() && (self.wanted.boxes || self.wanted.masks || self.wanted.rotated) {
            return wrong("bbox", "a detection has neither box nor outline", "give every detection one");
        }
        if self.wanted.points > 0 && points.len() != self.wanted.points {
            let what = format!("a detection has {} points, {} are wanted", points.len(), self.wanted.points);
            return wrong(
                "keypoints",
                &what,
                "give x, y and visibility of each point, or the sigmas of as many points",
            );
        }
        if own.is_some_and(|[_, _, w, h]| w < 0.0 || h < 0.0) {
            self.remarks.add("found.bbox.negative", "kept: it overlaps nothing", || {
                format!("{}: a box has a negative width or height", at())
            });
        }
        self.records.image.push(found.image);
        self.records.class.push(found.class);
        self.records.score.push(score);
        self.records.area.push(
            match (bbox, self.wanted.masks, self.wanted.points > 0 && polygon.is_none()) {
                (Some([_, _, w, h]), ..) => w * h,
                // Counted when the mask has the size of its image.
                (None, true, _) => f64::NAN,
                (None, false, true) => extent(points),
                (None, false, false) => own.map_or(0.0, |[_, _, w, h]| w * h),
            },
        );
        if self.wanted.boxes {
            self.records.bbox.push(own.unwrap_or_default());
        }
        if self.wanted.rotated {
            self.turned(polygon, own.unwrap_or_default(), &at);
        }
        if self.wanted.masks {
            self.mask(polygon, own.unwrap_or_default(), found.image, at);
        }
        if self.wanted.points > 0 {
            self.records.points.each = self.wanted.points;
            self.records.points.values.extend_from_slice(points);
        }
        Ok(())
    }

    /// The turned box of four corners; any other outline has that of its upright box.
    fn turned(&mut self, polygon: Option<&[f64]>, [x, y, w, h]: [f64; 4], at: &impl Fn() -> Place) {
        let upright = Rotated([x + w / 2.0, y + h / 2.0, w, h, 0.0]);
        let corners = polygon.and_then(|ring| <&[[f64; 2]; 4]>::try_from(ring.as_chunks::<2>().0).ok());
        let turned = corners.map(rectangle);
        if turned.is_none() {
            self.remarks.add("found.rbox.of_box", "its upright box is taken", || {
                format!("{}: a detection has no four corners", at())
            });
        }
        self.records.rotated.push(turned.unwrap_or(upright));
    }

    fn mask(&mut self, polygon: Option<&[f64]>, [x, y, w, h]: [f64; 4], image: u32, at: impl Fn() -> Place) {
        let size = self.size(image).unwrap_or(Size::new(0, 0));
        let ring = [x, y, x, y + h, x + w, y + h, x + w, y];
        let ring = polygon.unwrap_or_else(|| {
            self.remarks.add("found.mask.of_box", "its box is taken for its mask, as in pycocotools", || {
                format!("{}: a detection has no outline", at())
            });
            &ring
        });
        // Fewer than three corners enclose nothing.
        self.records.masks.push_polygons(size, Some(ring).filter(|ring| ring.len() >= 6));
    }

    /// Counts the images of the truth that nothing was found on because there is no `what` of them.
    pub(super) fn count_absent(&mut self, done: &'static str, what: &str) {
        let mut met = vec![false; self.truth.images.len()];
        for place in self.places.iter().flatten() {
            if let Some(met) = usize::try_from(*place).ok().and_then(|at| met.get_mut(at)) {
                *met = true;
            }
        }
        for (image, _) in self.truth.images.iter().flatten().zip(&met).filter(|(_, met)| !**met) {
            self.remarks
                .add("found.image.absent", done, || format!("there is no {what} of image {}", image.id));
        }
    }

    /// All that was taken, as a side whose images and classes are the truth's own where it has them.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the numbers of classes can be read in more than one way.
    pub(super) fn finish(mut self) -> Result<Side> {
        let (said, tokens) = (self.options.classes, self.classes.list());
        let classes = settle(tokens, self.truth, said, self.numbers, &self.class_names, &mut self.remarks)?;
        let images = self.images.into_iter().map(Some).collect();
        Ok(Side { images, classes, records: self.records, remarks: self.remarks })
    }
}

/// The box around x, y, x, y, …
pub(super) fn around(ring: &[f64]) -> [f64; 4] {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for [x, y] in ring.as_chunks::<2>().0 {
        low = [low[0].min(*x), low[1].min(*y)];
        high = [high[0].max(*x), high[1].max(*y)];
    }
    [low[0], low[1], high[0] - low[0], high[1] - low[1]]
}

/// The rectangle of four corners in the order of its outline: about their centre, along the first side, each side as
/// long as its two are in the mean. Corners of a rectangle give that rectangle.
fn rectangle([a, b, c, d]: &[[f64; 2]; 4]) -> Rotated {
    let length = |p: &[f64; 2], q: &[f64; 2]| (q[0] - p[0]).hypot(q[1] - p[1]);
    let centre = |axis: fn(&[f64; 2]) -> f64| [a, b, c, d].map(axis).iter().sum::<f64>() / 4.0;
    let (w, h) = ((length(a, b) + length(c, d)) / 2.0, (length(b, c) + length(d, a)) / 2.0);
    Rotated([centre(|p| p[0]), centre(|p| p[1]), w, h, (b[1] - a[1]).atan2(b[0] - a[0])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_a_turned_box_give_it_back() {
        let own = Rotated([50.0, 40.0, 30.0, 10.0, 0.5]);
        let back = rectangle(&own.corners([0.0, 0.0]));
        assert!(own.0.iter().zip(back.0).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
    }
}
