//! Resampling against its formulas, place by place.

use super::*;
use crate::model::op::{Coordinates, Nearest};

fn op(mode: ResizeMode) -> Resize {
    Resize {
        mode,
        coordinates: Coordinates::HalfPixel,
        nearest: Nearest::RoundPreferFloor,
        cubic_a: -0.75,
        exclude_outside: false,
        extrapolation: 0.0,
        antialias: false,
        axes: None,
        aspect: Aspect::Stretch,
    }
}

fn to(op: &Resize, x: &Tensor, sizes: &[i64]) -> Result<Tensor> {
    let sizes = Tensor::row(sizes.to_vec());
    resize(op, Inputs(&[Some(x), None, None, Some(&sizes)]), &Threads::new(2))
}

fn near(made: &Tensor, want: &[f32]) {
    let made = made.elements::<f32>().unwrap();
    assert_eq!(made.len(), want.len());
    for (a, b) in made.iter().zip(want) {
        assert!((a - b).abs() < 1e-5, "{made:?} {want:?}");
    }
}

#[test]
fn a_line_is_stretched_and_shrunk() {
    let x = Tensor::row(vec![0.0_f32, 4.0, 8.0, 12.0]);
    near(&to(&op(ResizeMode::Linear), &x, &[8]).unwrap(), &[0.0, 1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 12.0]);
    near(&to(&op(ResizeMode::Linear), &x, &[2]).unwrap(), &[2.0, 10.0]);
    near(&to(&op(ResizeMode::Nearest), &x, &[8]).unwrap(), &[0.0, 0.0, 4.0, 4.0, 8.0, 8.0, 12.0, 12.0]);
    let corners = Resize { coordinates: Coordinates::AlignCorners, ..op(ResizeMode::Linear) };
    near(&to(&corners, &x, &[7]).unwrap(), &[0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
    // The wide filter of a half: weights 1/8, 3/8, 3/8, 1/8, the outermost over the edge.
    let wide = Resize { antialias: true, ..op(ResizeMode::Linear) };
    near(&to(&wide, &x, &[2]).unwrap(), &[2.5, 9.5]);
}

#[test]
fn both_axes_of_a_picture_are_what_each_is_alone() {
    let x = Tensor::new(&[1, 1, 2, 3], vec![1.0_f32, 2.0, 3.0, 5.0, 7.0, 9.0]).unwrap();
    for mode in [ResizeMode::Linear, ResizeMode::Cubic, ResizeMode::Nearest] {
        let both = to(&op(mode), &x, &[1, 1, 5, 4]).unwrap();
        let rows = to(&op(mode), &x, &[1, 1, 5, 3]).unwrap();
        near(&to(&op(mode), &rows, &[1, 1, 5, 4]).unwrap(), both.elements::<f32>().unwrap());
    }
}

#[test]
fn a_constant_stays_one_whatever_the_filter() {
    let x = Tensor::new(&[1, 2, 5, 6], vec![200_u8; 60]).unwrap();
    for mode in [ResizeMode::Linear, ResizeMode::Cubic, ResizeMode::Nearest] {
        for coordinates in
            [Coordinates::HalfPixel, Coordinates::AlignCorners, Coordinates::HalfPixelSymmetric]
        {
            for antialias in [false, true] {
                if antialias && mode == ResizeMode::Nearest {
                    continue;
                }
                let op = Resize { coordinates, antialias, exclude_outside: antialias, ..op(mode) };
                let made = to(&op, &x, &[1, 2, 3, 11]).unwrap();
                assert_eq!(made, Tensor::new(&[1, 2, 3, 11], vec![200_u8; 66]).unwrap(), "{op:?}");
            }
        }
    }
}

#[test]
fn what_is_outside_of_the_region_has_its_own_value() {
    let crop = Resize {
        coordinates: Coordinates::TfCropAndResize,
        extrapolation: 7.0,
        axes: Some(vec![-1]),
        ..op(ResizeMode::Linear)
    };
    let (x, sizes) = (Tensor::new(&[1, 3], vec![0.0_f32, 2.0, 4.0]).unwrap(), Tensor::row(vec![3_i64]));
    let roi = Tensor::row(vec![0.5_f32, 1.5]);
    let made = resize(&crop, Inputs(&[Some(&x), Some(&roi), None, Some(&sizes)]), &Threads::one()).unwrap();
    near(&made, &[2.0, 4.0, 7.0]);
    assert!(resize(&crop, Inputs(&[Some(&x), None, None, Some(&sizes)]), &Threads::one()).is_err());
}

#[test]
fn senseless_wishes_are_refused() {
    let x = Tensor::new(&[2, 3], vec![0.0_f32; 6]).unwrap();
    let linear = op(ResizeMode::Linear);
    assert!(to(&linear, &x, &[2]).is_err());
    assert!(to(&linear, &x, &[-1, 3]).is_err());
    assert!(to(&linear, &x, &[1 << 31, 1 << 31]).is_err());
    assert_eq!(to(&linear, &x, &[0, 3]).unwrap().shape(), [0, 3]);
    let none = Tensor::new(&[0, 3], Vec::<f32>::new()).unwrap();
    assert!(to(&linear, &none, &[2, 3]).is_err());
    for scale in [0.0_f32, -1.0, f32::NAN, f32::INFINITY] {
        let scales = Tensor::row(vec![1.0, scale]);
        assert!(
            resize(&linear, Inputs(&[Some(&x), None, Some(&scales)]), &Threads::one()).is_err(),
            "{scale}"
        );
    }
    assert!(resize(&linear, Inputs(&[Some(&x)]), &Threads::one()).is_err());
}
