//! numpy's archives: arrays of boxes, scores, labels and images, one entry a detection.
//!
//! `image_ids` has an entry a detection; or `offsets` has one more than there are images and says where each image's
//! detections begin, and `image_ids` has one an image. Corners and sizes are told apart by the array's name (`xyxy`,
//! `xywh`) or by values that one of the two cannot have; `category_ids` are ids, other numbers of classes are proven. One array of seven columns is read as in a `.npy` file.

use arrow_buffer::Buffer;

use super::folder::Files;
use super::form::fits;
use super::intake::{Found, Intake};
use super::names::{By, stem};
use super::npy::{self, Array};
use super::options::{BoxForm, ClassNumbers, corners};
use crate::convert::Coords;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;

const BOXES: [&str; 9] =
    ["boxes", "bboxes", "bbox", "xyxy", "xywh", "boxes_xyxy", "boxes_xywh", "pred_boxes", "detection_boxes"];
const SCORES: [&str; 6] = ["scores", "score", "confidence", "confidences", "conf", "detection_scores"];
const LABELS: [&str; 10] = [
    "labels",
    "label",
    "classes",
    "class_ids",
    "class_id",
    "category_ids",
    "category_id",
    "pred_classes",
    "cls",
    "detection_classes",
];
const IMAGES: [&str; 6] = ["image_ids", "image_id", "images", "file_names", "file_name", "ids"];
const OFFSETS: [&str; 2] = ["offsets", "offset"];

/// The arrays of an archive, with their names.
struct Arrays {
    list: Vec<(String, Buffer)>,
}

impl Arrays {
    fn of(files: &Files) -> Result<Arrays> {
        let members = files.with_ending("npy");
        let list = members.map(|member| Ok((stem(member).to_owned(), files.read(member)?)));
        Ok(Arrays { list: list.collect::<Result<_>>()? })
    }

    /// The one array of these names, and its name.
    fn find(&self, names: &[&'static str], needed: bool) -> Result<Option<(&'static str, Array<'_>)>> {
        let mut found = names.iter().filter_map(|name| {
            self.list.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, bytes)| (*name, bytes))
        });
        let told = |what: String| {
            let all: Vec<&str> = self.list.iter().map(|(name, _)| name.as_str()).collect();
            Error::new(ErrorKind::Format, format!("{what}; the arrays are {}", all.join(", "))).remedy(
                "wanted are boxes, scores, labels and image_ids, with offsets if image_ids has one an image",
            )
        };
        match (found.next(), found.next()) {
            (Some((name, _)), Some((other, _))) => {
                Err(told(format!("there are both {name:?} and {other:?}")))
            }
            (Some((name, bytes)), None) => Ok(Some((name, Array::of(bytes).at(|| Place::none().key(name))?))),
            (None, _) if needed => Err(told(format!("there is no array {:?}", names.first().unwrap_or(&"")))),
            (None, _) => Ok(None),
        }
    }
}

/// Whether an archive is one of arrays.
pub(super) fn accepts(files: &Files) -> bool {
    let all = files.members().len();
    all > 0 && files.with_ending("npy").count() == all
}

