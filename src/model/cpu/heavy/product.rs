//! Products of matrices of 32-bit floats, in blocks that stay in the caches, whatever the right side is read from.
//!
//! The left side is packed once into [`Panels`]; the right side is a [`Source`] that packs columns when they are
//! needed, so that the columns of a convolution never exist all at once. What follows a product is done to each tile
//! before it is stored.
//!
//! The invariant: each element is summed in the same order whatever the number of threads.

#![allow(clippy::indexing_slicing, reason = "the lengths of all sides are checked in `multiply`")]

use std::ops::Range;

use super::finish::Finish;
use super::level::{Level, MOST_COLUMNS, Tile, Work, dispatch};
use super::room::{self, Room};
use crate::model::cpu::threads::Threads;

/// Depth that is gone through before another block of columns is packed.
const DEPTH: usize = 1024;
/// Elements that are added at once.
const VECTOR: usize = 16;
/// Elements of the packed columns that are kept at hand: half a megabyte.
const PACKED: usize = 1 << 17;

/// The left side of a product: rows in panels as high as a tile, the elements of one depth beside each other.
pub(super) struct Panels {
    /// The first row of each panel, and the number of rows at the end.
    starts: Vec<usize>,
    depth: usize,
    data: Vec<f32>,
}

impl Drop for Panels {
    fn drop(&mut self) {
        room::give(std::mem::take(&mut self.data));
    }
}

impl Panels {
    /// Packs `rows` rows of `depth` elements; an element is at `row * steps.0 + depth * steps.1`.
    pub(super) fn pack(from: &[f32], rows: usize, depth: usize, steps: (usize, usize)) -> Panels {
        let starts = starts(rows);
        let mut data = room::take(rows * depth);
        for pair in starts.windows(2) {
            let height = pair[1] - pair[0];
            let panel = &mut data[pair[0] * depth..pair[1] * depth];
            for row in 0..height {
                let from = &from[(pair[0] + row) * steps.0..];
                for (to, from) in panel[row..].iter_mut().step_by(height).zip(from.iter().step_by(steps.1)) {
                    *to = *from;
                }
            }
        }
        Panels { starts, depth, data }
    }

    /// Packs the columns of a source as rows.
    pub(super) fn of_columns(source: &impl Source, columns: usize, depth: usize) -> Panels {
        struct Pack<'a, S>(&'a S, Vec<usize>, usize);
        impl<S: Source> Work for Pack<'_, S> {
            type Output = Panels;
            #[inline(always)]
            fn run<L: Level>(self) -> Panels {
                let Pack(source, starts, depth) = self;
                let columns = starts.last().copied().unwrap_or(0);
                let mut data = room::take(columns * depth + MOST_COLUMNS);
                for pair in starts.windows(2) {
                    let count = pair[1] - pair[0];
                    source.pack::<L>(pair[0], count, count, 0..depth, &mut data[pair[0] * depth..]);
                }
                Panels { starts, depth, data }
            }
        }
        dispatch(Pack(source, starts(columns), depth))
    }

    pub(super) fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn count(&self) -> usize {
        self.starts.len() - 1
    }

    #[inline(always)]
    pub(super) fn panel(&self, panel: usize, depth: &Range<usize>) -> (Range<usize>, &[f32]) {
        let rows = self.starts[panel]..self.starts[panel + 1];
        let from = rows.start * self.depth;
        (rows.clone(), &self.data[from + depth.start * rows.len()..from + depth.end * rows.len()])
    }

    /// What is read after a panel: the next one, over the same depths; nothing after the last.
    #[inline(always)]
    pub(super) fn next(&self, panel: usize, depth: &Range<usize>) -> &[f32] {
        if panel + 1 < self.count() { self.panel(panel + 1, depth).1 } else { &[] }
    }
}

/// The first row of each panel. Panels are of nearly the same height: one row over a whole number of panels would be
/// a slow panel of its own.
fn starts(rows: usize) -> Vec<usize> {
    struct Height;
    impl Work for Height {
        type Output = usize;
        #[inline(always)]
        fn run<L: Level>(self) -> usize {
            L::ROWS
        }
    }
    let panels = rows.div_ceil(dispatch(Height)).max(1);
    (0..=panels).map(|panel| panel * rows / panels).collect()
}

