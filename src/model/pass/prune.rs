//! What does nothing is taken away: nodes whose results nobody uses, and nodes that hand on what they are given.

use super::super::graph::{Dim, Graph, Node, ValueId};
use super::super::op::{Op, Padding, Pool};
use super::slots::Slots;

/// Takes away nodes and constants that no output depends on, and nodes that change nothing.
pub fn prune(graph: &mut Graph) {
    let mut slots = Slots::new(graph);
    for place in 0..slots.len() {
        if let Some((from, to)) = slots.node(place).and_then(|node| passes_on(&slots, node)) {
            short_cut(&mut slots, place, from, to);
        }
    }
    for place in (0..slots.len()).rev() {
        let Some(node) = slots.node(place) else { continue };
        let outputs: Vec<ValueId> = node.outputs.iter().flatten().copied().collect();
        let unused: Vec<ValueId> = outputs.iter().copied().filter(|id| slots.uses(*id) == 0).collect();
        if unused.len() == outputs.len() {
            slots.remove(place);
        } else {
            unused.into_iter().for_each(|id| slots.leave_out(place, id));
        }
    }
    let unused: Vec<usize> =
        (0..slots.graph.values.len()).filter(|place| slots.uses(ValueId(*place)) == 0).collect();
    for place in unused {
        if let Some(value) = slots.graph.values.get_mut(place) {
            value.constant = None;
        }
    }
}

/// For a node that changes nothing: the value it is given and the one it makes of it.
fn passes_on(slots: &Slots<'_>, node: &Node) -> Option<(ValueId, ValueId)> {
    let from = node.inputs.first().copied().flatten()?;
    let to = node.outputs.first().copied().flatten()?;
    let others = node.outputs.iter().skip(1).flatten();
    let nobody_asks_for_more = others.into_iter().all(|id| slots.uses(*id) == 0);
    let is_alone = node.inputs.len() == 1;
    let same_shape = || match (slots.shape(from), slots.shape(to)) {
        (Some(a), Some(b)) => same(a, b),
        _ => false,
    };
    let nothing = match &node.op {
        Op::Identity => true,
        // Whether it drops may be said when it runs.
        Op::Dropout => nobody_asks_for_more && node.inputs.len() == 1,
        Op::Cast { to, .. } => slots.dtype(from) == Some(*to),
        Op::Concat { .. } | Op::Variadic(_) => is_alone,
        Op::Transpose { perm: Some(perm) } => perm.iter().copied().eq(0..perm.len()),
        Op::Reshape { .. } | Op::Flatten { .. } | Op::Squeeze | Op::Unsqueeze | Op::Expand => same_shape(),
        Op::Pad { .. } => {
            let pads =
                node.inputs.get(1).copied().flatten().and_then(|id| slots.constant(id)?.elements::<i64>());
            pads.is_some_and(|pads| pads.iter().all(|n| *n == 0))
        }
        // A window of one element.
        Op::Pool { kind: Pool::Max { .. } | Pool::Average { .. }, window } => {
            let ones = |list: &[usize]| list.iter().all(|n| *n == 1);
            let no_pads = match &window.padding {
                Padding::Explicit(pads) => pads.iter().all(|n| *n == 0),
                _ => true,
            };
            nobody_asks_for_more && ones(&window.kernel) && ones(&window.strides) && no_pads
        }
        _ => false,
    };
    nothing.then_some((from, to))
}

/// True if two shapes are certainly the same.
pub(super) fn same(a: &[Dim], b: &[Dim]) -> bool {
    let certain = |dim: &Dim| !matches!(dim, Dim::Named(name) if name.is_empty());
    a == b && a.iter().all(certain)
}

fn short_cut(slots: &mut Slots<'_>, place: usize, from: ValueId, to: ValueId) {
    if !slots.is_output(to) {
        slots.replace(to, from);
        slots.remove(place);
        return;
    }
    // The output keeps its name: what made the other makes it. An input, a constant or another output cannot.
    if slots.maker(from).is_some() && !slots.is_output(from) {
        slots.remove(place);
        slots.make_instead(from, to);
    }
}
