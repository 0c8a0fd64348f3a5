//! The scores of a panoptic segmentation as a [`Report`].

use super::scores::{Quality, Scores};
use crate::report::{Breakdown, Figure, Report, Table};

impl Scores {
    /// All that these scores say. Classes without a name are named by their labels.
    pub fn report(&self, names: &[String], title: &str) -> Report {
        let mut report = Report::new(title, "panoptic");
        let parts =
            [("", "all classes", &self.all), ("_th", "things", &self.things), ("_st", "stuff", &self.stuff)];
        for (end, of, quality) in parts {
            let Quality { pq, sq, rq, .. } = *quality;
            for (key, what, value) in [
                ("PQ", "panoptic quality", pq),
                ("SQ", "segmentation quality", sq),
                ("RQ", "recognition quality", rq),
            ] {
                report.headline.push(Figure::new(format!("{key}{end}"), format!("{what}, {of}"), value));
            }
        }
        report.lines = Some(lines(&parts.map(|(_, name, quality)| (name, quality))));
        report.breakdowns.push(Breakdown::new(
            "Panoptic quality of things and stuff",
            [("things", &self.things), ("stuff", &self.stuff)]
                .map(|(name, quality)| Figure::new(name, format!("{} classes", quality.classes), quality.pq)),
        ));
        let names = (0..self.per_class.len())
            .map(|class| names.get(class).cloned().unwrap_or_else(|| class.to_string()));
        let of = |value: fn(&super::ClassQuality) -> f64| {
            self.per_class.iter().map(|class| class.is_seen().then(|| value(class))).collect::<Vec<_>>()
        };
        let count = |value: fn(&super::ClassQuality) -> u64| {
            self.per_class.iter().map(|class| i64::try_from(value(class)).ok()).collect::<Vec<_>>()
        };
        report.classes = Some(
            Table::new("classes")
                .text("class", names)
                .float("PQ", of(|class| class.pq))
                .float("SQ", of(|class| class.sq))
                .float("RQ", of(|class| class.rq))
                .int("matched", count(|class| class.tp))
                .int("false", count(|class| class.fp))
                .int("missed", count(|class| class.fn_)),
        );
        for (count, what) in [
            (self.truth_unlisted, "pixels of the truth have an id that its list does not name"),
            (self.truth_unpainted, "segments of the truth have no pixel and count as missed"),
        ] {
            if count > 0 {
                report.warnings.push(format!("{count} {what}"));
            }
        }
        report.fact("numbers", "panopticapi");
        report.fact("images", self.images.to_string());
        report.fact("segments forgiven", self.forgiven.to_string());
        report.fact("lensframe", env!("CARGO_PKG_VERSION"));
        report
    }
}

/// The table that panopticapi prints: percent, with one decimal.
fn lines(parts: &[(&str, &Quality)]) -> Vec<String> {
    let mut lines =
        vec![format!("{:<10}| {:>5}  {:>5}  {:>5} {:>5}", "", "PQ", "SQ", "RQ", "N"), "-".repeat(10 + 7 * 4)];
    lines.extend(parts.iter().map(|(name, quality)| {
        let name = match *name {
            "all classes" => "All",
            "things" => "Things",
            _ => "Stuff",
        };
        let Quality { pq, sq, rq, classes } = quality;
        format!("{name:<10}| {:>5.1}  {:>5.1}  {:>5.1} {classes:>5}", 100.0 * pq, 100.0 * sq, 100.0 * rq)
    }));
    lines
}
