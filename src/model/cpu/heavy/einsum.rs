//! ONNX's `Einsum`: the equation is read, and operands are contracted two at a time as products of matrices.
//!
//! The invariant: every letter has one length (or 1, for what the dots stand for). Letters that no later operand and
//! not the result has are summed as soon as they can be.

#![allow(clippy::indexing_slicing, reason = "ranks and lengths are checked when operands are read")]

use std::collections::BTreeMap;

use super::given::Given;
use super::matmul::{Multiply, Sides};
use super::narrow;
use crate::error::Result;
use crate::model::cpu::threads::Threads;
use crate::model::tensor::{DType, Tensor};

/// A letter, or (from 256 on) an axis that dots stand for, counted from the last.
type Letter = u16;

/// Any number of operands.
///
/// # Errors
/// `Usage` for an equation that cannot be read or does not fit its operands, `Type` for elements that cannot be
/// multiplied.
pub(super) fn compute(equation: &str, given: &Given<'_>, threads: &Threads) -> Result<Tensor> {
    match given.need(0, "Inputs")?.dtype() {
        DType::F32 => typed::<f32>(equation, given, threads),
        DType::F64 => typed::<f64>(equation, given, threads),
        DType::I32 => typed::<i32>(equation, given, threads),
        DType::I64 => typed::<i64>(equation, given, threads),
        DType::U32 => typed::<u32>(equation, given, threads),
        DType::U64 => typed::<u64>(equation, given, threads),
        dtype @ (DType::F16 | DType::BF16) => {
            narrow::one(given, dtype, |wide| compute(equation, wide, threads))
        }
        other => Err(given.no_type(other)),
    }
}

/// The letters of one operand of `rank` axes; of the result if the rank is not known.
fn letters(given: &Given<'_>, term: &str, rank: Option<usize>, dots: usize) -> Result<Vec<Letter>> {
    let fails = || given.usage(format!("'{term}' does not name the axes of an operand of {rank:?} axes"));
    let (before, after) =
        term.split_once("...").map_or((term, None), |(before, after)| (before, Some(after)));
    let read = |part: &str| -> Result<Vec<Letter>> {
        let known = part.bytes().all(|letter| letter.is_ascii_alphabetic());
        if known { Ok(part.bytes().map(Letter::from).collect()) } else { Err(fails()) }
    };
    let mut all = read(before)?;
    if let Some(after) = after {
        let after = read(after)?;
        let named = all.len() + after.len();
        let more = rank.map_or(Some(dots), |rank| rank.checked_sub(named)).ok_or_else(fails)?;
        all.extend((0..more).rev().map(|at| 256 + Letter::try_from(at).unwrap_or(0)));
        all.extend(after);
    }
    if rank.is_some_and(|rank| rank != all.len()) { Err(fails()) } else { Ok(all) }
}

/// An operand on its way: its letters, all different, and its elements, last letter fastest.
struct Operand<T> {
    letters: Vec<Letter>,
    data: Vec<T>,
}

