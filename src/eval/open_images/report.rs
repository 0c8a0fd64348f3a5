//! Open Images' numbers as a [`Report`].

use super::evaluator::OpenImages;
use super::params::{Arithmetic, Groups};
use crate::error::Result;
use crate::eval::comparison::Comparison;
use crate::eval::opening;
use crate::job::Job;
use crate::report::{Figure, Report, Table};

impl OpenImages {
    /// All that this protocol says of a comparison that was evaluated.
    ///
    /// # Errors
    /// As [`OpenImages::finish`].
    pub fn report(&self, comparison: &Comparison, title: &str, job: &Job) -> Result<Report> {
        let scores = self.finish(job)?;
        let (protocol, numbers) = match (self.params().arithmetic, self.params().groups) {
            (Arithmetic::Single, _) => ("open_images/mmdet", "MMDetection 3.3"),
            (_, Groups::Counted) => ("open_images/challenge", "TF Object Detection API, Challenge metric"),
            (_, Groups::Ignored) => ("open_images", "TF Object Detection API, V2 metric"),
            (_, Groups::Plain) => ("open_images/plain", "TF Object Detection API, groups taken for objects"),
        };
        let mut report = opening::report(title, protocol, numbers, comparison);
        let percent = (scores.threshold * 100.0).round();
        let label = format!("mean average precision, IoU {}", scores.threshold);
        report.headline.push(Figure::new(format!("AP{percent:02.0}"), label, scores.mean));
        let whole = |n: u64| i64::try_from(n).ok();
        let ap = |class: &super::ClassScores| Some(class.ap).filter(|ap| !ap.is_nan());
        report.classes = Some(
            Table::new("classes")
                .text("class", comparison.classes.iter().map(|class| class.name.clone()))
                .int("objects", scores.classes.iter().map(|class| whole(class.num_gts)))
                .int("detections", scores.classes.iter().map(|class| whole(class.num_dets as u64)))
                .float("AP", scores.classes.iter().map(ap).collect::<Vec<_>>()),
        );
        let points = |class: usize| {
            let own = scores.classes.get(class)?;
            Some(own.recall.iter().copied().zip(own.precision.iter().copied()).collect())
        };
        let value = |class: usize| scores.classes.get(class).and_then(ap);
        let name = format!("Precision and recall at IoU {}", scores.threshold);
        report.charts.extend(opening::curves(name, comparison, points, value));
        Ok(report)
    }
}
