//! Bytes as elements, a piece at a time.
//!
//! The invariant: no more is set aside than twice what the reader has given, or what the caller knows to be there.

use std::io::Read;
use std::sync::Arc;

use half::{bf16, f16};

use super::super::tensor::{DType, Data};
use crate::error::{Error, ErrorKind, Result};

/// Bytes that are read at a time; a multiple of every element.
const PIECE: usize = 1 << 16;

/// Reads `count` elements. `room`: bytes that are known to be there, so that they may be set aside at once.
///
/// # Errors
/// `Format` if the reader ends before; the reader's own.
pub(super) fn read(
    reader: &mut dyn Read,
    dtype: DType,
    big_endian: bool,
    count: usize,
    room: usize,
) -> Result<Data> {
    macro_rules! numbers {
        ($name:ident, $type:ty, $size:literal) => {
            Data::$name(Arc::new(gather(reader, count, $size, room, |piece, out: &mut Vec<$type>| {
                let numbers = piece.as_chunks::<$size>().0.iter();
                match big_endian {
                    true => out.extend(numbers.map(|b| <$type>::from_be_bytes(*b))),
                    false => out.extend(numbers.map(|b| <$type>::from_le_bytes(*b))),
                }
            })?))
        };
    }
    Ok(match dtype {
        DType::F32 => numbers!(F32, f32, 4),
        DType::F64 => numbers!(F64, f64, 8),
        DType::F16 => numbers!(F16, f16, 2),
        DType::BF16 => numbers!(BF16, bf16, 2),
        DType::I8 => numbers!(I8, i8, 1),
        DType::I16 => numbers!(I16, i16, 2),
        DType::I32 => numbers!(I32, i32, 4),
        DType::I64 => numbers!(I64, i64, 8),
        DType::U8 => numbers!(U8, u8, 1),
        DType::U16 => numbers!(U16, u16, 2),
        DType::U32 => numbers!(U32, u32, 4),
        DType::U64 => numbers!(U64, u64, 8),
        DType::Bool => {
            let truths = |piece: &[u8], out: &mut Vec<bool>| out.extend(piece.iter().map(|b| *b != 0));
            Data::Bool(Arc::new(gather(reader, count, 1, room, truths)?))
        }
    })
}

/// Reads `count` elements of `size` bytes, each piece made into elements by `make`.
fn gather<T>(
    reader: &mut dyn Read,
    count: usize,
    size: usize,
    room: usize,
    make: impl Fn(&[u8], &mut Vec<T>),
) -> Result<Vec<T>> {
    let too_large = || Error::new(ErrorKind::Limit, format!("{count} elements are too large to count"));
    let mut rest = count.checked_mul(size).ok_or_else(too_large)?;
    let mut out = Vec::new();
    let known = count.min(room.checked_div(size).unwrap_or(0));
    out.try_reserve_exact(known).map_err(|_| no_memory(count))?;
    let mut piece = vec![0_u8; PIECE.min(rest)];
    while rest > 0 {
        let some = PIECE.min(rest);
        let Some(bytes) = piece.get_mut(..some) else { break };
        reader.read_exact(bytes).map_err(ended)?;
        out.try_reserve(some).map_err(|_| no_memory(count))?;
        make(bytes, &mut out);
        rest = rest.saturating_sub(some);
    }
    Ok(out)
}

fn no_memory(count: usize) -> Error {
    Error::new(ErrorKind::Limit, format!("there is no memory for {count} elements"))
}

/// A reader that ended, or whose bytes make no sense.
pub(super) fn ended(error: std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::UnexpectedEof => Error::new(ErrorKind::Format, "it ends too early"),
        // What unpacks says so of bytes that it cannot unpack, and of a sum that is another.
        Io::InvalidData | Io::InvalidInput | Io::Other => {
            Error::new(ErrorKind::Format, format!("it is damaged: {error}"))
        }
        _ => Error::io("read", error),
    }
}
