//! Windows: convolution and pooling.

use super::super::graph::Dim;
use super::super::op::{Conv, ConvTranspose, Op, Padding, Pool, Window};
use super::super::tensor::{DType, count};
use super::dims::{
    computed, known, length, longer, misfit, product, same, senseless, too_large, unknown, wrong_type,
};
use super::inputs::Inputs;
use super::{Fact, fact};
use crate::error::{Error, ErrorKind, Result};

/// Elements of a window: more than any picture has that is looked at whole.
const MOST_TAPS: usize = 1 << 22;
/// What is put around or cut off is less: executors negate and add such numbers.
pub(super) const MOST_PADS: u64 = 1 << 48;

pub(super) fn outputs(op: &Op, inputs: Inputs<'_>) -> Result<Option<Vec<Fact>>> {
    Ok(Some(match op {
        Op::Conv(conv) => {
            let x = inputs.float(0)?;
            inputs.of(1, x.dtype)?;
            inputs.of(2, x.dtype)?;
            let made = fact(x.dtype, convolved(conv, x, inputs.need(1)?, inputs.get(2))?);
            vec![residual(made, conv.epilogue.residual, inputs, 3)?]
        }
        Op::DeformConv { conv, offset_groups } => vec![deformed(conv, *offset_groups, inputs)?],
        Op::ConvTranspose(conv) => {
            let x = inputs.float(0)?;
            inputs.of(1, x.dtype)?;
            inputs.of(2, x.dtype)?;
            let made = fact(x.dtype, transposed(conv, x, inputs)?);
            vec![residual(made, conv.epilogue.residual, inputs, 3)?]
        }
        Op::ConvInteger(conv) => {
            bytes(inputs, 0)?;
            bytes(inputs, 1)?;
            vec![fact(DType::I32, convolved(conv, inputs.need(0)?, inputs.need(1)?, None)?)]
        }
        Op::QLinearConv(conv) => {
            bytes(inputs, 0)?;
            bytes(inputs, 3)?;
            bytes(inputs, 7)?;
            let shape = convolved(conv, inputs.need(0)?, inputs.need(3)?, inputs.get(8))?;
            vec![fact(inputs.need(7)?.dtype, shape)]
        }
        Op::Pool { kind, window } => {
            let x = inputs.need(0)?;
            let (lead, spatial) = spatial(x)?;
            let mut shape = lead.to_vec();
            shape.extend(moved(window, &window.kernel, spatial, window.ceil)?);
            let y = fact(x.dtype, shape.clone());
            match kind {
                Pool::Max { .. } => vec![y, fact(DType::I64, shape)],
                Pool::Average { .. } | Pool::Lp { .. } => vec![y],
            }
        }
        Op::GlobalPool { .. } => {
            let x = inputs.float(0)?;
            let (lead, spatial) = spatial(x)?;
            let mut shape = lead.to_vec();
            shape.extend(spatial.iter().map(|_| Dim::Known(1)));
            vec![fact(x.dtype, shape)]
        }
        Op::MaxUnpool { window } => vec![unpooled(window, inputs)?],
        _ => return Ok(None),
    }))
}

/// Batch and channels, and the axes that windows move along.
fn spatial(x: &Fact) -> Result<(&[Dim], &[Dim])> {
    match x.shape.split_at_checked(2) {
        Some((lead, spatial)) if !spatial.is_empty() => Ok((lead, spatial)),
        _ => Err(misfit(format!("{} axes; batch, channels and one spatial axis at least", x.shape.len()))),
    }
}

fn bytes(inputs: Inputs<'_>, place: usize) -> Result<()> {
    match inputs.need(place)?.dtype {
        DType::U8 | DType::I8 => Ok(()),
        other => Err(wrong_type(place, other, "uint8 or int8")),
    }
}

