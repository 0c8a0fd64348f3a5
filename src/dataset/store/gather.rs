//! From pieces of batches to the chunks of a column.
//!
//! Long pieces become slices: pointers into the map, never merged. Runs of short ones (a shuffled batch, a
//! filter's result) are gathered into one chunk, cut so that 32-bit offsets suffice.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_schema::DataType;
use arrow_select::interleave::interleave;

use super::images;
use super::span;
use crate::error::Result;
use crate::place::Map;

/// Rows of one batch of one file, or nulls where `array` is absent.
pub(super) struct Piece<'a> {
    pub(super) array: Option<ArrayRef>,
    pub(super) start: usize,
    pub(super) len: usize,
    pub(super) map: Option<&'a Map>,
}

/// A piece of this many rows is cheaper as a chunk of its own than copied.
const LONG: usize = 64;

/// So few pieces are left as they are.
const FEW: usize = 4;

/// A gathered chunk has at most this many bytes.
const CHUNK: u64 = 1 << 30;

/// The chunks of a column of type `ty`, or of image views. With `apart` every piece is a chunk of its own.
pub(super) fn chunks(pieces: &[Piece<'_>], ty: &DataType, image: bool, apart: bool) -> Result<Vec<ArrayRef>> {
    let mut out = Vec::new();
    let mut short: &[Piece<'_>] = &[];
    let mut from = 0;
    for (n, piece) in pieces.iter().enumerate() {
        if apart || piece.len >= LONG || pieces.len() <= FEW {
            flush(short, ty, image, &mut out)?;
            out.push(alone(piece, ty, image)?);
            short = &[];
            from = n + 1;
        } else {
            short = pieces.get(from..=n).unwrap_or_default();
        }
    }
    flush(short, ty, image, &mut out)?;
    Ok(out)
}

fn alone(piece: &Piece<'_>, ty: &DataType, image: bool) -> Result<ArrayRef> {
    match &piece.array {
        None => Ok(new_null_array(ty, piece.len)),
        Some(array) if image => {
            images::gather(&[images::Part { array, start: piece.start, len: piece.len, map: piece.map }])
        }
        Some(array) if piece.start == 0 && piece.len == array.len() => Ok(Arc::clone(array)),
        Some(array) => Ok(array.slice(piece.start, piece.len)),
    }
}

fn flush(pieces: &[Piece<'_>], ty: &DataType, image: bool, out: &mut Vec<ArrayRef>) -> Result<()> {
    if pieces.is_empty() {
        return Ok(());
    }
    if image {
        // Null pieces stand apart: there is no array to point into.
        for group in pieces.chunk_by(|a, b| a.array.is_some() == b.array.is_some()) {
            let parts: Vec<images::Part<'_>> = group.iter().filter_map(part).collect();
            match parts.is_empty() {
                true => out.push(new_null_array(ty, group.iter().map(|p| p.len).sum())),
                false => out.push(images::gather(&parts)?),
            }
        }
        return Ok(());
    }
    // Source 0 is a null, where one is asked for.
    let nulls = usize::from(pieces.iter().any(|piece| piece.array.is_none()));
    let null = new_null_array(ty, nulls);
    let mut sources: Vec<&dyn Array> = vec![null.as_ref()];
    let mut known: HashMap<*const (), usize> = HashMap::new();
    let (mut at, mut bytes) = (Vec::new(), 0);
    for piece in pieces {
        let Some(array) = &piece.array else {
            at.extend(std::iter::repeat_n((0, 0), piece.len));
            continue;
        };
        let source = *known.entry(Arc::as_ptr(array).cast()).or_insert_with(|| {
            sources.push(array.as_ref());
            sources.len() - 1
        });
        for row in piece.start..piece.start + piece.len {
            bytes += span::bytes(array.as_ref(), row, 1);
            if bytes > CHUNK && !at.is_empty() {
                out.push(interleave(&sources, &at)?);
                at.clear();
                bytes = 0;
            }
            at.push((source, row));
        }
    }
    if !at.is_empty() {
        out.push(interleave(&sources, &at)?);
    }
    Ok(())
}

fn part<'a>(piece: &'a Piece<'a>) -> Option<images::Part<'a>> {
    let array = piece.array.as_ref()?;
    Some(images::Part { array, start: piece.start, len: piece.len, map: piece.map })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;

    #[test]
    fn long_pieces_are_slices_and_short_ones_are_gathered_in_order() {
        let array: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1000));
        let piece = |start, len| Piece { array: Some(Arc::clone(&array)), start, len, map: None };
        let absent = |len| Piece { array: None, start: 0, len, map: None };
        let pieces =
            [piece(5, 1), piece(3, 2), absent(2), piece(100, 200), piece(9, 1), piece(8, 1), piece(7, 1)];
        let chunks = chunks(&pieces, &DataType::Int64, false, false).unwrap();
        let lengths: Vec<usize> = chunks.iter().map(|c| c.len()).collect();
        assert_eq!(lengths, [5, 200, 3]);
        let first: Vec<Option<i64>> = chunks[0].as_primitive::<Int64Type>().iter().collect();
        assert_eq!(first, [Some(5), Some(3), Some(4), None, None]);
        let slice = chunks[1].as_primitive::<Int64Type>().values();
        assert_eq!(slice.as_ptr(), array.as_primitive::<Int64Type>().values()[100..].as_ptr());
        assert_eq!(chunks[2].as_primitive::<Int64Type>().values(), &[9, 8, 7]);
    }
}
