//! [`Picture`]: the pixels of a sample, which are made as late as can be.
//!
//! What is asked of a picture first is as a rule its size, then a window of it in another size, perhaps mirrored, on a
//! canvas. All that is only noted; when the pixels are needed, the decoder is asked for no more than the window, and one
//! pass makes what is wanted. What cannot be noted beside what was noted before makes the pixels first: the result is
//! the same as that of the steps one by one.

use std::cell::Cell;

use arrow_buffer::Buffer;

use crate::error::{Error, ErrorKind, Result};
use crate::geometry::Size;
use crate::image::{
    Alpha, Channels, Decode, Draft, Format, Interpolation, Orientation, Pixels, Prepared, Resample, Scale,
    Source as Samples, Span, Taps, Target, Window, decode, probe,
};

/// More memory than this is not kept for the next picture.
const MOST_SPARE: usize = 16 << 20;

/// Bytes of a picture that is left to be resampled elsewhere.
const MOST_DRAFT: usize = 96 << 20;

thread_local! {
    /// Where the last picture of this thread was decoded, which the next one needs again: fresh memory costs more than to
    /// resize what is decoded into it.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// How much of what is in a file has to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decoding {
    /// Pixels are those of the whole picture.
    #[default]
    Exact,
    /// JPEGs that are to shrink to half or less are decoded smaller (the scaled DCT of libjpeg), which is several times as
    /// fast and off by a few levels.
    Fast,
}

/// A picture in the making.
#[derive(Clone, Debug)]
pub struct Picture {
    source: Source,
    plan: Plan,
}

#[derive(Clone, Debug)]
enum Source {
    File { bytes: Buffer, size: Size, upright: bool, decoding: Decoding, jpeg: bool },
    Pixels(Pixels),
}

/// What is wanted of the source, in this order.
#[derive(Clone, Debug)]
struct Plan {
    /// The part of it,
    part: Window,
    /// in another size,
    sized: Option<(Size, Interpolation)>,
    /// of that a window,
    wanted: Window,
    /// mirrored,
    flip: (bool, bool),
    /// on a canvas.
    canvas: Option<Canvas>,
}

/// A canvas that a picture lies on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canvas {
    /// Its size.
    pub size: Size,
    /// Row and column of the picture on it.
    pub at: (u32, u32),
    /// What lies around the picture.
    pub fill: Fill,
}

/// What lies around a picture on its canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// A colour.
    Colour([u8; 3]),
    /// The number 0 once pixels are normalised, which is no colour.
    Zero,
}

/// A window of a picture, or all of it where the window leaves out so little that cutting costs more than it saves: a
/// decoder makes more than the window, and what is too much is copied away.
fn worthwhile(window: Window, (height, width): (u32, u32)) -> Window {
    let pixels = |height: u32, width: u32| u64::from(height) * u64::from(width);
    match pixels(window.height, window.width) * 8 >= pixels(height, width) * 7 {
        true => Window { x: 0, y: 0, width, height },
        false => window,
    }
}

fn whole(size: Size) -> Window {
    Window { x: 0, y: 0, width: size.width, height: size.height }
}

impl Plan {
    fn all_of(size: Size) -> Plan {
        Plan { part: whole(size), sized: None, wanted: whole(size), flip: (false, false), canvas: None }
    }

    /// The size before the canvas.
    fn inner(&self) -> Size {
        Size::new(self.wanted.height, self.wanted.width)
    }
}

impl Picture {
    /// The picture in a file, upright unless its annotations lie on it as it is stored. Its header is read.
    ///
    /// # Errors
    /// Those of [`probe`].
    pub fn of_file(bytes: Buffer, upright: bool, decoding: Decoding) -> Result<Picture> {
        let header = probe(&bytes)?;
        let (height, width) = if upright { header.upright() } else { header.size };
        let size = Size::new(height, width);
        let jpeg = header.format == Format::Jpeg;
        Ok(Picture {
            source: Source::File { bytes, size, upright, decoding, jpeg },
            plan: Plan::all_of(size),
        })
    }

