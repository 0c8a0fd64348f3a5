//! [`Plan`]: a graph for inputs of known shapes, with everything decided before the first run.
//!
//! The invariant: a value lives either on the host, where it is known when planning, or on the device. A node that
//! must run on the device and has no kernel is refused by its name; nothing is moved to the processor silently.

use std::collections::HashMap;

use super::device::Device;
use super::kernel::{self, Call, Class, Made};
use super::program::Program;
use super::record::{Recorder, Slot, Source, View};
use super::words::{pack, unpack};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::model::graph::{Dim, Graph, Node, ValueId};
use crate::model::infer::{self, Evaluate, Fact};
use crate::model::tensor::{DType, Tensor};

/// What a plan has done, for tests that hold it to its promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Nodes that run on the device; the others were computed when planning.
    pub nodes: usize,
    /// Kernels started in a run.
    pub steps: usize,
    /// Submissions since the plan was made.
    pub submits: usize,
    /// Readbacks since the plan was made.
    pub readbacks: usize,
    /// Bytes of device memory that the plan holds.
    pub bytes: u64,
}

/// An output: known when planning, or read back.
enum Outcome {
    Known(Tensor),
    /// The place among the readbacks, and that of the number of rows if it depends on the elements.
    Read {
        place: usize,
        dtype: DType,
        shape: Vec<usize>,
        count: Option<(usize, usize)>,
    },
}

/// A graph ready to run on a device.
pub struct Plan {
    program: Program,
    /// Type and shape of the inputs that a run takes; none for those that were given when planning.
    inputs: Vec<Option<(DType, Vec<usize>)>>,
    outputs: Vec<Outcome>,
    counters: Counters,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Plan").field(&self.counters).finish()
    }
}

/// The inputs of a graph whose elements a plan must know: shapes, axes and counts, and what they are computed from.
pub fn host_inputs(graph: &Graph) -> Vec<ValueId> {
    let mut needed = vec![false; graph.values.len()];
    for node in graph.nodes.iter().rev() {
        let on_host = node.outputs.iter().flatten().any(|value| needed[value.0]);
        // The shape of a value is known without its elements.
        let shape_only = matches!(node.op, crate::model::op::Op::Shape { .. } | crate::model::op::Op::Size);
        for (place, value) in node.inputs.iter().enumerate() {
            let Some(value) = value else { continue };
            needed[value.0] |= kernel::host_inputs(&node.op).contains(&place) || (on_host && !shape_only);
        }
    }
    graph.inputs.iter().copied().filter(|value| needed[value.0]).collect()
}

fn on_device(rec: &mut Recorder, fact: &Fact, source: Option<Source>) -> Result<View> {
    let shape = fact.known().ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "a shape is not known when planning")
            .remedy("give concrete shapes")
    })?;
    let mut view = rec.output(&shape, fact.dtype)?;
    if let Some(source) = source {
        rec.sources[view.slot.0] = source;
    }
    view.host.clone_from(&fact.value);
    Ok(view)
}

struct Planner<'a> {
    rec: Recorder,
    facts: HashMap<ValueId, Fact>,
    views: HashMap<ValueId, View>,
    evaluate: &'a Evaluate<'a>,
    nodes: usize,
}

