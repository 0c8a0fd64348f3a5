//! `lensframe model`: what a network is, and what it costs.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;

use super::args::{ModelArgs, ModelCommand};
use super::print::{Printer, bytes, count, plural, table};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::model::{DType, Dim, Files, Graph, Line, Route, Session, Tensor, ValueId};
use crate::predict::known;
use crate::random::Random;

pub(super) fn run(args: &ModelArgs, printer: &Printer, job: &Job) -> Result<()> {
    match &args.what {
        ModelCommand::Info { model, weights } => info(&weights.of(model), printer),
        ModelCommand::Recipes { name } => recipes(name.as_deref(), printer),
        ModelCommand::Explain { model, weights, shape, time, device, half } => {
            let model = weights.of(model).open()?;
            let inputs = inputs(model.graph(), shape)?;
            let session = Session::new(model.into_graph(), *device, job)?.half_weights(*half);
            explained(&session, &inputs, *time, printer, job)
        }
    }
}

fn recipes(name: Option<&str>, printer: &Printer) -> Result<()> {
    if let Some(name) = name {
        let recipe = known::recipe(name)?;
        return printer.show(recipe.json(), || known::text(name).unwrap_or_default().to_owned());
    }
    let about = |name: &str| {
        let recipe = known::recipe(name).ok()?;
        Some(recipe.json().get("about")?.as_str()?.to_owned())
    };
    let object = json!({ "recipes": known::names().map(|name| json!({"name": name, "about": about(name)})).collect::<Vec<_>>() });
    printer.show(&object, || {
        known::names().map(|name| format!("{name:12} {}\n", about(name).unwrap_or_default())).collect()
    })
}

fn info(files: &Files, printer: &Printer) -> Result<()> {
    let model = files.open()?;
    let graph = model.graph();
    let port = |id: &ValueId| {
        let value = graph.value(*id).cloned().unwrap_or_default();
        let dtype = value.dtype.map_or("?", DType::name);
        (value.name, dtype, value.shape.map(|shape| shape.iter().map(side).collect::<Vec<_>>()))
    };
    let mut ops: BTreeMap<String, u64> = BTreeMap::new();
    for node in graph.nodes() {
        *ops.entry(node.op.name().to_owned()).or_default() += 1;
    }
    let weights: usize = graph.constants().map(Tensor::len).sum();
    let (inputs, outputs): (Vec<_>, Vec<_>) =
        (graph.inputs().iter().map(port).collect(), graph.outputs().iter().map(port).collect());
    let listed = |ports: &[(String, &str, Option<Vec<String>>)]| -> Vec<_> {
        let one = |(name, dtype, shape): &(String, &str, Option<Vec<String>>)| json!({ "name": name, "type": dtype, "shape": shape });
        ports.iter().map(one).collect()
    };
    let object = json!({
        "inputs": listed(&inputs), "outputs": listed(&outputs), "nodes": graph.nodes().len(),
        "weights": weights, "operators": ops,
    });
    printer.show(&object, || {
        let mut text = String::new();
        for (what, ports) in [("input", &inputs), ("output", &outputs)] {
            for (name, dtype, shape) in ports {
                let shape = shape.as_ref().map_or("?".to_owned(), |shape| shape.join(" × "));
                text.push_str(&format!("{what:7} {name}: {dtype} {shape}\n"));
            }
        }
        text.push_str(&format!(
            "{}, {} weights\n",
            plural(graph.nodes().len() as u64, "node"),
            count(weights as u64)
        ));
        let ops: Vec<String> = ops.iter().map(|(name, n)| format!("{n} {name}")).collect();
        text.push_str(&format!("{}\n", ops.join(", ")));
        text
    })
}

fn side(dim: &Dim) -> String {
    match dim {
        Dim::Known(n) => n.to_string(),
        Dim::Named(name) if name.is_empty() => "?".to_owned(),
        Dim::Named(name) => name.clone(),
    }
}

