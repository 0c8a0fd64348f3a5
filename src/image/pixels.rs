//! [`Pixels`]: a decoded picture.
//!
//! The invariant: height and width are at least 1 and there are exactly height × width × channels bytes, row
//! after row, the channels of a pixel side by side (HWC). Always upright, always 8 bits: what decoding did to
//! get there is written in [`decode`](super::decode).

use super::orientation::Orientation;
use super::palette::Colour;
use crate::error::{Error, ErrorKind, Place, Result};

/// What the bytes of a pixel are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One: luma.
    Gray,
    /// Three: red, green, blue.
    #[default]
    Rgb,
}

impl Channels {
    /// 1 or 3.
    pub const fn count(self) -> usize {
        match self {
            Channels::Gray => 1,
            Channels::Rgb => 3,
        }
    }
}

/// A rectangle of whole pixels, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
}

/// A decoded picture: u8, height × width × channels, upright.
///
/// ```
/// use lensframe::image::{Channels, Pixels};
/// # fn main() -> lensframe::error::Result<()> {
/// let mut pixels = Pixels::filled((2, 3), Channels::Rgb, [10, 20, 30])?;
/// pixels.row_mut(1)[..3].copy_from_slice(&[1, 2, 3]);
/// assert_eq!((pixels.size(), pixels.data().len()), ((2, 3), 18));
/// assert_eq!((pixels.pixel(0, 2), pixels.pixel(1, 0)), (&[10, 20, 30][..], &[1, 2, 3][..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    height: u32,
    width: u32,
    channels: Channels,
    data: Vec<u8>,
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({}x{}x{})", self.height, self.width, self.channels.count())
    }
}

/// height × width × channels, if that can be addressed.
fn length((height, width): (u32, u32), channels: Channels) -> Option<usize> {
    let pixels = usize::try_from(u64::from(height) * u64::from(width)).ok()?;
    pixels.checked_mul(channels.count())
}

impl Pixels {
    /// A picture of (height, width) with these bytes.
    ///
    /// # Errors
    /// `Usage` without a pixel, `Length` if there are not height × width × channels bytes.
    pub fn new(size: (u32, u32), channels: Channels, data: Vec<u8>) -> Result<Pixels> {
        let (height, width) = size;
        if height == 0 || width == 0 {
            let what = format!("a picture of {height}x{width} has no pixel");
            return Err(Error::new(ErrorKind::Usage, what).at(Place::area("image")));
        }
        if length(size, channels) != Some(data.len()) {
            let what = format!("{} bytes for a picture of {height}x{width}x{}", data.len(), channels.count());
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("image")));
        }
        Ok(Pixels { height, width, channels, data })
    }

    /// A picture of one colour (its luma, if gray).
    ///
    /// # Errors
    /// `Usage` without a pixel, `Limit` if it cannot be addressed.
    pub fn filled(size: (u32, u32), channels: Channels, colour: Colour) -> Result<Pixels> {
        let bytes = length(size, channels).ok_or_else(|| {
            let what = format!("a picture of {}x{} is too large", size.0, size.1);
            Error::new(ErrorKind::Limit, what).at(Place::area("image"))
        })?;
        let data = match channels {
            Channels::Gray => vec![luma(colour); bytes],
            Channels::Rgb => colour.repeat(bytes / 3),
        };
        Pixels::new(size, channels, data)
    }

    /// (height, width).
    pub fn size(&self) -> (u32, u32) {
        (self.height, self.width)
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// What the bytes of a pixel are.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// All bytes, HWC.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// All bytes, HWC, to change.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// The bytes themselves.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// Bytes of a row.
    pub fn stride(&self) -> usize {
        self.data.len() / usize::try_from(self.height).unwrap_or(usize::MAX).max(1)
    }

    /// The bytes of a row; none past the last.
    pub fn row(&self, row: u32) -> &[u8] {
        self.rows().nth(usize::try_from(row).unwrap_or(usize::MAX)).unwrap_or_default()
    }

    /// The bytes of a row to change; none past the last.
    pub fn row_mut(&mut self, row: u32) -> &mut [u8] {
        let stride = self.stride();
        self.data.chunks_exact_mut(stride).nth(usize::try_from(row).unwrap_or(usize::MAX)).unwrap_or_default()
    }

    /// The rows from the top.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.data.chunks_exact(self.stride())
    }

    /// The bytes of a pixel; none outside the picture.
    pub fn pixel(&self, row: u32, column: u32) -> &[u8] {
        let count = self.channels.count();
        let at = usize::try_from(column).unwrap_or(usize::MAX).saturating_mul(count);
        self.row(row).get(at..at.saturating_add(count)).unwrap_or_default()
    }

    /// Three channels: gray is repeated.
    #[must_use]
    pub fn to_rgb(self) -> Pixels {
        match self.channels {
            Channels::Rgb => self,
            Channels::Gray => {
                let data = self.data.iter().flat_map(|v| [*v; 3]).collect();
                Pixels { channels: Channels::Rgb, data, ..self }
            }
        }
    }

    /// One channel: luma by ITU-R BT.601 in 16-bit fixed point, (19595 R + 38470 G + 7471 B + 2^15) / 2^16,
    /// which is Pillow's `convert("L")`.
    #[must_use]
    pub fn to_gray(self) -> Pixels {
        match self.channels {
            Channels::Gray => self,
            Channels::Rgb => {
                let triples = self.data.as_chunks::<3>().0;
                let data = triples.iter().map(|c| luma(*c)).collect();
                Pixels { channels: Channels::Gray, data, ..self }
            }
        }
    }

    /// The part of it that a window covers.
    ///
    /// # Errors
    /// `Index` if the window is empty or leaves the picture.
    pub fn crop(&self, window: Window) -> Result<Pixels> {
        let Window { x, y, width, height } = window;
        let fits = |from: u32, n: u32, all: u32| n > 0 && from.checked_add(n).is_some_and(|end| end <= all);
        if !fits(x, width, self.width) || !fits(y, height, self.height) {
            let what = format!(
                "a window of {height}x{width} at row {y}, column {x} in a picture of {}x{}",
                self.height, self.width
            );
            return Err(Error::new(ErrorKind::Index, what).at(Place::area("image")));
        }
        let index = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let (from, count) = (index(x) * self.channels.count(), index(width) * self.channels.count());
        let mut data = Vec::with_capacity(count * index(height));
        for row in self.rows().skip(index(y)).take(index(height)) {
            data.extend_from_slice(row.get(from..from + count).unwrap_or_default());
        }
        Pixels::new((height, width), self.channels, data)
    }

    /// The upright picture, if this is how it is stored.
    #[must_use]
    pub fn oriented(self, orientation: Orientation) -> Pixels {
        if orientation == Orientation::Upright {
            return self;
        }
        match self.channels {
            Channels::Gray => self.moved::<1>(orientation),
            Channels::Rgb => self.moved::<3>(orientation),
        }
    }

    fn moved<const N: usize>(self, orientation: Orientation) -> Pixels {
        let (height, width) = orientation.size(self.size());
        let (source, _) = self.data.as_chunks::<N>();
        let mut data = Vec::with_capacity(self.data.len());
        for row in 0..height {
            // The stored pixels of an upright row lie at even steps.
            let at = |column| {
                let (r, c) = orientation.stored((row, column), self.size());
                i64::from(r) * i64::from(self.width) + i64::from(c)
            };
            let (first, step) = (at(0), at(width.min(2) - 1) - at(0));
            let places = (0..i64::from(width)).map(|n| first + n * step);
            data.extend(places.filter_map(|at| source.get(usize::try_from(at).ok()?)).flatten().copied());
        }
        Pixels { height, width, channels: self.channels, data }
    }
}

