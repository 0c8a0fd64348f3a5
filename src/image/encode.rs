//! [`encode`]: pixels as a file of some kind; the same bytes for the same pixels.

use super::header::Format;
use super::orientation::Orientation;
use super::pixels::{Channels, Pixels};
use crate::error::{Error, ErrorKind, Place, Result};

/// How pixels become a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// PNG of 8 bits, gray or RGB.
    Png,
    /// Baseline JPEG.
    Jpeg {
        /// 1 to 100, on libjpeg's scale; what is outside is clamped.
        quality: u8,
        /// Written as EXIF, where it is not upright; the pixels given are the upright ones and are turned.
        orientation: Orientation,
    },
    /// Uncompressed BMP of 24 bits.
    Bmp,
}

impl Encoding {
    /// JPEG of quality 90, stored upright.
    pub const JPEG: Encoding = Encoding::Jpeg { quality: 90, orientation: Orientation::Upright };

    /// The kind of file.
    pub const fn format(self) -> Format {
        match self {
            Encoding::Png => Format::Png,
            Encoding::Jpeg { .. } => Format::Jpeg,
            Encoding::Bmp => Format::Bmp,
        }
    }
}

fn failed(format: Format, why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Limit, format!("cannot be written as {format}: {why}")).at(Place::area("image"))
}

/// The file of these pixels. JPEG keeps full colour resolution (4:4:4) from quality 90 on and halves it (4:2:0)
/// below.
///
/// # Errors
/// `Limit` for a picture that the format has no room for: more than 65,535 rows or columns in JPEG, more than
/// 4 GiB in BMP.
pub fn encode(pixels: &Pixels, encoding: Encoding) -> Result<Vec<u8>> {
    match encoding {
        Encoding::Png => png(pixels),
        Encoding::Jpeg { quality, orientation } => jpeg(pixels, quality, orientation),
        Encoding::Bmp => bmp(pixels),
    }
}

fn png(pixels: &Pixels) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let write = |file: &mut Vec<u8>| -> std::result::Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(file, pixels.width(), pixels.height());
        encoder.set_color(match pixels.channels() {
            Channels::Gray => png::ColorType::Grayscale,
            Channels::Rgb => png::ColorType::Rgb,
        });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(pixels.data())?;
        writer.finish()
    };
    write(&mut file).map_err(|e| failed(Format::Png, e))?;
    Ok(file)
}

fn jpeg(pixels: &Pixels, quality: u8, orientation: Orientation) -> Result<Vec<u8>> {
    let turned;
    let stored = if orientation == Orientation::Upright {
        pixels
    } else {
        turned = pixels.clone().oriented(orientation.inverse());
        &turned
    };
    let side =
        |n: u32| u16::try_from(n).map_err(|_| failed(Format::Jpeg, format!("{n} is more than 65,535")));
    let (width, height) = (side(stored.width())?, side(stored.height())?);
    let colour = match stored.channels() {
        Channels::Gray => jpeg_encoder::ColorType::Luma,
        Channels::Rgb => jpeg_encoder::ColorType::Rgb,
    };
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, quality.clamp(1, 100));
    if quality < 90 {
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    }
    if orientation != Orientation::Upright {
        encoder.add_app_segment(1, exif(orientation)).map_err(|e| failed(Format::Jpeg, e))?;
    }
    encoder.encode(stored.data(), width, height, colour).map_err(|e| failed(Format::Jpeg, e))?;
    Ok(file)
}

/// The smallest EXIF segment: one big-endian TIFF directory with one entry, the orientation.
fn exif(orientation: Orientation) -> Vec<u8> {
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    segment.extend(orientation.to_exif().to_be_bytes());
    segment.extend([0; 6]);
    segment
}

fn bmp(pixels: &Pixels) -> Result<Vec<u8>> {
    let rgb;
    let pixels = match pixels.channels() {
        Channels::Rgb => pixels,
        Channels::Gray => {
            rgb = pixels.clone().to_rgb();
            &rgb
        }
    };
    let padding = (4 - pixels.stride() % 4) % 4;
    let body: usize = pixels.rows().map(|row| row.len() + padding).sum();
    let size = u32::try_from(body + 54).map_err(|_| failed(Format::Bmp, "it would be more than 4 GiB"))?;
    let mut file = Vec::with_capacity(body + 54);
    file.extend(b"BM");
    for field in [size, 0, 54, 40, pixels.width(), pixels.height()] {
        file.extend(field.to_le_bytes());
    }
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    for row in pixels.rows().rev() {
        file.extend(row.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*b, *g, *r]));
        file.extend([0, 0, 0].iter().take(padding));
    }
    Ok(file)
}
