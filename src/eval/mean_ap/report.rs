//! `eval_map`'s numbers as a [`Report`].

use super::evaluator::MeanAp;
use crate::error::Result;
use crate::eval::comparison::Comparison;
use crate::eval::opening;
use crate::job::Job;
use crate::report::{Figure, Report, Table};

impl MeanAp {
    /// All that this protocol says of a comparison that was evaluated.
    ///
    /// # Errors
    /// As [`MeanAp::finish`].
    pub fn report(&self, comparison: &Comparison, title: &str, job: &Job) -> Result<Report> {
        let tables = self.finish(job)?;
        let mut report = opening::report(title, "mmdet/map", "MMDetection 3.3, eval_map", comparison);
        for (key, value) in tables.keys() {
            let label = match key.as_str() {
                "mAP" => "mean average precision",
                _ => "mean average precision at this overlap",
            };
            report.headline.push(Figure::new(key, label, value));
        }
        if let Some(first) = tables.tables.first() {
            let whole = |n: u64| i64::try_from(n).ok();
            let mut table = Table::new("classes")
                .text("class", comparison.classes.iter().map(|class| class.name.clone()))
                .int("objects", first.classes.iter().map(|row| whole(row.num_gts.iter().sum())))
                .int("detections", first.classes.iter().map(|row| whole(row.num_dets as u64)));
            for own in &tables.tables {
                let ranges = own.mean_ap.len();
                for range in 0..ranges {
                    let name = match ranges {
                        1 => format!("AP{:.0}", own.threshold * 100.0),
                        _ => format!("AP{:.0}, range {}", own.threshold * 100.0, range + 1),
                    };
                    let value = |row: &super::ClassRow| row.ap.get(range).map(|ap| f64::from(*ap));
                    table = table.float(name, own.classes.iter().map(value).collect::<Vec<_>>());
                }
            }
            report.classes = Some(table);
            let row = |class: usize| first.classes.get(class).filter(|row| row.num_gts.first() > Some(&0));
            let points = |class: usize| {
                let row = row(class)?;
                let (rec, prec) = (row.recall.first()?, row.precision.first()?);
                Some(rec.iter().copied().zip(prec.iter().map(|p| f64::from(*p))).collect())
            };
            let value = |class: usize| row(class)?.ap.first().map(|ap| f64::from(*ap));
            let name = format!("Precision and recall at IoU {}", first.threshold);
            report.charts.extend(opening::curves(name, comparison, points, value));
        }
        Ok(report)
    }
}
