//! [`Plan`]: a graph for inputs of known shapes, with everything decided before the first run.
//!
//! The invariant: a value lives either on the host, where it is known when planning, or on the device. A node that
//! must run on the device and has no kernel is refused by its name; nothing is moved to the processor silently. Nodes
//! behind a value whose length depends on elements are the one exception: they are planned when a run tells it.

use std::collections::{HashMap, HashSet};

use super::device::Device;
use super::kernel::{self, Call, Class, Made};
use super::program::Program;
use super::record::{Recorder, Slot, Source, View};
use super::tail::{Given, Tail};
use super::words::{pack, unpack};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::model::graph::{Dim, Graph, Node, ValueId};
use crate::model::infer::{self, Evaluate, Fact};
use crate::model::route::Route;
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
    /// Bytes of what is known before a run and read in it: weights, as kernels read them, and tables.
    pub known: u64,
}

impl Counters {
    /// With what another part did since it was made.
    pub(super) fn and(self, other: Counters) -> Counters {
        let (submits, readbacks) = (self.submits + other.submits, self.readbacks + other.readbacks);
        Counters { submits, readbacks, ..self }
    }
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
    /// By its place among the outputs of the tail.
    Tail(usize),
}

/// A graph ready to run on a device.
pub struct Plan {
    program: Program,
    /// Type and shape of the inputs that a run takes; none for those that were given when planning.
    inputs: Vec<Option<(DType, Vec<usize>)>>,
    outputs: Vec<Outcome>,
    /// What the tail needs on the host, and the tail.
    tail: Option<(Vec<Outcome>, Tail)>,
    routes: Vec<Route>,
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
    /// Nodes that are left to the tail, and what they make.
    late: Vec<Node>,
    made_late: HashSet<ValueId>,
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

    /// True if the length of a value depends on elements.
    fn counted(&self, value: ValueId) -> bool {
        self.views.get(&value).is_some_and(|view| view.count.is_some())
    }

    fn node(&mut self, node: &Node) -> Result<Route> {
        let late = |value: &ValueId| self.made_late.contains(value) || self.counted(*value);
        if node.inputs.iter().flatten().any(late) {
            self.made_late.extend(node.outputs.iter().flatten());
            self.late.push(node.clone());
            return Ok(Route::Late);
        }
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
            return Ok(Route::Planned);
        }
        let facts = infer::outputs(&node.op, &facts, wanted)?;
        if facts.len() == wanted && facts.iter().all(|fact| fact.value.is_some()) {
            for (value, fact) in node.outputs.iter().zip(facts) {
                if let Some(value) = value {
                    self.facts.insert(*value, fact);
                }
            }
            return Ok(Route::Planned);
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
        let before = self.rec.steps.len();
        let made_views =
            kernel::record(&mut self.rec, &Call { op: &node.op, inputs: &inputs, outputs: &made })?;
        self.nodes += 1;
        for ((value, fact), view) in node.outputs.iter().zip(facts).zip(made_views) {
            if let Some(value) = value {
                self.facts.insert(*value, fact);
                self.views.insert(*value, view);
            }
        }
        let made = self.rec.steps.iter().skip(before);
        Ok(Route::Gpu(made.map(|step| step.key.file.name().trim_end_matches(".wgsl")).collect()))
    }

    /// How a value is brought to the host; what is read back for it joins `reads`.
    fn outcome(&mut self, value: ValueId, reads: &mut Vec<Slot>) -> Result<Outcome> {
        if let Some(tensor) = self.facts.get(&value).and_then(|fact| fact.value.as_ref()) {
            return Ok(Outcome::Known(tensor.clone()));
        }
        let view = self.view(value)?;
        reads.push(view.slot);
        let place = reads.len() - 1;
        let count = view.count.map(|(slot, axis)| {
            reads.push(slot);
            (reads.len() - 1, axis)
        });
        Ok(Outcome::Read { place, dtype: view.dtype, shape: view.shape, count })
    }

    /// The late nodes as a graph: its inputs are what they read and the head makes, its outputs what the whole graph
    /// gives of what they make.
    fn tail(&self, graph: &Graph) -> Graph {
        let mut tail = Graph { values: graph.values.clone(), nodes: self.late.clone(), ..Graph::default() };
        for value in &mut tail.values {
            (value.shape, value.dtype) = (None, None);
        }
        for id in self.late.iter().flat_map(|node| node.inputs.iter().flatten()) {
            match self.facts.get(id).map(|fact| &fact.value) {
                Some(Some(tensor)) => {
                    tail.values.get_mut(id.0).into_iter().for_each(|v| v.constant = Some(tensor.clone()));
                }
                Some(None) if !tail.inputs.contains(id) => tail.inputs.push(*id),
                _ => {}
            }
        }
        let late = graph.outputs.iter().filter(|id| self.made_late.contains(id));
        for id in late {
            if !tail.outputs.contains(id) {
                tail.outputs.push(*id);
            }
        }
        tail
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
        Plan::with(device, graph, inputs, &vec![None; inputs.len()], false, evaluate)
    }

    /// As [`Plan::new`], with constant weights of `Conv`, `ConvTranspose`, `Gemm` and `MatMul` stored in 16 bits, two a
    /// word, and computed with in 32: as [`Session::half_weights`](crate::model::Session::half_weights) says.
    ///
    /// # Errors
    /// Those of [`Plan::new`].
    pub fn with_half_weights(
        device: &Device,
        graph: &Graph,
        inputs: &[Fact],
        evaluate: &Evaluate<'_>,
    ) -> Result<Plan> {
        Plan::with(device, graph, inputs, &vec![None; inputs.len()], true, evaluate)
    }

