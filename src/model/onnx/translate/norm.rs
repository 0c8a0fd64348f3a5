//! Normalisation. Batch normalisation in training mode is written out in plain operators.

use super::super::super::graph::ValueId;
use super::super::super::op::{Binary, Op, Reduce, Unary};
use super::super::attributes::Attributes;
use super::super::build::{Build, Made};
use super::super::call::Call;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    let a = &call.attributes;
    match call.kind {
        "BatchNormalization" => batch(build, call),
        "InstanceNormalization" => {
            a.ignore(&["consumed_inputs"]);
            call.same(build, Op::InstanceNormalization { epsilon: a.float_or("epsilon", 1e-5)? })
        }
        "LayerNormalization" => {
            stash(call)?;
            let op =
                Op::LayerNormalization { axis: a.int_or("axis", -1)?, epsilon: a.float_or("epsilon", 1e-5)? };
            call.same(build, op)
        }
        "GroupNormalization" => {
            stash(call)?;
            let op = Op::GroupNormalization {
                groups: a.size("num_groups")?.ok_or_else(|| Attributes::missing("num_groups"))?,
                epsilon: a.float_or("epsilon", 1e-5)?,
                per_group: call.opset < 21,
            };
            call.same(build, op)
        }
        "LpNormalization" => match u32::try_from(a.int_or("p", 2)?) {
            Ok(p @ (1 | 2)) => call.same(build, Op::LpNormalization { axis: a.int_or("axis", -1)?, p }),
            _ => return call.wrong("p must be 1 or 2"),
        },
        "LRN" => {
            let op = Op::Lrn {
                alpha: a.float_or("alpha", 1e-4)?,
                beta: a.float_or("beta", 0.75)?,
                bias: a.float_or("bias", 1.0)?,
                size: a.size("size")?.ok_or_else(|| Attributes::missing("size"))?,
            };
            call.same(build, op)
        }
        _ => return Ok(None),
    }
    .map(Some)
}

/// The type that sums are kept in: single precision, which is the default.
pub(super) fn stash(call: &Call<'_>) -> Result<()> {
    match call.attributes.int_or("stash_type", 1)? {
        1 => Ok(()),
        _ => call.unsupported("sums in another type than float are not supported"),
    }
}

fn batch(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    let a = &call.attributes;
    a.ignore(&["consumed_inputs"]);
    let epsilon = a.float_or("epsilon", 1e-5)?;
    let momentum = a.float_or("momentum", 0.9)?;
    if !a.flag("spatial", true)? {
        return call.unsupported("statistics an element (spatial = 0) are not supported");
    }
    let tests = a.flag("is_test", false)?;
    let trains = a.flag("training_mode", false)?;
    if trains {
        return batch_in_training(build, call, epsilon, momentum);
    }
    let asks_for_statistics = (1..call.wanted.len()).any(|place| call.wants(place));
    if asks_for_statistics || (call.opset < 7 && !tests) {
        return call.unsupported("the model was exported for training");
    }
    let op = Op::BatchNormalization { epsilon };
    let mut made = build.emit(op, call.inputs.clone(), &[true])?;
    // Outputs without a name need a place in the list all the same.
    let y = made.first().copied();
    while let Some(y) = y
        && made.len() < call.wanted.len()
    {
        made.push(y);
    }
    Ok(made)
}

/// Statistics of this very batch, and the running ones moved towards them.
fn batch_in_training(build: &mut Build<'_>, call: &Call<'_>, epsilon: f32, momentum: f32) -> Result<Made> {
    let (x, scale, bias) = (call.need(0)?, call.need(1)?, call.need(2)?);
    let (mean, variance) = (call.need(3)?, call.need(4)?);
    let Some(rank) = build.rank(x).and_then(|rank| i64::try_from(rank).ok()) else {
        return call.unsupported("training mode with a rank that is not known");
    };
    if [scale, bias, mean, variance].iter().any(|id| build.dtype(*id) != build.dtype(x)) {
        return call.unsupported("training mode with elements of several types");
    }
    let others = build.row((0..rank).filter(|axis| *axis != 1).collect());
    let spatial = build.row((1..rank.saturating_sub(1)).collect());
    let average = Op::Reduce { kind: Reduce::Mean, keep: false, nothing_if_no_axes: false };
    let along = |build: &mut Build<'_>, row: ValueId| build.step(Op::Unsqueeze, &[row, spatial]);
    let now_mean = build.step(average.clone(), &[x, others])?;
    let wide = along(build, now_mean)?;
    let centred = build.step(Op::Binary(Binary::Sub), &[x, wide])?;
    let square = build.step(Op::Binary(Binary::Mul), &[centred, centred])?;
    let now_variance = build.step(average, &[square, others])?;
    let epsilon = build.number_like(epsilon, x)?;
    let safe = build.step(Op::Binary(Binary::Add), &[now_variance, epsilon])?;
    let deviation = build.step(Op::Unary(Unary::Sqrt), &[safe])?;
    let factor = build.step(Op::Binary(Binary::Div), &[scale, deviation])?;
    let (factor, bias) = (along(build, factor)?, along(build, bias)?);
    let scaled = build.step(Op::Binary(Binary::Mul), &[centred, factor])?;
    let mut made = vec![build.step(Op::Binary(Binary::Add), &[scaled, bias])?];
    for (place, (old, new)) in [(mean, now_mean), (variance, now_variance)].into_iter().enumerate() {
        if call.wants(place.saturating_add(1)) {
            let (stays, moves) = (build.number_like(momentum, x)?, build.number_like(1.0 - momentum, x)?);
            let old = build.step(Op::Binary(Binary::Mul), &[old, stays])?;
            let new = build.step(Op::Binary(Binary::Mul), &[new, moves])?;
            made.push(build.step(Op::Binary(Binary::Add), &[old, new])?);
        } else {
            made.push(x);
        }
    }
    Ok(made)
}
