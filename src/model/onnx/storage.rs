//! Stored tensors: the ways in which a file holds elements, made into a [`Tensor`].
//!
//! A shape is believed only as far as the bytes that are there bear it out: nothing is allocated on the word of a
//! shape alone. Data in files of their own are read from beside the model and from nowhere else.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use half::{bf16, f16};

use super::super::infer::MOST_AXES;
use super::super::tensor::{DType, Data, Tensor, count};
use super::wire;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// The type that a number of the format stands for.
pub(super) fn dtype(number: i32) -> Result<DType> {
    Ok(match number {
        1 => DType::F32,
        2 => DType::U8,
        3 => DType::I8,
        4 => DType::U16,
        5 => DType::I16,
        6 => DType::I32,
        7 => DType::I64,
        9 => DType::Bool,
        10 => DType::F16,
        11 => DType::F64,
        12 => DType::U32,
        13 => DType::U64,
        16 => DType::BF16,
        other => {
            let name = match other {
                8 => "string",
                14 => "complex64",
                15 => "complex128",
                17 => "float8e4m3fn",
                18 => "float8e4m3fnuz",
                19 => "float8e5m2",
                20 => "float8e5m2fnuz",
                21 => "uint4",
                22 => "int4",
                23 => "float4e2m1",
                24 => "float8e8m0",
                25 => "uint2",
                26 => "int2",
                _ => return Err(format(format!("{other} is not the number of an element type"))),
            };
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("elements of type {name} are not supported"),
            ));
        }
    })
}

fn format(what: String) -> Error {
    Error::new(ErrorKind::Format, what)
}

/// The elements of a stored tensor. `folder`: where files of external data lie, if the model came from a folder.
pub(super) fn tensor(stored: &wire::Tensor, folder: Option<&Path>) -> Result<Tensor> {
    elements(stored, folder).at(|| Place::none().key(stored.name.clone()))
}

fn elements(stored: &wire::Tensor, folder: Option<&Path>) -> Result<Tensor> {
    let dtype = dtype(stored.data_type)?;
    if stored.dims.len() > MOST_AXES {
        let what = format!("a tensor of {} axes; the most is {MOST_AXES}", stored.dims.len());
        return Err(Error::new(ErrorKind::Limit, what));
    }
    let shape: Vec<usize> = stored
        .dims
        .iter()
        .map(|n| usize::try_from(*n).map_err(|_| format(format!("a tensor has an axis of length {n}"))))
        .collect::<Result<_>>()?;
    let wanted = count(&shape)
        .and_then(|n| n.checked_mul(dtype.size()).map(|_| n))
        .ok_or_else(|| Error::new(ErrorKind::Limit, format!("the shape {shape:?} is too large to count")))?;
    let data = if stored.data_location == 1 {
        raw(dtype, &external(stored, folder, wanted, dtype.size())?)
    } else if let Some(bytes) = stored.raw_data.as_ref().filter(|bytes| !bytes.is_empty() || wanted == 0) {
        if Some(bytes.len()) != wanted.checked_mul(dtype.size()) {
            let what = format!("{} bytes do not make {} of shape {shape:?}", bytes.len(), dtype.name());
            return Err(format(what));
        }
        raw(dtype, bytes)
    } else {
        typed(dtype, stored)?
    };
    if data.len() != wanted {
        return Err(format(format!("{} elements do not make the shape {shape:?}", data.len())));
    }
    Tensor::of(&shape, data)
}

/// Elements in little-endian order; bytes that do not make a whole element are left off.
fn raw(dtype: DType, bytes: &[u8]) -> Data {
    macro_rules! numbers {
        ($name:ident, $type:ty, $size:literal) => {
            Data::$name(Arc::new(
                bytes.as_chunks::<$size>().0.iter().map(|b| <$type>::from_le_bytes(*b)).collect(),
            ))
        };
    }
    match dtype {
        DType::F32 => numbers!(F32, f32, 4),
        DType::F64 => numbers!(F64, f64, 8),
        DType::F16 => numbers!(F16, f16, 2),
        DType::BF16 => numbers!(BF16, bf16, 2),
        DType::I8 => numbers!(I8, i8, 1),
        DType::I16 => numbers!(I16, i16, 2),
        DType::I32 => numbers!(I32, i32, 4),
        DType::I64 => numbers!(I64, i64, 8),
        DType::U8 => Data::U8(Arc::new(bytes.to_vec())),
        DType::U16 => numbers!(U16, u16, 2),
        DType::U32 => numbers!(U32, u32, 4),
        DType::U64 => numbers!(U64, u64, 8),
        DType::Bool => Data::Bool(Arc::new(bytes.iter().map(|b| *b != 0).collect())),
    }
}

