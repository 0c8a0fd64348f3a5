//! [`Raw`]: decoded samples of 8 bits, alpha not yet dealt with.

use super::{Alpha, said};
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::Header;
use crate::image::pixels::{Channels, Pixels};

/// What the bytes of a pixel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Gray,
    GrayAlpha,
    Rgb,
    RgbAlpha,
}

/// Stored pixels as a decoder gave them: (height, width), row after row.
pub(super) struct Raw {
    pub(super) size: (u32, u32),
    pub(super) layout: Layout,
    pub(super) data: Vec<u8>,
}

impl Raw {
    /// Without alpha.
    pub(super) fn blend(self, alpha: Alpha, header: &Header) -> Result<Pixels> {
        // A decoder may make alpha of a palette in which nothing is transparent.
        let alpha = if header.alpha { alpha } else { Alpha::Ignore };
        let channels = match self.layout {
            Layout::Gray => return Pixels::new(self.size, Channels::Gray, self.data),
            Layout::Rgb => return Pixels::new(self.size, Channels::Rgb, self.data),
            Layout::GrayAlpha => Channels::Gray,
            Layout::RgbAlpha => Channels::Rgb,
        };
        let data = match self.layout {
            Layout::GrayAlpha => blended::<2>(self.data, alpha),
            _ => blended::<4>(self.data, alpha),
        };
        Pixels::new(self.size, channels, data.ok_or_else(|| has_alpha(header))?)
    }
}

/// The colours of pixels whose last byte is alpha, moved together in place; none where alpha is refused.
fn blended<const N: usize>(mut data: Vec<u8>, alpha: Alpha) -> Option<Vec<u8>> {
    let ground = match alpha {
        Alpha::Error => return None,
        Alpha::Ignore => None,
        Alpha::White => Some(255),
        Alpha::Black => Some(0),
    };
    let mut kept = 0;
    for at in (0..data.len()).step_by(N) {
        let Some(pixel) = data.get(at..).and_then(<[u8]>::first_chunk::<N>).copied() else { break };
        let Some((a, colours)) = pixel.split_last() else { break };
        for colour in colours {
            if let Some(place) = data.get_mut(kept) {
                *place = ground.map_or(*colour, |ground| over(*colour, *a, ground));
            }
            kept += 1;
        }
    }
    data.truncate(kept);
    Some(data)
}

/// c · a + ground · (1 − a), rounded.
fn over(colour: u8, a: u8, ground: u8) -> u8 {
    let sum = u32::from(colour) * u32::from(a) + u32::from(ground) * u32::from(255 - a);
    u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
}

/// The refusal of an alpha channel.
pub(super) fn has_alpha(header: &Header) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{} has transparency", said(header)))
        .remedy("say what becomes of it: --alpha ignore, white or black")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_laid_over_its_ground() {
        let data = vec![100, 200, 50, 128, 9, 8, 7, 0, 9, 8, 7, 255];
        let of = |alpha| blended::<4>(data.clone(), alpha);
        assert_eq!(of(Alpha::Error), None);
        assert_eq!(of(Alpha::Ignore).unwrap(), [100, 200, 50, 9, 8, 7, 9, 8, 7]);
        assert_eq!(of(Alpha::White).unwrap(), [177, 227, 152, 255, 255, 255, 9, 8, 7]);
        assert_eq!(of(Alpha::Black).unwrap(), [50, 100, 25, 0, 0, 0, 9, 8, 7]);
        assert_eq!(blended::<2>(vec![100, 128, 7, 255], Alpha::White).unwrap(), [177, 7]);
    }

    #[test]
    fn blending_rounds_to_the_nearest() {
        for (colour, a, ground) in
            (0..=255).flat_map(|c| (0..=255).flat_map(move |a| [(c, a, 0), (c, a, 255)]))
        {
            let exact = (f64::from(colour) * f64::from(a) + f64::from(ground) * f64::from(255 - a)) / 255.0;
            assert_eq!(f64::from(over(colour, a, ground)), exact.round(), "{colour} {a} {ground}");
        }
    }
}
