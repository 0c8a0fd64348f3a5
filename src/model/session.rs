//! [`Session`]: a graph ready to run.

#[cfg(feature = "gpu")]
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
#[cfg(feature = "gpu")]
use std::sync::{Mutex, PoisonError};

use super::cpu::{self, Threads};
use super::device::Device;
use super::explain::{Line, explain};
#[cfg(feature = "gpu")]
use super::gpu;
#[cfg(feature = "gpu")]
use super::graph::ValueId;
use super::graph::{Dim, Graph, Node};
#[cfg(feature = "gpu")]
use super::infer::Fact;
use super::op::Op;
use super::pass;
use super::route::Route;
use super::tensor::{DType, Tensor};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
#[cfg(feature = "gpu")]
use crate::job::Warning;

/// Plans that are kept: one for each set of input shapes.
#[cfg(feature = "gpu")]
const PLANS: usize = 16;

/// What a session has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs.
    pub runs: u64,
    /// Plans that were made: one for each set of input shapes; none on the processor.
    pub plans: u64,
    /// Submissions to the GPU.
    pub submits: u64,
    /// Times that results were brought back from it.
    pub readbacks: u64,
    /// Bytes of weights, and of whatever else is known before a run, that the plans which are kept hold on the GPU.
    pub weights: u64,
}

/// A graph ready to run on a device. Any number of threads may run it; on a GPU they take turns.
pub struct Session {
    graph: Graph,
    name: String,
    runner: Runner,
    job: Job,
    runs: AtomicU64,
}

enum Runner {
    Cpu(Box<cpu::Executor>, Threads),
    #[cfg(feature = "gpu")]
    Gpu {
        device: gpu::Device,
        plans: Mutex<Plans>,
    },
}

#[cfg(feature = "gpu")]
#[derive(Debug, Default)]
struct Plans {
    /// By the types and shapes of inputs, and what those hold whose numbers a plan has to know.
    made: HashMap<Vec<Given>, gpu::Plan>,
    /// Whether weights are stored in 16 bits.
    halves: bool,
    count: u64,
    /// Of plans that are gone.
    submits: u64,
    readbacks: u64,
}

#[cfg(feature = "gpu")]
#[derive(Debug, PartialEq, Eq, Hash)]
struct Given {
    dtype: DType,
    shape: Vec<usize>,
    numbers: Vec<i64>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("device", &self.name).field("counts", &self.counts()).finish()
    }
}

impl Session {
    /// Simplifies a graph and makes it ready.
    ///
    /// # Errors
    /// `Unsupported` for a device that is not there, unless it is [`Device::Auto`]; those of the passes.
    pub fn new(mut graph: Graph, device: Device, job: &Job) -> Result<Session> {
        pass::improve(&mut graph, &evaluate).map_err(|e| e.at(Place::area("model")))?;
        let (name, runner) = runner(&graph, device, job)?;
        Ok(Session { graph, name, runner, job: job.clone(), runs: AtomicU64::new(0) })
    }

    /// Whether a GPU stores the constant weights of `Conv`, `ConvTranspose`, `Gemm` and `MatMul` as floats of 16 bits;
    /// it does not unless asked. They take half the memory and half the time to read; sums are computed in 32 bits.
    ///
    /// Each weight is rounded to the nearest half, ties to even, and below 2^-14 a device may read zero. Where 3 by 3
    /// windows are computed in Winograd's way, their transformed weights are whole numbers of 16 bits with a scale for
    /// each row, which err less. A tensor with a number beyond 65504 or not finite, or without one of at least 2^-14,
    /// stays in 32 bits, as do biases. A layer's results differ from those of full weights by less than a thousandth
    /// of their size. Plans that were made before are made anew.
    ///
    /// On the processor this says nothing: it keeps full weights. A GPU driver that computes on the processor is
    /// about as fast with halves as without.
    #[must_use]
    pub fn half_weights(mut self, halves: bool) -> Session {
        match &mut self.runner {
            // The same whatever is asked.
            Runner::Cpu(..) => _ = halves,
            #[cfg(feature = "gpu")]
            Runner::Gpu { plans, .. } => {
                let plans = plans.get_mut().unwrap_or_else(PoisonError::into_inner);
                if plans.halves != halves {
                    plans.forget();
                    plans.halves = halves;
                }
            }
        }
        self
    }

    /// The graph as it runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What runs it: `cpu`, or the name of the GPU.
    pub fn device_name(&self) -> &str {
        &self.name
    }

    /// Whether a GPU runs it.
    pub fn is_on_gpu(&self) -> bool {
        !matches!(self.runner, Runner::Cpu(..))
    }

