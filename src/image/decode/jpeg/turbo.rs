//! JPEG through libjpeg-turbo: scaled by its DCT, and only the rows and columns that are wanted.
//!
//! The invariant: a window's pixels are those of the whole picture. Colours at the edge of a cut are mixed from
//! samples beyond it, so more is decoded than is wanted, and cut off. Each decode has a handle of its own, so any
//! number of threads may decode at once.

#![allow(unsafe_code, reason = "libjpeg-turbo is C; every call is in this file, buffers are sized by us")]

use std::ffi::{CStr, c_int};

use turbojpeg_sys as tj;

use super::super::{Limits, Scale, Sheet, said, want::Want};
use super::layout::{Layout, MOST_SCANS};
use crate::error::{Error, ErrorKind, Result};
use crate::image::header::{Header, Model};
use crate::image::pixels::{Channels, Pixels, Window};

/// What the decoder said of its work.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    Fine,
    /// It went to the end, but something was wrong; what it was, it tells only of the first time.
    Warned,
    /// It stopped before the end.
    Failed(String),
}

/// A decompressor. Destroyed when it goes.
struct Handle(tj::tjhandle);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle came from tj3Init and is destroyed once.
        unsafe { tj::tj3Destroy(self.0) }
    }
}

impl Handle {
    fn new() -> Option<Handle> {
        let kind = c_int::try_from(tj::TJINIT_TJINIT_DECOMPRESS).ok()?;
        // SAFETY: takes a number; null means failure.
        let handle = unsafe { tj::tj3Init(kind) };
        (!handle.is_null()).then_some(Handle(handle))
    }

    fn set(&mut self, parameter: tj::TJPARAM, value: u64) -> Option<()> {
        let value = c_int::try_from(value).unwrap_or(c_int::MAX);
        // SAFETY: the handle is alive; parameter and value are numbers, checked by the library.
        let done = unsafe { tj::tj3Set(self.0, c_int::try_from(parameter).ok()?, value) };
        (done == 0).then_some(())
    }

    /// Reads the header: (height, width), and whether the library knows the sampling.
    fn header(&mut self, jpeg: &[u8]) -> Option<((u32, u32), bool)> {
        let length = jpeg.len().try_into().ok()?;
        // SAFETY: the handle is alive; pointer and length are those of one slice. What goes wrong is seen by the
        // size, or when the picture is decompressed.
        unsafe { tj::tj3DecompressHeader(self.0, jpeg.as_ptr(), length) };
        let size = self.get(tj::TJPARAM_TJPARAM_JPEGHEIGHT).zip(self.get(tj::TJPARAM_TJPARAM_JPEGWIDTH))?;
        Some((size, self.get(tj::TJPARAM_TJPARAM_SUBSAMP).is_some()))
    }

    fn get(&mut self, parameter: tj::TJPARAM) -> Option<u32> {
        // SAFETY: the handle is alive; the parameter is a number, checked by the library.
        u32::try_from(unsafe { tj::tj3Get(self.0, c_int::try_from(parameter).ok()?) }).ok()
    }

    fn scale(&mut self, scale: Scale) -> Option<()> {
        let factor = tj::tjscalingfactor { num: 1, denom: c_int::try_from(scale.step()).ok()? };
        // SAFETY: the handle is alive; the factor is checked by the library.
        (unsafe { tj::tj3SetScalingFactor(self.0, factor) } == 0).then_some(())
    }

    fn crop(&mut self, window: Window) -> Option<()> {
        let number = |n: u32| c_int::try_from(n).ok();
        let (x, y) = (number(window.x)?, number(window.y)?);
        let region = tj::tjregion { x, y, w: number(window.width)?, h: number(window.height)? };
        // SAFETY: the handle is alive; the region is checked by the library against the header it read.
        (unsafe { tj::tj3SetCroppingRegion(self.0, region) } == 0).then_some(())
    }

