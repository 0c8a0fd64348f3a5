//! [`Resample`]: a part of a picture in another size, flipped, normalised and laid out, in one pass.
//!
//! What a training loop does with a picture (crop, resize, flip, subtract the mean, divide, turn HWC into CHW) is done
//! for each row that comes out, while its samples are in the nearest cache: rows of the source are mixed first, then
//! columns, then the numbers go where they belong. Samples are rounded to 8 bits before they are normalised, so that the
//! numbers are those of the steps one by one.
//!
//! | file | noun |
//! |---|---|
//! | `weights.rs` | which samples of a line make each sample of another, by all rules |
//! | `source.rs` | [`Source`]: the samples that are read |
//! | `passes.rs` | rows, then columns |
//! | `pairs.rs` | the same of two taps each, for colours that shrink |
//! | `lanes.rs` | vectors of sixteen numbers, and where a row of them goes |
//! | `plain.rs` | the same, a number at a time |
//! | `draft.rs` | [`Draft`]: what is left to be done, for whoever does it elsewhere |
//! | `target.rs` | [`Target`]: where numbers go, and what they become |

mod draft;
#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(target_arch = "x86_64")]
mod pairs;
mod passes;
mod plain;
mod source;
mod target;
mod weights;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::pixels::{Channels, Pixels, Window};
use super::resize::Filter;
use crate::error::{Error, ErrorKind, Place, Result};
pub use draft::{Draft, Taps};
pub(crate) use source::Source;
pub use target::{Order, Target, Values};
use weights::{Axis, Line};

/// How samples of another size are made. All rules stand on half-pixel centres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interpolation {
    /// The sample that the centre lies in (Pillow's rule, OpenCV's `INTER_NEAREST_EXACT`).
    Nearest,
    /// The line between the two nearest, however much the picture shrinks: OpenCV's `INTER_LINEAR`.
    #[default]
    Linear,
    /// Keys' cubic of four samples with a = −0.75: OpenCV's `INTER_CUBIC`.
    Cubic,
    /// A windowed sinc of eight samples: OpenCV's `INTER_LANCZOS4`.
    Lanczos4,
    /// The mean of what is covered: OpenCV's `INTER_AREA`.
    Area,
    /// Pillow's rule, whose support widens when the picture shrinks. Bicubic and Lanczos overshoot, and are clipped to 8
    /// bits between columns and rows, as there.
    Antialias(Filter),
}

/// The names of rules in pipelines; with `antialias` they are Pillow's, without OpenCV's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One sample.
    Nearest,
    /// A triangle.
    #[default]
    Bilinear,
    /// Keys' cubic.
    Bicubic,
    /// A windowed sinc.
    Lanczos,
    /// The mean of what is covered.
    Area,
}

impl Method {
    /// The rule of this name.
    pub fn rule(self, antialias: bool) -> Interpolation {
        match (self, antialias) {
            (Method::Nearest, _) => Interpolation::Nearest,
            (Method::Bilinear, false) => Interpolation::Linear,
            (Method::Bicubic, false) => Interpolation::Cubic,
            (Method::Lanczos, false) => Interpolation::Lanczos4,
            (Method::Area, false) => Interpolation::Area,
            (Method::Bilinear, true) => Interpolation::Antialias(Filter::Bilinear),
            (Method::Bicubic, true) => Interpolation::Antialias(Filter::Bicubic),
            (Method::Lanczos, true) => Interpolation::Antialias(Filter::Lanczos),
            (Method::Area, true) => Interpolation::Antialias(Filter::Box),
        }
    }
}

/// A rectangle between samples, in samples: a window of a picture that was decoded smaller begins at a fraction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// To the right.
    pub width: f64,
    /// Down.
    pub height: f64,
}

impl From<Window> for Span {
    fn from(window: Window) -> Span {
        let Window { x, y, width, height } = window;
        Span { x: x.into(), y: y.into(), width: width.into(), height: height.into() }
    }
}

/// A part of a picture (`part`) in the size `size` (height, width), of that the window `wanted`, flipped.
///
/// ```
/// use lensframe::image::{Channels, Interpolation, Pixels, Resample, Window};
/// let picture = Pixels::new((1, 4), Channels::Gray, vec![0, 100, 200, 40])?;
/// let part = Window { x: 0, y: 0, width: 4, height: 1 };
/// let half = Resample::new(part.into(), (1, 2), Interpolation::Area).flipped(true, false);
/// assert_eq!(half.pixels(&picture)?.data(), [120, 50]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resample {
    part: Span,
    /// The samples that may be read; all of the picture where this is `None`.
    limit: Option<Window>,
    size: (u32, u32),
    wanted: Window,
    flip_x: bool,
    flip_y: bool,
    rule: Interpolation,
}