/// Reads the detections of an archive.
pub(super) fn read(files: &Files, intake: &mut Intake, job: &Job) -> Result<()> {
    let arrays = Arrays::of(files)?;
    let path = files.name("");
    if let [(_, bytes)] = arrays.list.as_slice() {
        return npy::read(bytes, &path, intake, job);
    }
    let Some((named, boxes)) = arrays.find(&BOXES, true)? else { return Ok(()) };
    let rows = boxes.len();
    if boxes.shape != [rows, 4] || boxes.is_text() {
        let what = format!("the array is of shape {:?}, not N × 4 numbers", boxes.shape);
        return Err(Error::new(ErrorKind::Format, what).at(Place::none().key(named)));
    }
    let scores = arrays.find(&SCORES, intake.options.score.is_none())?;
    let labels = arrays.find(&LABELS, true)?;
    let images = arrays.find(&IMAGES, true)?;
    let offsets = arrays.find(&OFFSETS, false)?.map(|(_, array)| array);
    for (name, array) in scores.iter().chain(&labels).chain(images.as_ref().filter(|_| offsets.is_none())) {
        if array.shape != [rows] {
            let what = format!("the array is of shape {:?} beside {rows} boxes", array.shape);
            return Err(Error::new(ErrorKind::Length, what)
                .at(Place::none().key(*name))
                .remedy("give every detection an entry, or images theirs and offsets"));
        }
    }
    let (Some((label_name, labels)), Some((_, images))) = (labels, images) else { return Ok(()) };
    if label_name.starts_with("category_id") {
        intake.numbers = ClassNumbers::Ids;
    }
    let owners = owners(rows, offsets.as_ref(), images.len())?;
    let mut numbers = Vec::with_capacity(rows.min(1 << 20));
    for row in 0..rows {
        let owner = owners.as_ref().map_or(Some(row), |owners| owners.get(row).copied()).unwrap_or(row);
        let at = || Place::none().row(u64::try_from(row).unwrap_or(u64::MAX)).key("image_ids");
        numbers.push(match (images.whole(owner), images.text(owner)) {
            (Some(id), _) => intake.image_of(id).at(at)?,
            (None, Some(name)) => intake.image(&name, By::Id).at(at)?,
            (None, None) => return Err(Error::new(ErrorKind::Format, "an image is no id").at(at())),
        });
    }
    let four = |row: usize| [0, 1, 2, 3].map(|side| boxes.number(row * 4 + side));
    let form = match intake.options.boxes {
        Some(form) => form,
        None => form_of(named, (0..rows).map(four).zip(&numbers), intake)?,
    };
    for (row, image) in numbers.into_iter().enumerate() {
        if row.is_multiple_of(4096) {
            job.check()?;
        }
        let place = || Place::none().row(u64::try_from(row).unwrap_or(u64::MAX));
        let class = match (labels.whole(row), labels.text(row)) {
            (Some(id), _) => intake.class(&id.to_string()),
            (None, Some(name)) => intake.class(&name),
            (None, None) => {
                return Err(Error::new(ErrorKind::Format, "a label is no class").at(place().key(label_name)));
            }
        };
        let [a, b, c, d] = four(row);
        let bbox = match form {
            BoxForm::Corners => corners([a, b, c, d], intake.options.coords.unwrap_or(Coords::ZeroExclusive)),
            BoxForm::CornerSize => [a, b, c, d],
            BoxForm::CentreConf | BoxForm::ConfCentre => {
                let [width, height] = intake.scale(image)?;
                [(a - c / 2.0) * width, (b - d / 2.0) * height, c * width, d * height]
            }
        };
        let score = scores.as_ref().map(|(_, scores)| scores.number(row));
        intake.push(Found { image, class, score, bbox: Some(bbox), ..Found::default() }, place)?;
    }
    Ok(())
}

/// The image of each detection, by where each image's detections begin.
fn owners(rows: usize, offsets: Option<&Array>, images: usize) -> Result<Option<Vec<usize>>> {
    let Some(offsets) = offsets else { return Ok(None) };
    let wrong = |what: String| {
        Error::new(ErrorKind::Format, what)
            .at(Place::none().key("offsets"))
            .remedy("offsets begin with 0, never fall, and end with the number of detections")
    };
    if offsets.shape != [images + 1] {
        return Err(wrong(format!("offsets are of shape {:?} beside {images} images", offsets.shape)));
    }
    let mut owners = Vec::new();
    let mut last = 0;
    for image in 0..=images {
        let offset = offsets.whole(image).and_then(|offset| usize::try_from(offset).ok());
        let Some(offset) =
            offset.filter(|offset| (last..=rows).contains(offset) && (image > 0 || *offset == 0))
        else {
            return Err(wrong(format!("offset {image} is {}", offsets.number(image))));
        };
        owners.extend(std::iter::repeat_n(image.saturating_sub(1), offset - last));
        last = offset;
    }
    if last != rows {
        return Err(wrong(format!("offsets end with {last}, and there are {rows} detections")));
    }
    Ok(Some(owners))
}

/// Whether boxes are corners or corner and size, by the array's name or the values.
fn form_of<'n>(
    name: &str,
    rows: impl Iterator<Item = ([f64; 4], &'n u32)>,
    intake: &Intake,
) -> Result<BoxForm> {
    if name.ends_with("xyxy") {
        return Ok(BoxForm::Corners);
    }
    if name.ends_with("xywh") {
        return Ok(BoxForm::CornerSize);
    }
    let (mut corners, mut sizes, mut pixels, mut any) = (true, true, false, false);
    for ([a, b, c, d], image) in rows {
        any = true;
        pixels |= [a, b, c, d].iter().any(|side| *side > 1.02);
        corners &= fits(BoxForm::Corners, [0.5, a, b, c, d], intake.size(*image));
        sizes &= fits(BoxForm::CornerSize, [0.5, a, b, c, d], intake.size(*image));
    }
    match (corners, sizes) {
        _ if !any => Ok(BoxForm::Corners),
        (true, false) if pixels => Ok(BoxForm::Corners),
        (false, true) if pixels => Ok(BoxForm::CornerSize),
        _ => Err(Error::new(
            ErrorKind::Usage,
            "the boxes can be corners or corner and size, in pixels or in shares",
        )
        .at(Place::none().key(name))
        .remedy(
            "say which with --pred-boxes corners or corner-size, or name the array boxes_xyxy or boxes_xywh",
        )),
    }
}