    /// Decompresses (height, width) pixels of `count` bytes, row after row, into fresh memory.
    fn decompress(
        &mut self,
        jpeg: &[u8],
        (format, count): Pixel,
        (height, width): (u32, u32),
    ) -> Option<(Vec<u8>, Outcome)> {
        let pitch = usize::try_from(width).ok()?.checked_mul(count)?;
        let size = pitch.checked_mul(usize::try_from(height).ok()?)?;
        // Memory is cleared only for pictures that do not fill it: that costs half as much as to resize the picture.
        let mut data = Vec::<u8>::with_capacity(size);
        // SAFETY: there is room for `height` rows of `pitch` bytes.
        if unsafe { self.fill(jpeg, data.as_mut_ptr(), pitch, format)? } == 0 {
            // SAFETY: without an error or a warning the library has written every row, and between them is nothing.
            unsafe { data.set_len(size) };
            return Some((data, Outcome::Fine));
        }
        // Once more, so that what the library does not reach is 0.
        data.resize(size, 0);
        // SAFETY: there are `height` rows of `pitch` bytes.
        let done = unsafe { self.fill(jpeg, data.as_mut_ptr(), pitch, format)? };
        Some((data, self.outcome(done)?))
    }

    /// The same into memory that is used again: where the first row begins, the bytes from one row to the next, and what
    /// became of it.
    fn decompress_into(
        &mut self,
        data: &mut Vec<u8>,
        jpeg: &[u8],
        (format, count): Pixel,
        (height, width): (u32, u32),
    ) -> Option<(usize, usize, Outcome)> {
        // Rows that begin at a multiple of 32 bytes the library writes past the caches; who reads them then waits.
        const APART: usize = 32;
        let pitch = usize::try_from(width).ok()?.checked_mul(count)?.checked_next_multiple_of(APART)?;
        let size = pitch.checked_mul(usize::try_from(height).ok()?)?.checked_add(APART)?;
        if data.len() < size {
            if data.capacity() < size {
                *data = Vec::new();
            }
            data.resize(size, 0);
        }
        let start = if data.as_ptr().addr().is_multiple_of(APART) { APART / 2 } else { 0 };
        // SAFETY: from `start` on there are `height` rows of `pitch` bytes.
        let mut done = unsafe { self.fill(jpeg, data.as_mut_ptr().add(start), pitch, format)? };
        if done != 0 {
            // Once more, so that what the library does not reach is 0.
            data.fill(0);
            // SAFETY: as above.
            done = unsafe { self.fill(jpeg, data.as_mut_ptr().add(start), pitch, format)? };
        }
        Some((start, pitch, self.outcome(done)?))
    }

    /// Writes rows `pitch` bytes apart; 0 if nothing was wrong.
    ///
    /// # Safety
    /// `out` is the start of as many rows of `pitch` bytes as the scale and the region given before have.
    unsafe fn fill(&mut self, jpeg: &[u8], out: *mut u8, pitch: usize, format: tj::TJPF) -> Option<c_int> {
        let length = jpeg.len().try_into().ok()?;
        let (pitch, format) = (c_int::try_from(pitch).ok()?, c_int::try_from(format).ok()?);
        // SAFETY: the handle is alive and was given this header, scale and region, so the library writes no more than the
        // rows that the caller vouches for; pointer and length of the input are of one slice.
        Some(unsafe { tj::tj3Decompress8(self.0, jpeg.as_ptr(), length, out, pitch, format) })
    }

    /// What the library says of its work.
    fn outcome(&self, done: c_int) -> Option<Outcome> {
        // SAFETY: the handle is alive.
        let warned =
            unsafe { tj::tj3GetErrorCode(self.0) } == c_int::try_from(tj::TJERR_TJERR_WARNING).ok()?;
        Some(match (done, warned) {
            (0, _) => Outcome::Fine,
            // A warning before it hides that the library stopped; its last words tell.
            (_, true) if is_warning(&self.message()) => Outcome::Warned,
            _ => Outcome::Failed(self.message()),
        })
    }

    fn message(&self) -> String {
        // SAFETY: the handle is alive, and the library gives a string of its own that ends in 0, which is copied
        // before the next call.
        let text = unsafe {
            let text = tj::tj3GetErrorStr(self.0);
            if text.is_null() { c"libjpeg-turbo failed" } else { CStr::from_ptr(text) }.to_owned()
        };
        text.to_string_lossy().replace('\n', " ")
    }
}

/// True for the messages with which libjpeg goes on (`JWRN_*` in its jerror.h); after any other it stops.
fn is_warning(message: &str) -> bool {
    let begins = [
        "Corrupt JPEG data",
        "Inconsistent progression",
        "Invalid SOS parameters for sequential",
        "Premature end of JPEG file",
        "Unknown Adobe color transform",
        "Warning: ",
    ];
    begins.iter().any(|begin| message.contains(begin))
}

