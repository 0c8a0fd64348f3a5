//! What may be said to `predict` and `model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SourceArgs;
use crate::model::Device;

#[derive(Args)]
pub(in crate::cli) struct PredictArgs {
    /// A dataset, as `name.lf`
    pub dataset: String,
    /// The network, as ONNX
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// What it expects and what its numbers mean, as TOML, JSON or YAML, or a known recipe (`lensframe model recipes`)
    /// [default: the model's path with .toml]
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// The object set that what is found is stored as
    #[arg(long, value_name = "NAME")]
    pub set: Option<String>,
    /// What runs it: auto, cpu, gpu or gpu:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: Device,
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
    /// Replace the set if it is there
    #[arg(long)]
    pub force: bool,
    /// Leave out rows whose pictures are damaged or missing, and count them
    #[arg(long)]
    pub skip: bool,
    /// Store nothing: hold the best class against this key of labels, and print how often it is right
    #[arg(long, value_name = "KEY", conflicts_with_all = ["set", "resume", "force"],
        num_args = 0..=1, default_missing_value = "image_label")]
    pub accuracy: Option<String>,
    #[command(flatten)]
    pub source: SourceArgs,
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
        /// The network, as ONNX
        model: PathBuf,
    },
    /// List the recipes that come with the program, or print one, to begin with
    Recipes {
        /// The recipe's name
        name: Option<String>,
    },
    /// Say what each node does for an input of a shape: shapes, operations, bytes
    Explain {
        /// The network, as ONNX
        model: PathBuf,
        /// The shape of an input, as 1,3,224,224 or name=1,3,224,224; may be given more than once
        #[arg(long, value_name = "SHAPE")]
        shape: Vec<String>,
        /// Run it so often on numbers drawn by chance and say how long it takes
        #[arg(long, value_name = "N", default_value_t = 0)]
        time: usize,
        /// What runs it: auto, cpu, gpu or gpu:N
        #[arg(long, default_value = "auto", value_name = "DEVICE")]
        device: Device,
    },
}
