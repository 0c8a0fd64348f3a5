//! Residue: side files with what a source says that has no column.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

use super::attempt::NewFile;
use crate::error::Result;
use crate::schema::manifest::FileEntry;

/// Where a finished side file's entry is left for the writer that will commit it.
pub(super) type ResidueSlot = Arc<OnceLock<FileEntry>>;

/// A side file being written. It counts only once it is [finished](ResidueWriter::finish).
pub struct ResidueWriter {
    file: NewFile,
    slot: ResidueSlot,
}

impl ResidueWriter {
    pub(super) fn new(file: NewFile) -> ResidueWriter {
        ResidueWriter { file, slot: ResidueSlot::default() }
    }

    pub(super) fn slot(&self) -> ResidueSlot {
        Arc::clone(&self.slot)
    }

    /// Flushes and syncs the file and gives it to the writer it came from.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn finish(self) -> Result<()> {
        let entry = self.file.finish()?;
        // The slot is this writer's alone until now, so it is empty.
        let _ = self.slot.set(entry);
        Ok(())
    }
}

impl Write for ResidueWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.file.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
