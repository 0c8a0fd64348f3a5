//! The built-in font: what each character is drawn from ([`glyph`]) and how far it moves the pen ([`advance`]).
//!
//! | characters | drawn from |
//! |---|---|
//! | Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic and its joined forms, punctuation, signs, arrows (3,745 codes) | DejaVu Sans Condensed, smooth |
//! | Chinese, Japanese, Korean, the scripts of India and South-East Asia, and the rest of the Basic Multilingual Plane (53,276 codes) | GNU Unifont's bitmaps of 16 rows, scaled smoothly; unscaled at the common sizes |
//! | everything else: emoji and other planes, private and unassigned codes | a box with the code's hexadecimal digits |
//! | controls, joiners, direction marks, variation selectors | nothing |
//!
//! The invariant: every `char` has a glyph and an advance, and both are finite and not negative. A glyph is made
//! once for its size and quarter-pixel place and kept, for at most [`KEPT`] of them.
//!
//! What is not done: no kerning, no hinting, no ligatures but lam-alef; marks are put where the font has them by
//! default, not on anchors; scripts that reorder or stack (Devanagari, Khmer, Tibetan) are drawn letter after
//! letter. There is no bold and no italic.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use ab_glyph::{Font, FontVec, PxScale, ScaleFont};
use flate2::read::DeflateDecoder;

use super::area::Area;
use super::coverage::{Coverage, resampled};
use super::unifont::{Bitmap, CELL, Unifont};

/// Glyphs that are kept before all are let go: some 10 MB at common sizes.
const KEPT: usize = 8192;

/// Pixels per em that can be drawn.
pub(super) const SIZES: std::ops::RangeInclusive<f32> = 4.0..=256.0;

static OUTLINES: LazyLock<Option<FontVec>> = LazyLock::new(|| {
    let mut data = Vec::new();
    DeflateDecoder::new(&include_bytes!("fonts/sans.z")[..]).read_to_end(&mut data).ok()?;
    FontVec::try_from_vec(data).ok()
});
static BITMAPS: LazyLock<Unifont> = LazyLock::new(Unifont::unpack);
static GLYPHS: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

type Kept = HashMap<(char, u16, u8), Arc<Glyph>>;

/// A size in pixels per em, in quarters, within [`SIZES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(u16);

impl Size {
    /// The nearest size there is; the smallest for NaN.
    pub(super) fn new(pixels: f32) -> Size {
        let pixels = if pixels.is_nan() { *SIZES.start() } else { pixels };
        Size((pixels.clamp(*SIZES.start(), *SIZES.end()) * 4.0).round() as u16)
    }

    /// Pixels per em.
    pub(super) fn pixels(self) -> f32 {
        f32::from(self.0) / 4.0
    }

    /// Pixels of a bitmap's 16 rows: nearly 9/8 em, and a whole multiple of 16 where one is near.
    fn cell(self) -> f32 {
        let (cell, whole) = (self.pixels() * 1.12, CELL as f32);
        let multiple = (cell / whole).round().max(1.0) * whole;
        if (cell / multiple - 1.0).abs() < 0.16 { multiple } else { cell }
    }
}

/// What a character covers, relative to the pen on the baseline (y down); nothing for a space.
#[derive(Debug)]
pub(super) struct Glyph(pub(super) Option<Coverage>);

/// Where the drawing of a character comes from.
enum From {
    Outline(&'static FontVec, ab_glyph::GlyphId),
    Bitmap(Bitmap),
    Nothing,
    Missing,
}

fn source(c: char) -> From {
    if is_invisible(c) {
        return From::Nothing;
    }
    let outline = OUTLINES.as_ref().map(|font| (font, font.glyph_id(c))).filter(|(_, id)| id.0 > 0);
    match outline {
        Some((font, id)) => From::Outline(font, id),
        None => BITMAPS.bitmap(c).map_or(From::Missing, From::Bitmap),
    }
}

/// True for what is there to steer others: controls, joiners, marks of direction, selectors.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}')
}

fn scale(font: &FontVec, size: Size) -> PxScale {
    // ab_glyph's scale is the height from ascent to descent.
    PxScale::from(size.pixels() * font.height_unscaled() / font.units_per_em().unwrap_or(2048.0))
}

/// How far a character moves the pen, in pixels; 0 for a mark.
pub(super) fn advance(c: char, size: Size) -> f32 {
    match source(c) {
        From::Outline(font, id) => font.as_scaled(scale(font, size)).h_advance(id).max(0.0),
        From::Bitmap(Bitmap { mark: Some(_), .. }) | From::Nothing => 0.0,
        From::Bitmap(bitmap) => bitmap.width as f32 * size.cell() / CELL as f32,
        From::Missing => size.cell(),
    }
}

/// What a character covers where the pen stands `phase` quarters of a pixel right of a whole one.
pub(super) fn glyph(c: char, size: Size, phase: u8) -> Arc<Glyph> {
    let key = (c, size.0, phase);
    let mut kept = GLYPHS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(glyph) = kept.get(&key) {
        return Arc::clone(glyph);
    }
    let glyph = Arc::new(Glyph(match source(c) {
        From::Outline(font, id) => outline(font, id, size, phase),
        From::Bitmap(bitmap) => scaled(&bitmap, size),
        From::Nothing => None,
        From::Missing => scaled(&missing(c), size),
    }));
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(key, Arc::clone(&glyph));
    glyph
}

