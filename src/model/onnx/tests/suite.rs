//! ONNX's own cases, where the wheel that has them is installed: all that the table promises must load, and the shapes
//! that are inferred must be those recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;

use super::super::super::graph::Dim;
use super::super::super::infer::{Fact, walk};
use super::super::{read, tensor, wire};

/// What the two executors are for: a case of these operators alone, on numbers, must load.
const TARGET: &str = "Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift \
    BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu CenterCropPad Clip Compress Concat Constant \
    ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DeformConv DepthToSpace DequantizeLinear Div Dropout \
    Einsum Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm GlobalAveragePool \
    GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HardSigmoid HardSwish Hardmax \
    Identity InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization \
    LpPool MatMul MatMulInteger Max MaxPool MaxUnpool Mean MeanVarianceNormalization Min Mish Mod Mul Neg \
    NonMaxSuppression NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization Range \
    Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum \
    ReduceSumSquare Relu Reshape Resize RoiAlign Round Scatter ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin \
    Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu \
    Tile TopK Transpose Unsqueeze Upsample Where Xor";

fn root() -> Option<PathBuf> {
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/lib");
    let pythons = fs::read_dir(lib).ok()?.filter_map(|e| e.ok());
    pythons
        .map(|e| e.path().join("site-packages/onnx/backend/test/data"))
        .find(|path| path.join("node").is_dir())
}

