//! What a dataset is made of, and what may be wrong with it: counts, distributions, duplicates, leaks between splits,
//! suspicious boxes, images that do not decode.
//!
//! [`Dataset::profile`](crate::dataset::Dataset::profile) looks at one dataset, [`Profile::of`] at several at once,
//! each a split of its own. A [`Profile`] is plain values; [`Profile::report`] makes them a
//! [`Report`](crate::report::Report).
//!
//! | file | noun |
//! |---|---|
//! | `options.rs` | [`Options`]: what is looked at, and where "suspicious" begins; [`Reading`] |
//! | `survey.rs` | [`Profile`] and its doors; [`Split`], [`Spreads`] |
//! | `report.rs`, `report/` | the profile as a report |
//! | `splits.rs`, `row.rs` | which split a row is of; [`Row`]: an image by place and name |
//! | `lists.rs`, `objects.rs` | lists of objects laid flat, key by key; side by side |
//! | `tally.rs` | what some rows say, counted, and merged with what others say |
//! | `classes.rs`, `together.rs` | [`Class`]; [`Together`]: classes that are in images together |
//! | `spread.rs` | [`Spread`]: quantiles and histogram of a distribution |
//! | `suspects.rs` | [`Suspect`]: what may be wrong with an annotation; [`Suspects`], [`Finding`] |
//! | `images.rs` | [`Images`]: what reading the files told; [`Trouble`] |
//! | `hash.rs`, `near.rs` | [`Print`]: what a picture looks like; prints that are near each other |
//! | `duplicates.rs` | [`Duplicates`] in [`Group`]s; [`Leak`]: names and ids in two splits |
//!
//! # What counts as what
//!
//! - *Exact duplicates* are files that are equal byte by byte, by their BLAKE3 hash.
//! - *Near duplicates* are pictures whose [`Print`]s differ in at most [`Options::distance`] of 64 bits and agree in
//!   their gradients: copies that were encoded again, resized, made brighter. Groups are chains: its ends may be less
//!   alike than neighbours. Copies that were mirrored, turned or cropped are not found; pictures of one tone are not
//!   compared.
//! - *Leaks* are duplicates, and equal file names or ids, in more than one split. Equal ids alone may mean nothing: some
//!   tools count every split from 1.
//! - *Areas* are as declared, else those of boxes; small, medium and large are COCO's (32², 96²).
//! - *Suspicious* is what a person should look at ([`Suspect`]); none of it must be wrong.

mod classes;
mod duplicates;
mod hash;
mod images;
mod lists;
mod near;
mod objects;
mod options;

mod report;
mod row;
mod splits;
mod spread;
mod survey;
mod suspects;
mod tally;
mod together;

pub use classes::Class;
pub use duplicates::{Duplicates, Group, Leak};
pub use hash::Print;
pub use images::{Images, Trouble, Troubles};
pub use options::{Options, Reading};
pub use row::Row;
pub use spread::Spread;
pub use survey::{Profile, Split, Spreads};
pub use suspects::{Finding, Suspect, Suspects};
pub use together::Together;
