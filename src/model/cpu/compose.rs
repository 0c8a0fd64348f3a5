//! `Compose`: pictures of many sizes onto canvases of one, by weights that came with them.
//!
//! A plain twin of the shader: on the processor pictures are resampled where they are decoded, which is faster. What is
//! said of a picture is held against what is there before anything is read.

use super::inputs::{Inputs, length, room};
use super::threads::Threads;
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::Compose;
use crate::model::tensor::Tensor;

/// Inputs: words of pixels, what is done to each picture, first samples, weights, and the canvas; see [`Compose`].
pub(super) fn compose(op: Compose, inputs: Inputs<'_>, threads: &Threads) -> Result<Tensor> {
    let (words, table) = (inputs.elements::<u32>(0)?, inputs.elements::<i32>(1)?);
    let (first, weights) = (inputs.elements::<i32>(2)?, inputs.elements::<f32>(3)?);
    let [pictures, Compose::COLUMNS] = inputs.get(1)?.shape() else {
        return Err(length("what is done to pictures must be rows of sixteen numbers"));
    };
    let canvas: Vec<usize> = inputs.ints(4)?.iter().filter_map(|n| usize::try_from(*n).ok()).collect();
    let [height, width] = canvas[..] else {
        return Err(length("a canvas has a height and a width"));
    };
    let shape = [*pictures, 3, height, width];
    let mut made = vec![0.0_f32; room(&shape, 4)?];
    let tasks: Vec<Task<'_>> = table
        .chunks_exact(Compose::COLUMNS)
        .map(|row| Task::new(row, words, first, weights))
        .collect::<Result<_>>()?;
    let plane = height * width;
    threads.chunks(&mut made, (3 * plane).max(1), |number, out| {
        let task = &tasks[number];
        for (at, row) in (0..plane).map(|at| (at, at / width)) {
            let value = task.pixel(row, at - row * width);
            for channel in 0..3 {
                out[if op.bgr { 2 - channel } else { channel } * plane + at] = value[channel];
            }
        }
    });
    Tensor::new(&shape, made)
}

/// What is done to a picture.
struct Task<'a> {
    words: &'a [u32],
    start: usize,
    stride: usize,
    at: [usize; 2],
    size: [usize; 2],
    canvas: [usize; 2],
    fill: [f32; 3],
    rows: Axis<'a>,
    columns: Axis<'a>,
}

/// The samples of a line.
struct Axis<'a> {
    first: &'a [i32],
    weights: &'a [f32],
    each: usize,
}

impl<'a> Axis<'a> {
    /// The axis, and how many samples it reads.
    fn new(
        [first_at, weights_at, each]: [usize; 3],
        outputs: usize,
        first: &'a [i32],
        weights: &'a [f32],
    ) -> Option<(Axis<'a>, usize)> {
        let first = first.get(first_at..first_at.checked_add(outputs)?)?;
        let count = outputs.checked_mul(each)?;
        let weights = weights.get(weights_at..weights_at.checked_add(count)?)?;
        let last = first.iter().copied().max().unwrap_or(0);
        let none_before = first.iter().all(|n| *n >= 0);
        none_before.then_some((Axis { first, weights, each }, usize::try_from(last).ok()? + each))
    }
}

impl<'a> Task<'a> {
    fn new(row: &[i32], words: &'a [u32], first: &'a [i32], weights: &'a [f32]) -> Result<Task<'a>> {
        Task::held(row, words, first, weights).ok_or_else(|| {
            let what = "what is done to a picture reaches beyond its pixels or weights";
            Error::new(ErrorKind::Index, what)
        })
    }

    fn held(row: &[i32], words: &'a [u32], first: &'a [i32], weights: &'a [f32]) -> Option<Task<'a>> {
        let number = |at: usize| usize::try_from(row[at]).ok();
        let three = |at: usize| Some([number(at)?, number(at + 1)?, number(at + 2)?]);
        let size = [number(4)?, number(5)?];
        let (rows, high) = Axis::new(three(9)?, size[0], first, weights)?;
        let (columns, wide) = Axis::new(three(12)?, size[1], first, weights)?;
        let (start, stride) = (number(0)?, number(1)?);
        if size.iter().all(|n| *n > 0) {
            let end = start
                .checked_add(high.checked_sub(1)?.checked_mul(stride)?)?
                .checked_add(wide.checked_mul(3)?)?;
            if end > words.len() * 4 || wide.checked_mul(3)? > stride {
                return None;
            }
        }
        let fill = row[8].to_le_bytes();
        Some(Task {
            words,
            start,
            stride,
            at: [number(2)?, number(3)?],
            size,
            canvas: [number(6)?, number(7)?],
            fill: [fill[0], fill[1], fill[2]].map(f32::from),
            rows,
            columns,
        })
    }

    fn byte(&self, at: usize) -> f32 {
        f32::from(self.words[at / 4].to_le_bytes()[at % 4])
    }

    /// Red, green and blue of a pixel of the canvas.
    fn pixel(&self, row: usize, column: usize) -> [f32; 3] {
        if row >= self.canvas[0] || column >= self.canvas[1] {
            return [0.0; 3];
        }
        let inside = |n: usize, from: usize, length: usize| n.checked_sub(from).filter(|n| *n < length);
        let place = inside(row, self.at[0], self.size[0]).zip(inside(column, self.at[1], self.size[1]));
        let Some((y, x)) = place else { return self.fill };
        let (rows, columns) = (&self.rows, &self.columns);
        let (top, left) = (rows.first[y] as usize, columns.first[x] as usize);
        let corner = self.start + top * self.stride + left * 3;
        let mut sum = [0.0_f32; 3];
        for (k, by_column) in columns.weights[x * columns.each..][..columns.each].iter().enumerate() {
            let mut mixed = [0.0_f32; 3];
            for (j, by_row) in rows.weights[y * rows.each..][..rows.each].iter().enumerate() {
                for (channel, mixed) in mixed.iter_mut().enumerate() {
                    *mixed += by_row * self.byte(corner + j * self.stride + k * 3 + channel);
                }
            }
            sum.iter_mut().zip(mixed).for_each(|(sum, mixed)| *sum += by_column * mixed);
        }
        sum.map(|v| v.round_ties_even().clamp(0.0, 255.0))
    }
}
