//! [`Build`]: a graph in the making, to which translated nodes are added one after the other.
//!
//! The invariant: nodes are added after what they compute from, and every value has a name of its own. What is known
//! of each value is kept beside it, so that a translation may ask for a type, a rank or a constant. It does not know
//! the names of the file; those are the scopes' ([`super::scope`]).

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::super::graph::{Dim, Graph, Node, Value, ValueId};
use super::super::infer::{self, Evaluate, Fact};
use super::super::op::Op;
use super::super::tensor::{DType, Tensor};
use super::storage;
use super::wire;
use crate::error::{Error, ErrorKind, Result};

/// Nodes and constants that are looked at, those of subgraphs and functions counted each time they are used.
const MOST_PARTS: usize = 300_000;

/// What a translated node made: a value for each of its outputs.
pub(super) type Made = Vec<ValueId>;

/// A graph in the making.
pub(super) struct Build<'a> {
    pub(super) graph: Graph,
    pub(super) functions: HashMap<(&'a str, &'a str, &'a str), &'a wire::Function>,
    folder: Option<&'a Path>,
    tensors: HashMap<*const wire::Tensor, Tensor>,
    evaluate: Option<&'a Evaluate<'a>>,
    facts: Vec<Option<Fact>>,
    names: HashSet<String>,
    refusals: Vec<String>,
    looked_at: usize,
    label: String,
    labelled: bool,
}