fn typed<T: Multiply>(equation: &str, given: &Given<'_>, threads: &Threads) -> Result<Tensor> {
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = equation.split_once("->").map_or((equation.as_str(), None), |(l, r)| (l, Some(r)));
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != given.all().len() {
        let what =
            format!("'{equation}' is for {} operands, and there are {}", terms.len(), given.all().len());
        return Err(given.usage(what));
    }
    let mut lengths: BTreeMap<Letter, usize> = BTreeMap::new();
    let mut read = Vec::new();
    let (mut dots, mut times) = (0, BTreeMap::<Letter, usize>::new());
    for (number, term) in terms.iter().enumerate() {
        let tensor = given.need(number, "Inputs")?;
        let names = letters(given, term, Some(tensor.rank()), 0)?;
        dots = dots.max(names.iter().filter(|letter| **letter >= 256).count());
        for (letter, n) in names.iter().zip(tensor.shape()) {
            *times.entry(*letter).or_default() += 1;
            let length = lengths.entry(*letter).or_insert(*n);
            if *length == 1 {
                *length = *n;
            }
            if *n != *length && *n != 1 {
                let what = format!("'{equation}': one letter is {length} and {n} elements long");
                return Err(given.usage(what));
            }
        }
        read.push((names, tensor));
    }
    let result = match right {
        Some(term) => letters(given, term, None, dots)?,
        // Without an arrow: the dots, then the letters that come once, in alphabetical order.
        None => {
            let mut all: Vec<Letter> =
                (0..dots).rev().map(|at| 256 + Letter::try_from(at).unwrap_or(0)).collect();
            all.extend(
                times.iter().filter(|(letter, n)| **letter < 256 && **n == 1).map(|(letter, _)| *letter),
            );
            all
        }
    };
    let twice = result.iter().enumerate().any(|(at, letter)| result[..at].contains(letter));
    if twice || result.iter().any(|letter| !lengths.contains_key(letter)) {
        return Err(
            given.usage(format!("'{equation}': the result names an axis twice, or one that there is not"))
        );
    }
    let shape: Vec<usize> = result.iter().map(|letter| lengths[letter]).collect();
    given.check_size(&shape)?;
    let mut operands = Vec::new();
    for (names, tensor) in read {
        operands.push(Operand::read(&names, tensor.shape(), given.elements::<T>(tensor, "Inputs")?));
    }
    let mut rest = operands.into_iter();
    let mut sum = rest.next().ok_or_else(|| given.usage("there is no operand".into()))?;
    while let Some(next) = rest.next() {
        let later: Vec<Letter> = rest.as_slice().iter().flat_map(|operand| operand.letters.clone()).collect();
        let kept = |letter: &Letter| result.contains(letter) || later.contains(letter);
        sum = contract(given, sum, next, &lengths, kept, threads)?;
    }
    let sum = sum.summed(&lengths, |letter| result.contains(letter));
    // An axis of the result that every operand had once, or not at all, is one element repeated.
    Tensor::new(&shape, sum.arranged(&result, &lengths))
}

impl<T: Multiply> Operand<T> {
    /// Reads a tensor; a letter that comes twice takes the diagonal. Axes of one element stay so only if no other
    /// operand has more: those are dropped, and spread when the result is arranged.
    fn read(names: &[Letter], shape: &[usize], data: &[T]) -> Operand<T> {
        let mut steps: Vec<(Letter, usize, usize)> = Vec::new();
        let mut step = 1;
        for (letter, n) in names.iter().zip(shape).rev() {
            let own = if *n == 1 { 0 } else { step };
            match steps.iter_mut().find(|(other, ..)| other == letter) {
                Some((_, length, all)) => {
                    *length = (*length).max(*n);
                    *all += own;
                }
                None => steps.push((*letter, *n, own)),
            }
            step *= n;
        }
        steps.retain(|(_, n, _)| *n != 1);
        steps.reverse();
        let axes: Vec<(usize, usize)> = steps.iter().map(|(_, n, step)| (*n, *step)).collect();
        Operand { letters: steps.iter().map(|(letter, ..)| *letter).collect(), data: walk(&axes, data) }
    }

    /// Without the letters that are not kept, summed over them.
    fn summed(self, lengths: &BTreeMap<Letter, usize>, kept: impl Fn(&Letter) -> bool) -> Operand<T> {
        if self.letters.iter().all(&kept) {
            return self;
        }
        let (stay, go): (Vec<Letter>, Vec<Letter>) = self.letters.iter().partition(|letter| kept(letter));
        let many: usize = go.iter().map(|letter| lengths[letter]).product();
        let order: Vec<Letter> = stay.iter().chain(&go).copied().collect();
        let count: usize = stay.iter().map(|letter| lengths[letter]).product();
        let data = self.arranged(&order, lengths);
        let sum =
            |at: usize| data[at * many..(at + 1) * many].iter().fold(T::default(), |sum, x| sum.plus(*x));
        Operand { letters: stay, data: (0..count).map(sum).collect() }
    }

