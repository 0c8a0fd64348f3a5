//! Sources, views and storage: rows that are chosen, joined and read without a copy.
//!
//! A [`Source`] is anything with keys, a length and `read`. A [`Dataset`] narrows a source to [`Rows`] and
//! [`Keys`] and is itself a source; everything a person does with data is a method of it, and gives another
//! dataset. Nothing is read before it is asked for; what is asked for is read once, and nothing else is.
//!
//! ```
//! use lensframe::dataset::{Dataset, Getters, Part, Value};
//!
//! // A source: here two functions of the row; a stored table reads alike.
//! let getters = Getters::new(6)
//!     .add(["img"], |row, _| Ok(vec![Value::from(format!("{row}.jpg").as_str())]))?
//!     .add(["bbox", "label"], |row, _| Ok(vec![Value::Null, Value::from(row % 3)]))?;
//! let ds = Dataset::new(getters);
//!
//! // Rows and keys: one name gives bare values, a list of names tuples.
//! let labels = ds.select("label")?; // no image is opened for these
//! let twos: Vec<bool> = labels.list()?.iter().map(|l| l.value() == Some(&Value::Int(2))).collect();
//! let twos = ds.mask(&twos)?.select(["img", "label"])?;
//! assert_eq!(twos.get(1)?.values(), [Value::from("5.jpg"), Value::Int(2)]);
//!
//! // Joins: more rows, more keys, the same rows again.
//! let more = Dataset::concat([&ds, &ds.slice(..2)?])?;
//! let scored = Dataset::zip([Part::from(&more), Part::from(("score", vec![0.5; 8]))])?;
//! assert_eq!((scored.keys().len(), scored.repeat(10)?.len()), (4, 80));
//!
//! // Functions: asking for an output reads its declared inputs alone.
//! let next = scored.map_from("label", "next", |v, _| Ok(vec![Value::from(v[0].as_int().unwrap_or(0) + 1)]))?;
//! assert_eq!(next.get(7)?.value(), Some(&Value::Int(2)));
//!
//! // Orders: by chance, in parts, by class.
//! let parts = scored.split([0.75, 0.25], 7)?;
//! assert_eq!((parts[0].len(), parts[1].shuffle(7).len()), (6, 2));
//! # Ok::<(), lensframe::error::Error>(())
//! ```
//!
//! # The room
//!
//! | what | where |
//! |---|---|
//! | the trait and what a read is part of | [`Source`], [`Access`] |
//! | what a read gives | [`Batch`]: a [`Column`] a key, and the rows that failed |
//! | one row, one value | [`Example`], [`Value`] |
//! | which rows, which keys | [`Rows`], [`Slice`]; [`Keys`], [`KeySelection`] |
//! | sources in memory | [`Table`] (Arrow or values), [`Getters`] (functions) |
//! | joins | [`Dataset::concat`], [`Dataset::zip`], [`Dataset::repeat`] |
//! | functions of rows | [`Dataset::map`], [`Dataset::map_from`], [`Mapping`] |
//! | pictures | [`Dataset::image`], [`Dataset::image_file`] |
//! | class tables | [`Dataset::align_classes`], [`Align`], [`merge_classes`] |
//! | orders and selections | [`Dataset::shuffle`], [`Dataset::split`], [`Dataset::class_balanced`] |
//!
//! # What every source owes
//!
//! `read` touches the keys asked for and no other; each getter runs at most once a row and read; row by row, as
//! a range or as a list gives equal values; a row that fails does not fail its neighbours; a range gives the
//! buffers of the whole; seed and epoch decide every random number. `tests/it/laws` holds any source to this.

mod align;
mod batch;
mod boxes;
mod chunks;
mod column;
mod concat;
mod example;
mod getter;
mod image;
mod keys;
mod map;
mod map_batches;
mod order;
mod pack;
mod repeat;
mod rows;
mod source;
pub mod store;
mod table;
mod value;
mod view;
mod zip;
mod zones;

pub use align::{Align, merge_classes};
pub use batch::{Batch, RowPos};
pub use column::Column;
pub use example::Example;
pub use getter::Getters;
pub use keys::{Form, Key, KeyIndex, KeySelection, Keys, Kind, Selector};
pub use map::{Call, Mapping};
pub use order::Shares;
pub(crate) use pack::pack;
pub use rows::{Rows, Slice};
pub use source::{Access, Source};
pub use table::Table;
pub use value::Value;
#[cfg(feature = "query")]
pub(crate) use value::moment;
pub use view::Dataset;
pub use zip::Part;
pub use zones::{Bounds, Zone};
