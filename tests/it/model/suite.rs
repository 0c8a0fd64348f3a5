//! ONNX's own test vectors, run through any executor: the node suite of the pinned wheel and its three smaller sets.
//!
//! Each case is read, run and compared in a thread of its own, so that one that panics or hangs costs no other. What
//! a case is worth is worked out from its model ([`model::About`]): the target is every case of the operators that the
//! table has, by the rule in [`target`], and not by a list of names. Without the wheel the tests say so and pass.

mod compare;
mod mangle;
mod model;
mod report;
mod target;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use lensframe::error::{ErrorKind, Result};
use lensframe::job::Job;
use lensframe::model::Graph;
use lensframe::model::cpu::{self, Threads};
use lensframe::model::onnx;
use lensframe::model::tensor::Tensor;

use model::About;
pub(crate) use report::Report;

/// The sets of the wheel that hold vectors and need nothing fetched.
const SETS: [&str; 4] = ["node", "simple", "pytorch-converted", "pytorch-operator"];

/// How long one case may take.
const LONGEST: Duration = Duration::from_secs(60);

/// Computes the outputs of a graph from its inputs.
pub(crate) type Executor = dyn Fn(&Graph, &[Tensor]) -> Result<Vec<Tensor>> + Send + Sync;

/// What came of a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Every output has the type, shape and values of the vector.
    Passed,
    /// The model cannot be run, and that was said before it was.
    Refused(String),
    /// It ran and was wrong, or ended in an error.
    Failed(String),
    Panicked(String),
    TimedOut,
}

/// One case: where it is, what its model is made of, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) set: &'static str,
    pub(crate) name: String,
    pub(crate) about: About,
    pub(crate) outcome: Outcome,
}

/// The folder of the suite: `ONNX_SUITE`, or that of the wheel where `make test` put it, or in the project's own Python.
/// None if there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    let has_cases = |folder: &PathBuf| folder.join("node").is_dir();
    if let Some(folder) = std::env::var_os("ONNX_SUITE") {
        return Some(PathBuf::from(folder)).filter(has_cases);
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.join("target"), PathBuf::from);
    let unpacked = target.join("onnx/onnx/backend/test/data");
    if has_cases(&unpacked) {
        return Some(unpacked);
    }
    let python = project.join(".venv/bin/python");
    let ask = "import onnx.backend.test as t, os; print(os.path.join(os.path.dirname(t.__file__), 'data'))";
    let said = Command::new(python).args(["-c", ask]).output().ok()?;
    let folder = PathBuf::from(String::from_utf8(said.stdout).ok()?.trim());
    Some(folder).filter(has_cases)
}

/// Runs every case of the suite whose name `wanted` accepts.
pub(crate) fn run(folder: &Path, wanted: &dyn Fn(&str) -> bool, executor: &Arc<Executor>) -> Report {
    let mut found = Vec::new();
    for set in SETS {
        let Ok(entries) = std::fs::read_dir(folder.join(set)) else { continue };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names.retain(|name| wanted(name) && folder.join(set).join(name).join("model.onnx").is_file());
        found.extend(names.into_iter().map(|name| (set, name)));
    }
    let (next, made) = (AtomicUsize::new(0), Mutex::new(vec![None; found.len()]));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, (set, name))) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    found.get(at).map(|case| (at, case))
                } {
                    let path = folder.join(set).join(name);
                    let about = std::fs::read(path.join("model.onnx")).map(|bytes| About::of(&bytes));
                    let case = Case {
                        set,
                        name: name.clone(),
                        about: about.unwrap_or_default(),
                        outcome: alone(&path, executor),
                    };
                    made.lock().unwrap()[at] = Some(case);
                }
            });
        }
    });
    Report::new(made.into_inner().unwrap().into_iter().flatten().collect())
}

/// One case in a thread of its own, which is left behind if it takes too long.
fn alone(path: &Path, executor: &Arc<Executor>) -> Outcome {
    let (send, receive) = mpsc::channel();
    let (path, executor) = (path.to_path_buf(), Arc::clone(executor));
    let started = std::thread::Builder::new().stack_size(8 << 20).spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| outcome(&path, &*executor)));
        let outcome = outcome.unwrap_or_else(|what| {
            let text = what.downcast_ref::<String>().cloned();
            let text = text.or_else(|| what.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Outcome::Panicked(text.unwrap_or_default())
        });
        let _ = send.send(outcome);
    });
    match started {
        Ok(_) => receive.recv_timeout(LONGEST).unwrap_or(Outcome::TimedOut),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

fn outcome(path: &Path, executor: &Executor) -> Outcome {
    let one = Threads::one();
    let evaluate = |op: &_, inputs: &[Option<&Tensor>], outputs| cpu::compute(op, inputs, outputs, &one);
    let graph = match onnx::read_with(&path.join("model.onnx"), Some(&evaluate)) {
        Ok(graph) => graph,
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    for set in 0.. {
        let folder = path.join(format!("test_data_set_{set}"));
        if !folder.is_dir() {
            return if set == 0 { Outcome::Failed("no vectors".to_owned()) } else { Outcome::Passed };
        }
        let (inputs, wanted) = match (tensors(&folder, "input"), tensors(&folder, "output")) {
            (Ok(inputs), Ok(wanted)) => (inputs, wanted),
            (Err(error), _) | (_, Err(error)) => return Outcome::Refused(error.to_string()),
        };
        match executor(&graph, &inputs) {
            Ok(made) => {
                if let Err(what) = compare::all(&made, &wanted) {
                    return Outcome::Failed(what);
                }
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                return Outcome::Refused(error.to_string());
            }
            Err(error) => return Outcome::Failed(error.to_string()),
        }
    }
    Outcome::Passed
}

/// The tensors `input_0.pb`, `input_1.pb`... of a folder.
fn tensors(folder: &Path, kind: &str) -> Result<Vec<Tensor>> {
    (0..)
        .map_while(|number| std::fs::read(folder.join(format!("{kind}_{number}.pb"))).ok())
        .map(|bytes| onnx::tensor(&bytes))
        .collect()
}

/// The executor of the processor, on so many threads.
pub(crate) fn processor(threads: usize) -> Arc<Executor> {
    let threads = Threads::new(threads);
    Arc::new(move |graph, inputs| cpu::run(graph, inputs, &threads, &Job::new()))
}

/// Runs the whole suite and holds it to the goal: every target passes, and nothing panics or hangs.
pub(crate) fn hold(executor: &Arc<Executor>) {
    let Some(folder) = folder() else {
        eprintln!("skipped: no ONNX suite; `make test` fetches it, or set ONNX_SUITE");
        return;
    };
    let report = run(&folder, &|_| true, executor);
    println!("{report}");
    // The rule gives the number that was worked out by hand for the pinned wheel.
    if report.count(|case| case.set == "node") == 1765 {
        assert_eq!(report.targets().count(), 770, "the rule of the target has changed");
    }
    let wrong: Vec<String> = report.bad().map(|case| format!("{}: {:?}", case.name, case.outcome)).collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_processor_passes_every_target_of_the_onnx_suite() {
    hold(&processor(2));
}
