//! [`Pictures`]: images of a comparison with what was found and missed drawn on, small enough for a page.

use std::collections::HashMap;

use crate::dataset::{Dataset, Value};
use crate::draw::{Colours, Object, Style, draw_objects_from};
use crate::error::Result;
use crate::eval::coco::Kind;
use crate::eval::comparison::Comparison;
use crate::eval::images::ImageId;
use crate::eval::objects::Objects;
use crate::gallery::Gallery;
use crate::geometry::{Keypoint, Rle};
use crate::image::{Colour, Encoding, Orientation, encode};
use crate::job::Job;
use crate::report::Picture;

use super::ranking::{ImageScore, Ranking, title};
use super::verdicts::Verdict;

/// Detections that found a truth.
const HIT: Colour = [46, 170, 80];

/// Detections that found none.
const WRONG: Colour = [225, 50, 45];

/// Truths that were not found.
const MISSED: Colour = [240, 200, 40];

/// Names of classes are cut after so many characters: the score stands behind them, and pictures are small.
const NAME: usize = 18;

/// How images are drawn: hits green, false detections red, missed truths yellow. What does not count, and what is
/// below the ranking's cut, is not drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    /// What of objects is drawn: boxes, masks or points.
    pub kind: Kind,
    /// The longer side, in pixels.
    pub side: u32,
    /// JPEG's quality, 1 to 100.
    pub quality: u8,
}

impl Pictures {
    /// Pictures of 480 pixels.
    pub fn new(kind: Kind) -> Pictures {
        Pictures { kind, side: 480, quality: 80 }
    }

    /// These images of a ranking, in this order. Photographs are those of `ds`, whose rows are found by `image_id`
    /// (by their number where there is none); where there is no photograph, objects are drawn on a plain ground. An
    /// image of which the dataset has no row gets no picture.
    ///
    /// # Errors
    /// Those of reading the dataset; [`Format`](crate::error::ErrorKind::Format) for masks that are none;
    /// [`Cancelled`](crate::error::ErrorKind::Cancelled). A photograph that cannot be shown is no error: its picture
    /// says why.
    pub fn of(
        &self,
        comparison: &Comparison,
        ranking: &Ranking,
        images: &[ImageScore],
        ds: &Dataset,
        job: &Job,
    ) -> Result<Vec<Picture>> {
        let rows = rows(ds)?;
        let stage = job.stage("drawing images", u64::try_from(images.len()).ok());
        let alone = job.clone().threads(1);
        let pictures = job.each(images, |score| {
            stage.advance(1)?;
            let id = comparison.images.get(score.image).map(|entry| &entry.id);
            let row = id.and_then(|id| rows.get(id));
            row.map(|row| self.picture(comparison, ranking, score, ds, *row, &alone)).transpose()
        })?;
        Ok(pictures.into_iter().flatten().collect())
    }

    /// How many of these images have no photograph: none is stored, or it is not where the dataset says.
    ///
    /// # Errors
    /// Those of reading the dataset.
    pub fn absent(&self, comparison: &Comparison, images: &[ImageScore], ds: &Dataset) -> Result<usize> {
        let rows = rows(ds)?;
        let row = |score: &ImageScore| rows.get(&comparison.images.get(score.image)?.id).copied();
        let there = |row: usize| ds.image_file(row, "img").is_ok();
        Ok(images.iter().filter(|score| !row(score).is_some_and(there)).count())
    }

