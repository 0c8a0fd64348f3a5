//! Products of matrices and their general form, sums over named axes.
//!
//! The invariant: factors are laid out for the product's tiles first, which for constants happens once.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::super::walk::{Walk, broadcast, dense};
use super::halves::Stored;
use super::map::Class;
use super::product::{Bias, Factor, Product, laid, product, rows};
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::Op;
use crate::model::tensor::{DType, Tensor};

fn int(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let (a, b, made) = (call.input(0)?, call.input(1)?, call.made()?);
    if a.dtype != DType::F32 || b.dtype != DType::F32 {
        return Err(call.refused(a.dtype.name()));
    }
    let output = rec.output(&made.shape, DType::F32)?;
    match call.op {
        Op::Gemm { alpha, beta, trans_a, trans_b } => {
            gemm(rec, call, (*alpha, *beta), (*trans_a, *trans_b), &output)?
        }
        Op::MatMul => matmul(rec, a, b, &output)?,
        _ => return Err(call.refused("it is no product")),
    }
    Ok(output)
}

fn gemm(
    rec: &mut Recorder,
    call: &Call<'_>,
    (alpha, beta): (f32, f32),
    (trans_a, trans_b): (bool, bool),
    output: &View,
) -> Result<()> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    given::rank(a, 2)?;
    given::rank(b, 2)?;
    let (m, k) = if trans_a { (a.shape[1], a.shape[0]) } else { (a.shape[0], a.shape[1]) };
    let (again, n) = if trans_b { (b.shape[1], b.shape[0]) } else { (b.shape[0], b.shape[1]) };
    given::same("the sums of Gemm", &[again], &[k])?;
    given::same("the output of Gemm", &output.shape, &[m, n])?;
    let bias = match call.option(2) {
        Some(c) => {
            let strides = broadcast(&c.shape, &[m, n])?;
            let step = |n: i64| usize::try_from(n).unwrap_or(0);
            Some(Bias {
                slot: c.slot,
                along_m: step(strides[0]),
                along_n: step(strides[1]),
                along_batch: 0,
                beta,
                factor: false,
            })
        }
        None => None,
    };
    if output.len() == 0 {
        return Ok(());
    }
    // Rows of k, whatever the matrices are now.
    let strides_a = if trans_a { [0, int(m), 1] } else { [0, 1, int(k)] };
    if let Some(parts) = parts(rec, b, [k, n], trans_b)? {
        return in_parts(rec, a, strides_a, [m, n, k], &parts, (alpha, bias), output);
    }
    let strides_b = if trans_b { [0, 1, int(k)] } else { [0, int(n), 1] };
    let a = rows(rec, a, 0, [1, k, m], strides_a)?;
    let b = rows(rec, b, 0, [1, k, n], strides_b)?;
    let of = Product { m, n, k, batches: 1, a, b, alpha, bias, residual: None, activation: None };
    product(rec, &of, output)
}

/// A part of a factor: where it begins among the sums' terms, how many there are, and its elements.
type Part = (usize, usize, Factor);

/// A constant factor that is too large to be bound, as parts along the sums' axis, each laid out for itself; none if it
/// can be bound as it is. `transposed`: its rows are columns of the product.
fn parts(rec: &mut Recorder, b: &View, [k, n]: [usize; 2], transposed: bool) -> Result<Option<Vec<Part>>> {
    let row = n.next_multiple_of(4);
    let Some(all) = b.host.as_ref().and_then(|tensor| tensor.elements::<f32>()) else { return Ok(None) };
    if rec.fits(k.saturating_mul(row)) {
        return Ok(None);
    }
    let each = rec.most() / row.max(1);
    if each == 0 {
        return Ok(None);
    }
    // Parts of about one size: the last one is not a remainder of a few terms.
    let each = k.div_ceil(k.div_ceil(each));
    let mut made = Vec::new();
    for first in (0..k).step_by(each) {
        let terms = each.min(k - first);
        let (elements, shape, strides) = if transposed {
            let lines = all.chunks(k).flat_map(|line| line.iter().skip(first).take(terms));
            (lines.copied().collect::<Vec<f32>>(), [n, terms], [0, 1, int(terms)])
        } else {
            let lines = all.iter().skip(first * n).take(terms * n);
            (lines.copied().collect(), [terms, n], [0, int(n), 1])
        };
        let part = rec.constant(&Tensor::new(&shape, elements)?)?;
        made.push((first, terms, rows(rec, &part, 0, [1, terms, n], strides)?));
    }
    Ok(Some(made))
}

