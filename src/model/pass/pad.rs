//! Zeros put around a picture before a convolution, drawn into the convolution's own padding.

use super::super::graph::{Graph, ValueId};
use super::super::op::{Op, PadMode, Padding, Window};
use super::slots::Slots;
use super::weights::numbers;

/// Draws constant padding of zeros into the convolutions that follow it.
pub(super) fn pads(graph: &mut Graph) {
    let mut slots = Slots::new(graph);
    for place in 0..slots.len() {
        draw_in(&mut slots, place);
    }
}

fn draw_in(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let node = slots.node(place)?;
    let Op::Conv(conv) = &node.op else { return None };
    let padded = node.inputs.first().copied().flatten()?;
    let spatial = slots.constant(node.inputs.get(1).copied().flatten()?)?.rank().checked_sub(2)?;
    let (pad_place, pad) = slots.maker(padded)?;
    let Op::Pad { mode: PadMode::Constant } = pad.op else { return None };
    let input = |at: usize| pad.inputs.get(at).copied().flatten();
    if let Some(value) = input(2)
        && numbers(slots.constant(value)?)? != [0.0]
    {
        return None;
    }
    let around = amounts(slots, input(1)?, input(3), spatial.checked_add(2)?)?;
    let (lead, picture) = around.split_at_checked(2)?;
    if lead.iter().any(|pad| *pad != (0, 0)) {
        return None;
    }
    let own = match &conv.window.padding {
        Padding::Explicit(pads) if pads.len() == spatial.checked_mul(2)? => pads.clone(),
        Padding::Explicit(pads) if !pads.is_empty() => return None,
        Padding::Explicit(_) | Padding::Valid => vec![0; spatial.checked_mul(2)?],
        Padding::SameUpper | Padding::SameLower => return None,
    };
    let more = picture.iter().map(|(before, _)| *before).chain(picture.iter().map(|(_, after)| *after));
    let sums: Option<Vec<i64>> = own.into_iter().zip(more).map(|(own, more)| own.checked_add(more)).collect();
    let mut conv = conv.clone();
    conv.window = Window { padding: Padding::Explicit(sums?), ..conv.window };
    let mut inputs = node.inputs.clone();
    *inputs.first_mut()? = Some(input(0)?);
    let is_last_use = slots.only_for(padded, place);
    slots.put(place, Op::Conv(conv), inputs);
    if is_last_use {
        slots.remove(pad_place);
    }
    Some(())
}

/// How much is put before and after each axis; none if it is not constant, or if something is cut off.
fn amounts(slots: &Slots<'_>, pads: ValueId, axes: Option<ValueId>, rank: usize) -> Option<Vec<(i64, i64)>> {
    let pads = slots.constant(pads)?.elements::<i64>()?;
    let axes: Vec<i64> = match axes {
        None => (0..i64::try_from(rank).ok()?).collect(),
        Some(id) => slots.constant(id)?.elements::<i64>()?.to_vec(),
    };
    let (before, after) = pads.split_at_checked(axes.len())?;
    if after.len() != axes.len() || pads.iter().any(|n| *n < 0) {
        return None;
    }
    let mut amounts = vec![(0, 0); rank];
    for ((axis, before), after) in axes.into_iter().zip(before).zip(after) {
        let axis = if axis < 0 { axis.checked_add(i64::try_from(rank).ok()?)? } else { axis };
        *amounts.get_mut(usize::try_from(axis).ok()?)? = (*before, *after);
    }
    Some(amounts)
}
