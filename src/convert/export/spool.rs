//! Records that are made in one order and written in another.
//!
//! Their text is collected, in memory up to a limit and then in a file, with 16 bytes a record to find it
//! again. So columns are read once from front to back, whatever the order of the file.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::place::{Access, Map};

/// Text held in memory before any goes to the file.
const IN_MEMORY: usize = 32 << 20;

/// Records with their places; dropped, its file is removed.
pub(crate) struct Spool {
    /// (place, where its text begins)
    index: Vec<(i64, u64)>,
    text: Vec<u8>,
    /// How much has gone to the file.
    stored: u64,
    file: Option<File>,
    path: PathBuf,
    limit: usize,
}

impl Spool {
    /// A spool whose file, if it comes to that, is `path`.
    pub(crate) fn new(path: PathBuf) -> Spool {
        Spool { index: Vec::new(), text: Vec::new(), stored: 0, file: None, path, limit: IN_MEMORY }
    }

    /// Adds a record at a place. Records of equal places keep their order.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for a record beyond 4 GiB; those of the disk.
    pub(crate) fn push(&mut self, place: i64, record: &[u8]) -> Result<()> {
        let length = u32::try_from(record.len())
            .map_err(|_| Error::new(ErrorKind::Limit, "a record is longer than 4 GiB"))?;
        let here = u64::try_from(self.text.len()).unwrap_or(u64::MAX);
        self.index.push((place, self.stored + here));
        self.text.extend_from_slice(&length.to_le_bytes());
        self.text.extend_from_slice(record);
        if self.text.len() >= self.limit { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<()> {
        let place = || Place::area("export").file(&self.path);
        if self.file.is_none() {
            let made = OpenOptions::new().write(true).create_new(true).open(&self.path);
            self.file = Some(made.map_err(|e| Error::io("create", e)).at(place)?);
        }
        if let Some(file) = &mut self.file {
            let done = file.write_all(&self.text);
            done.map_err(|e| Error::io("write", e)).at(|| Place::area("export").file(&self.path))?;
        }
        self.stored += u64::try_from(self.text.len()).unwrap_or(u64::MAX);
        self.text.clear();
        Ok(())
    }

    /// Hands on the records in the order of their places.
    ///
    /// # Errors
    /// Those of the disk and of `each`.
    pub(crate) fn drain(mut self, mut each: impl FnMut(i64, &[u8]) -> Result<()>) -> Result<()> {
        // The second half of the key is the order of arrival.
        self.index.sort_unstable();
        let mapped;
        let text: &[u8] = if self.file.is_some() {
            self.spill()?;
            mapped = Map::open(&self.path, Access::Random)?;
            mapped.buffer()
        } else {
            &self.text
        };
        for (place, start) in &self.index {
            let start = usize::try_from(*start).unwrap_or(usize::MAX);
            let record = text.get(start..).and_then(|rest| {
                let (length, rest) = rest.split_first_chunk::<4>()?;
                rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)
            });
            let Some(record) = record else {
                let what = "the file of records to be sorted was changed while it was used";
                return Err(Error::new(ErrorKind::Io, what).at(Place::area("export").file(&self.path)));
            };
            each(*place, record)?;
        }
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spool_in_a_file_gives_what_one_in_memory_gives() {
        let folder = tempfile::tempdir().unwrap();
        for limit in [usize::MAX, 1, 40] {
            let path = folder.path().join("x.spool");
            let mut spool = Spool::new(path.clone());
            spool.limit = limit;
            for (n, place) in [5i64, -3, 5, 0, 9, 0].into_iter().enumerate() {
                spool.push(place, format!("record {n}").as_bytes()).unwrap();
            }
            let mut all = Vec::new();
            spool
                .drain(|place, record| {
                    all.push((place, String::from_utf8(record.to_vec()).unwrap()));
                    Ok(())
                })
                .unwrap();
            let wanted = [(-3, 1), (0, 3), (0, 5), (5, 0), (5, 2), (9, 4)];
            assert_eq!(all, wanted.map(|(place, n)| (place, format!("record {n}"))));
            assert!(!path.exists());
        }
    }
}
