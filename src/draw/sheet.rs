//! [`Sheet`]: pictures side by side with their captions; and [`tile_images`], the plain grid of ChainerCV.
//!
//! The invariant: every picture is shown whole, never larger than its tile and in its proportions but for the
//! rounding to whole pixels; no text reaches out of its column or out of the sheet.

use super::canvas::{Canvas, Paint};
use super::text::Line;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::image::{Channels, Colour, Filter, Pixels};

/// A picture of a sheet and what is written under it.
#[derive(Clone, Debug)]
pub struct Tile {
    /// The picture; one that is larger than the sheet's tiles is made smaller.
    pub pixels: Pixels,
    /// Lines under it, one after the other; one that is wider than a column is shortened.
    pub captions: Vec<String>,
}

/// How pictures are laid out on a sheet: row after row, as many in a row as there are columns.
///
/// Draw on a picture in the size that it will have on the sheet ([`Sheet::fit`]), so that lines are sharp and
/// names can be read.
///
/// ```
/// use lensframe::draw::{Sheet, Tile};
/// use lensframe::image::{Channels, Pixels};
/// # fn main() -> lensframe::error::Result<()> {
/// let sheet = Sheet { columns: 2, tile: (60, 80), title: Some("three grays".into()), ..Sheet::default() };
/// assert_eq!(sheet.fit((480, 320)), (60, 40));
/// let gray = |v| Tile { pixels: Pixels::filled((60, 40), Channels::Rgb, [v; 3]).unwrap(), captions: vec![] };
/// let picture = sheet.assemble(&[gray(0), gray(90), gray(200)])?;
/// assert!(picture.width() > 160 && picture.height() > 120);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Pictures in a row, at least 1.
    pub columns: usize,
    /// The room of a picture: (height, width), at least 1 each.
    pub tile: (u32, u32),
    /// Pixels between pictures, and around them all.
    pub gap: u32,
    /// What is behind all.
    pub background: Colour,
    /// The colour of texts.
    pub ink: Colour,
    /// Pixels per em of captions; the title is half as large again.
    pub font_size: f32,
    /// A line above all.
    pub title: Option<String>,
    /// Lines above the columns, the first above the first.
    pub headings: Vec<String>,
    /// Enlarge pictures that are smaller than a tile, by repeating pixels, as often as fits.
    pub enlarge: bool,
    /// Let the pictures of a row begin at one height; else they stand in the middle of their room.
    pub level: bool,
}

impl Default for Sheet {
    /// Four columns of 240 × 320 on near white.
    fn default() -> Sheet {
        Sheet {
            columns: 4,
            tile: (240, 320),
            gap: 12,
            background: [250, 250, 250],
            ink: [30, 30, 34],
            font_size: 13.0,
            title: None,
            headings: Vec::new(),
            enlarge: true,
            level: false,
        }
    }
}

/// The most bytes of a sheet: 1 GiB.
const LARGEST: u64 = 1 << 30;

impl Sheet {
    /// The (height, width) in which a picture of (height, width) is shown.
    pub fn fit(&self, (height, width): (u32, u32)) -> (u32, u32) {
        let (h, w) = (u64::from(height.max(1)), u64::from(width.max(1)));
        let (tall, wide) = (u64::from(self.tile.0.max(1)), u64::from(self.tile.1.max(1)));
        if h <= tall && w <= wide {
            let times = if self.enlarge { (tall / h).min(wide / w) } else { 1 };
            return ((h * times) as u32, (w * times) as u32);
        }
        // The side that is too long by the larger factor decides.
        if h * wide > w * tall {
            (tall as u32, ((w * tall + h / 2) / h).max(1) as u32)
        } else {
            (((h * wide + w / 2) / w).max(1) as u32, wide as u32)
        }
    }

