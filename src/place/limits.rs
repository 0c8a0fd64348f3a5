//! How much a tree of foreign files may ask of this machine, and the other choices made when one is opened.
//!
//! Every limit guards memory or time. What costs neither is not limited: a file in a folder, or a member stored
//! as it is in an archive, is a slice of a map however large it is.

use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Result};

/// The most that a tree may hold or expand to. The defaults admit every published computer vision archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many files and folders an archive may list, or may be seen in a folder tree in all (default 4 Mi).
    pub members: u64,
    /// How many bytes the path of one member may have (default 4096).
    pub name_bytes: usize,
    /// How many bytes the paths of all members of an archive may have together (default 512 MiB).
    pub names_bytes: usize,
    /// How many bytes one compressed member may expand to (default 4 GiB).
    pub member_bytes: u64,
    /// How many bytes all compressed members may expand to (default 4 TiB).
    pub total_bytes: u64,
    /// How many times its compressed size a member of at least [`ratio_from`](Limits::ratio_from) bytes may
    /// expand to (default 1000; DEFLATE ends at 1032, which only long runs of one byte come near).
    pub ratio: u64,
    /// From how many bytes on [`ratio`](Limits::ratio) is looked at (default 64 MiB).
    pub ratio_from: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            members: 4 << 20,
            name_bytes: 4096,
            names_bytes: 512 << 20,
            member_bytes: 4 << 30,
            total_bytes: 4 << 40,
            ratio: 1000,
            ratio_from: 64 << 20,
        }
    }
}

impl Limits {
    /// Refuses a tree with more than the allowed number of members.
    pub(super) fn check_members(&self, members: u64) -> Result<(), Error> {
        if members <= self.members {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Limit, format!("more than {} files and folders", self.members))
            .remedy("split it, or name the folder that is meant"))
    }

    /// Refuses to expand `stored` compressed bytes to `length`.
    pub(super) fn check_expansion(&self, stored: u64, length: u64) -> Result<(), Error> {
        let ratio = length / stored.max(1);
        let what = if length > self.member_bytes {
            format!("expands to {length} bytes, more than the {} allowed", self.member_bytes)
        } else if length >= self.ratio_from && ratio > self.ratio {
            format!("expands from {stored} to {length} bytes, {ratio} times its size")
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Limit, what)
            .remedy("if it is what it should be, unpack the archive and open the folder"))
    }
}

/// How a tree is opened.
#[derive(Clone, Debug, Default)]
pub struct TreeOptions {
    /// The most that it may hold.
    pub limits: Limits,
    /// Folders that symbolic links may lead into, besides the tree itself.
    pub roots: Vec<PathBuf>,
}

/// Refuses a file of more bytes than the caller has room for.
pub(super) fn refuse_longer(bytes: u64, limit: u64) -> Result<()> {
    if bytes <= limit {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, format!("has {bytes} bytes, more than the {limit} allowed here")))
}
