//! Names of the file and what they stand for: graphs, their subgraphs and functions, read into one [`Build`].
//!
//! Subgraphs and functions are written out where they are used, so that the finished graph has neither. A branch must
//! be decided and a loop counted at load; those that are not are refused by name.

use std::collections::{HashMap, HashSet};

use super::super::graph::{Dim, Graph, ValueId};
use super::super::infer::{Evaluate, MOST_AXES};
use super::super::op::Op;
use super::super::tensor::Tensor;
use super::attributes::{Attributes, Bound};
use super::build::{Build, Made};
use super::call::Call;
use super::{order, storage, translate, wire};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// Functions and subgraphs within one another.
const MOST_DEEP: usize = 40;
/// Rounds of a loop that are written out.
const MOST_ROUNDS: i64 = 1024;
/// The newest version of the operators whose meaning is known here.
const NEWEST: i64 = 27;

/// Where names are looked up.
struct Scope<'a> {
    opset: i64,
    /// Attributes of the call whose body this is.
    call: Bound<'a>,
    names: Vec<HashMap<&'a str, ValueId>>,
    deep: usize,
}

impl<'a> Scope<'a> {
    fn find(&self, name: &str) -> Result<ValueId> {
        let found = self.names.iter().rev().find_map(|level| level.get(name));
        found.copied().ok_or_else(|| wrong(format!("nothing makes the value '{name}'")))
    }

    fn set(&mut self, name: &'a str, id: ValueId) {
        if !name.is_empty()
            && let Some(level) = self.names.last_mut()
        {
            level.insert(name, id);
        }
    }
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Format, what)
}

fn is_onnx(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

/// The version of ONNX's own operators in a list of imports.
fn opset(imports: &[wire::OperatorSet]) -> Result<i64> {
    let version = imports.iter().find(|set| is_onnx(&set.domain)).map_or(1, |set| set.version);
    if version < 1 {
        return Err(wrong(format!("{version} is not a version of the operators")));
    }
    if version > NEWEST {
        let what =
            format!("this model is for version {version} of ONNX's operators; the newest known is {NEWEST}");
        return Err(Error::new(ErrorKind::Unsupported, what).remedy("export it for version 17"));
    }
    Ok(version)
}

/// The whole model as one graph.
pub(super) fn model<'a>(
    model: &'a wire::Model,
    folder: Option<&'a std::path::Path>,
    evaluate: Option<&'a Evaluate<'a>>,
) -> Result<Graph> {
    let graph =
        model.graph.as_ref().ok_or_else(|| wrong("this is not a model: it has no graph".to_owned()))?;
    let mut build = Build::new(folder, evaluate);
    for function in &model.functions {
        let key = (function.domain.as_str(), function.name.as_str(), function.overload.as_str());
        if build.functions.insert(key, function).is_some() {
            return Err(wrong(format!("the function '{}' is there twice", function.name)));
        }
    }
    let names = vec![HashMap::new()];
    let mut scope = Scope { opset: opset(&model.opset_import)?, call: Bound::new(), names, deep: 0 };
    let stored: HashSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    let mut seen = HashSet::new();
    for input in &graph.input {
        if !seen.insert(input.name.as_str()) {
            return Err(wrong(format!("the input '{}' is there twice", input.name)));
        }
        if !stored.contains(input.name.as_str()) {
            let id = declared(&mut build, input)?;
            scope.set(&input.name, id);
            build.graph.inputs.push(id);
        }
    }
    contents(&mut build, &mut scope, graph)?;
    for output in &graph.output {
        let mut id = scope.find(&output.name)?;
        if build.graph.value(id).is_some_and(|v| v.name != output.name) {
            let mark = build.graph.values.len();
            build.look_at("", "Identity")?;
            id = build.step(Op::Identity, &[id])?;
            build.rename(id, mark, &output.name);
        }
        build.graph.outputs.push(id);
    }
    build.verdict()?;
    build.graph.check()?;
    Ok(build.graph)
}

/// False for what exporters write for any length at all, each time it occurs (`?`, `-1`, `None`), and for names that
/// look like those of computed lengths.
fn says_something(name: &str) -> bool {
    !name.starts_with('=') && name != "None" && name.contains(char::is_alphabetic)
}

/// A value with the type that the file declares.
fn declared<'a>(build: &mut Build<'a>, info: &'a wire::ValueInfo) -> Result<ValueId> {
    let Some(tensor) = info.kind.as_ref().and_then(|t| t.tensor.as_ref()) else {
        build.refuse("input", &info.name, "it is not a tensor");
        return Ok(build.value(&info.name, None, None));
    };
    let dtype = match storage::dtype(tensor.element) {
        Ok(dtype) => Some(dtype),
        Err(e) if e.kind() == ErrorKind::Unsupported => {
            build.refuse("input", &info.name, e.what());
            None
        }
        Err(e) => return Err(e.at(Place::none().key(info.name.clone()))),
    };
    if tensor.shape.as_ref().is_some_and(|shape| shape.dim.len() > MOST_AXES) {
        let what = format!("the input '{}' has more than {MOST_AXES} axes", info.name);
        return Err(Error::new(ErrorKind::Limit, what));
    }
    let shape = tensor.shape.as_ref().map(|shape| {
        let dim = |dim: &wire::Dimension| match (dim.value.map(usize::try_from), &dim.param) {
            (Some(Ok(n)), _) => Dim::Known(n),
            (_, Some(name)) if says_something(name) => Dim::Named(name.clone()),
            _ => Dim::Named(String::new()),
        };
        shape.dim.iter().map(dim).collect()
    });
    Ok(build.value(&info.name, dtype, shape))
}

