//! How a graph grows: constants, nodes behind what it computes, and nodes before its inputs.
//!
//! What prepares a picture for a model, and what makes boxes of its numbers, are nodes too, and run where the model runs.
//! The invariant: a graph that passed [`Graph::check`] passes it after every call here.

use super::graph::{Dim, Graph, Node, Value, ValueId};
use super::op::Op;
use super::tensor::{DType, Tensor};

impl Graph {
    /// A constant.
    pub fn hold(&mut self, tensor: Tensor) -> ValueId {
        let name = self.fresh("constant");
        let shape = tensor.shape().iter().map(|n| Dim::Known(*n)).collect();
        self.add(Value { name, dtype: Some(tensor.dtype()), shape: Some(shape), constant: Some(tensor) })
    }

    /// An input more, behind those there are. The name must be new.
    pub fn take(&mut self, name: &str, dtype: DType, shape: Vec<Dim>) -> ValueId {
        let value = Value { name: name.to_owned(), dtype: Some(dtype), shape: Some(shape), constant: None };
        let id = self.add(value);
        self.inputs.push(id);
        id
    }

    /// A constant row of whole numbers, as axes and shapes are given to operators.
    pub fn hold_row(&mut self, numbers: &[i64]) -> ValueId {
        self.hold(Tensor::row(numbers.to_vec()))
    }

    /// Appends a node of one output.
    pub fn then(&mut self, op: Op, inputs: &[ValueId]) -> ValueId {
        let inputs: Vec<Option<ValueId>> = inputs.iter().copied().map(Some).collect();
        let (node, outputs) = self.node(op, inputs, 1);
        self.nodes.push(node);
        outputs
    }

    /// Appends a node of two outputs.
    pub fn then_two(&mut self, op: Op, inputs: &[ValueId]) -> (ValueId, ValueId) {
        let inputs: Vec<Option<ValueId>> = inputs.iter().copied().map(Some).collect();
        let (mut node, first) = self.node(op, inputs, 1);
        let name = self.fresh(&node.name);
        let second = self.add(Value { name, ..Value::default() });
        node.outputs.push(Some(second));
        self.nodes.push(node);
        (first, second)
    }

    /// Puts nodes before an input: a new input of this type and shape takes its place, and `make` says what the old one
    /// is computed from it by; `make` appends nodes and gives the last value.
    pub fn before(
        &mut self,
        input: ValueId,
        dtype: DType,
        shape: Vec<Dim>,
        make: impl FnOnce(&mut Graph, ValueId) -> ValueId,
    ) -> ValueId {
        let name = self.fresh("pictures");
        let new = self.add(Value { name, dtype: Some(dtype), shape: Some(shape), constant: None });
        let there = self.nodes.len();
        let made = make(self, new);
        // The last node makes the old input itself.
        for node in self.nodes.iter_mut().skip(there) {
            node.outputs.iter_mut().filter(|id| **id == Some(made)).for_each(|id| *id = Some(input));
        }
        let count = self.nodes.len() - there;
        self.nodes.rotate_right(count);
        self.inputs.iter_mut().filter(|id| **id == input).for_each(|id| *id = new);
        new
    }

    /// Forgets the shapes that the file says of what is computed and of inputs: they are those of the inputs it was written
    /// with.
    pub fn forget_shapes(&mut self) {
        self.values.iter_mut().filter(|value| value.constant.is_none()).for_each(|value| value.shape = None);
    }

    /// What a run gives from now on.
    pub fn give(&mut self, outputs: Vec<ValueId>) {
        self.outputs = outputs;
    }

    /// The value of this name.
    pub fn named(&self, name: &str) -> Option<ValueId> {
        self.values.iter().position(|value| value.name == name).map(ValueId)
    }

    /// A name that no value has.
    fn fresh(&self, stem: &str) -> String {
        let mut number = self.values.len();
        loop {
            let name = format!("{stem}.{number}");
            if self.named(&name).is_none() {
                return name;
            }
            number += 1;
        }
    }

    fn node(&mut self, op: Op, inputs: Vec<Option<ValueId>>, outputs: usize) -> (Node, ValueId) {
        let stem = format!("{op:?}");
        let stem = stem.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("node").to_owned();
        let name = self.fresh(&stem);
        let first = self.add(Value { name: name.clone(), ..Value::default() });
        debug_assert_eq!(outputs, 1);
        (Node { name, op, inputs, outputs: vec![Some(first)] }, first)
    }
}
