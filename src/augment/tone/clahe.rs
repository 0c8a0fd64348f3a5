//! [`clahe`]: contrast-limited adaptive histogram equalisation (Zuiderveld 1994), by OpenCV's rule.

use crate::augment::border::reflect_101;
use crate::augment::rounding::nearest;
use crate::image::{Channels, Colour, Pixels};

/// Into how many tiles a picture is cut, at least one each way; 8 × 8 by default. OpenCV's `tileGridSize` is
/// (columns, rows).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// From left to right.
    pub columns: std::num::NonZeroU16,
    /// From top to bottom.
    pub rows: std::num::NonZeroU16,
}

impl Default for Tiles {
    fn default() -> Tiles {
        const EIGHT: std::num::NonZeroU16 = std::num::NonZeroU16::MIN.saturating_add(7);
        Tiles { columns: EIGHT, rows: EIGHT }
    }
}

/// Equalises each tile by itself and blends the tables of the four tiles around a pixel.
///
/// No value of a tile counts more than `clip_limit` times what it would if all were equally frequent (at
/// least one pixel); what is above is dealt out to all. No limit at 0 or below; OpenCV's and MMCV's default
/// is 40.
///
/// A gray picture gives the bytes of OpenCV's `createCLAHE`. Of RGB, the luma of `COLOR_RGB2YCrCb` is
/// equalised and the two others kept, also by OpenCV's bytes; the way there and back moves a colour by a
/// level or two.
pub fn clahe(pixels: &mut Pixels, clip_limit: f64, tiles: Tiles) {
    let size = (pixels.data().len() / pixels.stride(), pixels.stride() / pixels.channels().count());
    match pixels.channels() {
        Channels::Gray => equalise(pixels.data_mut(), size, clip_limit, tiles),
        Channels::Rgb => {
            let mut colours: Vec<Colour> =
                pixels.data().as_chunks::<3>().0.iter().map(|colour| luma_and_chroma(*colour)).collect();
            let mut luma: Vec<u8> = colours.iter().map(|[y, ..]| *y).collect();
            equalise(&mut luma, size, clip_limit, tiles);
            let data = pixels.data_mut().as_chunks_mut::<3>().0;
            for ((pixel, colour), luma) in data.iter_mut().zip(&mut colours).zip(luma) {
                colour[0] = luma;
                *pixel = of_luma_and_chroma(*colour);
            }
        }
    }
}

/// Bits behind the point of the two conversions.
const SHIFT: u32 = 14;

/// A product in fixed point, rounded.
fn rounded(product: i32) -> i32 {
    (product + (1 << (SHIFT - 1))) >> SHIFT
}