impl Resample {
    /// A part in a size. Samples beyond the part are read only where the part begins at a fraction.
    pub fn new(part: Span, size: (u32, u32), rule: Interpolation) -> Resample {
        let wanted = Window { x: 0, y: 0, width: size.1, height: size.0 };
        Resample { part, limit: None, size, wanted, flip_x: false, flip_y: false, rule }
    }

    /// Only this window of what comes out, before it is flipped.
    #[must_use]
    pub fn window(self, wanted: Window) -> Resample {
        Resample { wanted, ..self }
    }

    /// Columns (`x`) or rows (`y`) in the opposite order.
    #[must_use]
    pub fn flipped(self, x: bool, y: bool) -> Resample {
        Resample { flip_x: x, flip_y: y, ..self }
    }

    /// Only samples of this window of the picture are read; the nearest of them stand for others.
    #[must_use]
    pub fn within(self, limit: Window) -> Resample {
        Resample { limit: Some(limit), ..self }
    }

    /// (height, width) of what comes out.
    pub fn out(&self) -> (u32, u32) {
        (self.wanted.height, self.wanted.width)
    }

    /// The window of a picture of this size that is read: what a decoder has to give.
    ///
    /// # Errors
    /// `Usage` if the part or the window leaves what it is of, or there is no pixel.
    pub fn reads(&self, size: (u32, u32)) -> Result<Window> {
        Ok(self.prepared(size)?.reads())
    }

    /// The same of a picture of which only the window that [`Resample::reads`] tells was decoded.
    #[must_use]
    pub fn of_window(self, read: Window, size: (u32, u32)) -> Resample {
        let limit = self.limit.unwrap_or(Window { x: 0, y: 0, width: size.1, height: size.0 });
        let (left, top) = (limit.x.max(read.x), limit.y.max(read.y));
        let right = (limit.x + limit.width).min(read.x + read.width);
        let bottom = (limit.y + limit.height).min(read.y + read.height);
        let limit = Window {
            x: left - read.x,
            y: top - read.y,
            width: right.saturating_sub(left),
            height: bottom.saturating_sub(top),
        };
        let part =
            Span { x: self.part.x - f64::from(read.x), y: self.part.y - f64::from(read.y), ..self.part };
        Resample { part, limit: Some(limit), ..self }
    }

    /// The picture that comes out.
    ///
    /// # Errors
    /// As [`Resample::reads`].
    pub fn pixels(&self, source: &Pixels) -> Result<Pixels> {
        let mut out = Pixels::filled(self.out(), source.channels(), [0; 3])?;
        let order = Order::Hwc;
        let channels = source.channels();
        let target = Target::new(Values::U8(out.data_mut()), order, self.out(), channels)?;
        self.write(source, target)?;
        Ok(out)
    }

    /// Writes what comes out where it belongs.
    ///
    /// # Errors
    /// As [`Resample::reads`]; `Length` for a target of another size or other channels.
    pub fn write(&self, source: &Pixels, target: Target<'_>) -> Result<()> {
        self.prepared(source.size())?.write(Source::whole(source), target)
    }

    /// The pass for pictures of this size, its weights made once for all that follows.
    ///
    /// # Errors
    /// As [`Resample::reads`].
    pub(crate) fn prepared(&self, size: (u32, u32)) -> Result<Prepared> {
        let [rows, columns] = self.axes(size)?;
        Ok(Prepared { rows, columns, rule: self.rule, out: self.out() })
    }

