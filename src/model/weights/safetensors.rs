//! Tensors behind a header of JSON (`.safetensors`): a length of eight bytes, the header, then elements.
//!
//! The format is that of Hugging Face's safetensors, version 0.x. As its own reader does, this one refuses offsets that
//! overlap, leave holes or do not make their shapes; so a file has one meaning, and every byte of it is told.

use std::collections::HashSet;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::super::infer::MOST_AXES;
use super::super::tensor::{DType, Tensor, count};
use super::elements::{self, ended};
use super::npz::Source;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// The longest header, as the format has it.
const MOST_HEADER: u64 = 100_000_000;
/// What is no tensor.
const METADATA: &str = "__metadata__";

/// A file of tensors.
pub(super) struct File {
    source: Mutex<Box<dyn Source>>,
    /// Where elements begin.
    start: u64,
    entries: Vec<(String, Entry)>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// The header in its order; a name that is there twice would be silently lost in a map.
struct Entries(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Entries, A::Error> {
                let (mut entries, mut seen) = (Vec::new(), HashSet::new());
                while let Some(name) = map.next_key::<String>()? {
                    if !seen.insert(name.clone()) {
                        return Err(serde::de::Error::custom(format_args!("'{name}' is there twice")));
                    }
                    if name == METADATA {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        entries.push((name, map.next_value()?));
                    }
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(Names)
    }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Format, what)
}

impl File {
    /// Reads and checks the header.
    pub(super) fn open(mut source: Box<dyn Source>) -> Result<File> {
        let all = source.seek(SeekFrom::End(0)).map_err(ended)?;
        source.seek(SeekFrom::Start(0)).map_err(ended)?;
        let mut length = [0_u8; 8];
        source.read_exact(&mut length).map_err(ended)?;
        let length = u64::from_le_bytes(length);
        if length > MOST_HEADER {
            let what = format!("a header of {length} bytes; the most is {MOST_HEADER}");
            return Err(Error::new(ErrorKind::Limit, what));
        }
        let start = length.saturating_add(8);
        let data = all.checked_sub(start).ok_or_else(|| wrong("it ends in its header"))?;
        let mut header = vec![0_u8; usize::try_from(length).unwrap_or(0)];
        source.read_exact(&mut header).map_err(ended)?;
        let Entries(entries) =
            serde_json::from_slice(&header).map_err(|e| wrong(format!("its header is damaged: {e}")))?;
        check(&entries, data)?;
        Ok(File { source: Mutex::new(source), start, entries })
    }

    /// The names of the tensors, in the order of the header.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// Type and shape of a tensor, by its place among the keys.
    pub(super) fn about(&self, place: usize) -> Result<(DType, Vec<usize>)> {
        let (name, entry) = self.entry(place)?;
        let dtype = element_type(&entry.dtype).at(|| Place::none().key(name.clone()))?;
        Ok((dtype, entry.shape.clone()))
    }

    /// A tensor, by its place among the keys.
    pub(super) fn tensor(&self, place: usize) -> Result<Tensor> {
        let (name, entry) = self.entry(place)?;
        self.elements(entry).at(|| Place::none().key(name.clone()))
    }

    fn entry(&self, place: usize) -> Result<&(String, Entry)> {
        self.entries.get(place).ok_or_else(|| wrong("there is no such tensor"))
    }

    fn elements(&self, entry: &Entry) -> Result<Tensor> {
        let dtype = element_type(&entry.dtype)?;
        let all = count(&entry.shape).ok_or_else(|| wrong("its shape is too large to count"))?;
        let [first, end] = entry.data_offsets;
        let there = usize::try_from(end.saturating_sub(first)).unwrap_or(0);
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.seek(SeekFrom::Start(self.start.saturating_add(first))).map_err(ended)?;
        Tensor::of(&entry.shape, elements::read(&mut *source, dtype, false, all, there)?)
    }
}

/// Offsets are within the data, one behind the other without holes, and make their shapes.
fn check(entries: &[(String, Entry)], data: u64) -> Result<()> {
    let mut spans = Vec::with_capacity(entries.len());
    for (name, entry) in entries {
        let at = || Place::none().key(name.clone());
        let [first, end] = entry.data_offsets;
        if first > end || end > data {
            let what = format!("bytes {first} to {end} of {data}");
            return Err(wrong(what).at(at()));
        }
        if entry.shape.len() > MOST_AXES {
            let what = format!("{} axes; the most is {MOST_AXES}", entry.shape.len());
            return Err(Error::new(ErrorKind::Limit, what).at(at()));
        }
        // Types that are not known here are refused when they are asked for.
        if let Ok(dtype) = element_type(&entry.dtype) {
            let bytes = count(&entry.shape)
                .and_then(|n| n.checked_mul(dtype.size()))
                .and_then(|n| u64::try_from(n).ok());
            if bytes != Some(end.saturating_sub(first)) {
                let what = format!(
                    "{} bytes do not make {} of shape {:?}",
                    end.saturating_sub(first),
                    entry.dtype,
                    entry.shape
                );
                return Err(wrong(what).at(at()));
            }
        }
        spans.push((first, end, name));
    }
    spans.sort_unstable();
    let mut reached = 0;
    for (first, end, name) in spans {
        if first != reached {
            let what = match first < reached {
                true => format!(
                    "it shares bytes with another: it begins at {first}, the one before ends at {reached}"
                ),
                false => format!("no tensor has the bytes {reached} to {first} before it"),
            };
            return Err(wrong(what).at(Place::none().key(name.clone())));
        }
        reached = end;
    }
    match reached == data {
        true => Ok(()),
        false => Err(wrong(format!("no tensor has the bytes {reached} to {data}"))),
    }
}

fn element_type(name: &str) -> Result<DType> {
    Ok(match name {
        "F16" => DType::F16,
        "BF16" => DType::BF16,
        "F32" => DType::F32,
        "F64" => DType::F64,
        "I8" => DType::I8,
        "I16" => DType::I16,
        "I32" => DType::I32,
        "I64" => DType::I64,
        "U8" => DType::U8,
        "U16" => DType::U16,
        "U32" => DType::U32,
        "U64" => DType::U64,
        "BOOL" => DType::Bool,
        other => {
            let what = format!("elements of type '{other}' are not supported");
            return Err(Error::new(ErrorKind::Unsupported, what));
        }
    })
}