/// How the library lays a pixel out, and its bytes.
type Pixel = (tj::TJPF, usize);

/// The wanted part of the stored picture, scaled, and where there is room what had to be decoded around it.
pub(super) fn decode(
    jpeg: &[u8],
    layout: &Layout<'_>,
    header: &Header,
    limits: &Limits,
    want: &Want,
    room: Option<Vec<u8>>,
) -> Result<(Sheet, Outcome)> {
    let cannot =
        |what: &str| Error::new(ErrorKind::Format, format!("{} cannot be decoded: {what}", said(header)));
    let odd = || cannot("libjpeg-turbo refuses it");
    let mut handle = Handle::new().ok_or_else(|| cannot("there is no memory for it"))?;
    let limited = handle
        .set(tj::TJPARAM_TJPARAM_SCANLIMIT, u64::try_from(MOST_SCANS).unwrap_or(u64::MAX))
        .and_then(|()| handle.set(tj::TJPARAM_TJPARAM_MAXPIXELS, limits.pixels))
        .and_then(|()| handle.set(tj::TJPARAM_TJPARAM_MAXMEMORY, limits.bytes.div_ceil(1 << 20)));
    limited.ok_or_else(odd)?;
    let Some((size, sampling)) = handle.header(jpeg).filter(|(size, _)| *size == header.size) else {
        return Err(cannot(&handle.message()));
    };
    let pixel = match header.model {
        Model::Gray => (tj::TJPF_TJPF_GRAY, 1),
        Model::Cmyk | Model::Ycck => (tj::TJPF_TJPF_CMYK, 4),
        _ => (tj::TJPF_TJPF_RGB, 3),
    };
    handle.scale(want.scale).ok_or_else(odd)?;
    let all = (want.scale.of(size.0), want.scale.of(size.1));
    let wanted = want.scaled();
    let wide = if sampling { widened(wanted, layout, want.scale, all) } else { whole(all) };
    if wide != whole(all) {
        handle.crop(wide).ok_or_else(odd)?;
    }
    let (size, inner) = ((wide.height, wide.width), (wanted.x - wide.x, wanted.y - wide.y));
    if let Some(mut data) = room
        && pixel.1 == 3
    {
        let done = handle.decompress_into(&mut data, jpeg, pixel, size);
        let (start, stride, outcome) = done.ok_or_else(odd)?;
        let sheet = Sheet { data, start, stride, size, channels: Channels::Rgb, at: inner };
        return Ok((sheet, outcome));
    }
    let (data, outcome) = handle.decompress(jpeg, pixel, size).ok_or_else(odd)?;
    let (channels, data) = match pixel.1 {
        1 => (Channels::Gray, data),
        4 => (Channels::Rgb, data.as_chunks::<4>().0.iter().flat_map(|inks| rgb(*inks)).collect()),
        _ => (Channels::Rgb, data),
    };
    let pixels = Pixels::new(size, channels, data)?;
    if wanted == wide {
        return Ok((Sheet::of(pixels), outcome));
    }
    let inner = Window { x: inner.0, y: inner.1, ..wanted };
    Ok((Sheet::of(pixels.crop(inner)?), outcome))
}

fn whole((height, width): (u32, u32)) -> Window {
    Window { x: 0, y: 0, width, height }
}

/// The window with what the library needs around it to make the same pixels: a unit of blocks more at the left, where it
/// begins with one, and at the right, since colours of half resolution are mixed across the cut; rows are read in their
/// order and end where they end, after a unit of rows at the top.
fn widened(window: Window, layout: &Layout<'_>, scale: Scale, (height, width): (u32, u32)) -> Window {
    let (h, v) = if layout.frame.components.len() == 1 { (1, 1) } else { layout.frame.most() };
    let (across, down) = (8 * h / scale.step(), 8 * v / scale.step());
    let before = |from: u32, unit: u32| (from / unit).saturating_sub(1) * unit;
    let (x, y) = (before(window.x, across), before(window.y, down));
    let right = ((window.x + window.width).div_ceil(across) + 1).saturating_mul(across).min(width);
    let bottom = (window.y + window.height).min(height);
    Window { x, y, width: right - x, height: bottom - y }
}

/// Four inverted inks, as everybody writes them, on white paper: each of the first three times the fourth.
fn rgb([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let product = u32::from(ink) * u32::from(k);
        u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
    })
}
