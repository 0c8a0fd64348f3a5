//! ONNX models, read into a [`Graph`]: the subset of the format that `schemas/onnx.proto` writes down.
//!
//! Operators of versions 1 to 27 become those of [`super::op`], attributes of older versions constant inputs. What
//! cannot be run is refused here, all of it in one error, by operator and node. A file may be damaged or hostile:
//! reading ends in a graph or an error, in bounded time. Nothing here computes.

mod attributes;
mod build;
mod call;
mod census;
mod order;
mod scope;
mod storage;
mod translate;
mod wire;

#[cfg(test)]
mod tests;

use std::path::Path;

use prost::Message;
use prost::bytes::Bytes;

use super::graph::Graph;
use super::infer::Evaluate;
use super::tensor::Tensor;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// A file of more bytes is not read; the format itself ends at 2 GiB, larger weights lie in files of their own.
const MOST_BYTES: u64 = 1 << 31;

/// Reads the model in a file; weights in files of their own are read from the same folder.
///
/// # Errors
/// `Io` and its kin if the file cannot be read, `Format` for a damaged file, `Unsupported` for a sound one with
/// operators, types or versions that cannot be run, each named, `Limit` for one too large.
pub fn read(path: &Path) -> Result<Graph> {
    read_with(path, None)
}

/// As [`read`]; `evaluate` computes small constants, so that branches and loops that depend on them can be read too.
///
/// # Errors
/// As [`read`].
pub fn read_with(path: &Path, evaluate: Option<&Evaluate<'_>>) -> Result<Graph> {
    let place = || Place::area("onnx").file(path);
    let about = std::fs::metadata(path).map_err(|e| Error::io("open", e)).at(place)?;
    if about.len() > MOST_BYTES {
        let what = format!("a model file of {} bytes; the most is {MOST_BYTES}", about.len());
        return Err(Error::new(ErrorKind::Limit, what).at(place()));
    }
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", e)).at(place)?;
    decode(Bytes::from(bytes), path.parent(), evaluate).at(place)
}

/// Reads a model from memory. `folder`: where weights in files of their own lie.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8], folder: Option<&Path>) -> Result<Graph> {
    decode(Bytes::copy_from_slice(bytes), folder, None).at(|| Place::area("onnx"))
}

fn decode(bytes: Bytes, folder: Option<&Path>, evaluate: Option<&Evaluate<'_>>) -> Result<Graph> {
    census::count(&bytes)?;
    let model = wire::Model::decode(bytes).map_err(|e| broken(&e))?;
    scope::model(&model, folder, evaluate)
}

/// Reads a tensor in a file of its own, as ONNX's test data are (`input_0.pb`).
///
/// # Errors
/// `Format` for a damaged one, `Unsupported` for elements of another kind than numbers.
pub fn tensor(bytes: &[u8]) -> Result<Tensor> {
    let stored = wire::Tensor::decode(bytes).map_err(|e| broken(&e));
    stored.and_then(|stored| storage::tensor(&stored, None)).at(|| Place::area("onnx"))
}

fn broken(error: &prost::DecodeError) -> Error {
    Error::new(ErrorKind::Format, format!("not an ONNX file, or a damaged one: {error}"))
}
