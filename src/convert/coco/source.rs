//! A source file after the first pass, with what was decided from a look at it.

use crate::error::{Place, Result, ResultExt};
use crate::job::Job;

use super::categories::Categories;
use super::ids::Ids;
use super::index::{FileIndex, index};
use super::layout::Source;
use super::style::Styles;

/// A file: its bytes, where its records are, how it writes numbers.
#[derive(Debug)]
pub(super) struct SourceFile<'a> {
    pub(super) source: Source,
    pub(super) bytes: &'a [u8],
    pub(super) index: FileIndex,
    pub(super) styles: Styles,
    pub(super) categories: Categories,
}

impl<'a> SourceFile<'a> {
    /// Makes the first pass over a file.
    ///
    /// # Errors
    /// Those of [`index`] and [`Categories::read`], naming the file.
    pub(super) fn read(source: Source, bytes: &'a [u8], ids: &mut Ids, job: &Job) -> Result<SourceFile<'a>> {
        let place = || Place::area("coco").file(&source.name);
        let index = index(bytes, ids, job).at(place)?;
        let categories = match index.categories.and_then(|(start, end)| bytes.get(start..end)) {
            Some(text) => Categories::read(text).at(place)?,
            None => Categories::default(),
        };
        let styles = Styles::sample(bytes, &index);
        Ok(SourceFile { source, bytes, index, styles, categories })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::convert::coco::layout::Kind;

    /// A file of the default set held in memory.
    pub(in crate::convert::coco) fn source_file<'a>(text: &'a str, ids: &mut Ids) -> SourceFile<'a> {
        let source = Source {
            member: "memory.json".to_owned(),
            name: "memory.json".to_owned(),
            kind: Kind::Instances,
            set: String::new(),
            split: None,
        };
        SourceFile::read(source, text.as_bytes(), ids, &Job::new()).unwrap()
    }
}
