//! Windows and products: convolution, pooling and matrices.

use super::super::super::op::{Conv, ConvTranspose, Epilogue, Op, Padding, Pool, Window};
use super::super::attributes::Attributes;
use super::super::build::{Build, Made};
use super::super::call::Call;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    let a = &call.attributes;
    match call.kind {
        "Conv" => {
            let op = Op::Conv(conv(call)?);
            call.same(build, op)
        }
        "ConvTranspose" => {
            let op = Op::ConvTranspose(ConvTranspose {
                window: window(call)?,
                group: a.size("group")?.unwrap_or(1),
                output_padding: a.sizes("output_padding")?,
                output_shape: a.sizes("output_shape")?,
                epilogue: Epilogue::default(),
            });
            call.same(build, op)
        }
        "DeformConv" => {
            let op =
                Op::DeformConv { conv: conv(call)?, offset_groups: a.size("offset_group")?.unwrap_or(1) };
            call.same(build, op)
        }
        "Gemm" => {
            // Before version 7 the third input was broadcast only on request; one that is of full shape is the same.
            a.ignore(&["broadcast"]);
            let op = Op::Gemm {
                alpha: a.float_or("alpha", 1.0)?,
                beta: a.float_or("beta", 1.0)?,
                trans_a: a.int_or("transA", 0)? != 0,
                trans_b: a.int_or("transB", 0)? != 0,
            };
            call.same(build, op)
        }
        "MatMul" => call.same(build, Op::MatMul),
        "Einsum" => {
            let equation = a.text("equation")?.ok_or_else(|| Attributes::missing("equation"))?.to_owned();
            call.same(build, Op::Einsum { equation })
        }
        "MaxPool" | "AveragePool" | "LpPool" => {
            let kind = match call.kind {
                "MaxPool" => Pool::Max { columns_first: a.flag("storage_order", false)? },
                "AveragePool" => Pool::Average { count_padding: a.flag("count_include_pad", false)? },
                _ => power(call)?,
            };
            let window = window(call)?;
            if window.kernel.is_empty() {
                return Err(Attributes::missing("kernel_shape"));
            }
            call.same(build, Op::Pool { kind, window })
        }
        "GlobalAveragePool" => {
            call.same(build, Op::GlobalPool { kind: Pool::Average { count_padding: false } })
        }
        "GlobalMaxPool" => call.same(build, Op::GlobalPool { kind: Pool::Max { columns_first: false } }),
        "GlobalLpPool" => {
            let kind = power(call)?;
            call.same(build, Op::GlobalPool { kind })
        }
        "MaxUnpool" => {
            let window = window(call)?;
            if window.kernel.is_empty() {
                return Err(Attributes::missing("kernel_shape"));
            }
            call.same(build, Op::MaxUnpool { window })
        }
        _ => return Ok(None),
    }
    .map(Some)
}

/// A convolution as the file has it: nothing follows.
pub(super) fn conv(call: &Call<'_>) -> Result<Conv> {
    let group = call.attributes.size("group")?.unwrap_or(1);
    Ok(Conv { window: window(call)?, group, epilogue: Epilogue::default() })
}

fn power(call: &Call<'_>) -> Result<Pool> {
    // The first version wrote the power as a fraction.
    if call.opset < 2 {
        return match call.attributes.float_or("p", 2.0)? {
            1.0 => Ok(Pool::Lp { p: 1 }),
            2.0 => Ok(Pool::Lp { p: 2 }),
            p => call.unsupported(format!("the power {p} is not supported")),
        };
    }
    match u32::try_from(call.attributes.int_or("p", 2)?) {
        Ok(p) if p > 0 => Ok(Pool::Lp { p }),
        _ => call.wrong("the power is not above zero"),
    }
}

fn window(call: &Call<'_>) -> Result<Window> {
    let a = &call.attributes;
    let pads = a.ints("pads")?.unwrap_or_default();
    let auto = a.word(
        "auto_pad",
        None,
        &[("NOTSET", None), ("", None), ("SAME_UPPER", Some(0)), ("SAME_LOWER", Some(1)), ("VALID", Some(2))],
    )?;
    if auto.is_some() && pads.iter().any(|n| *n != 0) {
        return call.wrong("both pads and auto_pad are there");
    }
    let padding = match auto {
        None => Padding::Explicit(pads),
        Some(0) => Padding::SameUpper,
        Some(1) => Padding::SameLower,
        Some(_) => Padding::Valid,
    };
    Ok(Window {
        kernel: a.sizes("kernel_shape")?,
        strides: a.sizes("strides")?,
        dilations: a.sizes("dilations")?,
        padding,
        ceil: a.flag("ceil_mode", false)?,
    })
}
