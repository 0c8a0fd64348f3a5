//! Products of matrices, of any numbers: [`compute`] is ONNX's `MatMul`, [`gemm`] its `Gemm`, [`Multiply`] what both
//! and others are made of.
//!
//! The invariant: shapes are checked before [`Multiply::multiply`], which trusts them.

#![allow(clippy::indexing_slicing, reason = "shapes are checked before elements are read")]

use super::finish::Finish;
use super::given::Given;
use super::narrow;
use super::product::{Job, Matrix, Panels, multiply};
use super::scalar::Scalar;
use super::turned::{Columns, multiply_turned};
use crate::error::Result;
use crate::model::cpu::threads::Threads;
use crate::model::tensor::{DType, Tensor, count};

/// How long the sides of a product are: rows, depth, columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides {
    pub(super) rows: usize,
    pub(super) depth: usize,
    pub(super) columns: usize,
}

/// A number of which matrices are made.
pub(super) trait Multiply: Scalar {
    /// Products of matrices that lie row by row from these places on in `a` and `b`, one after the other into `out`.
    fn multiply(
        places: &[(usize, usize)],
        sides: Sides,
        a: &[Self],
        b: &[Self],
        out: &mut [Self],
        threads: &Threads,
    ) {
        let work = out.len().saturating_mul(sides.depth);
        let each = sides.rows * sides.columns;
        if each == 0 {
            return;
        }
        threads.unless_few(work).chunks(out, sides.columns, |line, out| {
            out.fill(Self::default());
            let ((a_at, b_at), row) = (places[line / sides.rows], line % sides.rows);
            for k in 0..sides.depth {
                let a = a[a_at + row * sides.depth + k];
                let b = &b[b_at + k * sides.columns..][..sides.columns];
                out.iter_mut().zip(b).for_each(|(o, b)| *o = o.plus(a.times(*b)));
            }
        });
    }
}

impl Multiply for f64 {}
impl Multiply for i32 {}
impl Multiply for i64 {}
impl Multiply for u32 {}
impl Multiply for u64 {}

impl Multiply for f32 {
    fn multiply(
        places: &[(usize, usize)],
        sides: Sides,
        a: &[f32],
        b: &[f32],
        out: &mut [f32],
        threads: &Threads,
    ) {
        let Sides { rows, depth, columns } = sides;
        let each = rows * columns;
        if each == 0 {
            return;
        }
        let panels = threads.map(places.len(), |at| {
            let from = places[at].0;
            Panels::pack(&a[from..from + rows * depth], rows, depth, (depth, 1))
        });
        let jobs =
            panels.iter().zip(places).zip(out.chunks_exact_mut(each)).map(|((panels, (_, b_at)), out)| {
                let source = Matrix { data: &b[*b_at..*b_at + depth * columns], steps: (columns, 1) };
                Job { panels, source, finish: Finish::NONE, out, columns }
            });
        multiply(jobs.collect(), threads);
    }
}

/// A right side that stays, packed: a matrix of (depth, columns), or turned.
pub(super) struct Right(Columns);

impl Right {
    /// Packs a matrix; none if it is no matrix of 32-bit floats.
    pub(super) fn pack(matrix: &Tensor, turned: bool) -> Option<Right> {
        let (&[rows, columns], data) = (matrix.shape(), matrix.elements::<f32>()?) else { return None };
        let (depth, across, steps) =
            if turned { (columns, rows, (1, columns)) } else { (rows, columns, (columns, 1)) };
        Some(Right(Columns::pack(&Matrix { data, steps }, across, depth)))
    }

    /// The product of panels with it, if it is of these sides.
    fn multiply(
        &self,
        a: &Panels,
        sides: Sides,
        finish: Finish<'_>,
        out: &mut [f32],
        threads: &Threads,
    ) -> bool {
        let fits =
            self.0.depth() == sides.depth && self.0.columns() == sides.columns && a.rows() == sides.rows;
        if fits && sides.rows == 1 {
            multiply_turned(a, &self.0, finish, out, threads);
        } else if fits {
            multiply(vec![Job { panels: a, source: &self.0, finish, out, columns: sides.columns }], threads);
        }
        fits
    }
}

