//! [`Checks`]: what the headers of photographs say beside what is declared of them.
//!
//! Nothing declared is changed. Where annotations were drawn on the picture as it is stored rather than on the upright
//! one, their declared size tells it, and `orientation` keeps it: `ignore`, or `apply`; null where a photograph is
//! stored upright or was not looked at, and both come to the same. A file whose kind is not what its name says is
//! what it is: no warning.

use arrow_array::ArrayRef;

use crate::convert::column::Texts;
use crate::error::{ErrorKind, Place, Result};
use crate::image::{Frame, Header, Orientation, probe, probe_with};
use crate::job::{Job, Warning};
use crate::place::{Tree, TreeKind};

/// The height and the width that are declared, as far as they are.
pub(in crate::convert) type Sides = (Option<i32>, Option<i32>);

/// The column `orientation`, while it is filled.
#[derive(Debug)]
pub(super) struct Checks {
    orientation: Texts,
}

/// A photograph that is there.
pub(super) struct Photo<'a> {
    pub(super) tree: &'a Tree,
    pub(super) member: &'a str,
    /// Its bytes, where they are stored.
    pub(super) bytes: Option<&'a [u8]>,
}

impl Checks {
    pub(super) fn new() -> Checks {
        Checks { orientation: Texts::new() }
    }

    /// How many bytes the builder holds, about.
    pub(super) fn held(&self) -> usize {
        self.orientation.bytes()
    }

    /// Rows up to this one have nothing more to say.
    pub(super) fn fill(&mut self, rows: usize) {
        while self.orientation.len() < rows {
            self.orientation.push_null();
        }
    }

    /// The next row. Gives the size of the photograph in the frame that is declared.
    pub(super) fn push(
        &mut self,
        photo: &Photo<'_>,
        declared: Sides,
        place: &Place,
        job: &Job,
    ) -> Result<Option<(u32, u32)>> {
        let header = match photo.bytes {
            Some(bytes) => probe(bytes),
            None => probe_member(photo.tree, photo.member),
        };
        let name = || Place::area("images").file(photo.tree.name(photo.member));
        let unreadable = |what: String| {
            job.warn(Warning::new("images.unreadable", name(), what, "the row keeps the file"))
        };
        let header = match header {
            Ok(header) => header,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
            Err(error) => {
                unreadable(error.what().to_owned())?;
                self.orientation.push_null();
                return Ok(None);
            }
        };
        if let Some(with) = header.undecodable {
            unreadable(format!("{with} cannot be decoded"))?;
        }
        for flaw in &header.flaws {
            job.warn(Warning::new("images.flaw", name(), flaw.to_string(), "the file is kept as it is"))?;
        }
        let frame = header.frame(declared.0, declared.1);
        if frame == Frame::Neither {
            let what =
                format!("{:?} is declared {}, the file has {}", photo.member, text(declared), both(&header));
            job.warn(Warning::new("images.size", place.clone(), what, "the declared size is kept"))?;
        }
        match (header.orientation, frame) {
            (Orientation::Upright, _) => self.orientation.push_null(),
            (_, Frame::Stored) => self.orientation.push("ignore")?,
            _ => self.orientation.push("apply")?,
        }
        Ok(Some(if frame == Frame::Stored { header.size } else { header.upright() }))
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        self.orientation.finish()
    }
}

/// The header of a member, of which only its beginning is read where it lies in a folder, and as a rule elsewhere.
fn probe_member(tree: &Tree, member: &str) -> Result<Header> {
    let length = tree.bytes(member)?;
    if tree.kind() == TreeKind::Folder {
        return probe_with(length, |from, count| tree.range(member, from, count));
    }
    // What is compressed is expanded from its beginning: a second time all of it, and no third.
    let mut whole = None;
    probe_with(length, |from, count| {
        if from == 0 && whole.is_none() {
            return tree.head(member, count);
        }
        if whole.is_none() {
            whole = Some(tree.read(member)?);
        }
        let bytes = whole.as_ref().map_or(&[][..], |bytes| bytes.as_slice());
        let rest = usize::try_from(from).ok().and_then(|from| bytes.get(from..)).unwrap_or_default();
        Ok(rest.get(..count).unwrap_or(rest).to_vec())
    })
}

fn text((height, width): Sides) -> String {
    let side = |side: Option<i32>| side.map_or_else(|| "?".to_owned(), |side| side.to_string());
    format!("{}x{}", side(height), side(width))
}

/// The sizes that a declared one could have been.
fn both(header: &Header) -> String {
    let (stored, upright) = (header.size, header.upright());
    match stored == upright {
        true => format!("{}x{}", stored.0, stored.1),
        false => format!("{}x{}, stored {}x{}", upright.0, upright.1, stored.0, stored.1),
    }
}
