//! Which files an import saw and how each was spelt, read from the residue.
//!
//! Values stand in the residue as they stood in the source and are written from there: nothing is parsed that
//! is only passed on, so no depth, number or escape is lost on the way.

use crate::convert::coco::style::Style;
use crate::convert::json::Cursor;
use crate::error::{Error, ErrorKind, Place, Result};

/// A member of the file itself: its name, and its JSON text unless it stands for a table.
#[derive(Clone, Debug)]
pub(super) struct Top<'a> {
    pub(super) name: String,
    pub(super) value: Option<&'a [u8]>,
}

/// One annotation file: where it goes, which rows and set it holds, and how it is spelt.
#[derive(Clone, Debug, Default)]
pub(super) struct FilePlan<'a> {
    /// Relative to the folder that is written.
    pub(super) file: String,
    pub(super) set: String,
    pub(super) split: Option<String>,
    /// The first file of its split: it decided the order of rows.
    pub(super) primary: bool,
    /// A bare list of annotations, as results are.
    pub(super) bare: bool,
    /// No import knows this file: it is spelt by COCO's custom, and what COCO's tools need is made.
    pub(super) custom: bool,
    /// No import of COCO made the dataset: extra text is in the form of another format.
    pub(super) foreign: bool,
    pub(super) top: Vec<Top<'a>>,
    pub(super) image_members: Vec<String>,
    pub(super) annotation_members: Vec<String>,
    pub(super) category_members: Vec<String>,
    /// Of a panoptic file the members of its records, whose segments are the annotations.
    pub(super) record_members: Option<Vec<String>>,
    /// Members whose whole numbers are written without a point.
    pub(super) integers: Vec<String>,
    /// The file's own list of categories, where the class table does not give it back.
    pub(super) categories: Option<&'a [u8]>,
    /// Annotations of images that are not there, by their place in the file.
    pub(super) orphans: Vec<(u64, &'a [u8])>,
}

impl FilePlan<'_> {
    /// The style of a member's whole numbers.
    pub(super) fn style(&self, member: &str) -> Style {
        if self.integers.iter().any(|m| m == member) { Style::Int } else { Style::Float }
    }

    /// Whether a table is written in the file.
    pub(super) fn has(&self, table: &str) -> bool {
        self.top.iter().any(|top| top.name == table && top.value.is_none())
    }

    /// Whether `num_keypoints` is expected beside keypoints.
    pub(super) fn counts_points(&self) -> bool {
        self.annotation_members.iter().any(|m| m == "num_keypoints")
    }
}

/// The files the residue speaks of; none if it is empty.
///
/// # Errors
/// [`ErrorKind::Corrupt`] for residue that is no JSON or not of our form.
pub(super) fn from_residue(residue: &[u8]) -> Result<Vec<FilePlan<'_>>> {
    if residue.is_empty() {
        return Ok(Vec::new());
    }
    read(&mut Cursor::new(residue)).map_err(|e| {
        Error::new(ErrorKind::Corrupt, format!("the residue is damaged: {}", e.what()))
            .at(e.place().clone().within(&Place::area("coco").file("residue")))
            .remedy("run `lensframe verify` to see what is damaged")
            .caused_by(e)
    })
}

fn read<'a>(json: &mut Cursor<'a>) -> Result<Vec<FilePlan<'a>>> {
    let mut files = Vec::new();
    object(json, |json, name| match name {
        "files" => list(json, |json| {
            files.push(entry(json)?);
            Ok(())
        }),
        _ => json.skip().map(drop),
    })?;
    Ok(files)
}

fn entry<'a>(json: &mut Cursor<'a>) -> Result<FilePlan<'a>> {
    let mut plan = FilePlan { primary: true, ..FilePlan::default() };
    object(json, |json, name| {
        match name {
            "file" => plan.file = text(json)?,
            "set" => plan.set = text(json)?,
            "split" if json.peek() == Some(b'"') => plan.split = Some(text(json)?),
            "layout" => plan.bare = text(json)? == "array",
            "primary" => plan.primary = raw(json)? == b"true",
            "image_members" => plan.image_members = texts(json)?,
            "annotation_members" => plan.annotation_members = texts(json)?,
            "category_members" => plan.category_members = texts(json)?,
            "record_members" => plan.record_members = Some(texts(json)?),
            "numbers" => object(json, |json, member| {
                if text(json)? == Style::Int.name() {
                    plan.integers.push(member.to_owned());
                }
                Ok(())
            })?,
            "categories" => plan.categories = Some(raw(json)?),
            "members" => list(json, |json| {
                plan.top.push(top(json)?);
                Ok(())
            })?,
            "orphans" => list(json, |json| {
                plan.orphans.push(orphan(json)?);
                Ok(())
            })?,
            _ => drop(json.skip()?),
        }
        Ok(())
    })?;
    if plan.file.is_empty() {
        return Err(json.error("an entry names no file"));
    }
    Ok(plan)
}

