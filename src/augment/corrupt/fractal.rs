//! Clouds by midpoint displacement.

use crate::augment::uniform;
use crate::random::Random;

/// A square of numbers, `side` (a power of two) a side, that repeats at its edges.
pub(super) struct Clouds {
    side: usize,
    heights: Vec<f32>,
}

impl Clouds {
    /// Clouds for a picture of (height, width), from 0 to 1, by the diamond-square algorithm: displacements
    /// are drawn from −w² to w², and w falls by the factor `decay` with each halving of the distance. The
    /// less decay, the rougher.
    pub(super) fn new((height, width): (usize, usize), decay: f64, random: &mut Random) -> Clouds {
        // Colours count as a side of 3 in the reference, so that there are four points at least.
        let side = height.max(width).max(3).next_power_of_two();
        let mut clouds = Clouds { side, heights: vec![0.0; side * side] };
        let (mut step, mut wibble) = (side, 100.0);
        while step >= 2 {
            clouds.squares(step, wibble, random);
            clouds.diamonds(step, wibble, random);
            step /= 2;
            wibble /= decay;
        }
        clouds.normalise();
        clouds
    }

    /// The number of a pixel.
    pub(super) fn at(&self, row: usize, column: usize) -> f32 {
        self.heights[row % self.side * self.side + column % self.side]
    }

    /// Gives a point the mean of four, displaced.
    fn displace(
        &mut self,
        (row, column): (usize, usize),
        around: [f32; 4],
        wibble: f64,
        random: &mut Random,
    ) {
        let mean = around.iter().sum::<f32>() / 4.0;
        self.heights[row * self.side + column] = mean + (wibble * uniform(random, -wibble, wibble)) as f32;
    }

    /// The middles of squares, from their corners.
    fn squares(&mut self, step: usize, wibble: f64, random: &mut Random) {
        for row in (0..self.side).step_by(step) {
            for column in (0..self.side).step_by(step) {
                let (under, right) = (row + step, column + step);
                let corners = [(row, column), (under, column), (row, right), (under, right)]
                    .map(|(r, c)| self.at(r, c));
                self.displace((row + step / 2, column + step / 2), corners, wibble, random);
            }
        }
    }

    /// The middles of their sides, from the corners and middles around.
    fn diamonds(&mut self, step: usize, wibble: f64, random: &mut Random) {
        let half = step / 2;
        // Half a step back, round the edge.
        let back = self.side - half;
        for offset in [(0, half), (half, 0)] {
            for row in (offset.0..self.side).step_by(step) {
                for column in (offset.1..self.side).step_by(step) {
                    let around = [
                        (row + half, column),
                        (row + back, column),
                        (row, column + half),
                        (row, column + back),
                    ];
                    let around = around.map(|(r, c)| self.at(r, c));
                    self.displace((row, column), around, wibble, random);
                }
            }
        }
    }

    fn normalise(&mut self) {
        let least = self.heights.iter().copied().fold(f32::INFINITY, f32::min);
        let most = self.heights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let scale = if most > least { 1.0 / (most - least) } else { 0.0 };
        self.heights.iter_mut().for_each(|height| *height = (*height - least) * scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_are_as_rough_as_those_of_the_reference() {
        // np.abs(np.diff(a, axis=1)).mean() and a.std() for a = plasma_fractal(64, decay) of imagecorruptions
        // 1.1.2, on average over 200 calls.
        for (decay, roughness, deviation) in
            [(3.0, 0.00949, 0.1431), (2.0, 0.01191, 0.1642), (1.4, 0.02885, 0.1858)]
        {
            let measured: Vec<(f64, f64)> = (0..200).map(|key| measure(decay, key)).collect();
            let mean = |of: fn(&(f64, f64)) -> f64| measured.iter().map(of).sum::<f64>() / 200.0;
            assert!((mean(|m| m.0) / roughness - 1.0).abs() < 0.07, "{decay}: {}", mean(|m| m.0));
            assert!((mean(|m| m.1) / deviation - 1.0).abs() < 0.05, "{decay}: {}", mean(|m| m.1));
        }
    }

    /// The mean step from one column to the next, and the deviation.
    fn measure(decay: f64, key: u64) -> (f64, f64) {
        let clouds = Clouds::new((50, 64), decay, &mut Random::keyed(&[key]));
        let heights: Vec<f64> = clouds.heights.iter().map(|x| f64::from(*x)).collect();
        assert_eq!(heights.len(), 64 * 64);
        let ends = heights.iter().fold((9.0f64, -9.0f64), |(l, h), x| (l.min(*x), h.max(*x)));
        assert!(ends.0 == 0.0 && (ends.1 - 1.0).abs() < 1e-6);
        let steps = heights.chunks(64).flat_map(|row| row.windows(2)).map(|pair| (pair[0] - pair[1]).abs());
        let mean = heights.iter().sum::<f64>() / 4096.0;
        let variance = heights.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 4096.0;
        (steps.sum::<f64>() / (64.0 * 63.0), variance.sqrt())
    }

    #[test]
    fn the_smallest_clouds_have_four_points_a_side() {
        assert_eq!(Clouds::new((1, 1), 2.0, &mut Random::keyed(&[1])).side, 4);
    }
}
