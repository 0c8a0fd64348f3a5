//! [`Line`]: a line of text, laid out once, measured and drawn.
//!
//! The invariant: all ink of a line lies within its width, its ascent and its descent, so that a plate of that
//! size holds it. Text is put in visual order by the Unicode bidirectional algorithm (the first strong letter
//! decides the line's direction), brackets are mirrored and Arabic letters joined; what each character is drawn
//! from is told in [`font`](super::font). Line breaks and tabs are drawn as spaces.

use std::sync::Arc;

use unicode_bidi::BidiInfo;

use super::arabic::joined;
use super::area::Area;
use super::canvas::{Canvas, Paint};
use super::font::{Glyph, Size, advance, glyph, is_invisible};
use crate::image::{Colour, Pixels};

/// Characters of a line that are laid out at most; the rest is not drawn.
const LONGEST: usize = 4096;

/// A line of text in a size.
///
/// ```
/// use lensframe::draw::Line;
/// use lensframe::image::{Channels, Pixels};
/// # fn main() -> lensframe::error::Result<()> {
/// let whole = Line::new("traffic light", 12.0);
/// let cut = Line::fitted("traffic light", 12.0, whole.width() - 1).unwrap();
/// assert!(cut.width() < whole.width());
/// let mut pixels = Pixels::filled((whole.height(), whole.width()), Channels::Rgb, [0; 3])?;
/// whole.draw(&mut pixels, (0, 0), [255; 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Line {
    glyphs: Vec<(Arc<Glyph>, i64)>,
    width: i64,
    ascent: i64,
    descent: i64,
}

impl Line {
    /// The line of a text at `size` pixels per em (4 to 256; what is outside is clamped).
    pub fn new(text: &str, size: f32) -> Line {
        let chars: Vec<char> = text.chars().take(LONGEST).collect();
        Line::laid(&chars, Size::new(size))
    }

    /// The longest beginning of a text that is at most `width` pixels wide, with an ellipsis where something is
    /// left out; `None` if not even the ellipsis and one character are that narrow.
    pub fn fitted(text: &str, size: f32, width: u32) -> Option<Line> {
        let whole = Line::new(text, size);
        if whole.width() <= width {
            return Some(whole);
        }
        let (size, chars) = (Size::new(size), text.chars().take(LONGEST).collect::<Vec<_>>());
        // Characters that can be a beginning: it does not end before a mark.
        let (mut fits, mut too_long) = (None, chars.len());
        let mut least = 1;
        while least < too_long {
            let middle = least.midpoint(too_long);
            let mut part = chars.get(..middle).unwrap_or_default().to_vec();
            while part.len() > 1 && part.last().is_some_and(|c| c.is_whitespace()) {
                part.pop();
            }
            part.push('…');
            let line = Line::laid(&part, size);
            if line.width() <= width {
                (fits, least) = (Some(line), middle + 1);
            } else {
                too_long = middle;
            }
        }
        fits
    }

    fn laid(chars: &[char], size: Size) -> Line {
        let clean = |c: &char| if c.is_whitespace() || c.is_control() { ' ' } else { *c };
        let text: Vec<char> = chars.iter().map(clean).collect();
        let (mut pen, mut glyphs) = (0.0_f32, Vec::with_capacity(text.len()));
        for c in visual(&joined(&text)) {
            let (whole, quarters) = (pen.floor(), ((pen - pen.floor()) * 4.0) as u8);
            glyphs.push((glyph(c, size, quarters), whole as i64));
            pen += advance(c, size);
        }
        // The room that letters take by custom, and what the ink needs beyond it.
        let mut room = Area {
            left: 0,
            top: -(size.pixels() * 0.76).ceil() as i64,
            right: pen.ceil() as i64,
            bottom: (size.pixels() * 0.22).ceil() as i64,
        };
        for (glyph, x) in &glyphs {
            if let Some(ink) = glyph.0.as_ref().map(|coverage| coverage.area()) {
                room.left = room.left.min(ink.left + x);
                room.right = room.right.max(ink.right + x);
                room.top = room.top.min(ink.top);
                room.bottom = room.bottom.max(ink.bottom);
            }
        }
        for (_, x) in &mut glyphs {
            *x -= room.left;
        }
        Line { glyphs, width: room.width(), ascent: -room.top, descent: room.bottom }
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        u32::try_from(self.width).unwrap_or(u32::MAX)
    }

    /// Rows: ascent and descent.
    pub fn height(&self) -> u32 {
        u32::try_from(self.ascent + self.descent).unwrap_or(u32::MAX)
    }

    /// Rows above the baseline.
    pub fn ascent(&self) -> u32 {
        u32::try_from(self.ascent).unwrap_or(u32::MAX)
    }

    /// Draws the line with its top left pixel at (x, y); what is outside the picture is left out.
    pub fn draw(&self, pixels: &mut Pixels, (x, y): (i64, i64), colour: Colour) {
        self.paint(&mut Canvas::new(pixels), (x, y), Paint::solid(colour));
    }

