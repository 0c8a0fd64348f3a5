//! Arrow types as text, for the manifest and for people.
//!
//! ```text
//! type   = word | word "<" args ">"
//! item   = [name ":"] type ["!"]                     "!": no nulls among the items
//! word   = null bool int8..int64 uint8..uint64 float16 float32 float64
//!          utf8 large_utf8 utf8_view binary large_binary binary_view date32 date64
//! args   : list<item>  large_list<item>  fixed_list<item, N>  fixed_binary<N>  struct<item, …> (named)
//!          timestamp<unit>  timestamp<unit, "zone">  duration<unit>  time32<s|ms>  time64<us|ns>
//!          interval<year_month|day_time|month_day_nano>            unit = s | ms | us | ns
//! name   = letters, digits, "_", "." and "-", or a JSON string; an item's name is left out where it is `item`
//! ```
//!
//! So a box column is `list<fixed_list<float64, 4>>` and an image `struct<bytes: binary, path: utf8>`.
//! [`to_text`] and [`parse`] are inverse to each other on what they accept; blanks are free. Types that are not
//! stored have no text (dictionary, union, run-end, map, decimal, list view), and metadata of inner fields is
//! not part of it. Foreign text ends in an error: nesting is bounded by [`MAX_DEPTH`], the values that one row
//! must hold by [`MAX_WIDTH`]. How types widen is in [`widen()`].

mod read;
mod widen;
mod write;

pub use self::read::parse;
pub use self::widen::{widen, widens};
pub use self::write::to_text;

use arrow_schema::DataType;

/// How deep a type may be nested: `int64` is 1 deep, `list<int64>` 2.
pub const MAX_DEPTH: usize = 32;

/// How many values of fixed-size lists and bytes of fixed-size binaries one row may have to hold even where it
/// is null: a short text must not make a reader allocate gigabytes.
pub const MAX_WIDTH: u64 = 1 << 24;

/// The name of list items that is not written.
const ITEM: &str = "item";

/// Values (and bytes of fixed binaries) that a row of this type holds even where it is null.
fn width(ty: &DataType) -> u64 {
    match ty {
        DataType::FixedSizeBinary(n) => u64::try_from(*n).unwrap_or(0),
        DataType::FixedSizeList(item, n) => {
            u64::try_from(*n).unwrap_or(0).saturating_mul(width(item.data_type()).max(1))
        }
        DataType::Struct(members) => {
            members.iter().fold(0_u64, |sum, member| sum.saturating_add(width(member.data_type()).max(1)))
        }
        _ => 1,
    }
}

/// True for names that are written without quotes.
fn is_bare(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_word)
}

/// True for the characters of words and bare names.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

#[cfg(test)]
mod tests;
