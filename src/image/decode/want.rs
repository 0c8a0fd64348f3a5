//! [`Want`]: which part of the stored picture is wanted, and how much smaller.
//!
//! A window is asked for in the upright picture and carried over to the stored one, since that is what decoders
//! read. The scaled picture is made of blocks of 2, 4 or 8 stored rows and columns from the stored top left
//! corner, the last ones cut off by the edge; what is wanted of it are the blocks that the window touches.

use super::{Decode, Scale};
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::Header;
use crate::image::pixels::{Pixels, Window};

impl Scale {
    /// Stored rows or columns that become one: 1, 2, 4 or 8.
    pub const fn step(self) -> u32 {
        match self {
            Scale::Full => 1,
            Scale::Half => 2,
            Scale::Quarter => 4,
            Scale::Eighth => 8,
        }
    }

    /// ⌈n / step⌉.
    pub const fn of(self, n: u32) -> u32 {
        n.div_ceil(self.step())
    }
}

/// A part of the stored picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Want {
    /// In stored rows and columns at full scale, widened to whole blocks.
    pub(super) window: Window,
    /// (height, width) of the stored picture.
    pub(super) size: (u32, u32),
    pub(super) scale: Scale,
}

impl Want {
    /// What the options want of the picture with this header.
    pub(super) fn new(header: &Header, options: &Decode) -> Result<Want> {
        let (height, width) = header.size;
        let size = header.size;
        let Some(window) = options.window else {
            return Ok(Want { window: Window { x: 0, y: 0, width, height }, size, scale: options.scale });
        };
        let orientation = if options.upright { header.orientation } else { Default::default() };
        let (rows, columns) = orientation.size(size);
        let fits = |from: u32, n: u32, all: u32| n > 0 && from.checked_add(n).is_some_and(|end| end <= all);
        if !fits(window.x, window.width, columns) || !fits(window.y, window.height, rows) {
            let what = format!(
                "a window of {}x{} at row {}, column {} in a picture of {rows}x{columns}",
                window.height, window.width, window.y, window.x
            );
            return Err(Error::new(ErrorKind::Index, what));
        }
        let (last_row, last_column) = (window.y + (window.height - 1), window.x + (window.width - 1));
        let one = orientation.stored((window.y, window.x), size);
        let other = orientation.stored((last_row, last_column), size);
        let step = options.scale.step();
        let span = |a: u32, b: u32, all: u32| {
            let from = a.min(b) / step * step;
            let to = (a.max(b) / step).saturating_add(1).saturating_mul(step).min(all);
            (from, to.saturating_sub(from))
        };
        let (y, height) = span(one.0, other.0, height);
        let (x, width) = span(one.1, other.1, width);
        Ok(Want { window: Window { x, y, width, height }, size, scale: options.scale })
    }

    /// True if nothing is cut off.
    pub(super) fn is_whole(&self) -> bool {
        (self.window.height, self.window.width) == self.size
    }

    /// The window in the scaled picture.
    #[cfg(feature = "turbo")]
    pub(super) fn scaled(&self) -> Window {
        let Window { x, y, width, height } = self.window;
        let step = self.scale.step();
        Window { x: x / step, y: y / step, width: self.scale.of(width), height: self.scale.of(height) }
    }

    /// The wanted part of the whole stored picture at full scale; blocks become their means, rounded.
    pub(super) fn of(&self, whole: Pixels) -> Result<Pixels> {
        let part = if self.is_whole() { whole } else { whole.crop(self.window)? };
        if self.scale == Scale::Full { Ok(part) } else { shrink(&part, self.scale) }
    }
}

/// Each block's mean, channel by channel, halves rounded up.
fn shrink(pixels: &Pixels, scale: Scale) -> Result<Pixels> {
    let step = usize::try_from(scale.step()).unwrap_or(1);
    let count = pixels.channels().count();
    let size = (scale.of(pixels.height()), scale.of(pixels.width()));
    let wide = usize::try_from(size.1).unwrap_or(usize::MAX).saturating_mul(count);
    let mut data = Vec::with_capacity(wide.saturating_mul(usize::try_from(size.0).unwrap_or(0)));
    let mut sums = vec![0_u32; wide];
    for rows in pixels.data().chunks(pixels.stride() * step) {
        sums.fill(0);
        for row in rows.chunks_exact(pixels.stride()) {
            for (block, sums) in row.chunks(step * count).zip(sums.chunks_exact_mut(count)) {
                for pixel in block.chunks_exact(count) {
                    sums.iter_mut().zip(pixel).for_each(|(sum, v)| *sum += u32::from(*v));
                }
            }
        }
        let high = rows.len() / pixels.stride();
        for (n, sums) in sums.chunks_exact(count).enumerate() {
            let columns = (pixels.stride() / count - n * step).min(step);
            let pixels = u32::try_from(columns * high).unwrap_or(1).max(1);
            data.extend(sums.iter().map(|sum| u8::try_from((sum + pixels / 2) / pixels).unwrap_or(u8::MAX)));
        }
    }
    Pixels::new(size, pixels.channels(), data)
}
