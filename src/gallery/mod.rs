//! Rows of a view as pictures: its images with what is known of them drawn on, on one sheet.
//!
//! [`Gallery`] says what is drawn and how large; [`Gallery::sheet`] draws a whole view, [`Gallery::picture`] one
//! row. Any view will do: a slice, a join of datasets, one object set beside another.
//!
//! | file | noun |
//! |---|---|
//! | `sheet.rs` | [`Gallery`], and the [`Sheet`] it makes |
//! | `panel.rs` | which of a row's annotations stand side by side |
//! | `photo.rs` | a row's photograph at the size it is shown, or what stands in for it |
//! | `record.rs` | the values of a row by name |
//! | `objects.rs` | values made into boxes, masks and points |
//! | `maps.rs` | label images made into names and colours |
//! | `note.rs` | words in the place of a picture |
//!
//! # What is drawn
//!
//! A *panel* is named by an object set (`default` is the unnamed one), by a key with label images (`label_map`),
//! or is the bare picture (`img`). Captions of any set stand below the picture. Pictures are decoded upright,
//! unless the row's `orientation`, or where there is none its size, says that its annotations are not; transparency is laid over white; of a
//! damaged file what can be read is shown, and counted. A row without a picture, of which the size is known, is
//! drawn on a plain ground, so that annotations can be looked at where photographs may not be.

mod maps;
mod note;
mod objects;
mod panel;
mod photo;
mod record;
mod sheet;

pub use sheet::{Gallery, Sheet};
