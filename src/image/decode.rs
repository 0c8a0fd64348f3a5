//! [`decode`]: the file of a picture as upright pixels of 8 bits.

use super::header::{Flaw, Header};
use super::pixels::{Channels, Pixels, Window};
use crate::error::{Error, ErrorKind, Place, Result};

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
    /// What can be read is kept; [`Decoded::flaws`] says what is missing.
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
    /// The part that is wanted, in the upright picture at full scale.
    pub window: Option<Window>,
    /// How much smaller it is wanted.
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

/// Decodes a picture.
///
/// # Errors
/// `Unsupported` for what is not here yet.
pub fn decode(bytes: &[u8], options: &Decode) -> Result<Decoded> {
    let _ = (bytes, options);
    Err(Error::new(ErrorKind::Unsupported, "decoding").at(Place::area("image")))
}
