//! [`Ranking`]: images in the order of how well they came out.

use crate::error::Result;
use crate::eval::batch::Batch;
use crate::eval::coco::Kind;
use crate::eval::comparison::Comparison;
use crate::eval::images::ImageId;
use crate::eval::mean_ap::{MeanAp, Params};
use crate::job::Job;
use crate::report::{Figure, Table};

use super::part::part;
use super::verdicts::{Tally, Verdicts};

/// By what images are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rank {
    /// F1 at the score at which F1 of all images together is highest, IoU 0.5; of equal ones the one with more errors
    /// is worse. An image on which nothing is and nothing was found is best.
    #[default]
    F1,
    /// The number of errors (false detections and misses) at that score; of equal ones the one of lower F1 is worse.
    Errors,
    /// MMDetection's `analyze_results`: the mean of `eval_map` of the image alone over IoU 0.50 to 0.95, of boxes. An
    /// image without truths has 0 there.
    MeanAp,
}

impl Rank {
    /// What the number is called.
    pub fn name(self) -> &'static str {
        match self {
            Rank::F1 => "F1",
            Rank::Errors => "errors",
            Rank::MeanAp => "mAP",
        }
    }
}

/// How an image came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageScore {
    /// Its place in the comparison.
    pub image: usize,
    /// The number by which images are ordered; `None` where there is nothing and nothing was found.
    pub value: Option<f64>,
    /// Hits, false detections and misses at the cut.
    pub tally: Tally,
}

/// Images from the worst to the best.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// By what.
    pub rank: Rank,
    /// The score below which detections are not looked at in tallies; infinite where nothing is there or was found.
    pub cut: f64,
    /// What became of every object.
    pub verdicts: Verdicts,
    /// Worst first.
    pub images: Vec<ImageScore>,
}

impl Ranking {
    /// The images of a comparison. Of equal images the earlier comes first.
    ///
    /// # Errors
    /// As [`Verdicts::of`]; for [`Rank::MeanAp`] also if there are no boxes.
    pub fn of(comparison: &Comparison, kind: &Kind, rank: Rank, job: &Job) -> Result<Ranking> {
        let cap = if matches!(kind, Kind::Keypoints(_)) { 20 } else { 100 };
        let verdicts = Verdicts::of(comparison, kind, 0.5, cap, job)?;
        let cut = verdicts.best_cut(comparison).map_or(f64::INFINITY, |point| point.cut);
        let tally = |image| verdicts.tally(comparison, image, cut);
        let tallies: Vec<Tally> = (0..comparison.images.len()).map(tally).collect();
        let values: Vec<Option<f64>> = match rank {
            Rank::F1 => tallies.iter().map(Tally::f1).collect(),
            Rank::Errors => tallies.iter().map(|tally| Some(tally.errors() as f64)).collect(),
            Rank::MeanAp => mean_aps(comparison, job)?.into_iter().map(Some).collect(),
        };
        let scores = values.into_iter().zip(tallies).enumerate();
        let mut images: Vec<ImageScore> =
            scores.map(|(image, (value, tally))| ImageScore { image, value, tally }).collect();
        images.sort_by(|a, b| {
            let (of, errors) =
                (|x: &ImageScore| x.value.unwrap_or(f64::INFINITY), |x: &ImageScore| x.tally.errors());
            let f1 = |x: &ImageScore| x.tally.f1().unwrap_or(f64::INFINITY);
            match rank {
                Rank::F1 => of(a).total_cmp(&of(b)).then(errors(b).cmp(&errors(a))),
                Rank::Errors => errors(b).cmp(&errors(a)).then(f1(a).total_cmp(&f1(b))),
                Rank::MeanAp => of(a).total_cmp(&of(b)),
            }
        });
        Ok(Ranking { rank, cut, verdicts, images })
    }

    /// How many images are shown of each end when `wanted` are asked for: no image is shown at both ends.
    fn ends(&self, wanted: usize) -> usize {
        if wanted.saturating_mul(2) > self.images.len() { self.images.len() / 2 } else { wanted }
    }

    /// The worst images, worst first: as many as asked for, at most half of all.
    pub fn worst(&self, wanted: usize) -> &[ImageScore] {
        self.images.get(..self.ends(wanted)).unwrap_or_default()
    }

