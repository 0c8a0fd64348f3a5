//! What holds of any bytes taken for a network; shared by the fuzz target and the replay of its corpus.

use lensframe::job::Job;
use lensframe::model::cpu::{self, Threads};
use lensframe::model::infer::{self, Fact};
use lensframe::model::{DType, Device, Dim, Graph, Op, Session, Tensor, ValueId, onnx};

/// Numbers that a value may have, and nodes that a graph may have, for it to be run here.
const MOST: usize = 1 << 14;
const MOST_NODES: usize = 64;

/// A graph that can be read keeps its promises; so does what the passes make of it, which gives the shapes that were said
/// before; and running it ends.
pub(crate) fn check(data: &[u8]) {
    let Ok(graph) = onnx::read_bytes(data, None) else { return };
    graph.check().expect("a graph that was read keeps its promises");
    let Some(inputs) = inputs(&graph) else { return };
    // Lengths may follow from the numbers themselves.
    let facts: Vec<Fact> = inputs.iter().map(Fact::constant).collect();
    let evaluate =
        |op: &Op, given: &[Option<&Tensor>], count: usize| cpu::compute(op, given, count, &Threads::one());
    let Ok(known) = infer::walk(&graph, &facts, Some(&evaluate)) else { return };
    let mut asked = graph.nodes().iter().flat_map(|node| node.outputs.iter().flatten());
    let small = |id: &ValueId| known.get(place(*id)).and_then(Option::as_ref).is_some_and(is_small);
    if graph.nodes().len() > MOST_NODES || !asked.all(small) {
        return;
    }
    let said: Vec<Option<Fact>> =
        graph.outputs().iter().map(|id| known.get(place(*id)).cloned().flatten()).collect();
    let Ok(session) = Session::new(graph, Device::Cpu, &Job::new()) else { return };
    session.graph().check().expect("a graph that was simplified keeps its promises");
    let Ok(made) = session.run(inputs) else { return };
    assert_eq!(made.len(), said.len());
    for (made, said) in made.iter().zip(said.iter().flatten()) {
        assert_eq!(made.dtype(), said.dtype);
        if let Some(shape) = said.known() {
            assert_eq!(made.shape(), shape);
        }
    }
}

/// Where a value is among the facts of a walk.
fn place(id: ValueId) -> usize {
    let text = format!("{id:?}");
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a value's number")
}

fn is_small(fact: &Fact) -> bool {
    fact.known().is_some_and(|shape| {
        shape.iter().try_fold(1_usize, |n, side| n.checked_mul(*side)).is_some_and(|n| n <= MOST)
    })
}

/// Something for each input, two long where the length is not said; none if that would be large.
fn inputs(graph: &Graph) -> Option<Vec<Tensor>> {
    let one = |id: &ValueId| {
        let value = graph.value(*id)?;
        let length = |dim: &Dim| match dim {
            Dim::Known(n) => *n,
            Dim::Named(_) => 2,
        };
        let shape: Vec<usize> = value.shape.as_ref()?.iter().map(length).collect();
        let count = shape.iter().try_fold(1_usize, |n, side| n.checked_mul(*side)).filter(|n| *n <= MOST)?;
        let numbers = 0..i8::MAX;
        let mut numbers = numbers.cycle().take(count);
        match value.dtype? {
            DType::F32 => Tensor::new(&shape, numbers.map(|n| f32::from(n) / 16.0 - 2.0).collect()),
            DType::I64 => Tensor::new(&shape, numbers.map(|n| i64::from(n % 5) - 1).collect()),
            DType::I32 => Tensor::new(&shape, numbers.map(|n| i32::from(n % 5) - 1).collect()),
            DType::I8 => Tensor::new(&shape, numbers.collect()),
            DType::U8 => Tensor::new(&shape, numbers.map(|n| n.unsigned_abs()).collect()),
            DType::Bool => Tensor::new(&shape, numbers.map(|n| n % 2 == 0).collect()),
            DType::F64 => Tensor::new(&shape, numbers.map(f64::from).collect()),
            _ => Tensor::new(&shape, numbers.by_ref().map(|n| n.unsigned_abs().into()).collect::<Vec<u16>>()),
        }
        .ok()
    };
    graph.inputs().iter().map(one).collect()
}