    /// A picture of these pixels.
    pub fn of_pixels(pixels: Pixels) -> Picture {
        let size = Size::new(pixels.height(), pixels.width());
        Picture { source: Source::Pixels(pixels), plan: Plan::all_of(size) }
    }

    /// (height, width) as it is now.
    pub fn size(&self) -> Size {
        match &self.plan.canvas {
            Some(canvas) => canvas.size,
            None => self.plan.inner(),
        }
    }

    /// The file, while nothing is wanted but the picture in it.
    pub fn file(&self) -> Option<&Buffer> {
        match &self.source {
            Source::File { bytes, .. } if self.is_plain() => Some(bytes),
            _ => None,
        }
    }

    /// True if the pixels come from a JPEG, which has lost what a JPEG loses.
    pub fn is_jpeg(&self) -> bool {
        matches!(&self.source, Source::File { jpeg: true, .. })
    }

    /// A window of it.
    ///
    /// # Errors
    /// `Index` for a window that leaves it; those of decoding.
    pub fn crop(&mut self, window: Window) -> Result<()> {
        let size = self.size();
        let fits = |from: u32, n: u32, all: u32| n > 0 && from.checked_add(n).is_some_and(|end| end <= all);
        if !fits(window.x, window.width, size.width) || !fits(window.y, window.height, size.height) {
            let what = format!("{window:?} leaves a picture of {size}");
            return Err(Error::new(ErrorKind::Index, what));
        }
        if self.plan.canvas.is_some() {
            self.settle()?;
        }
        let plan = &mut self.plan;
        let (flip_x, flip_y) = plan.flip;
        let along = |flipped: bool, from: u32, n: u32, all: u32| if flipped { all - from - n } else { from };
        let x = plan.wanted.x + along(flip_x, window.x, window.width, size.width);
        let y = plan.wanted.y + along(flip_y, window.y, window.height, size.height);
        plan.wanted = Window { x, y, ..window };
        if plan.sized.is_none() {
            plan.part = Window { x: plan.part.x + x, y: plan.part.y + y, ..window };
            plan.wanted = whole(plan.inner());
        }
        Ok(())
    }

    /// In another size.
    ///
    /// # Errors
    /// `Usage` for a size without a pixel; those of decoding.
    pub fn resize(&mut self, size: Size, rule: Interpolation) -> Result<()> {
        if size.pixels() == 0 {
            let what = format!("a picture cannot become {size}");
            return Err(Error::new(ErrorKind::Usage, what));
        }
        if size == self.size() {
            return Ok(());
        }
        if self.plan.canvas.is_some() || self.plan.sized.is_some() || self.plan.flip != (false, false) {
            self.settle()?;
        }
        self.plan.sized = Some((size, rule));
        self.plan.wanted = whole(size);
        Ok(())
    }

    /// Columns (`x`) or rows (`y`) in the opposite order.
    ///
    /// # Errors
    /// Those of decoding.
    pub fn flip(&mut self, x: bool, y: bool) -> Result<()> {
        if self.plan.canvas.is_some() {
            self.settle()?;
        }
        let (was_x, was_y) = self.plan.flip;
        self.plan.flip = (was_x != x, was_y != y);
        Ok(())
    }

    /// On a canvas.
    ///
    /// # Errors
    /// `Usage` if it does not fit; those of decoding.
    pub fn pad(&mut self, canvas: Canvas) -> Result<()> {
        let size = self.size();
        let fits = |at: u32, n: u32, all: u32| at.checked_add(n).is_some_and(|end| end <= all);
        let ((row, column), on) = (canvas.at, canvas.size);
        if !fits(row, size.height, on.height) || !fits(column, size.width, on.width) {
            let what = format!("a picture of {size} at row {row}, column {column} leaves a canvas of {on}");
            return Err(Error::new(ErrorKind::Usage, what));
        }
        if on == size {
            return Ok(());
        }
        if self.plan.canvas.is_some() {
            self.settle()?;
        }
        self.plan.canvas = Some(canvas);
        Ok(())
    }

