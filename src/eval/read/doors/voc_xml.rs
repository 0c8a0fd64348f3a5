//! A folder of VOC's XML files, one an image, whose objects say how sure their detector was.
//!
//! `<object><name>car</name><confidence>0.9</confidence><bndbox>…</bndbox></object>`; `<score>` is read the same way.
//! Corners are VOC's, as in annotations. The image is the one the file is called after, else the one it names.

use super::folder::Files;
use super::intake::{Found, Intake};
use super::lines::number;
use super::names::By;
use super::options::{ClassNumbers, corners};
use crate::convert::Coords;
use crate::convert::voc::xml::{Document, Element};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;

/// Elements that hold a score, in the order in which they are sought.
const SCORES: [&str; 4] = ["confidence", "score", "conf", "probability"];

/// Whether a file's root is that of an annotation.
pub(super) fn accepts(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    text.starts_with(b"<") && memchr::memmem::find(text, b"<annotation").is_some()
}

/// Reads all files.
pub(super) fn read(files: &Files, intake: &mut Intake, job: &Job) -> Result<()> {
    intake.numbers = ClassNumbers::Ids;
    let members: Vec<&str> = files.with_ending("xml").collect();
    let stage = job.stage("reading predictions", u64::try_from(members.len()).ok());
    let mut document = Document::default();
    for member in members {
        stage.advance(1)?;
        let path = files.name(member);
        document.read(&files.read(member)?, &path.to_string_lossy(), job)?;
        let place = || Place::none().file(&path);
        let Some(root) = document.root().filter(|root| root.name() == "annotation") else {
            return Err(Error::new(ErrorKind::Format, "the file is no VOC annotation").at(place()));
        };
        let called = member.rsplit_once('.').map_or(member, |(bare, _)| bare);
        let named =
            root.find("filename").and_then(|name| name.text()).filter(|_| !intake.knows_image(called));
        let image = intake.image(named.unwrap_or(called), By::File).at(place)?;
        for object in root.elements().filter(|element| element.name() == "object") {
            let place = || place().line(object.line());
            take(object, image, intake, place).at(place)?;
        }
    }
    intake.count_absent("has no detections", "file");
    Ok(())
}

fn take(object: Element, image: u32, intake: &mut Intake, place: impl Fn() -> Place) -> Result<()> {
    let absent = |what: &str| {
        Error::new(ErrorKind::Format, format!("an object has no <{what}>")).remedy("give every object one")
    };
    let value = |element: Option<Element>, name: &'static str| -> Result<Option<f64>> {
        let text = element.and_then(|element| element.text()).map(str::trim);
        text.map(|text| number(text).at(|| Place::none().key(name))).transpose()
    };
    let name =
        object.find("name").and_then(|name| name.text()).map(str::trim).filter(|name| !name.is_empty());
    let class = intake.class(name.ok_or_else(|| absent("name"))?);
    let score = SCORES.iter().find_map(|score| object.find(score));
    let frame = object.find("bndbox").ok_or_else(|| absent("bndbox"))?;
    let mut four = [0.0; 4];
    for (slot, side) in four.iter_mut().zip(["xmin", "ymin", "xmax", "ymax"]) {
        *slot = value(frame.find(side), side)?.ok_or_else(|| absent(side))?;
    }
    let bbox = corners(four, intake.options.coords.unwrap_or(Coords::Voc));
    let found = Found { image, class, score: value(score, "score")?, bbox: Some(bbox), ..Found::default() };
    intake.push(found, place)
}
