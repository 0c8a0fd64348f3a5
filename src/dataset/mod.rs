//! Sources, views and storage: rows that are chosen, joined and read without a copy.
//!
//! A [`Source`] is anything with keys, a length and `read`. A [`Dataset`] narrows a source to [`Rows`] and
//! [`Keys`]; it is itself a source. Start with [`Dataset`].

mod batch;
mod keys;
mod rows;
mod source;
mod value;
mod view;

pub use batch::{Batch, Column, RowPos};
pub use keys::{Form, Key, KeyIndex, KeySelection, Keys, Kind, Selector};
pub use rows::{Rows, Slice};
pub use source::{Access, Source};
pub use value::Value;
pub use view::Dataset;
