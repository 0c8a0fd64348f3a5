//! [`Cut`]: the pieces of a row that become rows of their own.

use super::reading::Reading;
use super::sample::Sample;
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Result};
use crate::geometry::Size;
use crate::image::Window;
use crate::job::Job;
use crate::schema::field;

/// Which pieces of a row become rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Cut {
    /// The picture as it is.
    #[default]
    Whole,
    /// Windows of one size, row after row, that overlap; the last of a line ends at the border. A picture that is
    /// smaller is one piece.
    Tiles {
        /// Of a tile.
        size: Size,
        /// Rows and columns that neighbours share; the last two of a line may share more.
        overlap: Size,
    },
    /// A window around each object that has a box.
    Objects {
        /// What is left around the box on every side, as a share of the side.
        margin: f64,
    },
}

/// A piece of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The row.
    pub(super) row: u64,
    /// The part of its picture; all of it without.
    pub(super) window: Option<Window>,
    /// The one object that stays, by its place in the row.
    pub(super) object: Option<u32>,
}

/// The most pieces that are kept in memory.
const MOST: usize = 1 << 27;
/// Rows that are read together.
const TOGETHER: u64 = 256;

impl Cut {
    /// # Errors
    /// `Usage` for tiles without a pixel or that share all they have, and for margins that are none.
    pub fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::new(ErrorKind::Usage, what));
        match *self {
            Cut::Tiles { size, overlap } if overlap.height >= size.height || overlap.width >= size.width => {
                wrong(format!(
                    "tiles of {size} cannot overlap by {overlap}: the overlap is smaller than a tile"
                ))
            }
            Cut::Objects { margin } if !(0.0..=100.0).contains(&margin) => {
                wrong(format!("a margin of {margin} is no share of a box's side: 0.1 is a tenth"))
            }
            _ => Ok(()),
        }
    }

    /// The pieces of all rows, in order. Sizes are taken from `height` and `width` where rows say them, and from the
    /// headers of pictures else.
    ///
    /// # Errors
    /// Those of [`Cut::check`] and of reading; `Limit` for more pieces than fit in memory.
    pub(super) fn pieces(&self, reading: &Reading, set: &str, job: &Job) -> Result<Vec<Piece>> {
        self.check()?;
        let rows = reading.view().len() as u64;
        if *self == Cut::Whole {
            return Ok((0..rows).map(|row| Piece { row, window: None, object: None }).collect());
        }
        let light = Reading::new(&without_images(reading.view())?, set, Default::default())?;
        let stage = job.stage("finding pieces", Some(rows));
        let mut pieces = Vec::new();
        for from in (0..rows).step_by(TOGETHER as usize) {
            let together: Vec<u64> = (from..rows.min(from + TOGETHER)).collect();
            for (row, sample) in together.iter().zip(light.samples(&together)?) {
                let mut sample = sample?;
                if sample.size().pixels() == 0 {
                    let full = reading.samples(&[*row])?.pop();
                    sample = full.unwrap_or_else(|| Ok(Sample::default()))?;
                }
                self.of_row(*row, &sample, &mut pieces);
            }
            if pieces.len() > MOST {
                let what = format!("there are more than {MOST} pieces");
                return Err(
                    Error::new(ErrorKind::Limit, what).remedy("cut fewer rows at once, or larger pieces")
                );
            }
            stage.advance(together.len() as u64)?;
        }
        Ok(pieces)
    }

    fn of_row(&self, row: u64, sample: &Sample, pieces: &mut Vec<Piece>) {
        let size = sample.size();
        match *self {
            Cut::Whole => pieces.push(Piece { row, window: None, object: None }),
            Cut::Tiles { size: tile, overlap } => {
                let (height, width) = (tile.height.min(size.height), tile.width.min(size.width));
                for y in starts(size.height, tile.height, overlap.height) {
                    for x in starts(size.width, tile.width, overlap.width) {
                        let window = Some(Window { x, y, width, height });
                        pieces.push(Piece { row, window, object: None });
                    }
                }
            }
            Cut::Objects { margin } => {
                let boxes = sample.objects.bbox.iter().flatten();
                for (at, bbox) in (0..).zip(boxes) {
                    if let Some(window) = around(*bbox, margin, size) {
                        pieces.push(Piece { row, window: Some(window), object: Some(at) });
                    }
                }
            }
        }
    }
}

fn without_images(ds: &Dataset) -> Result<Dataset> {
    let names =
        ds.keys().iter().filter(|key| key.field().is_none_or(|own| !field::is_image(own.data_type())));
    let names: Vec<&str> = names.filter_map(|key| key.name()).collect();
    ds.select(names)
}

/// Where tiles begin along a side.
fn starts(all: u32, tile: u32, overlap: u32) -> Vec<u32> {
    let last = all.saturating_sub(tile);
    let step = tile.saturating_sub(overlap).max(1) as usize;
    (0..last).step_by(step).chain([last]).collect()
}

/// The pixels that a box with a margin touches; `None` if that is none of the picture's.
fn around([x, y, w, h]: [f64; 4], margin: f64, size: Size) -> Option<Window> {
    let along = |from: f64, length: f64, all: u32| {
        let start = (from - margin * length).floor().clamp(0.0, all.into());
        let end = (from + length + margin * length).ceil().clamp(0.0, all.into());
        // What is not a number stays none, and is refused by the comparison.
        (end > start).then_some((start as u32, (end - start) as u32))
    };
    let ((x, width), (y, height)) = (along(x, w, size.width)?, along(y, h, size.height)?);
    Some(Window { x, y, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_a_side_and_the_last_ends_at_the_border() {
        assert_eq!(starts(10, 4, 1), [0, 3, 6]);
        assert_eq!(starts(11, 4, 1), [0, 3, 6, 7]);
        assert_eq!((starts(4, 4, 0), starts(3, 4, 0)), (vec![0], vec![0]));
        for (all, tile, overlap) in [(100, 7, 3), (101, 50, 0), (64, 64, 63), (1, 9, 2)] {
            let found = starts(all, tile, overlap);
            let mut reached = 0;
            for start in &found {
                assert!(*start + overlap <= reached || *start == 0, "{all} {tile} {overlap}: {found:?}");
                reached = start + tile;
            }
            assert!(reached >= all, "{all} {tile} {overlap}: {found:?}");
        }
    }

    #[test]
    fn a_window_around_a_box_stays_in_the_picture() {
        let size = Size::new(50, 100);
        let window = |x, y, width, height| Some(Window { x, y, width, height });
        assert_eq!(around([10.5, 20.0, 9.0, 10.0], 0.0, size), window(10, 20, 10, 10));
        assert_eq!(around([90.0, 40.0, 20.0, 20.0], 0.5, size), window(80, 30, 20, 20));
        assert_eq!(around([120.0, 0.0, 5.0, 5.0], 0.0, size), None);
        assert_eq!(around([f64::NAN; 4], 0.0, size), None);
    }

    #[test]
    fn cuts_that_never_end_are_refused() {
        let tiles = Cut::Tiles { size: Size::new(8, 8), overlap: Size::new(8, 0) };
        assert_eq!(tiles.check().unwrap_err().kind(), ErrorKind::Usage);
        assert!(Cut::Objects { margin: f64::NAN }.check().is_err());
        assert!(Cut::Whole.check().is_ok());
    }
}
