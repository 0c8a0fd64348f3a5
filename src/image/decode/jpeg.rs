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
#[cfg(feature = "turbo")]
mod turbo;
#[cfg(any(test, not(feature = "turbo")))]
mod zune;

use std::borrow::Cow;

use self::layout::Layout;
use super::want::Want;
use super::{Decode, Sheet, refuse, said};
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::{Flaw, Header};
#[cfg(any(test, not(feature = "turbo")))]
use crate::image::pixels::Pixels;

/// The wanted part of a JPEG. With memory to use again, there may be pixels around it.
pub(super) fn decode(
    bytes: &[u8],
    header: &Header,
    options: &Decode,
    want: &Want,
    room: Option<Vec<u8>>,
) -> Result<(Sheet, Vec<Flaw>)> {
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
    let file = whole(jpeg, &layout);
    #[cfg(feature = "turbo")]
    return by_turbo(file, &layout, header, options, want, room);
    #[cfg(not(feature = "turbo"))]
    {
        // The whole picture is made all the same, by a decoder that brings its own memory.
        let _ = room;
        let (pixels, flaws) = by_zune(file, &layout, header, options, want)?;
        Ok((Sheet::of(pixels), flaws))
    }
}

/// The name and version of the decoder that makes the pixels of JPEGs in this build, for whoever must make the
/// same ones again.
pub const fn jpeg_decoder() -> &'static str {
    if cfg!(feature = "turbo") { "libjpeg-turbo 3.1" } else { "zune-jpeg 0.5" }
}

/// Through zune-jpeg: the codes are read first, since it paints over what is missing and says nothing.
#[cfg(any(test, not(feature = "turbo")))]
fn by_zune(
    file: Cow<'_, [u8]>,
    layout: &Layout<'_>,
    header: &Header,
    options: &Decode,
    want: &Want,
) -> Result<(Pixels, Vec<Flaw>)> {
    let mut flaws = check::check(layout)?;
    refuse(header, &flaws, options.damage)?;
    let (pixels, failed) = zune::decode(file, layout, header)?;
    if let Some(what) = failed
        && !flaws.iter().any(Flaw::harms_pixels)
    {
        flaws.push(Flaw::Damaged { what });
        refuse(header, &flaws, options.damage)?;
    }
    Ok((want.of(pixels)?, flaws))
}

/// Through libjpeg-turbo: the codes are read twice only where the markers or the decoder give cause to.
#[cfg(feature = "turbo")]
fn by_turbo(
    file: Cow<'_, [u8]>,
    layout: &Layout<'_>,
    header: &Header,
    options: &Decode,
    want: &Want,
    room: Option<Vec<u8>>,
) -> Result<(Sheet, Vec<Flaw>)> {
    let mut flaws = Vec::new();
    let doubtful = !layout.ended || !check::promised(layout).is_empty();
    if doubtful {
        flaws = check::check(layout)?;
        refuse(header, &flaws, options.damage)?;
    }
    let (sheet, outcome) = turbo::decode(&file, layout, header, &options.limits, want, room)?;
    if outcome != turbo::Outcome::Fine && !doubtful {
        flaws = check::check(layout)?;
    }
    if let turbo::Outcome::Failed(what) = outcome
        && !flaws.iter().any(Flaw::harms_pixels)
    {
        flaws.push(Flaw::Damaged { what });
    }
    refuse(header, &flaws, options.damage)?;
    Ok((sheet, flaws))
}

/// The picture and nothing behind it, with an end marker.
fn whole<'a>(jpeg: &'a [u8], layout: &Layout<'_>) -> Cow<'a, [u8]> {
    let picture = jpeg.get(..layout.end).unwrap_or(jpeg);
    match jpeg.get(..layout.end + 2) {
        Some(with_end) if with_end.ends_with(&[0xff, 0xd9]) => Cow::Borrowed(with_end),
        _ => Cow::Owned([picture, &[0xff, 0xd9]].concat()),
    }
}

#[cfg(feature = "turbo")]
#[cfg(test)]
mod tests;
