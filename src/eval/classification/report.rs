//! The scores of a classification as a [`Report`].

use super::single::Scores;
use crate::report::{Figure, Matrix, Report, Table};

impl Scores {
    /// All that these scores say. Classes without a name are named by their labels.
    pub fn report(&self, names: &[String], title: &str) -> Report {
        let mut report = Report::new(title, "classification");
        let quality = &self.quality;
        report.headline.push(Figure::new("accuracy", "share of images with the right label", self.accuracy));
        for top in self.top.iter().filter(|top| !top.accuracy.is_nan()) {
            let label = format!("share of images whose class is among the best {}", top.k);
            report.headline.push(Figure::new(format!("top-{}", top.k), label, top.accuracy));
        }
        report.headline.extend([
            Figure::new("balanced_accuracy", "mean recall of classes", self.balanced_accuracy),
            Figure::new("precision", "mean precision of classes", quality.macro_.precision),
            Figure::new("recall", "mean recall of classes", quality.macro_.recall),
            Figure::new("f1", "mean F1 of classes", quality.macro_.f1),
            Figure::new("f1_weighted", "F1, classes weighted by their images", quality.weighted.f1),
        ]);
        let names: Vec<String> = (0..quality.support.len())
            .map(|class| names.get(class).cloned().unwrap_or_else(|| class.to_string()))
            .collect();
        let whole = |counts: &[u64]| counts.iter().map(|n| i64::try_from(*n).ok()).collect::<Vec<_>>();
        report.classes = Some(
            Table::new("classes")
                .text("class", &names)
                .int("images", whole(&quality.support))
                .int("predicted", whole(&quality.predicted))
                .int("right", whole(&quality.right))
                .float("precision", quality.precision.iter().copied())
                .float("recall", quality.recall.iter().copied())
                .float("F1", quality.f1.iter().copied()),
        );
        if names.len() <= Matrix::MOST_CLASSES {
            report.matrix = Some(Matrix {
                name: "Confusion matrix".to_owned(),
                rule: "images by their label and the predicted one".to_owned(),
                row_axis: "truth".to_owned(),
                column_axis: "predicted".to_owned(),
                background: None,
                symmetric: false,
                rows: names.clone(),
                columns: names,
                counts: self.matrix(),
            });
        }
        report.fact("numbers", "scikit-learn's");
        report.fact("images", self.images.to_string());
        report.fact("lensframe", env!("CARGO_PKG_VERSION"));
        report
    }
}
