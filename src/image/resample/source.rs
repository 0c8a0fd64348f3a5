//! [`Source`]: the samples that a pass reads, in whatever memory they lie.
//!
//! The invariant: rows and columns are those of the picture that axes are made for, also where only a window of it is
//! there.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "what a pass reads is held against what is there before it begins"
)]

use super::super::pixels::{Channels, Pixels, Window};
use crate::error::{Error, ErrorKind, Place, Result};

/// The samples that axes speak of, or a window of them: rows of bytes, so far apart.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    data: &'a [u8],
    stride: usize,
    pub(super) channels: Channels,
    size: (u32, u32),
    left: usize,
    top: usize,
}

impl<'a> Source<'a> {
    /// Samples of (height, width), whose first one lies at this column and row.
    pub(crate) fn new(
        data: &'a [u8],
        stride: usize,
        channels: Channels,
        size: (u32, u32),
        (left, top): (u32, u32),
    ) -> Source<'a> {
        Source { data, stride, channels, size, left: left as usize, top: top as usize }
    }

    /// A picture from its first row and column on.
    pub(crate) fn whole(pixels: &'a Pixels) -> Source<'a> {
        Source::new(pixels.data(), pixels.stride(), pixels.channels(), pixels.size(), (0, 0))
    }

    /// Whether all of a window is there.
    fn holds(&self, window: Window) -> bool {
        let within = |from: usize, length: u32, at: u32, n: u32| {
            from <= at as usize && at as usize + n as usize <= from + length as usize
        };
        let bytes = (self.size.0 as usize - 1) * self.stride + self.size.1 as usize * self.channels.count();
        bytes <= self.data.len()
            && within(self.left, self.size.1, window.x, window.width)
            && within(self.top, self.size.0, window.y, window.height)
    }

    /// # Errors
    /// `Usage` if some of a window is not there.
    pub(super) fn check(&self, window: Window) -> Result<()> {
        match self.holds(window) {
            true => Ok(()),
            false => {
                let what = format!("what was decoded does not hold {window:?}");
                Err(Error::new(ErrorKind::Usage, what).at(Place::area("resample")))
            }
        }
    }

    /// The samples of a window, without gaps.
    ///
    /// # Errors
    /// `Usage` if some of it is not there.
    pub(super) fn copied<const N: usize>(&self, window: Window) -> Result<Vec<u8>> {
        self.check(window)?;
        let [x, y, width, height] = [window.x, window.y, window.width, window.height].map(|n| n as usize);
        let mut data = Vec::with_capacity(width * height * N);
        for row in y..y + height {
            data.extend_from_slice(self.row::<N>(row, x, x + width));
        }
        Ok(data)
    }

    /// Bytes from one row to the next.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Columns `from..to` of a row.
    #[inline(always)]
    pub(super) fn row<const N: usize>(&self, row: usize, from: usize, to: usize) -> &'a [u8] {
        let start = (row - self.top) * self.stride;
        &self.data[start + (from - self.left) * N..start + (to - self.left) * N]
    }
}
