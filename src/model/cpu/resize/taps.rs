//! Where each place of a resampled axis comes from: one place of the input, or several with weights.

use super::Axis;
use crate::error::Result;
use crate::model::cpu::inputs::room;
use crate::model::op::{Coordinates, Nearest, Resize, ResizeMode};

/// Weighted places, equally many for each place of the result.
pub(super) struct Table {
    /// How many.
    pub(super) taps: usize,
    pub(super) places: Vec<usize>,
    pub(super) weights: Vec<f64>,
    /// Places that have the value of what is outside instead.
    pub(super) outside: Vec<bool>,
}

impl Table {
    /// Places of the result.
    pub(super) fn len(&self) -> usize {
        self.outside.len()
    }
}

/// The place in the input that a place of the result lies at, as a fraction.
fn origin(op: &Resize, axis: &Axis, at: usize) -> f64 {
    let (n, at) = (axis.from as f64, at as f64);
    // What the result would be long if lengths were fractions.
    let long = axis.scale * n;
    match op.coordinates {
        Coordinates::HalfPixel => (at + 0.5) / axis.scale - 0.5,
        Coordinates::HalfPixelSymmetric => {
            let offset = n / 2.0 * (1.0 - axis.to as f64 / long);
            offset + (at + 0.5) / axis.scale - 0.5
        }
        Coordinates::PytorchHalfPixel if long == 1.0 => -0.5,
        Coordinates::PytorchHalfPixel => (at + 0.5) / axis.scale - 0.5,
        Coordinates::AlignCorners if long == 1.0 => 0.0,
        Coordinates::AlignCorners => at * (n - 1.0) / (long - 1.0),
        Coordinates::Asymmetric => at / axis.scale,
        Coordinates::TfHalfPixelForNn => (at + 0.5) / axis.scale,
        Coordinates::TfCropAndResize => {
            let (start, end) = axis.region;
            let within = if axis.to == 1 {
                (end - start) * (n - 1.0) / 2.0
            } else {
                at * (end - start) * (n - 1.0) / (axis.to as f64 - 1.0)
            };
            start * (n - 1.0) + within
        }
    }
}

fn is_outside(op: &Resize, axis: &Axis, origin: f64) -> bool {
    op.coordinates == Coordinates::TfCropAndResize && !(origin >= 0.0 && origin <= axis.from as f64 - 1.0)
}

fn clamped(place: f64, n: usize) -> usize {
    (place.max(0.0) as usize).min(n - 1)
}

/// The nearest place of the input for each of the result; none for what is outside.
pub(super) fn nearest(op: &Resize, axis: &Axis) -> Result<Vec<Option<usize>>> {
    room(&[axis.to], 16)?;
    let one = |at: usize| {
        let origin = origin(op, axis, at);
        let (floor, rest) = (origin.floor(), origin - origin.floor());
        let up = match op.nearest {
            Nearest::RoundPreferFloor => rest > 0.5,
            Nearest::RoundPreferCeil => rest >= 0.5,
            Nearest::Floor => false,
            Nearest::Ceil => rest > 0.0,
        };
        let place = if up { floor + 1.0 } else { floor };
        (!is_outside(op, axis, origin)).then(|| clamped(place, axis.from))
    };
    Ok((0..axis.to).map(one).collect())
}

/// Places and weights of a linear or cubic filter for each place of the result.
pub(super) fn weighted(op: &Resize, axis: &Axis) -> Result<Table> {
    let filter = Filter::new(op, axis.scale);
    let taps = filter.taps();
    // A filter so wide that its weights do not fit is one of a scale that nobody means.
    let total = room(&[axis.to, taps], 256)?;
    let mut table = Table {
        taps,
        places: Vec::with_capacity(total),
        weights: Vec::with_capacity(total),
        outside: Vec::with_capacity(axis.to),
    };
    for at in 0..axis.to {
        let origin = origin(op, axis, at);
        // A place that falls on an element is seen from the one before, as the right end of its cell.
        let floor = if origin == origin.floor() { origin - 1.0 } else { origin.floor() };
        let first = floor + 1.0 - (taps / 2) as f64;
        let begin = table.weights.len();
        for k in 0..taps {
            let place = first + k as f64;
            let beyond = place < 0.0 || place > axis.from as f64 - 1.0;
            let weight = if beyond && op.exclude_outside { 0.0 } else { filter.weight(place - origin) };
            table.places.push(clamped(place, axis.from));
            table.weights.push(weight);
        }
        let sum: f64 = table.weights[begin..].iter().sum();
        if (filter.stretch < 1.0 || op.exclude_outside) && sum != 0.0 {
            table.weights[begin..].iter_mut().for_each(|weight| *weight /= sum);
        }
        table.outside.push(is_outside(op, axis, origin));
    }
    Ok(table)
}

/// A filter over neighbours, wider when the result is smaller and aliases are to be avoided.
struct Filter {
    cubic: Option<f64>,
    /// From distances between places to those of the filter; 1, or less for a wider one.
    stretch: f64,
}

impl Filter {
    fn new(op: &Resize, scale: f64) -> Filter {
        let cubic = (op.mode == ResizeMode::Cubic).then_some(f64::from(op.cubic_a));
        Filter { cubic, stretch: if op.antialias { scale.min(1.0) } else { 1.0 } }
    }

    /// How many neighbours have a weight; an even number.
    fn taps(&self) -> usize {
        let reach = if self.cubic.is_some() { 2.0 } else { 1.0 };
        let before = -((-reach / self.stretch).floor() + 1.0);
        (2.0 + 2.0 * before) as usize
    }

    fn weight(&self, distance: f64) -> f64 {
        let x = (distance * self.stretch).abs();
        match self.cubic {
            None => (1.0 - x).max(0.0),
            Some(a) if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
            Some(a) if x < 2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
            Some(_) => 0.0,
        }
    }
}