    /// The best images, best last: as many as asked for, at most half of all.
    pub fn best(&self, wanted: usize) -> &[ImageScore] {
        self.images.get(self.images.len() - self.ends(wanted)..).unwrap_or_default()
    }

    /// The number of an image as a figure.
    pub fn figure(&self, score: &ImageScore) -> Figure {
        match self.rank {
            Rank::Errors => Figure::count("errors", "false detections and misses", score.tally.errors()),
            Rank::F1 => Figure::new("F1", format!("at score {:.3}", self.cut), score.value),
            Rank::MeanAp => Figure::new("mAP", "of this image alone", score.value),
        }
    }

    /// These images as a table.
    pub fn table(&self, comparison: &Comparison, name: &str, images: &[ImageScore]) -> Table {
        let named = images.iter().map(|score| title(comparison, score.image));
        let whole = |of: fn(&Tally) -> u64| {
            images.iter().map(move |score| i64::try_from(of(&score.tally)).ok()).collect::<Vec<_>>()
        };
        let mut table = Table::new(name).text("image", named);
        if self.rank == Rank::MeanAp {
            table = table.float("mAP", images.iter().map(|score| score.value).collect::<Vec<_>>());
        }
        let note = if self.cut.is_finite() {
            format!(
                "At IoU {}, detections of a score of {:.3} and above, where F1 is highest.",
                self.verdicts.iou, self.cut
            )
        } else {
            "Nothing is there, or nothing was found.".to_owned()
        };
        table
            .float("F1", images.iter().map(|score| score.tally.f1()).collect::<Vec<_>>())
            .int("hits", whole(|tally| tally.hits))
            .int("false", whole(|tally| tally.wrong))
            .int("missed", whole(|tally| tally.missed))
            .note(note)
    }
}

/// The name of an image's file, or its id.
pub(super) fn title(comparison: &Comparison, image: usize) -> String {
    let entry = comparison.images.get(image);
    entry.map_or(String::new(), |entry| entry.file_name.clone().unwrap_or_else(|| entry.id.name()))
}

/// For every image the mean over IoU 0.50, 0.55, …, 0.95 of MMDetection's `eval_map` of this image alone: the number
/// by which its `analyze_results` orders images. 0 without truths.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) and [`Length`](crate::error::ErrorKind::Length) for columns that do not
/// fit together or are absent; [`Cancelled`](crate::error::ErrorKind::Cancelled).
pub fn mean_aps(comparison: &Comparison, job: &Job) -> Result<Vec<f64>> {
    let ids = comparison.ids();
    comparison.batch(&ids).check(comparison.classes.len())?;
    let thresholds: Vec<f64> =
        (0..10).map(|n| if n == 9 { 0.95 } else { n as f64 * ((0.95 - 0.5) / 9.0) + 0.5 }).collect();
    let params = Params { thresholds, ..Params::new() };
    let (images, alone): (Vec<usize>, Job) = ((0..ids.len()).collect(), job.clone().threads(1));
    job.each(&images, |image| {
        let Comparison { truth, found, .. } = comparison;
        let (there, own): (Vec<u32>, Vec<u32>) = (
            truth.range(*image).map(|t| t as u32).collect(),
            found.range(*image).map(|d| d as u32).collect(),
        );
        // Classes that are not on the image have no part in its mean.
        let of = |side: &crate::eval::Objects, objects: &[u32]| -> Vec<u32> {
            objects.iter().filter_map(|n| side.label.get(*n as usize).copied()).collect()
        };
        let mut labels = of(truth, &there);
        labels.extend(of(found, &own));
        labels.sort_unstable();
        labels.dedup();
        let compact = |label: Option<&u32>| {
            label.and_then(|label| labels.binary_search(label).ok()).unwrap_or(0) as u32
        };
        let truth = part(truth, &truth.masks, &[there], |t| {
            (compact(truth.label.get(t as usize)), truth.flags(t as usize))
        })?;
        let found = part(found, &found.masks, &[own], |d| {
            (compact(found.label.get(d as usize)), found.flags(d as usize))
        })?;
        let id = [ImageId::Int(0)];
        let mut map = MeanAp::new(params.clone(), labels.len())?;
        map.update(&Batch { images: &id, truth: &truth, found: &found }, &alone)?;
        let tables = map.finish(&alone)?.tables;
        let sum: f64 = tables.iter().filter_map(|table| table.mean_ap.first()).sum();
        Ok(sum / tables.len() as f64)
    })
}
