//! `RoiAlign`: regions of a feature map, each resampled to one size.
//!
//! Every output element is the mean (or the largest) of samples on a regular grid in its part of the region, each
//! interpolated from four elements. Samples are the same for all channels and found once a region. More samples than
//! a feature map can tell apart are refused: such a region is a mistake.

use super::each::pieces;
use super::functions::{Float, Real};
use super::gather::place;
use super::inputs::{Inputs, floats, length, no_kernel, usage, wrong_type, zeros};
use super::number::each_float;
use super::threads::Threads;
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::RoiAlign;
use crate::model::tensor::Tensor;

/// The most samples of one region.
const MOST: f64 = 16_777_216.0;

/// Inputs X (samples, channels, rows, columns), regions (x1, y1, x2, y2), and the number of the sample of each.
pub(super) fn align(op: RoiAlign, inputs: Inputs<'_>, threads: &Threads) -> Result<Tensor> {
    let (x, rois) = (inputs.get(0)?, inputs.get(1)?);
    let samples = inputs.ints(2)?;
    let (&[n, c, h, w], &[count, 4]) = (x.shape(), rois.shape()) else {
        return Err(length("the input must have 4 axes and the regions 4 numbers each"));
    };
    if samples.len() != count {
        return Err(length(format!("{} numbers of samples for {count} regions", samples.len())));
    }
    let (rows, columns) = op.output;
    if h == 0 || w == 0 || rows == 0 || columns == 0 {
        return Err(usage("regions without elements cannot be resampled"));
    }
    let corners = floats(rois);
    let regions: Vec<(usize, Region)> = samples
        .iter()
        .zip(corners.chunks_exact(4))
        .map(|(sample, corners)| Ok((place(*sample, n)?, Region::new(&op, corners)?)))
        .collect::<Result<_>>()?;
    fn go<T: Float>(
        op: &RoiAlign,
        x: &[T],
        shape: (usize, usize, usize),
        regions: &[(usize, Region)],
        threads: &Threads,
    ) -> Result<Vec<T>> {
        let ((c, h, w), bins) = (shape, op.output.0 * op.output.1);
        let mut made = zeros::<T>(&[regions.len(), c, op.output.0, op.output.1])?;
        let threads = threads.unless_few(made.len() * 8);
        pieces(&threads, &mut made, (c * bins).max(1), &|number, to| {
            let (sample, region) = &regions[number];
            let taps = region.taps(op, h, w);
            let per_bin = taps.len() / bins;
            for (channel, to) in to.chunks_exact_mut(bins).enumerate() {
                let map = &x[(sample * c + channel) * h * w..][..h * w];
                for (bin, to) in to.iter_mut().enumerate() {
                    *to = joined(op.max, map, &taps[bin * per_bin..(bin + 1) * per_bin]);
                }
            }
        });
        Ok(made)
    }
    if rois.dtype() != x.dtype() {
        return Err(wrong_type("the regions must be of the type of the input"));
    }
    let shape = [count, c, rows, columns];
    each_float!(x.data(), v => Tensor::new(&shape, go(&op, v, (c, h, w), &regions, threads)?),
        _ => Err(no_kernel(x.dtype())))
}

/// Four elements and their weights.
type Tap = ([usize; 4], [f64; 4]);

fn joined<T: Float>(max: bool, map: &[T], taps: &[Tap]) -> T {
    let parts = |(at, weight): &Tap| -> [T::Work; 4] {
        std::array::from_fn(|k| map[at[k]].work() * T::Work::of(weight[k]))
    };
    if max {
        // ONNX takes the largest of the weighted elements, not of their sums.
        let all = taps.iter().flat_map(parts).reduce(|most, v| if v > most { v } else { most });
        return T::of_work(all.unwrap_or(T::Work::ZERO));
    }
    let sum = taps.iter().map(parts).fold(T::Work::ZERO, |sum, [a, b, c, d]| sum + a + b + c + d);
    T::of_work(sum / T::Work::of(taps.len().max(1) as f64))
}

/// A region in elements of the feature map.
struct Region {
    top: f64,
    left: f64,
    /// Of one output element.
    height: f64,
    width: f64,
    /// Samples of one output element, down and across.
    down: usize,
    across: usize,
}

