//! Products with few columns, computed turned round: the columns become the rows of a tile, and vectors lie along
//! the rows, of which there are many. So pictures of a few pixels, or one row of features, leave no vector half empty.
//!
//! The invariant: as [`super::product`]'s; each element is summed in the same order whatever the number of threads.

#![allow(clippy::indexing_slicing, reason = "the lengths of all sides are checked in `multiply_turned`")]

use std::ops::Range;

use super::finish::Finish;
use super::level::{Level, MOST_COLUMNS, Tile, Work, dispatch};
use super::product::{Panels, Source};
use crate::model::cpu::threads::Threads;

/// Depth that is gone through before the next: what is at hand then fits the second cache.
const DEPTH: usize = 1536;

/// The right side of a product, packed once: as wide as a tile, the elements of one depth beside each other.
pub(super) struct Columns {
    columns: usize,
    depth: usize,
    /// Columns of a whole tile, and of a vector.
    sizes: (usize, usize),
    data: Vec<f32>,
}

impl Columns {
    /// Packs columns of a source.
    pub(super) fn pack(source: &impl Source, columns: usize, depth: usize) -> Columns {
        struct Pack<'a, S>(&'a S, usize, usize);
        impl<S: Source> Work for Pack<'_, S> {
            type Output = Columns;
            #[inline(always)]
            fn run<L: Level>(self) -> Columns {
                let Pack(source, columns, depth) = self;
                let mut data = vec![0.0; columns.div_ceil(L::WIDTH) * L::WIDTH * depth + MOST_COLUMNS];
                for first in (0..columns).step_by(L::COLUMNS) {
                    let count = (columns - first).min(L::COLUMNS);
                    let width = count.div_ceil(L::WIDTH) * L::WIDTH;
                    source.pack::<L>(first, count, width, 0..depth, &mut data[first * depth..]);
                }
                Columns { columns, depth, sizes: (L::COLUMNS, L::WIDTH), data }
            }
        }
        dispatch(Pack(source, columns, depth))
    }

    pub(super) const fn columns(&self) -> usize {
        self.columns
    }

    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// The packed tile that begins with this column, over a range of depths.
    #[inline(always)]
    pub(super) fn tile(&self, first: usize, depth: &Range<usize>) -> &[f32] {
        let width = (self.columns - first).min(self.sizes.0).div_ceil(self.sizes.1) * self.sizes.1;
        &self.data[first * self.depth + depth.start * width..first * self.depth + depth.end * width]
    }
}

/// Columns that are packed already are only copied.
impl Source for &Columns {
    #[inline(always)]
    fn pack<L: Level>(&self, first: usize, _: usize, _: usize, depth: Range<usize>, into: &mut [f32]) {
        let tile = self.tile(first, &depth);
        into[..tile.len()].copy_from_slice(tile);
    }
}

/// Some columns of a turned product.
struct Block<'a> {
    panels: &'a Panels,
    right: &'a Columns,
    columns: Range<usize>,
    finish: Finish<'a>,
    /// The columns one after the other, each of as many elements as there are rows.
    out: &'a mut [f32],
}

impl Work for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Block { panels, right, columns, finish, out } = self;
        let (depth, rows) = (panels.depth(), panels.rows());
        let chunks = depth.div_ceil(DEPTH).max(1);
        let chunk = depth.div_ceil(chunks);
        let mut tile = Tile::new();
        for part in 0..chunks {
            let ks = (part * chunk).min(depth)..((part + 1) * chunk).min(depth);
            for first in columns.clone().step_by(L::COLUMNS) {
                let count = (columns.end - first).min(L::COLUMNS);
                let b = right.tile(first, &ks);
                let next = first + L::COLUMNS;
                let next = if next < columns.end { right.tile(next, &ks) } else { &[] };
                let share = next.len().div_ceil(panels.count()).max(1);
                for panel in 0..panels.count() {
                    let (which, a) = panels.panel(panel, &ks);
                    let ahead = next.chunks(share).nth(panel).unwrap_or(&[]);
                    L::tile(which.len(), count.div_ceil(L::WIDTH), a, b, ahead, &mut tile);
                    let at = (first - columns.start) * rows + which.start;
                    for column in 0..count {
                        let out = &mut out[at + column * rows..][..which.len()];
                        for (o, sums) in out.iter_mut().zip(&tile.0) {
                            *o = if part == 0 { sums[column] } else { *o + sums[column] };
                        }
                    }
                }
            }
        }
        for (column, out) in columns.zip(out.chunks_exact_mut(rows)) {
            let residual = finish.residual.map(|all| &all[column * rows..(column + 1) * rows]);
            finish.finish(finish.bias.map_or(0.0, |bias| bias[column]), residual, out);
        }
    }
}

/// The product of panels with columns, written column by column. Of what follows, the bias is a number a column.
pub(super) fn multiply_turned(
    panels: &Panels,
    right: &Columns,
    finish: Finish<'_>,
    out: &mut [f32],
    threads: &Threads,
) {
    let rows = panels.rows();
    assert_eq!(out.len(), rows * right.columns, "a product is of its sides' lengths");
    assert_eq!(panels.depth(), right.depth, "the sides of a product are equally deep");
    if out.is_empty() {
        return;
    }
    let threads = threads.unless_few(out.len().saturating_mul(right.depth / 16 + 1));
    let tiles = right.columns.div_ceil(MOST_COLUMNS);
    let shares = if threads.count() == 1 { 1 } else { threads.count() * 2 };
    let wide = tiles.div_ceil(shares) * MOST_COLUMNS;
    threads.chunks(out, wide * rows, |number, out| {
        let columns = number * wide..((number + 1) * wide).min(right.columns);
        dispatch(Block { panels, right, columns, finish, out });
    });
}