fn residual(made: Fact, is_there: bool, inputs: Inputs<'_>, place: usize) -> Result<Fact> {
    if !is_there {
        return Ok(made);
    }
    let other = inputs.need(place)?;
    inputs.of(place, made.dtype)?;
    if other.shape.len() != made.shape.len() {
        return Err(misfit("the residual is of another rank than the result"));
    }
    let shape = made.shape.iter().zip(&other.shape).map(|(a, b)| same(a, b)).collect::<Result<_>>()?;
    Ok(fact(made.dtype, shape))
}

/// One number for each spatial axis: those of a list, or all `default` where there is no list.
fn each(list: &[usize], spatial: usize, what: &str) -> Result<Vec<usize>> {
    if list.is_empty() {
        return Ok(vec![1; spatial]);
    }
    if list.len() != spatial {
        return Err(senseless(format!("{} {what} for {spatial} spatial axes", list.len())));
    }
    if list.contains(&0) {
        return Err(senseless(format!("{what} of 0")));
    }
    Ok(list.to_vec())
}

/// How far a window of `kernel` elements in steps of `dilation` reaches.
fn reach(kernel: usize, dilation: usize) -> Result<usize> {
    let steps = kernel.checked_sub(1).ok_or_else(|| senseless("a window of no elements"))?;
    steps.checked_mul(dilation).and_then(|n| n.checked_add(1)).ok_or_else(too_large)
}

/// What is put before and after each spatial axis.
fn around(pads: &[i64], spatial: usize) -> Result<Vec<(i64, i64)>> {
    if pads.is_empty() {
        return Ok(vec![(0, 0); spatial]);
    }
    let (before, after) = pads.split_at_checked(spatial).unwrap_or((pads, &[]));
    if before.len() != spatial || after.len() != spatial {
        return Err(senseless(format!("{} pads for {spatial} spatial axes", pads.len())));
    }
    if pads.iter().any(|n| n.unsigned_abs() > MOST_PADS) {
        return Err(too_large());
    }
    Ok(before.iter().copied().zip(after.iter().copied()).collect())
}

/// How many places a window has along each spatial axis.
fn moved(window: &Window, kernel: &[usize], dims: &[Dim], ceil: bool) -> Result<Vec<Dim>> {
    let n = dims.len();
    let kernel = if kernel.len() == n { kernel.to_vec() } else { each(kernel, n, "kernel sizes")? };
    // Padding may make room for a window of any extent, whose elements are listed when it runs.
    if count(&kernel).is_none_or(|n| n > MOST_TAPS) {
        let what = format!("a window of {kernel:?}; the most elements are {MOST_TAPS}");
        return Err(Error::new(ErrorKind::Limit, what));
    }
    let (strides, dilations) =
        (each(&window.strides, n, "strides")?, each(&window.dilations, n, "dilations")?);
    let pads = match &window.padding {
        Padding::Explicit(pads) => around(pads, n)?,
        _ => vec![(0, 0); n],
    };
    let numbers = kernel.into_iter().zip(strides).zip(dilations).zip(pads);
    let mut result = Vec::with_capacity(n);
    for (dim, (((kernel, stride), dilation), (before, after))) in dims.iter().zip(numbers) {
        let reach = reach(kernel, dilation)?;
        let Some(input) = known(dim) else {
            let reach = i128::try_from(reach).map_err(|_| too_large())?;
            let more = i128::from(before).saturating_add(i128::from(after)).saturating_sub(reach);
            let same_size = matches!(window.padding, Padding::SameUpper | Padding::SameLower);
            result.push(match (same_size, stride) {
                (true, 1) => dim.clone(),
                (true, stride) => computed(dim, |name| format!("{name}/up/{stride}")),
                (false, 1) => longer(dim, more.saturating_add(1)),
                (false, stride) if ceil => {
                    computed(dim, |name| format!("{name}{before:+}{after:+}-{reach}/up/{stride}"))
                }
                (false, stride) => computed(dim, |name| format!("({name}{more:+})/{stride}+1")),
            });
            continue;
        };
        if matches!(window.padding, Padding::SameUpper | Padding::SameLower) {
            result.push(Dim::Known(input.div_ceil(stride)));
            continue;
        }
        let long = i64::try_from(input)
            .ok()
            .and_then(|n| n.checked_add(before)?.checked_add(after))
            .ok_or_else(too_large)?;
        let slack = usize::try_from(long).ok().and_then(|long| long.checked_sub(reach));
        let slack = slack.ok_or_else(|| misfit(format!("a window of {reach} on an axis of {long}")))?;
        let mut places = slack.checked_div(stride).unwrap_or(0).checked_add(1).ok_or_else(too_large)?;
        if ceil && slack.checked_rem(stride) != Some(0) {
            // One more, if it begins inside of the input or what is before it.
            let begins =
                places.checked_mul(stride).and_then(|n| i64::try_from(n).ok()).ok_or_else(too_large)?;
            let inside =
                i64::try_from(input).ok().and_then(|n| n.checked_add(before)).ok_or_else(too_large)?;
            if begins < inside {
                places = places.checked_add(1).ok_or_else(too_large)?;
            }
        }
        result.push(Dim::Known(places));
    }
    Ok(result)
}

