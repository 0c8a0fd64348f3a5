//! Elements by number: gathers and one-hot codes.
//!
//! The invariant: a number outside of its axis is refused where it is known when planning; one that is computed on
//! the device is moved to the nearest inside, so that no kernel reads memory it does not own.

use super::super::record::{Recorder, View, read, signed, word, write};
use super::super::shader::File;
use super::super::walk::dense;
use super::map::Class;
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::Op;
use crate::model::tensor::DType;

/// That numbers known when planning lie in an axis.
pub(super) fn inside(numbers: &View, extent: usize) -> Result<()> {
    let Some(tensor) = &numbers.host else { return Ok(()) };
    if !matches!(tensor.dtype(), DType::I64 | DType::I32) {
        return Err(Error::new(ErrorKind::Type, "numbers of elements are whole numbers of 32 or 64 bits"));
    }
    let n = i64::try_from(extent).unwrap_or(i64::MAX);
    match given::wholes(numbers)?.iter().find(|number| !(-n..n).contains(*number)) {
        None => Ok(()),
        Some(number) => Err(Error::new(
            ErrorKind::Index,
            format!("element {number} of an axis of {extent} does not exist"),
        )),
    }
}

fn whole(numbers: &View) -> Result<()> {
    match Class::of(numbers.dtype)? {
        Class::Whole => Ok(()),
        _ => Err(Error::new(ErrorKind::Type, "numbers of elements must be whole numbers")),
    }
}

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let (data, made) = (call.input(0)?, call.made()?);
    let output = rec.output(&made.shape, made.dtype)?;
    let count = output.len();
    match call.op {
        Op::Gather { axis } => {
            let numbers = call.input(1)?;
            whole(numbers)?;
            let axis = given::axis(*axis, data.shape.len())?;
            let extent = data.shape[axis];
            inside(numbers, extent)?;
            let inner: usize = data.shape[axis + 1..].iter().product();
            let mut shape = data.shape[..axis].to_vec();
            shape.extend(&numbers.shape);
            shape.extend(&data.shape[axis + 1..]);
            given::same("the output of Gather", &made.shape, &shape)?;
            if count > 0 && extent == 0 {
                return Err(Error::new(ErrorKind::Index, "there is nothing to gather from"));
            }
            let parameters = vec![word(count)?, word(inner)?, word(numbers.len())?, word(extent)?];
            let bound = vec![
                write("y", "u32", output.slot),
                read("x", "u32", data.slot),
                read("numbers", "i32", numbers.slot),
            ];
            rec.row(File::Gather, Vec::new(), bound, parameters, count)?;
        }
        Op::GatherElements { axis } => {
            let numbers = call.input(1)?;
            whole(numbers)?;
            let rank = data.shape.len();
            let axis = given::axis(*axis, rank)?;
            inside(numbers, data.shape[axis])?;
            given::same("the rank of the numbers", &[numbers.shape.len()], &[rank])?;
            given::same("the output of GatherElements", &made.shape, &numbers.shape)?;
            if (0..rank).any(|a| a != axis && numbers.shape[a] > data.shape[a])
                || (count > 0 && data.len() == 0)
            {
                return Err(Error::new(
                    ErrorKind::Length,
                    "there are more numbers than elements along an axis",
                ));
            }
            let strides = dense(&data.shape);
            let mut text = String::from("var rest = i; var source = 0u;\n");
            let mut parameters = vec![word(count)?, word(data.shape[axis])?, signed(strides[axis])?, 0];
            for (a, own) in strides.iter().enumerate() {
                let stride = if a == axis { 0 } else { *own };
                parameters.extend([word(numbers.shape[a])?, signed(stride)?, 0, 0]);
            }
            for a in (0..rank).rev() {
                text.push_str(&format!(
                    "source += (rest % p.axes[{a}].x) * p.axes[{a}].y; rest /= p.axes[{a}].x;\n"
                ));
            }
            let places = vec![("AXES", rank.max(1).to_string()), ("WALK", text)];
            let bound = vec![
                write("y", "u32", output.slot),
                read("x", "u32", data.slot),
                read("numbers", "i32", numbers.slot),
            ];
            rec.row(File::GatherElements, places, bound, parameters, count)?;
        }
        Op::GatherNd { batch_dims } => {
            let numbers = call.input(1)?;
            whole(numbers)?;
            let tuple = numbers.shape.last().copied().unwrap_or(0);
            let axes = batch_dims + tuple;
            if axes > data.shape.len() || tuple == 0 || tuple > 8 || *batch_dims >= numbers.shape.len() {
                return Err(Error::new(ErrorKind::Length, "the numbers of GatherND do not fit the data"));
            }
            given::same("the batch of GatherND", &numbers.shape[..*batch_dims], &data.shape[..*batch_dims])?;
            let slice: usize = data.shape[axes..].iter().product();
            let tuples = numbers.len() / tuple;
            if slice.checked_mul(tuples) != Some(count) || (count > 0 && data.len() == 0) {
                return Err(Error::new(ErrorKind::Length, "the output of GatherND has another shape"));
            }
            let batches: usize = data.shape[..*batch_dims].iter().product();
            let strides = dense(&data.shape);
            let batch: usize = data.shape[*batch_dims..].iter().product();
            let mut parameters = vec![
                word(count)?,
                word(slice)?,
                word(tuple)?,
                word(tuples / batches.max(1))?,
                word(batch)?,
                0,
                0,
                0,
            ];
            for (a, stride) in strides.iter().enumerate().take(axes).skip(*batch_dims) {
                parameters.extend([word(data.shape[a])?, signed(*stride)?, 0, 0]);
                known_tuple(numbers, a - batch_dims, tuple, data.shape[a])?;
            }
            let bound = vec![
                write("y", "u32", output.slot),
                read("x", "u32", data.slot),
                read("numbers", "i32", numbers.slot),
            ];
            rec.row(File::GatherNd, Vec::new(), bound, parameters, count)?;
        }
        Op::OneHot { axis } => one_hot(rec, call, *axis, &output)?,
        _ => return Err(call.refused("it gathers nothing")),
    }
    Ok(output)
}

