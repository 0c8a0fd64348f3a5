//! Places: where bytes come from and go to.
//!
//! Today that is local folders: [`Map`] is a file mapped into memory, [`Disk`] the few operations by which a
//! writer changes a folder (so that tests can record them, fail them and cut them short), [`relative`] the
//! check that a foreign path stays inside its folder.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod disk;
mod inside;
mod map;

pub use disk::{Disk, DiskFile, LocalDisk};
pub use inside::{relative, within};
pub use map::{Access, Map};
