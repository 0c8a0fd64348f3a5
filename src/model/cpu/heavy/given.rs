//! [`Given`]: the inputs of an operator, asked for by number and name.
//!
//! The invariant: whoever holds a tensor from here knows that it was given. It looks at no element.

use super::room;
use crate::error::{Error, ErrorKind, Result};
use crate::model::tensor::{DType, Element, Tensor, count};

/// The most elements of a result: beyond it memory is asked for in vain.
const MOST: usize = 1 << 32;

/// The inputs of an operator.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    op: &'static str,
    tensors: &'a [Option<&'a Tensor>],
}

impl<'a> Given<'a> {
    pub(super) const fn new(op: &'static str, tensors: &'a [Option<&'a Tensor>]) -> Given<'a> {
        Given { op, tensors }
    }

    /// An input that may be left out.
    pub(super) fn option(&self, number: usize) -> Option<&'a Tensor> {
        self.tensors.get(number).copied().flatten()
    }

    /// An input that may not.
    pub(super) fn need(&self, number: usize, name: &str) -> Result<&'a Tensor> {
        self.option(number).ok_or_else(|| self.usage(format!("input '{name}' is missing")))
    }

    /// All of them.
    pub(super) const fn all(&self) -> &'a [Option<&'a Tensor>] {
        self.tensors
    }

    /// The same operator with other inputs.
    pub(super) const fn with<'b>(&self, tensors: &'b [Option<&'b Tensor>]) -> Given<'b> {
        Given { op: self.op, tensors }
    }

    /// The elements of an input, which must be of this type.
    pub(super) fn elements<'t, T: Element>(&self, tensor: &'t Tensor, name: &str) -> Result<&'t [T]> {
        tensor.elements::<T>().ok_or_else(|| {
            let (is, should) = (tensor.dtype().name(), T::DTYPE.name());
            self.fails(ErrorKind::Type, format!("input '{name}' is of {is}, and {should} is needed"))
        })
    }

    /// An error of this kind.
    pub(super) fn fails(&self, kind: ErrorKind, what: String) -> Error {
        Error::new(kind, format!("{}: {what}", self.op))
    }

    /// An argument makes no sense.
    pub(super) fn usage(&self, what: String) -> Error {
        self.fails(ErrorKind::Usage, what)
    }

    /// Nothing is written for elements of this type.
    pub(super) fn no_type(&self, dtype: DType) -> Error {
        self.fails(ErrorKind::Type, format!("elements of {} are not supported", dtype.name()))
    }

    /// An error from below, with the operator's name.
    pub(super) fn named(&self, error: Error) -> Error {
        Error::new(error.kind(), format!("{}: {}", self.op, error.what()))
            .remedy(error.remedy_text().unwrap_or("check the shapes of its inputs").to_owned())
    }

    /// Refuses a result that memory would be asked for in vain.
    pub(super) fn check_size(&self, shape: &[usize]) -> Result<usize> {
        count(shape).filter(|n| *n <= MOST).ok_or_else(|| {
            self.fails(ErrorKind::Limit, format!("a result of the shape {shape:?} is too large"))
        })
    }

    /// So many floats of any value, for a result of which every element is written.
    pub(super) fn floats(&self, shape: &[usize]) -> Result<Vec<f32>> {
        self.check_size(shape).map(room::take)
    }

    /// So many elements, all of them the type's zero.
    pub(super) fn zeros<T: Element>(&self, shape: &[usize]) -> Result<Vec<T>> {
        let length = self.check_size(shape)?;
        Ok(vec![T::default(); length])
    }
}
