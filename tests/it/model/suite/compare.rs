//! Outputs held against vectors: type, shape, and values within a tolerance; whole numbers and truths exactly.

use half::{bf16, f16};
use lensframe::model::tensor::{DType, Data, Tensor};

/// The first difference, in words.
pub(crate) fn all(made: &[Tensor], wanted: &[Tensor]) -> Result<(), String> {
    if made.len() < wanted.len() {
        return Err(format!("{} outputs of {}", made.len(), wanted.len()));
    }
    for (number, (made, wanted)) in made.iter().zip(wanted).enumerate() {
        one(made, wanted).map_err(|what| format!("output {number}: {what}"))?;
    }
    Ok(())
}

fn one(made: &Tensor, wanted: &Tensor) -> Result<(), String> {
    if made.dtype() != wanted.dtype() {
        return Err(format!("of {} and not of {}", made.dtype().name(), wanted.dtype().name()));
    }
    if made.shape() != wanted.shape() {
        return Err(format!("of shape {:?} and not {:?}", made.shape(), wanted.shape()));
    }
    let (relative, absolute) = match made.dtype() {
        DType::F16 | DType::BF16 => (1e-2, 1e-2),
        dtype if dtype.is_float() => (1e-3, 1e-5),
        _ => return if made == wanted { Ok(()) } else { Err(first(made, wanted)) },
    };
    for (at, (a, b)) in floats(made).into_iter().zip(floats(wanted)).enumerate() {
        let near = a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= absolute + relative * b.abs();
        if !near {
            return Err(format!("element {at} is {a} and not {b}"));
        }
    }
    Ok(())
}

fn first(made: &Tensor, wanted: &Tensor) -> String {
    macro_rules! differ {
        ($($name:ident),*) => {
            match (made.data(), wanted.data()) {
                $((Data::$name(a), Data::$name(b)) => {
                    let found = a.iter().zip(b.iter()).enumerate().find(|(_, (a, b))| a != b);
                    found.map(|(at, (a, b))| format!("element {at} is {a:?} and not {b:?}"))
                })*
                _ => None,
            }
        };
    }
    differ!(I8, I16, I32, I64, U8, U16, U32, U64, Bool).unwrap_or_default()
}

fn floats(tensor: &Tensor) -> Vec<f64> {
    match tensor.data() {
        Data::F32(values) => values.iter().map(|v| f64::from(*v)).collect(),
        Data::F64(values) => values.to_vec(),
        Data::F16(values) => values.iter().copied().map(f16::to_f64).collect(),
        Data::BF16(values) => values.iter().copied().map(bf16::to_f64).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn differences_are_told() {
    let row = |values: [f32; 3]| [Tensor::row(values.to_vec())];
    assert_eq!(all(&row([1.0, f32::NAN, f32::INFINITY]), &row([1.0005, f32::NAN, f32::INFINITY])), Ok(()));
    assert!(all(&row([1.0, 0.0, 0.0]), &row([1.0, 0.0, 2e-5])).is_err());
    assert!(all(&row([f32::INFINITY; 3]), &row([1.0; 3])).is_err());
    assert!(
        all(&[], &row([0.0; 3])).is_err() && all(&[Tensor::scalar(1_i32)], &[Tensor::scalar(2_i32)]).is_err()
    );
    assert!(all(&[Tensor::scalar(1_i32)], &[Tensor::scalar(1_i64)]).is_err());
    assert!(all(&[Tensor::scalar(1_i32)], &[Tensor::row(vec![1_i32])]).is_err());
}