fn explained(session: &Session, inputs: &[Tensor], times: usize, printer: &Printer, job: &Job) -> Result<()> {
    let lines = session.explain(inputs)?;
    let mut seconds = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        session.run(inputs.to_vec())?;
        seconds.push(start.elapsed().as_secs_f64());
        job.check()?;
    }
    let (flops, moved): (u64, u64) =
        (lines.iter().map(|l| l.flops).sum(), lines.iter().map(|l| l.bytes).sum());
    let object = json!({
        "device": session.device_name(), "flops": flops, "bytes": moved, "seconds": seconds,
        "nodes": lines.iter().map(|l| json!({
            "name": l.name, "operator": l.operator, "inputs": l.inputs, "outputs": l.outputs,
            "flops": l.flops, "bytes": l.bytes,
            "device": l.route.as_ref().map(Route::device), "kernel": l.route.as_ref().map(Route::kernel),
        })).collect::<Vec<_>>(),
    });
    printer.show(&object, || text(session, &lines, &seconds, (flops, moved)))
}

fn text(session: &Session, lines: &[Line], seconds: &[f64], (flops, moved): (u64, u64)) -> String {
    let shape = |shapes: &[Vec<usize>]| {
        let one = |shape: &Vec<usize>| shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("×");
        shapes.iter().map(one).collect::<Vec<_>>().join(" ")
    };
    let mut rows = vec![
        ["node", "operator", "from", "to", "Mflop", "moved", "on", "kernel"].map(str::to_owned).to_vec(),
    ];
    rows.extend(lines.iter().map(|l| {
        let mega = if l.flops == 0 { String::new() } else { format!("{:.1}", l.flops as f64 / 1e6) };
        let (on, kernel) =
            l.route.as_ref().map_or(("", String::new()), |route| (route.device(), route.kernel()));
        let (from, to) = (shape(&l.inputs), shape(&l.outputs));
        vec![l.name.clone(), l.operator.clone(), from, to, mega, bytes(l.bytes), on.to_owned(), kernel]
    }));
    let mut text = table(&rows);
    text.push_str(&format!(
        "{} on {}: {:.3} Gflop, {} moved\n",
        plural(lines.len() as u64, "node"),
        session.device_name(),
        flops as f64 / 1e9,
        bytes(moved)
    ));
    if let (Some(first), Some(best)) = (seconds.first(), seconds.iter().copied().reduce(f64::min)) {
        text.push_str(&format!(
            "first run {:.2} ms, best {:.2} ms: {:.1} Gflop a second\n",
            first * 1e3,
            best * 1e3,
            flops as f64 / best.max(f64::MIN_POSITIVE) / 1e9
        ));
    }
    text
}

/// Numbers drawn by chance for every input, in the shapes that were said.
fn inputs(graph: &Graph, shapes: &[String]) -> Result<Vec<Tensor>> {
    let mut random = Random::keyed(&[1]);
    let tensor = |(place, id): (usize, &ValueId)| {
        let value = graph.value(*id).cloned().unwrap_or_default();
        let said = shapes.iter().find_map(|said| match said.split_once('=') {
            Some((name, shape)) => (name == value.name).then_some(shape),
            None => None,
        });
        let plain = shapes.iter().filter(|said| !said.contains('=')).nth(place).map(String::as_str);
        let known = |shape: Vec<Dim>| {
            let one = |dim: Dim| match dim {
                Dim::Known(n) => Some(n),
                Dim::Named(_) => None,
            };
            shape.into_iter().map(one).collect::<Option<Vec<usize>>>()
        };
        let shape = match said.or(plain) {
            Some(text) => text.split([',', 'x', '×']).map(|n| n.trim().parse().ok()).collect(),
            None => value.shape.and_then(known),
        };
        let shape: Vec<usize> = shape.ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("the shape of the input '{}' is not known", value.name))
                .at(Place::area("model"))
                .remedy("say it, as --shape 1,3,224,224")
        })?;
        let n = crate::model::count(&shape).filter(|n| *n <= 1 << 30).ok_or_else(|| {
            Error::new(ErrorKind::Limit, "the input has too many numbers").at(Place::area("model"))
        })?;
        match value.dtype.unwrap_or(DType::F32) {
            DType::U8 => Tensor::new(&shape, (0..n).map(|_| random.below(256) as u8).collect()),
            DType::I64 => Tensor::new(&shape, vec![1_i64; n]),
            DType::I32 => Tensor::new(&shape, vec![1_i32; n]),
            DType::F32 => Tensor::new(&shape, (0..n).map(|_| random.unit() as f32).collect()),
            other => {
                Err(Error::new(ErrorKind::Unsupported, format!("inputs of {} are not drawn", other.name()))
                    .at(Place::area("model")))
            }
        }
    };
    graph.inputs().iter().enumerate().map(tensor).collect()
}
