//! The store: datasets on disk.
//!
//! ```text
//! name.lf/
//!   versions/000007.json   a version: which files hold which rows and keys (schema::manifest)
//!   dataset.json           a hint to the newest version
//!   images/…               a file a fragment for each group: images, objects, sets/<name>, keys/<name>
//!   deletes/…  views/…     lists of rows
//!   residue/…              side files with what has no column
//!   claims/…               fragment numbers in use by writers
//!   pending/<name>/…       what is written of an object set and not yet published
//!   .progress.json         what an interrupted conversion had finished
//! ```
//!
//! Data files never change. [`Writer`] makes a dataset or appends to one, [`Edit`] adds and replaces groups,
//! updates and deletes rows and saves views; [`SetWriter`] writes an object set, row by row; each ends in a commit: the appearance of a new version, whole or
//! not at all, never over another. [`Store`] opens a version; [`verify`], [`gc`] and [`log`] look after them.
//!
//! Files that are mapped must not be shortened by anybody (see [`crate::place::Map`]); the store itself only
//! ever adds files, and removes those that no kept version names.

mod attempt;
mod cache;
mod cast;
mod change;
mod clock;
mod commit;
mod edit;
mod failed;
mod gather;
mod gc;
mod group_file;
mod group_writer;
mod images;
mod ipc;
mod keys;
mod live;
mod log;
mod metadata;
mod open;
mod options;
mod parquet_file;
mod parquet_schema;
mod pending;
mod progress;
mod queue;
mod residue;
mod rewrite;
mod roots;
mod saved;
mod set_writer;
mod span;
mod stored;
mod table_edit;
mod values;
mod verify;
mod writer;

pub use edit::Edit;
pub use gc::{GcOptions, GcReport, Removed, gc};
pub use ipc::read_arrow;
pub use log::{VersionFacts, VersionSummary, log};
pub use open::Store;
pub use options::{Storage, WriterOptions};
pub use progress::{Resumed, interrupted};
pub use residue::ResidueWriter;
pub use set_writer::{SetOptions, SetWriter};
pub use table_edit::Matched;
pub use verify::{Depth, VerifyReport, verify};
pub use writer::{GroupId, Writer};

pub use crate::schema::manifest::Operation;