    /// The sheet of these pictures; without one, the title and headings alone.
    ///
    /// # Errors
    /// `Usage` without a column or a tile; `Limit` if the sheet would take more than 1 GiB.
    pub fn assemble(&self, tiles: &[Tile]) -> Result<Pixels> {
        let usage = |what: &str| Error::new(ErrorKind::Usage, what).at(Place::area("sheet"));
        if self.columns == 0 || self.tile.0 == 0 || self.tile.1 == 0 {
            return Err(usage("a sheet needs a column, and tiles of a pixel at least"));
        }
        let grid = Grid::new(self, tiles);
        let (height, width) = (grid.height(), grid.width());
        let size = u32::try_from(height).ok().zip(u32::try_from(width).ok());
        let size = size.filter(|(h, w)| u64::from(*h) * u64::from(*w) * 3 <= LARGEST).ok_or_else(|| {
            let what = format!("a sheet of {height}x{width} pixels would take more than {LARGEST} bytes");
            Error::new(ErrorKind::Limit, what)
                .at(Place::area("sheet"))
                .remedy("show fewer pictures, or smaller ones")
        })?;
        let mut pixels = Pixels::filled(size, Channels::Rgb, self.background)?;
        let mut canvas = Canvas::new(&mut pixels);
        grid.head(&mut canvas);
        for (n, tile) in tiles.iter().enumerate() {
            let fit = self.fit(tile.pixels.size());
            let enlarged = fit.0 > tile.pixels.height();
            let filter = if enlarged { Filter::Nearest } else { Filter::Bilinear };
            let picture = tile.pixels.resize(fit, filter)?;
            grid.place(&mut canvas, n, &picture, &tile.captions);
        }
        Ok(pixels)
    }
}

/// Where the parts of a sheet are.
struct Grid<'a> {
    sheet: &'a Sheet,
    columns: i64,
    /// Rows of pixels above the first row of tiles.
    top: i64,
    title: Option<Line>,
    /// The y of each row of tiles, and that of the end.
    rows: Vec<i64>,
    /// The room for pictures in each row.
    rooms: Vec<i64>,
}

impl Grid<'_> {
    fn new<'a>(sheet: &'a Sheet, tiles: &[Tile]) -> Grid<'a> {
        // A sheet of fewer pictures than columns is as wide as its headings and pictures need.
        let used = tiles.len().max(sheet.headings.len()).clamp(1, sheet.columns);
        let columns = i64::try_from(used).unwrap_or(i64::MAX);
        let mut grid = Grid { sheet, columns, top: 0, title: None, rows: Vec::new(), rooms: Vec::new() };
        let gap = i64::from(sheet.gap);
        let within = grid.width() - 2 * gap;
        grid.title = sheet.title.as_deref().and_then(|title| grid.line(title, 1.5, within));
        grid.top = gap;
        if let Some(title) = &grid.title {
            grid.top += i64::from(title.height()) + gap;
        }
        if !sheet.headings.is_empty() {
            grid.top += grid.line_height() + gap / 2;
        }
        let mut y = grid.top;
        for row in tiles.chunks(sheet.columns) {
            let tallest =
                row.iter().map(|tile| i64::from(sheet.fit(tile.pixels.size()).0)).max().unwrap_or(0);
            let lines = row.iter().map(|tile| tile.captions.len()).max().unwrap_or(0);
            grid.rows.push(y);
            grid.rooms.push(tallest);
            y += tallest + gap;
            if lines > 0 {
                y +=
                    i64::try_from(lines).unwrap_or(i64::MAX / 2).saturating_mul(grid.line_height()) + gap / 3;
            }
        }
        grid.rows.push(y);
        grid
    }

    fn width(&self) -> i64 {
        let (tile, gap) = (i64::from(self.sheet.tile.1), i64::from(self.sheet.gap));
        self.columns.saturating_mul(tile + gap).saturating_add(gap)
    }

    fn height(&self) -> i64 {
        self.rows.last().copied().unwrap_or(self.top).max(1)
    }

    /// Pixels from one line of text to the next.
    fn line_height(&self) -> i64 {
        (self.sheet.font_size * 1.35).ceil() as i64
    }

    fn line(&self, text: &str, larger: f32, width: i64) -> Option<Line> {
        Line::fitted(text, self.sheet.font_size * larger, u32::try_from(width).ok()?)
    }

    fn left(&self, column: i64) -> i64 {
        let (tile, gap) = (i64::from(self.sheet.tile.1), i64::from(self.sheet.gap));
        gap + column * (tile + gap)
    }

    /// Title and headings.
    fn head(&self, canvas: &mut Canvas) {
        let (ink, gap) = (Paint::solid(self.sheet.ink), i64::from(self.sheet.gap));
        let mut y = gap;
        if let Some(title) = &self.title {
            title.paint(canvas, (gap, y), ink);
            y += i64::from(title.height()) + gap;
        }
        for (column, heading) in (0..self.columns).zip(&self.sheet.headings) {
            if let Some(line) = self.line(heading, 1.15, i64::from(self.sheet.tile.1)) {
                let x = self.left(column) + (i64::from(self.sheet.tile.1) - i64::from(line.width())) / 2;
                line.paint(canvas, (x, y), ink);
            }
        }
    }

    /// A picture in the middle of its room, its captions under it.
    fn place(&self, canvas: &mut Canvas, n: usize, picture: &Pixels, captions: &[String]) {
        let (row, column) = (n / self.sheet.columns, n % self.sheet.columns);
        let (Some(top), Some(room)) = (self.rows.get(row), self.rooms.get(row)) else { return };
        let left = self.left(i64::try_from(column).unwrap_or(0));
        let (height, width) = (i64::from(picture.height()), i64::from(picture.width()));
        let tile = i64::from(self.sheet.tile.1);
        let x = left + (tile - width) / 2;
        let above = if self.sheet.level { 0 } else { (room - height) / 2 };
        canvas.paste(picture, x, top + above);
        let mut y = top + room + i64::from(self.sheet.gap) / 3;
        for caption in captions {
            if let Some(line) = self.line(caption, 1.0, tile) {
                line.paint(
                    canvas,
                    (left + (tile - i64::from(line.width())) / 2, y),
                    Paint::solid(self.sheet.ink),
                );
            }
            y += self.line_height();
        }
    }
}

