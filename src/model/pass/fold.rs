//! Constants computed before the model runs, and shapes that are known before it runs.

use super::super::graph::{Graph, ValueId};
use super::super::infer::{self, Evaluate, Fact};
use super::super::tensor::count;
use super::prune::prune;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// Constants that are made have no more elements than this, all together.
const MOST_ELEMENTS: usize = 1 << 28;

/// Computes every node whose inputs are constants, and every shape that is known from the declared shapes of the
/// inputs; writes down the types and shapes of all other values as far as they are known. `evaluate` computes.
///
/// # Errors
/// An error of `evaluate`, or of shapes that do not fit, with the name of the node: the model could never run. A node
/// that `evaluate` does not support stays as it is.
pub fn fold(graph: &mut Graph, evaluate: &Evaluate<'_>) -> Result<()> {
    let inputs = graph.inputs.iter().map(|id| {
        let value = graph.value(*id)?;
        Some(Fact { dtype: value.dtype?, shape: value.shape.clone()?, value: None })
    });
    let inputs = inputs.collect();
    fold_from(graph, inputs, evaluate)
}

/// As [`fold`], for inputs of these types and shapes, which the graph has from then on: the graph is then for these alone.
///
/// # Errors
/// As [`fold`]; `Length` for another number of inputs than the graph has.
pub fn settle(graph: &mut Graph, inputs: &[Fact], evaluate: &Evaluate<'_>) -> Result<()> {
    if inputs.len() != graph.inputs.len() {
        let what = format!("{} inputs for a model of {}", inputs.len(), graph.inputs.len());
        return Err(Error::new(ErrorKind::Length, what));
    }
    let inputs = inputs.iter().map(|fact| Some(Fact { value: None, ..fact.clone() })).collect();
    fold_from(graph, inputs, evaluate)
}

fn fold_from(graph: &mut Graph, inputs: Vec<Option<Fact>>, evaluate: &Evaluate<'_>) -> Result<()> {
    let mut facts: Vec<Option<Fact>> =
        graph.values.iter().map(|v| v.constant.as_ref().map(Fact::constant)).collect();
    let learn = |graph: &mut Graph, facts: &mut Vec<Option<Fact>>, id: ValueId, fact: Fact| {
        if let Some(value) = graph.values.get_mut(id.0) {
            value.dtype = Some(fact.dtype);
            value.shape = Some(fact.shape.clone());
            value.constant = fact.value.clone();
        }
        if let Some(slot) = facts.get_mut(id.0) {
            *slot = Some(fact);
        }
    };
    for (id, fact) in graph.inputs.clone().into_iter().zip(inputs) {
        if let Some(fact) = fact {
            learn(graph, &mut facts, id, fact);
        }
    }
    let mut room = MOST_ELEMENTS;
    for node in std::mem::take(&mut graph.nodes) {
        let known = |id: &Option<ValueId>| id.map(|id| facts.get(id.0).cloned().flatten());
        let given: Vec<Option<Option<Fact>>> = node.inputs.iter().map(known).collect();
        let mut made = None;
        if !given.iter().any(|fact| matches!(fact, Some(None))) {
            let given: Vec<Option<Fact>> = given.into_iter().map(Option::flatten).collect();
            let result = made_of(&node.op, &given, node.outputs.len(), &mut room, evaluate);
            made = match result {
                Ok(made) => Some(made),
                Err(e) if e.kind() == ErrorKind::Unsupported => None,
                Err(e) => return Err(e).at(|| Place::none().key(node.name.clone())),
            };
        }
        let is_constant = made.as_ref().is_some_and(|made| made.iter().all(|fact| fact.value.is_some()));
        for (id, fact) in node.outputs.iter().zip(made.unwrap_or_default()) {
            // A node stays until all it makes is known.
            let fact = if is_constant { fact } else { Fact { value: None, ..fact } };
            if let Some(id) = id {
                learn(graph, &mut facts, *id, fact);
            }
        }
        if !is_constant {
            graph.nodes.push(node);
        }
    }
    prune(graph);
    Ok(())
}

fn made_of(
    op: &super::super::op::Op,
    given: &[Option<Fact>],
    wanted: usize,
    room: &mut usize,
    evaluate: &Evaluate<'_>,
) -> Result<Vec<Fact>> {
    let made = infer::outputs(op, given, wanted)?;
    if made.iter().all(|fact| fact.value.is_some()) {
        return Ok(made);
    }
    let values: Option<Vec<_>> = given
        .iter()
        .map(|fact| match fact {
            None => Some(None),
            Some(fact) => fact.value.as_ref().map(Some),
        })
        .collect();
    let Some(values) = values else { return Ok(made) };
    // What depends on the elements themselves is no larger than they are.
    let largest = values.iter().flatten().map(|t| t.len()).max().unwrap_or(0);
    let size = |fact: &Fact| fact.known().and_then(|shape| count(&shape)).unwrap_or(largest);
    let total = made.iter().map(size).try_fold(0_usize, |sum, n| sum.checked_add(n));
    let Some(left) = total.and_then(|total| room.checked_sub(total)) else { return Ok(made) };
    let results = match evaluate(op, &values, wanted) {
        Ok(results) => results,
        Err(e) if e.kind() == ErrorKind::Unsupported => return Ok(made),
        Err(e) => return Err(e),
    };
    *room = left;
    Ok(results.iter().map(Fact::constant).collect())
}