/// ONNX's `MatMul`: as numpy's, with the leading axes broadcast.
///
/// # Errors
/// `Usage` for shapes that cannot be multiplied, `Type` for elements of different or unknown types.
pub(super) fn compute(given: &Given<'_>, kept: Option<&Right>, threads: &Threads) -> Result<Tensor> {
    let (a, b) = (given.need(0, "A")?, given.need(1, "B")?);
    match a.dtype() {
        DType::F32 => floats(given, (a, b), kept, threads),
        DType::F64 => typed::<f64>(given, a, b, threads),
        DType::I32 => typed::<i32>(given, a, b, threads),
        DType::I64 => typed::<i64>(given, a, b, threads),
        DType::U32 => typed::<u32>(given, a, b, threads),
        DType::U64 => typed::<u64>(given, a, b, threads),
        dtype @ (DType::F16 | DType::BF16) => narrow::one(given, dtype, |wide| compute(wide, None, threads)),
        other => Err(given.no_type(other)),
    }
}

fn floats(
    given: &Given<'_>,
    (a, b): (&Tensor, &Tensor),
    kept: Option<&Right>,
    threads: &Threads,
) -> Result<Tensor> {
    let Batches { sides, places, shape } = Batches::of(given, a.shape(), b.shape())?;
    let (a, b) = (given.elements::<f32>(a, "A")?, given.elements::<f32>(b, "B")?);
    let mut out = given.floats(&shape)?;
    if let (Some(kept), [_]) = (kept, &places[..]) {
        let panels = Panels::pack(a, sides.rows, sides.depth, (sides.depth, 1));
        if kept.multiply(&panels, sides, Finish::NONE, &mut out, threads) {
            return Tensor::new(&shape, out);
        }
    }
    f32::multiply(&places, sides, a, b, &mut out, threads);
    Tensor::new(&shape, out)
}

fn typed<T: Multiply>(given: &Given<'_>, a: &Tensor, b: &Tensor, threads: &Threads) -> Result<Tensor> {
    let batches = Batches::of(given, a.shape(), b.shape())?;
    let (a, b) = (given.elements::<T>(a, "A")?, given.elements::<T>(b, "B")?);
    let mut out = given.zeros::<T>(&batches.shape)?;
    T::multiply(&batches.places, batches.sides, a, b, &mut out, threads);
    Tensor::new(&batches.shape, out)
}

/// Which matrices of two tensors are multiplied.
pub(super) struct Batches {
    pub(super) sides: Sides,
    /// Where the two matrices of each product begin.
    pub(super) places: Vec<(usize, usize)>,
    /// The shape of the result.
    pub(super) shape: Vec<usize>,
}

impl Batches {
    /// Those of numpy's rule for these shapes.
    pub(super) fn of(given: &Given<'_>, a: &[usize], b: &[usize]) -> Result<Batches> {
        let fails = || given.usage(format!("matrices of the shapes {a:?} and {b:?} cannot be multiplied"));
        let (outer_a, rows, depth) = match *a {
            [] => return Err(fails()),
            [depth] => (&a[..0], 1, depth),
            [ref outer @ .., rows, depth] => (outer, rows, depth),
        };
        let (outer_b, deep, columns) = match *b {
            [] => return Err(fails()),
            [depth] => (&b[..0], depth, 1),
            [ref outer @ .., depth, columns] => (outer, depth, columns),
        };
        if depth != deep {
            return Err(fails());
        }
        let outer = broadcast(outer_a, outer_b).ok_or_else(fails)?;
        let mut sides = Sides { rows, depth, columns };
        let mut shape = outer.clone();
        shape.extend((a.len() > 1).then_some(rows));
        shape.extend((b.len() > 1).then_some(columns));
        given.check_size(&shape)?;
        let mut places = match count(&outer) {
            Some(0) | None => Vec::new(),
            Some(number) => {
                let (a_at, b_at) =
                    (starts(&outer, outer_a, rows * depth), starts(&outer, outer_b, depth * columns));
                (0..number).map(|at| (a_at(at), b_at(at))).collect()
            }
        };
        // One right side for all: the rows of all left sides are those of one matrix.
        if places.len() > 1 && outer_b.iter().all(|n| *n == 1) && outer == outer_a {
            sides.rows *= places.len();
            places.truncate(1);
        }
        Ok(Batches { sides, places, shape })
    }
}

