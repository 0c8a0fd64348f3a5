//! A column of image files: bytes stored unchanged, or paths, or null.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, FixedSizeBinaryArray, StructArray};
use arrow_buffer::{Buffer, NullBufferBuilder};
use arrow_schema::DataType;

use crate::convert::column::{Ends, Texts};
use crate::error::Result;
use crate::place::Tree;
use crate::schema::field;

/// The most bytes that one file may have: what 32-bit offsets reach.
const MOST: usize = 0x7fff_ffff;

/// Builder of one image column, of type [`field::image_type`], and of the hashes of its stored bytes.
#[derive(Debug)]
pub(in crate::convert) struct ImageColumn {
    ends: Ends,
    bytes: Vec<u8>,
    bytes_valid: NullBufferBuilder,
    paths: Texts,
    valid: NullBufferBuilder,
    hashes: Option<Hashes>,
    /// Where the bytes of the file pushed last begin.
    last: usize,
}

#[derive(Debug)]
struct Hashes {
    values: Vec<u8>,
    valid: NullBufferBuilder,
}

impl ImageColumn {
    /// An empty column, which counts hashes if told to.
    pub(in crate::convert) fn new(hashed: bool) -> ImageColumn {
        let hashes = || Hashes { values: Vec::new(), valid: NullBufferBuilder::new(0) };
        ImageColumn {
            ends: Ends::new(),
            bytes: Vec::new(),
            bytes_valid: NullBufferBuilder::new(0),
            paths: Texts::new(),
            valid: NullBufferBuilder::new(0),
            hashes: hashed.then(hashes),
            last: 0,
        }
    }

    pub(in crate::convert) fn len(&self) -> usize {
        self.valid.len()
    }

    /// How many bytes the builders hold, about.
    pub(in crate::convert) fn held(&self) -> usize {
        self.bytes.len() + self.paths.bytes() + self.hashes.as_ref().map_or(0, |h| h.values.len())
    }

    /// The bytes of the row that was pushed last, if they are stored.
    pub(super) fn last_bytes(&self) -> &[u8] {
        self.bytes.get(self.last..).unwrap_or_default()
    }

    /// A row that has no file.
    pub(in crate::convert) fn push_null(&mut self) {
        self.paths.push_null();
        self.no_bytes();
        self.valid.append_null();
    }

    /// A row whose file is at this path below a root.
    pub(in crate::convert) fn push_path(&mut self, path: &str) -> Result<()> {
        self.paths.push(path)?;
        self.no_bytes();
        self.valid.append_non_null();
        Ok(())
    }

    /// A row that holds the bytes of a file, read once, straight into the buffer that will be written. Gives
    /// their number.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`] for a file of 2 GB or more; those of the tree.
    pub(in crate::convert) fn push_file(&mut self, tree: &Tree, member: &str) -> Result<u64> {
        let start = self.bytes.len();
        let read = tree.read_onto(member, &mut self.bytes, MOST)?;
        self.end_bytes(start)?;
        Ok(u64::try_from(read).unwrap_or(u64::MAX))
    }

    /// A row that holds these bytes, the content of a file.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`] for 2 GB or more.
    pub(in crate::convert) fn push_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.end_bytes(start)
    }

    /// Ends a row whose bytes begin at `start`.
    fn end_bytes(&mut self, start: usize) -> Result<()> {
        self.last = start;
        self.ends.push(self.bytes.len())?;
        self.bytes_valid.append_non_null();
        if let Some(hashes) = &mut self.hashes {
            let hash = blake3::hash(self.bytes.get(start..).unwrap_or_default());
            hashes.values.extend(hash.as_bytes().iter().take(16));
            hashes.valid.append_non_null();
        }
        self.paths.push_null();
        self.valid.append_non_null();
        Ok(())
    }

    fn no_bytes(&mut self) {
        self.last = self.bytes.len();
        self.ends.push_empty();
        self.bytes_valid.append_null();
        if let Some(hashes) = &mut self.hashes {
            hashes.values.extend([0; 16]);
            hashes.valid.append_null();
        }
    }

    /// The column and, if counted, the hashes; empty again.
    pub(in crate::convert) fn finish(&mut self) -> Result<(ArrayRef, Option<ArrayRef>)> {
        // The next batch will be about as large: its buffer is made at once, not grown by copying.
        let next = Vec::with_capacity(self.bytes.len());
        let bytes = Buffer::from_vec(std::mem::replace(&mut self.bytes, next));
        let bytes = BinaryArray::try_new(self.ends.finish(), bytes, self.bytes_valid.finish())?;
        let members: Vec<ArrayRef> = vec![Arc::new(bytes), self.paths.finish()?];
        let fields = match field::image_type() {
            DataType::Struct(fields) => fields,
            _ => arrow_schema::Fields::empty(),
        };
        let images = StructArray::try_new(fields, members, self.valid.finish())?;
        let hashes = match &mut self.hashes {
            Some(Hashes { values, valid }) => {
                let values = Buffer::from_vec(std::mem::take(values));
                let array: ArrayRef = Arc::new(FixedSizeBinaryArray::try_new(16, values, valid.finish())?);
                Some(array)
            }
            None => None,
        };
        Ok((Arc::new(images), hashes))
    }
}
