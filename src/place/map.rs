//! A file mapped into memory, with hints to the kernel about what is read next.
//!
//! Invariant: the length is that of the file when it was opened, and every [`Buffer`] cut from the map keeps
//! the map alive. Stored files are immutable by rule: one that somebody else shortens while it is mapped makes
//! a read of the lost part end in SIGBUS, which no library can turn into an error. The store therefore never
//! rewrites a file, and checks its length against the manifest before it trusts it.

#![allow(unsafe_code)] // Mapping a file and wrapping the map as an Arrow buffer are unsafe by signature.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::Buffer;
use memmap2::Mmap;

use crate::error::{Error, Place, Result};

/// In what order a map will be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Here and there: the kernel brings only what is touched or announced.
    Random,
    /// From start to end: the kernel reads ahead.
    Sequential,
}

/// A file mapped for reading. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Map {
    buffer: Buffer,
    map: Option<Arc<Mmap>>,
    /// Whether the kernel tells which pages are in memory: it does so for whoever owns the file.
    told: bool,
}

impl Map {
    /// Maps a whole file.
    ///
    /// # Errors
    /// The operating system's, naming the file.
    pub fn open(path: &Path, access: Access) -> Result<Map> {
        let place = || Place::none().file(path);
        let mut file = File::open(path).map_err(|e| Error::io("open", e).at(place()))?;
        let about = file.metadata().map_err(|e| Error::io("look at", e).at(place()))?;
        if !about.is_file() && !about.is_dir() {
            // A pipe has no length and cannot be mapped.
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|e| Error::io("read", e).at(place()))?;
            return Ok(Map::of(Buffer::from(bytes)));
        }
        if about.len() == 0 {
            // A map of no bytes is an error on most systems.
            return Ok(Map::of(Buffer::from(Vec::<u8>::new())));
        }
        #[cfg(target_os = "linux")]
        let told = std::os::unix::fs::MetadataExt::uid(&about) == rustix::process::geteuid().as_raw();
        #[cfg(not(target_os = "linux"))]
        let told = false;
        // SAFETY: the file is opened for reading and the project never changes a stored file; see the module's
        // note for what happens when somebody else does.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io("map", e).at(place()))?;
        let map = Arc::new(map);
        #[cfg(unix)]
        {
            let advice = match access {
                Access::Random => memmap2::Advice::Random,
                Access::Sequential => memmap2::Advice::Sequential,
            };
            // A hint: a system without it reads all the same.
            let _ = map.advise(advice);
        }
        let Some(start) = NonNull::new(map.as_ptr().cast_mut()) else {
            return Ok(Map::of(Buffer::from(Vec::<u8>::new())));
        };
        // SAFETY: `start` and `len` are those of the map, which the buffer owns a share of; nobody writes
        // through the pointer, since a `Buffer` with a custom owner is never made mutable.
        let buffer = unsafe { Buffer::from_custom_allocation(start, map.len(), map.clone()) };
        Ok(Map { buffer, map: Some(map), told })
    }

    /// Bytes in memory, to be read like a file.
    pub fn of(buffer: Buffer) -> Map {
        Map { buffer, map: None, told: false }
    }

    /// The whole file.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// How many bytes the file has.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// True if the file is empty.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The bytes of a range, sharing the map; `None` if it reaches past the end.
    pub fn slice(&self, range: Range<usize>) -> Option<Buffer> {
        let length = range.end.checked_sub(range.start)?;
        (range.end <= self.buffer.len()).then(|| self.buffer.slice_with_length(range.start, length))
    }

    /// Tells the kernel that a range will not be read again soon, so that its memory may be used for something else.
    /// Never fails; what is read again is brought again.
    pub fn forget(&self, range: Range<usize>) {
        let end = range.end.min(self.len());
        let Some(length) = end.checked_sub(range.start).filter(|n| *n > 0) else { return };
        if let Some(map) = &self.map {
            #[cfg(unix)]
            // SAFETY: the map is of a file, private and never written through: dropped pages are read again from
            // the file, with the same bytes.
            let _ = unsafe {
                map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, length)
            };
            #[cfg(not(unix))]
            let _ = (map, length);
        }
    }

    /// Asks the kernel to bring a range into memory soon. Never fails; what lies past the end is left out.
    pub fn will_need(&self, range: Range<usize>) {
        let end = range.end.min(self.len());
        let Some(length) = end.checked_sub(range.start).filter(|n| *n > 0) else { return };
        if let Some(map) = &self.map {
            // Asking for what is there costs the kernel some twenty times what looking costs.
            if self.told && in_memory(map, range.start, length) {
                return;
            }
            #[cfg(unix)]
            let _ = map.advise_range(memmap2::Advice::WillNeed, range.start, length);
            #[cfg(not(unix))]
            let _ = (map, length);
        }
    }
}

/// Pages that are looked at in one go.
#[cfg(target_os = "linux")]
const PAGES: usize = 1024;

/// Whether a range, which lies within the map, is in memory whole; false where that is not known.
#[cfg(target_os = "linux")]
fn in_memory(map: &Mmap, start: usize, length: usize) -> bool {
    let page = rustix::param::page_size();
    let mut there = [0u8; PAGES];
    let mut at = start / page * page;
    while at < start + length {
        let some = (start + length - at).min(PAGES * page);
        // SAFETY: the pages lie within the map, and the list has a byte for each of them.
        let done = unsafe { libc::mincore(map.as_ptr().add(at).cast_mut().cast(), some, there.as_mut_ptr()) };
        if done != 0 || there.iter().take(some.div_ceil(page)).any(|flags| flags & 1 == 0) {
            return false;
        }
        at += some;
    }
    true
}

#[cfg(not(target_os = "linux"))]
fn in_memory(_: &Mmap, _: usize, _: usize) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_slice_shares_the_map_and_outlives_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"0123456789").unwrap();
        let map = Map::open(&path, Access::Random).unwrap();
        let part = map.slice(3..6).unwrap();
        assert_eq!(part.as_ptr(), map.buffer().as_slice()[3..].as_ptr());
        assert!(map.slice(3..11).is_none());
        map.will_need(0..100);
        drop(map);
        assert_eq!(part.as_slice(), b"345");
    }

    #[test]
    fn an_empty_file_maps_to_no_bytes_and_an_absent_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("empty");
        std::fs::write(&path, b"").unwrap();
        assert!(Map::open(&path, Access::Random).unwrap().is_empty());
        let e = Map::open(&dir.path().join("absent"), Access::Random).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::NotFound);
        assert!(e.to_string().contains("absent"), "{e}");
    }
}