/// The right side of a product.
pub(super) trait Source: Sync {
    /// Packs `columns` columns from `first` on, over a range of depths: rows of `width` elements, of which those
    /// beyond the columns may be anything. `into` is a vector longer than it needs to be.
    fn pack<L: Level>(
        &self,
        first: usize,
        columns: usize,
        width: usize,
        depth: Range<usize>,
        into: &mut [f32],
    );
}

/// A matrix in memory; an element is at `depth * steps.0 + column * steps.1`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) data: &'a [f32],
    pub(super) steps: (usize, usize),
}

impl Source for Matrix<'_> {
    #[inline(always)]
    fn pack<L: Level>(
        &self,
        first: usize,
        columns: usize,
        width: usize,
        depth: Range<usize>,
        into: &mut [f32],
    ) {
        if self.steps.1 == 1 {
            for (k, row) in depth.zip(into.chunks_exact_mut(width)) {
                let from = k * self.steps.0 + first;
                row[..columns].copy_from_slice(&self.data[from..from + columns]);
            }
        } else {
            for column in 0..columns {
                let from = (first + column) * self.steps.1;
                for (k, at) in depth.clone().zip((column..).step_by(width)) {
                    into[at] = self.data[from + k * self.steps.0];
                }
            }
        }
    }
}

/// Some rows and columns of a product.
struct Block<'a, S> {
    panels: &'a Panels,
    which: Range<usize>,
    columns: Range<usize>,
    /// All columns of the product: how far apart rows of the residual are.
    all: usize,
    source: &'a S,
    finish: Finish<'a>,
    /// Where the rows go, from the first of the columns on.
    out: Vec<&'a mut [f32]>,
}

struct Blocked<'a, 'b, S>(Block<'a, S>, &'b mut Room);

impl<S: Source> Work for Blocked<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Blocked(mut block, room) = self;
        let depth = block.panels.depth;
        let chunks = depth.div_ceil(DEPTH).max(1);
        let chunk = depth.div_ceil(chunks).max(1);
        let tiles = (PACKED / (chunk * L::COLUMNS)).max(1);
        let wide = tiles * L::COLUMNS;
        let most = tiles * chunk * L::COLUMNS + 2 * MOST_COLUMNS;
        let packed = room.of(most);
        let mut tile = Tile::new();
        for from in block.columns.clone().step_by(wide) {
            let until = (from + wide).min(block.columns.end);
            for part in 0..chunks {
                let ks = (part * chunk).min(depth)..((part + 1) * chunk).min(depth);
                for (number, first) in (from..until).step_by(L::COLUMNS).enumerate() {
                    let columns = (until - first).min(L::COLUMNS);
                    let width = columns.div_ceil(L::WIDTH) * L::WIDTH;
                    let at = number * chunk * L::COLUMNS;
                    let into = &mut packed[at..at + ks.len() * width + MOST_COLUMNS];
                    block.source.pack::<L>(first, columns, width, ks.clone(), into);
                }
                for panel in block.which.clone() {
                    let (rows, a) = block.panels.panel(panel, &ks);
                    let next = block.panels.next(panel, &ks);
                    for (number, first) in (from..until).step_by(L::COLUMNS).enumerate() {
                        let columns = (until - first).min(L::COLUMNS);
                        let vectors = columns.div_ceil(L::WIDTH);
                        let at = number * chunk * L::COLUMNS;
                        let b = &packed[at..at + ks.len() * vectors * L::WIDTH];
                        let ahead = if first + L::COLUMNS >= until { next } else { &[] };
                        L::tile(rows.len(), vectors, a, b, ahead, &mut tile);
                        block.store(&rows, first..first + columns, &mut tile, part == 0, part + 1 == chunks);
                    }
                }
            }
        }
    }
}

