//! [`decode`]: the file of a picture as upright pixels of 8 bits.
//!
//! | in the file | in the pixels |
//! |---|---|
//! | gray | repeated in three channels, or kept where gray is wanted |
//! | colour, where gray is wanted | luma, as [`Pixels::to_gray`] says |
//! | YCbCr of JPEG | JFIF's RGB; colours known by libjpeg's rules (JFIF, Adobe's marker, names of components) |
//! | CMYK, YCCK of JPEG | always taken for inverted inks, as Pillow and OpenCV do; each ink times black |
//! | CMYK of TIFF | (255 − ink) · (255 − black) / 255 |
//! | palette | its colours; transparent entries are alpha |
//! | 1, 2, 4 bits of gray | scaled to 0..255 |
//! | 5, 6 bits of BMP | scaled to 0..255 |
//! | 16 bits | the high byte, as OpenCV and libpng have it |
//! | PNG's colour key | alpha, compared before 16 bits are cut |
//! | alpha | refused unless [`Alpha`] says otherwise; GIFs by their pixels, all else by the header |
//! | white is zero (TIFF) | inverted |
//! | several pictures | the first one; of an APNG its still image, of a GIF its first frame on the canvas |
//! | EXIF or TIFF orientation | applied, unless `upright` is false |
//! | ICC profile, gamma | not applied |
//!
//! Not decoded, and said so (`Unsupported`): JPEG of 12 bits, arithmetic, lossless or hierarchical, without
//! Huffman tables, or with components sampled in no whole ratio; TIFF with a palette, gray of 2 or 4 bits, floats
//! or 32 bits; BMP that wraps a JPEG or PNG.
//!
//! | file | noun |
//! |---|---|
//! | `decode/want.rs` | which part of the stored picture is wanted, and how much smaller |
//! | `decode/raw.rs` | decoded samples, alpha not yet dealt with |
//! | `decode/jpeg.rs` | JPEG, by one of two decoders ([`jpeg_decoder`] names it), and whether it is whole |
//! | `decode/png.rs`, `decode/raster.rs` | PNG; WebP, BMP, TIFF and GIF |
//!
//! Pixels of JPEG depend on the decoder: libjpeg-turbo (feature `turbo`) gives those of Pillow and OpenCV, zune-jpeg
//! is within 1 level of them on average and 24 at most. Scaled pictures are libjpeg-turbo's scaled DCT or the mean of
//! blocks, which differ by less than 2 levels on average (more where colours are stored at half resolution one way
//! only, 4:2:2: the scaled DCT halves them again); both have ⌈n / step⌉ rows and columns, counted from the stored
//! top left corner. All else is exact.
//!
//! The header is held against the [`Limits`] before anything is allocated, and the decoders are given them too.

mod jpeg;
mod png;
mod raster;
mod raw;
mod want;

use super::header::{Flaw, Format, Header};
use super::orientation::Orientation;
use super::pixels::{Channels, Pixels, Window};
use super::probe::probe;
use super::resample::Source;
use crate::error::{Error, ErrorKind, Place, Result};
pub use jpeg::jpeg_decoder;
use want::Want;

/// What becomes of an alpha channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Alpha {
    /// A picture that has one is refused.
    #[default]
    Error,
    /// The colours as they are stored.
    Ignore,
    /// Over white: c · a + 255 · (1 − a), rounded.
    White,
    /// Over black: c · a, rounded.
    Black,
}

/// What becomes of a file whose pixels are damaged or cut short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Damage {
    /// It is refused.
    #[default]
    Refuse,
    /// What can be read of JPEG and PNG is kept, and [`Decoded::flaws`] says what is missing; other kinds are
    /// refused all the same, as is a file without a pixel.
    Keep,
}

/// How much smaller than stored a picture is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// As stored.
    #[default]
    Full,
    /// ⌈n / 2⌉ rows and columns.
    Half,
    /// ⌈n / 4⌉.
    Quarter,
    /// ⌈n / 8⌉.
    Eighth,
}

/// What a file may ask for, checked by its header before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows × columns as stored.
    pub pixels: u64,
    /// Memory that decoding may take, about.
    pub bytes: u64,
}

