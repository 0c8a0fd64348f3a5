//! [`Graph`]: what a model computes, as nodes in an order in which they can be computed.
//!
//! The invariants, checked by [`Graph::check`] when a graph is made: every input of a node is an input of the graph, a
//! constant, or an output of an earlier node; every value has one maker. A graph knows nothing of files or devices.

use super::op::Op;
use super::tensor::{DType, Tensor};
use crate::error::{Error, ErrorKind, Result};

/// A value of a [`Graph`], by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub(crate) usize);

/// What is known of a value before anything is computed.
#[derive(Clone, Debug, Default)]
pub struct Value {
    /// The name the file gave it, or one made up that no other value has.
    pub name: String,
    /// Its elements, for a constant.
    pub constant: Option<Tensor>,
    /// The type of its elements, where it is known.
    pub dtype: Option<DType>,
    /// Its shape, where its rank is known.
    pub shape: Option<Vec<Dim>>,
}

/// The length of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// Known.
    Known(usize),
    /// Known when the graph runs. Axes of one name are equally long; the empty name says nothing.
    Named(String),
}

/// One operator at work.
#[derive(Clone, Debug)]
pub struct Node {
    /// The name of the file, or operator and number: `Conv_12`.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// What it computes from, in the operator's order; none for an input that is left out.
    pub inputs: Vec<Option<ValueId>>,
    /// What it makes; none for an output that nobody asks for.
    pub outputs: Vec<Option<ValueId>>,
}

/// A model, ready to be looked at, changed or run.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub(crate) values: Vec<Value>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) inputs: Vec<ValueId>,
    pub(crate) outputs: Vec<ValueId>,
}

impl Graph {
    /// The values that a run is given, in the order of the file. Constants are not among them.
    pub fn inputs(&self) -> &[ValueId] {
        &self.inputs
    }

    /// The values that a run gives, in the order of the file.
    pub fn outputs(&self) -> &[ValueId] {
        &self.outputs
    }

    /// The nodes, each after those it computes from.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What is known of a value; none for the number of another graph's value.
    pub fn value(&self, id: ValueId) -> Option<&Value> {
        self.values.get(id.0)
    }

    /// The elements of a value, if it is a constant.
    pub fn constant(&self, id: ValueId) -> Option<&Tensor> {
        self.values.get(id.0)?.constant.as_ref()
    }

    /// All constants.
    pub fn constants(&self) -> impl Iterator<Item = &Tensor> {
        self.values.iter().filter_map(|value| value.constant.as_ref())
    }

    /// Adds a value and gives its number. The caller sees to it that the name is new.
    pub(crate) fn add(&mut self, value: Value) -> ValueId {
        self.values.push(value);
        ValueId(self.values.len().saturating_sub(1))
    }

    /// Checks what every graph promises: see the head of this file.
    ///
    /// # Errors
    /// `Format` for a value that is used before it is made, made twice, or not there.
    pub fn check(&self) -> Result<()> {
        let wrong = |what: String| Error::new(ErrorKind::Format, what);
        let name = |id: ValueId| self.value(id).map_or("?", |v| v.name.as_str());
        let mut made: Vec<bool> = self.values.iter().map(|v| v.constant.is_some()).collect();
        for id in &self.inputs {
            match made.get_mut(id.0) {
                Some(made) if !*made => *made = true,
                _ => {
                    return Err(wrong(format!("the input '{}' is a constant, or an input twice", name(*id))));
                }
            }
        }
        let ready = |made: &[bool], id: ValueId| made.get(id.0).copied().unwrap_or(false);
        for node in &self.nodes {
            if let Some(id) = node.inputs.iter().flatten().find(|id| !ready(&made, **id)) {
                return Err(wrong(format!("'{}' uses '{}' before it is made", node.name, name(*id))));
            }
            for id in node.outputs.iter().flatten() {
                match made.get_mut(id.0) {
                    Some(made) if !*made => *made = true,
                    _ => return Err(wrong(format!("'{}' makes '{}', which is there", node.name, name(*id)))),
                }
            }
        }
        match self.outputs.iter().find(|id| !ready(&made, **id)) {
            Some(id) => Err(wrong(format!("nothing makes the output '{}'", name(*id)))),
            None => Ok(()),
        }
    }
}
