//! [`Sample`]: one row on its way through a pipeline: its picture, and all that lies on it.
//!
//! The invariant: picture, objects and label maps lie in the same picture of [`Sample::size`], and [`Sample::motion`] says
//! where its points came from. Every operation that moves pixels goes through one of the verbs here, so nothing can
//! move alone.

use super::nearest::nearest;
use super::objects::{Keep, Objects};
use super::picture::{Canvas, Picture};
use super::warp::warp;
use crate::dataset::Value;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{Affine, Size};
use crate::image::{Interpolation, Limits, Pixels, Window};

/// What is outside a picture in a label map: MMDetection's value, which losses ignore.
pub const IGNORED: i32 = 255;

/// A row on its way.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    picture: Option<Picture>,
    size: Size,
    /// Of the picture before anything was done to it.
    stored: Size,
    /// The objects.
    pub objects: Objects,
    /// Maps of classes or ids, a number a pixel, row after row, by the names of their keys.
    maps: Vec<(String, Vec<i32>)>,
    /// Everything else of the row, and what operations tell of themselves.
    pub values: Vec<(String, Value)>,
    motion: Motion,
}

/// Where points of the picture came from; nothing once several pictures were mixed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Motion(Option<Affine>);

impl Default for Motion {
    fn default() -> Motion {
        Motion(Some(Affine::IDENTITY))
    }
}

fn whole(size: Size) -> (f64, f64) {
    (size.height.into(), size.width.into())
}

/// Pictures are not made larger than decoders let them be.
fn check(size: Size) -> Result<()> {
    let most = Limits::default().pixels;
    match size.pixels() <= most {
        true => Ok(()),
        false => {
            Err(Error::new(ErrorKind::Limit, format!("a picture of {size} has more than {most} pixels")))
        }
    }
}

impl Sample {
    /// A sample with a picture.
    pub fn of_picture(picture: Picture) -> Sample {
        Sample { size: picture.size(), stored: picture.size(), picture: Some(picture), ..Sample::default() }
    }

    /// A sample of which only the size of its picture is known.
    pub fn of_size(size: Size) -> Sample {
        Sample { size, stored: size, ..Sample::default() }
    }

    /// (height, width) of the picture as it is now.
    pub fn size(&self) -> Size {
        self.size
    }

    /// (height, width) of the picture before anything was done to it.
    pub fn stored(&self) -> Size {
        self.stored
    }

    /// The picture, if there is one.
    pub fn picture(&self) -> Option<&Picture> {
        self.picture.as_ref()
    }

    /// Where a point of the stored picture lies now; `None` once several pictures were mixed.
    pub fn motion(&self) -> Option<Affine> {
        self.motion.0
    }

    /// True if the picture still is the file that it was read from.
    pub fn is_as_stored(&self) -> bool {
        self.motion.0 == Some(Affine::IDENTITY)
            && self.picture.as_ref().is_none_or(|picture| picture.file().is_some())
    }

    /// The label maps: names and numbers, row after row.
    pub fn maps(&self) -> &[(String, Vec<i32>)] {
        &self.maps
    }

    /// Adds a label map.
    ///
    /// # Errors
    /// `Mismatch` if it has another size than the picture.
    pub fn add_map(&mut self, name: &str, size: Size, ids: Vec<i32>) -> Result<()> {
        if size != self.size || ids.len() as u64 != size.pixels() {
            let what = format!("a label map of {size} on a picture of {}", self.size);
            return Err(Error::new(ErrorKind::Mismatch, what).at(Place::none().key(name)));
        }
        self.maps.push((name.to_owned(), ids));
        Ok(())
    }

    /// The picture, for who writes it into a file.
    pub(super) fn picture_mut(&mut self) -> Option<&mut Picture> {
        self.picture.as_mut()
    }

    /// The pixels, to look at or to change in place; `None` without a picture.
    ///
    /// # Errors
    /// Those of decoding.
    pub fn pixels(&mut self) -> Result<Option<&mut Pixels>> {
        self.picture.as_mut().map(Picture::pixels).transpose()
    }

    /// Other pixels in the place of these, of the same size.
    ///
    /// # Errors
    /// `Length` for another size.
    pub fn replace_pixels(&mut self, pixels: Pixels) -> Result<()> {
        if pixels.size() != (self.size.height, self.size.width) {
            let what = format!("pixels of {:?} in the place of {}", pixels.size(), self.size);
            return Err(Error::new(ErrorKind::Length, what));
        }
        self.picture = Some(Picture::of_pixels(pixels));
        Ok(())
    }

    /// Only a window.
    ///
    /// # Errors
    /// `Index` for a window that leaves the picture; those of decoding.
    pub fn crop(&mut self, window: Window, keep: &Keep) -> Result<()> {
        if let Some(picture) = &mut self.picture {
            picture.crop(window)?;
        }
        let map = Affine::moved(-f64::from(window.x), -f64::from(window.y));
        self.follow(map, Size::new(window.height, window.width), keep)
    }

