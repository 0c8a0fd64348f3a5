//! LVIS's numbers as a [`Report`], and its evaluation of a [`Comparison`].

use std::collections::HashMap;

use super::evaluator::{Federation, Frequency, Lvis};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::coco::Kind;
use crate::eval::comparison::{Comparison, Known};
use crate::eval::images::ImageId;
use crate::eval::matches::Matches;
use crate::eval::opening;
use crate::job::Job;
use crate::report::{Figure, Report, Table};

impl Lvis {
    /// Evaluates a whole comparison by what its classes and images say of themselves.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if no class says how often it occurs; as [`Lvis::update`].
    pub fn of(comparison: &Comparison, kind: Kind, job: &Job) -> Result<Lvis> {
        let update = |lvis: &mut Lvis, batch: &Batch, known: &Federation| lvis.update(batch, known, job);
        Ok(Lvis::with(comparison, kind, update)?.0)
    }

    /// [`Lvis::of`], and who got whom: `iou` is the threshold at which truths are named, the lowest without one.
    ///
    /// # Errors
    /// As [`Lvis::of`] and [`Lvis::update_matches`].
    pub fn of_matches(
        comparison: &Comparison,
        kind: Kind,
        iou: Option<f64>,
        job: &Job,
    ) -> Result<(Lvis, Matches)> {
        Lvis::with(comparison, kind, |lvis, batch, known| lvis.update_matches(batch, known, iou, job))
    }

    fn with<T>(
        comparison: &Comparison,
        kind: Kind,
        update: impl FnOnce(&mut Lvis, &Batch, &Federation) -> Result<T>,
    ) -> Result<(Lvis, T)> {
        let frequency = |letter: Option<char>| match letter {
            Some('r') => Some(Frequency::Rare),
            Some('c') => Some(Frequency::Common),
            Some('f') => Some(Frequency::Frequent),
            _ => None,
        };
        let mut frequencies = Vec::with_capacity(comparison.classes.len());
        for class in &comparison.classes {
            frequencies.push(frequency(class.frequency).ok_or_else(|| {
                let what = format!("the class {:?} has no \"frequency\" of r, c or f", class.name);
                Error::new(ErrorKind::Usage, what).remedy("give LVIS's annotation file, or use coco/bbox")
            })?);
        }
        let places: HashMap<&ImageId, u32> = comparison.classes.iter().map(|c| &c.id).zip(0..).collect();
        let lists = |of: fn(&Known) -> &Vec<ImageId>| -> Vec<Vec<u32>> {
            let images = comparison.images.iter().map(|image| image.known.as_deref().map(of));
            images
                .map(|ids| ids.into_iter().flatten().filter_map(|id| places.get(id).copied()).collect())
                .collect()
        };
        let (negative, not_exhaustive) =
            (lists(|known| &known.negative), lists(|known| &known.not_exhaustive));
        let known = Federation { negative: &negative, not_exhaustive: &not_exhaustive };
        let mut lvis = Lvis::new(kind, frequencies)?;
        let said = update(&mut lvis, &comparison.batch(&comparison.ids()), &known)?;
        Ok((lvis, said))
    }

    /// All that this protocol says of a comparison that was evaluated.
    ///
    /// # Errors
    /// As [`Lvis::finish`].
    pub fn report(&self, comparison: &Comparison, title: &str, job: &Job) -> Result<Report> {
        let (tensors, summary) = (self.tensors(job)?, self.finish(job)?);
        let kind = &self.coco().params().kind;
        let numbers = match kind {
            Kind::Boundary(ratio) => format!("lvis-api 0.5.3 with Boundary IoU, dilation ratio {ratio}"),
            _ => String::from("lvis-api 0.5.3"),
        };
        let mut report = opening::report(title, &format!("lvis/{}", kind.name()), &numbers, comparison);
        report.lines = Some(summary.to_string().lines().map(str::to_owned).collect());
        for (key, value) in &summary.numbers {
            report.headline.push(Figure::new(key.clone(), label(key), *value));
        }
        let unknown = comparison.images.iter().filter(|image| image.known.is_none()).count();
        if unknown > 0 {
            report.warnings.push(format!(
                "{unknown} images do not say which classes are not there: detections of classes without an object \
                 there are dropped"
            ));
        }
        let ordered = self.coco().outcomes().in_order(comparison.classes.len())?;
        let all = 0..comparison.classes.len();
        let counted = |k: usize| ordered.truths(k).first().and_then(|n| i64::try_from(*n).ok());
        let at = |wanted: f64| self.coco().params().thresholds.iter().position(|t| *t == wanted);
        let precision = |threshold: Option<usize>| {
            all.clone().map(|k| tensors.mean_precision(threshold, 0, 0, Some(k))).collect::<Vec<_>>()
        };
        report.classes = Some(
            Table::new("classes")
                .text("class", comparison.classes.iter().map(|class| class.name.clone()))
                .text(
                    "frequency",
                    comparison.classes.iter().map(|c| c.frequency.map(String::from).unwrap_or_default()),
                )
                .int("objects", all.clone().map(counted))
                .int("detections", all.clone().map(|k| i64::try_from(ordered.found(k)).ok()))
                .float("AP", precision(None))
                .float("AP50", precision(at(0.5)))
                .float("AP75", precision(at(0.75))),
        );
        let recalls = &self.coco().params().recalls;
        let first = at(0.5).unwrap_or(0);
        let points = |class: usize| {
            let at =
                |(r, recall): (usize, &f64)| Some((*recall, tensors.precision_at(first, r, class, 0, 0)?));
            Some(recalls.iter().enumerate().filter_map(at).collect())
        };
        let value = |class: usize| tensors.mean_precision(Some(first), 0, 0, Some(class));
        report.charts.extend(opening::curves(
            "Precision and recall at IoU 0.50".into(),
            comparison,
            points,
            value,
        ));
        Ok(report)
    }
}

/// What a key of the summary stands for.
fn label(key: &str) -> String {
    let (what, rest) = key.split_at(key.len().min(2));
    let what = if what == "AP" { "average precision" } else { "average recall" };
    let of = match rest.split('@').next().unwrap_or_default() {
        "50" => ", IoU 0.50",
        "75" => ", IoU 0.75",
        "s" => ", small objects",
        "m" => ", medium objects",
        "l" => ", large objects",
        "r" => ", rare classes",
        "c" => ", common classes",
        "f" => ", frequent classes",
        _ => ", IoU 0.50:0.95",
    };
    format!("{what}{of}")
}