impl<'a> Build<'a> {
    pub(super) fn new(folder: Option<&'a Path>, evaluate: Option<&'a Evaluate<'a>>) -> Build<'a> {
        Build {
            graph: Graph::default(),
            functions: HashMap::new(),
            folder,
            tensors: HashMap::new(),
            evaluate,
            facts: Vec::new(),
            names: HashSet::new(),
            refusals: Vec::new(),
            looked_at: 0,
            label: String::new(),
            labelled: false,
        }
    }

    /// Counts parts of the file each time they are looked at.
    pub(super) fn spend(&mut self, parts: usize) -> Result<()> {
        self.looked_at = self.looked_at.saturating_add(parts);
        if self.looked_at > MOST_PARTS {
            let what =
                format!("more than {MOST_PARTS} nodes and constants, with functions and loops written out");
            return Err(Error::new(ErrorKind::Limit, what));
        }
        Ok(())
    }

    /// Names the nodes that come of a node of the file.
    pub(super) fn look_at(&mut self, name: &str, op_type: &str) -> Result<()> {
        self.spend(1)?;
        self.label =
            if name.is_empty() { format!("{op_type}_{}", self.graph.nodes.len()) } else { name.to_owned() };
        self.labelled = false;
        Ok(())
    }

    /// Notes what cannot be run, to be told of all at once.
    pub(super) fn refuse(&mut self, op_type: &str, name: &str, why: &str) {
        let name = if name.is_empty() { String::new() } else { format!(" '{name}'") };
        self.refusals.push(format!("{op_type}{name} ({why})"));
    }

    /// The refusal of the whole model, if there is anything to refuse.
    pub(super) fn verdict(&self) -> Result<()> {
        const SHOWN: usize = 30;
        if self.refusals.is_empty() {
            return Ok(());
        }
        let mut list: Vec<&str> = self.refusals.iter().take(SHOWN).map(String::as_str).collect();
        let more = self.refusals.len().saturating_sub(SHOWN);
        let more = format!("and {more} more");
        if self.refusals.len() > SHOWN {
            list.push(&more);
        }
        let what = format!("this model cannot be run because of {}", list.join(", "));
        Err(Error::new(ErrorKind::Unsupported, what)
            .remedy("export the model with other operators, or cut it before them"))
    }

    fn name(&mut self, wish: &str) -> String {
        let mut name = if wish.is_empty() { "value".to_owned() } else { wish.to_owned() };
        let mut n = 1_usize;
        while !self.names.insert(name.clone()) {
            // Numbers grow with the values, so that many equal wishes stay cheap.
            name = format!("{wish}.{}", self.graph.values.len().saturating_add(n));
            n = n.saturating_add(1);
        }
        name
    }

    /// Adds a value of which this is known.
    pub(super) fn value(&mut self, name: &str, dtype: Option<DType>, shape: Option<Vec<Dim>>) -> ValueId {
        let name = self.name(name);
        self.facts.push(match (dtype, &shape) {
            (Some(dtype), Some(shape)) => Some(Fact { dtype, shape: shape.clone(), value: None }),
            _ => None,
        });
        self.graph.add(Value { name, constant: None, dtype, shape })
    }

    /// Adds a constant.
    pub(super) fn constant_named(&mut self, name: &str, tensor: Tensor) -> ValueId {
        let name = self.name(name);
        let fact = Fact::constant(&tensor);
        let value =
            Value { name, dtype: Some(fact.dtype), shape: Some(fact.shape.clone()), constant: Some(tensor) };
        self.facts.push(Some(fact));
        self.graph.add(value)
    }

    /// Adds a constant that the file does not name.
    pub(super) fn constant(&mut self, tensor: Tensor) -> ValueId {
        let name = format!("{}.constant", self.label);
        self.constant_named(&name, tensor)
    }

    /// A row of whole numbers.
    pub(super) fn row(&mut self, numbers: Vec<i64>) -> ValueId {
        self.constant(Tensor::row(numbers))
    }

    /// One number of the type of another value (`float` if that is not known).
    pub(super) fn number_like(&mut self, number: f32, like: ValueId) -> Result<ValueId> {
        let tensor = match self.dtype(like).unwrap_or(DType::F32) {
            DType::F32 => Tensor::scalar(number),
            DType::F64 => Tensor::scalar(f64::from(number)),
            DType::F16 => Tensor::scalar(half::f16::from_f32(number)),
            DType::BF16 => Tensor::scalar(half::bf16::from_f32(number)),
            other => {
                let what = format!("a number beside elements of type {} is not supported", other.name());
                return Err(Error::new(ErrorKind::Unsupported, what));
            }
        };
        Ok(self.constant(tensor))
    }

    /// A stored tensor as a constant.
    pub(super) fn stored(&mut self, name: &str, stored: &'a wire::Tensor) -> Result<ValueId> {
        let tensor = self.tensor(stored)?;
        Ok(self.constant_named(name, tensor))
    }

    /// A stored tensor. One that a loop or a function comes by again shares its elements.
    pub(super) fn tensor(&mut self, stored: &'a wire::Tensor) -> Result<Tensor> {
        let place = std::ptr::from_ref(stored);
        if let Some(tensor) = self.tensors.get(&place) {
            return Ok(tensor.clone());
        }
        let tensor = storage::tensor(stored, self.folder)?;
        self.tensors.insert(place, tensor.clone());
        Ok(tensor)
    }

    /// Gives a value the name of the file, if it was made after `mark` and so has none yet.
    pub(super) fn rename(&mut self, id: ValueId, mark: usize, name: &str) {
        if id.0 >= mark && !name.is_empty() {
            let name = self.name(name);
            if let Some(value) = self.graph.values.get_mut(id.0) {
                self.names.remove(&value.name);
                value.name = name;
            }
        }
    }

    pub(super) fn fact(&self, id: ValueId) -> Option<&Fact> {
        self.facts.get(id.0)?.as_ref()
    }

    pub(super) fn dtype(&self, id: ValueId) -> Option<DType> {
        self.graph.value(id)?.dtype
    }

    pub(super) fn rank(&self, id: ValueId) -> Option<usize> {
        Some(self.fact(id)?.shape.len())
    }

    /// The elements of a value, if they are known.
    pub(super) fn known(&self, id: ValueId) -> Option<&Tensor> {
        self.fact(id)?.value.as_ref()
    }

    /// The only element of a value, if it is known and a truth value.
    pub(super) fn truth(&self, id: ValueId) -> Option<bool> {
        match self.known(id)?.elements::<bool>()? {
            [truth] => Some(*truth),
            _ => None,
        }
    }

    /// Adds a node that makes `outputs` values.
    pub(super) fn emit(&mut self, op: Op, mut inputs: Vec<Option<ValueId>>, wanted: &[bool]) -> Result<Made> {
        while inputs.last().is_some_and(Option::is_none) {
            inputs.pop();
        }
        let facts = self.outcome(&op, &inputs, wanted.len())?;
        let label = if self.labelled {
            format!("{}/{}", self.label, self.graph.nodes.len())
        } else {
            self.label.clone()
        };
        self.labelled = true;
        let mut made = Made::new();
        let mut outputs = Vec::new();
        let mut facts = facts.into_iter();
        for (k, wanted) in wanted.iter().enumerate() {
            let fact = facts.next().flatten();
            let dtype = fact.as_ref().map(|f| f.dtype);
            let shape = fact.as_ref().map(|f| f.shape.clone());
            let id = self.value(&format!("{label}:{k}"), dtype, shape);
            if let Some(slot) = self.facts.get_mut(id.0) {
                *slot = fact;
            }
            made.push(id);
            outputs.push(wanted.then_some(id));
        }
        self.graph.nodes.push(Node { name: label, op, inputs, outputs });
        Ok(made)
    }

    /// Adds a node with one output.
    pub(super) fn step(&mut self, op: Op, inputs: &[ValueId]) -> Result<ValueId> {
        let made = self.emit(op, inputs.iter().copied().map(Some).collect(), &[true])?;
        made.first().copied().ok_or_else(|| Error::new(ErrorKind::Format, "a node without an output"))
    }

    /// What is known of the outputs; elements too, where they are few and the inputs are known.
    fn outcome(&self, op: &Op, inputs: &[Option<ValueId>], outputs: usize) -> Result<Vec<Option<Fact>>> {
        let mut facts = Vec::new();
        for input in inputs {
            match input.map(|id| self.fact(id)) {
                None => facts.push(None),
                Some(Some(fact)) => facts.push(Some(fact.clone())),
                Some(None) => return Ok(Vec::new()),
            }
        }
        match infer::learn(op, &facts, outputs, self.evaluate) {
            Ok(made) => Ok(made.into_iter().map(Some).collect()),
            Err(e) if e.kind() == ErrorKind::Unsupported => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }
}
