//! [`Sizes`]: how large the objects of the truth are, beside which the errors by size have to be read.

use crate::eval::coco::AreaRange;
use crate::eval::comparison::Comparison;
use crate::report::{Breakdown, Figure, Histogram};

/// Bins of the histogram, as in MMDetection's `coco_error_analysis.py --extraplots`.
const BINS: usize = 100;

/// Truths by their size.
#[derive(Clone, Debug, PartialEq)]
pub struct Sizes {
    /// For each range its name and how many truths count in it; both ends belong to a range, so that some count twice.
    pub counts: Vec<(String, u64)>,
    /// Square roots of the areas of all truths, those that do not count among them, in 100 bins from the least to the
    /// greatest, as numpy's `histogram` has them. Empty without truths.
    pub roots: Histogram,
}

impl Sizes {
    /// The sizes of the truths of a comparison.
    ///
    /// ```
    /// use lensframe::eval::{Comparison, Objects, coco::AreaRange, errors::Sizes};
    /// let mut truth = Objects::new([3])?;
    /// (truth.label, truth.area) = (vec![0; 3], vec![100.0, 1024.0, 40000.0]);
    /// let comparison = Comparison { truth, ..Comparison::default() };
    /// let ranges = [AreaRange::new("small", 0.0, 1024.0), AreaRange::new("large", 1024.0, 1e10)];
    /// let sizes = Sizes::of(&comparison, &ranges);
    /// assert_eq!(sizes.counts, [("small".to_owned(), 2), ("large".to_owned(), 2)]);
    /// assert_eq!((sizes.roots.edges[0], sizes.roots.edges[100], sizes.roots.total(99)), (10.0, 200.0, 1));
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    pub fn of(comparison: &Comparison, ranges: &[AreaRange]) -> Sizes {
        let truth = &comparison.truth;
        let counts = |range: &AreaRange| {
            let real = truth.area.iter().enumerate().filter(|(t, _)| {
                let flags = truth.flags(*t);
                !(flags.crowd || flags.ignored)
            });
            (range.name.clone(), real.filter(|(_, area)| !range.leaves_out(**area)).count() as u64)
        };
        let roots: Vec<f64> =
            truth.area.iter().map(|area| area.sqrt()).filter(|root| root.is_finite()).collect();
        Sizes { counts: ranges.iter().map(counts).collect(), roots: histogram(&roots) }
    }

    /// The counts as bars, and the histogram.
    pub fn parts(&self) -> (Breakdown, Histogram) {
        let figure = |(name, count): &(String, u64)| Figure::count(name, format!("{name} objects"), *count);
        let figures: Vec<Figure> = self.counts.iter().map(figure).collect();
        (Breakdown::new("Objects by size", figures), self.roots.clone())
    }
}

fn histogram(roots: &[f64]) -> Histogram {
    let empty = || Histogram::new("Objects by size", "square root of the area", Vec::new());
    let Some(least) = roots.iter().copied().reduce(f64::min) else { return empty() };
    let greatest = roots.iter().copied().fold(least, f64::max);
    // Objects of one size stand in the middle of a bin of width 1.
    let (from, to) = if least < greatest { (least, greatest) } else { (least - 0.5, greatest + 0.5) };
    let step = (to - from) / BINS as f64;
    let edges: Vec<f64> = (0..=BINS).map(|n| if n == BINS { to } else { n as f64 * step + from }).collect();
    let mut counts = vec![0u64; BINS];
    for root in roots {
        let bin = edges.partition_point(|edge| edge <= root).saturating_sub(1).min(BINS - 1);
        counts.get_mut(bin).into_iter().for_each(|count| *count += 1);
    }
    Histogram { edges, ..empty() }.with("objects", counts)
}
