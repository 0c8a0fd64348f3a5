//! [`Inputs`]: the facts of an operator's inputs, asked for by place.

use super::super::graph::Dim;
use super::super::tensor::{DType, Tensor};
use super::Fact;
use super::dims::wrong_type;
use crate::error::{Error, ErrorKind, Result};

/// The facts of an operator's inputs.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a>(pub(super) &'a [Option<Fact>]);

impl<'a> Inputs<'a> {
    /// An input, if it is there.
    pub(super) fn get(&self, place: usize) -> Option<&'a Fact> {
        self.0.get(place)?.as_ref()
    }

    /// An input that must be there.
    pub(super) fn need(&self, place: usize) -> Result<&'a Fact> {
        let missing = || Error::new(ErrorKind::Usage, format!("input {place}, counted from 0, is missing"));
        self.get(place).ok_or_else(missing)
    }

    /// An input that must be there and have a floating-point type.
    pub(super) fn float(&self, place: usize) -> Result<&'a Fact> {
        let fact = self.need(place)?;
        if fact.dtype.is_float() { Ok(fact) } else { Err(wrong_type(place, fact.dtype, "a float")) }
    }

    /// All inputs that are there.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Fact> + use<'a> {
        self.0.iter().flatten()
    }

    /// An input of this type, if it is there.
    pub(super) fn of(&self, place: usize, dtype: DType) -> Result<Option<&'a Fact>> {
        match self.get(place) {
            Some(fact) if fact.dtype != dtype => Err(wrong_type(place, fact.dtype, dtype.name())),
            found => Ok(found),
        }
    }

    /// A row of whole numbers, if it is there: what is known of it.
    pub(super) fn row(&self, place: usize) -> Result<Option<Row>> {
        let Some(fact) = self.get(place) else { return Ok(None) };
        if !matches!(fact.dtype, DType::I64 | DType::I32) {
            return Err(wrong_type(place, fact.dtype, "int64"));
        }
        let length = match fact.shape.as_slice() {
            // One number is taken for a row of one.
            [] => Some(1),
            [Dim::Known(n)] => Some(*n),
            [Dim::Named(_)] => None,
            shape => {
                let what = format!("input {place} has {} axes and must be a row", shape.len());
                return Err(Error::new(ErrorKind::Length, what));
            }
        };
        Ok(Some(Row { length, numbers: fact.value.as_ref().and_then(ints) }))
    }
}

/// What is known of a row of whole numbers.
pub(super) struct Row {
    /// How many there are.
    pub(super) length: Option<usize>,
    /// What they are.
    pub(super) numbers: Option<Vec<i64>>,
}

/// The elements as whole numbers; none if they are of another type.
pub(super) fn ints(tensor: &Tensor) -> Option<Vec<i64>> {
    match tensor.elements::<i64>() {
        Some(elements) => Some(elements.to_vec()),
        None => Some(tensor.elements::<i32>()?.iter().map(|n| i64::from(*n)).collect()),
    }
}

/// The elements as fractions; none if they are not of a floating-point type.
pub(super) fn floats(tensor: &Tensor) -> Option<Vec<f64>> {
    match tensor.dtype() {
        DType::F32 => Some(tensor.elements::<f32>()?.iter().map(|n| f64::from(*n)).collect()),
        DType::F64 => Some(tensor.elements::<f64>()?.to_vec()),
        DType::F16 => Some(tensor.elements::<half::f16>()?.iter().map(|n| f64::from(*n)).collect()),
        DType::BF16 => Some(tensor.elements::<half::bf16>()?.iter().map(|n| f64::from(*n)).collect()),
        _ => None,
    }
}
