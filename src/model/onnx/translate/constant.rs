//! Constants that are written as nodes.

use super::super::super::tensor::Tensor;
use super::super::build::{Build, Made};
use super::super::call::Call;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    if call.kind != "Constant" {
        return Ok(None);
    }
    let a = &call.attributes;
    for name in ["sparse_value", "value_string", "value_strings"] {
        if a.has(name) {
            return call.unsupported("sparse constants and texts are not supported");
        }
    }
    let tensor = if let Some(stored) = a.tensor("value")? {
        build.tensor(stored)?
    } else if let Some(number) = a.float("value_float")? {
        Tensor::scalar(number)
    } else if let Some(numbers) = a.floats("value_floats")? {
        Tensor::row(numbers)
    } else if let Some(number) = a.int("value_int")? {
        Tensor::scalar(number)
    } else if let Some(numbers) = a.ints("value_ints")? {
        Tensor::row(numbers)
    } else {
        return call.wrong("a constant without a value");
    };
    Ok(Some(vec![build.constant(tensor)]))
}
