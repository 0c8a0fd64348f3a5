//! Places: where bytes come from and go to.
//!
//! [`Tree`] is a tree of files read in place, a folder or an archive, with [`Roots`] for a path that may be in
//! one of several. [`Map`] is a file mapped into memory, [`Disk`] the few operations by which a writer changes
//! a folder (so that tests can record them, fail them and cut them short), [`relative`] the check that a
//! foreign path stays inside its folder.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod archive;
mod disk;
mod folder;
mod inside;
mod limits;
mod listing;
mod map;
mod member;
mod roots;
mod tree;

pub use disk::{Disk, DiskFile, LocalDisk};
pub use inside::{relative, within};
pub use limits::{Limits, TreeOptions};
pub use listing::{Entry, EntryKind, Listing};
pub use map::{Access, Map};
pub use roots::Roots;
pub use tree::{Tree, TreeKind};
