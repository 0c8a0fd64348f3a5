//! Run lengths to and from a byte a pixel.
//!
//! Runs go down columns, pictures lie in rows. Both directions work on a few columns at a time, so that
//! each row is touched once a block and not once a column; the blocks change nothing but the speed.

use super::Rle;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{Bitmap, Size};

/// Columns handled together: a cache line of each row.
const BLOCK: usize = 64;

impl Rle {
    /// A mask from row-major bytes; any byte but 0 is inside.
    ///
    /// ```
    /// use lensframe::geometry::{Rle, Size};
    /// let mask = Rle::from_pixels(Size::new(2, 3), &[0, 1, 1, 0, 1, 0])?;
    /// assert_eq!(mask.counts(), [2, 3, 1]);
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Length` if there are not height × width bytes; `Limit` at 2^32 pixels and more.
    pub fn from_pixels(size: Size, pixels: &[u8]) -> Result<Rle> {
        check_len(size, pixels)?;
        let (height, width) = (size.height as usize, size.width as usize);
        let mut collect = Collect::default();
        let mut block = vec![0u8; height * BLOCK.min(width)];
        for x in (0..width).step_by(BLOCK) {
            let columns = BLOCK.min(width - x);
            for (y, row) in pixels.chunks_exact(width).enumerate() {
                for (i, pixel) in row[x..x + columns].iter().enumerate() {
                    block[i * height + y] = u8::from(*pixel != 0);
                }
            }
            collect.extend(&block[..height * columns]);
        }
        Ok(Rle::from_canonical(size, collect.finish()))
    }

    /// A mask from column-major bytes (NumPy's order `'F'`, which pycocotools wants); any byte but 0 is
    /// inside. Errors as [`Rle::from_pixels`].
    pub fn from_columns(size: Size, pixels: &[u8]) -> Result<Rle> {
        check_len(size, pixels)?;
        let mut collect = Collect::default();
        let mut block = [0u8; 4096];
        for part in pixels.chunks(block.len()) {
            let block = &mut block[..part.len()];
            for (to, from) in block.iter_mut().zip(part) {
                *to = u8::from(*from != 0);
            }
            collect.extend(block);
        }
        Ok(Rle::from_canonical(size, collect.finish()))
    }

    /// The mask as row-major bytes, 1 inside and 0 outside.
    ///
    /// # Errors
    /// `Limit` above [`MAX_PIXELS`](crate::geometry::MAX_PIXELS).
    pub fn to_pixels(&self) -> Result<Vec<u8>> {
        let size = self.size();
        let mut out = vec![0u8; size.byte_pixels()?];
        let (height, width) = (size.height as usize, size.width as usize);
        if out.is_empty() {
            return Ok(out);
        }
        let mut spans = self.inside().map(|(first, end)| (first as usize, end as usize)).peekable();
        let mut block = vec![0u8; height * BLOCK.min(width)];
        for x in (0..width).step_by(BLOCK) {
            let columns = BLOCK.min(width - x);
            let (from, to) = (x * height, (x + columns) * height);
            // Columns without a pixel inside are 0 already.
            if spans.peek().is_none_or(|(first, _)| *first >= to) {
                continue;
            }
            block.fill(0);
            while let Some((first, end)) = spans.peek().copied().filter(|(first, _)| *first < to) {
                block[first.max(from) - from..end.min(to) - from].fill(1);
                if end > to {
                    break; // goes on in the next block
                }
                spans.next();
            }
            for (y, row) in out.chunks_exact_mut(width).enumerate() {
                for (i, pixel) in row[x..x + columns].iter_mut().enumerate() {
                    *pixel = block[i * height + y];
                }
            }
        }
        Ok(out)
    }

    /// The mask as column-major bytes, 1 inside and 0 outside. Errors as [`Rle::to_pixels`].
    pub fn to_columns(&self) -> Result<Vec<u8>> {
        let mut out = vec![0u8; self.size().byte_pixels()?];
        for (first, end) in self.inside() {
            out[first as usize..end as usize].fill(1);
        }
        Ok(out)
    }

    /// The mask as a [`Bitmap`]. Errors as [`Rle::to_pixels`].
    pub fn to_bitmap(&self) -> Result<Bitmap> {
        Bitmap::from_pixels(self.size(), &self.to_pixels()?)
    }
}

impl From<&Bitmap> for Rle {
    /// The same mask as runs; a bitmap's size is within every limit of theirs.
    fn from(map: &Bitmap) -> Rle {
        Rle::from_pixels(map.size(), map.pixels()).unwrap_or_default()
    }
}

fn check_len(size: Size, pixels: &[u8]) -> Result<()> {
    if u64::from(size.run_pixels()?) == pixels.len() as u64 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Length, format!("{} bytes for a mask of {size}", pixels.len()))
        .at(Place::area("mask")))
}

/// Gathers runs from bytes of 0 and 1 that come in pieces.
#[derive(Default)]
struct Collect {
    runs: Vec<u32>,
    run: u32,
    inside: u8,
}

impl Collect {
    fn extend(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // memchr finds the end of a run 16 to 32 bytes a step.
            let len = memchr::memchr(1 - self.inside, bytes).unwrap_or(bytes.len());
            self.run += len as u32; // the sum is height × width, which fits
            bytes = &bytes[len..];
            if !bytes.is_empty() {
                self.runs.push(std::mem::take(&mut self.run));
                self.inside = 1 - self.inside;
            }
        }
    }

    fn finish(mut self) -> Vec<u32> {
        if self.run > 0 || self.runs.is_empty() {
            self.runs.push(self.run);
        }
        self.runs
    }
}
