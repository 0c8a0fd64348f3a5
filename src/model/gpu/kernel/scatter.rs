//! Updates of elements by number.
//!
//! The invariant: updates of one place are made in the order of their numbers, whatever the device does at once, so
//! that sums have the same bits in every run. Numbers are treated as in `gather`.

use super::super::record::{Recorder, View, read, signed, word, write};
use super::super::shader::File;
use super::super::walk::dense;
use super::gather::{inside, known_tuple};
use super::map::{Class, broadcast, wrapped};
use super::norm::scalar;
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Op, Scatter};
use crate::model::tensor::DType;

fn join(reduction: Scatter, dtype: DType) -> Result<String> {
    let float = Class::of(dtype)? == Class::Float;
    let text = match reduction {
        Scatter::Replace => "b",
        Scatter::Add => "a + b",
        Scatter::Mul => "a * b",
        Scatter::Max if float => "f_max(a, b)",
        Scatter::Max => "max(a, b)",
        Scatter::Min if float => "f_min(a, b)",
        Scatter::Min => "min(a, b)",
    };
    Ok(wrapped(dtype, text.to_owned()))
}

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let (data, numbers, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let made = call.made()?;
    given::same("the output of a scatter", &made.shape, &data.shape)?;
    if updates.dtype != data.dtype || Class::of(numbers.dtype)? != Class::Whole {
        return Err(Error::new(
            ErrorKind::Type,
            "the updates must be of the data's type and the numbers whole",
        ));
    }
    let output = broadcast(rec, &data.shape, data.dtype, &[data], "a", [0.0; 4])?;
    if updates.len() == 0 {
        return Ok(output);
    }
    let element = Class::of(data.dtype)?.wgsl();
    let rank = data.shape.len();
    let bound = vec![
        write("y", element, output.slot),
        read("x", element, updates.slot),
        read("numbers", "i32", numbers.slot),
    ];
    let mut places = scalar();
    match call.op {
        Op::ScatterElements { axis, reduction } => {
            let axis = given::axis(*axis, rank)?;
            given::same("the updates of ScatterElements", &updates.shape, &numbers.shape)?;
            let fits = numbers.shape.len() == rank
                && (0..rank).all(|a| a == axis || numbers.shape[a] <= data.shape[a])
                && data.shape[axis] > 0;
            if !fits {
                return Err(Error::new(
                    ErrorKind::Length,
                    "the numbers of ScatterElements do not fit the data",
                ));
            }
            inside(numbers, data.shape[axis])?;
            let (from, into) = (dense(&numbers.shape), dense(&data.shape));
            let lines = numbers.len() / numbers.shape[axis].max(1);
            let mut parameters = vec![
                word(lines)?,
                word(data.shape[axis])?,
                signed(into[axis])?,
                word(numbers.shape[axis])?,
                signed(from[axis])?,
                0,
                0,
                0,
            ];
            let mut text = String::new();
            let others: Vec<usize> = (0..rank).filter(|a| *a != axis).collect();
            for a in &others {
                parameters.extend([word(numbers.shape[*a])?, signed(from[*a])?, signed(into[*a])?, 0]);
            }
            for k in (0..others.len()).rev() {
                text.push_str(&format!(
                    "{{ let c = rest % p.axes[{k}].x; rest /= p.axes[{k}].x; source += c * p.axes[{k}].y; \
                     into += c * p.axes[{k}].z; }}\n"
                ));
            }
            places.extend([
                ("AXES", others.len().max(1).to_string()),
                ("WALK", text),
                ("JOIN", join(*reduction, data.dtype)?),
            ]);
            rec.row(File::ScatterElements, places, bound, parameters, lines)?;
        }
        Op::ScatterNd { reduction } => {
            let tuple = numbers.shape.last().copied().unwrap_or(0);
            if tuple == 0 || tuple > rank.min(8) {
                return Err(Error::new(ErrorKind::Length, "the numbers of ScatterND do not fit the data"));
            }
            let slice: usize = data.shape[tuple..].iter().product();
            let tuples = numbers.len() / tuple;
            if slice.checked_mul(tuples) != Some(updates.len()) || data.len() == 0 {
                return Err(Error::new(ErrorKind::Length, "the updates of ScatterND have another shape"));
            }
            let strides = dense(&data.shape);
            let mut parameters = vec![word(slice)?, word(tuple)?, word(tuples)?, 0];
            for (a, stride) in strides.iter().enumerate().take(tuple) {
                parameters.extend([word(data.shape[a])?, signed(*stride)?, 0, 0]);
                known_tuple(numbers, a, tuple, data.shape[a])?;
            }
            places.push(("JOIN", join(*reduction, data.dtype)?));
            rec.row(File::ScatterNd, places, bound, parameters, slice)?;
        }
        _ => return Err(call.refused("it scatters nothing")),
    }
    Ok(output)
}