/// Elements in the list that the type has in the format.
fn typed(dtype: DType, stored: &wire::Tensor) -> Result<Data> {
    fn all<S: Copy + std::fmt::Display, T>(list: &[S], to: impl Fn(S) -> Option<T>) -> Result<Arc<Vec<T>>> {
        let one =
            |n: &S| to(*n).ok_or_else(|| format(format!("{n} is outside the range of its element type")));
        Ok(Arc::new(list.iter().map(one).collect::<Result<_>>()?))
    }
    // Narrow types are stored in wider lists; the bits of half-wide floats are stored as numbers.
    let bits = |n: i32| u16::try_from(n).ok().or_else(|| i16::try_from(n).ok().map(i16::cast_unsigned));
    let small = &stored.int32_data;
    Ok(match dtype {
        DType::F32 => Data::F32(Arc::new(stored.float_data.clone())),
        DType::F64 => Data::F64(Arc::new(stored.double_data.clone())),
        DType::I64 => Data::I64(Arc::new(stored.int64_data.clone())),
        DType::U64 => Data::U64(Arc::new(stored.uint64_data.clone())),
        DType::U32 => Data::U32(all(&stored.uint64_data, |n| u32::try_from(n).ok())?),
        DType::I32 => Data::I32(Arc::new(small.clone())),
        DType::I16 => Data::I16(all(small, |n| i16::try_from(n).ok())?),
        DType::I8 => Data::I8(all(small, |n| i8::try_from(n).ok())?),
        DType::U16 => Data::U16(all(small, |n| u16::try_from(n).ok())?),
        DType::U8 => Data::U8(all(small, |n| u8::try_from(n).ok())?),
        DType::Bool => Data::Bool(all(small, |n| Some(n != 0))?),
        DType::F16 => Data::F16(all(small, |n| bits(n).map(f16::from_bits))?),
        DType::BF16 => Data::BF16(all(small, |n| bits(n).map(bf16::from_bits))?),
    })
}

/// The bytes of a tensor whose elements lie in a file beside the model.
fn external(stored: &wire::Tensor, folder: Option<&Path>, wanted: usize, size: usize) -> Result<Vec<u8>> {
    let folder = folder.ok_or_else(|| {
        format(
            "the elements of a tensor lie in another file, and this model came without a folder".to_owned(),
        )
        .remedy("read the model from its folder")
    })?;
    let entry = |key: &str| stored.external_data.iter().find(|e| e.key == key).map(|e| e.value.as_str());
    let number = |key: &str| match entry(key) {
        None => Ok(None),
        Some(text) => match text.trim().parse::<u64>() {
            Ok(n) => Ok(Some(n)),
            Err(_) => Err(format(format!("external data: {key} '{text}' is not a number"))),
        },
    };
    let location = entry("location").ok_or_else(|| format("external data without a location".to_owned()))?;
    let path = inside(folder, location)?;
    let bytes = wanted
        .checked_mul(size)
        .and_then(|n| u64::try_from(n).ok())
        .ok_or_else(|| Error::new(ErrorKind::Limit, "external data too large to count"))?;
    let offset = number("offset")?.unwrap_or(0);
    if let Some(length) = number("length")?
        && length != bytes
    {
        return Err(format(format!("external data of {length} bytes; the shape needs {bytes}")));
    }
    read(&path, offset, bytes).at(|| Place::none().file(&path))
}

/// A place in the folder; a name that leads out of it, by itself or through a link, is refused.
fn inside(folder: &Path, location: &str) -> Result<PathBuf> {
    let relative = Path::new(location);
    let plain = relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    let leaves = || {
        format(format!("external data at '{location}', which is not inside the model's folder"))
            .remedy("move the data beside the model")
    };
    if location.is_empty() || location.contains('\0') || !plain {
        return Err(leaves());
    }
    let path = folder.join(relative);
    let real = path.canonicalize().map_err(|e| Error::io("open", e)).at(|| Place::none().file(&path))?;
    let home = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let home = home.canonicalize().map_err(|e| Error::io("open", e)).at(|| Place::none().file(home))?;
    if real.starts_with(&home) { Ok(real) } else { Err(leaves()) }
}

fn read(path: &Path, offset: u64, bytes: u64) -> Result<Vec<u8>> {
    let mut file = File::open(path).map_err(|e| Error::io("open", e))?;
    let about = file.metadata().map_err(|e| Error::io("read", e))?;
    // Asked before a byte is set aside: a shape alone must not take the memory.
    if !about.is_file() || offset.checked_add(bytes).is_none_or(|end| end > about.len()) {
        let what = format!("{bytes} bytes from byte {offset} on are wanted; the file has {}", about.len());
        return Err(format(what));
    }
    file.seek(SeekFrom::Start(offset)).map_err(|e| Error::io("read", e))?;
    let room = usize::try_from(bytes).map_err(|_| Error::new(ErrorKind::Limit, "external data too large"))?;
    let mut data = Vec::with_capacity(room);
    file.take(bytes).read_to_end(&mut data).map_err(|e| Error::io("read", e))?;
    Ok(data)
}