fn byte(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

/// Y, Cr, Cb: `COLOR_RGB2YCrCb`.
fn luma_and_chroma([r, g, b]: Colour) -> [u8; 3] {
    let [r, g, b] = [r, g, b].map(i32::from);
    let luma = rounded(4_899 * r + 9_617 * g + 1_868 * b);
    [luma, rounded(11_682 * (r - luma)) + 128, rounded(9_241 * (b - luma)) + 128].map(byte)
}

/// R, G, B: `COLOR_YCrCb2RGB`.
fn of_luma_and_chroma([y, cr, cb]: [u8; 3]) -> Colour {
    let (y, cr, cb) = (i32::from(y), i32::from(cr) - 128, i32::from(cb) - 128);
    [rounded(22_987 * cr), rounded(-11_698 * cr - 5_636 * cb), rounded(29_049 * cb)].map(|add| byte(y + add))
}

/// Tile sizes and what the picture is widened to, so that tiles are equal.
struct Grid {
    tiles: (usize, usize),
    tile: (usize, usize),
}

impl Grid {
    fn new((height, width): (usize, usize), tiles: Tiles) -> Grid {
        let tiles = (usize::from(tiles.rows.get()), usize::from(tiles.columns.get()));
        let fits = height % tiles.0 == 0 && width % tiles.1 == 0;
        // OpenCV's rule: if one direction does not fit, the other is widened too, by a whole pixel a tile if
        // it fits.
        let side = |length: usize, tiles: usize| length / tiles + usize::from(!fits);
        Grid { tiles, tile: (side(height, tiles.0), side(width, tiles.1)) }
    }
}

/// Equalises one plane of (height, width).
fn equalise(plane: &mut [u8], size: (usize, usize), clip_limit: f64, tiles: Tiles) {
    let grid = Grid::new(size, tiles);
    let tables = tables(plane, size, &grid, clip_limit);
    let across = neighbours(size.1, grid.tile.1, grid.tiles.1);
    let down = neighbours(size.0, grid.tile.0, grid.tiles.0);
    for (row, y) in plane.chunks_exact_mut(size.1).zip(&down) {
        for (pixel, x) in row.iter_mut().zip(&across) {
            let at = |tile_row: usize, tile: usize| {
                f32::from(tables[tile_row * grid.tiles.1 + tile][usize::from(*pixel)])
            };
            let blend =
                |tile_row: usize| at(tile_row, x.first) * (1.0 - x.part) + at(tile_row, x.second) * x.part;
            *pixel = nearest(blend(y.first) * (1.0 - y.part) + blend(y.second) * y.part);
        }
    }
}

/// The two tiles around a row or column, and how far it lies from the middle of the first to that of the
/// second.
struct Between {
    first: usize,
    second: usize,
    part: f32,
}

fn neighbours(length: usize, tile: usize, tiles: usize) -> Vec<Between> {
    let share = 1.0 / tile as f32;
    let between = |n: usize| {
        let place = n as f32 * share - 0.5;
        let before = place.floor();
        let first = before.max(0.0) as usize;
        // Before the middle of the first tile both are the first, and the part is of no consequence.
        let second = (before + 1.0) as usize;
        Between { first: first.min(tiles - 1), second: second.min(tiles - 1), part: place - before }
    };
    (0..length).map(between).collect()
}

/// The table of each tile, row after row.
fn tables(plane: &[u8], (height, width): (usize, usize), grid: &Grid, clip_limit: f64) -> Vec<[u8; 256]> {
    let area = grid.tile.0 * grid.tile.1;
    let limit = (clip_limit > 0.0).then(|| ((clip_limit * area as f64 / 256.0) as u32).max(1));
    let places = (0..grid.tiles.0).flat_map(|row| (0..grid.tiles.1).map(move |column| (row, column)));
    places
        .map(|(tile_row, tile_column)| {
            let mut counts = [0u32; 256];
            for y in tile_row * grid.tile.0..(tile_row + 1) * grid.tile.0 {
                let row = &plane[reflect_101(y as isize, height) * width..][..width];
                for x in tile_column * grid.tile.1..(tile_column + 1) * grid.tile.1 {
                    counts[usize::from(row[reflect_101(x as isize, width)])] += 1;
                }
            }
            if let Some(limit) = limit {
                clip(&mut counts, limit);
            }
            let scale = 255.0 / area as f32;
            let mut sum = 0;
            counts.map(|n| {
                sum += n;
                nearest(sum as f32 * scale)
            })
        })
        .collect()
}

/// Cuts counts off at the limit and deals what was above out to all: the same to each, and what is left over
/// one by one, in even steps from the darkest.
fn clip(counts: &mut [u32; 256], limit: u32) {
    let excess: u32 = counts.iter().map(|n| n.saturating_sub(limit)).sum();
    let (each, left) = (excess / 256, excess as usize % 256);
    for n in counts.iter_mut() {
        *n = (*n).min(limit) + each;
    }
    if let Some(step) = 256usize.checked_div(left) {
        for n in counts.iter_mut().step_by(step.max(1)).take(left) {
            *n += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{crc, cube, every_kind, texture, texture_of};
    use std::num::NonZeroU16;

    fn tiles(columns: u16, rows: u16) -> Tiles {
        Tiles { columns: NonZeroU16::new(columns).unwrap(), rows: NonZeroU16::new(rows).unwrap() }
    }

    #[test]
    fn gray_pictures_are_opencvs() {
        // cv2.createCLAHE(limit, grid).apply(t), OpenCV 5.0: tiles that fit, that do not in both directions,
        // in one.
        for ((size, limit, grid), wanted) in [
            (((40, 64), 40.0, (8, 8)), GRAY[0]),
            (((40, 64), 2.0, (8, 8)), GRAY[1]),
            (((41, 67), 4.0, (8, 8)), GRAY[2]),
            (((40, 67), 3.0, (4, 5)), GRAY[3]),
            (((40, 64), 0.0, (2, 1)), GRAY[4]),
            (((5, 3), 40.0, (8, 8)), GRAY[5]),
            (((200, 300), 1.5, (3, 2)), GRAY[6]),
        ] {
            let mut picture = texture_of(size, Channels::Gray);
            clahe(&mut picture, limit, tiles(grid.0, grid.1));
            assert_eq!(crc(picture.data()), wanted, "{size:?} {limit} {grid:?}");
        }
    }

    const GRAY: [u32; 7] =
        [0xb616_4c64, 0x2609_a6b7, 0x218b_44be, 0x662a_9de0, 0x4691_7261, 0x09aa_b77f, 0x071d_c66c];

    #[test]
    fn luma_and_chroma_of_every_colour_are_opencvs() {
        // zlib.crc32(cv2.cvtColor(cube, c)) for c = COLOR_RGB2YCrCb and COLOR_YCrCb2RGB, OpenCV 4.14 and 5.0;
        // cube: all colours, red fastest.
        let (mut there, mut back) = (crc32fast::Hasher::new(), crc32fast::Hasher::new());
        for plane in cube() {
            let of = |f: fn([u8; 3]) -> [u8; 3]| plane.iter().map(|c| f(*c)).collect::<Vec<_>>();
            there.update(of(luma_and_chroma).as_flattened());
            back.update(of(of_luma_and_chroma).as_flattened());
        }
        assert_eq!((there.finalize(), back.finalize()), (0xd7c1_fa46, 0xe400_421e));
    }

    #[test]
    fn colour_pictures_are_opencvs_by_luma() {
        // y = cv2.cvtColor(t, COLOR_RGB2YCrCb); y[..., 0] = cv2.createCLAHE(3, (4, 4)).apply(y[..., 0]);
        // cv2.cvtColor(y, COLOR_YCrCb2RGB), OpenCV 5.0.
        let mut picture = texture(Channels::Rgb);
        clahe(&mut picture, 3.0, tiles(4, 4));
        assert_eq!(crc(picture.data()), COLOUR);
    }

    const COLOUR: u32 = 0xcbca_f6aa;

    #[test]
    fn every_picture_has_a_result() {
        for picture in every_kind() {
            for limit in [40.0, 0.0, -1.0, 1e-9, f64::NAN, f64::INFINITY] {
                let mut changed = picture.clone();
                clahe(&mut changed, limit, Tiles::default());
                assert_eq!(changed.size(), picture.size());
            }
        }
    }
}
