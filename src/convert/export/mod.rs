//! What every exporter needs: the columns of a view, and files that appear only when all are complete.
//!
//! An exporter walks a view in windows of rows ([`Reader`], [`Table`], [`Cell`]), writes what it makes of them
//! into files that get their names at the end ([`Partial`]), puts image files beside them ([`Images`]), and
//! counts in a [`crate::convert::LossReport`] what its format cannot hold. Text that is made in another order
//! than it is written waits in a [`Spool`]; [`Sink`] writes JSON. Nothing here knows a format.
//!
//! Memory is that of one window of rows, of one record, and of one image at a time.

mod images;
mod json;
mod partial;
mod spool;
mod table;

pub(crate) use images::{Images, below};
pub(crate) use json::{Sink, writable};
pub(crate) use partial::{Partial, PartialFile};
pub(crate) use spool::Spool;
pub(crate) use table::{Cell, Chunks, Reader, Table};

use std::sync::Arc;

use crate::dataset::Dataset;
use crate::dataset::store::Store;

/// True if the view is every row and key of the stored dataset in its order: then what an import kept beside
/// the rows (lists, orphans, the order of files) holds for the export too.
pub(crate) fn is_whole(store: &Store, ds: &Dataset) -> bool {
    let stored = store.dataset();
    ds.len() == stored.len()
        && ds.keys() == stored.keys()
        && ds.rows() == stored.rows()
        && Arc::ptr_eq(ds.source(), stored.source())
}