/// Two shapes as one, by numpy's rule; none if they differ.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let at =
        |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis]);
    (0..rank)
        .map(|axis| match (at(a, axis), at(b, axis)) {
            (a, b) if a == b => Some(a),
            (1, n) | (n, 1) => Some(n),
            _ => None,
        })
        .collect()
}

/// Where a matrix of `each` elements begins, by its number in the broadcast shape.
fn starts(outer: &[usize], own: &[usize], each: usize) -> impl Fn(usize) -> usize {
    let mut steps = Vec::new();
    let mut step = each;
    for (axis, n) in outer.iter().enumerate().rev() {
        let own = (axis + own.len()).checked_sub(outer.len()).map_or(1, |axis| own[axis]);
        steps.push((*n, if own == 1 { 0 } else { step }));
        step *= own;
    }
    move |mut number| {
        let mut at = 0;
        for (n, step) in &steps {
            at += number % n * step;
            number /= n;
        }
        at
    }
}

/// What ONNX's `Gemm` is told.
#[derive(Clone, Copy)]
pub(super) struct Gemm {
    pub(super) alpha: f32,
    pub(super) beta: f32,
    pub(super) trans_a: bool,
    pub(super) trans_b: bool,
}

/// ONNX's `Gemm`: `alpha * A' * B' + beta * C`, with `C` broadcast to the result.
///
/// # Errors
/// As [`compute`].
pub(super) fn gemm(gemm: Gemm, given: &Given<'_>, kept: Option<&Right>, threads: &Threads) -> Result<Tensor> {
    let a = given.need(0, "A")?;
    match a.dtype() {
        DType::F32 => gemm_floats(gemm, given, kept, threads),
        DType::F64 => gemm_plain::<f64>(gemm, given, |factor, x| f64::from(factor) * x, threads),
        DType::I32 => {
            gemm_plain::<i32>(gemm, given, |factor, x| (f64::from(factor) * f64::from(x)) as i32, threads)
        }
        DType::U32 => {
            gemm_plain::<u32>(gemm, given, |factor, x| (f64::from(factor) * f64::from(x)) as u32, threads)
        }
        DType::I64 => {
            gemm_plain::<i64>(gemm, given, |factor, x| whole(factor, x, |f| (f * x as f64) as i64), threads)
        }
        DType::U64 => {
            gemm_plain::<u64>(gemm, given, |factor, x| whole(factor, x, |f| (f * x as f64) as u64), threads)
        }
        dtype @ (DType::F16 | DType::BF16) => {
            narrow::one(given, dtype, |wide| self::gemm(gemm, wide, None, threads))
        }
        other => Err(given.no_type(other)),
    }
}

/// A whole number times one is itself, even where a double could not hold it.
fn whole<T>(factor: f32, x: T, other: impl Fn(f64) -> T) -> T {
    if factor == 1.0 { x } else { other(f64::from(factor)) }
}

fn sides(gemm: Gemm, given: &Given<'_>) -> Result<Sides> {
    let (a, b) = (given.need(0, "A")?.shape(), given.need(1, "B")?.shape());
    let turned = |shape: &[usize], turn: bool| match *shape {
        [rows, columns] if turn => Some((columns, rows)),
        [rows, columns] => Some((rows, columns)),
        _ => None,
    };
    match (turned(a, gemm.trans_a), turned(b, gemm.trans_b)) {
        (Some((rows, depth)), Some((deep, columns))) if depth == deep => {
            given.check_size(&[rows, columns])?;
            Ok(Sides { rows, depth, columns })
        }
        _ => Err(given.usage(format!("matrices of the shapes {a:?} and {b:?} cannot be multiplied"))),
    }
}