/// The constants and nodes of a graph; its inputs are in the scope already.
fn contents<'a>(build: &mut Build<'a>, scope: &mut Scope<'a>, graph: &'a wire::Graph) -> Result<()> {
    if !graph.sparse_initializer.is_empty() {
        build.refuse("sparse_initializer", "", "sparse constants are not supported");
    }
    build.spend(graph.initializer.len().saturating_add(graph.input.len()).saturating_add(1))?;
    let used = order::used(graph);
    let mut given: HashSet<&str> = graph.input.iter().map(|v| v.name.as_str()).collect();
    let mut stored: HashSet<&str> = HashSet::new();
    for tensor in &graph.initializer {
        if !stored.insert(&tensor.name) {
            return Err(wrong(format!("the constant '{}' is there twice", tensor.name)));
        }
        if used.contains(tensor.name.as_str()) {
            let id = match build.stored(&tensor.name, tensor) {
                Ok(id) => id,
                Err(e) if e.kind() == ErrorKind::Unsupported => {
                    build.refuse("initializer", &tensor.name, e.what());
                    build.value(&tensor.name, None, None)
                }
                Err(e) => return Err(e),
            };
            scope.set(&tensor.name, id);
        }
    }
    given.extend(stored);
    nodes(build, scope, &graph.node, &given)
}

fn nodes<'a>(
    build: &mut Build<'a>,
    scope: &mut Scope<'a>,
    nodes: &'a [wire::Node],
    given: &HashSet<&'a str>,
) -> Result<()> {
    for place in order::order(nodes, given)? {
        if let Some(node) = nodes.get(place) {
            let place = || Place::none().key(format!("{} {}", node.op_type, node.name).trim().to_owned());
            one(build, scope, node).at(place)?;
        }
    }
    Ok(())
}

fn one<'a>(build: &mut Build<'a>, scope: &mut Scope<'a>, node: &'a wire::Node) -> Result<()> {
    build.look_at(&node.name, &node.op_type)?;
    let mark = build.graph.values.len();
    let mut inputs = Vec::new();
    for name in &node.input {
        inputs.push(if name.is_empty() { None } else { Some(scope.find(name)?) });
    }
    while inputs.last().is_some_and(Option::is_none) {
        inputs.pop();
    }
    let attributes = Attributes::new(node, &scope.call)?;
    let wanted = node.output.iter().map(|name| !name.is_empty()).collect();
    let call = Call { kind: &node.op_type, opset: scope.opset, attributes, inputs, wanted };
    let made = match call_of(build, scope, node, &call) {
        Ok(made) if made.len() < node.output.len() => {
            return Err(wrong(format!(
                "{} outputs of an operator that has {}",
                node.output.len(),
                made.len()
            )));
        }
        Ok(made) => made,
        Err(e) if e.kind() == ErrorKind::Unsupported => {
            build.refuse(&node.op_type, &node.name, e.what());
            node.output.iter().map(|name| build.value(name, None, None)).collect()
        }
        Err(e) => return Err(e),
    };
    for (name, id) in node.output.iter().zip(made) {
        build.rename(id, mark, name);
        scope.set(name, id);
    }
    Ok(())
}

fn call_of<'a>(
    build: &mut Build<'a>,
    scope: &mut Scope<'a>,
    node: &'a wire::Node,
    call: &Call<'a>,
) -> Result<Made> {
    let key = (node.domain.as_str(), node.op_type.as_str(), node.overload.as_str());
    if let Some(function) = build.functions.get(&key).copied() {
        return self::function(build, scope, function, call);
    }
    if !is_onnx(&node.domain) {
        return call.unsupported(format!("operators of the domain '{}' are not known", node.domain));
    }
    let made = match node.op_type.as_str() {
        "If" => branch(build, scope, call)?,
        "Loop" => rounds(build, scope, call)?,
        _ => match translate::translate(build, call)? {
            Some(made) => made,
            None => return call.unsupported("this operator is not known"),
        },
    };
    match call.attributes.unread() {
        Some(name) => call.unsupported(format!("its attribute '{name}' is not known")),
        None => Ok(made),
    }
}

fn deeper<'a, T>(scope: &mut Scope<'a>, inside: impl FnOnce(&mut Scope<'a>) -> Result<T>) -> Result<T> {
    if scope.deep >= MOST_DEEP {
        let what = format!("functions and subgraphs more than {MOST_DEEP} deep");
        return Err(Error::new(ErrorKind::Limit, what));
    }
    scope.deep = scope.deep.saturating_add(1);
    let result = inside(scope);
    scope.deep = scope.deep.saturating_sub(1);
    result
}

