//! Reports of the protocols that have no room of their own for them: proposals and rotated boxes.

use crate::error::Result;
use crate::eval::comparison::Comparison;
use crate::eval::proposals::{ProposalRecall, Recalls};
use crate::eval::rotated::RotatedAp;
use crate::eval::{opening, voc};
use crate::job::Job;
use crate::report::{Figure, Report, Table};

impl ProposalRecall {
    /// All that this protocol says of a comparison that was evaluated.
    ///
    /// # Errors
    /// As [`ProposalRecall::finish`].
    pub fn report(&self, comparison: &Comparison, title: &str, job: &Job) -> Result<Report> {
        let mut report = opening::report(title, "proposals", "MMDetection 3.3, proposal", comparison);
        for (key, value) in self.finish(job)?.numbers {
            report.headline.push(Figure::new(
                key,
                "average recall, IoU 0.50:0.95, all classes as one",
                value,
            ));
        }
        Ok(report)
    }
}

impl Recalls {
    /// All that this protocol says of a comparison that was evaluated.
    ///
    /// # Errors
    /// As [`Recalls::finish`].
    pub fn report(&self, comparison: &Comparison, title: &str, job: &Job) -> Result<Report> {
        let table = self.finish(job)?;
        let mut report =
            opening::report(title, "proposals/fast", "MMDetection 3.3, eval_recalls", comparison);
        for (cap, recall) in table.proposal_nums.iter().zip(&table.average) {
            let label = format!("average recall over all thresholds, {cap} proposals");
            report.headline.push(Figure::new(format!("AR@{cap}"), label, *recall));
        }
        let mut own = Table::new("recall").text("IoU", table.thresholds.iter().map(|t| format!("{t:.2}")));
        for (cap, row) in table.proposal_nums.iter().zip(&table.recalls) {
            own = own.float(format!("recall@{cap}"), row.iter().copied());
        }
        report.tables.push(own);
        Ok(report)
    }
}

impl RotatedAp {
    /// All that this protocol says of a comparison that was evaluated.
    ///
    /// # Errors
    /// As [`RotatedAp::finish`].
    pub fn report(&self, comparison: &Comparison, eleven: bool, title: &str, job: &Job) -> Result<Report> {
        let curves = self.finish(job)?;
        let scores = curves.scores(eleven);
        let protocol = if eleven { "dota07" } else { "dota" };
        let mut report = opening::report(title, protocol, "MMRotate 1.0, eval_rbbox_map's rule", comparison);
        let threshold = self.params().threshold;
        let average = if eleven { "eleven points" } else { "area under the curve" };
        let label = format!("mean average precision of rotated boxes, IoU {threshold}, {average}");
        report.headline.push(Figure::new("mAP", label, scores.map));
        voc::fill(&mut report, self.outcomes(), comparison, &curves, &scores, threshold)?;
        Ok(report)
    }
}
