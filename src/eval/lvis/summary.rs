//! The numbers people quote of LVIS: [`LvisSummary`].

use std::fmt;

use crate::eval::coco::{Params, Tensors};
use crate::eval::sum::mean;

use super::evaluator::Frequency;

/// lvis-api's results, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct LvisSummary {
    /// `AP AP50 AP75 APs APm APl APr APc APf`, and `AR@N ARs@N ARm@N ARl@N` for the cap N; `None` where nothing could
    /// be counted, which lvis-api prints as −1.
    pub numbers: Vec<(String, Option<f64>)>,
    /// The cap.
    pub cap: u32,
    /// The first and last threshold.
    pub span: (f64, f64),
}

impl LvisSummary {
    pub(super) fn of(tensors: &Tensors, frequencies: &[Frequency], params: &Params) -> LvisSummary {
        let threshold = |wanted: f64| params.thresholds.iter().position(|t| *t == wanted);
        let ap =
            |key: &str, threshold, range| (key.to_owned(), tensors.mean_precision(threshold, range, 0, None));
        let of_group = |key: &str, group| (key.to_owned(), group_mean(tensors, frequencies, group));
        let cap = params.cap();
        let ar =
            |letter: &str, range| (format!("AR{letter}@{cap}"), tensors.mean_recall(None, range, 0, None));
        LvisSummary {
            numbers: vec![
                ap("AP", None, 0),
                ap("AP50", threshold(0.5), 0),
                ap("AP75", threshold(0.75), 0),
                ap("APs", None, 1),
                ap("APm", None, 2),
                ap("APl", None, 3),
                of_group("APr", Frequency::Rare),
                of_group("APc", Frequency::Common),
                of_group("APf", Frequency::Frequent),
                ar("", 0),
                ar("s", 1),
                ar("m", 2),
                ar("l", 3),
            ],
            cap,
            span: (
                params.thresholds.first().copied().unwrap_or(0.0),
                params.thresholds.last().copied().unwrap_or(0.0),
            ),
        }
    }

    /// The number of this key.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.numbers.iter().find(|(own, _)| own == key).and_then(|(_, value)| *value)
    }
}

/// The mean precision of the classes of one frequency, over all areas.
fn group_mean(tensors: &Tensors, frequencies: &[Frequency], group: Frequency) -> Option<f64> {
    let mut terms = Vec::new();
    for point in 0..tensors.thresholds * tensors.recalls {
        for (class, own) in frequencies.iter().enumerate() {
            if *own == group {
                let place = (point * tensors.classes + class) * tensors.ranges * tensors.caps;
                terms.extend(tensors.precision.get(place).filter(|p| **p > -1.0));
            }
        }
    }
    mean(&terms)
}

impl fmt::Display for LvisSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.numbers {
            let (title, kind) = match key.starts_with("AP") {
                true => ("Average Precision", "(AP)"),
                false => ("Average Recall", "(AR)"),
            };
            let third = key.get(2..3).unwrap_or_default();
            let iou = match key.get(2..).and_then(|rest| rest.parse::<f64>().ok()) {
                Some(percent) => format!("{:0.2}", percent / 100.0),
                None => format!("{:0.2}:{:0.2}", self.span.0, self.span.1),
            };
            let area = if ["s", "m", "l"].contains(&third) { third } else { "all" };
            let group = if ["r", "c", "f"].contains(&third) { third } else { "all" };
            let (cap, value) = (self.cap, value.unwrap_or(-1.0));
            writeln!(
                f,
                " {title:<18} {kind} @[ IoU={iou:<9} | area={area:>6} | maxDets={cap:>3} catIds={group:>3}] = {value:0.3}"
            )?;
        }
        Ok(())
    }
}