/// That the numbers at a place of each tuple lie in their axis, if they are known.
pub(super) fn known_tuple(numbers: &View, place: usize, tuple: usize, extent: usize) -> Result<()> {
    if numbers.host.is_none() {
        return Ok(());
    }
    let n = i64::try_from(extent).unwrap_or(i64::MAX);
    let all = given::wholes(numbers)?;
    if all.iter().skip(place).step_by(tuple.max(1)).all(|number| (-n..n).contains(number)) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Index, format!("an element beyond an axis of {extent} is named")))
}

fn one_hot(rec: &mut Recorder, call: &Call<'_>, axis: i64, output: &View) -> Result<()> {
    let (numbers, values) = (call.input(0)?, call.input(2)?);
    let rank = numbers.shape.len() + 1;
    let axis = given::axis(axis, rank)?;
    given::same("the values of OneHot", &values.shape, &[2])?;
    let depth = given::whole(call.input(1)?)?;
    let mut shape = numbers.shape.clone();
    shape.insert(axis, usize::try_from(depth).unwrap_or(0));
    given::same("the output of OneHot", &output.shape, &shape)?;
    let inner: usize = numbers.shape[axis..].iter().product();
    let element = Class::of(numbers.dtype)?.wgsl();
    let parameters = vec![word(output.len())?, word(inner)?, word(shape[axis])?, 0];
    let bound = vec![
        write("y", "u32", output.slot),
        read("numbers", element, numbers.slot),
        read("values", "u32", values.slot),
    ];
    rec.row(File::OneHot, Vec::new(), bound, parameters, output.len())
}