/// Luma by ITU-R BT.601, rounded: see [`Pixels::to_gray`].
fn luma([r, g, b]: Colour) -> u8 {
    let sum = 19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b) + 0x8000;
    u8::try_from(sum >> 16).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered((height, width): (u32, u32), channels: Channels) -> Pixels {
        let bytes = length((height, width), channels).unwrap();
        Pixels::new((height, width), channels, (0..=250).cycle().take(bytes).collect()).unwrap()
    }

    #[test]
    fn turning_moves_each_pixel_where_its_orientation_says() {
        for channels in [Channels::Gray, Channels::Rgb] {
            for size in [(3, 5), (1, 4), (4, 1), (1, 1)] {
                let picture = numbered(size, channels);
                for orientation in Orientation::ALL {
                    let turned = picture.clone().oriented(orientation);
                    assert_eq!(turned.size(), orientation.size(size));
                    for (row, column) in
                        (0..turned.height()).flat_map(|r| (0..turned.width()).map(move |c| (r, c)))
                    {
                        let (r, c) = orientation.stored((row, column), size);
                        assert_eq!(turned.pixel(row, column), picture.pixel(r, c));
                    }
                    assert!(turned.oriented(orientation.inverse()) == picture);
                }
            }
        }
    }

    #[test]
    fn a_window_is_a_copy_of_its_pixels() {
        let picture = numbered((4, 5), Channels::Rgb);
        let part = picture.crop(Window { x: 1, y: 2, width: 3, height: 2 }).unwrap();
        assert_eq!(
            (part.size(), part.pixel(0, 0), part.pixel(1, 2)),
            ((2, 3), picture.pixel(2, 1), picture.pixel(3, 3))
        );
        for window in [(3, 0, 3, 1), (0, 0, 0, 1), (0, 4, 1, 1), (u32::MAX, 0, 2, 1)] {
            let (x, y, width, height) = window;
            assert!(picture.crop(Window { x, y, width, height }).is_err());
        }
    }

    #[test]
    fn luma_is_pillows() {
        // Image.new("RGB", (1, 1), c).convert("L") of Pillow 12.
        for (colour, gray) in [([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([12, 200, 77], 130)]
        {
            assert_eq!(luma(colour), gray);
        }
    }
}
