//! How a writer cuts and stores rows. The defaults suit local disks and training reads.

/// How tables are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// Arrow IPC files, uncompressed: mapped and read without a copy.
    #[default]
    Arrow,
    /// Parquet files with zstd: smaller, for archives and other programs; a row costs its whole row group.
    Parquet,
}

/// How a [`Writer`](super::Writer) cuts and stores what it is given.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// The form of the files.
    pub storage: Storage,
    /// Above this many bytes [`Writer::fragment_is_full`](super::Writer::fragment_is_full): 512 MB.
    pub shard_bytes: u64,
    /// Batches are cut so as not to exceed this, one row at least: 8 MB.
    pub batch_bytes: u64,
    /// An existing dataset gets a new version with nothing but what is written now; its older versions stay
    /// until `gc`.
    pub replace: bool,
    /// What is being done, as a text that is equal for equal work: a writer that is interrupted then leaves what
    /// it has finished, and the next one with the same text goes on from there (see
    /// [`Writer::resumed`](super::Writer::resumed)). Only for [`Writer::create`](super::Writer::create).
    pub resume: Option<String>,
}

impl Default for WriterOptions {
    fn default() -> WriterOptions {
        WriterOptions {
            storage: Storage::Arrow,
            shard_bytes: 512 << 20,
            batch_bytes: 8 << 20,
            replace: false,
            resume: None,
        }
    }
}
