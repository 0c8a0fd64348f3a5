//! The order in which the nodes of one graph of the file can be read: each after those it takes from.
//!
//! Nodes that are already in order stay as they are. A node that needs itself, and two nodes that make one value, are
//! errors. What a subgraph takes from outside counts as taken by its node.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::wire;
use crate::error::{Error, ErrorKind, Result};

/// The places of the nodes, in order. `given`: names that are there before any node.
pub(super) fn order<'a>(nodes: &'a [wire::Node], given: &HashSet<&'a str>) -> Result<Vec<usize>> {
    let wrong = |what: String| Error::new(ErrorKind::Format, what);
    let mut maker: HashMap<&str, usize> = HashMap::new();
    for (place, node) in nodes.iter().enumerate() {
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            if given.contains(name.as_str()) || maker.insert(name, place).is_some() {
                return Err(wrong(format!("the value '{name}' is made twice")));
            }
        }
    }
    let mut waits_for: Vec<usize> = vec![0; nodes.len()];
    let mut feeds: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (place, node) in nodes.iter().enumerate() {
        let from: BTreeSet<usize> =
            taken(node).into_iter().filter_map(|name| maker.get(name).copied()).collect();
        if let Some(count) = waits_for.get_mut(place) {
            *count = from.len();
        }
        for maker in from {
            if let Some(list) = feeds.get_mut(maker) {
                list.push(place);
            }
        }
    }
    let mut ready: BTreeSet<usize> =
        waits_for.iter().enumerate().filter(|(_, n)| **n == 0).map(|(place, _)| place).collect();
    let mut order = Vec::new();
    while let Some(place) = ready.pop_first() {
        order.push(place);
        for next in feeds.get(place).into_iter().flatten() {
            if let Some(count) = waits_for.get_mut(*next) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.insert(*next);
                }
            }
        }
    }
    match waits_for.iter().position(|n| *n > 0).and_then(|place| nodes.get(place)) {
        None => Ok(order),
        Some(node) => {
            let name = node.output.first().map_or("", String::as_str);
            Err(wrong(format!("the node {} that makes '{name}' needs its own result", node.op_type)))
        }
    }
}

/// The names a node takes, its subgraphs' too.
fn taken(node: &wire::Node) -> Vec<&str> {
    let mut names: Vec<&str> = node.input.iter().map(String::as_str).collect();
    for graph in node.attribute.iter().filter_map(|a| a.g.as_ref()) {
        names.extend(taken_from_outside(graph));
    }
    names
}

fn taken_from_outside(graph: &wire::Graph) -> Vec<&str> {
    let mut own: HashSet<&str> = graph.input.iter().map(|v| v.name.as_str()).collect();
    own.extend(graph.initializer.iter().map(|t| t.name.as_str()));
    own.extend(graph.node.iter().flat_map(|n| &n.output).map(String::as_str));
    let mut names: Vec<&str> = graph.node.iter().flat_map(taken).collect();
    names.extend(graph.output.iter().map(|v| v.name.as_str()));
    names.retain(|name| !own.contains(name));
    names
}

/// All names that a graph takes from its inputs, its constants or from outside.
pub(super) fn used(graph: &wire::Graph) -> HashSet<&str> {
    let nodes = graph.node.iter().flat_map(taken);
    nodes.chain(graph.output.iter().map(|v| v.name.as_str())).collect()
}
