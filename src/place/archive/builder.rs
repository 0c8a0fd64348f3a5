//! Takes the members of an archive as they come and makes its [`Directory`].
//!
//! What cannot be a file of a tree is left out with a counted warning: unsafe paths, all but the last of
//! several members of one path (as unpacking would have it), a file where a folder is, links that lead out of
//! the archive or nowhere. More members, or longer names, than the limits allow are an error.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use super::directory::{Directory, Member, Spot, order, path_in};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::{Job, Warning};
use crate::place::limits::Limits;
use crate::place::listing::EntryKind;
use crate::place::member::{join, plain, unsafe_because};

/// How many links may be followed to find what one leads to.
const MOST_HOPS: usize = 40;

/// About how much memory a link takes besides its two paths.
const LINK_BYTES: usize = 160;

/// An archive's directory in the making.
pub(super) struct Builder<'a> {
    path: &'a Path,
    limits: &'a Limits,
    job: &'a Job,
    text: String,
    members: Vec<Member>,
    /// Links by their path; the target is that of the archive's text, not yet resolved.
    links: BTreeMap<String, Link>,
    seen: u64,
    /// About how many bytes the names take.
    named: usize,
}

/// A link as the archive has it.
struct Link {
    target: String,
    /// A hard link names a member from the root, a symbolic link from its own folder.
    hard: bool,
}

/// What a link turned out to lead to.
enum End {
    File(Spot),
    Folder(String),
    Out,
    Nowhere,
}

impl<'a> Builder<'a> {
    /// An empty directory of the archive at `path`.
    pub(super) fn new(path: &'a Path, limits: &'a Limits, job: &'a Job) -> Builder<'a> {
        Builder {
            path,
            limits,
            job,
            text: String::new(),
            members: Vec::new(),
            links: BTreeMap::new(),
            seen: 0,
            named: 0,
        }
    }

    /// Counts a warning about the archive or, where a name is given, one of its members.
    pub(super) fn warn(
        &self,
        code: &'static str,
        member: &str,
        what: impl Into<String>,
        done: &str,
    ) -> Result<()> {
        // Control characters of a hostile name must not reach a terminal.
        let shown: String = member.chars().flat_map(char::escape_debug).collect();
        let file = if shown.is_empty() {
            self.path.to_owned()
        } else {
            self.path.join(shown.trim_start_matches('/'))
        };
        self.job.warn(Warning::new(code, Place::area("place").file(file), what, done))
    }

    /// The path of the next member: `None`, with a warning, if it is unsafe.
    fn admit<'n>(&mut self, name: &'n [u8]) -> Result<Option<Cow<'n, str>>> {
        self.seen += 1;
        self.limits.check_members(self.seen)?;
        if self.seen.is_multiple_of(4096) {
            self.job.check()?;
        }
        if name.len() > self.limits.name_bytes.min(usize::from(u16::MAX)) {
            let what = format!(
                "the path of a member has {} bytes, more than {}",
                name.len(),
                self.limits.name_bytes
            );
            return Err(Error::new(ErrorKind::Limit, what));
        }
        let Ok(text) = std::str::from_utf8(name) else {
            let shown = String::from_utf8_lossy(name);
            self.warn("place.unsafe-name", &shown, "its name is not UTF-8", "left out")?;
            return Ok(None);
        };
        if let Some(why) = unsafe_because(text) {
            self.warn("place.unsafe-name", text, format!("its path {why}"), "left out")?;
            return Ok(None);
        }
        let text = plain(text);
        Ok((!text.is_empty()).then_some(text))
    }

    /// Adds a file or folder; one ending in `/` is a folder.
    pub(super) fn add(&mut self, name: &[u8], folder: bool, spot: Spot) -> Result<()> {
        let folder = folder || name.ends_with(b"/");
        if let Some(path) = self.admit(name)? {
            self.links.remove(&*path);
            self.push(&path, folder, spot)?;
        }
        Ok(())
    }

    /// Adds a link.
    pub(super) fn link(&mut self, name: &[u8], target: &[u8], hard: bool) -> Result<()> {
        if let Some(path) = self.admit(name)? {
            if target.len() > self.limits.name_bytes {
                return Err(Error::new(
                    ErrorKind::Limit,
                    "the target of a link is longer than a path may be",
                ));
            }
            self.count(target.len() + path.len() + LINK_BYTES)?;
            let target = String::from_utf8_lossy(target).into_owned();
            self.links.insert(path.into_owned(), Link { target, hard });
        }
        Ok(())
    }

    /// Refuses more bytes of names than the limit allows.
    fn count(&mut self, more: usize) -> Result<()> {
        self.named = self.named.saturating_add(more);
        if self.named > self.limits.names_bytes {
            let what = format!("the paths of its members have more than {} bytes", self.limits.names_bytes);
            return Err(Error::new(ErrorKind::Limit, what).remedy("unpack it and open the folder"));
        }
        Ok(())
    }

    fn push(&mut self, path: &str, folder: bool, spot: Spot) -> Result<()> {
        self.count(path.len())?;
        let too_long = || Error::new(ErrorKind::Limit, "the paths of its members have more than 4 GiB");
        let start = u32::try_from(self.text.len()).map_err(|_| too_long())?;
        let length = u16::try_from(path.len()).map_err(|_| too_long())?;
        self.text.push_str(path);
        self.members.push(Member { start, length, folder, spot });
        Ok(())
    }

    /// The directory of all that was added.
    pub(super) fn finish(mut self) -> Result<Directory> {
        self.settle()?;
        if self.links.is_empty() {
            return Ok(Directory::of(self.text, self.members));
        }
        let directory = Directory::of(std::mem::take(&mut self.text), std::mem::take(&mut self.members));
        let links = std::mem::take(&mut self.links);
        let mut folders = BTreeMap::new();
        let mut files = Vec::new();
        for (path, link) in &links {
            let (code, what) = match end_of(path, &links, &directory) {
                End::File(spot) => {
                    files.push((path, spot));
                    continue;
                }
                End::Folder(target) if directory.find(path).is_none() => {
                    folders.insert(path.clone(), target);
                    continue;
                }
                End::Folder(_) => ("place.duplicate", "it is a link where a file or folder is".to_owned()),
                End::Out => (
                    "place.link-out",
                    format!("this link leads out of the archive, to {}", link.target.escape_debug()),
                ),
                End::Nowhere => (
                    "place.link-broken",
                    format!("this link leads nowhere, to {}", link.target.escape_debug()),
                ),
            };
            self.warn(code, path, what, "left out")?;
        }
        (self.text, self.members) = directory.into_parts();
        for (path, spot) in files {
            self.push(path, false, spot)?;
        }
        self.settle()?;
        Ok(Directory::of(self.text, self.members).with_links(folders))
    }

    /// Sorts the members and makes every path stand once.
    fn settle(&mut self) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        let mut members = std::mem::take(&mut self.members);
        // Stable: of several members of one path the last in the archive stays last.
        members.sort_by(|a, b| order(path_in(&text, a), path_in(&text, b)));
        let (mut at, mut kept) = (0, 0);
        while let Some(first) = members.get(at).copied() {
            let path = path_in(&text, &first);
            let rest = members.get(at..).unwrap_or_default();
            let run = rest.iter().take_while(|member| path_in(&text, member) == path).count();
            let (same, after) = rest.split_at_checked(run).unwrap_or_default();
            let inside = |other: &Member| {
                path_in(&text, other).strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
            };
            let folder = same.iter().any(|m| m.folder) || after.first().is_some_and(inside);
            let files = same.iter().filter(|m| !m.folder).count();
            if folder && files > 0 {
                self.warn("place.duplicate", path, "it is a file where a folder is", "the file left out")?;
            }
            for _ in 1..files {
                self.warn("place.duplicate", path, "two members have this path", "the last one taken")?;
            }
            let last = same.iter().rev().find(|m| m.folder == folder).copied();
            let taken = last.unwrap_or(Member { folder, spot: Spot::default(), ..first });
            if let Some(slot) = members.get_mut(kept) {
                *slot = taken;
            }
            kept += 1;
            at += run.max(1);
        }
        members.truncate(kept);
        (self.text, self.members) = (text, members);
        Ok(())
    }
}