/// ChainerCV's `tile_images`: pictures of one size in a grid of `columns` (at most as many as there are
/// pictures), each in a cell larger by `pad` (rows, columns), at half of it (cut) from the cell's top left; the
/// rest is `fill`.
///
/// ```
/// use lensframe::draw::tile_images;
/// use lensframe::image::{Channels, Pixels};
/// # fn main() -> lensframe::error::Result<()> {
/// let white = Pixels::filled((2, 3), Channels::Rgb, [255; 3])?;
/// let grid = tile_images(&[white.clone(), white.clone(), white], 2, (3, 2), [9; 3])?;
/// assert_eq!(grid.size(), (2 * (2 + 3), 2 * (3 + 2)));
/// assert_eq!((grid.pixel(0, 1), grid.pixel(1, 1)), (&[9; 3][..], &[255; 3][..]));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Usage` without a picture or a column; `Mismatch` if sizes or channels differ; `Limit` above 1 GiB.
pub fn tile_images(pictures: &[Pixels], columns: usize, pad: (u32, u32), fill: Colour) -> Result<Pixels> {
    let fault = |kind, what: String| Err(Error::new(kind, what).at(Place::area("sheet")));
    let (Some(first), true) = (pictures.first(), columns > 0) else {
        return fault(ErrorKind::Usage, "a grid needs a picture and a column".into());
    };
    let alike = |other: &&Pixels| other.size() == first.size() && other.channels() == first.channels();
    if let Some(other) = pictures.iter().find(|other| !alike(other)) {
        return fault(ErrorKind::Mismatch, format!("{other:?} beside {first:?} in a grid"));
    }
    let columns = columns.min(pictures.len());
    let rows = pictures.len().div_ceil(columns);
    let cell = (u64::from(first.height()) + u64::from(pad.0), u64::from(first.width()) + u64::from(pad.1));
    let side = |cell: u64, n: usize| u32::try_from(u64::try_from(n).ok()?.checked_mul(cell)?).ok();
    let size = side(cell.0, rows).zip(side(cell.1, columns));
    let Some(size) = size.filter(|(h, w)| u64::from(*h) * u64::from(*w) * 3 <= LARGEST) else {
        return fault(
            ErrorKind::Limit,
            format!("a grid of {} pictures of {first:?} is too large", pictures.len()),
        );
    };
    let mut out = Pixels::filled(size, first.channels(), fill)?;
    let gray = out.channels() == Channels::Gray;
    let mut canvas = Canvas::new(&mut out);
    for (n, picture) in pictures.iter().enumerate() {
        let at = |cell: u64, n: usize, pad: u32| (n as u64 * cell) as i64 + i64::from(pad / 2);
        canvas.paste(picture, at(cell.1, n % columns, pad.1), at(cell.0, n / columns, pad.0));
    }
    Ok(if gray { out.to_gray() } else { out })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(size: (u32, u32), colour: Colour, captions: &[&str]) -> Tile {
        let pixels = Pixels::filled(size, Channels::Rgb, colour).unwrap();
        Tile { pixels, captions: captions.iter().map(|c| (*c).to_owned()).collect() }
    }

    #[test]
    fn pictures_keep_their_proportions_and_stay_within_their_tile() {
        let sheet = Sheet { tile: (240, 320), ..Sheet::default() };
        assert_eq!(sheet.fit((480, 640)), (240, 320));
        assert_eq!(sheet.fit((640, 480)), (240, 180));
        assert_eq!(sheet.fit((1, 100_000)), (1, 320));
        assert_eq!(sheet.fit((60, 60)), (240, 240));
        assert_eq!(Sheet { enlarge: false, ..sheet }.fit((60, 60)), (60, 60));
    }

    #[test]
    fn every_picture_is_shown_once_in_its_place() {
        let sheet = Sheet { columns: 2, tile: (20, 30), gap: 5, enlarge: false, ..Sheet::default() };
        let tiles: Vec<Tile> = (1..=3).map(|n| plain((20, 30), [n; 3], &[])).collect();
        let picture = sheet.assemble(&tiles).unwrap();
        assert_eq!(picture.size(), (5 + 2 * 25, 5 + 2 * 35));
        for (n, (row, column)) in [(1, (5, 5)), (2, (5, 40)), (3, (30, 5))] {
            assert_eq!(picture.pixel(row, column), &[n; 3]);
            assert_eq!(picture.pixel(row + 19, column + 29), &[n; 3]);
            assert_eq!(picture.pixel(row - 1, column), &sheet.background);
        }
        assert_eq!(picture.pixel(40, 50), &sheet.background);
    }

    #[test]
    fn long_captions_stay_in_their_column() {
        let sheet = Sheet { columns: 2, tile: (20, 60), gap: 8, ..Sheet::default() };
        let long = "a caption that is much wider than its column";
        let tiles = [plain((20, 60), [0; 3], &[long, "two"]), plain((20, 60), [0; 3], &[])];
        let titled = Sheet { title: Some(long.repeat(4)), headings: vec![long.into(); 2], ..sheet };
        let picture = titled.assemble(&tiles).unwrap();
        for row in 0..picture.height() {
            for column in (0..8).chain(picture.width() - 8..picture.width()) {
                assert_eq!(picture.pixel(row, column), &titled.background);
            }
        }
        for row in 60..picture.height() {
            assert!((68..76).all(|column| picture.pixel(row, column) == titled.background));
        }
    }

    #[test]
    fn sheets_without_room_or_beyond_all_bounds_are_refused() {
        let kind = |sheet: Sheet| sheet.assemble(&[plain((4, 4), [0; 3], &[])]).unwrap_err().kind();
        assert_eq!(kind(Sheet { columns: 0, ..Sheet::default() }), ErrorKind::Usage);
        assert_eq!(kind(Sheet { tile: (0, 5), ..Sheet::default() }), ErrorKind::Usage);
        assert_eq!(kind(Sheet { tile: (5, u32::MAX), gap: 9, ..Sheet::default() }), ErrorKind::Limit);
        assert!(Sheet::default().assemble(&[]).is_ok());
    }

    #[test]
    fn a_grid_of_gray_pictures_is_gray() {
        let gray = Pixels::new((1, 2), Channels::Gray, vec![7, 9]).unwrap();
        let grid = tile_images(&[gray.clone(), gray], 5, (0, 1), [3; 3]).unwrap();
        assert_eq!((grid.channels(), grid.data()), (Channels::Gray, &[7, 9, 3, 7, 9, 3][..]));
        let other = Pixels::filled((1, 2), Channels::Rgb, [0; 3]).unwrap();
        assert!(
            tile_images(&[], 2, (0, 0), [0; 3]).is_err() && tile_images(&[other], 0, (0, 0), [0; 3]).is_err()
        );
    }
}