impl Default for Limits {
    /// 2^28 pixels (16,384 × 16,384) and 2 GiB.
    fn default() -> Limits {
        Limits { pixels: 1 << 28, bytes: 2 << 30 }
    }
}

/// How a picture is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decode {
    /// RGB or gray.
    pub channels: Channels,
    /// What becomes of an alpha channel.
    pub alpha: Alpha,
    /// Whether EXIF orientation is applied.
    pub upright: bool,
    /// What becomes of damaged pixels.
    pub damage: Damage,
    /// What the file may ask for.
    pub limits: Limits,
    /// The part that is wanted, in the upright picture at full scale. In a scaled picture: the blocks it touches.
    pub window: Option<Window>,
    /// How much smaller it is wanted. Cheaper than decoding all of it only where libjpeg-turbo is built in.
    pub scale: Scale,
}

impl Default for Decode {
    /// RGB, alpha refused, upright, damage refused, default limits, the whole picture at full scale.
    fn default() -> Decode {
        Decode {
            channels: Channels::Rgb,
            alpha: Alpha::Error,
            upright: true,
            damage: Damage::Refuse,
            limits: Limits::default(),
            window: None,
            scale: Scale::Full,
        }
    }
}

/// A picture that was decoded.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Its pixels.
    pub pixels: Pixels,
    /// What the file said of itself.
    pub header: Header,
    /// What is wrong with it, the header's flaws among them.
    pub flaws: Vec<Flaw>,
}

/// Decodes a picture by what its bytes are, whatever its name.
///
/// ```
/// use lensframe::image::{Channels, Decode, Encoding, Pixels, decode, encode};
/// # fn main() -> lensframe::error::Result<()> {
/// let drawn = Pixels::filled((2, 3), Channels::Rgb, [10, 20, 30])?;
/// let decoded = decode(&encode(&drawn, Encoding::Png)?, &Decode::default())?;
/// assert_eq!((decoded.pixels, decoded.flaws), (drawn, vec![]));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Format` for what is no image, or is damaged while [`Damage::Refuse`] holds; `Limit` for more than the limits
/// allow; `Unsupported` for kinds of file that are known but not read, and for alpha while [`Alpha::Error`]
/// holds; `Index` for a window that leaves the picture.
pub fn decode(bytes: &[u8], options: &Decode) -> Result<Decoded> {
    let found = decode_within(bytes, options, None).and_then(|(sheet, header, flaws)| {
        let pixels = sheet.pixels()?;
        Ok(Decoded { pixels, header, flaws })
    });
    found.map_err(|e| e.at(Place::area("image")))
}

/// Pixels of a window that was wanted, and perhaps of what lies around it, in memory that is used again.
pub(crate) struct Sheet {
    data: Vec<u8>,
    /// The byte of its first pixel, and the bytes from one row to the next.
    start: usize,
    stride: usize,
    size: (u32, u32),
    channels: Channels,
    /// The column and row at which the window begins.
    at: (u32, u32),
}

impl Sheet {
    /// A window without anything around it.
    fn of(pixels: Pixels) -> Sheet {
        let (stride, size, channels) = (pixels.stride(), pixels.size(), pixels.channels());
        Sheet { data: pixels.into_data(), start: 0, stride, size, channels, at: (0, 0) }
    }

    /// The picture, if there is no more than that.
    fn pixels(self) -> Result<Pixels> {
        Pixels::new(self.size, self.channels, self.data)
    }

    /// What a pass reads, if the window begins at this column and row of the picture.
    pub(crate) fn from(&self, (x, y): (u32, u32)) -> Source<'_> {
        let at = (x.saturating_sub(self.at.0), y.saturating_sub(self.at.1));
        Source::new(
            self.data.get(self.start..).unwrap_or_default(),
            self.stride,
            self.channels,
            self.size,
            at,
        )
    }

    /// The memory, for the next picture.
    pub(crate) fn into_data(self) -> Vec<u8> {
        self.data
    }
}

impl Decode {
    /// A picture in memory that is `spare`, where it can lie there: pixels around the window are not cut off.
    ///
    /// # Errors
    /// Those of [`decode`].
    pub(crate) fn around(&self, bytes: &[u8], spare: Vec<u8>) -> Result<Sheet> {
        let found = decode_within(bytes, self, Some(spare));
        found.map(|(sheet, ..)| sheet).map_err(|e| e.at(Place::area("image")))
    }
}