impl Region {
    fn new(op: &RoiAlign, corners: &[f64]) -> Result<Region> {
        let (rows, columns) = (op.output.0 as f64, op.output.1 as f64);
        let offset = if op.half_pixel { 0.5 } else { 0.0 };
        let scaled = |at: usize| corners[at] * f64::from(op.spatial_scale) - offset;
        let (left, top) = (scaled(0), scaled(1));
        let (mut width, mut height) = (scaled(2) - left, scaled(3) - top);
        if !op.half_pixel {
            (width, height) = (width.max(1.0), height.max(1.0));
        }
        let (height, width) = (height / rows, width / columns);
        let samples =
            |size: f64| if op.sampling_ratio > 0 { op.sampling_ratio as f64 } else { size.ceil().max(0.0) };
        let (down, across) = (samples(height), samples(width));
        let total = down * across * rows * columns;
        if total.is_nan() || total > MOST {
            return Err(Error::new(ErrorKind::Limit, format!("the region {corners:?} has too many samples"))
                .remedy("give regions in the coordinates of the input, and a sampling ratio"));
        }
        Ok(Region { top, left, height, width, down: down as usize, across: across as usize })
    }

    /// The samples of all output elements, in their order.
    fn taps(&self, op: &RoiAlign, h: usize, w: usize) -> Vec<Tap> {
        let mut made = Vec::new();
        for row in 0..op.output.0 {
            for column in 0..op.output.1 {
                for i in 0..self.down {
                    let y = self.top + (row as f64 + (i as f64 + 0.5) / self.down as f64) * self.height;
                    for j in 0..self.across {
                        let x =
                            self.left + (column as f64 + (j as f64 + 0.5) / self.across as f64) * self.width;
                        made.push(tap(y, x, h, w));
                    }
                }
            }
        }
        made
    }
}

fn tap(y: f64, x: f64, h: usize, w: usize) -> Tap {
    let (high, wide) = (h as f64, w as f64);
    if !(y >= -1.0 && y <= high && x >= -1.0 && x <= wide) {
        return ([0; 4], [0.0; 4]);
    }
    let (y, x) = (y.clamp(0.0, high - 1.0), x.clamp(0.0, wide - 1.0));
    let (top, left) = (y.floor(), x.floor());
    let (down, across) = (y - top, x - left);
    let (top, left) = (top as usize, left as usize);
    let (bottom, right) = ((top + 1).min(h - 1), (left + 1).min(w - 1));
    let places = [top * w + left, top * w + right, bottom * w + left, bottom * w + right];
    (places, [(1.0 - down) * (1.0 - across), (1.0 - down) * across, down * (1.0 - across), down * across])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(output: (usize, usize)) -> RoiAlign {
        RoiAlign { half_pixel: true, max: false, output, sampling_ratio: 0, spatial_scale: 1.0 }
    }

    fn of(op: RoiAlign, corners: [f32; 4]) -> Result<Vec<f32>> {
        let x = Tensor::new(&[1, 1, 4, 4], (0..16).map(|v| v as f32).collect()).unwrap();
        let (rois, sample) = (Tensor::new(&[1, 4], corners.to_vec()).unwrap(), Tensor::row(vec![0_i64]));
        let made = align(op, Inputs(&[Some(&x), Some(&rois), Some(&sample)]), &Threads::one())?;
        Ok(made.into_elements().unwrap())
    }

    #[test]
    fn a_region_of_whole_elements_is_their_means() {
        assert_eq!(of(op((2, 2)), [0.0, 0.0, 4.0, 4.0]).unwrap(), [2.5, 4.5, 10.5, 12.5]);
        assert_eq!(of(op((1, 1)), [1.0, 1.0, 2.0, 2.0]).unwrap(), [5.0]);
        assert_eq!(of(RoiAlign { spatial_scale: 0.5, ..op((1, 1)) }, [2.0, 2.0, 4.0, 4.0]).unwrap(), [5.0]);
    }

    #[test]
    fn what_is_outside_is_nothing_and_a_mistake_is_refused() {
        assert_eq!(of(op((1, 1)), [50.0, 50.0, 51.0, 51.0]).unwrap(), [0.0]);
        assert!(of(op((1, 1)), [0.0, 0.0, 1e9, 1e9]).is_err());
        assert!(of(op((0, 1)), [0.0, 0.0, 1.0, 1.0]).is_err());
        assert_eq!(of(op((1, 1)), [3.0, 3.0, 1.0, 1.0]).unwrap(), [0.0], "turned inside out");
        assert!(of(op((1, 1)), [f32::NAN; 4]).is_ok_and(|made| made == [0.0]));
    }
}
