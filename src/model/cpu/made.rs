//! Tensors made of shapes and numbers: `Shape`, `Size`, `Range`, `ConstantOfShape`; and `Dropout`, whose mask is one.

use super::axes::lengths;
use super::inputs::{Inputs, elements, length, no_kernel, room, usage};
use super::number::{Number, each_element, each_float, each_number};
use crate::error::Result;
use crate::model::tensor::{Element, Tensor};

/// The lengths of the axes from `start` to `end` (not with it).
pub(super) fn shape(start: i64, end: Option<i64>, x: &Tensor) -> Result<Tensor> {
    let rank = i64::try_from(x.rank()).map_err(|_| usage("too many axes"))?;
    let clamp = |at: i64| if at < 0 { at.saturating_add(rank) } else { at }.clamp(0, rank);
    let (start, end) = (clamp(start), clamp(end.unwrap_or(rank)));
    let all: Vec<i64> = x.shape().iter().map(|n| i64::try_from(*n).unwrap_or(i64::MAX)).collect();
    let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    Ok(Tensor::row(all.get(start..end).map_or_else(Vec::new, <[i64]>::to_vec)))
}

/// How many elements there are.
pub(super) fn size(x: &Tensor) -> Tensor {
    Tensor::scalar(i64::try_from(x.len()).unwrap_or(i64::MAX))
}

/// Numbers from a start, by a step, up to a limit that is not reached.
pub(super) fn range(inputs: Inputs<'_>) -> Result<Tensor> {
    fn one<T: Element>(inputs: Inputs<'_>, at: usize) -> Result<T> {
        match inputs.elements::<T>(at)? {
            [one] => Ok(*one),
            other => Err(length(format!("input {at} must be one number, not {}", other.len()))),
        }
    }
    fn go<T: Number>(_like: &[T], inputs: Inputs<'_>) -> Result<Tensor> {
        let (start, limit, step): (T, T, T) = (one(inputs, 0)?, one(inputs, 1)?, one(inputs, 2)?);
        let count = ((limit.to_f64() - start.to_f64()) / step.to_f64()).ceil().max(0.0);
        if step == T::default() || !count.is_finite() {
            return Err(usage("a range of such a step has no end"));
        }
        let count = room(&[count as usize], T::DTYPE.size())?;
        Ok(Tensor::row(if T::IS_FLOAT {
            (0..count).map(|k| T::of_f64(start.to_f64() + step.to_f64() * k as f64)).collect()
        } else {
            // Whole numbers are added up: a product in floats would lose the last digits of long ones.
            std::iter::successors(Some(start), |last| Some(last.plus(step))).take(count).collect()
        }))
    }
    each_number!(inputs.get(0)?.data(), v => go(v, inputs), _ => Err(no_kernel(inputs.get(0)?.dtype())))
}

/// One value, everywhere in a shape.
pub(super) fn constant_of_shape(value: &Tensor, inputs: Inputs<'_>) -> Result<Tensor> {
    fn go<T: Element>(value: &[T], shape: &[usize]) -> Result<Tensor> {
        let [one] = value else { return Err(length("the value to fill with must be one number")) };
        Tensor::new(shape, vec![*one; room(shape, T::DTYPE.size())?])
    }
    let shape = lengths(&inputs.ints(0)?)?;
    each_element!(value.data(), v => go(v, &shape))
}

