//! The truth of a COCO annotation file, read for evaluation alone: no table is made, no field is kept that no
//! protocol asks for.

use std::path::Path;

use super::ids::Ids;
use super::scan::{Spelling, crowd, elements, flag, id, members, number, numbers};
use super::shape::is_box;
use super::{ODD_BOX, ODD_POINTS, Wanted, shape};
use crate::convert::json::Cursor;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::comparison::{ClassEntry, ImageEntry, Known, Remarks};
use crate::eval::images::ImageId;
use crate::eval::objects::Flags;
use crate::eval::records::Records;
use crate::eval::side::Side;
use crate::geometry::Size;

/// An annotation file as read.
#[derive(Debug, Default)]
pub(super) struct Truth {
    /// By the number of the id; none for ids that only annotations name.
    images: Vec<Option<ImageEntry>>,
    /// By the number of the id; none for ids that only annotations name.
    classes: Vec<Option<ClassEntry>>,
    image_ids: Ids,
    class_ids: Ids,
    records: Records,
    remarks: Remarks,
    /// Ids of the annotations, as far as they are numbers; others are given numbers no annotation has.
    ids: Vec<ImageId>,
    /// Which of the three lists were met.
    sections: u8,
    /// How annotations are written.
    spelling: Spelling<Key>,
}

/// The members of an annotation that say something.
#[derive(Clone, Copy, Debug)]
enum Key {
    Id,
    Image,
    Class,
    Bbox,
    Area,
    Crowd,
    Ignore,
    LeftOut,
    Group,
    Labelled,
    Segmentation,
    Keypoints,
    Other,
}

impl Key {
    fn of(name: &[u8]) -> Key {
        match name {
            b"id" => Key::Id,
            b"image_id" => Key::Image,
            b"category_id" => Key::Class,
            b"bbox" => Key::Bbox,
            b"area" => Key::Area,
            b"iscrowd" => Key::Crowd,
            b"ignore" => Key::Ignore,
            b"difficult" | b"ignored" => Key::LeftOut,
            b"group_of" => Key::Group,
            b"num_keypoints" => Key::Labelled,
            b"segmentation" => Key::Segmentation,
            b"keypoints" => Key::Keypoints,
            _ => Key::Other,
        }
    }
}

/// What a record says, before it is put into columns.
#[derive(Default)]
struct Record {
    id: Option<ImageId>,
    image: Option<u32>,
    class: Option<u32>,
    bbox: Option<[f64; 4]>,
    area: Option<f64>,
    /// Whether it takes many, and whether that leaves it out of account.
    crowd: Option<(bool, bool)>,
    ignored: bool,
    group: bool,
    labelled: Option<f64>,
    mask: bool,
    points: bool,
}

impl Truth {
    /// Reads the file.
    pub(super) fn read(bytes: &[u8], file: &Path, wanted: &Wanted) -> Result<Side> {
        let mut truth = Truth::default();
        let mut json = Cursor::of_file(bytes).at(|| Place::none().file(file))?;
        truth.sections(&mut json, wanted).at(|| Place::none().file(file))?;
        for (bit, section) in [(1, "images"), (2, "annotations"), (4, "categories")] {
            if truth.sections & bit == 0 {
                let what = format!("there is no list {section:?}, so this is no COCO annotation file");
                return Err(Error::new(ErrorKind::Format, what).at(Place::none().file(file)));
            }
        }
        truth.settle(wanted).at(|| Place::none().file(file))?;
        let Truth { images, classes, records, remarks, .. } = truth;
        Ok(Side { images, classes, records, remarks })
    }

    fn sections(&mut self, json: &mut Cursor, wanted: &Wanted) -> Result<()> {
        members(json, "the file", |name, json| match name {
            b"images" => {
                self.sections |= 1;
                elements(json, "images", |json| self.image(json, wanted))
            }
            b"annotations" => {
                self.sections |= 2;
                elements(json, "annotations", |json| self.annotation(json, wanted))
            }
            b"categories" => {
                self.sections |= 4;
                elements(json, "categories", |json| self.category(json))
            }
            _ => Ok(()),
        })?;
        json.end()
    }

