//! [`Photo`]: a row's photograph at the size it is shown, or what stands in for it.
//!
//! Invariant: there is always a picture to draw on. A file that cannot be shown is told by `trouble`.

use super::record::Record;
use crate::dataset::{Dataset, Value};
use crate::error::{ErrorKind, Result};
use crate::image::{Alpha, Channels, Damage, Decode, Filter, Frame, Pixels, Scale, decode, probe};

/// A square of the ground that stands in for a picture, in pixels.
const SQUARE: u32 = 16;

/// The two grays of that ground.
const GROUND: [u8; 2] = [206, 222];

/// The picture of a row, ready to be drawn on.
pub(super) struct Photo {
    pub(super) pixels: Pixels,
    /// (height, width) in which the row's annotations are given: the picture's, as stored or upright.
    pub(super) annotated: (u32, u32),
    /// Why this is not the picture, or not all of it.
    pub(super) trouble: Option<Trouble>,
}

/// What is wrong with a picture.
pub(super) enum Trouble {
    /// The row has none.
    Absent,
    /// It could not be read or decoded, for this reason.
    Unreadable(String),
    /// Pixels are missing or wrong, for this reason.
    Damaged(String),
}

impl Photo {
    /// The picture of a row, in `key`, no larger than `tile` on either side.
    ///
    /// # Errors
    /// Cancellation, and what is the fault of the dataset rather than of the picture.
    pub(super) fn of(
        ds: &Dataset,
        row: usize,
        key: Option<&str>,
        record: &Record,
        tile: u32,
    ) -> Result<Photo> {
        let value = key.map_or(&Value::Null, |key| record.get(key));
        let (Some(key), false) = (key, value.is_null()) else {
            return Photo::stand_in(record, tile, Trouble::Absent);
        };
        let shown = ds
            .keys()
            .find(key)
            .and_then(|key| ds.file_of(row, key, value))
            .and_then(|file| Photo::shown(&file, record, tile));
        match shown {
            Ok(photo) => Ok(photo),
            Err(error) if error.kind() == ErrorKind::Cancelled => Err(error),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Photo::stand_in(record, tile, Trouble::Unreadable("the file is not there".to_owned()))
            }
            Err(error) => Photo::stand_in(record, tile, Trouble::Unreadable(error.what().to_owned())),
        }
    }

    fn shown(file: &[u8], record: &Record, tile: u32) -> Result<Photo> {
        let header = probe(file)?;
        // What the import found out, else what the declared size tells.
        let upright = match record.get("orientation").as_text() {
            Some(said) => said != "ignore",
            None => {
                let side = |name| i32::try_from(record.get(name).as_int()?).ok();
                header.frame(side("height"), side("width")) != Frame::Stored
            }
        };
        let annotated = if upright { header.upright() } else { header.size };
        let wanted = fit(annotated, tile);
        let options = Decode {
            alpha: Alpha::White,
            damage: Damage::Keep,
            upright,
            scale: scale(annotated, wanted),
            ..Decode::default()
        };
        let decoded = decode(file, &options)?;
        let harm = decoded.flaws.iter().find(|flaw| flaw.harms_pixels());
        let trouble = harm.map(|flaw| Trouble::Damaged(flaw.to_string()));
        // A picture that grows much shows its pixels; any other is smoothed.
        let grows = wanted.0 / annotated.0.max(1) >= 3;
        let filter = if grows { Filter::Nearest } else { Filter::Lanczos };
        Ok(Photo { pixels: decoded.pixels.resize(wanted, filter)?, annotated, trouble })
    }

    /// A chequered ground of the row's declared size, square where none is declared.
    fn stand_in(record: &Record, tile: u32, trouble: Trouble) -> Result<Photo> {
        let annotated = record.declared_size().unwrap_or((tile, tile));
        let (height, width) = fit(annotated, tile);
        let gray = |row: u32, column: u32| GROUND[((row / SQUARE + column / SQUARE) % 2) as usize];
        let data = (0..height).flat_map(|row| (0..width).flat_map(move |column| [gray(row, column); 3]));
        let pixels = Pixels::new((height, width), Channels::Rgb, data.collect())?;
        Ok(Photo { pixels, annotated, trouble: Some(trouble) })
    }
}

/// The largest size of these proportions that fits a square, at least 1 × 1. A side that is many times the
/// other is not kept in proportion.
fn fit((height, width): (u32, u32), tile: u32) -> (u32, u32) {
    let longest = u64::from(height.max(width).max(1));
    let side =
        |n: u32| ((u64::from(n) * u64::from(tile) + longest / 2) / longest).clamp(1, u64::from(tile)) as u32;
    (side(height), side(width))
}

/// The smallest scale that still has the pixels wanted.
fn scale(stored: (u32, u32), wanted: (u32, u32)) -> Scale {
    let enough = |n: u32| stored.0.div_ceil(n) >= wanted.0 && stored.1.div_ceil(n) >= wanted.1;
    match [8, 4, 2].into_iter().find(|n| enough(*n)) {
        Some(8) => Scale::Eighth,
        Some(4) => Scale::Quarter,
        Some(2) => Scale::Half,
        _ => Scale::Full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fit_their_tile_in_proportion() {
        assert_eq!(fit((480, 640), 320), (240, 320));
        assert_eq!(fit((640, 480), 320), (320, 240));
        assert_eq!(fit((5, 10), 320), (160, 320));
        assert_eq!(fit((1, 5000), 320), (1, 320));
        assert_eq!(scale((480, 640), (240, 320)), Scale::Half);
        assert_eq!(scale((4800, 6400), (240, 320)), Scale::Eighth);
        assert_eq!(scale((300, 400), (240, 320)), Scale::Full);
    }
}
