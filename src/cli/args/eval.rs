//! What may be said to `eval`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CoordsArg, SourceArgs};
use crate::eval::names::Names;
use crate::eval::read::{BoxForm, ClassNumbers, PredictionFormat, PredictionOptions};

/// What is asked of the two sides, and how they are brought together.
#[derive(Args)]
pub(in crate::cli) struct AskArgs {
    /// The protocol; `eval --list` says which there are
    #[arg(long, value_name = "METRIC", default_value = "coco/bbox")]
    pub metric: String,
    /// By what images of both sides are matched
    #[arg(long, value_name = "BY", value_enum, default_value_t = MatchArg::ImageId)]
    pub match_by: MatchArg,
    /// By what classes of both sides are matched: id, name, or a file that says which is which: JSON as
    /// {"found": "truth", …}, or one name of the truth a line, for classes 0, 1, …; auto is by id, and by name where
    /// both sides name their classes and give one name different ids
    #[arg(long, value_name = "auto|id|name|FILE", default_value = "auto")]
    pub classes_by: String,
    /// Repair what makes the reference tool's number wrong, instead of giving its number
    #[arg(long)]
    pub corrected: bool,
    /// How many detections of an image and class count, as 1,10,100
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub max_dets: Vec<u32>,
    /// Overlap thresholds, as 0.5,0.75 [default: those of the protocol]
    #[arg(long, value_name = "T,...", value_delimiter = ',', value_parser = overlap)]
    pub iou: Vec<f64>,
    /// All classes as one (COCO)
    #[arg(long)]
    pub class_agnostic: bool,
    /// How far each point may be off, one number a point, as 0.026,0.025,... [default: COCO's seventeen of a person]
    #[arg(long, value_name = "S,...", value_delimiter = ',', value_parser = positive)]
    pub sigmas: Vec<f64>,
    /// How far a boundary reaches into its mask, as a ratio of the image's diagonal [default: 0.02] (coco/boundary,
    /// lvis/boundary)
    #[arg(long, value_name = "RATIO", value_parser = positive)]
    pub dilation: Option<f64>,
    /// Numbers of true label images that are left out, as 255 (semantic)
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub ignore: Vec<u32>,
    /// Classes above classes: bbox_labels_600_hierarchy.json (open_images)
    #[arg(long, value_name = "FILE")]
    pub hierarchy: Option<PathBuf>,
    /// Image-level labels: ImageID,LabelName,... (open_images)
    #[arg(long, value_name = "FILE")]
    pub image_labels: Option<PathBuf>,
    #[command(flatten)]
    pub found: FoundArgs,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// What files of predictions do not say themselves.
#[derive(Args)]
pub(in crate::cli) struct FoundArgs {
    /// What predictions are: json, yolo, voc-results, voc-xml, csv, npy, npz, parquet, arrow, dota [default: told by
    /// their content]
    #[arg(long, value_name = "FORMAT")]
    pub pred_format: Option<PredictionFormat>,
    /// The numbers of a box, where tools do not agree: centre-conf, conf-centre, corners, corner-size
    #[arg(long, value_name = "FORM")]
    pub pred_boxes: Option<BoxForm>,
    /// What the corners of predicted boxes mean
    #[arg(long, value_name = "COORDS", value_enum)]
    pub pred_coords: Option<CoordsArg>,
    /// What the numbers of predicted classes are: auto, ids, zero-based, one-based, raw
    #[arg(long, value_name = "NUMBERS", default_value = "auto")]
    pub pred_classes: ClassNumbers,
    /// The score of predictions without one
    #[arg(long, value_name = "SCORE", value_parser = number)]
    pub pred_score: Option<f64>,
}

impl FoundArgs {
    /// As the library wants it.
    pub(in crate::cli) fn options(&self) -> PredictionOptions {
        PredictionOptions {
            format: self.pred_format,
            boxes: self.pred_boxes,
            coords: self.pred_coords.map(CoordsArg::coords),
            classes: self.pred_classes,
            score: self.pred_score,
        }
    }
}

/// How images are drawn for intervals.
#[derive(Args)]
pub(in crate::cli) struct SamplingArgs {
    /// Where chance begins
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// Sample images with one value of this key of the truth together, as the frames of a video
    #[arg(long, value_name = "KEY")]
    pub cluster: Option<String>,
}

/// Where the report goes beside the terminal.
#[derive(Args)]
pub(in crate::cli) struct ReportArgs {
    /// Write the report as one self-contained page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the report's tables as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Write the report's tables as LaTeX
    #[arg(long, value_name = "FILE")]
    pub latex: Option<PathBuf>,
    /// Write every number of the report into a Parquet table
    #[arg(long, value_name = "FILE")]
    pub parquet: Option<PathBuf>,
    /// Exit with 1 if this holds, as 'AP<0.40', or if the figure has no value; may be given more than once. In `compare`
    /// it is asked of every run, or of one by its name, as 'r50/AP<0.40'. What fails exits with 1 too, and 2 is a
    /// command line that makes no sense: stderr says which it was
    #[arg(long, value_name = "EXPR")]
    pub fail_if: Vec<Condition>,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
}

#[derive(Args)]
pub(in crate::cli) struct EvalArgs {
    /// The truth: a dataset, as `name.lf`, `name.lf@3` (version) or `name.lf#set`, or a path in any known format
    #[arg(long, value_name = "GT", default_value = "", required_unless_present = "list")]
    pub gt: String,
    /// What was found: a results file, or a set with scores, as `name.lf#set`
    #[arg(long, value_name = "PRED", default_value = "", required_unless_present = "list")]
    pub pred: String,
    /// List the protocols
    #[arg(long)]
    pub list: bool,
    #[command(flatten)]
    pub ask: AskArgs,
    /// Give every headline number the interval in which it lies in 95 % of this many samples of the images (COCO)
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1000")]
    pub bootstrap: Option<usize>,
    #[command(flatten)]
    pub sampling: SamplingArgs,
    /// Also the numbers of the images by the values of these keys of the truth, or of what SQL says of an image, as
    /// --by split,"width > 640" (COCO)
    #[arg(long, value_name = "KEY|SQL,...")]
    pub by: Vec<String>,
    /// Also precision, recall and F1 of scores from this one up (COCO)
    #[arg(long, value_name = "SCORE", value_parser = number)]
    pub cut: Option<f64>,
    /// Also what is taken for what, what each kind of error costs (TIDE, COCO's analysis), the worst images; a page
    /// always has them (COCO)
    #[arg(long)]
    pub errors: bool,
    /// How confusions are counted; needs --errors or --html [default: standard]
    #[arg(long, value_name = "HOW", value_enum)]
    pub confusion: Option<ConfusionArg>,
    /// Draw so many of the worst images on the page; needs --html [default: 12]
    #[arg(long, value_name = "N", requires = "html")]
    pub worst: Option<usize>,
    #[command(flatten)]
    pub report: ReportArgs,
    /// Print the numbers alone, as one JSON object, under our own names or those of chainercv, mmdetection or
    /// torchmetrics; docs/eval-names.md says which is which
    #[arg(long, value_name = "NAMES", num_args = 0..=1, default_missing_value = "lensframe")]
    pub keys: Option<Names>,
    /// Write what became of every detection, and which truths were missed, as a table: .parquet, .arrow or .csv (COCO,
    /// LVIS, VOC)
    #[arg(long, value_name = "FILE")]
    pub matches: Option<PathBuf>,
    /// The overlap threshold at which the table names truths [default: the lowest of the protocol]
    #[arg(long, value_name = "T", requires = "matches", value_parser = overlap)]
    pub match_iou: Option<f64>,
    /// Write the arrays of precision, recall and scores into this folder, as .npy (COCO)
    #[arg(long, value_name = "FOLDER")]
    pub arrays: Option<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct CompareArgs {
    /// The truth, as `eval` takes it
    #[arg(long, value_name = "GT")]
    pub gt: String,
    /// What was found, as `eval` takes it, and more than once; the first is what others are held against. With a name
    /// as `r50=a.json`; runs of one method with other seeds as `r50=a.json,b.json,c.json`: mean and deviation
    #[arg(long, value_name = "[NAME=]PRED[,PRED...]", required = true)]
    pub pred: Vec<String>,
    #[command(flatten)]
    pub ask: AskArgs,
    /// How many samples of the images test differences; 0 tests none
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub samples: usize,
    #[command(flatten)]
    pub sampling: SamplingArgs,
    /// Below which p, corrected for the number of runs, a difference counts
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    pub level: f64,
    #[command(flatten)]
    pub report: ReportArgs,
}

/// How a confusion matrix is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(in crate::cli) enum ConfusionArg {
    /// One to one, best overlap first: score above 0.25, IoU above 0.45
    Standard,
    /// MMDetection's: every pair that overlaps, score from 0.3, IoU from 0.5
    Mmdet,
}

/// By what images are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(in crate::cli) enum MatchArg {
    /// The id
    ImageId,
    /// The name of the file, folders included
    FileName,
    /// The name of the file without folders, extension and leading zeros
    Stem,
}

