//! Segmentations as run lengths in COCO's compressed text.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, FixedSizeListArray, PrimitiveArray, StructArray, new_null_array};
use arrow_schema::{DataType, Field};

use super::plain::{Texts, item};
use crate::error::Result;
use crate::schema::field;

/// Builder of elements of [`field::segmentation_type`], each with its size and run lengths.
#[derive(Debug)]
pub(in crate::convert) struct Masks {
    sizes: Vec<i32>,
    rle: Texts,
}

impl Masks {
    /// No masks.
    pub(in crate::convert) fn new() -> Masks {
        Masks { sizes: Vec::new(), rle: Texts::new() }
    }

    /// How many bytes the builder holds, about.
    pub(in crate::convert) fn bytes(&self) -> usize {
        self.rle.bytes() + std::mem::size_of_val(self.sizes.as_slice())
    }

    /// The next mask, of an image of (height, width).
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`] past 2 GB of text.
    pub(in crate::convert) fn push(&mut self, (height, width): (u32, u32), rle: &str) -> Result<()> {
        self.sizes.extend([height, width].map(|side| i32::try_from(side).unwrap_or(i32::MAX)));
        self.rle.push(rle)
    }

    /// The elements, empty again.
    ///
    /// # Errors
    /// Those of arrow.
    pub(in crate::convert) fn finish(&mut self) -> Result<ArrayRef> {
        let rows = self.rle.len();
        let DataType::Struct(fields) = field::segmentation_type() else {
            return Ok(new_null_array(&DataType::Null, rows));
        };
        let sizes: PrimitiveArray<Int32Type> = std::mem::take(&mut self.sizes).into();
        let sizes = FixedSizeListArray::try_new(item(DataType::Int32), 2, Arc::new(sizes), None)?;
        let (sizes, rle): (ArrayRef, ArrayRef) = (Arc::new(sizes), self.rle.finish()?);
        let member = |field: &Arc<Field>| match field.name().as_str() {
            "size" => Arc::clone(&sizes),
            "rle" => Arc::clone(&rle),
            _ => new_null_array(field.data_type(), rows),
        };
        let members = fields.iter().map(member).collect();
        Ok(Arc::new(StructArray::try_new(fields, members, None)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array as _;

    #[test]
    fn masks_are_of_the_segmentation_type_and_the_builder_is_empty_after() {
        let mut masks = Masks::new();
        masks.push((2, 3), "06").unwrap();
        let array = masks.finish().unwrap();
        assert_eq!((array.data_type(), array.len()), (&field::segmentation_type(), 1));
        assert_eq!((masks.bytes(), masks.finish().unwrap().len()), (4, 0));
    }
}