/// The extents of a window: those of the file, which must be those of the weights.
fn extents(window: &Window, weights: &[Dim]) -> Result<Option<Vec<usize>>> {
    let of_weights: Option<Vec<usize>> = weights.iter().map(known).collect();
    if window.kernel.is_empty() {
        return Ok(of_weights);
    }
    if window.kernel.len() != weights.len() || of_weights.is_some_and(|w| w != window.kernel) {
        return Err(misfit(format!("kernel_shape {:?} is not that of the weights", window.kernel)));
    }
    Ok(Some(window.kernel.clone()))
}

fn convolved(conv: &Conv, x: &Fact, w: &Fact, bias: Option<&Fact>) -> Result<Vec<Dim>> {
    let (lead, dims) = spatial(x)?;
    let [batch, channels] = lead else { return Err(misfit("no channels")) };
    if w.shape.len() != x.shape.len() {
        return Err(misfit(format!("weights of {} axes for {}", w.shape.len(), x.shape.len())));
    }
    let [filters, depth, window @ ..] = w.shape.as_slice() else {
        return Err(misfit("weights without channels"));
    };
    if conv.group == 0 {
        return Err(senseless("0 groups"));
    }
    same(channels, &product(&[depth.clone(), Dim::Known(conv.group)])?)?;
    if known(filters).is_some_and(|n| n.checked_rem(conv.group) != Some(0)) {
        return Err(misfit(format!("{} groups do not divide the output channels", conv.group)));
    }
    per_channel(bias, filters)?;
    let mut shape = vec![batch.clone(), filters.clone()];
    match extents(&conv.window, window)? {
        Some(kernel) => shape.extend(moved(&conv.window, &kernel, dims, false)?),
        None => shape.extend(dims.iter().map(|_| unknown())),
    }
    Ok(shape)
}

fn per_channel(bias: Option<&Fact>, channels: &Dim) -> Result<()> {
    match bias.map(|bias| bias.shape.as_slice()) {
        None => Ok(()),
        Some([dim]) => same(dim, channels).map(|_| ()),
        Some(shape) => Err(misfit(format!("a bias of {} axes", shape.len()))),
    }
}

fn deformed(conv: &Conv, offset_groups: usize, inputs: Inputs<'_>) -> Result<Fact> {
    let (x, w, offset) = (inputs.float(0)?, inputs.need(1)?, inputs.need(2)?);
    for place in 1..5 {
        inputs.of(place, x.dtype)?;
    }
    let shape = convolved(conv, x, w, inputs.get(3))?;
    if offset_groups == 0 {
        return Err(senseless("0 groups of offsets"));
    }
    let taps = product(w.shape.get(2..).unwrap_or_default())?;
    let axes = shape.len().saturating_sub(2);
    for (fact, each) in [(Some(offset), axes), (inputs.get(4), 1)] {
        let Some(fact) = fact else { continue };
        if fact.shape.len() != shape.len() {
            return Err(misfit("offsets of another rank than the result"));
        }
        let channels = product(&[taps.clone(), Dim::Known(each), Dim::Known(offset_groups)])?;
        let mut wanted = shape.clone();
        super::layout::set(&mut wanted, 1, channels);
        for (a, b) in wanted.iter().zip(&fact.shape) {
            same(a, b)?;
        }
    }
    residual(fact(x.dtype, shape), conv.epilogue.residual, inputs, 5)
}

