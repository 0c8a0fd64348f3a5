//! [`Tail`]: the part of a graph behind values whose length depends on elements: boxes that are kept, places of what is
//! not zero.
//!
//! The invariant: those values alone are brought to the host, where their length becomes known; everything else that
//! the part reads stays where the first part left it. The part is planned for each set of shapes that comes up.

use std::collections::HashMap;

use super::device::Device;
use super::plan::{Counters, Plan, host_inputs};
use crate::error::Result;
use crate::model::graph::Graph;
use crate::model::infer::Fact;
use crate::model::session::evaluate;
use crate::model::tensor::{DType, Tensor};

/// Plans that are kept; all go when there would be more.
const PLANS: usize = 32;

/// An input of the part.
pub(super) enum Given {
    /// It stays on the device: what it is, and where.
    Held(Fact, wgpu::Buffer),
    /// It is brought to the host.
    Read,
}

/// Type, shape, and the elements where a plan must know them.
type Key = Vec<(DType, Vec<usize>, Option<Vec<u8>>)>;

/// A part of a graph that is planned when it is run.
pub(super) struct Tail {
    device: Device,
    graph: Graph,
    /// In the order of the graph's inputs.
    given: Vec<Given>,
    /// Whether weights are stored as halves.
    halves: bool,
    plans: HashMap<Key, Plan>,
    /// Of plans that are gone.
    past: Counters,
}

impl Tail {
    pub(super) fn new(device: &Device, graph: Graph, given: Vec<Given>, halves: bool) -> Tail {
        let past = Counters::default();
        Tail { device: device.clone(), graph, given, halves, plans: HashMap::new(), past }
    }

    /// Submissions and readbacks until now.
    pub(super) fn counters(&self) -> Counters {
        self.plans.values().fold(self.past, |sum, plan| sum.and(plan.counters()))
    }

    /// The outputs of the part, for the values that were brought to the host, in the order of the graph's inputs.
    ///
    /// # Errors
    /// Those of planning and running.
    pub(super) fn run(&mut self, read: &[Tensor]) -> Result<Vec<Tensor>> {
        let known = host_inputs(&self.graph);
        let (mut facts, mut held, mut key, mut open) = (Vec::new(), Vec::new(), Key::new(), Vec::new());
        let mut read = read.iter();
        for (id, given) in self.graph.inputs().iter().zip(&self.given) {
            match given {
                Given::Held(fact, buffer) => {
                    facts.push(fact.clone());
                    held.push(Some(buffer.clone()));
                }
                Given::Read => {
                    let Some(tensor) = read.next() else { continue };
                    let is_known = known.contains(id);
                    let elements = is_known.then(|| bytes(tensor));
                    key.push((tensor.dtype(), tensor.shape().to_vec(), elements));
                    facts.push(match is_known {
                        true => Fact::constant(tensor),
                        false => Fact::new(tensor.dtype(), tensor.shape()),
                    });
                    held.push(None);
                    if !is_known {
                        open.push(tensor);
                    }
                }
            }
        }
        if !self.plans.contains_key(&key) && self.plans.len() >= PLANS {
            self.past = self.counters();
            self.plans.clear();
        }
        let plan = match self.plans.entry(key) {
            std::collections::hash_map::Entry::Occupied(made) => made.into_mut(),
            std::collections::hash_map::Entry::Vacant(room) => {
                room.insert(Plan::with(&self.device, &self.graph, &facts, &held, self.halves, &evaluate)?)
            }
        };
        plan.run(&open)
    }
}

/// What tells tensors of one type and shape apart.
fn bytes(tensor: &Tensor) -> Vec<u8> {
    format!("{:?}", tensor.data()).into_bytes()
}
