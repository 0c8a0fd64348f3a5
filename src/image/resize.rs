//! [`Pixels::resize`]: pictures in another size.

use fast_image_resize as fir;

use super::pixels::{Channels, Pixels};
use crate::error::{Error, ErrorKind, Place, Result};

/// How a pixel of the new picture is made of those of the old. All stand on half-pixel centres, and widen their
/// support when the picture shrinks, so that nothing is skipped (Pillow's rule; within 1 level of it).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The nearest pixel; nothing is mixed.
    Nearest,
    /// The mean of what a pixel covers.
    Box,
    /// Triangle of width 2.
    #[default]
    Bilinear,
    /// Catmull-Rom, a = −0.5.
    Bicubic,
    /// Lanczos of three lobes.
    Lanczos,
}

impl Filter {
    pub(super) fn algorithm(self) -> fir::ResizeAlg {
        match self {
            Filter::Nearest => fir::ResizeAlg::Nearest,
            Filter::Box => fir::ResizeAlg::Convolution(fir::FilterType::Box),
            Filter::Bilinear => fir::ResizeAlg::Convolution(fir::FilterType::Bilinear),
            Filter::Bicubic => fir::ResizeAlg::Convolution(fir::FilterType::CatmullRom),
            Filter::Lanczos => fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3),
        }
    }
}

impl Pixels {
    /// The picture in (height, width).
    ///
    /// # Errors
    /// `Usage` for a size without a pixel.
    pub fn resize(&self, size: (u32, u32), filter: Filter) -> Result<Pixels> {
        if size == self.size() {
            return Ok(self.clone());
        }
        let (height, width) = size;
        // Columns first, then rows, as Pillow does: what is clipped between the two shows.
        if filter != Filter::Nearest && width != self.width() && height != self.height() {
            return self.resized((self.height(), width), filter)?.resized(size, filter);
        }
        self.resized(size, filter)
    }

    fn resized(&self, size: (u32, u32), filter: Filter) -> Result<Pixels> {
        let failed = |why: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Usage, format!("resize to {}x{}: {why}", size.0, size.1))
                .at(Place::area("image"))
        };
        let mut out = Pixels::filled(size, self.channels(), [0; 3])?;
        let kind = match self.channels() {
            Channels::Gray => fir::PixelType::U8,
            Channels::Rgb => fir::PixelType::U8x3,
        };
        let source = fir::images::ImageRef::new(self.width(), self.height(), self.data(), kind)
            .map_err(|e| failed(&e))?;
        let (height, width) = size;
        let mut target =
            fir::images::Image::from_slice_u8(width, height, out.data_mut(), kind).map_err(|e| failed(&e))?;
        let options = fir::ResizeOptions::new().resize_alg(filter.algorithm());
        fir::Resizer::new().resize(&source, &mut target, &options).map_err(|e| failed(&e))?;
        Ok(out)
    }
}
