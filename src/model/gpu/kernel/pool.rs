//! Pooling over windows and over whole planes, and its reverse.
//!
//! The invariant: of equal elements the first in the window is the largest; what is around the input is never it.

use super::super::record::{Recorder, View, read, signed, word, write};
use super::super::shader::File;
use super::copy::filled;
use super::map::Class;
use super::norm::scalar;
use super::reduce::reduce;
use super::spatial::Frame;
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Op, Padding, Pool, Reduce, Window};
use crate::model::tensor::DType;

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<Vec<View>> {
    match call.op {
        Op::Pool { kind, window } => windowed(rec, call, *kind, window),
        Op::GlobalPool { kind } => global(rec, call, *kind).map(|view| vec![view]),
        Op::MaxUnpool { window } => unpool(rec, call, window).map(|view| vec![view]),
        _ => Err(call.refused("it is no pooling")),
    }
}

fn global(rec: &mut Recorder, call: &Call<'_>, kind: Pool) -> Result<View> {
    let (input, made) = (call.input(0)?, call.made()?);
    let axes: Vec<usize> = (2..input.shape.len()).collect();
    let kind = match kind {
        Pool::Max { .. } => Reduce::Max,
        Pool::Average { .. } => Reduce::Mean,
        Pool::Lp { p: 1 } => Reduce::L1,
        Pool::Lp { p: 2 } => Reduce::L2,
        Pool::Lp { p } => return Err(call.refused(&format!("the {p}-norm of whole planes"))),
    };
    Ok(reduce(rec, kind, input, &axes)?.shaped(&made.shape))
}

fn windowed(rec: &mut Recorder, call: &Call<'_>, kind: Pool, window: &Window) -> Result<Vec<View>> {
    let (input, made) = (call.input(0)?, call.made()?);
    let rank = input.shape.len();
    if rank < 3 || made.shape.len() != rank || made.shape[..2] != input.shape[..2] {
        return Err(Error::new(ErrorKind::Length, format!("{:?} cannot be pooled", input.shape)));
    }
    let frame = Frame::new(window, &input.shape[2..], &made.shape[2..], &[])?;
    let class = Class::of(input.dtype)?;
    let output = rec.output(&made.shape, input.dtype)?;
    let count = output.len();
    let (how, power, take, finish) = match kind {
        Pool::Max { columns_first } => {
            let better = if class == Class::Float { "b > a || is_nan(b)" } else { "b > a" };
            let take = format!("if (seen == 0u || {better}) {{ a = b; place = at; }}");
            (u32::from(columns_first), 0.0, take, "y[i] = a;".to_owned())
        }
        Pool::Average { count_padding } => {
            let by = if count_padding { "around" } else { "seen" };
            (0, 0.0, "a += b;".into(), format!("y[i] = a / $ELEMENT(max({by}, 1u));"))
        }
        Pool::Lp { p: 2 } => (0, 2.0, "a += b * b;".into(), "y[i] = sqrt(a);".into()),
        Pool::Lp { p } if class == Class::Float => {
            (0, p as f32, "a += f_pow(abs(b), p.power);".into(), "y[i] = f_pow(a, 1.0 / p.power);".into())
        }
        Pool::Lp { .. } => return Err(call.refused(input.dtype.name())),
    };
    let element = class.wgsl();
    let mut parameters = vec![word(count)?, how, power.to_bits(), 0];
    parameters.extend(frame.parameters()?);
    for n in frame.end {
        parameters.push(signed(n)?);
    }
    let mut bound = vec![write("y", element, output.slot), read("x", element, input.slot)];
    let mut finish = finish.replace("$ELEMENT", element);
    let mut views = vec![output];
    if let (Pool::Max { columns_first }, Some(made)) = (kind, call.outputs.get(1)) {
        let places = rec.output(&made.shape, DType::I64)?;
        bound.push(write("places", "i32", places.slot));
        views.push(places);
        finish.push_str(if columns_first {
            "let within = place - base; let r = within / w.input.z;
  let d = r / w.input.y;
  places[i] = i32(base + ((within % w.input.z) * w.input.y + r % w.input.y) * w.input.x + d);"
        } else {
            "places[i] = i32(place);"
        });
    }
    let mut places = scalar();
    places.extend([("ELEMENT", element.to_owned()), ("TAKE", take), ("FINISH", finish)]);
    rec.row(File::Pool, places, bound, parameters, count)?;
    Ok(views)
}

fn unpool(rec: &mut Recorder, call: &Call<'_>, window: &Window) -> Result<View> {
    let (input, places, made) = (call.input(0)?, call.input(1)?, call.made()?);
    given::same("the places of MaxUnpool", &places.shape, &input.shape)?;
    let rank = input.shape.len();
    if !(3..=5).contains(&rank) || made.shape.len() != rank || made.shape[..2] != input.shape[..2] {
        return Err(Error::new(ErrorKind::Length, format!("{:?} cannot be unpooled", input.shape)));
    }
    // The places count elements of the shape that the window makes, whatever shape is asked for.
    let axes = rank - 2;
    let mut own = [1_usize; 3];
    let mut wanted = [1_usize; 3];
    for axis in 0..axes {
        let n = input.shape[axis + 2];
        let stride = window.strides.get(axis).copied().unwrap_or(1);
        let kernel = window.kernel.get(axis).copied().unwrap_or(1);
        let pads: i64 = match &window.padding {
            Padding::Explicit(pads) => {
                pads.get(axis).copied().unwrap_or(0) + pads.get(axis + axes).copied().unwrap_or(0)
            }
            _ => return Err(call.refused("padding that follows from the output")),
        };
        let length = i64::try_from(n.saturating_sub(1) * stride + kernel).unwrap_or(i64::MAX) - pads;
        own[axis + 3 - axes] = usize::try_from(length)
            .map_err(|_| Error::new(ErrorKind::Length, "the padding is larger than what is unpooled"))?;
        wanted[axis + 3 - axes] = made.shape[axis + 2];
    }
    let output = filled(rec, 0, &made.shape, input.dtype)?;
    let mut parameters = vec![word(input.len())?, 0, 0, 0];
    for list in [own, wanted] {
        for n in list {
            parameters.push(word(n.max(1))?);
        }
        parameters.push(0);
    }
    let bound = vec![
        write("y", "u32", output.slot),
        read("x", "u32", input.slot),
        read("places", "i32", places.slot),
    ];
    if output.len() > 0 {
        rec.row(File::Unpool, Vec::new(), bound, parameters, input.len())?;
    }
    Ok(output)
}