/// What a link leads to in the end.
fn end_of(path: &str, links: &BTreeMap<String, Link>, directory: &Directory) -> End {
    let (mut at, mut hops) = (path.to_owned(), 0);
    'hop: loop {
        let mut real = String::new();
        let mut parts = at.split('/').filter(|part| !part.is_empty());
        while let Some(part) = parts.next() {
            let folder = std::mem::take(&mut real);
            real = join(&folder, part);
            let Some(link) = links.get(&real) else { continue };
            hops += 1;
            if hops > MOST_HOPS {
                return End::Nowhere;
            }
            let Some(target) = target_of(&folder, link) else { return End::Out };
            let rest: Vec<&str> = parts.collect();
            at = join(&target, &rest.join("/"));
            continue 'hop;
        }
        return match directory.find(&real) {
            Some((EntryKind::File, Some(spot))) => End::File(spot),
            // A link to a folder it is in would make it endless.
            Some(_) if real.is_empty() || real == path || path.starts_with(&format!("{real}/")) => {
                End::Nowhere
            }
            Some(_) => End::Folder(real),
            None => End::Nowhere,
        };
    }
}

/// The path that a link in `folder` names; `None` if it lies outside of the archive.
fn target_of(folder: &str, link: &Link) -> Option<String> {
    if link.hard {
        return unsafe_because(&link.target).is_none().then(|| plain(&link.target).into_owned());
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if link.target.starts_with('/') {
        return None;
    }
    for part in link.target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let target = parts.join("/");
    unsafe_because(&target).is_none().then_some(target)
}
