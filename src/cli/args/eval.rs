//! What may be said to `eval`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
pub(in crate::cli) struct EvalArgs {
    /// The truth: a dataset, or a path in any known format
    #[arg(long, value_name = "GT")]
    pub gt: String,
    /// What was found: a results file, or a dataset with scores
    #[arg(long, value_name = "PRED")]
    pub pred: String,
    /// The protocol: coco/bbox, coco/segm or coco/keypoints
    #[arg(long, value_name = "METRIC", default_value = "coco/bbox")]
    pub metric: String,
    /// Repair what makes the reference tool's number wrong, instead of giving its number
    #[arg(long)]
    pub corrected: bool,
    /// How many detections of an image and class count, as 1,10,100
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub max_dets: Vec<u32>,
    /// Overlap thresholds, as 0.5,0.75 [default: 0.5 to 0.95 in steps of 0.05]
    #[arg(long, value_name = "T,...", value_delimiter = ',')]
    pub iou: Vec<f64>,
    /// All classes as one
    #[arg(long)]
    pub class_agnostic: bool,
    /// Write the arrays of precision, recall and scores into this folder, as .npy
    #[arg(long, value_name = "FOLDER")]
    pub arrays: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
}