    /// In another size.
    ///
    /// # Errors
    /// `Usage` for a size without a pixel, `Limit` for one of more than 2^28; `Key` where the size is not known; those of
    /// decoding.
    pub fn resize(&mut self, size: Size, rule: Interpolation) -> Result<()> {
        check(size)?;
        if self.size.pixels() == 0 {
            let what = "the size of its picture is not known, so that nothing can be scaled with it";
            return Err(Error::new(ErrorKind::Key, what).remedy("select img, or height and width"));
        }
        if let Some(picture) = &mut self.picture {
            picture.resize(size, rule)?;
        }
        let ((height, width), (high, wide)) = (whole(self.size), whole(size));
        self.follow(Affine::scaled(wide / width, high / height), size, &Keep::WHOLE)
    }

    /// Mirrored left to right (`x`) or top to bottom (`y`); points of a pair change places in every mirror.
    ///
    /// # Errors
    /// `Usage` and `Length` for pairs that do not fit the points; those of decoding.
    pub fn flip(&mut self, x: bool, y: bool, pairs: &[(usize, usize)]) -> Result<()> {
        if !x && !y {
            return Ok(());
        }
        if let Some(picture) = &mut self.picture {
            picture.flip(x, y)?;
        }
        let (height, width) = whole(self.size);
        let mut map = Affine::IDENTITY;
        if x {
            map = map.then(&Affine::mirrored_x(width));
        }
        if y {
            map = map.then(&Affine::mirrored_y(height));
        }
        self.follow(map, self.size, &Keep::WHOLE)?;
        if x != y && !pairs.is_empty() {
            self.objects.mirror_points(pairs)?;
        }
        Ok(())
    }

    /// Quarter turns, counter-clockwise.
    ///
    /// # Errors
    /// Those of decoding.
    pub fn turn(&mut self, quarters: u8) -> Result<()> {
        if let Some(picture) = &mut self.picture {
            picture.turn(quarters)?;
        }
        let size = self.size;
        let turned = if quarters % 2 == 1 { Size::new(size.width, size.height) } else { size };
        self.follow(Affine::turned(quarters, whole(size)), turned, &Keep::WHOLE)
    }

    /// On a canvas; in label maps what lies around it is [`IGNORED`].
    ///
    /// # Errors
    /// `Usage` if it does not fit; those of decoding.
    pub fn pad(&mut self, canvas: Canvas) -> Result<()> {
        check(canvas.size)?;
        if let Some(picture) = &mut self.picture {
            picture.pad(canvas)?;
        }
        let map = Affine::moved(canvas.at.1.into(), canvas.at.0.into());
        self.follow(map, canvas.size, &Keep::WHOLE)
    }

    /// Where a map takes it, in a picture of another size.
    ///
    /// # Errors
    /// `Usage` for a size without a pixel; those of decoding.
    pub fn warp(&mut self, map: &Affine, to: Size, fill: [u8; 3], nearest: bool, keep: &Keep) -> Result<()> {
        check(to)?;
        if let Some(picture) = &mut self.picture {
            let pixels = warp(picture.pixels()?, map, to, fill, nearest)?;
            picture.replace(pixels);
        }
        self.follow(*map, to, keep)
    }

    /// Another sample in this one's place, with the objects of both: what mixes pictures ends with this.
    pub(super) fn joined(&mut self, pixels: Pixels, other: Objects) {
        self.size = Size::new(pixels.height(), pixels.width());
        self.picture = Some(Picture::of_pixels(pixels));
        self.objects.join(other);
        self.maps.clear();
        self.motion = Motion(None);
    }

    /// The pixels and label maps of another sample of the same size where a mask, a byte a pixel, is not 0. A map that
    /// the other one has not is [`IGNORED`] there.
    ///
    /// # Errors
    /// Those of decoding.
    pub(super) fn lay(&mut self, over: &mut Sample, mask: &[u8]) -> Result<()> {
        if let (Some(own), Some(other)) = (self.pixels()?, over.pixels()?) {
            let (own, _) = own.data_mut().as_chunks_mut::<3>();
            let (other, _) = other.data().as_chunks::<3>();
            let pixels = own.iter_mut().zip(other).zip(mask);
            pixels.filter(|(_, byte)| **byte != 0).for_each(|((own, other), _)| *own = *other);
        }
        for (name, ids) in &mut self.maps {
            let other = over.maps.iter().find(|(own, _)| own == name).map(|(_, ids)| ids);
            for (at, id) in
                ids.iter_mut().enumerate().filter(|(at, _)| mask.get(*at).is_some_and(|b| *b != 0))
            {
                *id = other.and_then(|other| other.get(at).copied()).unwrap_or(IGNORED);
            }
        }
        Ok(())
    }

    /// Label maps are [`IGNORED`] where a mask, a byte a pixel, is not 0.
    pub(super) fn ignore(&mut self, mask: &[u8]) {
        for (_, ids) in &mut self.maps {
            ids.iter_mut().zip(mask).filter(|(_, byte)| **byte != 0).for_each(|(id, _)| *id = IGNORED);
        }
    }

    /// Moves all that lies on the picture.
    fn follow(&mut self, map: Affine, to: Size, keep: &Keep) -> Result<()> {
        let from = self.size;
        if map == Affine::IDENTITY && from == to {
            return Ok(());
        }
        self.objects.moved(&map, from, to, keep)?;
        for (_, ids) in &mut self.maps {
            *ids = nearest(ids, from, &map, to, IGNORED);
        }
        self.size = to;
        self.motion = Motion(self.motion.0.map(|motion| motion.then(&map)));
        Ok(())
    }
}
