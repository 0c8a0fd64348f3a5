//! What an operator is given, read with its checks: axes, whole numbers, one float.
//!
//! The invariant: what is returned lies in range; what does not is an error that names it.

use super::super::record::View;
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::Op;
use crate::model::tensor::{Data, Tensor};

/// The name of an operator, without what it holds.
pub(in super::super) fn name(op: &Op) -> String {
    let text = format!("{op:?}");
    let inner = match op {
        Op::Unary(_) | Op::Binary(_) | Op::Variadic(_) => text.split_once('(').map_or("", |(_, inner)| inner),
        _ => &text,
    };
    inner.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// An axis counted from the beginning.
pub(super) fn axis(axis: i64, rank: usize) -> Result<usize> {
    let n = i64::try_from(rank).unwrap_or(i64::MAX);
    let from_start = if axis < 0 { axis + n } else { axis };
    usize::try_from(from_start).ok().filter(|axis| *axis < rank).ok_or_else(|| {
        Error::new(ErrorKind::Index, format!("axis {axis} is not one of a tensor of {rank} axes"))
    })
}

/// Axes counted from the beginning, each once, in order.
pub(super) fn axes(given: &[i64], rank: usize) -> Result<Vec<usize>> {
    let mut axes = given.iter().map(|one| axis(*one, rank)).collect::<Result<Vec<_>>>()?;
    axes.sort_unstable();
    if axes.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::new(ErrorKind::Index, format!("an axis is named twice: {given:?}")));
    }
    Ok(axes)
}

fn known(view: &View) -> Result<&Tensor> {
    view.host.as_ref().ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "a shape, axis or count is computed on the device")
            .remedy("give it when planning, or run the model on the processor")
    })
}

/// Whole numbers that are known when planning.
pub(super) fn wholes(view: &View) -> Result<Vec<i64>> {
    match known(view)?.data() {
        Data::I64(numbers) => Ok(numbers.to_vec()),
        Data::I32(numbers) => Ok(numbers.iter().map(|n| i64::from(*n)).collect()),
        Data::U8(numbers) => Ok(numbers.iter().map(|n| i64::from(*n)).collect()),
        Data::F32(numbers) if numbers.iter().all(|n| n.fract() == 0.0 && n.abs() < 1e9) => {
            // A count given as a float (OneHot's depth may be).
            Ok(numbers.iter().map(|n| *n as i64).collect())
        }
        other => {
            let what = format!("whole numbers were expected, not {}", other.dtype().name());
            Err(Error::new(ErrorKind::Type, what))
        }
    }
}

/// One whole number that is known when planning.
pub(super) fn whole(view: &View) -> Result<i64> {
    match wholes(view)?.as_slice() {
        [number] => Ok(*number),
        other => Err(Error::new(ErrorKind::Length, format!("one number was expected, not {}", other.len()))),
    }
}

/// Floats that are known when planning.
pub(super) fn floats(view: &View) -> Result<Vec<f32>> {
    match known(view)?.data() {
        Data::F32(numbers) => Ok(numbers.to_vec()),
        other => {
            Err(Error::new(ErrorKind::Type, format!("floats were expected, not {}", other.dtype().name())))
        }
    }
}

/// One float that is known when planning.
pub(super) fn float(view: &View) -> Result<f32> {
    match floats(view)?.as_slice() {
        [number] => Ok(*number),
        other => Err(Error::new(ErrorKind::Length, format!("one number was expected, not {}", other.len()))),
    }
}

/// That a tensor has so many axes.
pub(super) fn rank(view: &View, rank: usize) -> Result<()> {
    if view.shape.len() == rank {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Length, format!("a tensor of {rank} axes was expected, not {:?}", view.shape)))
}

/// That a shape is this one.
pub(super) fn same(what: &str, shape: &[usize], wanted: &[usize]) -> Result<()> {
    if shape == wanted {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Length, format!("{what} has the shape {shape:?} and not {wanted:?}")))
}