    fn picture(
        &self,
        comparison: &Comparison,
        ranking: &Ranking,
        score: &ImageScore,
        ds: &Dataset,
        row: usize,
        job: &Job,
    ) -> Result<Picture> {
        let gallery = Gallery { panels: vec!["img".to_owned()], tile: self.side, ..Gallery::default() };
        let mut pixels = gallery.picture(ds, row, job)?;
        let size = comparison.images.get(score.image).and_then(|entry| entry.size);
        let annotated = match size {
            Some(size) => (size.height, size.width),
            // Of a photograph that cannot be read the plain ground has its own size.
            None => ds.image(row).map_or(pixels.size(), |whole| whole.size()),
        };
        let (objects, colours) = self.objects(comparison, ranking, score.image)?;
        let style = Style { colours: Colours::Instances(colours), ..Style::default() };
        draw_objects_from(&mut pixels, annotated, &objects, &style)?;
        let orientation = Orientation::Upright;
        let bytes = encode(&pixels, Encoding::Jpeg { quality: self.quality, orientation })?;
        let tally = score.tally;
        let caption = format!(
            "{}: {} found (green), {} false (red), {} missed (yellow)",
            title(comparison, score.image),
            tally.hits,
            tally.wrong,
            tally.missed
        );
        Ok(Picture::new(caption, bytes).figure(ranking.figure(score)))
    }

    /// What is drawn of an image, and in which colours: missed truths first, so that detections lie over them.
    fn objects(
        &self,
        comparison: &Comparison,
        ranking: &Ranking,
        image: usize,
    ) -> Result<(Vec<Object>, Vec<Colour>)> {
        let (truth, found) = (&comparison.truth, &comparison.found);
        let score = |d: usize| found.score.get(d).copied().unwrap_or(f64::NAN);
        let there = |d: u32| score(d as usize) >= ranking.cut;
        let (mut objects, mut colours) = (Vec::new(), Vec::new());
        for t in truth.range(image).filter(|t| ranking.verdicts.is_missed(*t, there)) {
            objects.push(self.object(comparison, truth, t)?);
            colours.push(MISSED);
        }
        for d in found.range(image).filter(|d| there(*d as u32)) {
            colours.push(match ranking.verdicts.found.get(d) {
                Some(Verdict::Hit(_)) => HIT,
                Some(Verdict::False) => WRONG,
                _ => continue,
            });
            objects.push(Object { score: Some(score(d)), ..self.object(comparison, found, d)? });
        }
        Ok((objects, colours))
    }

    fn object(&self, comparison: &Comparison, side: &Objects, at: usize) -> Result<Object> {
        let class = side.label.get(at).and_then(|label| comparison.classes.get(*label as usize));
        let mut object = Object { name: class.map(|class| short(&class.name)), ..Object::default() };
        match &self.kind {
            Kind::Bbox => object.bbox = side.bbox.get(at).copied(),
            Kind::Segm | Kind::Boundary(_) => {
                let mask = side.masks.decode(at)?;
                object.mask = Some(Rle::try_new(mask.size, mask.runs.into_owned())?);
            }
            Kind::Keypoints(_) => {
                let point = |[x, y, v]: &[f64; 3]| Keypoint {
                    x: *x,
                    y: *y,
                    visibility: if *v > 0.0 { 2 } else { 0 },
                };
                object.points = side.points.of(at).iter().map(point).collect();
                object.bbox = side.bbox.get(at).copied();
            }
        }
        Ok(object)
    }
}

/// A name that leaves something of the picture.
fn short(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    let kept: String = name.chars().take(NAME - 1).collect();
    format!("{}…", kept.trim_end())
}

/// The rows of a dataset by the ids of their images.
fn rows(ds: &Dataset) -> Result<HashMap<ImageId, usize>> {
    let ids = ds.keys().find("image_id").is_ok().then(|| ds.column("image_id")).transpose()?;
    let id = |row: usize| match ids.as_ref().map(|ids| ids.value(row)) {
        Some(Value::Int(id)) => ImageId::Int(id),
        Some(Value::Text(id)) => ImageId::Text((*id).into()),
        _ => ImageId::Int(row as i64),
    };
    Ok((0..ds.len()).map(|row| (id(row), row)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_short_ones_are_not() {
        assert_eq!(short("traffic light"), "traffic light");
        assert_eq!(short("eighteen letters, "), "eighteen letters, ");
        assert_eq!(short("construction--flat--pedestrian-area"), "construction--fla…");
        assert_eq!(short("信号機".repeat(9).as_str()).chars().count(), NAME);
    }
}
