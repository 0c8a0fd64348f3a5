//! [`Spread`]: a distribution: its ends, its quantiles, its mean, and its histogram.

/// A distribution of numbers. All zero where there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// How many numbers there are.
    pub count: u64,
    /// The smallest.
    pub least: f64,
    /// Below which a twentieth lies: the nearest rank, so that it is one of the numbers.
    pub low: f64,
    /// Below which half of them lie: halfway between two, where there are two.
    pub median: f64,
    /// Below which nineteen twentieths lie.
    pub high: f64,
    /// The largest.
    pub most: f64,
    /// The mean.
    pub mean: f64,
    /// Ends of bins of one width, one more than there are bins; the last bin also has what lies beyond it.
    pub edges: Vec<f64>,
    /// How many numbers are in each bin.
    pub bins: Vec<u64>,
}

/// The most bins.
const BINS: usize = 40;

impl Spread {
    /// That of numbers, which are put in another order. With `whole`, bins have whole ends.
    pub(super) fn of(values: &mut [f32], whole: bool) -> Spread {
        let count = values.len();
        if count == 0 {
            return Spread::default();
        }
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / count as f64;
        values.sort_unstable_by(f32::total_cmp);
        let at = |share: f64| {
            let rank = ((share * count as f64).ceil() as usize).clamp(1, count);
            values.get(rank - 1).copied().map_or(0.0, f64::from)
        };
        let mut spread = Spread {
            count: count as u64,
            least: at(0.0),
            low: at(0.05),
            median: middle(values),
            high: at(0.95),
            most: at(1.0),
            mean,
            ..Spread::default()
        };
        // Few values far out would squeeze all others into one bin.
        let top = spread.most.min((at(0.99) * 1.25).max(spread.low));
        spread.lay(values, whole, top);
        spread
    }

    fn lay(&mut self, sorted: &[f32], whole: bool, top: f64) {
        let mut from = self.least;
        let mut width = (top - from) / BINS as f64;
        if whole {
            // A bin holds its lower end: the last one has to hold the top.
            width = ((top - from + 1.0) / BINS as f64).ceil().max(1.0);
        } else if width <= 0.0 || !width.is_finite() {
            width = if from == 0.0 { 1.0 } else { from.abs() / 10.0 };
            from -= width / 2.0;
        }
        let bins = (((top - from + f64::from(u8::from(whole))) / width).ceil() as usize).clamp(1, BINS);
        self.edges = (0..=bins).map(|at| from + at as f64 * width).collect();
        self.bins = vec![0; bins];
        for value in sorted {
            let at = ((f64::from(*value) - from) / width).floor().max(0.0) as usize;
            self.bins[at.min(bins - 1)] += 1;
        }
    }
}

/// The median of numbers in ascending order; 0 of none.
fn middle(sorted: &[f32]) -> f64 {
    let at = |place: usize| sorted.get(place).copied().map_or(0.0, f64::from);
    match sorted.len() {
        0 => 0.0,
        n => f64::midpoint(at((n - 1) / 2), at(n / 2)),
    }
}

/// The median of numbers, which are put in another order; `None` of none.
pub(super) fn median(values: &mut [f32]) -> Option<f64> {
    values.sort_unstable_by(f32::total_cmp);
    (!values.is_empty()).then(|| middle(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_numbers_of_the_list_and_bins_hold_all() {
        let mut values: Vec<f32> = (1..=100).rev().map(|n| n as f32).collect();
        assert_eq!(median(&mut values), Some(50.5));
        let spread = Spread::of(&mut values, true);
        assert_eq!(
            [spread.least, spread.low, spread.median, spread.high, spread.most],
            [1.0, 5.0, 50.5, 95.0, 100.0]
        );
        assert_eq!((spread.mean, spread.bins.iter().sum::<u64>()), (50.5, 100));
        assert!(spread.edges.iter().all(|edge| edge.fract() == 0.0) && spread.edges[0] == 1.0);
    }

    #[test]
    fn one_value_and_one_far_out_have_bins_too() {
        for mut values in [vec![7.0], vec![0.0; 9], vec![3.5, 3.5], vec![1.0, 2.0, 1e9], vec![-2.0, 2.0]] {
            for whole in [false, true] {
                let spread = Spread::of(&mut values, whole);
                assert_eq!(spread.bins.iter().sum::<u64>(), values.len() as u64, "{spread:?}");
                assert_eq!(spread.edges.len(), spread.bins.len() + 1);
                assert!(spread.edges.windows(2).all(|ends| ends[0] < ends[1]), "{spread:?}");
            }
        }
        assert_eq!((Spread::of(&mut [], true), median(&mut [])), (Spread::default(), None));
    }
}
