//! Numbers, truth values, texts and the ends of lists.
//!
//! Every builder holds as many values as were pushed, nulls included; [`Texts`] and [`Ends`] keep 32-bit
//! offsets and refuse to grow past them.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::{
    ArrowNativeType, BooleanBufferBuilder, Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer,
};
use arrow_schema::{DataType, Field, FieldRef};

use crate::error::{Error, ErrorKind, Result};

/// The item field of every list here.
pub(in crate::convert) fn item(ty: DataType) -> FieldRef {
    Arc::new(Field::new("item", ty, true))
}

/// Numbers that may be null.
#[derive(Debug)]
pub(in crate::convert) struct Plain<T> {
    values: Vec<T>,
    valid: NullBufferBuilder,
}

impl<T: ArrowNativeType> Plain<T> {
    pub(in crate::convert) fn new() -> Plain<T> {
        Plain { values: Vec::new(), valid: NullBufferBuilder::new(0) }
    }

    pub(in crate::convert) fn len(&self) -> usize {
        self.values.len()
    }

    #[inline]
    pub(in crate::convert) fn push(&mut self, value: Option<T>) {
        self.valid.append(value.is_some());
        self.values.push(value.unwrap_or_default());
    }

    pub(in crate::convert) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.values.as_slice())
    }

    pub(in crate::convert) fn finish<P: ArrowPrimitiveType<Native = T>>(&mut self) -> Result<ArrayRef> {
        let values = ScalarBuffer::from(std::mem::take(&mut self.values));
        Ok(Arc::new(PrimitiveArray::<P>::try_new(values, self.valid.finish())?))
    }
}

/// Truth values that may be null.
#[derive(Debug)]
pub(in crate::convert) struct Flags {
    values: BooleanBufferBuilder,
    valid: NullBufferBuilder,
}

impl Flags {
    pub(in crate::convert) fn new() -> Flags {
        Flags { values: BooleanBufferBuilder::new(0), valid: NullBufferBuilder::new(0) }
    }

    pub(in crate::convert) fn len(&self) -> usize {
        self.values.len()
    }

    #[inline]
    pub(in crate::convert) fn push(&mut self, value: Option<bool>) {
        self.valid.append(value.is_some());
        self.values.append(value.unwrap_or_default());
    }

    pub(in crate::convert) fn finish(&mut self) -> ArrayRef {
        Arc::new(BooleanArray::new(self.values.finish(), self.valid.finish()))
    }
}

/// Where the elements of lists end: `n + 1` offsets of `n` lists.
#[derive(Debug)]
pub(in crate::convert) struct Ends(Vec<i32>);

impl Ends {
    pub(in crate::convert) fn new() -> Ends {
        Ends(vec![0])
    }

    /// How many lists there are.
    pub(in crate::convert) fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// Ends a list at `elements` elements in all.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] beyond 2^31 - 1.
    #[inline]
    pub(in crate::convert) fn push(&mut self, elements: usize) -> Result<()> {
        self.0.push(i32::try_from(elements).map_err(|_| too_long())?);
        Ok(())
    }

    /// Ends an empty list.
    pub(in crate::convert) fn push_empty(&mut self) {
        let last = self.0.last().copied().unwrap_or_default();
        self.0.push(last);
    }

    /// Forgets all but the first `len` lists; the elements they have.
    pub(in crate::convert) fn truncate(&mut self, len: usize) -> usize {
        self.0.truncate(len + 1);
        self.0.last().and_then(|n| usize::try_from(*n).ok()).unwrap_or_default()
    }

    pub(in crate::convert) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.0.as_slice())
    }

    pub(in crate::convert) fn finish(&mut self) -> OffsetBuffer<i32> {
        OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.0, vec![0])))
    }
}

fn too_long() -> Error {
    Error::new(ErrorKind::Limit, "the values of one image take more than 2 GB")
        .remedy("divide the image's annotations between several images")
}

/// Texts that may be null.
#[derive(Debug)]
pub(in crate::convert) struct Texts {
    ends: Ends,
    bytes: Vec<u8>,
    valid: NullBufferBuilder,
}

impl Texts {
    pub(in crate::convert) fn new() -> Texts {
        Texts { ends: Ends::new(), bytes: Vec::new(), valid: NullBufferBuilder::new(0) }
    }

    pub(in crate::convert) fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    pub(in crate::convert) fn push(&mut self, text: &str) -> Result<()> {
        self.push_parts(&[text.as_bytes()])
    }

    /// Pushes one text made of parts, which together are UTF-8.
    #[inline]
    pub(in crate::convert) fn push_parts(&mut self, parts: &[&[u8]]) -> Result<()> {
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.ends.push(self.bytes.len())?;
        self.valid.append_non_null();
        Ok(())
    }

    #[inline]
    pub(in crate::convert) fn push_null(&mut self) {
        self.ends.push_empty();
        self.valid.append_null();
    }

    pub(in crate::convert) fn bytes(&self) -> usize {
        self.bytes.len() + self.ends.bytes()
    }

    pub(in crate::convert) fn finish(&mut self) -> Result<ArrayRef> {
        let bytes = Buffer::from_vec(std::mem::take(&mut self.bytes));
        Ok(Arc::new(StringArray::try_new(self.ends.finish(), bytes, self.valid.finish())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;

    #[test]
    fn a_builder_is_empty_after_it_finished() {
        let mut texts = Texts::new();
        texts.push("ab").unwrap();
        texts.push_null();
        let array = texts.finish().unwrap();
        assert_eq!(array.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("ab"), None]);
        assert_eq!(texts.len(), 0);
    }
}
