//! Words on a picture that cannot be shown as it is.

use crate::draw::Line;
use crate::image::{Colour, Pixels};

const INK: Colour = [176, 28, 28];
const PLATE: Colour = [250, 244, 240];

/// Pixels per em.
const SIZE: f32 = 13.0;

/// Between the plate's edge and the words.
const MARGIN: u32 = 6;

/// The most lines; what is more is left out.
const LINES: usize = 5;

/// Writes a sentence at the foot of a picture, on a plate, in as many lines as it takes.
pub(super) fn write(pixels: &mut Pixels, text: &str) {
    let (height, width) = pixels.size();
    let Some(room) = width.checked_sub(4 * MARGIN).filter(|room| *room > 0) else { return };
    let lines = wrapped(text, room);
    let line_height = lines.first().map_or(0, Line::height);
    let (tall, wide) = (line_height * lines.len() as u32, lines.iter().map(Line::width).max().unwrap_or(0));
    let (top, left) = (height.saturating_sub(tall + 2 * MARGIN), width.saturating_sub(wide) / 2);
    let (first, last) = (left.saturating_sub(MARGIN), (left + wide + MARGIN).min(width));
    for row in top.saturating_sub(MARGIN)..(top + tall + MARGIN).min(height) {
        let plate = pixels.row_mut(row).get_mut(first as usize * 3..last as usize * 3).unwrap_or_default();
        plate.as_chunks_mut::<3>().0.fill(PLATE);
    }
    for (n, line) in (0..).zip(&lines) {
        let x = (width - line.width().min(width)) / 2;
        line.draw(pixels, (i64::from(x), i64::from(top + n * line_height)), INK);
    }
}

/// The words in lines no wider than `room`; a word that is wider is shortened.
fn wrapped(text: &str, room: u32) -> Vec<Line> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (lines.last_mut(), longer) {
            (Some(line), Some(longer)) if Line::new(&longer, SIZE).width() <= room => *line = longer,
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().take(LINES).filter_map(|line| Line::fitted(line, SIZE, room)).collect()
}
