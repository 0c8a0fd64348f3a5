//! Tensors of the host as words of 32 bits on the device, and back.
//!
//! The invariant: no number changes silently on the way. Whole numbers of 64 bits go as 32 and are checked; types
//! without a word are refused. A result of 64 bits that lies at the end of 32 may have been cut, and is refused.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Result};
use crate::model::tensor::{DType, Data, Tensor};

/// The elements as words.
///
/// # Errors
/// `Limit` for whole numbers over 32 bits; `Unsupported` for types without a word.
pub(super) fn pack(tensor: &Tensor) -> Result<Cow<'_, [u32]>> {
    Ok(Cow::Owned(match tensor.data() {
        Data::F32(v) => return Ok(Cow::Borrowed(bytemuck::cast_slice(v))),
        Data::I32(v) => v.iter().map(|n| n.cast_unsigned()).collect(),
        Data::U32(v) => return Ok(Cow::Borrowed(v)),
        Data::I8(v) => v.iter().map(|n| i32::from(*n).cast_unsigned()).collect(),
        Data::I16(v) => v.iter().map(|n| i32::from(*n).cast_unsigned()).collect(),
        Data::U8(v) => v.iter().map(|n| u32::from(*n)).collect(),
        Data::U16(v) => v.iter().map(|n| u32::from(*n)).collect(),
        Data::Bool(v) => v.iter().map(|n| u32::from(*n)).collect(),
        Data::I64(v) => v.iter().map(|n| narrow(*n)).collect::<Result<_>>()?,
        Data::F64(_) | Data::F16(_) | Data::BF16(_) | Data::U64(_) => {
            let what = format!("elements of type {} are not brought to the device", tensor.dtype().name());
            return Err(Error::new(ErrorKind::Unsupported, what).remedy("convert the model to 32-bit floats"));
        }
    }))
}

fn narrow(number: i64) -> Result<u32> {
    // ONNX writes "to the end" as the largest number; an index or limit means the same when it is cut to 32 bits.
    if number == i64::MAX {
        return Ok(i32::MAX.cast_unsigned());
    }
    i32::try_from(number).map(i32::cast_unsigned).map_err(|_| {
        Error::new(ErrorKind::Limit, format!("{number} needs more than the 32 bits of a device number"))
            .remedy("run the model on the processor")
    })
}

/// Words as elements of a type.
///
/// # Errors
/// `Length` if there are too few or too many; `Limit` if a 64-bit number lies at the end of 32 bits.
pub(super) fn unpack(words: &[u32], dtype: DType, shape: &[usize]) -> Result<Tensor> {
    let signed = |word: &u32| word.cast_signed();
    // Kernels keep narrow numbers wrapped to their type: the low bits are the number.
    let low = |word: &u32| word.to_le_bytes();
    match dtype {
        DType::F32 => Tensor::new(shape, bytemuck::cast_slice::<u32, f32>(words).to_vec()),
        DType::U32 => Tensor::new(shape, words.to_vec()),
        DType::I32 => Tensor::new(shape, words.iter().map(signed).collect::<Vec<_>>()),
        DType::Bool => Tensor::new(shape, words.iter().map(|word| *word != 0).collect::<Vec<_>>()),
        DType::U8 => Tensor::new(shape, words.iter().map(|word| low(word)[0]).collect::<Vec<_>>()),
        DType::I8 => {
            Tensor::new(shape, words.iter().map(|word| low(word)[0].cast_signed()).collect::<Vec<_>>())
        }
        DType::U16 => {
            let number = |word: &u32| u16::from_le_bytes([low(word)[0], low(word)[1]]);
            Tensor::new(shape, words.iter().map(number).collect::<Vec<_>>())
        }
        DType::I16 => {
            let number = |word: &u32| i16::from_le_bytes([low(word)[0], low(word)[1]]);
            Tensor::new(shape, words.iter().map(number).collect::<Vec<_>>())
        }
        DType::I64 => {
            if words.iter().any(|word| matches!(word.cast_signed(), i32::MAX | i32::MIN)) {
                return Err(Error::new(
                    ErrorKind::Limit,
                    "a result of 64 bits reached the end of 32 on the device",
                )
                .remedy("run the model on the processor"));
            }
            Tensor::new(shape, words.iter().map(|word| i64::from(word.cast_signed())).collect::<Vec<_>>())
        }
        DType::F64 | DType::F16 | DType::BF16 | DType::U64 => {
            Err(Error::new(ErrorKind::Unsupported, format!("no result has the type {}", dtype.name())))
        }
    }
}
