//! Builders of boxes and points, and of lists in an object.

use std::sync::Arc;

use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, FixedSizeListArray, ListArray, PrimitiveArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType;

use crate::convert::column::{Ends, item};
use crate::error::Result;

/// Boxes, or points: lists of N numbers that may be null.
#[derive(Debug)]
pub(super) struct Tuples<const N: usize> {
    values: Vec<f64>,
    valid: NullBufferBuilder,
}

impl<const N: usize> Tuples<N> {
    pub(super) fn new() -> Tuples<N> {
        Tuples { values: Vec::new(), valid: NullBufferBuilder::new(0) }
    }

    pub(super) fn push(&mut self, value: Option<[f64; N]>) {
        self.valid.append(value.is_some());
        self.values.extend(value.unwrap_or([0.0; N]));
    }

    pub(super) fn len(&self) -> usize {
        self.valid.len()
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let size = i32::try_from(N).unwrap_or_default();
        let values: PrimitiveArray<Float64Type> = std::mem::take(&mut self.values).into();
        let field = item(DataType::Float64);
        Ok(Arc::new(FixedSizeListArray::try_new(field, size, Arc::new(values), self.valid.finish())?))
    }
}

/// Lists, one an object: where they end, and which are null.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) ends: Ends,
    valid: NullBufferBuilder,
}

impl Lists {
    pub(super) fn new() -> Lists {
        Lists { ends: Ends::new(), valid: NullBufferBuilder::new(0) }
    }

    pub(super) fn push(&mut self, there: bool, elements: usize) -> Result<()> {
        self.valid.append(there);
        self.ends.push(elements)
    }

    pub(super) fn finish(&mut self, values: ArrayRef) -> Result<ArrayRef> {
        let field = item(values.data_type().clone());
        Ok(Arc::new(ListArray::try_new(field, self.ends.finish(), values, self.valid.finish())?))
    }
}
