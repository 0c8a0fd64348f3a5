//! [`Header`]: what an image file says of itself before any pixel is decoded.

use super::orientation::Orientation;

/// The kinds of image file that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG: baseline and progressive, 8 bits.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy and lossless.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// TIFF.
    Tiff,
    /// GIF.
    Gif,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 6] =
        [Format::Jpeg, Format::Png, Format::WebP, Format::Bmp, Format::Tiff, Format::Gif];

    /// The name in messages: `JPEG`, `PNG`, …
    pub const fn name(self) -> &'static str {
        match self {
            Format::Jpeg => "JPEG",
            Format::Png => "PNG",
            Format::WebP => "WebP",
            Format::Bmp => "BMP",
            Format::Tiff => "TIFF",
            Format::Gif => "GIF",
        }
    }

    /// The file name extensions it goes by, the usual one first, lower case.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Format::Jpeg => &["jpg", "jpeg", "jpe", "jfif", "mpo"],
            Format::Png => &["png", "apng"],
            Format::WebP => &["webp"],
            Format::Bmp => &["bmp", "dib"],
            Format::Tiff => &["tif", "tiff"],
            Format::Gif => &["gif"],
        }
    }

    /// The format that a file name promises, by its extension, in any case.
    ///
    /// ```
    /// use lensframe::image::Format;
    /// assert_eq!(Format::of_name("a/b.JPEG"), Some(Format::Jpeg));
    /// assert_eq!(Format::of_name("a.jpg/readme"), None);
    /// ```
    pub fn of_name(name: &str) -> Option<Format> {
        let file = name.rsplit('/').next()?;
        let extension = file.rsplit_once('.')?.1.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.extensions().contains(&extension.as_str()))
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How colours are stored, alpha apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// One number, dark to bright (in TIFF also bright to dark).
    Gray,
    /// Red, green, blue.
    Rgb,
    /// Indices of a palette.
    Palette,
    /// Luma and two colour differences.
    YCbCr,
    /// Four inks.
    Cmyk,
    /// Four inks, the first three stored as luma and colour differences.
    Ycck,
    /// CIE L*a*b* and what else TIFF has room for.
    Other,
}

impl Model {
    /// Numbers a pixel: 1, 3 or 4; 0 where it is not known.
    pub const fn channels(self) -> u8 {
        match self {
            Model::Gray | Model::Palette => 1,
            Model::Rgb | Model::YCbCr => 3,
            Model::Cmyk | Model::Ycck => 4,
            Model::Other => 0,
        }
    }
}

/// What an image file says of itself. Nothing here was checked against pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// By its first bytes, whatever its name says.
    pub format: Format,
    /// (height, width) as stored, each at least 1. See [`Header::upright`].
    pub size: (u32, u32),
    /// How colours are stored.
    pub model: Model,
    /// True if there is an alpha channel, or a palette or colour key with transparency.
    pub alpha: bool,
    /// Bits of one number: 1, 2, 4, 8, 12, 16, 32, in bitmaps of 16 bits a pixel also 5 or 6. For palettes, of an
    /// index; where numbers differ, of the widest.
    pub depth: u8,
    /// True if four inks are stored as 255 − ink, as whoever writes Adobe's marker into a JPEG does.
    pub inverted: bool,
    /// From EXIF or TIFF; upright where there is none, or it makes no sense. BMP and GIF have none.
    pub orientation: Orientation,
    /// True if there is an ICC profile. It is not applied.
    pub icc: bool,
    /// True if the file has more than one picture (frames, pages, MPO): the first one counts. Of GIFs without the
    /// customary mark of an animation only the first 2 MiB are looked through.
    pub several: bool,
    /// What the file is made with that cannot be decoded here: `arithmetic coding`, `lossless JPEG`, ….
    pub undecodable: Option<&'static str>,
    /// What is wrong with the file as far as the header tells: EXIF that cannot be read, junk before the first
    /// marker.
    pub flaws: Vec<Flaw>,
}

