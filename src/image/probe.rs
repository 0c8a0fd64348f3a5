//! [`probe`]: the header of an image file, without decoding a pixel.

use super::header::Header;
use crate::error::{Error, ErrorKind, Place, Result};

/// The header of a file that is in memory.
///
/// # Errors
/// `Format` for what is no image, or breaks off in its header.
pub fn probe(bytes: &[u8]) -> Result<Header> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    probe_with(length, |from, count| {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let rest = bytes.get(from..).unwrap_or_default();
        Ok(rest.get(..count).unwrap_or(rest).to_vec())
    })
}

/// The header of a file of `length` bytes, of which only what is needed is read: `read(from, count)` gives
/// `count` bytes from byte `from` on, or as many as there are. As a rule it is called once.
///
/// # Errors
/// As [`probe`], and those of `read`.
pub fn probe_with(length: u64, read: impl FnMut(u64, usize) -> Result<Vec<u8>>) -> Result<Header> {
    let (_, _) = (length, read);
    Err(Error::new(ErrorKind::Unsupported, "probing").at(Place::area("image")))
}
