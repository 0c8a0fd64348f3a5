//! `lensframe masks`: draws the masks of a stored dataset once.

use serde_json::json;

use super::args::MasksArgs;
use super::print::{Printer, plural};
use super::reference::{Reference, set_named};
use crate::dataset::store::Store;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::{Cached, cache_masks};
use crate::job::Job;
use crate::schema::axis::DEFAULT_SET;

pub(super) fn run(args: &MasksArgs, printer: &Printer, job: &Job) -> Result<()> {
    let reference = Reference::parse(&args.dataset)?;
    if reference.version.is_some() {
        return Err(Error::new(ErrorKind::Usage, "an old version cannot be changed")
            .at(Place::none().file(&args.dataset))
            .remedy("name the dataset without @VERSION"));
    }
    let ds = Store::open(&reference.path)?.dataset();
    let set = match &reference.set {
        Some(set) => set_named(&ds, set)?,
        None => DEFAULT_SET.to_owned(),
    };
    let cached = cache_masks(&reference.path, &set, job)?;
    let object = json!({ "masks": cached.masks, "without": cached.without, "version": cached.version });
    printer.show(&object, || format!("{}\n", said(&cached)))
}

/// What was done, in a line.
pub(super) fn said(cached: &Cached) -> String {
    let Cached { masks, without, version } = cached;
    let without = match without {
        0 => String::new(),
        n => format!(", {} without one", plural(*n, "object")),
    };
    format!("{} drawn and stored{without}: version {version}", plural(*masks, "mask"))
}