impl Planner<'_> {
    fn view(&mut self, value: ValueId) -> Result<View> {
        if let Some(view) = self.views.get(&value) {
            return Ok(view.clone());
        }
        let fact = self.facts.get(&value);
        let tensor = fact.and_then(|fact| fact.value.as_ref());
        let tensor =
            tensor.ok_or_else(|| Error::new(ErrorKind::Failed, "a value is read before it is made"))?;
        let view = self.rec.constant(tensor)?;
        self.views.insert(value, view.clone());
        Ok(view)
    }

    fn node(&mut self, node: &Node) -> Result<()> {
        let facts: Vec<Option<Fact>> =
            node.inputs.iter().map(|value| value.and_then(|value| self.facts.get(&value).cloned())).collect();
        let wanted = node.outputs.len();
        let known = facts.iter().zip(&node.inputs).all(|(fact, value)| match (fact, value) {
            (Some(fact), _) => fact.value.is_some(),
            (None, value) => value.is_none(),
        });
        if known {
            let inputs: Vec<Option<&Tensor>> =
                facts.iter().map(|fact| fact.as_ref().and_then(|fact| fact.value.as_ref())).collect();
            let made = (self.evaluate)(&node.op, &inputs, wanted)?;
            for (value, tensor) in node.outputs.iter().zip(&made) {
                if let Some(value) = value {
                    self.facts.insert(*value, Fact::constant(tensor));
                }
            }
            return Ok(());
        }
        if node.inputs.iter().flatten().any(|value| self.views.get(value).is_some_and(|v| v.count.is_some()))
        {
            let what = "it reads a value whose length depends on elements";
            return Err(Error::new(ErrorKind::Unsupported, what).remedy("run the model on the processor"));
        }
        let facts = infer::outputs(&node.op, &facts, wanted)?;
        if facts.len() == wanted && facts.iter().all(|fact| fact.value.is_some()) {
            for (value, fact) in node.outputs.iter().zip(facts) {
                if let Some(value) = value {
                    self.facts.insert(*value, fact);
                }
            }
            return Ok(());
        }
        let mut views = Vec::new();
        for value in &node.inputs {
            views.push(value.map(|value| self.view(value)).transpose()?);
        }
        let inputs: Vec<Option<&View>> = views.iter().map(Option::as_ref).collect();
        let made: Vec<Made> = facts
            .iter()
            .map(|fact| {
                Class::of(fact.dtype)?;
                let extent = |dim: &Dim| match dim {
                    Dim::Known(n) => *n,
                    // The kernel gives the most there can be.
                    Dim::Named(_) => 0,
                };
                Ok(Made { dtype: fact.dtype, shape: fact.shape.iter().map(extent).collect() })
            })
            .collect::<Result<_>>()?;
        let made_views =
            kernel::record(&mut self.rec, &Call { op: &node.op, inputs: &inputs, outputs: &made })?;
        self.nodes += 1;
        for ((value, fact), view) in node.outputs.iter().zip(facts).zip(made_views) {
            if let Some(value) = value {
                self.facts.insert(*value, fact);
                self.views.insert(*value, view);
            }
        }
        Ok(())
    }
}

impl Plan {
    /// Plans a graph for inputs of these types and shapes, in the graph's order. An input whose fact carries its
    /// elements is known from now on and is not given to [`Plan::run`]; those of [`host_inputs`] must be.
    /// `evaluate` computes what follows from known values, once.
    ///
    /// # Errors
    /// `Unsupported`, with the node's name, for a node that has no kernel; `Length` if the facts are not as many as
    /// the graph's inputs; what shape inference and the driver say.
    pub fn new(device: &Device, graph: &Graph, inputs: &[Fact], evaluate: &Evaluate<'_>) -> Result<Plan> {
        if inputs.len() != graph.inputs.len() {
            let what = format!("{} facts for {} inputs", inputs.len(), graph.inputs.len());
            return Err(Error::new(ErrorKind::Length, what));
        }
        let groups = device.limits().max_compute_workgroups_per_dimension;
        let rec = Recorder::new(device.adapter().processor, device.largest(), groups);
        let mut planner = Planner { rec, facts: HashMap::new(), views: HashMap::new(), evaluate, nodes: 0 };
        for (number, value) in graph.values.iter().enumerate() {
            if let Some(tensor) = &value.constant {
                planner.facts.insert(ValueId(number), Fact::constant(tensor));
            }
        }
        let mut slots: Vec<Slot> = Vec::new();
        let mut taken = Vec::new();
        for (value, fact) in graph.inputs.iter().zip(inputs) {
            planner.facts.insert(*value, fact.clone());
            if fact.value.is_some() {
                taken.push(None);
                continue;
            }
            Class::of(fact.dtype)?;
            let view = on_device(&mut planner.rec, fact, Some(Source::Input))?;
            slots.push(view.slot);
            taken.push(Some((fact.dtype, view.shape.clone())));
            planner.views.insert(*value, view);
        }
        for node in &graph.nodes {
            planner.node(node).map_err(|error| {
                let kind = kernel::operator(&node.op);
                error.at(Place::area("gpu").key(format!("{} ({kind})", node.name)))
            })?;
        }
        let mut reads = Vec::new();
        let mut outputs = Vec::new();
        for value in &graph.outputs {
            if let Some(tensor) = planner.facts.get(value).and_then(|fact| fact.value.as_ref()) {
                outputs.push(Outcome::Known(tensor.clone()));
                continue;
            }
            let view = planner.view(*value)?;
            reads.push(view.slot);
            let place = reads.len() - 1;
            let count = view.count.map(|(slot, axis)| {
                reads.push(slot);
                (reads.len() - 1, axis)
            });
            outputs.push(Outcome::Read { place, dtype: view.dtype, shape: view.shape.clone(), count });
        }
        let program = Program::new(device, &planner.rec, &slots, &reads)?;
        let counters = Counters {
            nodes: planner.nodes,
            steps: program.steps(),
            bytes: program.bytes,
            ..Counters::default()
        };
        Ok(Plan { program, inputs: taken, outputs, counters })
    }

