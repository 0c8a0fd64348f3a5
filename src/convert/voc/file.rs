//! Annotation files, read one after the other into the same memory.

use super::xml::{Document, Element, MAX_BYTES};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;
use crate::place::Tree;

/// Reads annotation files.
#[derive(Debug, Default)]
pub(super) struct Files {
    bytes: Vec<u8>,
    document: Document,
    name: String,
}

impl Files {
    /// Reads a file; [`Files::annotation`] is its root then.
    ///
    /// # Errors
    /// Those of the tree and of XML; [`ErrorKind::Format`] if the root is no annotation.
    pub(super) fn read(&mut self, tree: &Tree, member: &str, job: &Job) -> Result<()> {
        self.name.clear();
        self.name.push_str(member);
        self.bytes.clear();
        let place = || Place::area("voc").file(tree.name(member));
        tree.read_onto(member, &mut self.bytes, MAX_BYTES).at(place)?;
        self.document.read(&self.bytes, &self.name, job)?;
        match self.document.root() {
            Some(root) if root.name() == "annotation" => Ok(()),
            root => {
                let what =
                    format!("the root element is '{}', not 'annotation'", root.map_or("", |r| r.name()));
                let line = root.map_or(1, |root| root.line());
                Err(Error::new(ErrorKind::Format, what).at(place().line(line)))
            }
        }
    }

    /// The root of the file read last.
    pub(super) fn annotation(&self) -> Option<Element<'_>> {
        self.document.root()
    }

    /// The bytes of the file read last.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the file read last is called in messages: its path in the tree.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}
