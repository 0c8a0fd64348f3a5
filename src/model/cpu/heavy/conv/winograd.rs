//! Windows of three by three, one step apart, with a quarter of the products: tiles of six by six elements are
//! transformed, multiplied element by element and summed over channels, and transformed to four by four results.
//!
//! The transforms are those of Winograd's minimal filtering for the points 0, 1, -1, 2, -2 and infinity
//! (arXiv 1509.09308, section 4.3). Sums differ from plain ones by a few roundings more.
//!
//! The invariant: a tile is computed the same whatever the number of threads.

#![allow(clippy::indexing_slicing, reason = "a Layout has been checked against the tensors")]

use super::super::finish::Finish;
use super::super::level::{Level, MOST_COLUMNS, Tile, Work, dispatch};
use super::super::product::Panels;
use super::super::room::Room;
use super::super::spatial::{Axis, signed};
use super::layout::Layout;
use super::tiles::{LINES, RUN, backward, forward};
use crate::model::cpu::threads::Threads;

/// Results of a tile along an axis.
const STEP: usize = 4;
/// Elements of a tile along an axis, and in all.
const SIDE: usize = 6;
const ALL: usize = 36;
/// Elements that are copied at once: the least that any level has in a vector.
const VECTOR: usize = 4;
/// Fewer pairs of channels for each channel are not worth transforming for: 56 on both sides are enough.
const PAIRS: usize = 28;
/// Fewer tiles of a picture are not worth transforming weights for.
const LEAST: usize = 25;
/// Transformed elements that are kept at hand: two megabytes.
const KEPT: usize = 1 << 19;

/// Whether a convolution is done here.
pub(super) fn fits(layout: &Layout) -> bool {
    let [rows, columns] = layout.axes[..] else { return false };
    let plain = |axis: Axis| {
        let window = (axis.kernel, axis.stride, axis.dilation) == (3, 1, 1);
        window && axis.before >= 0 && axis.after >= 0
    };
    // Transformed weights are four times as large: they must serve many tiles to be worth reading.
    let tiles = rows.output.div_ceil(STEP) * columns.output.div_ceil(STEP);
    if tiles < LEAST || rows.output.min(columns.output) < 2 * STEP {
        return false;
    }
    // Transforms are work for each channel, products for each pair of them.
    let (inputs, outputs) = (layout.inputs_each(), layout.outputs_each());
    plain(rows) && plain(columns) && inputs.saturating_mul(outputs) >= PAIRS * (inputs + outputs)
}

/// Transformed weights: for each element of a tile, a matrix of (outputs, inputs) of a group.
pub(super) struct Weights(Vec<Panels>);

