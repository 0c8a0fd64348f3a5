//! How a dataset is named: `name.lf`, `name.lf@version`, `name.lf#set`, or both.

use std::path::{Path, PathBuf};

use super::args::{SourceArgs, WhereArgs};
use crate::augment::Pipeline;
use crate::convert::{self, Opened};
use crate::dataset::store::Store;
use crate::dataset::{Dataset, Slice};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;
use crate::query::Quantity;
use crate::schema::axis::DEFAULT_SET;

/// A dataset as the command line names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub path: PathBuf,
    pub version: Option<u64>,
    pub set: Option<String>,
}

impl Reference {
    /// Reads a reference. A path that exists as it stands is taken as it stands, `@` and `#` included.
    pub(super) fn parse(text: &str) -> Result<Reference> {
        if Path::new(text).exists() {
            return Ok(Reference { path: text.into(), version: None, set: None });
        }
        let (rest, set) = match text.rsplit_once('#') {
            Some((rest, set)) => (rest, Some(set.to_owned())),
            None => (text, None),
        };
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) => {
                let number = version.trim_start_matches('v').parse().map_err(|_| {
                    Error::new(ErrorKind::Usage, format!("'{version}' is not a version number"))
                        .at(Place::none().file(text))
                        .remedy("name a version as dataset@3; `lensframe log` lists them")
                })?;
                (path, Some(number))
            }
            None => (rest, None),
        };
        Ok(Reference { path: path.into(), version, set })
    }

    /// Opens what is named: a version of a stored dataset, or any path in a known format.
    pub(super) fn open(&self, source: &SourceArgs, job: &Job) -> Result<Opened> {
        match self.version {
            Some(version) => Store::open_version(&self.path, version).map(Opened::from),
            None => convert::open(&self.path, &source.options(), job),
        }
    }

    /// The rows of what was opened: of a stored dataset those of the splits asked for, which an import heeds itself.
    pub(super) fn rows(&self, opened: &Opened, source: &SourceArgs, job: &Job) -> Result<Dataset> {
        let ds = opened.store().dataset();
        if source.split.is_empty() || opened.imported().is_some() {
            return Ok(ds);
        }
        ds.of_splits(&source.split, job).at(|| Place::none().file(&self.path))
    }

    /// The rows and objects that satisfy conditions; objects are those of `set`, or of the set that the reference
    /// names.
    pub(super) fn chosen(
        &self,
        ds: Dataset,
        conditions: &WhereArgs,
        set: Option<&str>,
        job: &Job,
    ) -> Result<Dataset> {
        let WhereArgs { filter, having, keep } = conditions;
        if filter.is_none() && having.is_none() && keep.is_none() {
            return Ok(ds);
        }
        let set =
            set.or(self.set.as_deref()).map(|name| set_named(&ds, name)).transpose()?.unwrap_or_default();
        let mut query = ds.query();
        if let Some(sql) = filter {
            query = query.filter(sql);
        }
        if let Some(sql) = having {
            query = query.filter_objects_of(&set, sql, Quantity::AtLeast(1));
        }
        if let Some(sql) = keep {
            query = query.keep_objects_of(&set, sql);
        }
        query.view_in(job).at(|| Place::none().file(&self.path))
    }

    /// The pipeline in a file, or one without steps, for the set that the reference names unless the file names one.
    pub(super) fn pipeline(&self, file: Option<&Path>, ds: &Dataset) -> Result<Pipeline> {
        let pipeline = file.map_or_else(|| Pipeline::new([]), Pipeline::open)?;
        match &self.set {
            Some(set) if pipeline.set().is_empty() => Ok(pipeline.for_set(&set_named(ds, set)?)),
            _ => Ok(pipeline),
        }
    }

    /// Opens what is named, which must be stored.
    pub(super) fn open_stored(&self) -> Result<Store> {
        match self.version {
            Some(version) => Store::open_version(&self.path, version),
            None => Store::open(&self.path),
        }
    }
}

/// The set that the command line names; `default` is the unnamed one.
pub(super) fn set_named(ds: &Dataset, name: &str) -> Result<String> {
    let wanted = if name == "default" { DEFAULT_SET } else { name };
    let known = ds.sets();
    if known.iter().any(|set| set == wanted) {
        return Ok(wanted.to_owned());
    }
    let shown: Vec<&str> = known.iter().map(|s| if s.is_empty() { "default" } else { s.as_str() }).collect();
    Err(Error::new(ErrorKind::NotFound, format!("no object set '{name}'"))
        .at(Place::area("sets"))
        .remedy(format!("there are: {}", shown.join(", "))))
}

/// Reads `A:B` or `A:B:STEP` with Python's meaning.
pub(super) fn parse_slice(text: &str) -> Result<Slice> {
    let parts: Vec<&str> = text.split(':').collect();
    let bad = || {
        Error::new(ErrorKind::Usage, format!("'{text}' is not a range of rows"))
            .remedy("write it as 0:100, :50, -10: or ::2")
    };
    let number = |part: &str| match part.trim() {
        "" => Ok(None),
        digits => digits.parse::<i64>().map(Some).map_err(|_| bad()),
    };
    match parts.as_slice() {
        [start, stop] => Ok(Slice { start: number(start)?, stop: number(stop)?, step: None }),
        [start, stop, step] => Ok(Slice { start: number(start)?, stop: number(stop)?, step: number(step)? }),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_sets_are_split_off() {
        let parsed = Reference::parse("a b/coco.lf@7#captions").unwrap();
        assert_eq!(parsed.path, Path::new("a b/coco.lf"));
        assert_eq!((parsed.version, parsed.set.as_deref()), (Some(7), Some("captions")));
        assert_eq!(Reference::parse("coco.lf@x").unwrap_err().kind(), ErrorKind::Usage);
    }

    #[test]
    fn row_ranges_are_python_slices() {
        let all = Slice { start: Some(-10), stop: None, step: None };
        assert_eq!(parse_slice("-10:").unwrap(), all);
        assert_eq!(parse_slice("::2").unwrap().step, Some(2));
        assert!(parse_slice("5").is_err() && parse_slice("a:b").is_err());
    }
}
