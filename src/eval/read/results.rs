//! Detections in COCO's results form: one list of records with image, class and score.

use std::path::Path;

use super::ids::Ids;
use super::scan::{elements, id, members, number, numbers};
use super::{Wanted, shape};
use crate::convert::json::Cursor;
use crate::error::{Place, Result, ResultExt};
use crate::eval::comparison::{ClassEntry, ImageEntry, Remarks};
use crate::eval::images::ImageId;
use crate::eval::masks::Masks;
use crate::eval::records::{Records, extent};
use crate::eval::side::Side;
use crate::geometry::Size;

/// A results file as read.
#[derive(Debug, Default)]
pub(super) struct Results {
    image_ids: Ids,
    class_ids: Ids,
    records: Records,
    remarks: Remarks,
    /// How areas are found, which the first record decides for the file.
    areas: Option<Areas>,
}

/// Where the area of a detection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Areas {
    /// Width times height of its box.
    Box,
    /// Its pixels.
    Mask,
    /// The extent of its points, all of them.
    Points,
}

impl Results {
    /// Reads the file. `forget` is told how far it was read, now and then.
    pub(super) fn read(bytes: &[u8], file: &Path, wanted: &Wanted, forget: impl Fn(usize)) -> Result<Side> {
        let mut results = Results::default();
        let mut json = Cursor::of_file(bytes).at(|| Place::none().file(file))?;
        results.list(&mut json, wanted, forget).at(|| Place::none().file(file))?;
        let image = |id: &ImageId| Some(ImageEntry::new(id.clone()));
        let class = |id: &ImageId| Some(ClassEntry::new(id.clone(), id.name()));
        let images = results.image_ids.list().iter().map(image).collect();
        let classes = results.class_ids.list().iter().map(class).collect();
        Ok(Side { images, classes, records: results.records, remarks: results.remarks })
    }

    fn list(&mut self, json: &mut Cursor, wanted: &Wanted, forget: impl Fn(usize)) -> Result<()> {
        if json.peek() != Some(b'[') {
            return Err(json
                .error("a results file is a list of detections")
                .remedy("give a file as COCO's results are written, or a dataset with an object set"));
        }
        let mut told = 0;
        elements(json, "the results", |json| {
            if json.at() - told > 1 << 20 {
                told = json.at();
                forget(told);
            }
            let start = json.at();
            self.record(json, wanted)?;
            if self.records.image.len() == 1 {
                // Records of one file are about equally long: columns are made once, and not twice as large as needed.
                let left = json.bytes().len() / (json.at() - start + 1);
                self.records.reserve(left + left / 32, wanted);
            }
            Ok(())
        })?;
        json.end()
    }

    fn record(&mut self, json: &mut Cursor, wanted: &Wanted) -> Result<()> {
        let start = json.at();
        let (mut image, mut class, mut score, mut bbox) = (None, None, None, None);
        let (mut has_mask, mut has_points) = (false, false);
        let (records, images, classes) = (&mut self.records, &mut self.image_ids, &mut self.class_ids);
        members(json, "a result", |name, json| {
            match name {
                b"image_id" => image = id(json)?.map(|id| images.number(id)),
                b"category_id" => class = id(json)?.map(|id| classes.number(id)),
                b"score" => score = number(json),
                b"bbox" => {
                    let at = json.at();
                    bbox = numbers::<4>(json);
                    if bbox.is_none() {
                        json.seek(at);
                    }
                }
                b"segmentation" if wanted.masks => has_mask = shape::mask(json, &mut records.masks)?,
                b"keypoints" if wanted.points > 0 => {
                    has_points = shape::points(json, &mut records.points, wanted.points)?;
                }
                _ => {}
            }
            Ok(())
        })?;
        let number = self.records.image.len();
        let absent = |key: &str| {
            json.error_at(start, format!("result {number} has no {key:?}"))
                .remedy("a result has image_id, category_id, score, and bbox, segmentation or keypoints")
        };
        self.records.image.push(image.ok_or_else(|| absent("image_id"))?);
        self.records.class.push(class.ok_or_else(|| absent("category_id"))?);
        self.records.score.push(score.ok_or_else(|| absent("score"))?);
        if (wanted.boxes && bbox.is_none() && !has_mask) || (wanted.masks && !has_mask && bbox.is_none()) {
            return Err(absent(if wanted.boxes { "bbox" } else { "segmentation" }));
        }
        if wanted.points > 0 && !has_points {
            return Err(json
                .error_at(start, format!("result {number} has no \"keypoints\" of {} points", wanted.points))
                .remedy("give x, y and visibility of each point, or the sigmas of as many points"));
        }
        let areas = *self.areas.get_or_insert(match (bbox, has_mask, has_points) {
            (Some(_), ..) => Areas::Box,
            (None, true, _) => Areas::Mask,
            (None, false, _) => Areas::Points,
        });
        if wanted.masks && !has_mask {
            // As the reference does: a box without a mask is a mask of its own.
            let [x, y, w, h] = bbox.unwrap_or_default();
            let ring = [x, y, x, y + h, x + w, y + h, x + w, y];
            self.records.masks.push_polygons(Size::new(0, 0), [ring.as_slice()]);
            self.remarks.add("found.mask.of_box", "its box is taken for its mask, as in pycocotools", || {
                format!("result {number} has no segmentation")
            });
        }
        let area = match areas {
            Areas::Box => bbox.map_or(f64::NAN, |[_, _, w, h]| w * h),
            Areas::Mask => self.mask_area(number).at(|| json.place(start).key(format!("result {number}")))?,
            Areas::Points => extent(self.records.points.of(number)),
        };
        self.records.area.push(area);
        if wanted.boxes {
            self.records.bbox.push(bbox.unwrap_or_default());
        }
        Ok(())
    }

    /// The pixels of a mask, or NaN as long as it needs its image's size.
    fn mask_area(&self, number: usize) -> Result<f64> {
        let masks: &Masks = &self.records.masks;
        if masks.is_sized(number) { masks.area(number).map(f64::from) } else { Ok(f64::NAN) }
    }
}
