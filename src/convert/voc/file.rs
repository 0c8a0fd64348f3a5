//! Annotation files, read one after the other into the same memory.
//!
//! Both passes read every file. The first keeps the bytes of as many as a fixed budget holds, so that the second
//! opens those no more.

use std::collections::HashMap;
use std::ops::Range;

use super::xml::{Document, Element, MAX_BYTES};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;
use crate::place::Tree;

/// How many bytes of files are kept from the first pass for the second.
const KEEP: usize = 32 << 20;

/// Files of the first pass.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    places: HashMap<Box<str>, Range<usize>>,
}

impl Kept {
    /// Keeps a file, if there is room.
    pub(super) fn add(&mut self, member: &str, bytes: &[u8]) {
        let start = self.bytes.len();
        if bytes.len() <= KEEP.saturating_sub(start) {
            self.bytes.extend_from_slice(bytes);
            self.places.insert(member.into(), start..self.bytes.len());
        }
    }

    fn get(&self, member: &str) -> Option<&[u8]> {
        self.bytes.get(self.places.get(member)?.clone())
    }
}

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
    pub(super) fn read(&mut self, tree: &Tree, kept: &Kept, member: &str, job: &Job) -> Result<()> {
        self.name.clear();
        self.name.push_str(member);
        self.bytes.clear();
        let place = || Place::area("voc").file(tree.name(member));
        match kept.get(member) {
            Some(bytes) => self.bytes.extend_from_slice(bytes),
            None => {
                tree.read_onto(member, &mut self.bytes, MAX_BYTES).at(place)?;
            }
        }
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
