//! [`Inputs`]: what a kernel is called with, and the ways to ask for it.
//!
//! The invariant: whatever is missing, of another type, or of another number of elements than asked for is an error
//! that names the input by its place. Nothing here knows of operators.

use super::number::Number;
use crate::error::{Error, ErrorKind, Result};
use crate::model::tensor::{DType, Data, Element, Tensor, count};

/// The largest tensor that a kernel makes, in bytes: a number that a damaged shape exceeds, and no real one.
const LARGEST: usize = 1 << 34;

/// The largest product of the other axes of a tensor that has an axis of length 0.
const LONGEST: usize = 1 << 24;

/// The inputs of a node, in the operator's order.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a>(pub(super) &'a [Option<&'a Tensor>]);

impl<'a> Inputs<'a> {
    /// An input that may not be left out.
    pub(super) fn get(self, at: usize) -> Result<&'a Tensor> {
        self.maybe(at).ok_or_else(|| usage(format!("input {at} is missing")))
    }

    /// An input that may be left out.
    pub(super) fn maybe(self, at: usize) -> Option<&'a Tensor> {
        self.0.get(at).copied().flatten()
    }

    /// How many there are, counting those left out before the last.
    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    /// The elements of an input that must be of this type.
    pub(super) fn elements<T: Element>(self, at: usize) -> Result<&'a [T]> {
        elements(self.get(at)?, at)
    }

    /// Whole numbers: a row (or one number) of `int64` or `int32`.
    pub(super) fn ints(self, at: usize) -> Result<Vec<i64>> {
        ints(self.get(at)?, at)
    }

    /// Whole numbers that may be left out.
    pub(super) fn maybe_ints(self, at: usize) -> Result<Option<Vec<i64>>> {
        self.maybe(at).map(|tensor| ints(tensor, at)).transpose()
    }

    /// One whole number, of no axes or of axes of one element.
    pub(super) fn int(self, at: usize) -> Result<i64> {
        match self.ints(at)?.as_slice() {
            [one] => Ok(*one),
            other => Err(length(format!("input {at} must be one number and has {} elements", other.len()))),
        }
    }

    /// One number of any type, as a float.
    pub(super) fn number(self, at: usize) -> Result<f64> {
        let values = floats(self.get(at)?);
        match values.as_slice() {
            [one] => Ok(*one),
            other => Err(length(format!("input {at} must be one number and has {} elements", other.len()))),
        }
    }
}

/// The elements of a tensor that must be of this type; `at` is its place, for the error.
pub(super) fn elements<T: Element>(tensor: &Tensor, at: usize) -> Result<&[T]> {
    tensor.elements().ok_or_else(|| {
        wrong_type(format!("input {at} is of {} and must be of {}", tensor.dtype().name(), T::DTYPE.name()))
    })
}

/// Elements of `int64` or `int32`, as they lie.
pub(super) fn ints(tensor: &Tensor, at: usize) -> Result<Vec<i64>> {
    match tensor.data() {
        Data::I64(values) => Ok(values.to_vec()),
        Data::I32(values) => Ok(values.iter().map(|v| i64::from(*v)).collect()),
        other => Err(wrong_type(format!(
            "input {at} is of {} and must be of int64 or int32",
            other.dtype().name()
        ))),
    }
}

/// Elements of any type, as floats; a boolean is 0 or 1.
pub(super) fn floats(tensor: &Tensor) -> Vec<f64> {
    fn all<T: Number>(values: &[T]) -> Vec<f64> {
        values.iter().map(|v| v.to_f64()).collect()
    }
    match tensor.data() {
        Data::Bool(values) => values.iter().map(|v| f64::from(u8::from(*v))).collect(),
        data => super::number::each_number!(data, values => all(values), _ => Vec::new()),
    }
}

/// How many elements of this size a shape holds, if a tensor may be so large. A shape of no element is held to a
/// limit too: loops go along its other axes.
pub(super) fn room(shape: &[usize], size: usize) -> Result<usize> {
    let within = |shape: &[usize], most: usize| count(shape).filter(|n| *n <= most);
    let most = if shape.contains(&0) { LONGEST } else { LARGEST / size.max(1) };
    let others: Vec<usize> = shape.iter().copied().filter(|n| *n > 0).collect();
    match within(&others, most) {
        Some(n) if others.len() == shape.len() => Ok(n),
        Some(_) => Ok(0),
        None => Err(Error::new(ErrorKind::Limit, format!("a tensor of shape {shape:?} is too large"))
            .remedy("check the shapes that the model is given")),
    }
}

/// Room for the elements of a shape, all zero.
pub(super) fn zeros<T: Element>(shape: &[usize]) -> Result<Vec<T>> {
    Ok(vec![T::default(); room(shape, T::DTYPE.size())?])
}

/// An error of kind `Usage`.
pub(super) fn usage(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, what)
}

/// An error of kind `Length`.
pub(super) fn length(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Length, what)
}

/// An error of kind `Type`.
pub(super) fn wrong_type(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Type, what)
}

/// The error of an operator that is not computed on elements of this type.
pub(super) fn no_kernel(dtype: DType) -> Error {
    wrong_type(format!("this operator takes no elements of {}", dtype.name()))
}