/// The input and a mask of all true; or, if the model says it is being trained, a share of the elements dropped.
///
/// Which elements drop is not ONNX's to say. It is the same each time: numbers of the Mersenne Twister started with
/// 0, which is what the vectors of ONNX's suite were made with.
pub(super) fn dropout(inputs: Inputs<'_>) -> Result<Vec<Tensor>> {
    let x = inputs.get(0)?;
    let ratio = if inputs.maybe(1).is_some() { inputs.number(1)? } else { 0.5 };
    let training = match inputs.maybe(2) {
        Some(flag) => matches!(elements::<bool>(flag, 2)?, [true]),
        None => false,
    };
    if !training || ratio == 0.0 {
        return Ok(vec![x.clone(), Tensor::new(x.shape(), vec![true; x.len()])?]);
    }
    if !(0.0..1.0).contains(&ratio) {
        return Err(usage(format!("{ratio} is no share of the elements to drop")));
    }
    let mut numbers = Twister::new(0);
    let mask: Vec<bool> = (0..x.len()).map(|_| numbers.fraction() >= ratio).collect();
    fn kept<T: Number>(x: &[T], mask: &[bool], scale: f64) -> Vec<T> {
        let one = |(v, kept): (&T, &bool)| if *kept { T::of_f64(v.to_f64() * scale) } else { T::default() };
        x.iter().zip(mask).map(one).collect()
    }
    let scale = 1.0 / (1.0 - ratio);
    let made = each_float!(x.data(), v => Tensor::new(x.shape(), kept(v, &mask, scale))?,
        _ => return Err(no_kernel(x.dtype())));
    Ok(vec![made, Tensor::new(x.shape(), mask)?])
}

/// The Mersenne Twister MT19937.
struct Twister {
    state: Vec<u32>,
    next: usize,
}

impl Twister {
    const LONG: usize = 624;

    fn new(seed: u32) -> Twister {
        let mut state = vec![seed];
        for k in 1..Self::LONG as u32 {
            let last = state[k as usize - 1];
            state.push((last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(k));
        }
        Twister { state, next: Self::LONG }
    }

    fn word(&mut self) -> u32 {
        if self.next == Self::LONG {
            for k in 0..Self::LONG {
                let both = (self.state[k] & 0x8000_0000) | (self.state[(k + 1) % Self::LONG] & 0x7fff_ffff);
                let odd = if both & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[k] = self.state[(k + 397) % Self::LONG] ^ (both >> 1) ^ odd;
            }
            self.next = 0;
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// From 0 to 1 (never 1), of 53 bits.
    fn fraction(&mut self) -> f64 {
        let (high, low) = (f64::from(self.word() >> 5), f64::from(self.word() >> 6));
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_before_its_limit() {
        let of = |a: f32, b: f32, c: f32| {
            let (a, b, c) = (Tensor::scalar(a), Tensor::scalar(b), Tensor::scalar(c));
            range(Inputs(&[Some(&a), Some(&b), Some(&c)]))
        };
        assert_eq!(of(1.0, 2.0, 0.5).unwrap(), Tensor::row(vec![1.0_f32, 1.5]));
        assert_eq!(of(3.0, 0.0, -2.0).unwrap(), Tensor::row(vec![3.0_f32, 1.0]));
        assert!(of(0.0, -1.0, 1.0).unwrap().is_empty());
        assert!(of(0.0, 1.0, 0.0).is_err() && of(0.0, f32::INFINITY, 1.0).is_err());
        assert!(of(0.0, 1e30, 1e-3).is_err());
    }

    #[test]
    fn a_shape_can_be_had_in_part() {
        let x = Tensor::new(&[2, 3, 4], vec![0_u8; 24]).unwrap();
        assert_eq!(shape(1, None, &x).unwrap(), Tensor::row(vec![3_i64, 4]));
        assert_eq!(shape(-9, Some(-1), &x).unwrap(), Tensor::row(vec![2_i64, 3]));
        assert!(shape(2, Some(1), &x).unwrap().is_empty());
        assert_eq!(size(&x), Tensor::scalar(24_i64));
    }

    #[test]
    fn a_shape_that_is_none_is_not_filled() {
        for wrong in [vec![-1_i64], vec![i64::MAX, 2], vec![1 << 40], vec![0, 1 << 40]] {
            assert!(constant_of_shape(&Tensor::scalar(1_u8), Inputs(&[Some(&Tensor::row(wrong))])).is_err());
        }
        let none = Tensor::row(Vec::<i64>::new());
        assert_eq!(
            constant_of_shape(&Tensor::row(vec![7_u8]), Inputs(&[Some(&none)])).unwrap(),
            Tensor::scalar(7_u8)
        );
    }

    #[test]
    fn the_twister_gives_the_numbers_it_is_known_for() {
        let mut numbers = Twister::new(5489);
        assert_eq!(numbers.word(), 3_499_211_612);
        assert_eq!((1..10_000).fold(0, |_, _| numbers.word()), 4_123_659_995);
    }
}
