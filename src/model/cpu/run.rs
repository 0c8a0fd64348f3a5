//! [`run`]: a graph computed node by node.
//!
//! The invariant: a value is kept until the last node that reads it is done, and no longer. [`Executor`] holds what
//! can be worked out before there are inputs (when values are last read, weights in the form that kernels use), so
//! that many runs share it. Whether inputs are what the graph says of them is for the caller to check: kernels hold
//! them against one another in any case.

use super::heavy::{self, Prepared};
use super::inputs::{room, usage};
use super::threads::Threads;
use crate::error::{Place, Result, ResultExt};
use crate::job::Job;
use crate::model::graph::{Dim, Graph, Node, Value, ValueId};
use crate::model::tensor::Tensor;

/// What is worked out of a graph before it runs, once for many runs.
pub struct Executor {
    /// For each node the values that nothing reads after it.
    done: Vec<Vec<ValueId>>,
    prepared: Vec<Option<Prepared>>,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("nodes", &self.done.len()).finish_non_exhaustive()
    }
}

/// The outputs of a graph, in its order, for inputs in its order.
///
/// # Errors
/// As [`Executor::run`].
pub fn run(graph: &Graph, inputs: &[Tensor], threads: &Threads, job: &Job) -> Result<Vec<Tensor>> {
    Executor::new(graph)?.run(graph, inputs, threads, job)
}

impl Executor {
    /// Works out what does not depend on inputs.
    ///
    /// # Errors
    /// Those of [`Graph::check`].
    pub fn new(graph: &Graph) -> Result<Executor> {
        graph.check()?;
        let mut done = vec![Vec::new(); graph.nodes.len()];
        let mut read_later = vec![false; graph.values.len()];
        for id in &graph.outputs {
            if let Some(flag) = read_later.get_mut(id.0) {
                *flag = true;
            }
        }
        for (node, done) in graph.nodes.iter().zip(&mut done).rev() {
            for id in node.inputs.iter().chain(&node.outputs).flatten() {
                if let Some(flag) = read_later.get_mut(id.0)
                    && !std::mem::replace(flag, true)
                {
                    done.push(*id);
                }
            }
        }
        let weights = |node: &Node| {
            let id = node.inputs.get(1).copied().flatten()?;
            graph.values.get(id.0)?.constant.as_ref()
        };
        let prepare = |node: &Node| {
            let x = node.inputs.first().copied().flatten().and_then(|id| known(graph.values.get(id.0)?));
            heavy::prepare(&node.op, weights(node)?, x.as_deref())
        };
        let prepared = graph.nodes.iter().map(prepare).collect();
        Ok(Executor { done, prepared })
    }

    /// The outputs for these inputs of `graph`, the one that this was made of.
    ///
    /// # Errors
    /// `Usage` for another number of inputs than the graph has; `Cancelled` if the job is; and those of
    /// [`super::compute`], placed at the node.
    pub fn run(&self, graph: &Graph, inputs: &[Tensor], threads: &Threads, job: &Job) -> Result<Vec<Tensor>> {
        let mut values: Vec<Option<Tensor>> =
            graph.values.iter().map(|value| value.constant.clone()).collect();
        if inputs.len() != graph.inputs.len() {
            let (given, wanted) = (inputs.len(), graph.inputs.len());
            return Err(usage(format!("{given} inputs for a model that takes {wanted}")));
        }
        for (id, tensor) in graph.inputs.iter().zip(inputs) {
            if let Some(value) = values.get_mut(id.0) {
                *value = Some(tensor.clone());
            }
        }
        for ((node, done), prepared) in graph.nodes.iter().zip(&self.done).zip(&self.prepared) {
            job.check()?;
            let made = one(node, &values, prepared.as_ref(), threads)
                .at(|| Place::area("model").key(node.name.clone()))?;
            for (id, tensor) in node.outputs.iter().zip(made) {
                if let Some(value) = id.and_then(|id| values.get_mut(id.0)) {
                    *value = Some(tensor);
                }
            }
            for id in done {
                // Its memory is used again: fresh pages cost as much as a pass over them.
                if let Some(tensor) = values.get_mut(id.0).and_then(Option::take) {
                    heavy::recycle(tensor);
                }
            }
        }
        let output = |id: &ValueId| {
            let value = values.get(id.0).and_then(Option::as_ref);
            value.cloned().ok_or_else(|| usage("an output of the model is computed by no node"))
        };
        graph.outputs.iter().map(output).collect()
    }
}

