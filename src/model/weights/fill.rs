//! Graphs with weights from a file: inputs that become constants, and constants that are replaced.
//!
//! The invariant: a graph is filled as a whole or left as it was. Names are held against one another before a tensor is
//! read, and all that does not fit is told at once.

use std::collections::{HashMap, HashSet};

use super::super::graph::{Dim, Graph, ValueId};
use super::super::op::{Op, Unary};
use super::super::tensor::{DType, Tensor};
use super::super::{Model, session};
use super::file::Weights;
use super::names::{NameMap, Rule};
use super::npy::turned;
use crate::error::{Error, ErrorKind, Result, ResultExt};

/// Names that an error lists of each kind.
const SHOWN: usize = 12;

/// What was put into a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Inputs that are constants now.
    pub filled: usize,
    /// Constants that are others now.
    pub replaced: usize,
    /// Numbers in both.
    pub numbers: usize,
    /// Inputs that are still inputs, in the graph's order.
    pub inputs: Vec<String>,
    /// Keys of the file that nothing asked for, and that the map lets be.
    pub unused: Vec<String>,
}

impl Model {
    /// The model with weights from a file; see [`Graph::fill`].
    ///
    /// # Errors
    /// As [`Graph::fill`].
    pub fn with_weights(mut self, weights: &Weights, names: &NameMap) -> Result<Model> {
        self.graph.fill(weights, names)?;
        Ok(self)
    }
}

/// A value and where its tensor is found.
struct Wish {
    id: ValueId,
    rule: Rule,
    replaces: bool,
}

impl Graph {
    /// Makes inputs constants by the tensors of a file, and replaces those constants that the map says. Floating-point
    /// numbers become those of the graph's type, whole numbers too; shapes have to be the graph's, but for axes of unknown
    /// length, which take the file's.
    ///
    /// # Errors
    /// `Mismatch` that lists rules without a key in the file, keys that nothing asks for, and inputs that only weights can
    /// be; `Length` and `Type` for tensors of another shape or type, with the name; those of [`Weights::tensor`]. The graph
    /// is then as it was.
    pub fn fill(&mut self, weights: &Weights, names: &NameMap) -> Result<Filled> {
        let wishes = self.wishes(weights, names)?;
        let used: HashSet<&str> = wishes.iter().map(|wish| wish.rule.key.as_str()).collect();
        let unused = weights.keys().filter(|key| !used.contains(key)).map(str::to_owned).collect();
        let mut filled = Filled { unused, ..Filled::default() };
        let (mut made, mut lengths) = (Vec::with_capacity(wishes.len()), HashMap::new());
        for wish in &wishes {
            let tensor = self.wished(wish, weights, &mut lengths)?;
            filled.numbers = filled.numbers.saturating_add(tensor.len());
            match wish.replaces {
                true => filled.replaced = filled.replaced.saturating_add(1),
                false => filled.filled = filled.filled.saturating_add(1),
            }
            made.push((wish.id, tensor));
        }
        // Elements are shared, so that this costs little.
        let before = self.clone();
        for (id, tensor) in made {
            if let Some(value) = self.values.get_mut(id.0) {
                value.dtype = Some(tensor.dtype());
                value.shape = Some(tensor.shape().iter().copied().map(Dim::Known).collect());
                value.constant = Some(tensor);
            }
        }
        self.inputs.retain(|id| self.values.get(id.0).is_some_and(|value| value.constant.is_none()));
        for dim in self.values.iter_mut().filter_map(|value| value.shape.as_mut()).flatten() {
            if let Dim::Named(name) = dim
                && let Some(n) = lengths.get(name)
            {
                *dim = Dim::Known(*n);
            }
        }
        if let Err(error) = self.check() {
            *self = before;
            return Err(error);
        }
        filled.inputs = self.inputs.iter().map(|id| self.name(*id).to_owned()).collect();
        Ok(filled)
    }

    fn name(&self, id: ValueId) -> &str {
        self.value(id).map_or("?", |value| value.name.as_str())
    }

    /// What is to be put where; all that does not fit in one error.
    fn wishes(&self, weights: &Weights, names: &NameMap) -> Result<Vec<Wish>> {
        let (mut wishes, mut open) = (Vec::new(), Vec::new());
        let learnt = self.learnt();
        let kept = |name: &str| names.inputs().is_some_and(|inputs| inputs.iter().any(|kept| kept == name));
        let missing = |name: &str, rule: &Rule| match name == rule.key {
            true => name.to_owned(),
            false => format!("{name} (as '{}')", rule.key),
        };
        for id in &self.inputs {
            let name = self.name(*id);
            let (rule, said) = names.rule(name);
            if kept(name) {
                continue;
            }
            if weights.has(&rule.key) {
                wishes.push(Wish { id: *id, rule, replaces: false });
            } else if said || names.inputs().is_some() || learnt.get(id.0) == Some(&true) {
                open.push(missing(name, &rule));
            }
        }
        for (place, value) in self.values.iter().enumerate() {
            if value.constant.is_some() && names.replaces(&value.name) {
                let (rule, said) = names.rule(&value.name);
                if weights.has(&rule.key) {
                    wishes.push(Wish { id: ValueId(place), rule, replaces: true });
                } else if said {
                    open.push(missing(&value.name, &rule));
                }
            }
        }
        let here: HashSet<&str> = self.values.iter().map(|value| value.name.as_str()).collect();
        let inputs = names.inputs().into_iter().flatten().cloned();
        let absent: Vec<String> =
            names.said().chain(inputs).filter(|name| !here.contains(name.as_str())).collect();
        let used: HashSet<&str> = wishes.iter().map(|wish| wish.rule.key.as_str()).collect();
        let lost = |key: &&str| !used.contains(key) && !names.tolerates(key);
        let lost: Vec<String> = weights.keys().filter(lost).map(str::to_owned).collect();
        let lists = [
            listed("weights of the graph that the file has not", &open),
            listed("keys of the file that nothing asks for", &lost),
            listed("names of the map that the graph has not", &absent),
        ];
        let said: Vec<String> = lists.into_iter().flatten().collect();
        if said.is_empty() {
            return Ok(wishes);
        }
        Err(Error::new(ErrorKind::Mismatch, said.join("; "))
            .at(weights.at())
            .remedy("map names to keys, and list keys that are to be left out under 'unused'"))
    }

