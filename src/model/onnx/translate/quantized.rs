//! Eight bits: quantisation, and products of quantised numbers.

use super::super::super::op::Op;
use super::super::super::tensor::DType;
use super::super::build::{Build, Made};
use super::super::call::Call;
use super::super::storage;
use super::window::conv;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    let a = &call.attributes;
    match call.kind {
        "QuantizeLinear" | "DequantizeLinear" => {
            let (axis, block) = (a.int_or("axis", 1)?, a.size("block_size")?.unwrap_or(0));
            let to = match a.int_or("output_dtype", 0)? {
                0 => None,
                number => match i32::try_from(number) {
                    Ok(number) => Some(storage::dtype(number)?),
                    Err(_) => return call.wrong("output_dtype is not the number of a type"),
                },
            };
            if call.kind == "DequantizeLinear" {
                return call.same(build, Op::DequantizeLinear { axis, block, to }).map(Some);
            }
            // These two speak of eight-bit floats and of the division alone.
            a.ignore(&["saturate"]);
            if !matches!(a.int_or("precision", 0)?, 0 | 1) {
                return call.unsupported("a precision other than float is not supported");
            }
            let zero = match call.input(2) {
                None => None,
                Some(id) => match build.dtype(id) {
                    None => return call.unsupported("the type of its zero point is not known"),
                    dtype => dtype,
                },
            };
            if let (Some(to), Some(zero)) = (to, zero)
                && to != zero
            {
                return call.wrong("output_dtype and the zero point are of different types");
            }
            let to = to.or(zero).unwrap_or(DType::U8);
            call.same(build, Op::QuantizeLinear { axis, block, to })
        }
        "ConvInteger" => {
            let op = Op::ConvInteger(conv(call)?);
            call.same(build, op)
        }
        "QLinearConv" => {
            let op = Op::QLinearConv(conv(call)?);
            call.same(build, op)
        }
        "MatMulInteger" => call.same(build, Op::MatMulInteger),
        "QLinearMatMul" => call.same(build, Op::QLinearMatMul),
        _ => return Ok(None),
    }
    .map(Some)
}