    fn image(&mut self, json: &mut Cursor, wanted: &Wanted) -> Result<()> {
        let start = json.at();
        let (mut key, mut file_name, mut height, mut width) = (None, None, None, None);
        let mut known: Option<Box<Known>> = None;
        members(json, "an image", |name, json| {
            match name {
                b"id" => key = id(json)?,
                b"file_name" if json.peek() == Some(b'"') => {
                    file_name = Some(json.text()?.decode()?.into_owned())
                }
                b"height" => height = number(json),
                b"width" => width = number(json),
                b"neg_category_ids" if wanted.known => {
                    known.get_or_insert_default().negative = ids(json)?;
                }
                b"not_exhaustive_category_ids" if wanted.known => {
                    known.get_or_insert_default().not_exhaustive = ids(json)?;
                }
                _ => {}
            }
            Ok(())
        })?;
        let Some(key) = key else {
            return Err(json.error_at(start, "an image has no \"id\"").remedy("give every image its id"));
        };
        let side = |n: Option<f64>| n.filter(|n| *n >= 0.0 && *n < 4e9).map(|n| n as u32);
        let size = side(height).zip(side(width)).map(|(height, width)| Size::new(height, width));
        let number = self.image_ids.number(key.clone()) as usize;
        // Annotations may come before images, so that numbers may be given already.
        self.double(self.images.get(number).is_some_and(Option::is_some), "image", &key);
        put(&mut self.images, number, ImageEntry { id: key, file_name, size, known });
        Ok(())
    }

    /// Says that an image or a category is listed again.
    fn double(&mut self, again: bool, what: &str, id: &ImageId) {
        if again {
            self.remarks.add("truth.entry.double", "the last of them counts, as in pycocotools", || {
                format!("the {what} {id} is listed twice")
            });
        }
    }

    fn category(&mut self, json: &mut Cursor) -> Result<()> {
        let start = json.at();
        let (mut key, mut title, mut supercategory, mut frequency) = (None, None, None, None);
        members(json, "a category", |name, json| {
            match name {
                b"id" => key = id(json)?,
                b"name" if json.peek() == Some(b'"') => title = Some(json.text()?.decode()?.into_owned()),
                b"supercategory" if json.peek() == Some(b'"') => {
                    supercategory = Some(json.text()?.decode()?.into_owned());
                }
                b"frequency" if json.peek() == Some(b'"') => {
                    frequency = json.text()?.decode()?.chars().next()
                }
                _ => {}
            }
            Ok(())
        })?;
        let Some(key) = key else {
            return Err(json
                .error_at(start, "a category has no \"id\"")
                .remedy("give every category its id"));
        };
        let number = self.class_ids.number(key.clone()) as usize;
        let name = title.unwrap_or_else(|| key.to_string());
        self.double(self.classes.get(number).is_some_and(Option::is_some), "category", &key);
        put(&mut self.classes, number, ClassEntry { id: key, name, supercategory, frequency });
        Ok(())
    }