    /// For each value whether it is used, and only as what a layer has learnt.
    fn learnt(&self) -> Vec<bool> {
        let (mut learnt, mut other) = (vec![false; self.values.len()], vec![false; self.values.len()]);
        for node in &self.nodes {
            let learns = matches!(
                node.op,
                Op::Conv(_)
                    | Op::ConvTranspose(_)
                    | Op::ConvInteger(_)
                    | Op::QLinearConv(_)
                    | Op::Gemm { .. }
                    | Op::BatchNormalization { .. }
                    | Op::InstanceNormalization { .. }
                    | Op::LayerNormalization { .. }
                    | Op::GroupNormalization { .. }
            );
            for (place, id) in node.inputs.iter().enumerate() {
                let list = if learns && place > 0 { &mut learnt } else { &mut other };
                if let Some(slot) = id.and_then(|id| list.get_mut(id.0)) {
                    *slot = true;
                }
            }
        }
        learnt.into_iter().zip(other).map(|(learnt, other)| learnt && !other).collect()
    }

    /// The tensor for a value, in its shape and type. `lengths`: those of named axes, as they come to be known.
    fn wished(&self, wish: &Wish, weights: &Weights, lengths: &mut HashMap<String, usize>) -> Result<Tensor> {
        let name = self.name(wish.id);
        let place = || weights.at().key(wish.rule.key.clone());
        let tensor = laid(weights.tensor(&wish.rule.key)?, &wish.rule).at(place)?;
        let value = self.value(wish.id);
        if let Some(shape) = value.and_then(|value| value.shape.as_ref()) {
            let mut fits = shape.len() == tensor.rank();
            for (dim, n) in shape.iter().zip(tensor.shape()) {
                fits &= match dim {
                    Dim::Known(known) => known == n,
                    Dim::Named(axis) if axis.is_empty() => true,
                    Dim::Named(axis) => lengths.entry(axis.clone()).or_insert(*n) == n,
                };
            }
            if !fits {
                let what = format!(
                    "'{name}' has the shape {} in the graph and {:?} in the file",
                    said(shape),
                    tensor.shape()
                );
                return Err(Error::new(ErrorKind::Length, what)
                    .at(place())
                    .remedy("say axes or shape in the map, if they are laid another way"));
            }
        }
        match value.and_then(|value| value.dtype) {
            Some(dtype) if dtype != tensor.dtype() => cast(&tensor, dtype, name).at(place),
            _ => Ok(tensor),
        }
    }
}

/// The tensor as the rule lays it.
fn laid(mut tensor: Tensor, rule: &Rule) -> Result<Tensor> {
    if let Some(axes) = &rule.axes {
        let mut sorted = axes.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..tensor.rank()) {
            let what = format!("axes {axes:?} are no order of those of the shape {:?}", tensor.shape());
            return Err(Error::new(ErrorKind::Length, what));
        }
        tensor = turned(&tensor, axes.clone())?;
    }
    match &rule.shape {
        Some(shape) => tensor.reshaped(shape),
        None => Ok(tensor),
    }
}

/// The same numbers in another type of the same kind: fractions are rounded, whole numbers stay what they are.
fn cast(tensor: &Tensor, to: DType, name: &str) -> Result<Tensor> {
    let from = tensor.dtype();
    let whole = |dtype: DType| !dtype.is_float() && dtype != DType::Bool;
    if !(from.is_float() && to.is_float() || whole(from) && whole(to)) {
        let what = format!("'{name}' is {} in the graph and {} in the file", to.name(), from.name());
        return Err(Error::new(ErrorKind::Type, what));
    }
    let made = converted(tensor, to)?;
    let kept = match whole(to) {
        true => converted(&made, from)? == *tensor,
        false => infinite(&made)? == infinite(tensor)?,
    };
    if kept {
        return Ok(made);
    }
    let what =
        format!("'{name}' is {} in the file, with numbers that {} cannot hold", from.name(), to.name());
    Err(Error::new(ErrorKind::Type, what))
}

fn converted(tensor: &Tensor, to: DType) -> Result<Tensor> {
    let made = session::evaluate(&Op::Cast { to, saturate: true }, &[Some(tensor)], 1)?;
    made.into_iter().next().ok_or_else(|| Error::new(ErrorKind::Failed, "a conversion gave nothing"))
}

/// How many elements are infinite.
fn infinite(tensor: &Tensor) -> Result<usize> {
    let made =
        session::evaluate(&Op::Unary(Unary::IsInf { negative: true, positive: true }), &[Some(tensor)], 1)?;
    let all = made.first().and_then(Tensor::elements::<bool>).unwrap_or_default();
    Ok(all.iter().filter(|infinite| **infinite).count())
}

fn said(shape: &[Dim]) -> String {
    let one = |dim: &Dim| match dim {
        Dim::Known(n) => n.to_string(),
        Dim::Named(name) if name.is_empty() => "?".to_owned(),
        Dim::Named(name) => name.clone(),
    };
    format!("[{}]", shape.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// The first names of a list, and how many more there are; none for an empty one.
fn listed(what: &str, names: &[String]) -> Option<String> {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| format!("{what}: {}{more}", shown.join(", ")))
}
