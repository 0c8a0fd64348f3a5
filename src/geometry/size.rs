//! The size of an image or mask, in pixels, always said as (height, width).
//!
//! A size may be zero either way; what cannot live with that says so.

use crate::error::{Error, ErrorKind, Place, Result};

/// The most pixels that may be laid out one byte each ([`crate::geometry::Bitmap`], `Rle::to_pixels`):
/// 2^28, 256 MiB. Run lengths themselves go to 2^32 − 1 pixels.
pub const MAX_PIXELS: u64 = 1 << 28;

/// Height and width in pixels.
///
/// ```
/// use lensframe::geometry::Size;
/// assert_eq!(Size::new(480, 640).pixels(), 307_200);
/// assert_eq!(Size::new(480, 640).to_string(), "480x640");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Rows of pixels.
    pub height: u32,
    /// Columns of pixels.
    pub width: u32,
}

impl Size {
    /// A size of `height` rows and `width` columns.
    pub const fn new(height: u32, width: u32) -> Size {
        Size { height, width }
    }

    /// The number of pixels; never overflows.
    pub const fn pixels(self) -> u64 {
        self.height as u64 * self.width as u64
    }

    /// The number of pixels as run lengths count them.
    ///
    /// # Errors
    /// `Limit` at 2^32 pixels and more: COCO's run lengths are 32 bits wide.
    pub(crate) fn run_pixels(self) -> Result<u32> {
        u32::try_from(self.pixels()).map_err(|_| {
            Error::new(
                ErrorKind::Limit,
                format!("a mask of {self} has more pixels than 32-bit run lengths hold"),
            )
            .at(Place::area("mask"))
        })
    }

    /// The number of pixels if each may have a byte of memory.
    ///
    /// # Errors
    /// `Limit` above [`MAX_PIXELS`].
    pub(crate) fn byte_pixels(self) -> Result<usize> {
        usize::try_from(self.pixels()).ok().filter(|_| self.pixels() <= MAX_PIXELS).ok_or_else(|| {
            Error::new(ErrorKind::Limit, format!("a bitmap of {self} needs more than {MAX_PIXELS} bytes"))
                .at(Place::area("mask"))
                .remedy("keep such masks as run lengths")
        })
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.height, self.width)
    }
}