    /// The elements in this order of letters, repeated along those it has not.
    fn arranged(&self, order: &[Letter], lengths: &BTreeMap<Letter, usize>) -> Vec<T> {
        if order == self.letters {
            return self.data.clone();
        }
        let step = |letter: &Letter| match self.letters.iter().position(|own| own == letter) {
            Some(at) => self.letters[at + 1..].iter().map(|letter| lengths[letter]).product(),
            None => 0,
        };
        let axes: Vec<(usize, usize)> = order.iter().map(|letter| (lengths[letter], step(letter))).collect();
        walk(&axes, &self.data)
    }
}

/// Elements in the order of axes, each with its length and step; the last is the fastest.
fn walk<T: Copy>(axes: &[(usize, usize)], data: &[T]) -> Vec<T> {
    let count: usize = axes.iter().map(|axis| axis.0).product();
    let Some(((n, step), outer)) = axes.split_last() else {
        return data.first().copied().into_iter().collect();
    };
    // A length of 1 repeats along one of 0: there is nothing to repeat.
    if data.is_empty() {
        return Vec::new();
    }
    let mut made = Vec::with_capacity(count);
    let rows: usize = outer.iter().map(|axis| axis.0).product();
    for row in 0..if *n == 0 { 0 } else { rows } {
        let (mut rest, mut from) = (row, 0);
        for (n, step) in outer.iter().rev() {
            from += rest % n * step;
            rest /= n;
        }
        made.extend((0..*n).map(|at| data[from + at * step]));
    }
    made
}

/// Two operands as one, summed over the letters that are not kept.
fn contract<T: Multiply>(
    given: &Given<'_>,
    left: Operand<T>,
    right: Operand<T>,
    lengths: &BTreeMap<Letter, usize>,
    kept: impl Fn(&Letter) -> bool,
    threads: &Threads,
) -> Result<Operand<T>> {
    let both = |letter: &Letter| left.letters.contains(letter) && right.letters.contains(letter);
    let (in_left, in_right) = (left.letters.clone(), right.letters.clone());
    let shared: Vec<Letter> = in_left.iter().copied().filter(|letter| both(letter)).collect();
    // What only one side has and nobody keeps is summed beforehand.
    let left = left.summed(lengths, |letter| kept(letter) || in_right.contains(letter));
    let right = right.summed(lengths, |letter| kept(letter) || in_left.contains(letter));
    let (batch, depth): (Vec<Letter>, Vec<Letter>) = shared.iter().partition(|letter| kept(letter));
    let only = |letters: &[Letter]| -> Vec<Letter> {
        letters.iter().copied().filter(|letter| !shared.contains(letter)).collect()
    };
    let (rows, columns) = (only(&left.letters), only(&right.letters));
    let many = |letters: &[Letter]| letters.iter().map(|letter| lengths[letter]).product::<usize>();
    let sides = Sides { rows: many(&rows), depth: many(&depth), columns: many(&columns) };
    let a = left.arranged(&[&batch[..], &rows, &depth].concat(), lengths);
    let b = right.arranged(&[&batch[..], &depth, &columns].concat(), lengths);
    let letters = [batch.clone(), rows, columns].concat();
    let shape: Vec<usize> = letters.iter().map(|letter| lengths[letter]).collect();
    let mut data = given.zeros::<T>(&shape)?;
    let places: Vec<(usize, usize)> = (0..many(&batch))
        .map(|at| (at * sides.rows * sides.depth, at * sides.depth * sides.columns))
        .collect();
    T::multiply(&places, sides, &a, &b, &mut data, threads);
    Ok(Operand { letters, data })
}