/// The element of `C` for each of the result's; none if there is no `C`.
fn added<T: Scalar>(given: &Given<'_>, sides: Sides) -> Result<Option<impl Fn(usize, usize) -> T>> {
    let Some(c) = given.option(2) else { return Ok(None) };
    let (rows, columns) = match *c.shape() {
        [] => (1, 1),
        [columns] => (1, columns),
        [rows, columns] => (rows, columns),
        _ => (0, 0),
    };
    if (rows != 1 && rows != sides.rows) || (columns != 1 && columns != sides.columns) {
        let what = format!("'C' of the shape {:?} is not that of a result of {sides:?}", c.shape());
        return Err(given.usage(what));
    }
    let c = given.elements::<T>(c, "C")?;
    let (down, across) = (if rows == 1 { 0 } else { columns }, usize::from(columns != 1));
    Ok(Some(move |row: usize, column: usize| c[row * down + column * across]))
}

fn gemm_floats(gemm: Gemm, given: &Given<'_>, kept: Option<&Right>, threads: &Threads) -> Result<Tensor> {
    let sides = sides(gemm, given)?;
    let Sides { rows, depth, columns } = sides;
    let a = given.elements::<f32>(given.need(0, "A")?, "A")?;
    let b = given.elements::<f32>(given.need(1, "B")?, "B")?;
    let added = added::<f32>(given, sides)?.filter(|_| gemm.beta != 0.0);
    let add = |out: &mut [f32]| {
        let Some(added) = &added else { return };
        for (row, out) in out.chunks_exact_mut(columns.max(1)).enumerate() {
            out.iter_mut().enumerate().for_each(|(column, o)| *o += gemm.beta * added(row, column));
        }
    };
    let mut out = given.floats(&[rows, columns])?;
    let panels = Panels::pack(a, rows, depth, if gemm.trans_a { (1, rows) } else { (depth, 1) });
    let done = kept.is_some_and(|kept| kept.multiply(&panels, sides, Finish::NONE, &mut out, threads));
    if !done {
        let source = Matrix { data: b, steps: if gemm.trans_b { (1, depth) } else { (columns, 1) } };
        let job = Job { panels: &panels, source, finish: Finish::NONE, out: &mut out, columns };
        multiply(vec![job], threads);
    }
    if gemm.alpha != 1.0 {
        out.iter_mut().for_each(|o| *o *= gemm.alpha);
    }
    add(&mut out);
    Tensor::new(&[rows, columns], out)
}

fn gemm_plain<T: Multiply>(
    gemm: Gemm,
    given: &Given<'_>,
    scale: impl Fn(f32, T) -> T,
    threads: &Threads,
) -> Result<Tensor> {
    let sides = sides(gemm, given)?;
    let a = given.elements::<T>(given.need(0, "A")?, "A")?;
    let b = given.elements::<T>(given.need(1, "B")?, "B")?;
    let added = added::<T>(given, sides)?;
    let turn = |from: &[T], rows: usize, columns: usize| -> Vec<T> {
        (0..rows * columns).map(|at| from[at % columns * rows + at / columns]).collect()
    };
    let a = if gemm.trans_a { turn(a, sides.rows, sides.depth) } else { a.to_vec() };
    let b = if gemm.trans_b { turn(b, sides.depth, sides.columns) } else { b.to_vec() };
    let mut out = given.zeros::<T>(&[sides.rows, sides.columns])?;
    T::multiply(&[(0, 0)], sides, &a, &b, &mut out, threads);
    for (row, out) in out.chunks_exact_mut(sides.columns.max(1)).enumerate() {
        for (column, o) in out.iter_mut().enumerate() {
            let c = added.as_ref().map_or(T::default(), |added| scale(gemm.beta, added(row, column)));
            *o = scale(gemm.alpha, *o).plus(c);
        }
    }
    Tensor::new(&[sides.rows, sides.columns], out)
}
