//! Boxes x, y, w, h that may be null, read straight into the child of a fixed-size list.

use std::sync::Arc;

use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, FixedSizeListArray, PrimitiveArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType;

use crate::convert::json::Cursor;
use crate::error::Result;

use crate::convert::column::item;

/// Builder of the `bbox` column.
#[derive(Debug)]
pub(super) struct Boxes {
    values: Vec<f64>,
    valid: NullBufferBuilder,
}

impl Boxes {
    pub(super) fn new() -> Boxes {
        Boxes { values: Vec::new(), valid: NullBufferBuilder::new(0) }
    }

    pub(super) fn len(&self) -> usize {
        self.valid.len()
    }

    pub(super) fn push_null(&mut self) {
        self.values.extend([0.0; 4]);
        self.valid.append_null();
    }

    /// Takes the next value, if it is a list of four numbers; gives the forms of its numbers added up, and
    /// them. Otherwise nothing is pushed, the cursor stands anywhere, and the error is how many numbers a
    /// flat list had.
    pub(super) fn read(
        &mut self,
        json: &mut Cursor<'_>,
    ) -> std::result::Result<(u8, [f64; 4]), Option<usize>> {
        let before = self.values.len();
        let forms = json.numbers(&mut self.values).ok_or(None)?;
        let read = self.values.get(before..).unwrap_or_default();
        let Ok(bbox) = <[f64; 4]>::try_from(read) else {
            let count = read.len();
            self.values.truncate(before);
            return Err(Some(count));
        };
        self.valid.append_non_null();
        Ok((forms, bbox))
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let values = PrimitiveArray::<Float64Type>::try_new(std::mem::take(&mut self.values).into(), None)?;
        let valid = self.valid.finish();
        Ok(Arc::new(FixedSizeListArray::try_new(item(DataType::Float64), 4, Arc::new(values), valid)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;

    #[test]
    fn only_four_numbers_are_a_box() {
        let mut boxes = Boxes::new();
        let mut read = |text: &str| boxes.read(&mut Cursor::new(text.as_bytes()));
        assert_eq!(read("[1, 2, 3.5, 4]").unwrap().1, [1.0, 2.0, 3.5, 4.0]);
        assert_eq!(read("[1, 2, 3]"), Err(Some(3)));
        assert_eq!(read("[1, 2, 3, null]"), Err(None));
        assert_eq!(read("null"), Err(None));
        boxes.push_null();
        let array = boxes.finish().unwrap();
        assert_eq!((array.len(), array.null_count()), (2, 1));
    }
}
