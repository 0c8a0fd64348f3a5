//! Detections in COCO's results form: one list of records with image, class and score.
//!
//! [`Results::read`] takes that list alone; [`Results::read_any`] also what tools make of it: the list as a member
//! `annotations` of a whole file, one record a line, and records that hold those of an image as `instances`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use super::ids::Ids;
use super::scan::{Spelling, elements, id, members, number, numbers};
use super::shape::is_box;
use super::{ODD_BOX, Wanted, shape};
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
    /// File names of images, where records or a list of images say them.
    files: HashMap<u32, String>,
    /// Names of classes, where a list of categories says them.
    names: HashMap<u32, String>,
    /// Whether `file_name` of a record is read.
    named: bool,
    /// The score of records that have none.
    score: Option<f64>,
    /// How deep in `instances` of a record.
    depth: u32,
    /// How records are written.
    spelling: Spelling<Key>,
}

/// The members of a record that say something.
#[derive(Clone, Copy, Debug)]
enum Key {
    Image,
    Class,
    Score,
    Bbox,
    Segmentation,
    Keypoints,
    FileName,
    Instances,
    Other,
}

impl Key {
    fn of(name: &[u8]) -> Key {
        match name {
            b"image_id" => Key::Image,
            b"category_id" => Key::Class,
            b"score" => Key::Score,
            b"bbox" => Key::Bbox,
            b"segmentation" => Key::Segmentation,
            b"keypoints" => Key::Keypoints,
            b"file_name" => Key::FileName,
            b"instances" => Key::Instances,
            _ => Key::Other,
        }
    }
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
        Ok(results.side())
    }

    /// Reads the file in whichever of its forms it is.
    pub(super) fn read_any(
        bytes: &[u8],
        file: &Path,
        wanted: &Wanted,
        score: Option<f64>,
        forget: impl Fn(usize),
    ) -> Result<Side> {
        let mut results = Results { named: true, score, ..Results::default() };
        let place = || Place::none().file(file);
        let mut json = Cursor::of_file(bytes).at(place)?;
        if json.peek() == Some(b'[') {
            results.list(&mut json, wanted, forget).at(place)?;
        } else if holds_list(&mut json).at(place)? {
            results.whole(&mut json, wanted).at(place)?;
        } else {
            while json.peek().is_some() {
                results.record(&mut json, wanted).at(place)?;
            }
        }
        Ok(results.side())
    }

    fn side(mut self) -> Side {
        let image = |(n, id): (u32, &ImageId)| {
            Some(ImageEntry { file_name: self.files.remove(&n), ..ImageEntry::new(id.clone()) })
        };
        let class = |(n, id): (u32, &ImageId)| {
            Some(ClassEntry::new(id.clone(), self.names.remove(&n).unwrap_or_else(|| id.name())))
        };
        let images = (0u32..).zip(self.image_ids.list()).map(image).collect();
        let classes = (0u32..).zip(self.class_ids.list()).map(class).collect();
        Side { images, classes, records: self.records, remarks: self.remarks }
    }

    /// A whole COCO file whose annotations are detections.
    fn whole(&mut self, json: &mut Cursor, wanted: &Wanted) -> Result<()> {
        members(json, "the file", |name, json| match name {
            b"annotations" => elements(json, "annotations", |json| self.record(json, wanted)),
            b"images" => elements(json, "images", |json| self.entry(json, b"file_name", false)),
            b"categories" => elements(json, "categories", |json| self.entry(json, b"name", true)),
            _ => Ok(()),
        })?;
        json.end()
    }

    /// An image or category: its id and what it is called.
    fn entry(&mut self, json: &mut Cursor, key: &[u8], class: bool) -> Result<()> {
        let (mut number, mut called) = (None, None);
        members(json, "an entry", |name, json| {
            if name == b"id" {
                number = id(json)?;
            } else if name == key && json.peek() == Some(b'"') {
                called = Some(json.text()?.decode()?.into_owned());
            }
            Ok(())
        })?;
        if let Some((id, called)) = number.zip(called) {
            let (ids, names) = match class {
                true => (&mut self.class_ids, &mut self.names),
                false => (&mut self.image_ids, &mut self.files),
            };
            names.insert(ids.number(id), called);
        }
        Ok(())
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
        let (mut file_name, mut instances) = (None, None);
        let (mut odd_score, mut odd_bbox) = (false, false);
        let count = self.records.image.len();
        let named = self.named;
        let (records, images, classes) = (&mut self.records, &mut self.image_ids, &mut self.class_ids);
        self.spelling.members(json, "a result", Key::of, |key, json| {
            match key {
                Key::Image => image = id(json)?.map(|id| images.number(id)),
                Key::Class => class = id(json)?.map(|id| classes.number(id)),
                Key::Score => {
                    score = number(json);
                    odd_score = score.is_none();
                }
                Key::Bbox => {
                    let at = json.at();
                    bbox = numbers::<4>(json);
                    odd_bbox = bbox.is_none();
                    if odd_bbox {
                        json.seek(at);
                    }
                }
                Key::Segmentation if wanted.masks => {
                    // Of two members of one name the later counts.
                    records.masks.truncate(count);
                    has_mask = shape::mask(json, &mut records.masks)?;
                }
                Key::Keypoints if wanted.points > 0 => {
                    records.points.values.truncate(count * wanted.points);
                    has_points = shape::points(json, &mut records.points, wanted.points)?;
                }
                Key::FileName if named && json.peek() == Some(b'"') => file_name = Some(json.text()?),
                Key::Instances if named && json.peek() == Some(b'[') => instances = Some(json.at()),
                _ => {}
            }
            Ok(())
        })?;
        if let Some(at) = instances {
            return self.instances(json, at, wanted);
        }
        let number = self.records.image.len();
        let absent = |key: &str| {
            let what = match key {
                "score" if odd_score => format!("the {key:?} of result {number} is not a number"),
                "bbox" if odd_bbox => format!("the {key:?} of result {number} is not a list of four numbers"),
                _ => format!("result {number} has no {key:?}"),
            };
            json.error_at(start, what)
                .remedy("a result has image_id, category_id, score, and bbox, segmentation or keypoints")
        };
        self.records.image.push(image.ok_or_else(|| absent("image_id"))?);
        if let (Some(Entry::Vacant(slot)), Some(name)) =
            (image.map(|image| self.files.entry(image)), file_name)
        {
            slot.insert(name.decode()?.into_owned());
        }
        self.records.class.push(class.ok_or_else(|| absent("category_id"))?);
        self.records.score.push(score.or(self.score).ok_or_else(|| absent("score"))?);
        if (wanted.boxes && bbox.is_none() && !has_mask) || (wanted.masks && !has_mask && bbox.is_none()) {
            return Err(absent(if wanted.boxes { "bbox" } else { "segmentation" }));
        }
        if wanted.points > 0 && !has_points {
            return Err(json
                .error_at(start, format!("result {number} has no \"keypoints\" of {} points", wanted.points))
                .remedy("give x, y and visibility of each point, or the sigmas of as many points"));
        }
        if wanted.checked && has_mask && self.records.masks.is_sized(number) {
            shape::check(json, start, &self.records.masks, number, "result")?;
        }
        if let Some(bbox) = bbox.filter(|bbox| wanted.boxes && !is_box(bbox)) {
            self.remarks
                .add("found.bbox.odd", ODD_BOX, || format!("the \"bbox\" of result {number} is {bbox:?}"));
        }
        if self.records.score.last().is_some_and(|score| !score.is_finite()) {
            let done = "scored as in pycocotools: infinity first, NaN behind all others";
            self.remarks
                .add("found.score.odd", done, || format!("the \"score\" of result {number} is not finite"));
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
            Areas::Mask => match self.mask_area(number) {
                Ok(area) => area,
                Err(e) => {
                    shape::check(json, start, &self.records.masks, number, "result")?;
                    return Err(e);
                }
            },
            Areas::Points => extent(self.records.points.of(number)),
        };
        self.records.area.push(area);
        if wanted.boxes {
            self.records.bbox.push(bbox.unwrap_or_default());
        }
        Ok(())
    }

    /// The records that a record of an image holds, from `at` on, as Detectron2 keeps them.
    fn instances(&mut self, json: &mut Cursor, at: usize, wanted: &Wanted) -> Result<()> {
        if self.depth > 0 {
            return Err(json.error_at(at, "instances lie within instances"));
        }
        let end = json.at();
        json.seek(at);
        self.depth = 1;
        elements(json, "instances", |json| self.record(json, wanted))?;
        self.depth = 0;
        json.seek(end);
        Ok(())
    }

    /// The pixels of a mask, or NaN as long as it needs its image's size.
    fn mask_area(&self, number: usize) -> Result<f64> {
        let masks: &Masks = &self.records.masks;
        if masks.is_sized(number) { masks.area(number).map(f64::from) } else { Ok(f64::NAN) }
    }
}

/// Whether the object that begins here has a member `annotations`; the cursor stays.
fn holds_list(json: &mut Cursor) -> Result<bool> {
    let at = json.at();
    let mut found = false;
    members(json, "the file", |name, _| {
        found |= name == b"annotations";
        Ok(())
    })?;
    json.seek(at);
    Ok(found)
}
