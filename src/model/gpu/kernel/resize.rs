//! Resampling along axes: a table of elements and weights for each axis, and one step for each.
//!
//! The invariant: the tables are made when planning, in 64 bits, so that the device only adds weighted elements.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Aspect, Coordinates, Nearest, Op, Resize, ResizeMode};
use crate::model::tensor::DType;

/// One axis to resample.
struct Along {
    axis: usize,
    from: usize,
    to: usize,
    scale: f64,
    start: f64,
    end: f64,
}

/// As many elements and weights for each place of the output; none of them where the region of interest ends.
struct Table {
    taps: usize,
    places: Vec<u32>,
    weights: Vec<f32>,
}

/// The number in `places` of what is outside.
const OUTSIDE: u32 = u32::MAX;

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let Op::Resize(resize) = call.op else { return Err(call.refused("it resamples nothing")) };
    let (input, made) = (call.input(0)?, call.made()?);
    let nearest = resize.mode == ResizeMode::Nearest;
    if input.dtype != DType::F32 && !(nearest && resize.coordinates != Coordinates::TfCropAndResize) {
        return Err(call.refused(&format!("filters of {}", input.dtype.name())));
    }
    let mut work = axes(call, resize)?;
    // Those that shrink most come first: less is left for the others.
    work.sort_by(|a, b| (a.to * b.from).cmp(&(b.to * a.from)));
    let mut value = input.clone();
    for along in work {
        if value.len() > 0 && along.from == 0 {
            return Err(Error::new(ErrorKind::Length, "there is nothing to resample"));
        }
        let table = table(resize, &along);
        let mut shape = value.shape.clone();
        shape[along.axis] = along.to;
        let output = rec.output(&shape, input.dtype)?;
        let inner: usize = shape[along.axis + 1..].iter().product();
        let places = rec.table(table.places)?;
        let element = if nearest { "u32" } else { "f32" };
        let mut bound = vec![
            write("y", element, output.slot),
            read("x", element, value.slot),
            read("places", "u32", places),
        ];
        let fill = resize.extrapolation.to_bits();
        let parameters = vec![
            word(output.len())?,
            word(inner)?,
            word(along.from)?,
            word(along.to)?,
            word(table.taps)?,
            fill,
            0,
            0,
        ];
        let take = if nearest {
            "y[i] = x[base + places[first] * p.inner];"
        } else {
            let weights = rec.table(table.weights.iter().map(|w| w.to_bits()).collect())?;
            bound.push(read("weights", "f32", weights));
            "var sum = 0.0;
  for (var k = 0u; k < p.taps; k++) { sum += weights[first + k] * x[base + places[first + k] * p.inner]; }
  y[i] = sum;"
        };
        let places = vec![("ELEMENT", element.into()), ("TAKE", take.into())];
        rec.row(File::Resample, places, bound, parameters, output.len())?;
        value = output;
    }
    given::same("the output of Resize", &value.shape, &made.shape)?;
    Ok(value)
}

/// The axes that change, with their scales.
fn axes(call: &Call<'_>, resize: &Resize) -> Result<Vec<Along>> {
    let (input, made) = (call.input(0)?, call.made()?);
    let rank = input.shape.len();
    given::same("the rank of Resize's output", &[made.shape.len()], &[rank])?;
    let named: Vec<usize> = match &resize.axes {
        Some(axes) => axes.iter().map(|axis| given::axis(*axis, rank)).collect::<Result<_>>()?,
        None => (0..rank).collect(),
    };
    let filled = |place: usize| call.option(place).filter(|view| view.len() > 0);
    let count = named.len();
    let fits = |n: usize, wanted: usize| given::same("the numbers of Resize", &[n], &[wanted]);
    let scales: Vec<f64> = if let Some(sizes) = filled(3) {
        let sizes = given::wholes(sizes)?;
        fits(sizes.len(), count)?;
        let ratio = |(axis, size): (&usize, &i64)| *size as f64 / input.shape[*axis].max(1) as f64;
        let ratios: Vec<f64> = named.iter().zip(&sizes).map(ratio).collect();
        match resize.aspect {
            Aspect::Stretch => ratios,
            Aspect::NotLarger => vec![ratios.iter().copied().fold(f64::INFINITY, f64::min); count],
            Aspect::NotSmaller => vec![ratios.iter().copied().fold(0.0, f64::max); count],
        }
    } else {
        let scales =
            filled(2).ok_or_else(|| Error::new(ErrorKind::Length, "Resize needs scales or sizes"))?;
        let scales = given::floats(scales)?;
        fits(scales.len(), count)?;
        scales.iter().map(|scale| f64::from(*scale)).collect()
    };
    let crop = resize.coordinates == Coordinates::TfCropAndResize;
    let region = match filled(1) {
        Some(region) if crop => {
            let region = given::floats(region)?;
            fits(region.len(), 2 * count)?;
            region
        }
        _ => [vec![0.0; count], vec![1.0; count]].concat(),
    };
    let mut work = Vec::new();
    for (number, (axis, scale)) in named.iter().zip(scales).enumerate() {
        let (from, to) = (input.shape[*axis], made.shape[*axis]);
        if !(scale > 0.0 && scale.is_finite()) && to > 0 && from > 0 {
            return Err(Error::new(ErrorKind::Usage, format!("an axis cannot be scaled by {scale}")));
        }
        let (start, end) = (f64::from(region[number]), f64::from(region[count + number]));
        if from != to || (scale - 1.0).abs() > 1e-9 || (start, end) != (0.0, 1.0) {
            work.push(Along { axis: *axis, from, to, scale, start, end });
        }
    }
    Ok(work)
}