impl Weights {
    /// Transforms the weights of a group.
    pub(super) fn transform(w: &[f32], outputs: usize, inputs: usize) -> Weights {
        const G: [[f64; 3]; 6] = [
            [0.25, 0.0, 0.0],
            [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
            [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
            [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
            [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
            [0.0, 0.0, 1.0],
        ];
        let mut made = vec![0.0_f32; ALL * outputs * inputs];
        for (at, w) in w.as_chunks::<9>().0.iter().take(outputs * inputs).enumerate() {
            // One axis, then the other.
            let half: [[f64; 3]; 6] = G.map(|g| {
                std::array::from_fn(|j| (0..3).map(|i| g[i] * f64::from(w[3 * i + j])).sum::<f64>())
            });
            for (i, half) in half.iter().enumerate() {
                for (j, g) in G.iter().enumerate() {
                    let sum = half[0] * g[0] + half[1] * g[1] + half[2] * g[2];
                    #[allow(clippy::as_conversions, reason = "rounded once")]
                    let rounded = sum as f32;
                    made[(i * 6 + j) * outputs * inputs + at] = rounded;
                }
            }
        }
        let one = |element: usize| &made[element * outputs * inputs..(element + 1) * outputs * inputs];
        Weights((0..ALL).map(|at| Panels::pack(one(at), outputs, inputs, (inputs, 1))).collect())
    }
}

/// Convolves one picture of one group.
pub(super) fn convolve(
    layout: &Layout,
    x: &[f32],
    weights: &Weights,
    finish: &Finish<'_>,
    out: &mut [f32],
    threads: &Threads,
) {
    let (rows, columns) = (layout.axes[0], layout.axes[1]);
    let (inputs, outputs) = (layout.inputs_each(), layout.outputs_each());
    let down = rows.output.div_ceil(STEP);
    let across = columns.output.div_ceil(STEP);
    // As many rows of tiles at once as stay in the cache, and as there are threads to share them.
    let most = (KEPT / (ALL * (inputs + outputs) * across)).clamp(1, down);
    let shares = down.div_ceil(most).max(threads.count().min(down));
    let high = down.div_ceil(shares);
    let mut blocks: Vec<Block<'_>> = (0..down)
        .step_by(high)
        .map(|first| Block {
            x,
            axes: [rows, columns],
            first,
            down: high.min(down - first),
            across,
            inputs,
            weights,
            finish: *finish,
            from: first * STEP * columns.output,
            all: rows.output * columns.output,
            out: Vec::with_capacity(outputs),
        })
        .collect();
    for plane in out.chunks_exact_mut(rows.output * columns.output) {
        for (block, part) in blocks.iter_mut().zip(plane.chunks_mut(high * STEP * columns.output)) {
            block.out.push(part);
        }
    }
    threads.each_with(blocks, Rooms::default, |room, block| dispatch(Both(block, room)));
}

/// Room for some rows of a channel, for the transformed elements of a block, and for their products.
#[derive(Default)]
struct Rooms {
    rows: Room,
    forward: Room,
    products: Room,
}

/// Some rows of tiles.
struct Block<'a> {
    /// The channels of the picture.
    x: &'a [f32],
    axes: [Axis; 2],
    /// The first row of tiles, how many there are, and tiles in each.
    first: usize,
    down: usize,
    across: usize,
    inputs: usize,
    weights: &'a Weights,
    finish: Finish<'a>,
    /// Where the results begin in a channel, and how many a channel has.
    from: usize,
    all: usize,
    /// The results of each channel.
    out: Vec<&'a mut [f32]>,
}

struct Both<'a, 'b>(Block<'a>, &'b mut Rooms);

impl Work for Both<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Both(mut block, room) = self;
        let tiles = block.down * block.across;
        let wide = tiles.div_ceil(L::WIDTH) * L::WIDTH;
        let (inputs, outputs) = (block.inputs, block.out.len());
        // So wide that sixteen tiles can always be read.
        let width = block.across.div_ceil(RUN) * RUN * STEP + RUN;
        let forward = room.forward.of(ALL * inputs * wide + MOST_COLUMNS);
        let products = room.products.of(ALL * outputs * wide + MOST_COLUMNS);
        block.transform::<L>(wide, &mut room.rows.of(SIDE * width)[..SIDE * width], forward);
        let mut tile = Tile::new();
        for (element, panels) in block.weights.0.iter().enumerate() {
            let b = &forward[element * inputs * wide..][..inputs * wide];
            let made = &mut products[element * outputs * wide..][..outputs * wide];
            for panel in 0..panels.count() {
                let (rows, a) = panels.panel(panel, &(0..inputs));
                let next = panels.next(panel, &(0..inputs));
                for first in (0..wide).step_by(L::COLUMNS) {
                    let columns = (wide - first).min(L::COLUMNS);
                    let b = &b[first * inputs..][..columns * inputs];
                    let ahead = if first + L::COLUMNS >= wide { next } else { &[] };
                    L::tile(rows.len(), columns / L::WIDTH, a, b, ahead, &mut tile);
                    for (row, sums) in rows.clone().zip(&tile.0) {
                        let made = &mut made[row * wide + first..][..columns];
                        let vectors = made.as_chunks_mut::<VECTOR>().0.iter_mut();
                        vectors.zip(sums.as_chunks::<VECTOR>().0).for_each(|(made, sums)| *made = *sums);
                    }
                }
            }
        }
        block.finish::<L>(wide, products);
    }
}

impl Block<'_> {
    /// Transforms all tiles into the right sides of the products: for each element of a tile, vectors of tiles as
    /// wide as a tile of a product, channel after channel.
    #[inline(always)]
    fn transform<L: Level>(&self, wide: usize, rows: &mut [f32], into: &mut [f32]) {
        let [down, across] = self.axes;
        let plane = down.input * across.input;
        let left = usize::try_from(across.before).unwrap_or(0);
        let width = rows.len() / SIDE;
        let mut lines = [[0.0; RUN]; LINES];
        rows.fill(0.0);
        for channel in 0..self.inputs {
            for row in 0..self.down {
                for (line, into) in rows.chunks_exact_mut(width).enumerate() {
                    let into = &mut into[left..left + across.input];
                    let at = signed((self.first + row) * STEP + line) - down.before;
                    match usize::try_from(at).ok().filter(|at| *at < down.input) {
                        Some(at) => {
                            into.copy_from_slice(&self.x[channel * plane + at * across.input..][..into.len()])
                        }
                        None => into.fill(0.0),
                    }
                }
                for run in 0..self.across.div_ceil(RUN) {
                    let made = forward::<L>(rows, width, run, &mut lines);
                    let count = (self.across - run * RUN).min(RUN);
                    let tile = row * self.across + run * RUN;
                    // What is written beyond a run is overwritten by the next one, or by the next channels.
                    let (group, at) = (tile / L::COLUMNS * L::COLUMNS, tile % L::COLUMNS);
                    let width = (wide - group).min(L::COLUMNS);
                    let here = count.min(width - at);
                    let start = group * self.inputs + channel * width + at;
                    let room = channel * width + at + RUN <= self.inputs * width;
                    for (element, made) in made.iter().enumerate() {
                        let into = &mut into[element * self.inputs * wide + start..];
                        match into.first_chunk_mut::<RUN>() {
                            Some(into) if room => *into = *made,
                            _ => into[..here].copy_from_slice(&made[..here]),
                        }
                    }
                    let (mut done, mut group) = (here, group + L::COLUMNS);
                    while done < count {
                        let width = (wide - group).min(L::COLUMNS);
                        let here = (count - done).min(width);
                        for (element, made) in made.iter().enumerate() {
                            let start = (element * wide + group) * self.inputs + channel * width;
                            into[start..start + here].copy_from_slice(&made[done..done + here]);
                        }
                        done += here;
                        group += L::COLUMNS;
                    }
                }
            }
        }
    }

    /// Transforms products to results, and finishes them.
    #[inline(always)]
    fn finish<L: Level>(&mut self, wide: usize, products: &[f32]) {
        let (outputs, columns) = (self.out.len(), self.axes[1].output);
        for (channel, out) in self.out.iter_mut().enumerate() {
            let bias = self.finish.bias.map_or(0.0, |bias| bias[channel]);
            for (row, out) in out.chunks_mut(STEP * columns).enumerate() {
                for run in 0..self.across.div_ceil(RUN) {
                    let at = channel * wide + row * self.across + run * RUN;
                    let mut made = backward::<L>(&products[at..], outputs * wide);
                    let first = run * RUN * STEP;
                    let count = (columns - first).min(RUN * STEP);
                    for (line, (out, made)) in out.chunks_exact_mut(columns).zip(&mut made).enumerate() {
                        let at = channel * self.all + self.from + (row * STEP + line) * columns + first;
                        let residual = self.finish.residual.map(|all| &all[at..at + count]);
                        self.finish.write(bias, residual, &mut made[..count], &mut out[first..first + count]);
                    }
                }
            }
        }
    }
}