fn transposed(conv: &ConvTranspose, x: &Fact, inputs: Inputs<'_>) -> Result<Vec<Dim>> {
    let w = inputs.need(1)?;
    let (lead, dims) = spatial(x)?;
    let [batch, channels] = lead else { return Err(misfit("no channels")) };
    let [depth, filters, window @ ..] = w.shape.as_slice() else {
        return Err(misfit("weights without channels"));
    };
    if w.shape.len() != x.shape.len() {
        return Err(misfit(format!("weights of {} axes for {}", w.shape.len(), x.shape.len())));
    }
    same(channels, depth)?;
    if conv.group == 0 || known(depth).is_some_and(|n| n.checked_rem(conv.group) != Some(0)) {
        return Err(misfit(format!("{} groups do not divide the channels", conv.group)));
    }
    let filters = product(&[filters.clone(), Dim::Known(conv.group)])?;
    per_channel(inputs.get(2), &filters)?;
    let mut shape = vec![batch.clone(), filters];
    let n = dims.len();
    let (strides, dilations) =
        (each(&conv.window.strides, n, "strides")?, each(&conv.window.dilations, n, "dilations")?);
    let kernel = extents(&conv.window, window)?;
    if !conv.output_shape.is_empty() {
        // Some exporters name batch and channels too.
        let given = conv.output_shape.len().checked_sub(n).and_then(|lead| conv.output_shape.get(lead..));
        let given = given.ok_or_else(|| senseless("output_shape of too few axes"))?;
        shape.extend(given.iter().map(|n| Dim::Known(*n)));
        return Ok(shape);
    }
    let extra = if conv.output_padding.is_empty() { vec![0; n] } else { conv.output_padding.clone() };
    if extra.len() != n {
        return Err(senseless("output_padding of another rank"));
    }
    let pads = match &conv.window.padding {
        Padding::Explicit(pads) => around(pads, n)?,
        _ => vec![(0, 0); n],
    };
    let same_size = matches!(conv.window.padding, Padding::SameUpper | Padding::SameLower);
    for (k, dim) in dims.iter().enumerate() {
        let at = |list: &[usize]| list.get(k).copied().unwrap_or(1);
        let stride = at(&strides);
        if same_size {
            shape.push(product(&[dim.clone(), Dim::Known(stride)])?);
            continue;
        }
        let Some(kernel) = &kernel else {
            shape.push(unknown());
            continue;
        };
        let reach = reach(at(kernel), at(&dilations))?;
        let Some(input) = known(dim) else {
            let (before, after) = pads.get(k).copied().unwrap_or((0, 0));
            let wide = |n: usize| i128::try_from(n).unwrap_or(i128::MAX);
            let more = wide(reach).saturating_add(wide(extra.get(k).copied().unwrap_or(0)));
            let less = i128::from(before).saturating_add(i128::from(after)).saturating_add(wide(stride));
            let scaled =
                if stride == 1 { dim.clone() } else { computed(dim, |name| format!("{name}*{stride}")) };
            shape.push(longer(&scaled, more.saturating_sub(less)));
            continue;
        };
        let full = input
            .checked_sub(1)
            .ok_or_else(|| misfit("a transposed convolution of nothing"))?
            .checked_mul(stride)
            .and_then(|n| n.checked_add(reach)?.checked_add(extra.get(k).copied().unwrap_or(0)))
            .and_then(|n| i64::try_from(n).ok())
            .ok_or_else(too_large)?;
        let (before, after) = pads.get(k).copied().unwrap_or((0, 0));
        let left = full.checked_sub(before).and_then(|n| n.checked_sub(after)).ok_or_else(too_large)?;
        shape.push(Dim::Known(length(left)?));
    }
    Ok(shape)
}