impl Header {
    /// (height, width) of the upright picture.
    pub fn upright(&self) -> (u32, u32) {
        self.orientation.size(self.size)
    }

    /// In which frame the size lies that somebody declares for this picture: what is drawn on it lies there too.
    /// A side that is not declared fits any. Where the upright and the stored picture are of one size, upright.
    ///
    /// ```
    /// # use lensframe::image::{Channels, Encoding, Frame, Orientation, Pixels, encode, probe};
    /// # fn main() -> lensframe::error::Result<()> {
    /// let pixels = Pixels::filled((20, 30), Channels::Rgb, [200, 120, 40])?;
    /// let file = encode(&pixels, Encoding::Jpeg { quality: 90, orientation: Orientation::Turn90 })?;
    /// let header = probe(&file)?;
    /// assert_eq!(header.frame(Some(20), Some(30)), Frame::Upright);
    /// assert_eq!(header.frame(Some(30), Some(20)), Frame::Stored);
    /// assert_eq!(header.frame(Some(20), Some(31)), Frame::Neither);
    /// assert_eq!(header.frame(None, None), Frame::Upright);
    /// # Ok(())
    /// # }
    /// ```
    pub fn frame(&self, height: Option<i32>, width: Option<i32>) -> Frame {
        let fits = |said: Option<i32>, side: u32| said.is_none_or(|said| i64::from(said) == i64::from(side));
        let is = |size: (u32, u32)| fits(height, size.0) && fits(width, size.1);
        match (is(self.upright()), is(self.size)) {
            (true, _) => Frame::Upright,
            (false, true) => Frame::Stored,
            (false, false) => Frame::Neither,
        }
    }

    /// Numbers a pixel, alpha included.
    pub fn channels(&self) -> u8 {
        self.model.channels() + u8::from(self.alpha && self.model != Model::Palette)
    }
}

/// Where a declared size lies: see [`Header::frame`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// In the upright picture.
    Upright,
    /// In the picture as it is stored, EXIF orientation ignored.
    Stored,
    /// It is the size of neither.
    Neither,
}

/// Something wrong with an image file that can be read nevertheless, wholly or in part.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The file ends before its pixels do; pixels from about this row (upright or not) on are made up.
    Truncated {
        /// The first row of the stored picture that is not from the file, if that is known.
        from_row: Option<u32>,
    },
    /// Compressed pixels are damaged inside the file: some are wrong.
    Damaged {
        /// What the decoder said.
        what: String,
    },
    /// A progressive JPEG whose last scans are missing: a coarse picture.
    MissingScans,
    /// There is no end marker, but no pixel is missing.
    MissingEnd,
    /// So many bytes before the picture begins.
    JunkBefore(u64),
    /// There is EXIF, but it cannot be read: orientation is taken to be upright.
    BadExif {
        /// What is wrong with it.
        what: String,
    },
}

impl Flaw {
    /// True if pixels are missing or wrong.
    pub fn harms_pixels(&self) -> bool {
        matches!(self, Flaw::Truncated { .. } | Flaw::Damaged { .. } | Flaw::MissingScans)
    }
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Flaw::Truncated { from_row: Some(row) } => {
                write!(f, "the file is cut short: pixels from about row {row} on are missing")
            }
            Flaw::Truncated { from_row: None } => f.write_str("the file is cut short: pixels are missing"),
            Flaw::Damaged { what } => write!(f, "compressed pixels are damaged ({what})"),
            Flaw::MissingScans => f.write_str("the last scans of a progressive JPEG are missing"),
            Flaw::MissingEnd => f.write_str("there is no end marker"),
            Flaw::JunkBefore(bytes) => write!(f, "{bytes} bytes that belong to no picture come first"),
            Flaw::BadExif { what } => write!(f, "EXIF that cannot be read ({what})"),
        }
    }
}
