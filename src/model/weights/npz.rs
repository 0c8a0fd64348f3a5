//! A zip archive of NumPy's arrays (`.npz`), stored or deflated; each is read when it is asked for.
//!
//! The directory is checked when the archive is opened: names are there once, no members share bytes, and none says that
//! it unpacks to more than it can. Members that are no arrays are passed over.

use std::io::{Read, Seek};
use std::sync::{Mutex, PoisonError};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::super::tensor::{DType, Tensor};
use super::elements::ended;
use super::npy::Header;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// Where the bytes of a file come from.
pub(super) trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// Deflate makes one byte of no more than 1032; what says more is a lie.
const MOST_RATIO: u64 = 1040;
/// Arrays of more bytes are not made of so few: weights are noise, and hardly shrink.
const LARGE: u64 = 64 << 20;
const LARGE_RATIO: u64 = 200;

/// An archive of arrays.
pub(super) struct Archive {
    zip: Mutex<ZipArchive<Box<dyn Source>>>,
    members: Vec<Member>,
}

struct Member {
    key: String,
    place: usize,
    packed: u64,
    unpacked: u64,
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Format, what)
}

fn damaged(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => ended(error),
        ZipError::UnsupportedArchive(what) => {
            Error::new(ErrorKind::Unsupported, format!("it is packed in a way that is not supported: {what}"))
        }
        other => wrong(format!("the zip archive is damaged: {other}")),
    }
}

impl Archive {
    /// Reads and checks the directory.
    pub(super) fn open(source: Box<dyn Source>) -> Result<Archive> {
        let mut zip = ZipArchive::new(source).map_err(damaged)?;
        if zip.has_duplicate_names() {
            return Err(wrong("two members of the zip archive have one name"));
        }
        if zip.has_overlapping_entries().map_err(damaged)? {
            return Err(wrong("members of the zip archive overlap")
                .remedy("it is damaged, or made to unpack without end; fetch it again or leave it"));
        }
        let mut members = Vec::new();
        for place in 0..zip.len() {
            let member = zip.by_index_raw(place).map_err(damaged)?;
            let name = member.name().map_err(damaged)?.into_owned();
            if name.ends_with("/data.pkl") || name == "data.pkl" {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "it is a checkpoint of torch, whose tensors are told by a pickle, a program that is not run",
                )
                .remedy("load it with torch.load(weights_only=True), then safetensors.torch.save_file or numpy.savez"));
            }
            let Some(key) = name.strip_suffix(".npy") else { continue };
            let (packed, unpacked) = (member.compressed_size(), member.size());
            let at = || Place::none().key(key);
            let stored = member.compression() == CompressionMethod::Stored;
            if (stored && packed != unpacked) || unpacked > packed.saturating_mul(MOST_RATIO) {
                let what = format!("{packed} bytes that say they are {unpacked}");
                return Err(wrong(what).at(at()));
            }
            if unpacked > LARGE && unpacked > packed.saturating_mul(LARGE_RATIO) {
                let what = format!("{packed} bytes unpack to {unpacked}, which no weights do");
                return Err(Error::new(ErrorKind::Limit, what)
                    .at(at())
                    .remedy("save it without compression"));
            }
            members.push(Member { key: key.to_owned(), place, packed, unpacked });
        }
        Ok(Archive { zip: Mutex::new(zip), members })
    }

    /// The names of the arrays, in the order of the archive.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.key.as_str())
    }

    /// Type and shape of an array, by its place among the keys.
    pub(super) fn about(&self, place: usize) -> Result<(DType, Vec<usize>)> {
        self.with(place, |_, header, _| Ok((header.dtype, header.shape)))
    }

    /// An array, by its place among the keys.
    pub(super) fn tensor(&self, place: usize) -> Result<Tensor> {
        self.with(place, |member, header, reader| {
            // Bytes that are stored are there; what is packed has to show itself first.
            let there = if member.packed == member.unpacked { member.unpacked } else { 0 };
            let tensor = header.elements(reader, usize::try_from(there).unwrap_or(0))?;
            // The checksum is compared at the end.
            match reader.read(&mut [0]).map_err(ended)? {
                0 => Ok(tensor),
                _ => Err(wrong("it goes on behind its elements")),
            }
        })
    }

    fn with<T>(
        &self,
        place: usize,
        take: impl FnOnce(&Member, Header, &mut dyn Read) -> Result<T>,
    ) -> Result<T> {
        let member = self.members.get(place).ok_or_else(|| wrong("there is no such array"))?;
        let mut zip = self.zip.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = zip.by_index(member.place).map_err(damaged)?;
        let read = Header::read(&mut file).and_then(|header| match header.bytes() {
            Some(bytes) if bytes == member.unpacked => take(member, header, &mut file),
            _ => {
                let what = format!("{} bytes do not make its shape {:?}", member.unpacked, header.shape);
                Err(wrong(what))
            }
        });
        read.at(|| Place::none().key(member.key.clone()))
    }
}
