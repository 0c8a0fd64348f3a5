//! The files of a folder or archive of predictions: [`Files`].
//!
//! Listed once, in the order of their names, folders within folders included; how deep is bounded.

use std::path::PathBuf;

use arrow_buffer::Buffer;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::place::{EntryKind, Tree};

/// Folders are looked into this deep.
const DEPTH: usize = 8;

/// Files of predictions, by their paths from the folder that was named.
#[derive(Debug)]
pub(super) struct Files {
    tree: Tree,
    members: Vec<String>,
}

impl Files {
    /// Lists a folder or archive. Hidden files and what a Mac adds to archives are left out.
    pub(super) fn of(tree: Tree, job: &Job) -> Result<Files> {
        let mut members = Vec::new();
        let mut folders = vec![(String::new(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            job.check()?;
            if depth > DEPTH {
                let what = format!("folders lie in folders more than {DEPTH} deep");
                return Err(Error::new(ErrorKind::Limit, what)
                    .at(Place::none().file(tree.name(&folder)))
                    .remedy("name the folder that holds the predictions"));
            }
            for (name, kind) in tree.list(&folder)?.iter() {
                if name.starts_with('.') || name == "__MACOSX" {
                    continue;
                }
                let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                match kind {
                    EntryKind::File => members.push(path),
                    EntryKind::Folder => folders.push((path, depth + 1)),
                }
            }
        }
        members.sort_unstable();
        Ok(Files { tree, members })
    }

    /// One file of a folder.
    pub(super) fn one(tree: Tree, member: &str) -> Files {
        Files { tree, members: vec![member.to_owned()] }
    }

    /// All files.
    pub(super) fn members(&self) -> &[String] {
        &self.members
    }

    /// The files with an ending, given in small letters.
    pub(super) fn with_ending<'s>(&'s self, ending: &'s str) -> impl Iterator<Item = &'s str> {
        let has = move |member: &&String| {
            member.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(ending))
        };
        self.members.iter().filter(has).map(String::as_str)
    }

    /// A whole file.
    pub(super) fn read(&self, member: &str) -> Result<Buffer> {
        self.tree.read(member)
    }

    /// What a file is called in messages.
    pub(super) fn name(&self, member: &str) -> PathBuf {
        self.tree.name(member)
    }
}
