//! Element by element: one operand, two, or three, broadcast, on as many threads as the work is worth.
//!
//! The invariant: each element of the result depends on one element of each operand, so how the work is shared out
//! changes nothing. The loops are plain, so that the compiler can make wide ones of them.

use super::axes::broadcast;
use super::inputs::room;
use super::strides::{Walk, repeated};
use super::threads::Threads;
use crate::error::Result;
use crate::model::tensor::{Element, Tensor};

/// Elements that a thread is given at a time.
pub(super) const PIECE: usize = 1 << 14;

/// [`Threads::chunks`], compiled once an element type and not once a function: it is the larger part of the code.
pub(super) fn pieces<T: Element>(
    threads: &Threads,
    made: &mut [T],
    length: usize,
    work: &(dyn Fn(usize, &mut [T]) + Sync),
) {
    threads.chunks(made, length, work);
}

/// What `f` makes of each element.
pub(super) fn map<A: Element, B: Element>(
    from: &[A],
    threads: &Threads,
    f: impl Fn(A) -> B + Sync,
) -> Vec<B> {
    let mut made = vec![B::default(); from.len()];
    pieces(&threads.unless_few(from.len()), &mut made, PIECE, &|number, run| {
        for (to, from) in run.iter_mut().zip(&from[number * PIECE..]) {
            *to = f(*from);
        }
    });
    made
}

/// Two operands in the shape that they have together.
pub(super) struct Pair {
    shape: Vec<usize>,
    walk: Walk<2>,
}

impl Pair {
    /// Matched from the last axis, as ONNX broadcasts.
    pub(super) fn new(a: &[usize], b: &[usize]) -> Result<Pair> {
        let shape = broadcast(a, b)?;
        let walk = Walk::new(&shape, [&repeated(a, &shape)?, &repeated(b, &shape)?]);
        Ok(Pair { shape, walk })
    }

    /// The shape of the result.
    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// What `f` makes of the pairs.
    pub(super) fn map<A: Element, B: Element, C: Element>(
        &self,
        a: &[A],
        b: &[B],
        threads: &Threads,
        f: impl Fn(A, B) -> C + Sync,
    ) -> Result<Tensor> {
        let [sa, sb] = self.walk.step();
        self.rows(threads, &|to: &mut [C], pa, pb| match (sa, sb) {
            (1, 1) => {
                for ((to, a), b) in to.iter_mut().zip(&a[pa..]).zip(&b[pb..]) {
                    *to = f(*a, *b);
                }
            }
            (1, 0) => {
                let b = b[pb];
                for (to, a) in to.iter_mut().zip(&a[pa..]) {
                    *to = f(*a, b);
                }
            }
            (0, 1) => {
                let a = a[pa];
                for (to, b) in to.iter_mut().zip(&b[pb..]) {
                    *to = f(a, *b);
                }
            }
            _ => {
                let (sa, sb) = (sa.unsigned_abs(), sb.unsigned_abs());
                for (i, to) in to.iter_mut().enumerate() {
                    *to = f(a[pa + i * sa], b[pb + i * sb]);
                }
            }
        })
    }

    /// Calls `along` for stretches of the result, each within a row, with the places of both operands at their begin.
    fn rows<C: Element>(
        &self,
        threads: &Threads,
        along: &(dyn Fn(&mut [C], usize, usize) + Sync),
    ) -> Result<Tensor> {
        let total = room(&self.shape, C::DTYPE.size())?;
        let mut made = vec![C::default(); total];
        let (row, [sa, sb]) = (self.walk.row(), self.walk.step());
        let threads = threads.unless_few(total);
        if total > 0 && self.walk.rows() == 1 {
            pieces(&threads, &mut made, PIECE, &|number, run| {
                let at = number * PIECE;
                along(run, at * sa.unsigned_abs(), at * sb.unsigned_abs());
            });
        } else if total > 0 {
            let rows = (PIECE / row).max(1);
            pieces(&threads, &mut made, rows * row, &|number, run| {
                let first = number * rows;
                let mut runs = run.chunks_mut(row);
                self.walk.each(first, first + runs.len(), &mut |[pa, pb]| {
                    if let Some(to) = runs.next() {
                        along(to, pa.unsigned_abs(), pb.unsigned_abs());
                    }
                });
            });
        }
        Tensor::new(&self.shape, made)
    }
}