/// The body of a function, written out.
fn function<'a>(
    build: &mut Build<'a>,
    scope: &mut Scope<'a>,
    function: &'a wire::Function,
    call: &Call<'a>,
) -> Result<Made> {
    let mut bound: Bound<'a> = function.attribute_proto.iter().map(|a| (a.name.as_str(), a)).collect();
    bound.extend(call.attributes.bound().iter().map(|(name, a)| (*name, *a)));
    let opset = if function.opset_import.is_empty() { scope.opset } else { opset(&function.opset_import)? };
    let mut inner = Scope { opset, call: bound, names: vec![HashMap::new()], deep: scope.deep };
    if call.inputs.len() > function.input.len() {
        return call.wrong(format!(
            "{} inputs of a function that has {}",
            call.inputs.len(),
            function.input.len()
        ));
    }
    for (place, name) in function.input.iter().enumerate() {
        if let Some(id) = call.input(place) {
            inner.set(name, id);
        }
    }
    let given = function.input.iter().map(String::as_str).collect();
    deeper(&mut inner, |inner| {
        nodes(build, inner, &function.node, &given)?;
        function.output.iter().map(|name| inner.find(name)).collect()
    })
}

/// A subgraph, written out with these values for its inputs.
fn body<'a>(
    build: &mut Build<'a>,
    scope: &mut Scope<'a>,
    graph: &'a wire::Graph,
    given: &[ValueId],
) -> Result<Made> {
    if given.len() != graph.input.len() {
        return Err(wrong(format!("{} values for a graph of {} inputs", given.len(), graph.input.len())));
    }
    deeper(scope, |scope| {
        scope.names.push(HashMap::new());
        for (input, id) in graph.input.iter().zip(given) {
            scope.set(&input.name, *id);
        }
        let read = contents(build, scope, graph);
        let made = read.and_then(|()| graph.output.iter().map(|o| scope.find(&o.name)).collect());
        scope.names.pop();
        made
    })
}

fn branch<'a>(build: &mut Build<'a>, scope: &mut Scope<'a>, call: &Call<'a>) -> Result<Made> {
    let (then, otherwise) = (call.attributes.graph("then_branch")?, call.attributes.graph("else_branch")?);
    match build.truth(call.need(0)?) {
        Some(true) => body(build, scope, then, &[]),
        Some(false) => body(build, scope, otherwise, &[]),
        None => call.unsupported("its condition is not known before the model runs"),
    }
}

fn rounds<'a>(build: &mut Build<'a>, scope: &mut Scope<'a>, call: &Call<'a>) -> Result<Made> {
    let graph = call.attributes.graph("body")?;
    let count =
        match call.input(0).map(|id| build.known(id).and_then(|t| t.elements::<i64>()?.first().copied())) {
            None => i64::MAX,
            Some(Some(n)) => n,
            Some(None) => return call.unsupported("its number of rounds is not known before the model runs"),
        };
    let mut state: Made = call.inputs.iter().skip(2).copied().flatten().collect();
    let (carried, undecided) = (state.len(), "it is not known before the model runs when it ends");
    let scans = graph.output.len().checked_sub(carried.saturating_add(1));
    let Some(scans) = scans else { return call.wrong("the graph of the loop has too few outputs") };
    let mut gathered: Vec<Made> = vec![Made::new(); scans];
    let mut go_on = match call.input(1) {
        None => true,
        Some(id) => match build.truth(id) {
            Some(truth) => truth,
            None => return call.unsupported(undecided),
        },
    };
    let mut round = 0_i64;
    while go_on && round < count {
        if round >= MOST_ROUNDS {
            return call.unsupported(format!("it has more than {MOST_ROUNDS} rounds"));
        }
        let mut given = vec![build.constant(Tensor::scalar(round)), build.constant(Tensor::scalar(true))];
        given.append(&mut state);
        let made = body(build, scope, graph, &given)?;
        let (flow, scanned) = made.split_at_checked(carried.saturating_add(1)).unwrap_or((&made, &[]));
        let Some((condition, next)) = flow.split_first() else {
            return call.wrong("a loop without a condition");
        };
        go_on = match build.truth(*condition) {
            Some(truth) => truth,
            None => return call.unsupported(undecided),
        };
        state = next.to_vec();
        for (list, id) in gathered.iter_mut().zip(scanned) {
            list.push(*id);
        }
        round = round.saturating_add(1);
    }
    for list in gathered {
        if list.is_empty() {
            return call.unsupported("it has no rounds, and what it gathers no shape");
        }
        let first = build.row(vec![0]);
        let rows =
            list.iter().map(|id| build.step(Op::Unsqueeze, &[*id, first])).collect::<Result<Made>>()?;
        state.push(build.step(Op::Concat { axis: 0 }, &rows)?);
    }
    Ok(state)
}