/// A product whose second factor is in parts: each adds to what those before it made.
fn in_parts(
    rec: &mut Recorder,
    a: &View,
    strides: [i64; 3],
    [m, n, k]: [usize; 3],
    parts: &[Part],
    (alpha, bias): (f32, Option<Bias>),
    output: &View,
) -> Result<()> {
    let mut sum = None;
    for (first, terms, b) in parts {
        let last = first + terms == k;
        let a = rows(rec, a, int(*first) * strides[1], [1, *terms, m], strides)?;
        let to = if last { output.clone() } else { rec.output(&[m, n], DType::F32)? };
        let (bias, k) = (bias.filter(|_| last), *terms);
        let of = Product { m, n, k, batches: 1, a, b: *b, alpha, bias, residual: sum, activation: None };
        product(rec, &of, &to)?;
        sum = Some(to.slot);
    }
    Ok(())
}

fn matmul(rec: &mut Recorder, a: &View, b: &View, output: &View) -> Result<()> {
    let fail = || Error::new(ErrorKind::Length, format!("{:?} by {:?} is no product", a.shape, b.shape));
    // A row or a column without its second axis.
    let (mut left, mut right) = (a.shape.clone(), b.shape.clone());
    if left.len() == 1 {
        left.insert(0, 1);
    }
    if right.len() == 1 {
        right.push(1);
    }
    if left.len() < 2 || right.len() < 2 {
        return Err(fail());
    }
    let (m, k) = (left[left.len() - 2], left[left.len() - 1]);
    let (again, n) = (right[right.len() - 2], right[right.len() - 1]);
    let (left, right) = (&left[..left.len() - 2], &right[..right.len() - 2]);
    let batch_rank = left.len().max(right.len());
    let mut batch = vec![1; batch_rank];
    for shape in [left, right] {
        for (extent, n) in batch[batch_rank - shape.len()..].iter_mut().zip(shape) {
            *extent = if *extent == 1 { *n } else { *extent };
        }
    }
    let batches: usize = batch.iter().product();
    if again != k || batches * m * n != output.len() {
        return Err(fail());
    }
    if output.len() == 0 {
        return Ok(());
    }
    if right.iter().all(|n| *n == 1)
        && let Some(parts) = parts(rec, b, [k, n], false)?
    {
        let m = batches * m;
        return in_parts(rec, a, [0, 1, int(k)], [m, n, k], &parts, (1.0, None), output);
    }
    let a = factor(rec, a, left, &batch, [k, m], [1, int(k)])?;
    let b = factor(rec, b, right, &batch, [k, n], [int(n), 1])?;
    let of = Product { m, n, k, batches, a, b, alpha: 1.0, bias: None, residual: None, activation: None };
    product(rec, &of, output)
}

/// A factor in rows: its own batches if they simply repeat, else all.
fn factor(
    rec: &mut Recorder,
    view: &View,
    own: &[usize],
    batch: &[usize],
    extents: [usize; 2],
    strides: [i64; 2],
) -> Result<Factor> {
    let [k, width] = extents;
    let matrix = int(k * width);
    let steps: Vec<i64> = broadcast(own, batch)?.iter().map(|step| step * matrix).collect();
    let single = own.iter().all(|n| *n == 1);
    let shown: Vec<usize> = if single { Vec::new() } else { batch.to_vec() };
    let steps = if single { Vec::new() } else { steps };
    if strides[1] == 1 && width % 4 == 0 && (single || own == batch) {
        // Laid out as needed already.
        let batches = shown.iter().product::<usize>().max(1);
        let Stored { slot, form } = Stored::of(rec, view)?;
        return Ok(Factor { slot, row: width, batch: k * width, batches, form });
    }
    let row = width.next_multiple_of(4);
    let mut shape = shown.clone();
    shape.extend([k, row]);
    let mut extents = shown;
    extents.extend([k, width]);
    let mut from = steps;
    from.extend(strides);
    laid(rec, view, Walk::over(&extents).track(0, from), &shape)
}