    /// The weights of rows and of columns.
    fn axes(&self, size: (u32, u32)) -> Result<[Axis; 2]> {
        let limit = self.limit.unwrap_or(Window { x: 0, y: 0, width: size.1, height: size.0 });
        let whole = |from: u32, n: u32, all: u32| n > 0 && from.checked_add(n).is_some_and(|end| end <= all);
        let Window { x, y, width, height } = self.wanted;
        let part = [self.part.x, self.part.y, self.part.width, self.part.height];
        let fits = whole(limit.x, limit.width, size.1)
            && whole(limit.y, limit.height, size.0)
            && whole(x, width, self.size.1)
            && whole(y, height, self.size.0)
            && part.iter().all(|side| side.is_finite())
            && self.part.width > 0.0
            && self.part.height > 0.0;
        if !fits {
            let what = format!(
                "{:?} of a picture of {}x{} cannot become {height}x{width} of {}x{}",
                self.part, size.0, size.1, self.size.0, self.size.1
            );
            return Err(Error::new(ErrorKind::Usage, what).at(Place::area("resample")));
        }
        let shrinks = self.part.width >= f64::from(self.size.1) && self.part.height >= f64::from(self.size.0);
        // A part that begins between samples mixes those around it; one of whole samples has edges.
        let inside = |from: f64, length: f64, limit: Range<u32>| {
            if from.fract() != 0.0 || length.fract() != 0.0 {
                return limit;
            }
            let (start, end) = (whole_number(from), whole_number(from + length));
            let (start, end) = (start.max(limit.start), end.min(limit.end));
            if start < end { start..end } else { limit }
        };
        let line = |origin, length, limit, size, wanted: Range<u32>, flipped| Line {
            origin,
            length,
            limit: inside(origin, length, limit),
            size,
            wanted,
            flipped,
            shrinks,
        };
        let (top, left) = (limit.y..limit.y + limit.height, limit.x..limit.x + limit.width);
        let rows = line(self.part.y, self.part.height, top, self.size.0, y..y + height, self.flip_y);
        let columns = line(self.part.x, self.part.width, left, self.size.1, x..x + width, self.flip_x);
        Ok([Axis::new(self.rule, &rows), Axis::new(self.rule, &columns)])
    }
}

/// A [`Resample`] of pictures of one size.
pub(crate) struct Prepared {
    rows: Axis,
    columns: Axis,
    rule: Interpolation,
    out: (u32, u32),
}

impl Prepared {
    /// The window that is read.
    pub(crate) fn reads(&self) -> Window {
        let (rows, columns) = (self.rows.reach(), self.columns.reach());
        Window {
            x: columns.start,
            y: rows.start,
            width: columns.end - columns.start,
            height: rows.end - rows.start,
        }
    }

    /// Writes what comes out where it belongs. What there is beyond the window that is read makes no difference.
    ///
    /// # Errors
    /// `Length` for a target of another size or other channels; `Usage` for a source that lacks some of what is read.
    pub(crate) fn write(&self, source: Source<'_>, mut target: Target<'_>) -> Result<()> {
        let channels = source.channels;
        target.expects(self.out, channels)?;
        let reads = self.reads();
        source.check(reads)?;
        if matches!(self.rule, Interpolation::Antialias(Filter::Bicubic | Filter::Lanczos)) {
            let size = (reads.height, self.out.1);
            let mut narrow = Pixels::filled(size, channels, [0; 3])?;
            let order = Order::Hwc;
            let mut middle = Target::new(Values::U8(narrow.data_mut()), order, size, channels)?;
            run(source, &Axis::as_is(self.rows.reach()), &self.columns, &mut middle);
            let at = (0, reads.y);
            let narrow = Source::new(narrow.data(), narrow.stride(), channels, size, at);
            run(narrow, &self.rows, &Axis::as_is(0..size.1), &mut target);
            return Ok(());
        }
        run(source, &self.rows, &self.columns, &mut target);
        Ok(())
    }
}

impl Prepared {
    /// What is read of an RGB picture, and what is left to be done: the picture fills its canvas. `None` for rules that
    /// round between the axes, and for gray pictures.
    ///
    /// # Errors
    /// `Usage` for a source that lacks some of what is read.
    pub(crate) fn draft(&self, source: Source<'_>) -> Result<Option<Draft>> {
        let rounds = matches!(self.rule, Interpolation::Antialias(Filter::Bicubic | Filter::Lanczos));
        if rounds || source.channels != Channels::Rgb {
            return Ok(None);
        }
        let reads = self.reads();
        Ok(Some(Draft {
            data: source.copied::<3>(reads)?,
            width: reads.width,
            rows: Taps::of(&self.rows, reads.y),
            columns: Taps::of(&self.columns, reads.x),
            at: (0, 0),
            canvas: self.out,
            fill: [0; 3],
        }))
    }
}

fn run(source: Source<'_>, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    match source.channels {
        Channels::Gray => passes::run::<1>(source, rows, columns, target),
        Channels::Rgb => passes::run::<3>(source, rows, columns, target),
    }
}

/// A number of samples that is whole, as one; negative ones are none.
#[allow(clippy::as_conversions, reason = "as saturates")]
fn whole_number(value: f64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests;
