//! A folder with a text file an image: YOLO's predictions, and those of mAP and Object-Detection-Metrics.
//!
//! | line | whose |
//! |---|---|
//! | `class cx cy w h conf` | Ultralytics (`save_txt`, `save_conf`), shares of the image |
//! | `class conf cx cy w h` | Object-Detection-Metrics, relative |
//! | `class conf left top right bottom` | Cartucho's mAP, Object-Detection-Metrics (`XYX2Y2`), pixels |
//! | `class conf left top width height` | Object-Detection-Metrics (`XYWH`), pixels |
//! | `class x1 y1 … xn yn conf` | outlines, and turned boxes of four corners |
//! | `class cx cy w h x1 y1 v1 … conf` | points |
//!
//! A file is of the image that has its name without extension; images without a file have no detections, files without
//! an image are counted. Classes are places in the truth's list from 0, or names; a `classes.txt` of names is obeyed.

mod line;

use std::path::Path;

use super::folder::Files;
use super::form::{Evidence, check_shares, parts};
use super::intake::{Found, Intake};
use super::lines::{Line, lines};
use super::names::{By, base, stem};
use super::options::{BoxForm, ClassNumbers, corners};
use crate::convert::Coords;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;
use line::{Row, row, split};

/// Files of class names that tools put beside the others.
const NAMES: [&str; 4] = ["classes.txt", "obj.names", "labels.txt", "predefined_classes.txt"];

/// Whether a line may be of such a file.
pub(super) fn accepts(text: &str) -> bool {
    let mut numbers = Vec::new();
    split(text, &mut numbers).is_ok() && row(&numbers, 0).is_ok()
}

/// Whether a file is one of class names and not of an image: its name says so and no line has numbers.
pub(super) fn is_names(member: &str, bytes: &[u8]) -> bool {
    let named = NAMES.contains(&base(member));
    named && lines(bytes, Path::new(member)).all(|line| line.is_ok_and(|line| !accepts(line.text)))
}

/// Reads all files.
pub(super) fn read(files: &Files, intake: &mut Intake, job: &Job) -> Result<()> {
    intake.numbers = ClassNumbers::ZeroBased;
    let mut pages = Vec::new();
    for member in files.with_ending("txt") {
        let bytes =
            if NAMES.contains(&base(member)) { files.read(member)? } else { arrow_buffer::Buffer::default() };
        if !bytes.is_empty() && is_names(member, &bytes) {
            let path = files.name(member);
            let names = lines(&bytes, &path).map(|line| line.map(|line| line.text.to_owned()));
            intake.class_names = names.collect::<Result<_>>()?;
            continue;
        }
        let image = member.strip_suffix(".txt").unwrap_or(member);
        let number = intake.image(image, By::File).at(|| Place::none().file(files.name(member)))?;
        pages.push((member, number));
    }
    for member in files.with_ending("names") {
        if NAMES.contains(&base(member)) {
            let (bytes, path) = (files.read(member)?, files.name(member));
            let names = lines(&bytes, &path).map(|line| line.map(|line| line.text.to_owned()));
            intake.class_names = names.collect::<Result<_>>()?;
        }
    }
    refuse_doubles(&pages, intake, files)?;
    let form = match intake.options.boxes {
        Some(form) => form,
        None => find_form(files, &pages, intake, job)?,
    };
    let stage = job.stage("reading predictions", u64::try_from(pages.len()).ok());
    let mut numbers = Vec::new();
    for (member, image) in &pages {
        stage.advance(1)?;
        let (bytes, path) = (files.read(member)?, files.name(member));
        if intake.place(*image).is_none() {
            intake.remarks.add("found.file.unknown", "its detections are of no image", || {
                format!("there is no image {:?} in the truth", stem(member))
            });
        }
        for line in lines(&bytes, &path) {
            let line = line?;
            take(line, form, *image, intake, &mut numbers, &path)?;
        }
    }
    intake.count_absent("has no detections", "file");
    Ok(())
}