/// Every model of the suite, by its folder and name.
pub(super) fn models() -> Vec<PathBuf> {
    let Some(root) = root() else {
        eprintln!("skipped: ONNX's suite is not installed");
        return Vec::new();
    };
    let mut found = Vec::new();
    for kind in ["node", "simple", "pytorch-converted", "pytorch-operator", "light"] {
        for entry in fs::read_dir(root.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let model = path.join("model.onnx");
            if model.is_file() {
                found.push(model);
            } else if path.extension().is_some_and(|e| e == "onnx") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn operators(graph: &wire::Graph, into: &mut BTreeSet<String>) {
    for node in &graph.node {
        into.insert(node.op_type.clone());
        for inner in node.attribute.iter().filter_map(|a| a.g.as_ref()) {
            operators(inner, into);
        }
    }
}

/// True if all inputs and outputs are tensors of numbers that the executors know.
fn is_plain(graph: &wire::Graph) -> bool {
    graph.input.iter().chain(&graph.output).all(|info| {
        let tensor = info.kind.as_ref().and_then(|t| t.tensor.as_ref());
        tensor.is_some_and(|t| super::super::storage::dtype(t.element).is_ok())
    })
}

#[test]
fn every_case_of_the_table_loads() {
    let target: BTreeSet<String> = TARGET.split_whitespace().map(str::to_owned).collect();
    let (mut loaded, mut all, mut refused) = (0, 0, BTreeMap::<String, Vec<String>>::new());
    let (mut wanted, mut broken) = (0, Vec::new());
    for path in models() {
        all += 1;
        let model = wire::Model::decode(fs::read(&path).unwrap().as_slice()).unwrap();
        let graph = model.graph.as_ref().unwrap();
        let mut used = BTreeSet::new();
        operators(graph, &mut used);
        let must = used.is_subset(&target) && is_plain(graph);
        wanted += usize::from(must);
        let name = path.strip_prefix(root().unwrap()).unwrap().display().to_string();
        match read(&path) {
            Ok(_) => loaded += 1,
            Err(e) => {
                if must {
                    broken.push(format!("{name}: {e}"));
                }
                refused.entry(e.what().to_owned()).or_default().push(name);
            }
        }
    }
    for (why, cases) in &refused {
        eprintln!("{:4} {why:.150} e.g. {}", cases.len(), cases[0]);
    }
    eprintln!("{loaded} of {all} load; {wanted} must, {} of them do not", broken.len());
    // Chance and floats of eight bits inside of the graph.
    broken.retain(|line| !line.contains("float8") && !line.contains("uint4") && !line.contains("int4"));
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn inferred_shapes_are_the_recorded_ones() {
    let (mut compared, mut open, mut wrong) = (0, 0, Vec::new());
    for path in models() {
        let Ok(graph) = read(&path) else { continue };
        let data = path.with_file_name("test_data_set_0");
        let file = |kind: &str, k: usize| fs::read(data.join(format!("{kind}_{k}.pb"))).ok();
        let given: Option<Vec<Fact>> = (0..graph.inputs().len())
            .map(|k| Some(Fact::constant(&tensor(&file("input", k)?).ok()?)))
            .collect();
        let Some(given) = given else { continue };
        let name = path.parent().unwrap().file_name().unwrap().display().to_string();
        let facts = match walk(&graph, &given, None) {
            Ok(facts) => facts,
            Err(e) => {
                wrong.push(format!("{name}: {e}"));
                continue;
            }
        };
        for (k, id) in graph.outputs().iter().enumerate() {
            let Some(Ok(recorded)) = file("output", k).map(|bytes| tensor(&bytes)) else { continue };
            let Some(fact) = &facts[id.0] else {
                open += 1;
                continue;
            };
            let fits = |(dim, n): (&Dim, &usize)| matches!(dim, Dim::Named(_)) || *dim == Dim::Known(*n);
            let same_rank = fact.shape.len() == recorded.rank();
            let all = fact.shape.iter().zip(recorded.shape()).all(fits);
            if !same_rank || !all || fact.dtype != recorded.dtype() {
                wrong.push(format!(
                    "{name}: {:?} {:?}, recorded {:?} {:?}",
                    fact.dtype,
                    fact.shape,
                    recorded.dtype(),
                    recorded.shape()
                ));
            } else if fact.known().is_none() {
                open += 1;
            } else {
                compared += 1;
            }
        }
    }
    eprintln!(
        "{compared} outputs as recorded, {open} not known before they are computed, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_known_of_less_agrees_with_what_is_known_of_more() {
    let forget = |fact: &Fact, how: u8| {
        let dim = |dim: &Dim| if how == 2 { Dim::Named(String::new()) } else { dim.clone() };
        Fact { dtype: fact.dtype, shape: fact.shape.iter().map(dim).collect(), value: None }
    };
    let (mut compared, mut wrong) = (0, Vec::new());
    for path in models() {
        let Ok(graph) = read(&path) else { continue };
        let data = path.with_file_name("test_data_set_0");
        let file = |kind: &str, k: usize| fs::read(data.join(format!("{kind}_{k}.pb"))).ok();
        let given: Option<Vec<Fact>> = (0..graph.inputs().len())
            .map(|k| Some(Fact::constant(&tensor(&file("input", k)?).ok()?)))
            .collect();
        let Some(given) = given else { continue };
        for how in 1..3 {
            let given: Vec<Fact> = given.iter().map(|fact| forget(fact, how)).collect();
            let facts = match walk(&graph, &given, None) {
                Ok(facts) => facts,
                Err(e) => {
                    wrong.push(format!("{} {how}: {e}", path.display()));
                    continue;
                }
            };
            for (k, id) in graph.outputs().iter().enumerate() {
                let (Some(fact), Some(bytes)) = (&facts[id.0], file("output", k)) else { continue };
                let Ok(recorded) = tensor(&bytes) else { continue };
                let fits = |(dim, n): (&Dim, &usize)| matches!(dim, Dim::Named(_)) || *dim == Dim::Known(*n);
                if fact.shape.len() != recorded.rank() || !fact.shape.iter().zip(recorded.shape()).all(fits) {
                    wrong.push(format!("{} {how}: {:?} {:?}", path.display(), fact.shape, recorded.shape()));
                }
                compared += 1;
            }
        }
    }
    eprintln!("{compared} outputs compared, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
