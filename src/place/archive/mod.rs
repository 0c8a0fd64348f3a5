//! Archives as trees: zip, tar and tar.gz, read in place.
//!
//! The directory of an archive is made once, when it is opened; its members are read when they are asked for.
//! Those stored as they are are slices of the mapped archive, the others are expanded in memory, within limits.
//! Nothing is unpacked to disk.

mod blocks;
mod builder;
mod directory;
mod expand;
mod gzip;
mod sniff;
mod tar;
mod zip;

use std::path::Path;
use std::sync::Arc;

use arrow_buffer::Buffer;

use self::blocks::{Blocks, FirstPass};
use self::builder::Builder;
use self::directory::{Directory, Spot};
pub(super) use self::sniff::sniff;
use super::limits::Limits;
use super::listing::{EntryKind, Listing};
use super::map::{Access, Map};
use super::tree::TreeKind;
use crate::error::{Error, ErrorKind, Result};
use crate::job::Job;

/// An opened archive; paths given to it are already checked and plain.
pub(super) struct Archive {
    directory: Directory,
    content: Content,
    limits: Limits,
}

/// Where the bytes of members are.
enum Content {
    Tar(Map),
    Zip(Map),
    TarGz(Blocks),
}

impl Archive {
    /// Reads the directory of an archive.
    pub(super) fn open(path: &Path, kind: TreeKind, limits: &Limits, job: &Job) -> Result<Archive> {
        let map = Map::open(path, Access::Random)?;
        let builder = Builder::new(path, limits, job);
        let (directory, content) = match kind {
            TreeKind::Zip => (zip::walk(&map, limits, builder)?, Content::Zip(map)),
            TreeKind::TarGz => {
                let total = u64::try_from(map.len()).ok();
                let stage = job.stage("reading the compressed archive", total);
                let mut pass = FirstPass::new(&map, limits, &stage);
                let directory = tar::walk(&mut pass, limits, builder)?;
                let (blocks, trailing) = pass.finish()?;
                if trailing > 0 {
                    let what = format!("{trailing} bytes follow the compressed archive");
                    Builder::new(path, limits, job).warn("place.trailing", "", what, "ignored")?;
                }
                (directory, Content::TarGz(blocks))
            }
            _ => (tar::walk(&mut tar::Mapped::new(&map), limits, builder)?, Content::Tar(map)),
        };
        Ok(Archive { directory, content, limits: *limits })
    }

    /// What is in a folder.
    pub(super) fn list(&self, folder: &str) -> Result<Arc<Listing>> {
        self.directory.list(folder)
    }

    /// What is at a path.
    pub(super) fn kind(&self, path: &str) -> Option<EntryKind> {
        self.directory.find(path).map(|(kind, _)| kind)
    }

    /// The length of a file, as the directory has it.
    pub(super) fn bytes(&self, path: &str) -> Result<u64> {
        Ok(self.directory.file(path)?.length)
    }

    /// Where the bytes of a file begin.
    pub(super) fn position(&self, path: &str) -> Result<u64> {
        Ok(self.directory.file(path)?.offset)
    }

    /// A whole file.
    pub(super) fn read(&self, path: &str) -> Result<Buffer> {
        let spot = self.directory.file(path)?;
        match &self.content {
            Content::Tar(map) => tar_slice(map, &spot),
            Content::Zip(map) => match expand::as_it_is(map, &spot, &self.limits)? {
                Some(range) => map.slice(range).ok_or_else(changed),
                None => Ok(Buffer::from(expand::expanded(map, &spot, &self.limits)?)),
            },
            Content::TarGz(blocks) => {
                let mut bytes = Vec::new();
                blocks.read_onto(spot.offset, self.length(&spot)?, &mut bytes)?;
                Ok(Buffer::from(bytes))
            }
        }
    }

    /// The first bytes of a file.
    pub(super) fn head(&self, path: &str, len: usize) -> Result<Vec<u8>> {
        let spot = self.directory.file(path)?;
        match &self.content {
            Content::Tar(map) => {
                let bytes = tar_slice(map, &spot)?;
                Ok(bytes.get(..len.min(bytes.len())).unwrap_or_default().to_owned())
            }
            Content::Zip(map) => expand::head(map, &spot, &self.limits, len),
            Content::TarGz(blocks) => {
                let mut bytes = Vec::new();
                let length = usize::try_from(spot.length).unwrap_or(usize::MAX).min(len);
                blocks.read_onto(spot.offset, length, &mut bytes)?;
                Ok(bytes)
            }
        }
    }

    /// Appends a whole file to `out`; on an error `out` is as it was.
    pub(super) fn read_onto(&self, path: &str, out: &mut Vec<u8>) -> Result<usize> {
        let spot = self.directory.file(path)?;
        match &self.content {
            Content::Tar(map) => {
                let bytes = tar_slice(map, &spot)?;
                out.extend_from_slice(&bytes);
                Ok(bytes.len())
            }
            Content::Zip(map) => expand::expand_onto(map, &spot, &self.limits, out),
            Content::TarGz(blocks) => {
                let (start, length) = (out.len(), self.length(&spot)?);
                let read = blocks.read_onto(spot.offset, length, out);
                if read.is_err() {
                    out.truncate(start);
                }
                read.map(|()| length)
            }
        }
    }

    /// The length of a member that is to be expanded, within the limits. How often it expands was looked at
    /// for the whole archive.
    fn length(&self, spot: &Spot) -> Result<usize> {
        self.limits.check_expansion(spot.length, spot.length)?;
        usize::try_from(spot.length).map_err(|_| Error::new(ErrorKind::Limit, "is too large for memory"))
    }
}

fn changed() -> Error {
    Error::new(ErrorKind::Corrupt, "the archive changed while it was read")
}

fn tar_slice(map: &Map, spot: &Spot) -> Result<Buffer> {
    let start = usize::try_from(spot.offset).map_err(|_| changed())?;
    let length = usize::try_from(spot.length).map_err(|_| changed())?;
    let range = start..start.checked_add(length).ok_or_else(changed)?;
    map.will_need(range.clone());
    map.slice(range).ok_or_else(changed)
}