    /// Quarter turns, counter-clockwise.
    ///
    /// # Errors
    /// Those of decoding.
    pub fn turn(&mut self, quarters: u8) -> Result<()> {
        let orientation = match quarters % 4 {
            0 => return Ok(()),
            1 => Orientation::Turn270,
            2 => Orientation::Turn180,
            _ => Orientation::Turn90,
        };
        let turned = std::mem::replace(self.pixels()?, Pixels::filled((1, 1), Channels::Rgb, [0; 3])?);
        *self = Picture::of_pixels(turned.oriented(orientation));
        Ok(())
    }

    /// The pixels, to look at or to change.
    ///
    /// # Errors
    /// Those of decoding.
    pub fn pixels(&mut self) -> Result<&mut Pixels> {
        self.settle()?;
        match &mut self.source {
            Source::Pixels(pixels) => Ok(pixels),
            Source::File { .. } => Err(Error::new(ErrorKind::Unsupported, "a picture was not decoded")),
        }
    }

    /// The pixels for people: a canvas of normalised zeros, which is no colour, is black.
    ///
    /// # Errors
    /// Those of decoding.
    pub(super) fn seen(&mut self) -> Result<&Pixels> {
        if let Some(canvas) = &mut self.plan.canvas
            && canvas.fill == Fill::Zero
        {
            canvas.fill = Fill::Colour([0; 3]);
        }
        self.pixels().map(|pixels| &*pixels)
    }

    /// Replaces the pixels.
    pub fn replace(&mut self, pixels: Pixels) {
        *self = Picture::of_pixels(pixels);
    }

    /// Does what was noted.
    fn settle(&mut self) -> Result<()> {
        let size = self.size();
        let done = match &self.source {
            Source::Pixels(_) if self.is_plain() => return Ok(()),
            // What is wanted is all there is.
            Source::File { .. } if self.is_plain() => self.decoded(None, Scale::Full)?,
            _ => {
                let colour = match self.fill() {
                    Some(Fill::Zero) => {
                        let what = "a canvas of normalised zeros was followed by an operation on pixels";
                        return Err(Error::new(ErrorKind::Unsupported, what)
                            .remedy("let the one pad after normalize be the last operation"));
                    }
                    Some(Fill::Colour(colour)) => colour,
                    None => [0; 3],
                };
                let mut out = Pixels::filled((size.height, size.width), Channels::Rgb, colour)?;
                let canvas = (size.height, size.width);
                let values = crate::image::Values::U8(out.data_mut());
                let target = Target::new(values, crate::image::Order::Hwc, canvas, Channels::Rgb)?;
                self.write(target)?;
                out
            }
        };
        *self = Picture::of_pixels(done);
        Ok(())
    }

    /// What lies around the picture on its canvas; `None` without one. Who writes it into a target fills that first.
    pub fn fill(&self) -> Option<Fill> {
        self.plan.canvas.map(|canvas| canvas.fill)
    }

    fn is_plain(&self) -> bool {
        let whole_part = match &self.source {
            Source::File { size, .. } => self.plan.part == whole(*size),
            Source::Pixels(pixels) => {
                self.plan.part == whole(Size::new(pixels.height(), pixels.width()))
                    && pixels.channels() == Channels::Rgb
            }
        };
        let plan = &self.plan;
        whole_part && plan.sized.is_none() && plan.flip == (false, false) && plan.canvas.is_none()
    }

    /// Writes the picture, RGB, into a target of its size; of a canvas only where the picture lies.
    ///
    /// # Errors
    /// `Length` for a target of another size; those of decoding.
    pub fn write(&self, target: Target<'_>) -> Result<()> {
        let inner = self.plan.inner();
        let target = match self.plan.canvas {
            Some(canvas) => target.placed(canvas.at, (inner.height, inner.width))?,
            None => target,
        };
        self.with_source(|pass, source| pass.write(source, target))
    }

