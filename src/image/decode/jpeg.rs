//! JPEG: which decoder makes the pixels, and what is wrong with them.
//!
//! | file | noun |
//! |---|---|
//! | `jpeg/layout.rs` | the frame and the scans, by the markers alone |
//! | `jpeg/check.rs` | whether the compressed data are all there and make sense |
//! | `jpeg/huffman.rs` | their codes |
//! | `jpeg/zune.rs` | pixels through zune-jpeg, which every build has |
//! | `jpeg/turbo.rs` | pixels through libjpeg-turbo, in builds with the feature `turbo` |

mod check;
mod huffman;
mod layout;
mod zune;

use std::borrow::Cow;

use self::layout::Layout;
use super::want::Want;
use super::{Decode, refuse, said};
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::{Flaw, Header};
use crate::image::pixels::Pixels;

/// The wanted part of a JPEG.
pub(super) fn decode(
    bytes: &[u8],
    header: &Header,
    options: &Decode,
    want: &Want,
) -> Result<(Pixels, Vec<Flaw>)> {
    let junk = header.flaws.iter().find_map(|flaw| match flaw {
        Flaw::JunkBefore(bytes) => usize::try_from(*bytes).ok(),
        _ => None,
    });
    let jpeg = bytes.get(junk.unwrap_or(0)..).unwrap_or_default();
    let layout = Layout::read(jpeg)?;
    if layout.scans.first().is_none_or(|scan| scan.data.is_empty()) {
        let what = format!("{} ends before its pixels begin", said(header));
        return Err(Error::new(ErrorKind::Format, what).remedy("fetch or copy the file again"));
    }
    let mut flaws = check::check(&layout)?;
    refuse(header, &flaws, options.damage)?;
    let (pixels, failed) = zune::decode(whole(jpeg, &layout), &layout, header)?;
    if let Some(what) = failed {
        let known = flaws.iter().any(Flaw::harms_pixels);
        if !known {
            flaws.push(Flaw::Damaged { what });
        }
        refuse(header, &flaws, options.damage)?;
    }
    Ok((want.of(pixels)?, flaws))
}

/// The picture and nothing behind it, with an end marker.
fn whole<'a>(jpeg: &'a [u8], layout: &Layout<'_>) -> Cow<'a, [u8]> {
    let picture = jpeg.get(..layout.end).unwrap_or(jpeg);
    match jpeg.get(..layout.end + 2) {
        Some(with_end) if with_end.ends_with(&[0xff, 0xd9]) => Cow::Borrowed(with_end),
        _ => Cow::Owned([picture, &[0xff, 0xd9]].concat()),
    }
}
