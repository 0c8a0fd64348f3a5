//! Text files that are each of a class: the VOC devkit's results and DOTA's.
//!
//! | file | line |
//! |---|---|
//! | `comp3_det_test_car.txt`, `comp4_…`, `car.txt` | `image score xmin ymin xmax ymax` |
//! | `Task1_plane.txt` | `image score x1 y1 x2 y2 x3 y3 x4 y4` |
//! | `Task2_plane.txt` | `image score xmin ymin xmax ymax` |
//!
//! VOC's corners count pixels from 1 and belong to the box, as annotations do: x = xmin − 1, w = xmax − xmin + 1, so
//! that VOC's protocol finds its own arithmetic (its far edge is half-open here) and COCO's true sizes. Writers that
//! count from 0 say so by another [`Coords`]. DOTA's corners are points of the plane and stay as they are.

use std::path::Path;

use super::folder::Files;
use super::format::PredictionFormat;
use super::intake::{Found, Intake};
use super::lines::{lines, number};
use super::names::{By, base, stem};
use super::options::{ClassNumbers, corners};
use crate::convert::Coords;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::side::Side;
use crate::job::Job;

/// The most numbers after an image's name: a score and four corners.
const MOST: usize = 9;

/// Whether a file's name is one of the format's.
pub(super) fn is_named(member: &str, format: PredictionFormat) -> bool {
    let name = base(member);
    match format {
        PredictionFormat::Dota => task(name).is_some(),
        _ => name.starts_with("comp") && (name.contains("_det_") || name.contains("_det-")),
    }
}

/// The class of a DOTA file, and whether its boxes are turned.
fn task(name: &str) -> Option<(&str, bool)> {
    let name = stem(name);
    let of = |prefix: &str| {
        let found = name.get(..prefix.len())?.eq_ignore_ascii_case(prefix);
        name.get(prefix.len()..).filter(|class| found && !class.is_empty())
    };
    of("Task1_").map(|class| (class, true)).or_else(|| of("Task2_").map(|class| (class, false)))
}

/// The class of a VOC file: what follows the name of the set, or the longest end of the name that is a class of the
/// truth, since both may hold `_`.
fn class_of<'n>(name: &'n str, truth: &Side) -> &'n str {
    let name = stem(name);
    let after = match name.find("_det_").and_then(|at| name.get(at + "_det_".len()..)) {
        Some(after) => after,
        None => return name,
    };
    let known = |end: &str| truth.classes.iter().flatten().any(|class| class.name == end);
    let ends = after.match_indices('_').filter_map(|(at, _)| after.get(at + 1..));
    ends.clone().find(|end| known(end)).or_else(|| ends.clone().next()).unwrap_or(after)
}

/// Whether a line is an image's name and so many numbers.
pub(super) fn accepts(text: &str, numbers: usize) -> bool {
    let mut values = [0.0; MOST];
    values.get_mut(..numbers).is_some_and(|values| split(text, values).is_ok())
}

/// The image's name, which may have spaces, before as many numbers as `values` holds.
fn split<'l>(text: &'l str, values: &mut [f64]) -> Result<&'l str> {
    let mut rest = text.trim_end();
    for (left, value) in (1..).zip(values.iter_mut().rev()) {
        let (before, word) = rest.rsplit_once(char::is_whitespace).ok_or_else(|| {
            Error::new(ErrorKind::Format, format!("the line has {left} fields"))
                .remedy("a line is: image, score, corners")
        })?;
        *value = number(word)?;
        rest = before.trim_end();
    }
    match rest {
        "" => Err(Error::new(ErrorKind::Format, "the line names no image")),
        name => Ok(name),
    }
}

/// Reads all files of the format.
pub(super) fn read(files: &Files, format: PredictionFormat, intake: &mut Intake, job: &Job) -> Result<()> {
    // Names of files are names of classes, also where they are digits.
    intake.numbers = ClassNumbers::Ids;
    let named = files.with_ending("txt").any(|member| is_named(member, format));
    let members: Vec<&str> =
        files.with_ending("txt").filter(|member| !named || is_named(member, format)).collect();
    let stage = job.stage("reading predictions", u64::try_from(members.len()).ok());
    for member in &members {
        stage.advance(1)?;
        let (class, turned) = match format {
            PredictionFormat::Dota => task(base(member)).unwrap_or((stem(member), true)),
            _ => (class_of(member, intake.truth), false),
        };
        let class = intake.class(class);
        let (bytes, path) = (files.read(member)?, files.name(member));
        page(&bytes, &path, class, turned, format, intake, job)?;
    }
    intake.count_absent("has no detections", "line");
    Ok(())
}

fn page(
    bytes: &[u8],
    path: &Path,
    class: u32,
    turned: bool,
    format: PredictionFormat,
    intake: &mut Intake,
    job: &Job,
) -> Result<()> {
    let own = if format == PredictionFormat::Dota { Coords::ZeroExclusive } else { Coords::Voc };
    let coords = intake.options.coords.unwrap_or(own);
    for line in lines(bytes, path) {
        let line = line?;
        if line.number.is_multiple_of(4096) {
            job.check()?;
        }
        let place = || Place::none().file(path).line(line.number);
        let mut found = Found { class, ..Found::default() };
        let mut values = [0.0; MOST];
        let numbers = if turned { MOST } else { 5 };
        let name = split(line.text, values.get_mut(..numbers).unwrap_or_default()).at(place)?;
        let [score, ring @ ..] = values;
        found.score = Some(score);
        match (turned, ring) {
            (true, _) => found.polygon = Some(&ring),
            (false, [a, b, c, d, ..]) => found.bbox = Some(corners([a, b, c, d], coords)),
        }
        found.image = intake.image(name, By::File).at(place)?;
        intake.push(found, place)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::comparison::ClassEntry;

    #[test]
    fn files_name_their_class() {
        let entry = |name: &str| Some(ClassEntry::new(name.into(), name));
        let truth = Side { classes: vec![entry("traffic_light"), entry("light")], ..Side::default() };
        for (name, class) in [
            ("comp4_det_test_car.txt", "car"),
            ("results/comp3_det_val_traffic_light.txt", "traffic_light"),
            ("comp4_det_my_val_light.txt", "light"),
            ("comp4_cf1a-22_det_test_dining table.txt", "dining table"),
            ("car.txt", "car"),
        ] {
            assert_eq!(class_of(name, &truth), class);
        }
        assert_eq!(task("Task1_ground-track-field.txt"), Some(("ground-track-field", true)));
        assert_eq!(task("task2_plane.txt"), Some(("plane", false)));
        assert_eq!((task("Task1_.txt"), task("Task3_a.txt"), task("é")), (None, None, None));
    }

    #[test]
    fn images_may_have_spaces_and_numbers_are_counted_from_the_end() {
        let mut values = [0.0; 5];
        assert_eq!(split("my image 7 0.5 1 2 3 4", &mut values).unwrap(), "my image 7");
        assert_eq!(values, [0.5, 1.0, 2.0, 3.0, 4.0]);
        assert!(split("0.5 1 2 3 4", &mut values).unwrap_err().to_string().contains("fields"));
        assert!(split("a 0.5 1 2 3 x", &mut values).is_err());
    }
}