/// Two files of one image would count it twice.
fn refuse_doubles(pages: &[(&str, u32)], intake: &Intake, files: &Files) -> Result<()> {
    let mut known: Vec<(u32, &str)> =
        pages.iter().filter_map(|(member, image)| Some((intake.place(*image)?, *member))).collect();
    known.sort_unstable();
    match known.windows(2).find_map(|pair| match pair {
        [(a, first), (b, second)] if a == b => Some((*first, *second)),
        _ => None,
    }) {
        None => Ok(()),
        Some((first, second)) => {
            let what = format!("{first:?} and {second:?} are of the same image");
            Err(Error::new(ErrorKind::Usage, what)
                .at(Place::none().file(files.name(second)))
                .remedy("name the folder of one of them, or give images other names"))
        }
    }
}

/// The form of boxes, by as many lines as it takes.
fn find_form(files: &Files, pages: &[(&str, u32)], intake: &Intake, job: &Job) -> Result<BoxForm> {
    let (mut evidence, mut numbers) = (Evidence::default(), Vec::new());
    let mut first = None;
    for (member, image) in pages {
        job.check()?;
        if evidence.is_settled() {
            break;
        }
        let (bytes, path) = (files.read(member)?, files.name(member));
        for line in lines(&bytes, &path) {
            let line = line?;
            let place = || Place::none().file(&path).line(line.number);
            split(line.text, &mut numbers).at(place)?;
            if let Row::Box(five) = row(&numbers, intake.wanted.points).at(place)? {
                first.get_or_insert_with(place);
                evidence.add(five, intake.size(*image));
            }
        }
    }
    evidence.form().at(|| first.unwrap_or_default())
}

fn take(
    line: Line,
    form: BoxForm,
    image: u32,
    intake: &mut Intake,
    numbers: &mut Vec<f64>,
    path: &Path,
) -> Result<()> {
    let place = || Place::none().file(path).line(line.number);
    let class = split(line.text, numbers).at(place)?;
    let class = intake.class(class);
    let mut found = Found { image, class, ..Found::default() };
    let mut scaled = Vec::new();
    let mut points = Vec::new();
    let boxed = |four: [f64; 4], intake: &Intake| -> Result<[f64; 4]> {
        Ok(match form {
            BoxForm::CentreConf | BoxForm::ConfCentre => shares(four, intake.scale(image)?)?,
            BoxForm::Corners => corners(four, intake.options.coords.unwrap_or(Coords::ZeroExclusive)),
            BoxForm::CornerSize => four,
        })
    };
    match row(numbers, intake.wanted.points).at(place)? {
        Row::Box(five) => {
            let (score, four) = parts(form, five);
            found.score = Some(score);
            found.bbox = Some(boxed(four, intake).at(place)?);
        }
        Row::Bare(four) => found.bbox = Some(boxed(four, intake).at(place)?),
        Row::Outline(ring, score) => {
            let [width, height] = intake.scale(image).at(place)?;
            check_shares(ring).at(place)?;
            for [x, y] in ring.as_chunks::<2>().0 {
                scaled.extend([x * width, y * height]);
            }
            (found.score, found.polygon) = (score, Some(scaled.as_slice()));
        }
        Row::Points(four, values, each, score) => {
            let [width, height] = intake.scale(image).at(place)?;
            for point in values.chunks_exact(each) {
                if let [x, y, rest @ ..] = point {
                    points.push([x * width, y * height, rest.first().copied().unwrap_or(2.0)]);
                }
            }
            found.bbox = Some(shares(four, [width, height]).at(place)?);
            (found.score, found.points) = (score, Some(points.as_slice()));
        }
    }
    intake.push(found, place)
}

/// A box in pixels, of its centre and size in shares of the image.
fn shares(four: [f64; 4], [width, height]: [f64; 2]) -> Result<[f64; 4]> {
    let [x, y, w, h] = four;
    check_shares(&four)?;
    Ok([(x - w / 2.0) * width, (y - h / 2.0) * height, w * width, h * height])
}