/// Where a place of the output lies in the input.
fn origin(resize: &Resize, along: &Along, place: usize) -> f64 {
    let (x, n, m) = (place as f64, along.from as f64, along.to as f64);
    // The length before it was cut to a whole number.
    let length = along.scale * n;
    let half = (x + 0.5) / along.scale - 0.5;
    match resize.coordinates {
        Coordinates::HalfPixel => half,
        Coordinates::HalfPixelSymmetric => n / 2.0 * (1.0 - m / length) + half,
        Coordinates::PytorchHalfPixel => {
            if length == 1.0 {
                -0.5
            } else {
                half
            }
        }
        Coordinates::AlignCorners => {
            if length == 1.0 {
                0.0
            } else {
                x * (n - 1.0) / (length - 1.0)
            }
        }
        Coordinates::Asymmetric => x / along.scale,
        Coordinates::TfHalfPixelForNn => (x + 0.5) / along.scale,
        Coordinates::TfCropAndResize if along.to > 1 => {
            (along.start + x * (along.end - along.start) / (m - 1.0)) * (n - 1.0)
        }
        Coordinates::TfCropAndResize => 0.5 * (along.start + along.end) * (n - 1.0),
    }
}

fn table(resize: &Resize, along: &Along) -> Table {
    let shrink = if resize.antialias { along.scale.min(1.0) } else { 1.0 };
    let reach = match resize.mode {
        ResizeMode::Nearest => 0.0,
        ResizeMode::Linear => 1.0 / shrink,
        ResizeMode::Cubic => 2.0 / shrink,
    };
    let last = along.from.saturating_sub(1) as f64;
    let mut table = Table { taps: 1, places: Vec::new(), weights: Vec::new() };
    if resize.mode != ResizeMode::Nearest {
        table.taps = 2 * reach.ceil() as usize;
    }
    for place in 0..along.to {
        let at = origin(resize, along, place);
        let outside = resize.coordinates == Coordinates::TfCropAndResize && !(0.0..=last).contains(&at);
        if resize.mode == ResizeMode::Nearest {
            let up = match resize.nearest {
                Nearest::RoundPreferFloor => at - at.floor() > 0.5,
                Nearest::RoundPreferCeil => at - at.floor() >= 0.5,
                Nearest::Floor => false,
                Nearest::Ceil => at > at.floor(),
            };
            let found = (at.floor() + if up { 1.0 } else { 0.0 }).clamp(0.0, last);
            table.places.push(if outside { OUTSIDE } else { found as u32 });
            continue;
        }
        let first = at.floor() - (table.taps / 2) as f64 + 1.0;
        let mut weights = Vec::new();
        for tap in 0..table.taps {
            let from = first + tap as f64;
            let inside = (0.0..=last).contains(&from);
            let weight = filter(resize, (from - at) * shrink);
            weights.push(if resize.exclude_outside && !inside { 0.0 } else { weight });
            table.places.push(if outside { OUTSIDE } else { from.clamp(0.0, last) as u32 });
        }
        let sum: f64 = weights.iter().sum();
        let by = if (shrink < 1.0 || resize.exclude_outside) && sum != 0.0 { sum } else { 1.0 };
        table.weights.extend(weights.iter().map(|weight| (weight / by) as f32));
    }
    table
}

fn filter(resize: &Resize, distance: f64) -> f64 {
    let x = distance.abs();
    let a = f64::from(resize.cubic_a);
    if resize.mode == ResizeMode::Linear {
        return (1.0 - x).max(0.0);
    }
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        a * (((x - 5.0) * x + 8.0) * x - 4.0)
    } else {
        0.0
    }
}