/// The shape of a value, if all of it is known.
fn known(value: &Value) -> Option<Vec<usize>> {
    let one = |dim: &Dim| match dim {
        Dim::Known(n) => Some(*n),
        Dim::Named(_) => None,
    };
    value.shape.as_ref()?.iter().map(one).collect()
}

fn one(
    node: &Node,
    values: &[Option<Tensor>],
    prepared: Option<&Prepared>,
    threads: &Threads,
) -> Result<Vec<Tensor>> {
    let find = |id: &Option<ValueId>| match id {
        None => Ok(None),
        Some(id) => match values.get(id.0).and_then(Option::as_ref) {
            Some(tensor) => Ok(Some(tensor)),
            None => Err(usage("an input of this node is computed by no node before it")),
        },
    };
    let inputs = node.inputs.iter().map(find).collect::<Result<Vec<_>>>()?;
    if prepared.is_some() {
        for tensor in inputs.iter().flatten() {
            room(tensor.shape(), tensor.dtype().size())?;
        }
        if let Some(made) = heavy::compute_prepared(&node.op, &inputs, node.outputs.len(), prepared, threads)
        {
            return made;
        }
    }
    super::compute(&node.op, &inputs, node.outputs.len(), threads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::op::{Binary, Op, Unary};
    use crate::model::tensor::DType;

    /// (x + 1) and its square root, of which the sum is the second output.
    fn graph() -> Graph {
        let value = |name: &str| Value { name: name.to_owned(), ..Value::default() };
        let node = |name: &str, op, inputs: &[usize], output| Node {
            name: name.to_owned(),
            op,
            inputs: inputs.iter().map(|id| Some(ValueId(*id))).collect(),
            outputs: vec![Some(ValueId(output))],
        };
        let x = Value {
            dtype: Some(DType::F32),
            shape: Some(vec![Dim::Named("n".to_owned()), Dim::Named("n".to_owned())]),
            ..value("x")
        };
        let constant = Value { constant: Some(Tensor::scalar(1.0_f32)), ..value("one") };
        Graph {
            values: vec![x, constant, value("more"), value("root"), value("both")],
            nodes: vec![
                node("add", Op::Binary(Binary::Add), &[0, 1], 2),
                node("sqrt", Op::Unary(Unary::Sqrt), &[2], 3),
                node("sum", Op::Binary(Binary::Add), &[2, 3], 4),
            ],
            inputs: vec![ValueId(0)],
            outputs: vec![ValueId(2), ValueId(4)],
        }
    }

    #[test]
    fn nodes_are_computed_and_what_nobody_reads_is_dropped() {
        let graph = graph();
        let executor = Executor::new(&graph).unwrap();
        assert_eq!(executor.done, [vec![ValueId(0), ValueId(1)], vec![], vec![ValueId(3)]]);
        let x = Tensor::new(&[1, 1], vec![8.0_f32]).unwrap();
        let made = executor.run(&graph, &[x], &Threads::one(), &Job::new()).unwrap();
        assert_eq!(made[0], Tensor::new(&[1, 1], vec![9.0_f32]).unwrap());
        assert_eq!(made[1], Tensor::new(&[1, 1], vec![12.0_f32]).unwrap());
    }

    #[test]
    fn a_graph_out_of_order_is_refused() {
        let mut graph = graph();
        graph.nodes.swap(0, 1);
        assert!(Executor::new(&graph).is_err());
        assert!(run(&self::graph(), &[], &Threads::one(), &Job::new()).is_err(), "no input");
    }

    #[test]
    fn an_error_names_its_node_and_a_cancelled_job_stops() {
        let mut graph = graph();
        graph.nodes[1].op = Op::Where;
        let x = Tensor::new(&[1, 1], vec![8.0_f32]).unwrap();
        let error = run(&graph, std::slice::from_ref(&x), &Threads::one(), &Job::new()).unwrap_err();
        assert!(error.to_string().starts_with("model: key 'sqrt'"), "{error}");
        let job = Job::new();
        job.cancel();
        assert!(run(&graph, &[x], &Threads::one(), &job).unwrap_err().is_cancelled());
    }
}
