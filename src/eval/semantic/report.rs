//! The scores of a semantic segmentation as a [`Report`].

use super::scores::Scores;
use crate::report::{Figure, Matrix, Report, Table};

impl Scores {
    /// All that these scores say. Classes without a name are named by their numbers.
    pub fn report(&self, names: &[String], title: &str) -> Report {
        let mut report = Report::new(title, "semantic");
        let headline = [
            ("mIoU", "mean intersection over union", self.mean_iou),
            ("aAcc", "share of pixels that are right", self.pixel_accuracy),
            ("mAcc", "mean accuracy of classes", self.mean_class_accuracy),
            ("mDice", "mean dice", self.mean_dice),
            ("mPrecision", "mean precision", self.mean_precision),
            ("mF1", "mean F1", self.mean_f1),
            ("fwIoU", "IoU weighted by how frequent a class is", self.frequency_weighted_iou),
        ];
        report.headline = headline.map(|(key, label, value)| Figure::new(key, label, value)).into();
        let names: Vec<String> = (0..self.iou.len())
            .map(|class| names.get(class).cloned().unwrap_or_else(|| class.to_string()))
            .collect();
        let whole = |counts: &[u64]| counts.iter().map(|n| i64::try_from(*n).ok()).collect::<Vec<_>>();
        report.classes = Some(
            Table::new("classes")
                .text("class", &names)
                .float("IoU", self.iou.iter().copied())
                .float("accuracy", self.class_accuracy.iter().copied())
                .float("precision", self.precision.iter().copied())
                .float("F1", self.f1.iter().copied())
                .float("dice", self.dice.iter().copied())
                .int("true pixels", whole(&self.truth_pixels))
                .int("predicted pixels", whole(&self.predicted_pixels)),
        );
        if names.len() <= Matrix::MOST_CLASSES {
            report.matrix = Some(Matrix {
                name: "Confusion matrix".to_owned(),
                rule: "pixels whose truth and prediction are a class".to_owned(),
                row_axis: "truth".to_owned(),
                column_axis: "predicted".to_owned(),
                background: None,
                symmetric: false,
                rows: names.clone(),
                columns: names,
                counts: self.confusion.counts().to_vec(),
            });
        }
        for (count, what) in [
            (self.truth_outside, "pixels of the truth are no class and were left out"),
            (self.predicted_outside, "pixels are predicted as no class and count as missed"),
        ] {
            if count > 0 {
                report.warnings.push(format!("{count} {what}"));
            }
        }
        report.fact("images", self.images.to_string());
        report.fact("pixels", self.pixels.to_string());
        report.fact("ignored pixels", self.ignored.to_string());
        report.fact("lensframe", env!("CARGO_PKG_VERSION"));
        report
    }
}
