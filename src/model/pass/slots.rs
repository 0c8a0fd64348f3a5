//! [`Slots`]: the nodes of a graph while a pass takes some away and puts others in their place.
//!
//! The invariant: a node that replaces several stands where the last of them stood and makes what that one made, so
//! that the order holds and no value changes its name. Uses are counted anew with each change.

use super::super::graph::{Dim, Graph, Node, Value, ValueId};
use super::super::op::Op;
use super::super::tensor::{DType, Tensor};

/// The nodes of a graph under change.
pub(super) struct Slots<'g> {
    pub(super) graph: &'g mut Graph,
    nodes: Vec<Option<Node>>,
    /// Where each value is made.
    makers: Vec<Option<usize>>,
    /// Where each value is used, once for each use.
    users: Vec<Vec<usize>>,
    is_output: Vec<bool>,
}

impl<'g> Slots<'g> {
    pub(super) fn new(graph: &'g mut Graph) -> Slots<'g> {
        let nodes: Vec<Option<Node>> = std::mem::take(&mut graph.nodes).into_iter().map(Some).collect();
        let n = graph.values.len();
        let (mut makers, mut users, mut is_output) = (vec![None; n], vec![Vec::new(); n], vec![false; n]);
        for (place, node) in nodes.iter().enumerate() {
            let Some(node) = node else { continue };
            for id in node.outputs.iter().flatten() {
                if let Some(maker) = makers.get_mut(id.0) {
                    *maker = Some(place);
                }
            }
            for id in node.inputs.iter().flatten() {
                if let Some(users) = users.get_mut(id.0) {
                    users.push(place);
                }
            }
        }
        for id in &graph.outputs {
            if let Some(is_output) = is_output.get_mut(id.0) {
                *is_output = true;
            }
        }
        Slots { graph, nodes, makers, users, is_output }
    }

    /// How many places there are, of nodes and of nodes taken away.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, place: usize) -> Option<&Node> {
        self.nodes.get(place)?.as_ref()
    }

    /// The node that makes a value, and its place.
    pub(super) fn maker(&self, id: ValueId) -> Option<(usize, &Node)> {
        let place = self.makers.get(id.0).copied().flatten()?;
        Some((place, self.node(place)?))
    }

    /// True if only this node uses the value, and uses it once.
    pub(super) fn only_for(&self, id: ValueId, place: usize) -> bool {
        self.uses(id) == 1 && self.users.get(id.0).is_some_and(|users| users.as_slice() == [place])
    }

    /// How often a value is used, by nodes and as an output of the graph.
    pub(super) fn uses(&self, id: ValueId) -> usize {
        let by_nodes = self.users.get(id.0).map_or(0, Vec::len);
        by_nodes.saturating_add(usize::from(self.is_output.get(id.0).copied().unwrap_or(false)))
    }

    pub(super) fn is_output(&self, id: ValueId) -> bool {
        self.is_output.get(id.0).copied().unwrap_or(false)
    }

    /// The elements of a constant.
    pub(super) fn constant(&self, id: ValueId) -> Option<&Tensor> {
        self.graph.constant(id)
    }

    pub(super) fn dtype(&self, id: ValueId) -> Option<DType> {
        self.graph.value(id)?.dtype
    }

    /// The shape, if its rank is known.
    pub(super) fn shape(&self, id: ValueId) -> Option<&[Dim]> {
        self.graph.value(id)?.shape.as_deref()
    }

    /// A new constant.
    pub(super) fn hold(&mut self, wish: &str, tensor: Tensor) -> ValueId {
        // A number that no other value has makes the name new.
        let name = format!("{wish}#{}", self.graph.values.len());
        let shape = tensor.shape().iter().map(|n| Dim::Known(*n)).collect();
        self.makers.push(None);
        self.users.push(Vec::new());
        self.is_output.push(false);
        self.graph.add(Value {
            name,
            dtype: Some(tensor.dtype()),
            shape: Some(shape),
            constant: Some(tensor),
        })
    }

    /// Puts another operator and other inputs in the place of a node; its outputs stay.
    pub(super) fn put(&mut self, place: usize, op: Op, inputs: Vec<Option<ValueId>>) {
        self.forget_uses(place);
        for id in inputs.iter().flatten() {
            if let Some(users) = self.users.get_mut(id.0) {
                users.push(place);
            }
        }
        if let Some(Some(node)) = self.nodes.get_mut(place) {
            node.op = op;
            node.inputs = inputs;
        }
    }

    /// Gives a node another name.
    pub(super) fn rename(&mut self, place: usize, name: String) {
        if let Some(Some(node)) = self.nodes.get_mut(place) {
            node.name = name;
        }
    }

    fn forget_uses(&mut self, place: usize) {
        let inputs = self.node(place).map(|node| node.inputs.clone()).unwrap_or_default();
        for id in inputs.into_iter().flatten() {
            if let Some(users) = self.users.get_mut(id.0) {
                users.retain(|user| *user != place);
            }
        }
    }

    /// Takes a node away. Nobody uses what it made.
    pub(super) fn remove(&mut self, place: usize) {
        self.forget_uses(place);
        for id in self.node(place).map(|node| node.outputs.clone()).unwrap_or_default().into_iter().flatten()
        {
            if let Some(maker) = self.makers.get_mut(id.0) {
                *maker = None;
            }
        }
        if let Some(slot) = self.nodes.get_mut(place) {
            *slot = None;
        }
    }

    /// Everybody who uses `old` uses `new`, which is made before.
    pub(super) fn replace(&mut self, old: ValueId, new: ValueId) {
        let users = self.users.get_mut(old.0).map(std::mem::take).unwrap_or_default();
        for place in &users {
            if let Some(Some(node)) = self.nodes.get_mut(*place) {
                node.inputs.iter_mut().filter(|id| **id == Some(old)).for_each(|id| *id = Some(new));
            }
        }
        if let Some(list) = self.users.get_mut(new.0) {
            list.extend(users);
        }
    }

    /// The node that makes `old` makes `new` in its stead, whose maker is gone.
    pub(super) fn make_instead(&mut self, old: ValueId, new: ValueId) {
        let Some(place) = self.makers.get_mut(old.0).and_then(Option::take) else { return };
        if let Some(Some(node)) = self.nodes.get_mut(place) {
            node.outputs.iter_mut().filter(|id| **id == Some(old)).for_each(|id| *id = Some(new));
        }
        if let Some(maker) = self.makers.get_mut(new.0) {
            *maker = Some(place);
        }
        self.replace(old, new);
    }

    /// An output of a node is not made any more.
    pub(super) fn leave_out(&mut self, place: usize, id: ValueId) {
        if let Some(Some(node)) = self.nodes.get_mut(place) {
            node.outputs.iter_mut().filter(|out| **out == Some(id)).for_each(|out| *out = None);
        }
        if let Some(maker) = self.makers.get_mut(id.0) {
            *maker = None;
        }
    }
}

impl Drop for Slots<'_> {
    fn drop(&mut self) {
        self.graph.nodes = std::mem::take(&mut self.nodes).into_iter().flatten().collect();
    }
}