fn outline(font: &FontVec, id: ab_glyph::GlyphId, size: Size, phase: u8) -> Option<Coverage> {
    let place = ab_glyph::point(f32::from(phase) / 4.0, 0.0);
    let outlined = font.outline_glyph(id.with_scale_and_position(scale(font, size), place))?;
    let bounds = outlined.px_bounds();
    let (width, height) = (bounds.width() as i64, bounds.height() as i64);
    let area = Area::at(bounds.min.x as i64, bounds.min.y as i64, width, height);
    let mut bytes = vec![0; usize::try_from(area.pixels()).ok()?];
    outlined.draw(|x, y, share| {
        let at = i64::from(y) * width + i64::from(x);
        if let Some(byte) = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at)) {
            *byte = (share.clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    });
    Coverage::new(area, bytes)
}

/// A bitmap in a size: its 14th row stands on the baseline.
fn scaled(bitmap: &Bitmap, size: Size) -> Option<Coverage> {
    let unit = f64::from(size.cell()) / CELL as f64;
    let (left, top) = (f64::from(bitmap.mark.unwrap_or(0)) * unit, -14.0 * unit);
    let (right, bottom) = (left + bitmap.width as f64 * unit, 2.0 * unit);
    let edge = |v: f64| v.round() as i64;
    let area = Area {
        left: left.floor() as i64,
        top: edge(top.floor()),
        right: edge(right.ceil()),
        bottom: edge(bottom.ceil()),
    };
    resampled(&bitmap.pixels, bitmap.width, (left, top), (unit, unit), area)
}

/// Hexadecimal digits of 3 columns and 5 rows, the topmost row in the highest bits.
const DIGITS: [u16; 16] = [
    0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717, 0o75755,
    0o65656, 0o74447, 0o65556, 0o74647, 0o74644,
];

/// The box for a character that no font has: its code in two rows of digits.
fn missing(c: char) -> Bitmap {
    let mut pixels = vec![0; CELL * CELL];
    let mut dot = |x: usize, y: usize| {
        if let Some(pixel) = pixels.get_mut(y * CELL + x) {
            *pixel = 255;
        }
    };
    for n in 1..15 {
        for (x, y) in [(n, 1), (n + 1, 14), (1, n), (15, n)] {
            dot(x, y);
        }
    }
    let code = u32::from(c);
    let columns = if code > 0xFFFF { 3 } else { 2 };
    for (n, shift) in (0..2 * columns).rev().enumerate() {
        let digit = DIGITS.get((code >> (4 * shift) & 15) as usize).copied().unwrap_or(0);
        let (left, top) = (if columns == 3 { 3 } else { 5 } + n % columns * 4, 3 + n / columns * 6);
        for at in (0..15).filter(|at| digit >> (14 - at) & 1 > 0) {
            dot(left + at % 3, top + at / 3);
        }
    }
    Bitmap { pixels, width: CELL, mark: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_drawn_from_where_the_table_says() {
        let outline = |c| matches!(source(c), From::Outline(..));
        let bitmap = |c| matches!(source(c), From::Bitmap(_));
        assert!("aZ09éßŁñΩπЖщשلﻼאԱა€→½✓".chars().all(outline));
        assert!("中漢字ひらカタ한글กไअक".chars().all(bitmap));
        assert!("🐈\u{E000}\u{10FFFF}".chars().all(|c| matches!(source(c), From::Missing)));
        assert!("\u{200D}\u{FE0F}\n\t\u{202B}".chars().all(|c| matches!(source(c), From::Nothing)));
    }

    #[test]
    fn a_bitmap_at_its_own_size_is_drawn_as_it_is() {
        let glyph = glyph('中', Size::new(14.0), 0);
        let coverage = glyph.0.as_ref().unwrap();
        assert_eq!(coverage.area(), Area::at(0, -14, 16, 16));
        assert_eq!(coverage.bytes(), Unifont::unpack().bitmap('中').unwrap().pixels);
    }

    #[test]
    fn sizes_are_clamped_and_finite() {
        for size in [f32::NAN, f32::INFINITY, -3.0, 0.0, 1e9] {
            assert!(SIZES.contains(&Size::new(size).pixels()));
        }
        assert_eq!(Size::new(12.1).pixels(), 12.0);
    }

    #[test]
    fn a_missing_glyph_shows_its_code() {
        let bitmap = missing('\u{1F408}');
        let row = |y: usize| -> String {
            bitmap.pixels[y * CELL..(y + 1) * CELL].iter().map(|b| if *b > 0 { '#' } else { '.' }).collect()
        };
        // 01F above 408.
        let rows = [1, 3, 5, 7, 9, 11, 13, 14].map(row);
        assert_eq!(
            rows,
            [
                ".###############",
                ".#.###..#..###.#",
                ".#.#.#..#..##..#",
                ".#.###.###.#...#",
                ".#.#.#.###.###.#",
                ".#.###.#.#.###.#",
                ".#...#.###.###.#",
                ".###############",
            ]
        );
    }
}