impl<S> Block<'_, S> {
    #[inline(always)]
    fn store(
        &mut self,
        rows: &Range<usize>,
        columns: Range<usize>,
        tile: &mut Tile,
        first: bool,
        last: bool,
    ) {
        let top = self.panels.starts[self.which.start];
        let at = columns.start - self.columns.start;
        for (row, sums) in rows.clone().zip(&mut tile.0) {
            let sums = &mut sums[..columns.len()];
            let out = &mut self.out[row - top][at..at + columns.len()];
            if !first {
                let (wide, rest) = sums.as_chunks_mut::<VECTOR>();
                let (wide_out, rest_out) = out.as_chunks::<VECTOR>();
                for (s, o) in wide.iter_mut().zip(wide_out) {
                    let mut sum = [0.0; VECTOR];
                    for i in 0..VECTOR {
                        sum[i] = s[i] + o[i];
                    }
                    *s = sum;
                }
                rest.iter_mut().zip(rest_out).for_each(|(s, o)| *s += *o);
            }
            if last {
                let bias = self.finish.bias.map_or(0.0, |bias| bias[row]);
                let from = row * self.all + columns.start;
                let residual = self.finish.residual.map(|all| &all[from..from + columns.len()]);
                self.finish.write(bias, residual, sums, out);
            } else {
                out.copy_from_slice(sums);
            }
        }
    }
}

/// One product among several that are computed together.
pub(super) struct Job<'a, S> {
    pub(super) panels: &'a Panels,
    pub(super) source: S,
    pub(super) finish: Finish<'a>,
    /// The product, row by row.
    pub(super) out: &'a mut [f32],
    pub(super) columns: usize,
}

/// Computes the products.
pub(super) fn multiply<S: Source>(jobs: Vec<Job<'_, S>>, threads: &Threads) {
    let work: usize = jobs.iter().map(|job| job.out.len().saturating_mul(job.panels.depth / 16 + 1)).sum();
    let threads = threads.unless_few(work);
    let shares = (threads.count() * if threads.count() == 1 { 1 } else { 3 }).div_ceil(jobs.len().max(1));
    let mut blocks = Vec::new();
    for job in &jobs {
        assert_eq!(job.out.len(), job.panels.rows() * job.columns, "a product is of its sides' lengths");
    }
    let (sources, mut parts): (Vec<S>, Vec<_>) =
        jobs.into_iter().map(|job| (job.source, (job.panels, job.finish, job.out, job.columns))).unzip();
    for (source, (panels, finish, out, columns)) in sources.iter().zip(&mut parts) {
        blocks.extend(split(panels, source, *finish, out, *columns, shares));
    }
    threads.each_with(blocks, Room::default, |room, block| {
        let (panels, which, columns, all, source, finish, out) = block;
        if !columns.is_empty() {
            dispatch(Blocked(Block { panels, which, columns, all, source, finish, out }, room));
        }
    });
}

type Piece<'a, S> = (&'a Panels, Range<usize>, Range<usize>, usize, &'a S, Finish<'a>, Vec<&'a mut [f32]>);

/// A product in about so many pieces of columns; where there are too few columns, of rows as well.
fn split<'a, S>(
    panels: &'a Panels,
    source: &'a S,
    finish: Finish<'a>,
    out: &'a mut [f32],
    columns: usize,
    shares: usize,
) -> Vec<Piece<'a, S>> {
    if columns == 0 || panels.count() == 0 {
        return Vec::new();
    }
    let tiles = columns.div_ceil(MOST_COLUMNS);
    let across = tiles.min(shares).max(1);
    let wide = tiles.div_ceil(across) * MOST_COLUMNS;
    let down = shares.div_ceil(across).min(panels.count()).max(1);
    let high = panels.count().div_ceil(down);
    let mut pieces = Vec::new();
    let mut rest = out;
    for first in (0..panels.count()).step_by(high) {
        let which = first..(first + high).min(panels.count());
        let rows = panels.starts[which.end] - panels.starts[which.start];
        let (these, after) = rest.split_at_mut(rows * columns);
        rest = after;
        let mut by_column: Vec<Vec<&mut [f32]>> =
            (0..columns.div_ceil(wide)).map(|_| Vec::with_capacity(rows)).collect();
        for row in these.chunks_mut(columns) {
            by_column.iter_mut().zip(row.chunks_mut(wide)).for_each(|(piece, part)| piece.push(part));
        }
        for (number, out) in by_column.into_iter().enumerate() {
            let from = number * wide;
            let range = from..(from + wide).min(columns);
            pieces.push((panels, which.clone(), range, columns, source, finish, out));
        }
    }
    pieces
}
