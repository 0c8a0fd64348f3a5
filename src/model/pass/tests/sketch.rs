//! Small graphs, drawn by hand.

use super::super::super::graph::{Dim, Graph, Node, Value, ValueId};
use super::super::super::op::{Conv, ConvTranspose, Epilogue, Op, Padding, Window};
use super::super::super::tensor::{DType, Tensor};

/// A graph being drawn, and a source of numbers that is the same each time.
pub(super) struct Sketch {
    pub(super) graph: Graph,
    seed: u64,
}

impl Sketch {
    pub(super) fn new() -> Sketch {
        Sketch { graph: Graph::default(), seed: 7 }
    }

    /// Numbers between -1 and 1.
    pub(super) fn numbers(&mut self, count: usize) -> Vec<f32> {
        let mut next = || {
            self.seed =
                self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.seed >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    pub(super) fn input(&mut self, shape: &[usize]) -> ValueId {
        let name = format!("input{}", self.graph.values.len());
        let shape = Some(shape.iter().map(|n| Dim::Known(*n)).collect());
        let id = self.graph.add(Value { name, constant: None, dtype: Some(DType::F32), shape });
        self.graph.inputs.push(id);
        id
    }

    pub(super) fn hold(&mut self, tensor: Tensor) -> ValueId {
        let name = format!("constant{}", self.graph.values.len());
        let shape = Some(tensor.shape().iter().map(|n| Dim::Known(*n)).collect());
        self.graph.add(Value { name, dtype: Some(tensor.dtype()), shape, constant: Some(tensor) })
    }

    /// A constant of numbers between -1 and 1.
    pub(super) fn weights(&mut self, shape: &[usize]) -> ValueId {
        let numbers = self.numbers(shape.iter().product());
        self.hold(Tensor::new(shape, numbers).unwrap())
    }

    /// A constant of numbers between 1 and 3.
    pub(super) fn positive(&mut self, shape: &[usize]) -> ValueId {
        let numbers = self.numbers(shape.iter().product()).into_iter().map(|n| n + 2.0).collect();
        self.hold(Tensor::new(shape, numbers).unwrap())
    }

    pub(super) fn scalar(&mut self, n: f32) -> ValueId {
        self.hold(Tensor::scalar(n))
    }

    pub(super) fn then(&mut self, op: Op, inputs: &[ValueId]) -> ValueId {
        self.then_some(op, &inputs.iter().copied().map(Some).collect::<Vec<_>>())
    }

    pub(super) fn then_some(&mut self, op: Op, inputs: &[Option<ValueId>]) -> ValueId {
        let n = self.graph.nodes.len();
        let id = self.graph.add(Value { name: format!("value{n}"), ..Value::default() });
        self.graph.nodes.push(Node {
            name: format!("node{n}"),
            op,
            inputs: inputs.to_vec(),
            outputs: vec![Some(id)],
        });
        id
    }

    pub(super) fn output(mut self, id: ValueId) -> Graph {
        self.graph.outputs.push(id);
        self.graph.check().unwrap();
        self.graph
    }
}

/// A convolution with a padding of one on each side.
pub(super) fn conv(group: usize) -> Op {
    Op::Conv(Conv { window: window(), group, epilogue: Epilogue::default() })
}

pub(super) fn conv_transpose(group: usize) -> Op {
    Op::ConvTranspose(ConvTranspose {
        window: window(),
        group,
        output_padding: vec![],
        output_shape: vec![],
        epilogue: Epilogue::default(),
    })
}

fn window() -> Window {
    Window {
        kernel: vec![],
        strides: vec![],
        dilations: vec![],
        padding: Padding::Explicit(vec![1, 1, 1, 1]),
        ceil: false,
    }
}