/// `yes` where the condition holds, else `no`; all three broadcast.
pub(super) fn choose<T: Element>(
    condition: (&[bool], &[usize]),
    yes: (&[T], &[usize]),
    no: (&[T], &[usize]),
) -> Result<Tensor> {
    let shape = broadcast(&broadcast(condition.1, yes.1)?, no.1)?;
    let total = room(&shape, T::DTYPE.size())?;
    let mut made = Vec::with_capacity(total);
    let [c, y, n] = [condition.1, yes.1, no.1].map(|own| repeated(own, &shape));
    let walk = Walk::new(&shape, [&c?, &y?, &n?]);
    let (row, step) = (walk.row(), walk.step());
    if total > 0 {
        walk.all(&mut |place| {
            let [c, y, n] = place.map(|at| at as usize);
            if step == [1, 1, 1] {
                let both = yes.0[y..y + row].iter().zip(&no.0[n..n + row]);
                let all = condition.0[c..c + row].iter().zip(both);
                made.extend(all.map(|(c, (y, n))| if *c { *y } else { *n }));
            } else {
                let [sc, sy, sn] = step.map(|at| at as usize);
                let one = |i| if condition.0[c + i * sc] { yes.0[y + i * sy] } else { no.0[n + i * sn] };
                made.extend((0..row).map(one));
            }
        });
    }
    Tensor::new(&shape, made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_matched_however_they_repeat() {
        let shapes: [(&[usize], &[usize]); 7] = [
            (&[3, 4], &[3, 4]),
            (&[3, 4], &[]),
            (&[], &[3, 4]),
            (&[3, 4], &[4]),
            (&[3, 1], &[1, 4]),
            (&[2, 1, 3, 1], &[5, 1, 4]),
            (&[0, 3], &[1]),
        ];
        for (a, b) in shapes {
            let pair = Pair::new(a, b).unwrap();
            let numbers = |shape: &[usize]| (0..shape.iter().product::<usize>() as i64).collect::<Vec<_>>();
            let (x, y) = (numbers(a), numbers(b));
            let made = pair.map(&x, &y, &Threads::new(2), |x, y| 100 * x + y).unwrap();
            let (sa, sb) = (repeated(a, pair.shape()).unwrap(), repeated(b, pair.shape()).unwrap());
            for (at, v) in made.elements::<i64>().unwrap().iter().enumerate() {
                let (mut rest, mut pa, mut pb) = (at, 0, 0);
                for axis in (0..pair.shape().len()).rev() {
                    let i = (rest % pair.shape()[axis]) as isize;
                    rest /= pair.shape()[axis];
                    (pa, pb) = (pa + i * sa[axis], pb + i * sb[axis]);
                }
                assert_eq!(*v, 100 * x[pa as usize] + y[pb as usize], "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn many_rows_are_shared_out_and_come_back_in_place() {
        let (rows, row) = (300, 333);
        let a: Vec<i32> = (0..rows * row).collect();
        let b: Vec<i32> = (0..row).collect();
        let pair = Pair::new(&[rows as usize, row as usize], &[row as usize]).unwrap();
        let made = pair.map(&a, &b, &Threads::new(3), |x, y| x - y).unwrap();
        for (at, v) in made.elements::<i32>().unwrap().iter().enumerate() {
            assert_eq!(*v, at as i32 / row * row);
        }
    }

    #[test]
    fn a_choice_repeats_all_three() {
        let made = choose((&[true, false], &[2, 1]), (&[1, 2, 3], &[3]), (&[9], &[])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 3], vec![1, 2, 3, 9, 9, 9]).unwrap());
    }
}
