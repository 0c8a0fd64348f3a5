//! `QuantizeLinear` and `DequantizeLinear`: numbers as small whole numbers, by a scale and a zero point, which are
//! one for all, one for each place of an axis, or one for each block of it.

use super::axes::{around, axis};
use super::inputs::{Inputs, floats, length, no_kernel, usage, wrong_type};
use super::number::Number;
use crate::error::Result;
use crate::model::tensor::{DType, Data, Tensor};

/// Which scale an element has.
struct Scales {
    values: Vec<f64>,
    zeros: Option<Vec<f64>>,
    /// Elements behind one place of the axis, places of the axis, places to a scale, scales along the axis.
    inner: usize,
    n: usize,
    block: usize,
    blocks: usize,
}

impl Scales {
    fn new(at: i64, block: usize, inputs: Inputs<'_>) -> Result<Scales> {
        let (x, scale) = (inputs.get(0)?, inputs.get(1)?);
        if !scale.dtype().is_float() && scale.dtype() != DType::I32 {
            return Err(no_kernel(scale.dtype()));
        }
        if let Some(zero) = inputs.maybe(2)
            && zero.len() != scale.len()
        {
            return Err(length(format!("{} zero points for {} scales", zero.len(), scale.len())));
        }
        let (values, zeros) = (floats(scale), inputs.maybe(2).map(floats));
        if scale.len() == 1 && block == 0 {
            return Ok(Scales { values, zeros, inner: 1, n: 1, block: 1, blocks: 1 });
        }
        let at = axis(at, x.rank())?;
        let (_, n, inner) = around(x.shape(), at);
        let scales = if block == 0 {
            (scale.shape() == [n]).then_some(Scales { values, zeros, inner, n, block: 1, blocks: n })
        } else {
            let mut shape = x.shape().to_vec();
            shape[at] = n.div_ceil(block);
            (scale.shape() == shape).then_some(Scales { values, zeros, inner, n, block, blocks: shape[at] })
        };
        let (a, b) = (scale.shape(), x.shape());
        scales.ok_or_else(|| length(format!("scales of shape {a:?} do not fit {b:?} along axis {at}")))
    }

    /// Scale and zero point of the element at this place.
    fn of(&self, place: usize) -> (f64, f64) {
        let (row, k) = (place / self.inner / self.n, place / self.inner % self.n);
        let at = if self.values.len() == 1 {
            0
        } else if self.block == 1 && self.values.len() == self.n {
            k
        } else {
            (row * self.blocks + k / self.block) * self.inner + place % self.inner
        };
        (self.values[at], self.zeros.as_ref().map_or(0.0, |zeros| zeros[at]))
    }
}

/// Divided by the scale, rounded (halves to even), plus the zero point, kept within the type.
pub(super) fn quantize(at: i64, block: usize, to: DType, inputs: Inputs<'_>) -> Result<Tensor> {
    fn go<T: Number>(x: &[f64], scales: &Scales, narrow: bool) -> Data {
        let one = |(place, v): (usize, &f64)| {
            let (scale, zero) = scales.of(place);
            // Numbers of 32 bits are divided as such: a half must be one to both.
            let shares = if narrow { f64::from(*v as f32 / scale as f32) } else { v / scale };
            T::of_f64(shares.round_ties_even() + zero)
        };
        T::data(x.iter().enumerate().map(one).collect())
    }
    let x = inputs.get(0)?;
    let to = inputs.maybe(2).map_or(to, Tensor::dtype);
    if !x.dtype().is_float() && x.dtype() != DType::I32 {
        return Err(no_kernel(x.dtype()));
    }
    let (scales, values) = (Scales::new(at, block, inputs)?, floats(x));
    let narrow = inputs.get(1)?.dtype() != DType::F64;
    let data = match to {
        DType::U8 => go::<u8>(&values, &scales, narrow),
        DType::I8 => go::<i8>(&values, &scales, narrow),
        DType::U16 => go::<u16>(&values, &scales, narrow),
        DType::I16 => go::<i16>(&values, &scales, narrow),
        other => return Err(wrong_type(format!("nothing is quantized to {}", other.name()))),
    };
    Tensor::of(x.shape(), data)
}

/// Less the zero point, times the scale, in the type of the scale or the one asked for.
pub(super) fn dequantize(at: i64, block: usize, to: Option<DType>, inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    if x.dtype().is_float() {
        return Err(no_kernel(x.dtype()));
    }
    if inputs.maybe(2).is_some_and(|zero| zero.dtype() != x.dtype()) {
        return Err(wrong_type("the zero point must be of the type of the input"));
    }
    let scales = Scales::new(at, block, inputs)?;
    if x.dtype() == DType::Bool {
        return Err(no_kernel(x.dtype()));
    }
    let one = |(place, v): (usize, f64)| {
        let (scale, zero) = scales.of(place);
        (v - zero) * scale
    };
    let made: Vec<f64> = floats(x).into_iter().enumerate().map(one).collect();
    let to = to.unwrap_or(inputs.get(1)?.dtype());
    if !to.is_float() {
        return Err(usage(format!("nothing is dequantized to {}", to.name())));
    }
    super::cast::cast(&Tensor::new(x.shape(), made)?, to, &super::threads::Threads::one())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_even_and_kept_within() {
        let (x, scale, zero) = (
            Tensor::row(vec![-1e9_f32, 1.0, 3.0, 5.0, 1e9]),
            Tensor::scalar(2.0_f32),
            Tensor::scalar(100_u8),
        );
        let made = quantize(1, 0, DType::I8, Inputs(&[Some(&x), Some(&scale), Some(&zero)])).unwrap();
        assert_eq!(made, Tensor::row(vec![0_u8, 100, 102, 102, 255]), "of the zero point's type");
        let made = quantize(1, 0, DType::I8, Inputs(&[Some(&x), Some(&scale)])).unwrap();
        assert_eq!(made, Tensor::row(vec![-128_i8, 0, 2, 2, 127]));
        assert!(quantize(1, 0, DType::F32, Inputs(&[Some(&x), Some(&scale)])).is_err());
    }

    #[test]
    fn each_place_of_an_axis_has_its_scale() {
        let x = Tensor::new(&[2, 3], vec![1_u8, 2, 3, 4, 5, 6]).unwrap();
        let (scale, zero) = (Tensor::row(vec![1.0_f32, 10.0, 100.0]), Tensor::row(vec![0_u8, 1, 2]));
        let made = dequantize(1, 0, None, Inputs(&[Some(&x), Some(&scale), Some(&zero)])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 3], vec![1.0_f32, 10.0, 100.0, 4.0, 40.0, 400.0]).unwrap());
        assert!(dequantize(0, 0, None, Inputs(&[Some(&x), Some(&scale), Some(&zero)])).is_err());
    }

    #[test]
    fn each_block_has_its_scale() {
        let x = Tensor::new(&[1, 5], vec![1_i8, 2, 3, 4, 5]).unwrap();
        let scale = Tensor::new(&[1, 3], vec![1.0_f32, 2.0, 3.0]).unwrap();
        let made = dequantize(1, 2, None, Inputs(&[Some(&x), Some(&scale)])).unwrap();
        assert_eq!(made, Tensor::new(&[1, 5], vec![1.0_f32, 2.0, 6.0, 8.0, 15.0]).unwrap());
    }
}