fn decode_within(
    bytes: &[u8],
    options: &Decode,
    room: Option<Vec<u8>>,
) -> Result<(Sheet, Header, Vec<Flaw>)> {
    let header = probe(bytes)?;
    if let Some(what) = header.undecodable {
        let what = format!("{} cannot be decoded: {what} is not supported", said(&header));
        return Err(Error::new(ErrorKind::Unsupported, what).remedy("write it again with an image program"));
    }
    check(&header, options)?;
    let want = Want::new(&header, options)?;
    // What is to be turned or made gray is handed on as a picture.
    let turned = options.upright && header.orientation != Orientation::Upright;
    let room = room.filter(|_| !turned && options.channels == Channels::Rgb);
    let roomy = room.is_some();
    let (sheet, found) = match header.format {
        Format::Jpeg => jpeg::decode(bytes, &header, options, &want, room)?,
        Format::Png => {
            let (raw, flaws) = png::decode(bytes, &header, options)?;
            (Sheet::of(want.of(raw.blend(options.alpha, &header)?)?), flaws)
        }
        Format::WebP | Format::Bmp | Format::Tiff | Format::Gif => {
            let (raw, flaws) = raster::decode(bytes, &header, options)?;
            (Sheet::of(want.of(raw.blend(options.alpha, &header)?)?), flaws)
        }
    };
    let flaws: Vec<Flaw> = header.flaws.iter().cloned().chain(found).collect();
    refuse(&header, &flaws, options.damage)?;
    if roomy && sheet.channels == Channels::Rgb {
        return Ok((sheet, header, flaws));
    }
    let pixels = sheet.pixels()?;
    let pixels = match options.channels {
        Channels::Rgb => pixels.to_rgb(),
        Channels::Gray => pixels.to_gray(),
    };
    let pixels = if turned { pixels.oriented(header.orientation) } else { pixels };
    Ok((Sheet::of(pixels), header, flaws))
}

/// An error if pixels are missing or wrong and that is not to be borne.
fn refuse(header: &Header, flaws: &[Flaw], damage: Damage) -> Result<()> {
    match flaws.iter().find(|flaw| flaw.harms_pixels()) {
        Some(flaw) if damage == Damage::Refuse => {
            let what = format!("{}: {flaw}", said(header));
            Err(Error::new(ErrorKind::Format, what)
                .remedy("fetch the file again, or keep what can be read (--keep, Damage::Keep)"))
        }
        _ => Ok(()),
    }
}

/// What the header says, for messages.
fn said(header: &Header) -> String {
    format!("the {} of {}x{}", header.format, header.size.0, header.size.1)
}

/// Holds the header against the limits, before anything is allocated.
fn check(header: &Header, options: &Decode) -> Result<()> {
    let pixels = u64::from(header.size.0) * u64::from(header.size.1);
    if pixels > options.limits.pixels {
        let what = format!("{} has more than {} pixels", said(header), options.limits.pixels);
        return Err(Error::new(ErrorKind::Limit, what).remedy("raise the limit if the file is to be trusted"));
    }
    let bytes = pixels.saturating_mul(bytes_per_pixel(header));
    if bytes > options.limits.bytes {
        let what = format!(
            "{} takes about {bytes} bytes to decode, more than {}",
            said(header),
            options.limits.bytes
        );
        return Err(Error::new(ErrorKind::Limit, what).remedy("raise the limit if the file is to be trusted"));
    }
    if header.alpha && options.alpha == Alpha::Error && header.format != Format::Gif {
        return Err(raw::has_alpha(header));
    }
    Ok(())
}

/// Memory that a pixel takes while it is decoded, at most: the samples of the file, and the picture made of them.
fn bytes_per_pixel(header: &Header) -> u64 {
    let samples = u64::from(header.channels()).max(4);
    let stored = match header.format {
        // Progressive files are kept as coefficients of two bytes.
        Format::Jpeg => 2 * samples,
        Format::Tiff => samples * u64::from(header.depth).div_ceil(8),
        Format::Png | Format::WebP | Format::Bmp | Format::Gif => samples,
    };
    stored + 3
}
