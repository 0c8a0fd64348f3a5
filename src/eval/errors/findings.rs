//! [`Findings`]: all that is said of errors in a comparison, and where it goes in a report.

use crate::error::Result;
use crate::eval::coco::{Kind, Params};
use crate::eval::comparison::Comparison;
use crate::job::Job;
use crate::report::{Matrix, Report};

use super::confusion::{Confusion, Counting};
use super::ranking::{Rank, Ranking};
use super::sizes::Sizes;
use super::steps::{Steps, StepsParams};
use super::tide::{Losses, Tide, TideParams};

/// How many of the worst images a table has.
const WORST: usize = 20;

/// Errors by type and by step, confusions, sizes and the order of images, each by its default rule.
#[derive(Clone, Debug)]
pub struct Findings {
    /// What types of error cost; `None` for keypoints.
    pub losses: Option<Losses>,
    /// What is gained as errors are forgiven; `None` for keypoints.
    pub steps: Option<Steps>,
    /// How large objects are.
    pub sizes: Sizes,
    /// The standard matrix.
    pub confusion: Confusion,
    /// Images by F1.
    pub ranking: Ranking,
}

impl Findings {
    /// All of a comparison.
    ///
    /// # Errors
    /// Those of [`Tide::of`], [`Steps::of`], [`Confusion::of`] and [`Ranking::of`].
    pub fn of(comparison: &Comparison, kind: &Kind, job: &Job) -> Result<Findings> {
        let shaped = !matches!(kind, Kind::Keypoints(_));
        let params = || kind.clone();
        let losses = shaped.then(|| Tide::of(comparison, TideParams::new(params()), job)).transpose()?;
        let steps = shaped.then(|| Steps::of(comparison, StepsParams::new(params()), job)).transpose()?;
        Ok(Findings {
            losses,
            steps,
            sizes: Sizes::of(comparison, &Params::new(params()).ranges),
            confusion: Confusion::of(comparison, Counting::standard(params()), job)?,
            ranking: Ranking::of(comparison, kind, Rank::F1, job)?,
        })
    }

    /// Adds bars, curves, tables, the matrix and the histogram of sizes to a report. Pictures of the worst images are
    /// made by [`Pictures`](super::Pictures).
    pub fn attach(&self, comparison: &Comparison, report: &mut Report) {
        let names = || comparison.classes.iter().map(|class| class.name.clone());
        if let Some(losses) = &self.losses {
            report.breakdowns.push(losses.breakdown());
            report.tables.push(losses.table(names()));
        }
        if let Some(steps) = &self.steps {
            report.breakdowns.push(steps.breakdown(None, 0));
            report.charts.push(steps.chart(None, 0));
            report.tables.push(steps.table(names(), 0));
        }
        let (counts, roots) = self.sizes.parts();
        report.breakdowns.push(counts);
        if roots.bins() > 0 {
            report.histograms.push(roots);
        }
        if self.confusion.classes() <= Matrix::MOST_CLASSES {
            report.matrix = Some(self.confusion.matrix(names()));
        }
        let worst = self.ranking.worst(WORST);
        if !worst.is_empty() {
            report.tables.push(self.ranking.table(comparison, "worst images", worst));
        }
    }
}
