//! [`Axis`]: from numbers to shares of a plot's width or height, and where its ticks are.
//!
//! Invariant: the ends are finite and differ, whatever the numbers were.

use super::markup::Markup;
use crate::report::number;

/// From this number on ticks are written with an exponent, since there is no room for more digits.
const EXPONENT: f64 = 1e6;

/// A range of numbers with round ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    /// An axis that holds all the numbers; 0 to 1 where they are shares.
    pub(super) fn over(numbers: impl Iterator<Item = f64>) -> Axis {
        let (low, high) = numbers
            .filter(|x| x.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        if low > high || (low >= 0.0 && high <= 1.0) {
            return Axis { low: 0.0, high: 1.0, step: 0.2 };
        }
        Axis::between(low, high)
    }

    /// An axis from a round number at or below `low` to one at or above `high`.
    pub(super) fn between(low: f64, high: f64) -> Axis {
        let span = (high - low).max(low.abs().max(high.abs()) * 1e-9).max(f64::MIN_POSITIVE);
        let rough = span / 4.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|f| f * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        let axis = Axis { low: (low / step).floor() * step, high: (high / step).ceil() * step, step };
        let usable = axis.low.is_finite() && axis.high.is_finite() && axis.high > axis.low && step > 0.0;
        if usable { axis } else { Axis { low: 0.0, high: 1.0, step: 0.2 } }
    }

    /// An axis from 0 to a number of things: no tick is half a thing.
    pub(super) fn counting(most: u64) -> Axis {
        let most = most.max(1) as f64;
        let axis = Axis::between(0.0, most);
        let step = if axis.step < 5.0 { axis.step.ceil() } else { axis.step };
        Axis { high: (most / step).ceil() * step, step, ..axis }
    }

    /// An axis with ends of one's own.
    pub(super) fn exactly(low: f64, high: f64) -> Axis {
        Axis { low, high, ..Axis::between(low, high) }
    }

    /// Where a number is, 0 at the low end and 1 at the high end.
    pub(super) fn place(&self, x: f64) -> f64 {
        ((x - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The round numbers of the axis, at most a dozen, with their places.
    fn ticks(&self) -> Vec<(f64, String)> {
        let places = (-self.step.log10()).ceil().clamp(0.0, 6.0);
        // 0.25 has one place more than its power of ten.
        let places = places as u8 + u8::from((self.step * 10f64.powf(places)).fract() > 1e-6);
        let first = (self.low / self.step).ceil();
        let largest = self.low.abs().max(self.high.abs());
        let digits = ((largest / self.step).log10().ceil() + 1.0).clamp(1.0, 6.0) as usize;
        let label = |x: f64| match places {
            _ if largest >= EXPONENT || self.step < 1e-5 => number::exponent(x, digits),
            0 => number::integer(x as i64),
            places => number::fixed(x, places),
        };
        (0..12)
            .map(|i| (first + f64::from(i)) * self.step)
            .take_while(|x| *x <= self.high + self.step * 1e-6)
            .map(|x| (self.place(x), label(x)))
            .collect()
    }

    /// The ticks below a plot, and the axis' name.
    pub(super) fn below(&self, m: &mut Markup, name: &str) {
        m.element("div", &[("class", "ticks x"), ("aria-hidden", "true")], |m| {
            for (place, label) in self.ticks() {
                m.leaf("span", &[("style", &format!("left:{:.2}%", place * 100.0))], &label);
            }
        });
        m.leaf("div", &[("class", "axis x"), ("aria-hidden", "true")], name);
    }

    /// The ticks at the left of a plot, and the axis' name above them.
    pub(super) fn beside(&self, m: &mut Markup, name: &str) {
        m.leaf("div", &[("class", "axis y"), ("aria-hidden", "true")], name);
        m.element("div", &[("class", "ticks y"), ("aria-hidden", "true")], |m| {
            for (place, label) in self.ticks() {
                m.leaf("span", &[("style", &format!("bottom:{:.2}%", place * 100.0))], &label);
            }
        });
    }

    /// Thin lines across a plot of 1000 by 1000 units at the ticks.
    pub(super) fn lines(&self, upright: bool) -> String {
        let line = |place: f64| {
            let at = (place * 1000.0).round();
            if upright { format!("M{at} 0V1000") } else { format!("M0 {}H1000", 1000.0 - at) }
        };
        self.ticks().iter().map(|(place, _)| line(*place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_ends() {
        let labels = |axis: Axis| axis.ticks().into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(Axis::over([0.0, 0.7].into_iter())), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Axis::between(0.0, 4321.0)), ["0", "2,000", "4,000", "6,000"]);
        assert_eq!(labels(Axis::between(-0.3, 0.6)), ["-0.50", "-0.25", "0.00", "0.25", "0.50", "0.75"]);
        assert_eq!(labels(Axis::exactly(0.3, 1.0)), ["0.4", "0.6", "0.8", "1.0"]);
    }

    #[test]
    fn ticks_of_counts_are_whole_and_those_of_huge_numbers_have_exponents() {
        let labels = |axis: Axis| axis.ticks().into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(Axis::counting(0)), ["0", "1"]);
        assert_eq!(labels(Axis::counting(2)), ["0", "1", "2"]);
        assert_eq!(labels(Axis::counting(9)), ["0", "3", "6", "9"]);
        assert_eq!(labels(Axis::between(0.0, 1e300)), ["0", "2.5e299", "5e299", "7.5e299", "1e300"]);
        assert_eq!(labels(Axis::between(0.0, 3e-9)), ["0", "1e-9", "2e-9", "3e-9"]);
        for most in 0..1000 {
            assert!(labels(Axis::counting(most)).iter().all(|label| !label.contains('.')), "{most}");
        }
    }

    #[test]
    fn no_numbers_make_no_axis_that_cannot_be_drawn() {
        let hostile = [
            vec![],
            vec![f64::NAN],
            vec![5.0, 5.0],
            vec![f64::MAX, f64::MIN],
            vec![0.0, 5e-324],
            vec![1e300],
        ];
        for numbers in hostile {
            let axis = Axis::over(numbers.iter().copied());
            assert!(axis.low < axis.high && axis.ticks().len() <= 12, "{numbers:?} {axis:?}");
            assert!(
                numbers.iter().all(|x| x.is_nan() || (0.0..=1.0).contains(&axis.place(*x))),
                "{numbers:?}"
            );
        }
    }
}