    fn annotation(&mut self, json: &mut Cursor, wanted: &Wanted) -> Result<()> {
        let start = json.at();
        let mut record = Record::default();
        let mut odd = false;
        let place = self.records.image.len();
        let (records, images, classes) = (&mut self.records, &mut self.image_ids, &mut self.class_ids);
        self.spelling.members(json, "an annotation", Key::of, |key, json| {
            match key {
                Key::Id => record.id = id(json)?,
                Key::Image => record.image = id(json)?.map(|id| images.number(id)),
                Key::Class => record.class = id(json)?.map(|id| classes.number(id)),
                Key::Bbox => {
                    let at = json.at();
                    record.bbox = numbers::<4>(json);
                    if record.bbox.is_none() {
                        json.seek(at);
                    }
                }
                Key::Area => record.area = number(json),
                Key::Crowd => record.crowd = crowd(json),
                // The reference overwrites the field with iscrowd.
                Key::Ignore if wanted.corrected => record.ignored |= flag(json) == Some(true),
                // COCO has no such members; the importer makes keys of them, which the same protocols read.
                Key::LeftOut if wanted.left_out || wanted.corrected => {
                    record.ignored |= flag(json) == Some(true);
                }
                Key::Group => record.group = flag(json) == Some(true),
                Key::Labelled => record.labelled = number(json),
                Key::Segmentation if wanted.masks => {
                    // Of two members of one name the later counts.
                    records.masks.truncate(place);
                    record.mask = shape::mask(json, &mut records.masks)?;
                }
                Key::Keypoints if wanted.points > 0 => {
                    records.points.values.truncate(place * wanted.points);
                    record.points = shape::points(json, &mut records.points, wanted.points)?;
                    odd |= !record.points;
                }
                _ => {}
            }
            Ok(())
        })?;
        let absent = |key: &str| {
            json.error_at(start, format!("an annotation has no {key:?}"))
                .remedy("give every annotation its own")
        };
        let (image, class) = (
            record.image.ok_or_else(|| absent("image_id"))?,
            record.class.ok_or_else(|| absent("category_id"))?,
        );
        if wanted.masks && !record.mask {
            // Where boxes are asked for too, they may be all that is there.
            if !wanted.boxes {
                let what = format!("annotation {place} has no \"segmentation\"");
                return Err(json
                    .error_at(start, what)
                    .remedy("give every annotation its own, or compare boxes with --metric coco/bbox"));
            }
            self.records.masks.push_absent();
        }
        if wanted.checked && record.mask && self.records.masks.is_sized(place) {
            shape::check(json, start, &self.records.masks, place, "annotation")?;
        }
        if wanted.points > 0 && !record.points {
            self.records.points.each = wanted.points;
            self.records.points.values.extend(std::iter::repeat_n([0.0; 3], wanted.points));
        }
        self.records.image.push(image);
        self.records.class.push(class);
        let remarks = &mut self.remarks;
        let said = || format!("annotation {place}");
        if record.bbox.is_none() && (wanted.boxes || wanted.points > 0) {
            remarks.add("truth.bbox.absent", "counted with an empty box", || {
                format!("{} has no \"bbox\"", said())
            });
        }
        if odd {
            let each = wanted.points;
            remarks.add("truth.keypoints.number", ODD_POINTS, || {
                format!("{} does not have {each} keypoints of x, y, v", said())
            });
        }
        if record.crowd.is_none() {
            remarks.add("truth.iscrowd.absent", "taken for 0", || format!("{} has no \"iscrowd\"", said()));
        }
        let bbox = record.bbox.unwrap_or_default();
        if wanted.boxes && !is_box(&bbox) {
            remarks.add("truth.bbox.odd", ODD_BOX, || format!("the \"bbox\" of {} is {bbox:?}", said()));
        }
        let area = record.area.unwrap_or_else(|| {
            let by_box = !wanted.masks || record.bbox.is_some();
            remarks.add("truth.area.absent", "taken from its box", || format!("{} has no \"area\"", said()));
            if by_box { bbox[2] * bbox[3] } else { f64::NAN }
        });
        if record.area.is_some_and(|area| area.is_nan() || area < 0.0) {
            remarks.add("truth.area.odd", "taken as it is, as in pycocotools: NaN is in every range", || {
                format!("the \"area\" of {} is {area}", said())
            });
        }
        let (crowd, mut left_out) = record.crowd.unwrap_or_default();
        if left_out && !crowd {
            let done = "left out of account and yet no crowd, as in pycocotools; --corrected takes it for 0";
            remarks.add("truth.iscrowd.odd", done, || {
                format!("the \"iscrowd\" of {} is text, or below 1", said())
            });
            left_out = !wanted.corrected;
        }
        let mut ignored = left_out || record.ignored;
        if wanted.points > 0 {
            let labelled = record.labelled.unwrap_or_else(|| {
                remarks.add("truth.num_keypoints.absent", "its labelled points are counted", || {
                    format!("{} has no \"num_keypoints\"", said())
                });
                let points = self.records.points.of(place);
                points.iter().filter(|[_, _, v]| *v > 0.0).count() as f64
            });
            ignored |= labelled == 0.0;
        }
        self.records.bbox.push(bbox);
        self.records.area.push(area);
        self.records.flags.push(Flags { crowd, ignored, group: record.group, ..Flags::default() });
        self.ids.push(record.id.unwrap_or(ImageId::Text("".into())));
        Ok(())
    }