    /// The picture decoded, and what is left to be done to it. Where it cannot be left, it is done: then every sample stays
    /// as it is.
    ///
    /// # Errors
    /// Those of decoding.
    pub fn draft(&self) -> Result<Draft> {
        let canvas = self.plan.canvas;
        let fill = match self.fill() {
            Some(Fill::Colour(colour)) => colour,
            Some(Fill::Zero) | None => [0; 3],
        };
        let inner = self.plan.inner();
        // What is too much for any device is made small first.
        let fits = |draft: &Draft| draft.data.len() <= MOST_DRAFT;
        let draft = match self.with_source(|pass, source| pass.draft(source))?.filter(fits) {
            Some(draft) => draft,
            None => {
                let mut plain = self.clone();
                plain.plan.canvas = None;
                let data = plain.pixels()?.data().to_vec();
                Draft {
                    data,
                    width: inner.width,
                    rows: Taps::as_is(inner.height),
                    columns: Taps::as_is(inner.width),
                    at: (0, 0),
                    canvas: (inner.height, inner.width),
                    fill,
                }
            }
        };
        Ok(match canvas {
            Some(Canvas { size, at, .. }) => Draft { at, canvas: (size.height, size.width), fill, ..draft },
            None => draft,
        })
    }

    /// Decodes what is read, and hands it over with the pass that makes the picture of it.
    fn with_source<T>(&self, then: impl FnOnce(&Prepared, Samples<'_>) -> Result<T>) -> Result<T> {
        let plan = &self.plan;
        let (size, rule) = plan
            .sized
            .unwrap_or_else(|| (Size::new(plan.part.height, plan.part.width), Interpolation::Nearest));
        let pass = |part: Span| {
            Resample::new(part, (size.height, size.width), rule)
                .window(plan.wanted)
                .flipped(plan.flip.0, plan.flip.1)
        };
        match &self.source {
            Source::Pixels(pixels) => {
                let pass = pass(plan.part.into()).prepared(pixels.size())?;
                match pixels.channels() {
                    Channels::Rgb => then(&pass, Samples::whole(pixels)),
                    Channels::Gray => then(&pass, Samples::whole(&pixels.clone().to_rgb())),
                }
            }
            Source::File { bytes, size: file, upright, .. } => {
                let scale = self.scale(size);
                // The part may begin between the samples of a smaller picture.
                let step = f64::from(scale.step());
                let Window { x, y, width, height } = plan.part;
                let part = Span {
                    x: f64::from(x) / step,
                    y: f64::from(y) / step,
                    width: f64::from(width) / step,
                    height: f64::from(height) / step,
                };
                let all = (scale.of(file.height), scale.of(file.width));
                let pass = pass(part).prepared(all)?;
                let read = worthwhile(pass.reads(), all);
                let window = Window {
                    x: read.x * scale.step(),
                    y: read.y * scale.step(),
                    width: (read.width * scale.step()).min(file.width - read.x * scale.step()),
                    height: (read.height * scale.step()).min(file.height - read.y * scale.step()),
                };
                let window = Some(window).filter(|window| *window != whole(*file));
                let sheet = how(*upright, window, scale).around(bytes, SPARE.take())?;
                let done = then(&pass, sheet.from((read.x, read.y)))?;
                let data = sheet.into_data();
                if data.capacity() <= MOST_SPARE {
                    SPARE.set(data);
                }
                Ok(done)
            }
        }
    }

    /// How much smaller the file may be decoded for a part in this size.
    fn scale(&self, size: Size) -> Scale {
        let Source::File { decoding: Decoding::Fast, jpeg: true, .. } = &self.source else {
            return Scale::Full;
        };
        let part = &self.plan.part;
        let least = (part.height / size.height.max(1)).min(part.width / size.width.max(1));
        match least {
            0 | 1 => Scale::Full,
            2 | 3 => Scale::Half,
            4..=7 => Scale::Quarter,
            _ => Scale::Eighth,
        }
    }

    fn decoded(&self, window: Option<Window>, scale: Scale) -> Result<Pixels> {
        match &self.source {
            Source::Pixels(pixels) => Ok(pixels.clone()),
            Source::File { bytes, upright, .. } => {
                decode(bytes, &how(*upright, window, scale)).map(|decoded| decoded.pixels)
            }
        }
    }
}

/// How files are decoded.
fn how(upright: bool, window: Option<Window>, scale: Scale) -> Decode {
    Decode { alpha: Alpha::White, upright, window, scale, ..Decode::default() }
}