    /// As [`Line::draw`], on a canvas.
    pub(super) fn paint(&self, canvas: &mut Canvas, (x, y): (i64, i64), paint: Paint) {
        for (glyph, pen) in &self.glyphs {
            if let Some(coverage) = &glyph.0 {
                canvas.cover_at(coverage, (x + pen, y + self.ascent), paint);
            }
        }
    }
}

/// The characters from left to right.
fn visual(logical: &[char]) -> Vec<char> {
    if logical.iter().all(|c| u32::from(*c) < 0x590) {
        return logical.iter().copied().filter(|c| !is_invisible(*c)).collect();
    }
    let text: String = logical.iter().collect();
    let info = BidiInfo::new(&text, None);
    let mut out = Vec::with_capacity(logical.len());
    for paragraph in &info.paragraphs {
        let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let rtl = levels.get(run.start).is_some_and(|level| level.is_rtl());
            let part: Vec<char> = text.get(run).unwrap_or_default().chars().collect();
            if rtl {
                // A mark stays after the letter that it belongs to.
                let starts = |pair: &[char]| !pair.get(1).copied().is_some_and(is_mark);
                let mut clusters: Vec<&[char]> = part.chunk_by(|a, b| !starts(&[*a, *b])).collect();
                clusters.reverse();
                out.extend(clusters.into_iter().flatten().map(|c| mirrored(*c)));
            } else {
                out.extend(part);
            }
        }
    }
    out.retain(|c| !is_invisible(*c));
    out
}

/// True for a character that is drawn over the one before it.
fn is_mark(c: char) -> bool {
    !is_invisible(c) && c != ' ' && advance(c, Size::new(16.0)) == 0.0
}

/// The character that stands for this one in text from right to left.
fn mirrored(c: char) -> char {
    const PAIRS: [(char, char); 8] =
        [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>'), ('«', '»'), ('‹', '›'), ('≤', '≥'), ('⟨', '⟩')];
    let other = |(a, b): &(char, char)| if *a == c { Some(*b) } else { (*b == c).then_some(*a) };
    PAIRS.iter().find_map(other).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Channels;

    fn order(text: &str) -> String {
        visual(&joined(&text.chars().collect::<Vec<_>>())).into_iter().collect()
    }

    #[test]
    fn right_to_left_text_is_put_in_visual_order() {
        assert_eq!(order("אבג"), "גבא");
        assert_eq!(order("abc אבג 12"), "abc 12 גבא");
        assert_eq!(order("(אב)"), "(בא)");
        assert_eq!(order("כלב 0.95"), "0.95 בלכ");
        // Beh with a mark, then reh: the mark stays with its letter.
        assert_eq!(order("\u{0628}\u{064E}\u{0631}"), "\u{FEAE}\u{FE91}\u{064E}");
    }

    #[test]
    fn ink_stays_within_the_measures_of_the_line() {
        for text in
            ["jÅg", "ÇŽy|", "中文 한글", "שָׁלוֹם", "سيارة", "a\u{0301}\u{0327}", "🐈 x", "", "กิ่ง", "AVAVA"]
        {
            for size in [5.0, 9.5, 12.0, 14.0, 33.0] {
                let line = Line::new(text, size);
                let (height, width) = (line.height() + 20, line.width() + 20);
                let mut pixels = Pixels::filled((height, width), Channels::Rgb, [0; 3]).unwrap();
                line.draw(&mut pixels, (10, 10), [255; 3]);
                for (y, row) in pixels.rows().enumerate() {
                    for (x, value) in row.iter().enumerate().filter(|(_, v)| **v > 0) {
                        let inside = (10..height as usize - 10).contains(&y)
                            && (30..width as usize * 3 - 30).contains(&x);
                        assert!(inside, "{text} at {size}: {value} at row {y}, column {}", x / 3);
                    }
                }
            }
        }
    }

    #[test]
    fn a_fitted_line_is_as_long_as_it_may_be() {
        let text = "a very long name of a class";
        let whole = Line::new(text, 12.0);
        let mut last = 0;
        for width in 0..=whole.width() {
            let Some(line) = Line::fitted(text, 12.0, width) else { continue };
            assert!(line.width() <= width && line.glyphs.len() >= last);
            last = line.glyphs.len();
        }
        assert_eq!(last, text.len());
        assert!(Line::fitted(text, 12.0, 3).is_none() && Line::fitted("", 12.0, 0).is_some());
    }

    #[test]
    fn every_character_is_measured_and_drawn() {
        let mut pixels = Pixels::filled((24, 24), Channels::Rgb, [255; 3]).unwrap();
        for c in '\0'..=char::MAX {
            // All of the first plane, and some of the others, whose boxes differ only in their digits.
            if u32::from(c) < 0x1_0000 || u32::from(c) % 997 == 0 {
                let line = Line::laid(&[c], Size::new(11.0));
                assert!(line.width() < 80 && line.height() < 60, "{c:?}");
                line.draw(&mut pixels, (2, 2), [0; 3]);
            }
        }
    }
}
