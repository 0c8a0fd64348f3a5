//! The scores of instance-level semantic labelling as a [`Report`].

use super::scores::Scores;
use crate::report::{Figure, Report, Table};

impl Scores {
    /// All that these scores say. `name` gives the name of a class.
    pub fn report(&self, name: impl Fn(u32) -> Option<String>, title: &str) -> Report {
        let mut report = Report::new(title, "cityscapes");
        report.headline = vec![
            Figure::new("allAp", "average precision, IoU 0.50:0.95", self.ap),
            Figure::new("allAp50%", "average precision, IoU 0.50", self.ap50),
        ];
        let whole = |counts: &[u64]| counts.iter().map(|n| i64::try_from(*n).ok()).collect::<Vec<_>>();
        let mut table = Table::new("classes")
            .text("class", self.classes.iter().map(|class| name(*class).unwrap_or_else(|| class.to_string())))
            .int("objects", whole(&self.objects))
            .int("predictions", whole(&self.predictions))
            .float("AP", self.class_ap.iter().copied())
            .float("AP50", self.class_ap50.iter().copied());
        if let Some(at) = self.overlaps.iter().position(|overlap| (overlap - 0.75).abs() < 1e-9) {
            let ap = self.by_overlap.iter().map(|row| row.get(at).copied());
            table = table.float("AP75", ap.collect::<Vec<_>>());
        }
        report.classes = Some(table);
        report.fact("numbers", "cityscapesscripts 2.3, evalInstanceLevelSemanticLabeling");
        report.fact("images", self.images.to_string());
        report.fact("lensframe", env!("CARGO_PKG_VERSION"));
        report
    }
}
