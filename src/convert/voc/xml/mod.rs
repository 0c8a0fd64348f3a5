//! XML as values: the text of a file into a [`Document`], and back.
//!
//! What a document *is*: the names of its elements, their attributes (in no order), their children in order,
//! their text. What it is not: the XML declaration, the encoding, doctypes, comments, processing instructions,
//! the way characters were escaped, and white space between elements. Two files with the same value are equal
//! here, and `parse(write(parse(x)))` is `parse(x)`.
//!
//! Nothing outside the file is ever read: doctypes are skipped with a counted warning, and of entities only
//! the five that XML has by itself and character references are resolved. Others are kept as they stand.

mod decode;
mod document;
mod parse;
mod write;

pub use document::{Child, Document, Element};
pub use parse::{MAX_BYTES, MAX_DEPTH, MAX_NODES};
pub use write::Pen;