/// An overlap that can be asked for.
fn overlap(text: &str) -> Result<f64, String> {
    match number(text)? {
        overlap if overlap > 0.0 && overlap <= 1.0 => Ok(overlap),
        _ => Err("an overlap is above 0 and at most 1".to_owned()),
    }
}

/// A real number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    match number(text)? {
        number if number > 0.0 => Ok(number),
        _ => Err("the number must be above 0".to_owned()),
    }
}

/// A real number: neither infinite nor NaN.
pub(super) fn number(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim().parse().map_err(|_| "this is no number".to_owned())?;
    if number.is_finite() { Ok(number) } else { Err("this is no real number".to_owned()) }
}

/// A comparison of a figure with a number.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) struct Condition {
    pub key: String,
    pub relation: &'static str,
    pub number: f64,
}

impl std::str::FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Condition, String> {
        let bad = || format!("'{text}' is no condition: write it as 'AP<0.40', with <, <=, >, >=, == or !=");
        let (at, relation) = ["<=", ">=", "==", "!=", "<", ">"]
            .into_iter()
            .filter_map(|relation| Some((text.find(relation)?, relation)))
            .min_by_key(|(at, relation)| (*at, usize::MAX - relation.len()))
            .ok_or_else(bad)?;
        let (key, number) = (text[..at].trim(), text[at + relation.len()..].trim());
        let number: f64 = number.parse().map_err(|_| bad())?;
        if key.is_empty() || number.is_nan() {
            return Err(bad());
        }
        Ok(Condition { key: key.to_owned(), relation, number })
    }
}

impl Condition {
    /// Whether it holds of a value.
    pub(in crate::cli) fn holds(&self, value: f64) -> bool {
        match self.relation {
            "<=" => value <= self.number,
            ">=" => value >= self.number,
            "==" => value == self.number,
            "!=" => value != self.number,
            "<" => value < self.number,
            _ => value > self.number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_held() {
        let condition: Condition = " AP@100 <= 0.4".parse().unwrap();
        assert_eq!((condition.key.as_str(), condition.relation), ("AP@100", "<="));
        assert!(condition.holds(0.4) && !condition.holds(0.41));
        for bad in ["AP", "AP<", "<0.4", "AP<x", "AP=0.4", "AP<NaN"] {
            assert!(bad.parse::<Condition>().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_outside_what_they_mean_are_refused() {
        assert_eq!((overlap("0.5"), overlap("1"), number("-3.5")), (Ok(0.5), Ok(1.0), Ok(-3.5)));
        for bad in ["nan", "inf", "-inf", "x", ""] {
            assert!(overlap(bad).is_err() && number(bad).is_err() && positive(bad).is_err(), "{bad}");
        }
        for bad in ["0", "1.01", "-0.5"] {
            assert!(overlap(bad).is_err(), "{bad}");
        }
    }
}
