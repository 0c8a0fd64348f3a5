//! A strict JSON reader over bytes that are already in memory (as a rule a mapped file), built to feed
//! columns.
//!
//! Two speeds, one [`Cursor`]:
//! - **skip** ([`Cursor::skip`]) steps over a value at the speed of `memchr`, counting only the brackets of
//!   its own kind and its quotes. It finds the end of every well-formed value; it does not prove that the
//!   value is well formed.
//! - **parse** ([`Cursor::number`], [`Cursor::text`], [`Cursor::copy_value`], …) proves every byte it passes:
//!   RFC 8259 and nothing more. No bare `NaN` or `Infinity`, no bytes after the value, no control characters
//!   or bad escapes in strings, UTF-8 only, at most [`MAX_DEPTH`] levels.
//!
//! Numbers know how they were written: `3` and `3.0` are told apart ([`number::Form`]), because a conversion
//! has to give back which it was. Values nobody asked for are copied as text, white space outside strings
//! left out.
//!
//! Every error names its byte and line. Nothing here allocates in proportion to the input except what the
//! caller asks to be copied.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod cursor;
pub mod number;
mod skip;
mod strict;
mod text;

pub use cursor::Cursor;
pub use number::{Form, Number};
pub use skip::Token;
pub use strict::MAX_DEPTH;
pub use text::{Text, write_text};
