//! Many elements to one: sums, extremes, means and norms along axes, and what is built of them.
//!
//! The invariant: the order in which elements are joined follows from the shape alone. Long sums are made of 64
//! partial sums, which also keeps rounding small.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::super::walk::{Walk, dense};
use super::map::{Class, broadcast, wrapped};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::Reduce;
use crate::model::tensor::DType;

/// How one kernel joins elements.
struct Join<'a> {
    /// Of an element `a` and its result's `b` in another tensor.
    take: &'a str,
    /// Of two partial results `a` and `b`.
    join: &'a str,
    /// Of the whole result `a`; `p.length` is how many there were.
    finish: &'a str,
    /// The result of none.
    none: f32,
}

/// The shape with the reduced axes of one element.
fn kept(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    shape.iter().enumerate().map(|(axis, n)| if axes.contains(&axis) { 1 } else { *n }).collect()
}

fn run(
    rec: &mut Recorder,
    input: &View,
    axes: &[usize],
    other: Option<&View>,
    join: &Join<'_>,
) -> Result<View> {
    let class = Class::of(input.dtype)?;
    let output = rec.output(&kept(&input.shape, axes), input.dtype)?;
    let count = output.len();
    if count == 0 {
        return Ok(output);
    }
    let strides = dense(&input.shape);
    let pick = |wanted: bool| {
        let axes: Vec<usize> = (0..input.shape.len()).filter(|axis| axes.contains(axis) == wanted).collect();
        let extents: Vec<usize> = axes.iter().map(|axis| input.shape[*axis]).collect();
        let strides: Vec<i64> = axes.iter().map(|axis| strides[*axis]).collect();
        (extents, strides)
    };
    let (extents, outer) = pick(false);
    let outer = Walk::over(&extents).track(0, outer).joined();
    let (extents, inner) = pick(true);
    let mut inner = Walk::over(&extents).track(0, inner).joined();
    let length = inner.len();
    let (offsets, mut all) = outer.parameters()?;
    all.extend(inner.parameters()?.1);
    let from = outer.extents.len();
    // Groups pay when there are too few results to fill the device and enough elements to share.
    let groups = length >= 128 && (count < 2048 || length >= 4096) && !(rec.processor && count >= 64);
    let element = class.wgsl();
    let mut parameters = vec![word(count)?, word(length)?, 0, 0];
    parameters.extend(offsets);
    parameters.extend([join.none.to_bits(), 0, 0, 0]);
    parameters.extend(all);
    let mut bound = vec![write("y", element, output.slot), read("x", element, input.slot)];
    if let Some(other) = other {
        bound.push(read("z", element, other.slot));
    }
    let gather = "part[local] = a;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half && local + half < p.length) { part[local] = join(part[local], part[local + half]); }
  }
  if (local != 0u) { return; }
  a = part[0];";
    inner.tracks.truncate(2);
    let mut places = vec![
        ("F", "f32".into()),
        ("I", "i32".into()),
        ("U", "u32".into()),
        ("B", "bool".into()),
        ("ALL", (from + inner.extents.len()).to_string()),
        ("ELEMENT", element.into()),
        ("JOIN", join.join.to_owned()),
        ("TAKE", join.take.to_owned()),
        ("FINISH", join.finish.to_owned()),
        ("OTHER", if other.is_some() { "z[at0]".into() } else { "E(0)".into() }),
        ("WALK", outer.text()),
        ("INNER", inner.inner(from)),
    ];
    if groups {
        places.extend([
            ("SHARED", format!("var<workgroup> part: array<{element}, 64>;")),
            ("INDEX", "group.y * groups.x + group.x".into()),
            ("FIRST", "local".into()),
            ("STRIDE", "64u".into()),
            ("GATHER", gather.into()),
        ]);
        rec.groups(File::Reduce, places, bound, parameters, count)?;
    } else {
        places.extend([
            ("SHARED", String::new()),
            ("INDEX", "row(group, groups, local)".into()),
            ("FIRST", "0u".into()),
            ("STRIDE", "1u".into()),
            ("GATHER", String::new()),
        ]);
        rec.row(File::Reduce, places, bound, parameters, count)?;
    }
    Ok(output)
}