    /// What can only be said when everything was read: sizes of polygons, areas of masks, ids that stand twice.
    fn settle(&mut self, wanted: &Wanted) -> Result<()> {
        let images = &self.images;
        self.records.settle(|image| images.get(image as usize)?.as_ref()?.size);
        let entry = |image: u32| images.get(image as usize)?.as_ref();
        if let Some((place, image)) = self.records.unsized_mask(|image| entry(image).is_some()) {
            let id = entry(image).map(|image| image.id.to_string()).unwrap_or_default();
            let what = format!("annotation {place} has polygons, and image {id} no \"height\" and \"width\"");
            return Err(Error::new(ErrorKind::Format, what).remedy("give every image its height and width"));
        }
        self.repeat_doubles(wanted);
        for (flags, id) in self.records.flags.iter_mut().zip(&self.ids) {
            if *id == ImageId::Int(0) && !wanted.corrected {
                flags.nameless = true;
                self.remarks.add("truth.id.zero", "a detection that gets it counts as a false positive, as in pycocotools; --corrected counts it", || {
                    "an annotation has the id 0".to_owned()
                });
            }
        }
        if wanted.ids {
            self.records.ids = std::mem::take(&mut self.ids);
        }
        Ok(())
    }

    /// Annotations that share an id: the reference has the last in the place of each.
    fn repeat_doubles(&mut self, wanted: &Wanted) {
        if wanted.corrected || self.ids.is_sorted_by(|a, b| a < b) {
            return;
        }
        let mut order: Vec<u32> = (0..self.ids.len() as u32).collect();
        let of = |n: &u32| self.ids.get(*n as usize);
        order.sort_by(|a, b| of(a).cmp(&of(b)));
        let nameless = ImageId::Text("".into());
        let mut stand_in: Vec<u32> = (0..self.ids.len() as u32).collect();
        let mut doubles = 0u64;
        for group in order.chunk_by(|a, b| of(a) == of(b)) {
            let Some((last, others)) = group.split_last() else { continue };
            if others.is_empty() || of(last) == Some(&nameless) {
                continue;
            }
            for other in others {
                doubles += 1;
                if let Some(slot) = stand_in.get_mut(*other as usize) {
                    *slot = *last;
                }
            }
            let id = of(last).map(ToString::to_string).unwrap_or_default();
            self.remarks.add(
                "truth.id.double",
                "the last of them counts as often as there are, as in pycocotools; --corrected counts each",
                || format!("{} annotations have the id {id}", group.len()),
            );
        }
        if doubles > 0 {
            self.records.pick(&stand_in);
        }
    }
}

/// The ids in a list; none for anything else.
fn ids(json: &mut Cursor) -> Result<Vec<ImageId>> {
    let mut out = Vec::new();
    if json.peek() == Some(b'[') {
        elements(json, "ids", |json| {
            out.extend(id(json)?);
            Ok(())
        })?;
    }
    Ok(out)
}

/// Puts a value at a place of a list that may still be shorter.
fn put<T>(list: &mut Vec<Option<T>>, place: usize, value: T) {
    while list.len() <= place {
        list.push(None);
    }
    if let Some(slot) = list.get_mut(place) {
        *slot = Some(value);
    }
}