fn unpooled(window: &Window, inputs: Inputs<'_>) -> Result<Fact> {
    let (x, places) = (inputs.need(0)?, inputs.need(1)?);
    inputs.of(1, DType::I64)?;
    for (a, b) in x.shape.iter().zip(&places.shape) {
        same(a, b)?;
    }
    let (lead, dims) = spatial(x)?;
    if let Some(row) = inputs.row(2)? {
        if row.length.is_some_and(|n| n != x.shape.len()) {
            return Err(misfit("the output shape is of another rank"));
        }
        let shape = match row.numbers {
            Some(list) => list.into_iter().map(|n| length(n).map(Dim::Known)).collect::<Result<_>>()?,
            None => x.shape.iter().map(|_| unknown()).collect(),
        };
        return Ok(fact(x.dtype, shape));
    }
    let n = dims.len();
    let (kernel, strides) = (each(&window.kernel, n, "kernel sizes")?, each(&window.strides, n, "strides")?);
    let pads = match &window.padding {
        Padding::Explicit(pads) => around(pads, n)?,
        _ => return Err(senseless("MaxUnpool with automatic padding")),
    };
    let mut shape = lead.to_vec();
    for (dim, ((kernel, stride), (before, after))) in
        dims.iter().zip(kernel.into_iter().zip(strides).zip(pads))
    {
        let Some(input) = known(dim) else {
            shape.push(unknown());
            continue;
        };
        let full = input.checked_sub(1).ok_or_else(|| misfit("nothing to unpool"))?;
        let full = full.checked_mul(stride).and_then(|n| i64::try_from(n.checked_add(kernel)?).ok());
        let left = full.and_then(|n| n.checked_sub(before)?.checked_sub(after)).ok_or_else(too_large)?;
        shape.push(Dim::Known(length(left)?));
    }
    Ok(fact(x.dtype, shape))
}

#[cfg(test)]
mod tests {
    use super::super::super::op::PadMode;
    use super::super::super::tensor::Tensor;
    use super::*;

    #[test]
    fn a_window_of_too_many_elements_is_refused_whatever_the_padding() {
        let pool = |kernel: &[usize], padding: Padding| {
            let window = Window {
                kernel: kernel.to_vec(),
                strides: Vec::new(),
                dilations: Vec::new(),
                padding,
                ceil: false,
            };
            let inputs = [Some(Fact::new(DType::F32, &[1, 1, 8, 8]))];
            super::super::outputs(&Op::Pool { kind: Pool::Max { columns_first: false }, window }, &inputs, 1)
        };
        assert!(pool(&[2, 1 << 21], Padding::SameUpper).is_ok());
        for padding in [Padding::SameUpper, Padding::Explicit(vec![0, 1 << 31, 0, 1 << 31])] {
            let error = pool(&[2, (1 << 31) - 1], padding).unwrap_err();
            assert!(
                error.kind() == ErrorKind::Limit && error.what().contains("the most elements"),
                "{error}"
            );
        }
        assert!(pool(&[usize::MAX, 2], Padding::SameUpper).is_err());
    }

    #[test]
    fn pads_that_cannot_be_negated_are_refused_though_they_cancel() {
        let x = Some(Fact::new(DType::F32, &[4]));
        let pads = |pads: [i64; 2]| Some(Fact::constant(&Tensor::row(pads.to_vec())));
        let pad =
            |row| super::super::outputs(&Op::Pad { mode: PadMode::Constant }, &[x.clone(), pads(row)], 1);
        assert_eq!(pad([-3, 2]).unwrap()[0].known(), Some(vec![3]));
        assert_eq!(pad([i64::MIN, i64::MAX]).unwrap_err().kind(), ErrorKind::Limit);
        assert!(around(&[i64::MIN, i64::MAX], 1).is_err());
        assert_eq!(around(&[1, -1], 1).unwrap(), [(1, -1)]);
    }
}
