//! How many messages a file holds, counted before any is read.
//!
//! A message of two bytes in the file takes hundreds in memory, so that a small file could ask for more memory than
//! there is. What the count does not understand it leaves to the reader to complain of, but never skips what the
//! reader would read.

use crate::error::{Error, ErrorKind, Result};

/// A file of more messages is not read: twenty times those of the largest models known.
const MOST_MESSAGES: usize = 2_000_000;
/// Messages within one another.
const MOST_DEEP: usize = 100;

#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Function,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Leaf,
}

/// What a field holds, if it is a message: the table of `schemas/onnx.proto`.
fn inside(kind: Kind, field: u64) -> Option<Kind> {
    Some(match (kind, field) {
        (Kind::Model, 7) | (Kind::Attribute, 6) => Kind::Graph,
        (Kind::Model, 25) => Kind::Function,
        (Kind::Graph, 1) | (Kind::Function, 7) => Kind::Node,
        (Kind::Graph, 5) | (Kind::Attribute, 5) => Kind::Tensor,
        (Kind::Graph, 11 | 12) => Kind::ValueInfo,
        (Kind::Node, 5) | (Kind::Function, 11) => Kind::Attribute,
        (Kind::ValueInfo, 2) => Kind::Type,
        (Kind::Type, 1) => Kind::TensorType,
        (Kind::TensorType, 2) => Kind::Shape,
        (Kind::Model, 8) | (Kind::Graph, 15) | (Kind::Function, 9) => Kind::Leaf,
        (Kind::Tensor, 13) | (Kind::Shape, 1) => Kind::Leaf,
        _ => return None,
    })
}

/// Refuses a model file of too many messages.
///
/// # Errors
/// `Limit` for too many, or too deep; `Format` for bytes that are no messages.
pub(super) fn count(bytes: &[u8]) -> Result<()> {
    let mut left = MOST_MESSAGES;
    walk(bytes, Kind::Model, 0, &mut left)
}

fn walk(mut bytes: &[u8], kind: Kind, deep: usize, left: &mut usize) -> Result<()> {
    if deep > MOST_DEEP {
        return Err(Error::new(ErrorKind::Limit, format!("messages more than {MOST_DEEP} deep")));
    }
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        match key & 7 {
            0 => {
                varint(&mut bytes)?;
            }
            1 => skip(&mut bytes, 8).map(|_| ())?,
            5 => skip(&mut bytes, 4).map(|_| ())?,
            2 => {
                let length = varint(&mut bytes)?;
                let content = skip(&mut bytes, length)?;
                if let Some(kind) = inside(kind, key >> 3) {
                    *left = left.checked_sub(1).ok_or_else(|| {
                        Error::new(ErrorKind::Limit, format!("a model of more than {MOST_MESSAGES} parts"))
                    })?;
                    walk(content, kind, deep.saturating_add(1), left)?;
                }
            }
            _ => return Err(broken()),
        }
    }
    Ok(())
}

fn skip<'a>(bytes: &mut &'a [u8], length: u64) -> Result<&'a [u8]> {
    let length = usize::try_from(length).map_err(|_| broken())?;
    let (content, rest) = bytes.split_at_checked(length).ok_or_else(broken)?;
    *bytes = rest;
    Ok(content)
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
    let mut number = 0_u64;
    for place in 0..10_u32 {
        let (byte, rest) = bytes.split_first().ok_or_else(broken)?;
        *bytes = rest;
        // Bits past the sixty-fourth fall away, as they do in the reader.
        number |= u64::from(byte & 127).checked_shl(place.saturating_mul(7)).unwrap_or(0);
        if byte & 128 == 0 {
            return Ok(number);
        }
    }
    Err(broken())
}

fn broken() -> Error {
    Error::new(ErrorKind::Format, "not an ONNX file, or a damaged one")
}
