//! The numbers people quote: pycocotools' twelve for boxes and masks, ten for points, and the lines it prints.

use std::fmt;

use super::params::{Kind, Params};
use super::tensors::Tensors;

/// Average precision or recall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Average precision.
    Precision,
    /// Average recall.
    Recall,
}

/// One number, and what it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// A short name: `AP`, `AP50`, `ARs`, …
    pub key: String,
    /// Precision or recall.
    pub measure: Measure,
    /// The threshold, or `None` for all.
    pub threshold: Option<f64>,
    /// The name of the area range.
    pub area: String,
    /// The cap.
    pub cap: u32,
    /// The first and last threshold of all.
    pub span: (f64, f64),
    /// The number; `None` where nothing could be counted, which pycocotools prints as −1.
    pub value: Option<f64>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, kind) = match self.measure {
            Measure::Precision => ("Average Precision", "(AP)"),
            Measure::Recall => ("Average Recall", "(AR)"),
        };
        let iou = match self.threshold {
            Some(threshold) => format!("{threshold:0.2}"),
            None => format!("{:0.2}:{:0.2}", self.span.0, self.span.1),
        };
        let value = self.value.unwrap_or(-1.0);
        write!(
            f,
            " {title:<18} {kind} @[ IoU={iou:<9} | area={:>6} | maxDets={:>3} ] = {value:0.3}",
            self.area, self.cap
        )
    }
}

/// Means over all classes, and over all thresholds or one.
pub(super) trait Means {
    /// The mean precision; `None` where there is nothing to be found.
    fn precision(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<f64>;
    /// The mean recall; `None` where there is nothing to be found.
    fn recall(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<f64>;
}

impl Means for Tensors {
    fn precision(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<f64> {
        self.mean_precision(threshold, range, cap, None)
    }

    fn recall(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<f64> {
        self.mean_recall(threshold, range, cap, None)
    }
}

/// pycocotools' summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The numbers, in its order.
    pub lines: Vec<Line>,
}

impl Summary {
    /// The twelve (points: ten) numbers of these tensors.
    ///
    /// As in the reference, the first line's cap is 100 (points: 20): with other caps it has no number. Other
    /// lines have the greatest cap, the first recalls each cap.
    pub fn of(params: &Params, tensors: &Tensors) -> Summary {
        Summary::from_means(params, tensors)
    }

    /// The same of anything that knows these means.
    pub(super) fn from_means(params: &Params, means: &impl Means) -> Summary {
        let points = matches!(params.kind, Kind::Keypoints(_));
        let last = params.caps.last().copied().unwrap_or(0);
        let headline = params.kind.headline_cap();
        let others: Vec<&str> =
            if points { vec!["medium", "large"] } else { vec!["small", "medium", "large"] };
        let line = |key: &str, measure, threshold: Option<f64>, area: &str, cap: u32| Line {
            key: key.to_owned(),
            measure,
            threshold,
            area: area.to_owned(),
            cap,
            span: (
                params.thresholds.first().copied().unwrap_or(0.0),
                params.thresholds.last().copied().unwrap_or(0.0),
            ),
            value: value(params, means, measure, threshold, area, cap),
        };
        use Measure::{Precision, Recall};
        let short = |area: &str| area.chars().next().map(String::from).unwrap_or_default();
        let mut lines = vec![
            line("AP", Precision, None, "all", headline),
            line("AP50", Precision, Some(0.5), "all", last),
            line("AP75", Precision, Some(0.75), "all", last),
        ];
        lines.extend(
            others.iter().map(|area| line(&format!("AP{}", short(area)), Precision, None, area, last)),
        );
        if points {
            lines.push(line("AR", Recall, None, "all", headline));
            lines.push(line("AR50", Recall, Some(0.5), "all", last));
            lines.push(line("AR75", Recall, Some(0.75), "all", last));
        } else {
            // The reference reads its caps by place, so that there have to be three.
            for cap in params.caps.iter().take(3) {
                lines.push(line(&format!("AR@{cap}"), Recall, None, "all", *cap));
            }
        }
        lines.extend(others.iter().map(|area| line(&format!("AR{}", short(area)), Recall, None, area, last)));
        Summary { lines }
    }

    /// The number of this key.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.lines.iter().find(|line| line.key == key).and_then(|line| line.value)
    }

    /// The numbers as pycocotools has them in `stats`: −1 where there is none.
    pub fn stats(&self) -> Vec<f64> {
        self.lines.iter().map(|line| line.value.unwrap_or(-1.0)).collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// The number of a line, if its range, cap and threshold are among the parameters.
fn value(
    params: &Params,
    means: &impl Means,
    measure: Measure,
    threshold: Option<f64>,
    area: &str,
    cap: u32,
) -> Option<f64> {
    let range = params.ranges.iter().position(|range| range.name == area)?;
    let cap = params.caps.iter().position(|c| *c == cap)?;
    let threshold = match threshold {
        Some(wanted) => Some(params.thresholds.iter().position(|t| *t == wanted)?),
        None => None,
    };
    match measure {
        Measure::Precision => means.precision(threshold, range, cap),
        Measure::Recall => means.recall(threshold, range, cap),
    }
}
