//! What may be said to `query`, and conditions that other commands take.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::SourceArgs;

#[derive(Args)]
pub(in crate::cli) struct QueryArgs {
    /// A dataset, as `name.lf` or `name.lf@3` (version), or a path in any known format; of a .csv, .parquet or .arrow
    /// file the rows are the table `images`
    pub dataset: String,
    /// One SELECT over the tables `images`, `objects`, `objects_all` and other sets by their names
    pub sql: String,
    /// Another dataset, whose tables are NAME.images, NAME.objects, …, or a .csv, .parquet or .arrow file, which is
    /// the table NAME; may be given more than once
    #[arg(long, value_name = "NAME=PATH")]
    pub with: Vec<With>,
    /// The file for the answer: .csv, .jsonl, .json, .parquet or .arrow; - is JSON lines on stdout; NAME.lf is a dataset
    /// of the images whose rows the answer names in a column `row`, each once
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How many rows are shown; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub rows: usize,
    /// Replace FILE if it is there
    #[arg(long)]
    pub force: bool,
    /// Say which keys are read and how the question is answered, in place of the answer
    #[arg(long, conflicts_with = "output")]
    pub explain: bool,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// A dataset or table by another name.
#[derive(Clone, Debug)]
pub(in crate::cli) struct With(pub String, pub String);

impl FromStr for With {
    type Err = String;

    fn from_str(text: &str) -> Result<With, String> {
        match text.split_once('=') {
            Some((name, dataset)) if !name.is_empty() && !dataset.is_empty() => {
                Ok(With(name.into(), dataset.into()))
            }
            _ => Err(format!("'{text}' is not NAME=PATH")),
        }
    }
}

/// Conditions in SQL on the rows and objects of a dataset.
#[derive(Args)]
pub(in crate::cli) struct WhereArgs {
    /// Only images for which this holds, in SQL: --where "width >= 640 AND split = 'val'"
    #[arg(long = "where", value_name = "SQL")]
    pub filter: Option<String>,
    /// Only images with an object for which this holds: --having "category = 'person' AND area > 9216"
    #[arg(long, value_name = "SQL")]
    pub having: Option<String>,
    /// Only objects for which this holds; images stay: --objects "NOT crowded"
    #[arg(long = "objects", value_name = "SQL")]
    pub keep: Option<String>,
}
