//! The transforms of tiles: [`forward`] of elements, [`backward`] of products; sixteen tiles at once.
//!
//! The invariant: no tile depends on its neighbours in a vector.

#![allow(clippy::indexing_slicing, reason = "callers give whole rows of tiles")]
#![allow(
    clippy::needless_range_loop,
    reason = "loops over vectors by number are what the compiler makes vectors of"
)]

use super::super::level::Level;

/// Tiles at once.
pub(super) const RUN: usize = 16;

/// Vectors that sixteen tiles are read from, in each row.
const VECTORS: usize = 5;
/// Those of all rows.
pub(super) const LINES: usize = 6 * VECTORS;

type Vector = [f32; RUN];

#[inline(always)]
fn each(make: impl Fn(usize) -> f32) -> Vector {
    let mut made = [0.0; RUN];
    for i in 0..RUN {
        made[i] = make(i);
    }
    made
}

/// One axis of the transform of elements.
#[inline(always)]
fn elements<L: Level>(d: &[Vector; 6]) -> [Vector; 6] {
    let by = |a: f32, b: f32, c: f32| L::mul_add(a, b, c);
    [
        each(|i| by(4.0, d[0][i], by(-5.0, d[2][i], d[4][i]))),
        each(|i| by(-4.0, d[1][i] + d[2][i], d[3][i] + d[4][i])),
        each(|i| by(4.0, d[1][i] - d[2][i], d[4][i] - d[3][i])),
        each(|i| by(2.0, d[3][i] - d[1][i], d[4][i] - d[2][i])),
        each(|i| by(2.0, d[1][i] - d[3][i], d[4][i] - d[2][i])),
        each(|i| by(4.0, d[1][i], by(-5.0, d[3][i], d[5][i]))),
    ]
}

/// The transform of the elements of sixteen tiles from tile `16 * run` on: `x` holds six rows, `width` apart.
/// `lines` is room for them.
#[inline(always)]
pub(super) fn forward<L: Level>(
    x: &[f32],
    width: usize,
    run: usize,
    lines: &mut [Vector; LINES],
) -> [Vector; 36] {
    for vector in 0..VECTORS {
        let from = run * 4 * RUN + vector * RUN;
        let rows: [Vector; 6] =
            std::array::from_fn(|row| x[row * width + from..].first_chunk().copied().unwrap_or([0.0; RUN]));
        for (row, made) in elements::<L>(&rows).into_iter().enumerate() {
            lines[row * VECTORS + vector] = made;
        }
    }
    let mut made = [[0.0; RUN]; 36];
    for (row, line) in lines.as_chunks::<VECTORS>().0.iter().enumerate() {
        let line = line.as_flattened();
        let part = |from: usize| line[from..].first_chunk::<64>().map_or([[0.0; RUN]; 4], L::split);
        let ([a, b, c, d], [e, f, ..]) = (part(0), part(4));
        let columns = [a, b, c, d, e, f];
        for (column, vector) in elements::<L>(&columns).into_iter().enumerate() {
            made[row * 6 + column] = vector;
        }
    }
    made
}

/// One axis of the transform of products.
#[inline(always)]
fn results<L: Level>(m: &[Vector; 6]) -> [Vector; 4] {
    let by = |a: f32, b: f32, c: f32| L::mul_add(a, b, c);
    let near: Vector = each(|i| m[1][i] + m[2][i]);
    let far: Vector = each(|i| m[3][i] + m[4][i]);
    let near_less: Vector = each(|i| m[1][i] - m[2][i]);
    let far_less: Vector = each(|i| m[3][i] - m[4][i]);
    [
        each(|i| m[0][i] + near[i] + far[i]),
        each(|i| by(2.0, far_less[i], near_less[i])),
        each(|i| by(4.0, far[i], near[i])),
        each(|i| by(8.0, far_less[i], near_less[i]) + m[5][i]),
    ]
}

/// The results of sixteen tiles, as four rows; the products of one element of a tile are `apart` from the next's.
#[inline(always)]
pub(super) fn backward<L: Level>(products: &[f32], apart: usize) -> [[f32; 4 * RUN]; 4] {
    let mut half = [[[0.0; RUN]; 6]; 4];
    for column in 0..6 {
        let m: [Vector; 6] = std::array::from_fn(|row| {
            products[(row * 6 + column) * apart..].first_chunk().copied().unwrap_or([0.0; RUN])
        });
        for (row, made) in results::<L>(&m).into_iter().enumerate() {
            half[row][column] = made;
        }
    }
    let mut made = [[0.0; 4 * RUN]; 4];
    for (line, half) in made.iter_mut().zip(&half) {
        *line = L::join(&results::<L>(half));
    }
    made
}