    /// What has been done so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Computes the graph's outputs, in its order. `inputs` are all of the graph's inputs that were not given when
    /// planning, in the graph's order.
    ///
    /// # Errors
    /// `Length` or `Type` if an input is not what was planned for; `Limit` for a number that 32 bits do not hold;
    /// `Failed` if the driver fails.
    pub fn run(&mut self, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
        let wanted: Vec<_> = self.inputs.iter().flatten().collect();
        if wanted.len() != inputs.len() {
            let what = format!("{} inputs were given, and {} were planned for", inputs.len(), wanted.len());
            return Err(Error::new(ErrorKind::Length, what));
        }
        let mut words = Vec::new();
        for (number, (input, (dtype, shape))) in inputs.iter().zip(wanted).enumerate() {
            if input.dtype() != *dtype || input.shape() != shape.as_slice() {
                let (is, was) = (input.dtype().name(), dtype.name());
                let what =
                    format!("input {number} is {is} {:?}, and {was} {shape:?} was planned", input.shape());
                return Err(Error::new(ErrorKind::Length, what).remedy("make a plan for this shape"));
            }
            words.push(pack(input)?);
        }
        let read = self.outputs.iter().any(|output| matches!(output, Outcome::Read { .. }));
        let results = if read { self.program.run(&words)? } else { Vec::new() };
        if read {
            self.counters.submits += 1;
            self.counters.readbacks += 1;
        }
        let missing = || Error::new(ErrorKind::Failed, "a result was not read back");
        self.outputs
            .iter()
            .map(|output| match output {
                Outcome::Known(tensor) => Ok(tensor.clone()),
                Outcome::Read { place, dtype, shape, count } => {
                    let words = results.get(*place).ok_or_else(missing)?;
                    let Some((count, axis)) = count else { return unpack(words, *dtype, shape) };
                    let count = results.get(*count).and_then(|words| words.first()).ok_or_else(missing)?;
                    trimmed(words, *dtype, shape, *axis, *count as usize)
                }
            })
            .collect()
    }
}

/// The first `count` along an axis of what a kernel made room for.
fn trimmed(words: &[u32], dtype: DType, shape: &[usize], axis: usize, count: usize) -> Result<Tensor> {
    let room = shape.get(axis).copied().unwrap_or(0);
    let inner: usize = shape.iter().skip(axis + 1).product();
    let kept: Vec<u32> = if room == 0 {
        Vec::new()
    } else {
        words.chunks(room * inner).flat_map(|part| part.iter().take(count * inner).copied()).collect()
    };
    let mut shape = shape.to_vec();
    if let Some(extent) = shape.get_mut(axis) {
        *extent = count.min(room);
    }
    unpack(&kept, dtype, &shape)
}