    /// As [`Plan::new`]; inputs that are on the device already are not given to [`Plan::run`].
    pub(super) fn with(
        device: &Device,
        graph: &Graph,
        inputs: &[Fact],
        held: &[Option<wgpu::Buffer>],
        halves: bool,
        evaluate: &Evaluate<'_>,
    ) -> Result<Plan> {
        if inputs.len() != graph.inputs.len() {
            let what = format!("{} facts for {} inputs", inputs.len(), graph.inputs.len());
            return Err(Error::new(ErrorKind::Length, what));
        }
        let groups = device.limits().max_compute_workgroups_per_dimension;
        let mut rec = Recorder::new(device.adapter().processor, device.largest(), groups);
        rec.halves = halves;
        let mut planner = Planner {
            rec,
            facts: HashMap::new(),
            views: HashMap::new(),
            evaluate,
            nodes: 0,
            late: Vec::new(),
            made_late: HashSet::new(),
        };
        for (number, value) in graph.values.iter().enumerate() {
            if let Some(tensor) = &value.constant {
                planner.facts.insert(ValueId(number), Fact::constant(tensor));
            }
        }
        let mut slots: Vec<Slot> = Vec::new();
        let mut there = HashMap::new();
        let mut taken = Vec::new();
        for ((value, fact), held) in graph.inputs.iter().zip(inputs).zip(held) {
            planner.facts.insert(*value, fact.clone());
            if fact.value.is_some() {
                taken.push(None);
                continue;
            }
            Class::of(fact.dtype)?;
            let view = on_device(&mut planner.rec, fact, Some(Source::Input))?;
            taken.push(match held {
                Some(buffer) => {
                    there.insert(view.slot, buffer.clone());
                    None
                }
                None => {
                    slots.push(view.slot);
                    Some((fact.dtype, view.shape.clone()))
                }
            });
            planner.views.insert(*value, view);
        }
        let mut routes = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let route = planner.node(node).map_err(|error| {
                let kind = kernel::operator(&node.op);
                error.at(Place::area("gpu").key(format!("{} ({kind})", node.name)))
            })?;
            routes.push(route);
        }
        let mut reads = Vec::new();
        let mut outputs = Vec::new();
        let late = planner.tail(graph);
        for value in &graph.outputs {
            outputs.push(match late.outputs.iter().position(|own| own == value) {
                Some(place) => Outcome::Tail(place),
                None => planner.outcome(*value, &mut reads)?,
            });
        }
        // What the tail must know, or what only the run gives a length, comes to the host; the rest stays.
        let needed = host_inputs(&late);
        let (mut brought, mut kept) = (Vec::new(), Vec::new());
        let wanted = if late.outputs.is_empty() { Vec::new() } else { late.inputs.clone() };
        let is_brought: Vec<bool> =
            wanted.iter().map(|id| planner.counted(*id) || needed.contains(id)).collect();
        for (id, is_brought) in wanted.iter().zip(&is_brought) {
            match is_brought {
                true => brought.push(planner.outcome(*id, &mut reads)?),
                false => kept.push(planner.view(*id)?.slot),
            }
        }
        let (program, buffers) = Program::keeping(device, &planner.rec, &slots, &reads, &kept, &there)?;
        let mut buffers = buffers.into_iter();
        let mut given = Vec::new();
        for (id, is_brought) in wanted.iter().zip(is_brought) {
            let fact = planner.facts.get(id).filter(|_| !is_brought);
            let held = fact.and_then(|fact| Some(Given::Held(fact.clone(), buffers.next()?)));
            given.push(held.unwrap_or(Given::Read));
        }
        let tail = (!late.outputs.is_empty()).then(|| (brought, Tail::new(device, late, given, halves)));
        let counters = Counters {
            nodes: planner.nodes,
            steps: program.steps(),
            bytes: program.bytes,
            known: program.known,
            ..Counters::default()
        };
        Ok(Plan { program, inputs: taken, outputs, tail, routes, counters })
    }

    /// Where each node of the graph is computed, in its order.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// What has been done so far.
    pub fn counters(&self) -> Counters {
        match &self.tail {
            Some((_, tail)) => self.counters.and(tail.counters()),
            None => self.counters,
        }
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
        let read =
            self.tail.is_some() || self.outputs.iter().any(|output| matches!(output, Outcome::Read { .. }));
        let results = if read { self.program.run(&words)? } else { Vec::new() };
        if read {
            self.counters.submits += 1;
            self.counters.readbacks += 1;
        }
        let late = match &mut self.tail {
            Some((brought, tail)) => {
                let brought: Vec<Tensor> =
                    brought.iter().map(|own| own.tensor(&results, &[])).collect::<Result<_>>()?;
                tail.run(&brought)?
            }
            None => Vec::new(),
        };
        self.outputs.iter().map(|output| output.tensor(&results, &late)).collect()
    }
}

impl Outcome {
    /// The tensor, of what was read back and what the tail gave.
    fn tensor(&self, results: &[Vec<u32>], late: &[Tensor]) -> Result<Tensor> {
        let missing = || Error::new(ErrorKind::Failed, "a result was not read back");
        match self {
            Outcome::Known(tensor) => Ok(tensor.clone()),
            Outcome::Tail(place) => late.get(*place).cloned().ok_or_else(missing),
            Outcome::Read { place, dtype, shape, count } => {
                let words = results.get(*place).ok_or_else(missing)?;
                let Some((count, axis)) = count else { return unpack(words, *dtype, shape) };
                let count = results.get(*count).and_then(|words| words.first()).ok_or_else(missing)?;
                trimmed(words, *dtype, shape, *axis, *count as usize)
            }
        }
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
