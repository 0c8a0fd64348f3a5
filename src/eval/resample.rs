//! How sure a number is, and whether two sets of predictions differ: the bootstrap over images.
//!
//! Images, or clusters of images that belong together (scenes, patients, videos), are drawn with repetition; every
//! figure is computed anew from what matching left behind ([`Standing`]), so that nothing is matched twice. All sets
//! see the same draws, which makes differences paired. Every draw follows from the seed and its number alone: threads
//! cannot change a result.

use crate::error::{Error, ErrorKind, Result};
use crate::job::Job;
use crate::random::Random;

use super::coco::Standing;

/// How images are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// How many samples.
    pub samples: usize,
    /// Where chance begins.
    pub seed: u64,
    /// The number of each image's cluster, in the order of [`Standing::images`]; `None` where every image is its own.
    pub clusters: Option<Vec<u32>>,
}

impl Sampling {
    /// So many samples of single images.
    pub fn new(samples: usize, seed: u64) -> Sampling {
        Sampling { samples, seed, clusters: None }
    }

    /// How often each of `images` images is in a sample: as many clusters are drawn as there are.
    ///
    /// ```
    /// use lensframe::eval::resample::Sampling;
    /// let sampling = Sampling { clusters: Some(vec![0, 0, 1, 2]), ..Sampling::new(1, 7) };
    /// let weights = sampling.weights(4, 0);
    /// assert_eq!(weights[0], weights[1]);
    /// assert_eq!(weights[1] + weights[2] + weights[3], 3);
    /// ```
    pub fn weights(&self, images: usize, sample: usize) -> Vec<u32> {
        let of = |image: usize| match &self.clusters {
            Some(clusters) => clusters.get(image).copied().unwrap_or(0) as usize,
            None => image,
        };
        let all = (0..images).map(|image| of(image) + 1).max().unwrap_or(0);
        let mut drawn = vec![0u32; all];
        let mut random = Random::keyed(&[self.seed, sample as u64]);
        for _ in 0..all {
            if let Some(count) = drawn.get_mut(random.below(all as u64) as usize) {
                *count += 1;
            }
        }
        (0..images).map(|image| drawn.get(of(image)).copied().unwrap_or(0)).collect()
    }
}

/// Sets of predictions that count as one: runs of one method with other seeds, whose figures are averaged.
pub type Group<'a> = &'a [Standing];

/// Figures of groups over all images and over samples of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// The figures' keys.
    pub keys: Vec<String>,
    /// Group by group, key by key: over all images.
    pub whole: Vec<Vec<Option<f64>>>,
    /// Sample by sample, then as `whole`.
    pub drawn: Vec<Vec<Vec<Option<f64>>>>,
}

/// A difference between two groups in one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Over all images.
    pub delta: f64,
    /// The interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Two-sided: twice the share of samples on the other side of 0, itself counted among them.
    pub p: f64,
}

/// Evaluates all groups on the same samples.
///
/// # Errors
/// [`ErrorKind::Usage`] for no sets, sets of other images, and clusters of another number; [`ErrorKind::Cancelled`].
pub fn bootstrap(groups: &[Group], sampling: &Sampling, job: &Job) -> Result<Samples> {
    let Some(first) = groups.iter().find_map(|group| group.first()) else {
        return Err(Error::new(ErrorKind::Usage, "there are no predictions to be sampled"));
    };
    let images = first.images();
    if groups.iter().flat_map(|group| group.iter()).any(|set| set.images() != images) {
        return Err(Error::new(ErrorKind::Usage, "the sets of predictions were evaluated on other images")
            .remedy("evaluate all of them against one truth"));
    }
    if sampling.clusters.as_ref().is_some_and(|clusters| clusters.len() != images.len()) {
        return Err(Error::new(ErrorKind::Length, "clusters are not given for every image"));
    }
    if !groups.iter().flat_map(|group| group.iter()).all(Standing::is_settled) {
        let settled = |set: &Standing| {
            let mut set = set.clone();
            set.settle();
            set
        };
        let own: Vec<Vec<Standing>> =
            groups.iter().map(|group| group.iter().map(settled).collect()).collect();
        return bootstrap(&own.iter().map(Vec::as_slice).collect::<Vec<_>>(), sampling, job);
    }
    let figures = |weights: &[u32]| -> Vec<Vec<Option<f64>>> {
        groups.iter().map(|group| average(group, weights)).collect()
    };
    let summary = first.whole();
    let stage = job.stage("sampling images", Some(sampling.samples as u64));
    let numbers: Vec<usize> = (0..sampling.samples).collect();
    let drawn = job.each(&numbers, |sample| {
        let figures = figures(&sampling.weights(images.len(), *sample));
        stage.advance(1)?;
        Ok(figures)
    })?;
    Ok(Samples {
        keys: summary.lines.into_iter().map(|line| line.key).collect(),
        whole: figures(&vec![1; images.len()]),
        drawn,
    })
}