/// A sum of products over named axes: every input's axes by letters, then the output's.
pub(super) fn einsum(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let Op::Einsum { equation } = call.op else { return Err(call.refused("it is no sum")) };
    let (inputs, made) = (call.all()?, call.made()?);
    let wrong = |why: &str| Error::new(ErrorKind::Usage, format!("the equation '{equation}': {why}"));
    if inputs.is_empty() || inputs.len() > 6 || inputs.iter().any(|view| view.dtype != made.dtype) {
        return Err(wrong("one to six inputs of one type are taken"));
    }
    let text: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match text.split_once("->") {
        Some((left, right)) => (left.to_owned(), Some(right.to_owned())),
        None => (text.clone(), None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != inputs.len() {
        return Err(wrong("as many terms as inputs are needed"));
    }
    // An ellipsis stands for axes numbered from the last.
    let mut names: Vec<Vec<String>> = Vec::new();
    let mut spread = 0;
    for (term, input) in terms.iter().zip(&inputs) {
        let letters = term.replace("...", "").chars().count();
        let hidden = input.shape.len().checked_sub(letters).ok_or_else(|| wrong("more letters than axes"))?;
        if hidden > 0 && !term.contains("...") {
            return Err(wrong("fewer letters than axes"));
        }
        spread = spread.max(hidden);
        names.push(axes_of(term, hidden));
    }
    let result = match right {
        Some(right) => axes_of(&right, spread),
        None => {
            let mut single: Vec<String> = (0..spread).rev().map(|n| format!(".{n}")).collect();
            let mut letters: Vec<char> = left.chars().filter(char::is_ascii_alphabetic).collect();
            letters.sort_unstable();
            let once = letters.iter().filter(|c| letters.iter().filter(|d| d == c).count() == 1);
            single.extend(once.map(char::to_string));
            single
        }
    };
    let mut summed: Vec<String> = Vec::new();
    for name in names.iter().flatten() {
        if !result.contains(name) && !summed.contains(name) {
            summed.push(name.clone());
        }
    }
    let extent = |name: &String| -> Result<usize> {
        let mut extent = 1;
        for (names, view) in names.iter().zip(&inputs) {
            for (own, n) in names.iter().zip(&view.shape) {
                if own == name && *n != 1 && extent != 1 && *n != extent {
                    return Err(wrong(&format!("axis {name} has two lengths")));
                }
                if own == name && *n != 1 {
                    extent = *n;
                }
            }
        }
        Ok(extent)
    };
    let outer: Vec<usize> = result.iter().map(extent).collect::<Result<_>>()?;
    let inner: Vec<usize> = summed.iter().map(extent).collect::<Result<_>>()?;
    given::same("the output of Einsum", &made.shape, &outer)?;
    let output = rec.output(&made.shape, made.dtype)?;
    let (mut kept, mut sums) = (Walk::over(&outer), Walk::over(&inner));
    for (names, view) in names.iter().zip(&inputs) {
        let strides = dense(&view.shape);
        let stride = |name: &String| -> i64 {
            let axes = names.iter().zip(&view.shape).zip(&strides);
            axes.filter(|((own, n), _)| *own == name && **n != 1).map(|(_, stride)| *stride).sum()
        };
        kept = kept.track(0, result.iter().map(stride).collect());
        sums = sums.track(0, summed.iter().map(stride).collect());
    }
    let (kept, sums) = (kept.joined(), sums.joined());
    let element = Class::of(made.dtype)?.wgsl();
    let mut bound = vec![write("y", element, output.slot)];
    let mut inside = String::from("var left = j;\n");
    let mut factors = Vec::new();
    let parts = ["x", "y", "z", "w"];
    for (number, view) in inputs.iter().enumerate() {
        bound.push(read(format!("x{number}"), element, view.slot));
        inside.push_str(&format!("var in{number} = at{};\n", number + 1));
        factors.push(format!("x{number}[in{number}]"));
    }
    let first = kept.extents.len();
    for axis in (0..sums.extents.len()).rev() {
        let vector = 2 * (first + axis);
        inside.push_str(&format!("{{ let c = left % p.axes[{vector}].x; left /= p.axes[{vector}].x;\n"));
        for number in 0..inputs.len() {
            let (vector, part) = (vector + (number + 2) / 4, parts[(number + 2) % 4]);
            inside.push_str(&format!("in{number} += c * p.axes[{vector}].{part};\n"));
        }
        inside.push_str("}\n");
    }
    let (offsets, mut axes) = kept.parameters()?;
    axes.extend(sums.parameters()?.1);
    let mut parameters = vec![word(output.len())?, word(sums.len())?, 0, 0];
    parameters.extend(offsets);
    parameters.extend([0; 4]);
    parameters.extend(axes);
    let places = vec![
        ("AXES", (first + sums.extents.len()).to_string()),
        ("WALK", kept.text()),
        ("INNER", inside),
        ("ELEMENT", element.to_owned()),
        ("PRODUCT", factors.join(" * ")),
    ];
    rec.row(File::Einsum, places, bound, parameters, output.len())?;
    Ok(output)
}

fn axes_of(term: &str, hidden: usize) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = term;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("...") {
            names.extend((0..hidden).rev().map(|n| format!(".{n}")));
            rest = after;
        } else {
            names.push(c.to_string());
            rest = &rest[c.len_utf8()..];
        }
    }
    names
}