    /// What was done until now.
    pub fn counts(&self) -> Counts {
        let runs = self.runs.load(Ordering::Relaxed);
        match &self.runner {
            Runner::Cpu(..) => Counts { runs, ..Counts::default() },
            #[cfg(feature = "gpu")]
            Runner::Gpu { plans, .. } => {
                let plans = plans.lock().unwrap_or_else(PoisonError::into_inner);
                let (submits, readbacks) = (plans.submits, plans.readbacks);
                let mut counts = Counts { runs, plans: plans.count, submits, readbacks, weights: 0 };
                for plan in plans.made.values() {
                    let own = plan.counters();
                    counts.submits += own.submits as u64;
                    counts.readbacks += own.readbacks as u64;
                    counts.weights += own.known;
                }
                counts
            }
        }
    }

    /// Computes the outputs for inputs in the graph's order.
    ///
    /// # Errors
    /// `Length` and `Type` for inputs of other number, shape or type than the graph says; `Cancelled`; `Unsupported`,
    /// naming the node, for what the device cannot run; `Limit` for what does not fit into its memory.
    pub fn run(&self, inputs: Vec<Tensor>) -> Result<Vec<Tensor>> {
        self.job.check()?;
        self.check(&inputs)?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        let place = |e: Error| e.at(Place::area("model"));
        match &self.runner {
            Runner::Cpu(ready, threads) => ready.run(&self.graph, &inputs, threads, &self.job).map_err(place),
            #[cfg(feature = "gpu")]
            Runner::Gpu { device, plans } => {
                let mut plans = plans.lock().unwrap_or_else(PoisonError::into_inner);
                plans.run(device, &self.graph, &inputs).map_err(place)
            }
        }
    }

    /// What each node does for inputs of these types and shapes, what it costs, and by which kernel it runs.
    ///
    /// # Errors
    /// As [`Session::run`], which is not done.
    pub fn explain(&self, inputs: &[Tensor]) -> Result<Vec<Line>> {
        self.check(inputs)?;
        let facts: Vec<_> = inputs.iter().map(|own| (own.dtype(), own.shape().to_vec())).collect();
        let mut lines = explain(&self.graph, &facts)?;
        let routes: Vec<Route> = match &self.runner {
            Runner::Cpu(..) => {
                lines.iter().zip(self.graph.nodes()).map(|(line, node)| on_processor(line, node)).collect()
            }
            #[cfg(feature = "gpu")]
            Runner::Gpu { device, plans } => {
                let mut plans = plans.lock().unwrap_or_else(PoisonError::into_inner);
                let plan = plans.plan(device, &self.graph, inputs);
                plan.map_err(|e| e.at(Place::area("model")))?.routes().to_vec()
            }
        };
        for (line, route) in lines.iter_mut().zip(routes) {
            line.route = Some(route);
        }
        Ok(lines)
    }

    /// Holds inputs against what the graph says of them.
    fn check(&self, inputs: &[Tensor]) -> Result<()> {
        let wrong = |kind: ErrorKind, what: String| Err(Error::new(kind, what).at(Place::area("model")));
        if inputs.len() != self.graph.inputs().len() {
            let what = format!("{} inputs where the model takes {}", inputs.len(), self.graph.inputs().len());
            return wrong(ErrorKind::Length, what);
        }
        for (id, input) in self.graph.inputs().iter().zip(inputs) {
            let Some(value) = self.graph.value(*id) else { continue };
            if value.dtype.is_some_and(|dtype| dtype != input.dtype()) {
                let wanted = value.dtype.map_or("?", DType::name);
                let what = format!("the input '{}' is {wanted}, not {}", value.name, input.dtype().name());
                return wrong(ErrorKind::Type, what);
            }
            let fits = |(dim, n): (&Dim, &usize)| match dim {
                Dim::Known(known) => known == n,
                Dim::Named(_) => true,
            };
            if let Some(shape) = &value.shape
                && (shape.len() != input.rank() || !shape.iter().zip(input.shape()).all(fits))
            {
                let what = format!(
                    "the input '{}' has the shape {}, not {:?}",
                    value.name,
                    said(shape),
                    input.shape()
                );
                return wrong(ErrorKind::Length, what);
            }
        }
        Ok(())
    }
}

