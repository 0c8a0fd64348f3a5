//! [`walk`]: what is known of every value of a graph, from what is known of its inputs.

use super::super::graph::{Graph, ValueId};
use super::super::op::Op;
use super::super::tensor::{Tensor, count};
use super::{Evaluate, Fact, outputs};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// A value of at most so many elements is computed on the way, where its inputs are known.
const SMALL: usize = 4096;

/// A fact for each value of the graph, in the order of [`ValueId`]; none where not even the rank can be told, and
/// where nobody asks for an output. `inputs`: one for each input of the graph. With `evaluate`, small values whose
/// inputs are known are computed, so that shapes which are computed from shapes are known too.
///
/// # Errors
/// Those of [`outputs`], with the name of the node; `Length` for another number of inputs than the graph has.
pub fn walk(graph: &Graph, inputs: &[Fact], evaluate: Option<&Evaluate<'_>>) -> Result<Vec<Option<Fact>>> {
    if inputs.len() != graph.inputs.len() {
        let what = format!("{} inputs for a model of {}", inputs.len(), graph.inputs.len());
        return Err(Error::new(ErrorKind::Length, what));
    }
    let mut facts: Vec<Option<Fact>> =
        graph.values.iter().map(|v| v.constant.as_ref().map(Fact::constant)).collect();
    let set = |facts: &mut Vec<Option<Fact>>, id: ValueId, fact: Fact| {
        if let Some(slot) = facts.get_mut(id.0) {
            *slot = Some(fact);
        }
    };
    for (id, fact) in graph.inputs.iter().zip(inputs) {
        set(&mut facts, *id, fact.clone());
    }
    for node in &graph.nodes {
        let of = |id: &Option<ValueId>| id.map(|id| facts.get(id.0).cloned().flatten());
        let given: Vec<Option<Option<Fact>>> = node.inputs.iter().map(of).collect();
        if given.iter().any(|fact| matches!(fact, Some(None))) {
            continue;
        }
        let given: Vec<Option<Fact>> = given.into_iter().map(Option::flatten).collect();
        let place = || Place::none().key(node.name.clone());
        let made = match learn(&node.op, &given, node.outputs.len(), evaluate) {
            Ok(made) => made,
            Err(e) if e.kind() == ErrorKind::Unsupported => continue,
            Err(e) => return Err(e).at(place),
        };
        for (id, fact) in node.outputs.iter().zip(made) {
            if let Some(id) = id {
                set(&mut facts, *id, fact);
            }
        }
    }
    Ok(facts)
}

/// As [`outputs`]; small results of inputs that are known are computed, where `evaluate` can. What it cannot is left
/// for the run to tell.
pub(in super::super) fn learn(
    op: &Op,
    given: &[Option<Fact>],
    wanted: usize,
    evaluate: Option<&Evaluate<'_>>,
) -> Result<Vec<Fact>> {
    let made = outputs(op, given, wanted)?;
    if let Some(evaluate) = evaluate
        && made.iter().any(|fact| fact.value.is_none())
        && let Some(values) = small_values(given, &made)
        && let Ok(results) = evaluate(op, &values, wanted)
    {
        return Ok(results.iter().map(Fact::constant).collect());
    }
    Ok(made)
}

/// The inputs as elements, if they are all known and little comes of them.
fn small_values<'a>(given: &'a [Option<Fact>], made: &[Fact]) -> Option<Vec<Option<&'a Tensor>>> {
    let is_small = |fact: &Fact| match fact.known() {
        Some(shape) => count(&shape).is_some_and(|n| n <= SMALL),
        // A length that depends on the elements, as few as they are.
        None => true,
    };
    if !made.iter().all(is_small)
        || !given.iter().flatten().all(|fact| fact.known().is_some() && is_small(fact))
    {
        return None;
    }
    given
        .iter()
        .map(|fact| match fact {
            None => Some(None),
            Some(fact) => fact.value.as_ref().map(Some),
        })
        .collect()
}