/// `["name"]` or `["name", value]`.
fn top<'a>(json: &mut Cursor<'a>) -> Result<Top<'a>> {
    json.expect(b'[', "a member")?;
    let name = text(json)?;
    let mut value = None;
    if json.more(b']', "a member")? {
        value = Some(raw(json)?);
        json.expect(b']', "a member")?;
    }
    Ok(Top { name, value })
}

/// `[place, record]`.
fn orphan<'a>(json: &mut Cursor<'a>) -> Result<(u64, &'a [u8])> {
    json.expect(b'[', "an orphan")?;
    let place = json.int()?.and_then(|n| u64::try_from(n).ok());
    let Some(place) = place else { return Err(json.error("an orphan has no place")) };
    json.expect(b',', "an orphan")?;
    let record = raw(json)?;
    json.expect(b']', "an orphan")?;
    Ok((place, record))
}

/// The members of the object that comes next, each handed to `member` with its name, its value to be read.
fn object<'a>(
    json: &mut Cursor<'a>,
    mut member: impl FnMut(&mut Cursor<'a>, &str) -> Result<()>,
) -> Result<()> {
    json.expect(b'{', "an object")?;
    let mut more = !json.eat(b'}');
    while more {
        let name = json.key()?;
        member(json, &name.decode()?)?;
        more = json.more(b'}', "an object")?;
    }
    Ok(())
}

/// The elements of the list that comes next, each to be read by `element`.
pub(super) fn list<'a>(
    json: &mut Cursor<'a>,
    mut element: impl FnMut(&mut Cursor<'a>) -> Result<()>,
) -> Result<()> {
    json.expect(b'[', "a list")?;
    let mut more = !json.eat(b']');
    while more {
        element(json)?;
        more = json.more(b']', "a list")?;
    }
    Ok(())
}

/// The text of the next value.
pub(super) fn raw<'a>(json: &mut Cursor<'a>) -> Result<&'a [u8]> {
    json.space();
    let start = json.at();
    json.skip()?;
    Ok(json.slice(start, json.at()))
}

fn text(json: &mut Cursor<'_>) -> Result<String> {
    Ok(json.text()?.decode()?.into_owned())
}

fn texts(json: &mut Cursor<'_>) -> Result<Vec<String>> {
    let mut all = Vec::new();
    list(json, |json| {
        all.push(text(json)?);
        Ok(())
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_passed_on_as_they_stand() {
        let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
        let residue = format!(
            r#"{{"files":[{{"file":"a.json","set":"","split":null,"primary":true,"layout":"object","numbers":{{"bbox":"int","area":"float"}},"members":[["x\u0079",{deep}],["images"]],"orphans":[[3,{{"a": 1.50}}]]}}]}}"#
        );
        let plans = from_residue(residue.as_bytes()).unwrap();
        let [plan] = plans.as_slice() else { panic!("{plans:?}") };
        assert_eq!((plan.top[0].name.as_str(), plan.top[0].value), ("xy", Some(deep.as_bytes())));
        assert_eq!((plan.top[1].name.as_str(), plan.top[1].value), ("images", None));
        assert_eq!(plan.orphans, [(3, br#"{"a": 1.50}"#.as_slice())]);
        assert_eq!((plan.style("bbox"), plan.style("area")), (Style::Int, Style::Float));
        assert_eq!(plan.split, None);
    }

    #[test]
    fn damaged_residue_is_an_error_that_says_so() {
        for bad in ["{", "[]", r#"{"files":[{}]}"#, r#"{"files":[{"file":"a","orphans":[["x",1]]}]}"#] {
            let e = from_residue(bad.as_bytes()).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Corrupt, "{bad}");
            assert!(e.to_string().contains("residue"), "{e}");
        }
        assert!(from_residue(b"").unwrap().is_empty());
    }
}