/// The means of a group's figures; none where one of them has none.
fn average(group: Group, weights: &[u32]) -> Vec<Option<f64>> {
    let mut sums: Vec<Option<f64>> = Vec::new();
    for (n, set) in group.iter().enumerate() {
        let lines = set.summary(weights).lines;
        if n == 0 {
            sums = lines.into_iter().map(|line| line.value).collect();
        } else {
            let add = |(sum, line): (&mut Option<f64>, super::coco::Line)| {
                *sum = sum.zip(line.value).map(|(sum, value)| sum + value);
            };
            sums.iter_mut().zip(lines).for_each(add);
        }
    }
    let over = group.len().max(1) as f64;
    sums.into_iter().map(|sum| sum.map(|sum| sum / over)).collect()
}

impl Samples {
    /// The interval that a figure of a group lies in, in this share of the samples; `None` without values.
    pub fn interval(&self, group: usize, key: usize, level: f64) -> Option<(f64, f64)> {
        percentiles(self.drawn.iter().filter_map(|sample| *sample.get(group)?.get(key)?).collect(), level)
    }

    /// The difference of a group's figure to that of a base; `None` where one of them has no value.
    pub fn difference(&self, group: usize, base: usize, key: usize, level: f64) -> Option<Difference> {
        let of = |figures: &[Vec<Option<f64>>]| -> Option<f64> {
            Some((*figures.get(group)?.get(key)?)? - (*figures.get(base)?.get(key)?)?)
        };
        let delta = of(&self.whole)?;
        let all: Vec<f64> = self.drawn.iter().filter_map(|sample| of(sample)).collect();
        let not_above = all.iter().filter(|delta| **delta <= 0.0).count();
        let not_below = all.iter().filter(|delta| **delta >= 0.0).count();
        let p = 2.0 * (not_above.min(not_below) + 1) as f64 / (all.len() + 1) as f64;
        let (low, high) = percentiles(all, level)?;
        Some(Difference { delta, low, high, p: p.min(1.0) })
    }
}

/// The ends between which the middle share of the values lies, with linear interpolation as numpy's `percentile`.
fn percentiles(mut values: Vec<f64>, level: f64) -> Option<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| -> Option<f64> {
        let place = share.clamp(0.0, 1.0) * (values.len().checked_sub(1)?) as f64;
        let (below, above) = (values.get(place.floor() as usize)?, values.get(place.ceil() as usize)?);
        Some(below + (above - below) * place.fract())
    };
    Some((at((1.0 - level) / 2.0)?, at((1.0 + level) / 2.0)?))
}

/// p-values corrected by Holm's method for as many tests as there are: the chance of a single false alarm among them
/// stays at the level. `None`s are no tests.
///
/// ```
/// use lensframe::eval::resample::holm;
/// assert_eq!(holm(&[Some(0.01), None, Some(0.04), Some(0.03)]), [Some(0.03), None, Some(0.06), Some(0.06)]);
/// ```
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, usize)> = p.iter().zip(0..).filter_map(|(p, at)| Some(((*p)?, at))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut out, mut greatest) = (vec![None; p.len()], 0.0f64);
    let tests = order.len();
    for (rank, (p, at)) in order.into_iter().enumerate() {
        greatest = greatest.max((p * (tests - rank) as f64).min(1.0));
        if let Some(slot) = out.get_mut(at) {
            *slot = Some(greatest);
        }
    }
    out
}

/// The mean and the standard deviation over runs (with n − 1), the latter from two runs on.
pub fn spread(values: &[f64]) -> Option<(f64, Option<f64>)> {
    let mean = super::sum::mean(values)?;
    let squares: Vec<f64> = values.iter().map(|value| (value - mean) * (value - mean)).collect();
    let degrees = values.len() - 1;
    Some((mean, (degrees > 0).then(|| (super::sum::pairwise(&squares) / degrees as f64).sqrt())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_numpys_and_holm_never_lowers_a_later_p() {
        // numpy.percentile([1..5], [2.5, 97.5]).
        let (low, high) = percentiles(vec![3.0, 1.0, 5.0, 2.0, 4.0], 0.95).unwrap();
        assert!((low - 1.1).abs() < 1e-12 && (high - 4.9).abs() < 1e-12);
        assert_eq!(percentiles(Vec::new(), 0.95), None);
        assert_eq!(holm(&[Some(0.02), Some(0.021)]), [Some(0.04), Some(0.04)]);
        assert_eq!(spread(&[0.4]), Some((0.4, None)));
        assert_eq!(spread(&[1.0, 3.0]), Some((2.0, Some(2f64.sqrt()))));
    }

    #[test]
    fn a_draw_depends_on_seed_and_number_alone_and_has_as_many_images() {
        let sampling = Sampling::new(3, 9);
        let (a, b) = (sampling.weights(100, 1), sampling.weights(100, 2));
        assert_eq!((a.iter().sum::<u32>(), b.iter().sum::<u32>()), (100, 100));
        assert_eq!(a, sampling.weights(100, 1));
        assert_ne!(a, b);
    }
}
