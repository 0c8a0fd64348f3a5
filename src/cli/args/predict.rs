//! What may be said to `predict` and `model`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{ReportArgs, SourceArgs};
use crate::model::{Device, Files};

#[derive(Args)]
pub(in crate::cli) struct PredictArgs {
    /// A dataset, as `name.lf`
    pub dataset: String,
    /// The network, as ONNX, or one that comes with the program, as `shapes`
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    #[command(flatten)]
    pub weights: WeightArgs,
    /// What it expects and what its numbers mean, as TOML, JSON or YAML, or a known recipe (`lensframe model recipes`)
    /// [default: the model's path with .toml; of a network that comes with the program, its own]
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// The object set that what is found is stored as
    #[arg(long, value_name = "NAME")]
    pub set: Option<String>,
    /// What runs it: auto, cpu, gpu or gpu:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: Device,
    /// Let a GPU store weights in 16 bits: half the memory, results change by about a thousandth
    #[arg(long)]
    pub half: bool,
    /// Pictures that go through together, where the model takes any number
    #[arg(long, default_value_t = 8, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: u32,
    /// Threads that decode pictures [default: --threads]
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,
    /// Only images for which this holds, in SQL
    #[arg(long = "where", value_name = "SQL")]
    pub filter: Option<String>,
    /// Only objects of at least this score, in the place of what the recipe says
    #[arg(long, value_name = "SCORE")]
    pub score: Option<f64>,
    /// Go on with what an earlier run of the set left
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Leave out rows whose pictures are damaged or missing, and count them
    #[arg(long)]
    pub skip: bool,
    /// Hold the best class against this key of labels, and print how often it is right; nothing is stored
    #[arg(long, value_name = "KEY", conflicts_with_all = ["set", "resume", "metric"],
        num_args = 0..=1, default_missing_value = "image_label")]
    pub accuracy: Option<String>,
    /// Hold what is found against the truth by this protocol (`eval --list`), in a report as `eval` gives it. Without
    /// --set nothing is stored
    #[arg(long, value_name = "METRIC")]
    pub metric: Option<String>,
    /// The set that is the truth for --metric [default: the default set]
    #[arg(long, value_name = "NAME", requires = "metric")]
    pub truth: Option<String>,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Weights that are not in the network's own file.
#[derive(Args)]
pub(in crate::cli) struct WeightArgs {
    /// Its weights, as .npz or .safetensors, where they are not in the network's own file
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Which of their keys is which of the network's names, as TOML or JSON [default: those that are equal]
    #[arg(long, value_name = "FILE", requires = "weights")]
    pub names: Option<PathBuf>,
}

impl WeightArgs {
    /// The files of a network.
    pub(in crate::cli) fn of(&self, model: &Path) -> Files {
        Files { model: model.to_path_buf(), weights: self.weights.clone(), names: self.names.clone() }
    }
}

#[derive(Args)]
pub(in crate::cli) struct ModelArgs {
    #[command(subcommand)]
    pub what: ModelCommand,
}

#[derive(Subcommand)]
pub(in crate::cli) enum ModelCommand {
    /// Say what a network takes and gives, its operators and how many weights it has
    Info {
        /// The network, as ONNX, or one that comes with the program, as `shapes`
        model: PathBuf,
        #[command(flatten)]
        weights: WeightArgs,
    },
    /// List the recipes that come with the program, or print one, to begin with
    Recipes {
        /// The recipe's name
        name: Option<String>,
    },
    /// Say what each node does for an input of a shape: shapes, operations, bytes
    Explain {
        /// The network, as ONNX, or one that comes with the program, as `shapes`
        model: PathBuf,
        #[command(flatten)]
        weights: WeightArgs,
        /// The shape of an input, as 1,3,224,224 or name=1,3,224,224; may be given more than once
        #[arg(long, value_name = "SHAPE")]
        shape: Vec<String>,
        /// Run it so often on numbers drawn by chance and say how long it takes
        #[arg(long, value_name = "N", default_value_t = 0)]
        time: usize,
        /// What runs it: auto, cpu, gpu or gpu:N
        #[arg(long, default_value = "auto", value_name = "DEVICE")]
        device: Device,
        /// Let a GPU store weights in 16 bits: half the memory, results change by about a thousandth
        #[arg(long)]
        half: bool,
    },
}