/// The mean of each element's squared distance from its `mean`, along axes that stay as one element.
pub(super) fn variance(rec: &mut Recorder, input: &View, axes: &[usize], mean: &View) -> Result<View> {
    let join =
        Join { take: "(a - b) * (a - b)", join: "a + b", finish: "a / f32(max(p.length, 1u))", none: 0.0 };
    run(rec, input, axes, Some(mean), &join)
}

/// A reduction along axes that stay as one element.
///
/// # Errors
/// `Unsupported` for types and kinds that have no kernel.
pub(super) fn reduce(rec: &mut Recorder, kind: Reduce, input: &View, axes: &[usize]) -> Result<View> {
    let class = Class::of(input.dtype)?;
    let float = class == Class::Float;
    let (low, high) = match class {
        Class::Float => (f32::NEG_INFINITY, f32::INFINITY),
        Class::Whole => (-2_147_483_648.0, 2_147_483_520.0),
        Class::Unsigned => (0.0, 4_294_967_040.0),
    };
    let sum = |take, finish| Join { take, join: "a + b", finish, none: 0.0 };
    let join = match kind {
        Reduce::Sum => sum("a", "a"),
        Reduce::L1 => sum("abs(a)", "a"),
        Reduce::SumSquare => sum("a * a", "a"),
        Reduce::L2 if float => sum("a * a", "sqrt(a)"),
        Reduce::Mean => sum("a", "a / E(max(p.length, 1u))"),
        Reduce::LogSum if float => sum("a", "f_log(a)"),
        Reduce::Prod => Join { take: "a", join: "a * b", finish: "a", none: 1.0 },
        Reduce::Max if float => Join { take: "a", join: "f_max(a, b)", finish: "a", none: low },
        Reduce::Max => Join { take: "a", join: "max(a, b)", finish: "a", none: low },
        Reduce::Min if float => Join { take: "a", join: "f_min(a, b)", finish: "a", none: high },
        Reduce::Min => Join { take: "a", join: "min(a, b)", finish: "a", none: high },
        Reduce::LogSumExp if float => {
            let most = reduce(rec, Reduce::Max, input, axes)?;
            // An infinite extreme would make NaN of its own distance.
            let most =
                broadcast(rec, &most.shape, DType::F32, &[&most], "select(a, F(0.0), is_inf(a))", [0.0; 4])?;
            let join = sum("f_exp(a - b)", "f_log(a)");
            let logs = run(rec, input, axes, Some(&most), &join)?;
            return broadcast(rec, &logs.shape, DType::F32, &[&logs, &most], "a + b", [0.0; 4]);
        }
        _ => {
            let what = format!("{kind:?} of type {} has no kernel on the device", input.dtype.name());
            return Err(Error::new(ErrorKind::Unsupported, what));
        }
    };
    let finish = wrapped(input.dtype, join.finish.to_owned());
    run(rec, input, axes, None, &Join { finish: &finish, ..join })
}

/// Exponentials that sum to one along axes, or their logarithms.
pub(super) fn softmax(rec: &mut Recorder, input: &View, axes: &[usize], log: bool) -> Result<View> {
    let most = reduce(rec, Reduce::Max, input, axes)?;
    let shape = input.shape.clone();
    let join = Join { take: "f_exp(a - b)", join: "a + b", finish: "a", none: 0.0 };
    let sum = run(rec, input, axes, Some(&most), &join)?;
    let text = if log { "(a - b) - f_log(c)" } else { "f_exp(a - b) / c" };
    broadcast(rec, &shape, input.dtype, &[input, &most, &sum], text, [0.0; 4])
}
