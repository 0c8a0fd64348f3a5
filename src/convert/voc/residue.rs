//! What of a VOC tree has no key: its layout, its lists, the rules by which its records are written again.
//!
//! The text is one JSON object; lists are written one by one, so that memory holds one at a time.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::layout::Part;
use super::number::{SORTS, Style, Styles};
use super::plan::{Attr, Plan};
use super::survey::Kind;
use crate::convert::Coords;
use crate::error::{Error, ErrorKind, Place, Result};

/// The name of the side file.
pub(super) const RESIDUE: &str = "voc";

/// A leaf and its key: path, key, kind.
pub(super) type AttrEntry = (String, String, String);

/// A part of the tree, as far as the export needs it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PartEntry {
    pub(super) source: Option<String>,
    pub(super) split: Option<String>,
    pub(super) annotations: Option<String>,
    /// Where photographs were found.
    pub(super) images: Option<String>,
    pub(super) lists: Option<String>,
    pub(super) classes: Option<String>,
    pub(super) instances: Option<String>,
    pub(super) labelmap: Option<LabelMapFile>,
}

/// The label map of a part: its path in the tree and its text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct LabelMapFile {
    pub(super) file: String,
    pub(super) text: String,
}

/// A list: the number of its part, its path below `ImageSets` without the ending, its text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ListEntry {
    pub(super) part: usize,
    pub(super) name: String,
    pub(super) text: String,
}

/// All but the lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Head {
    pub(super) coords: Coords,
    pub(super) annotation_shape: String,
    pub(super) object_shape: String,
    /// The styles of [`SORTS`], in their order.
    pub(super) numbers: Vec<String>,
    pub(super) annotation_attrs: Vec<AttrEntry>,
    pub(super) object_attrs: Vec<AttrEntry>,
    pub(super) actions: Vec<String>,
    pub(super) parts: Vec<PartEntry>,
    /// How label PNGs are read: the colour of each index, and which index is void.
    pub(super) palette: Vec<[u8; 3]>,
    pub(super) void: u8,
}

/// What an import kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Residue {
    pub(super) head: Head,
    pub(super) lists: Vec<ListEntry>,
}

fn entries(attrs: &[Attr]) -> Vec<AttrEntry> {
    attrs.iter().map(|a| (a.path.clone(), a.key.clone(), a.kind.name().to_owned())).collect()
}

/// The attrs of their entries; those of a kind that is not known here are left out.
pub(super) fn attrs(entries: &[AttrEntry]) -> Vec<Attr> {
    let attr = |(path, key, kind): &AttrEntry| {
        Some(Attr { path: path.clone(), key: key.clone(), kind: Kind::of_name(kind)? })
    };
    entries.iter().filter_map(attr).collect()
}

impl Head {
    /// What a plan says.
    pub(super) fn of(plan: &Plan, parts: Vec<PartEntry>, palette: &[[u8; 3]], void: u8) -> Head {
        let styles = plan.rules.styles;
        let numbers = [styles.bbox, styles.part, styles.point, styles.polygon, styles.rbox];
        Head {
            coords: plan.rules.coords,
            annotation_shape: plan.annotation_shape.clone(),
            object_shape: plan.object_shape.clone(),
            numbers: SORTS.iter().zip(numbers).map(|(_, style)| style.name().to_owned()).collect(),
            annotation_attrs: entries(&plan.annotation_attrs),
            object_attrs: entries(&plan.object_attrs),
            actions: plan.actions.clone(),
            parts,
            palette: palette.to_vec(),
            void,
        }
    }

    /// The styles of numbers.
    pub(super) fn styles(&self) -> Styles {
        let style = |i: usize| self.numbers.get(i).map_or(Style::Int, |name| Style::of_name(name));
        Styles { bbox: style(0), part: style(1), point: style(2), polygon: style(3), rbox: style(4) }
    }
}

impl PartEntry {
    /// What of a part the export needs; `images` is where its photographs were found.
    pub(super) fn of(part: &Part, images: Option<String>, labelmap: Option<LabelMapFile>) -> PartEntry {
        PartEntry {
            source: part.source.clone(),
            split: part.split.clone(),
            annotations: part.annotations.clone(),
            images,
            lists: part.lists.clone(),
            classes: part.classes.clone(),
            instances: part.instances.clone(),
            labelmap,
        }
    }
}

fn io(error: std::io::Error) -> Error {
    Error::io("write the residue", error).at(Place::area("voc"))
}

fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(out, value).map_err(|error| io(error.into()))
}

/// Begins the text.
///
/// # Errors
/// Those of the disk.
pub(super) fn begin(out: &mut dyn Write, head: &Head) -> Result<()> {
    out.write_all(b"{\"head\":").map_err(io)?;
    json(out, head)?;
    out.write_all(b",\"lists\":[").map_err(io)
}

/// The next list; `first` says that it is the first.
///
/// # Errors
/// Those of the disk.
pub(super) fn list(out: &mut dyn Write, entry: &ListEntry, first: bool) -> Result<()> {
    if !first {
        out.write_all(b",").map_err(io)?;
    }
    json(out, entry)
}

/// Ends the text.
///
/// # Errors
/// Those of the disk.
pub(super) fn end(out: &mut dyn Write) -> Result<()> {
    out.write_all(b"]}\n").map_err(io)
}

/// Reads the text.
///
/// # Errors
/// [`ErrorKind::Corrupt`] for text that is no residue of this format.
pub(super) fn read(text: &[u8]) -> Result<Residue> {
    serde_json::from_slice(text).map_err(|error| {
        Error::new(ErrorKind::Corrupt, format!("the residue is damaged: {error}")).at(Place::area("voc"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let head = Head {
            coords: Coords::Exclusive,
            numbers: vec!["float".into()],
            annotation_attrs: vec![("a/b".into(), "attr.b".into(), "float-int".into())],
            parts: vec![PartEntry { source: Some("VOC2007".into()), ..PartEntry::default() }],
            void: 255,
            ..Head::default()
        };
        let lists =
            ["a\r\nb", ""].map(|text| ListEntry { part: 0, name: "Main/x".into(), text: text.into() });
        let mut out = Vec::new();
        begin(&mut out, &head).unwrap();
        list(&mut out, &lists[0], true).unwrap();
        list(&mut out, &lists[1], false).unwrap();
        end(&mut out).unwrap();
        let residue = read(&out).unwrap();
        assert_eq!((&residue.head, residue.lists.as_slice()), (&head, lists.as_slice()));
        assert_eq!(residue.head.styles().bbox, Style::Float);
        assert_eq!(attrs(&residue.head.annotation_attrs)[0].kind, Kind::Float(Style::Int));
        assert_eq!(read(b"3").unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
