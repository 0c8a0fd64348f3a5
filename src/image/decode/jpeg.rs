//! JPEG: which decoder makes the pixels, and what is wrong with them.

use super::want::Want;
use super::{Decode, zune};
use crate::error::Result;
use crate::image::header::{Flaw, Header};
use crate::image::pixels::Pixels;

/// The wanted part of a JPEG.
pub(super) fn decode(
    bytes: &[u8],
    header: &Header,
    options: &Decode,
    want: &Want,
) -> Result<(Pixels, Vec<Flaw>)> {
    let (pixels, flaws) = zune::decode(bytes, header, options)?;
    Ok((want.of(pixels)?, flaws))
}