fn said(shape: &[Dim]) -> String {
    let one = |dim: &Dim| match dim {
        Dim::Known(n) => n.to_string(),
        Dim::Named(name) if name.is_empty() => "?".to_owned(),
        Dim::Named(name) => name.clone(),
    };
    format!("[{}]", shape.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn on_processor(line: &Line, node: &Node) -> Route {
    Route::Cpu(cpu::kernel(&node.op, &line.inputs, line.dtype))
}

/// The processor, for what is computed once.
pub(super) fn evaluate(op: &Op, inputs: &[Option<&Tensor>], outputs: usize) -> Result<Vec<Tensor>> {
    cpu::compute(op, inputs, outputs, &Threads::one())
}

fn on_cpu(graph: &Graph, job: &Job) -> Result<(String, Runner)> {
    let threads = Threads::new(job.thread_budget());
    Ok(("cpu".to_owned(), Runner::Cpu(Box::new(cpu::Executor::new(graph)?), threads)))
}

#[cfg(not(feature = "gpu"))]
fn runner(graph: &Graph, device: Device, job: &Job) -> Result<(String, Runner)> {
    match device {
        Device::Auto | Device::Cpu => on_cpu(graph, job),
        Device::Gpu(_) => Err(Error::new(ErrorKind::Unsupported, "this build has no GPUs")
            .at(Place::area("model"))
            .remedy("build with the feature gpu, or say cpu")),
    }
}

#[cfg(feature = "gpu")]
fn runner(graph: &Graph, device: Device, job: &Job) -> Result<(String, Runner)> {
    let open = |which| {
        let device = gpu::Device::open(which).map_err(|e| e.at(Place::area("model")))?;
        Ok((device.adapter().name.clone(), Runner::Gpu { device, plans: Mutex::default() }))
    };
    match device {
        Device::Cpu => on_cpu(graph, job),
        Device::Gpu(number) => open(gpu::Which::Number(number)),
        Device::Auto => match gpu::adapters().iter().position(|adapter| !adapter.processor) {
            None => on_cpu(graph, job),
            // What cannot be opened is said, and the processor does the work.
            Some(number) => match open(gpu::Which::Number(number)) {
                Ok(opened) => Ok(opened),
                Err(error) => {
                    let place = Place::area("model");
                    job.warn(Warning::new(
                        "model.device",
                        place,
                        error.to_string(),
                        "the processor runs it",
                    ))?;
                    on_cpu(graph, job)
                }
            },
        },
    }
}

#[cfg(feature = "gpu")]
impl Plans {
    fn run(&mut self, device: &gpu::Device, graph: &Graph, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let known = gpu::host_inputs(graph);
        let is_open = |(id, _): &(&ValueId, &Tensor)| !known.contains(id);
        let open: Vec<&Tensor> =
            graph.inputs().iter().zip(inputs).filter(is_open).map(|(_, tensor)| tensor).collect();
        self.plan(device, graph, inputs)?.run(&open)
    }

    /// Lets all plans go; those that are wanted come again.
    fn forget(&mut self) {
        for plan in self.made.values() {
            self.submits += plan.counters().submits as u64;
            self.readbacks += plan.counters().readbacks as u64;
        }
        self.made.clear();
    }

    /// The plan for such inputs, made if it is the first time.
    fn plan(&mut self, device: &gpu::Device, graph: &Graph, inputs: &[Tensor]) -> Result<&mut gpu::Plan> {
        let known = gpu::host_inputs(graph);
        let is_known: Vec<bool> = graph.inputs().iter().map(|id| known.contains(id)).collect();
        let given = |(tensor, known): (&Tensor, &bool)| Given {
            dtype: tensor.dtype(),
            shape: tensor.shape().to_vec(),
            numbers: if *known { numbers(tensor) } else { Vec::new() },
        };
        let key: Vec<Given> = inputs.iter().zip(&is_known).map(given).collect();
        if !self.made.contains_key(&key) {
            if self.made.len() >= PLANS {
                // Shapes that come seldom.
                self.forget();
            }
            let fact = |(tensor, known): (&Tensor, &bool)| match known {
                true => Fact::constant(tensor),
                false => Fact::new(tensor.dtype(), tensor.shape()),
            };
            let facts: Vec<Fact> = inputs.iter().zip(&is_known).map(fact).collect();
            let make = if self.halves { gpu::Plan::with_half_weights } else { gpu::Plan::new };
            let plan = make(device, graph, &facts, &evaluate)?;
            self.count += 1;
            return Ok(self.made.entry(key).or_insert(plan));
        }
        self.made.get_mut(&key).ok_or_else(|| Error::new(ErrorKind::Failed, "a plan is gone before it ran"))
    }
}

/// What a plan has to know of an input, as whole numbers.
#[cfg(feature = "gpu")]
fn numbers(tensor: &Tensor) -> Vec<i64> {
    if let Some(own) = tensor.elements::<i64>() {
        return own.to_vec();
    }
    if let Some(own) = tensor.elements::<f32>() {
        return own.iter().map(|v| i64::from(v.to_bits())).collect();
    }
    match tensor.elements::<i32>() {
        Some(own) => own.iter().copied().map(i64::from).collect(),
        None => tensor
            .elements::<bool>()
            .map(|own| own.iter().copied().map(i64::from).collect())
            .unwrap_or_default(),
    }
}
