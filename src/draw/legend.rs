//! [`Legend`]: which colour is which class, as values and as a picture.
//!
//! The invariant of a drawn legend: it is as wide as was asked for, and every entry is in it, its name shortened
//! where it is wider than that.

use super::area::Area;
use super::canvas::{Canvas, Paint};
use super::text::Line;
use crate::error::Result;
use crate::image::{Channels, Colour, Pixels};

/// A class of a legend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The class.
    pub label: usize,
    /// Its name; its number, where it has none.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// How many pixels have it.
    pub pixels: u64,
}

/// Classes and their colours, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Legend {
    /// The classes.
    pub entries: Vec<Entry>,
}

impl Legend {
    /// The legend as a picture `width` wide, with texts of `size` pixels per em: entries side by side in as many
    /// rows as it takes, black on white.
    ///
    /// ```
    /// use lensframe::draw::{Entry, Legend};
    /// let entry = |label, name: &str| Entry { label, name: name.into(), colour: [0, 0, 200], pixels: 1 };
    /// let legend = Legend { entries: vec![entry(0, "sky"), entry(1, "a road that goes on and on")] };
    /// assert_eq!(legend.draw(200, 12.0).unwrap().width(), 200);
    /// assert!(legend.draw(60, 12.0).unwrap().height() > legend.draw(400, 12.0).unwrap().height());
    /// ```
    ///
    /// # Errors
    /// `Usage` for a width of 0.
    pub fn draw(&self, width: u32, size: f32) -> Result<Pixels> {
        let room = i64::from(width);
        let (swatch, gap) =
            (size.clamp(4.0, 256.0).round() as i64, (size.clamp(4.0, 256.0) * 0.45).ceil() as i64);
        let row = swatch + gap;
        let mut placed = Vec::with_capacity(self.entries.len());
        let (mut x, mut y) = (gap, gap);
        for entry in &self.entries {
            let most = u32::try_from(room - swatch - 3 * gap).unwrap_or(0);
            let line = Line::fitted(&entry.name, size, most);
            let wide = swatch + line.as_ref().map_or(0, |line| gap + i64::from(line.width()));
            if x > gap && x + wide + gap > room {
                (x, y) = (gap, y + row);
            }
            placed.push((x, y, line, entry.colour));
            x += wide + 2 * gap;
        }
        let height = if placed.is_empty() { 1 } else { y + row };
        let mut pixels =
            Pixels::filled((u32::try_from(height).unwrap_or(u32::MAX), width), Channels::Rgb, [255; 3])?;
        let mut canvas = Canvas::new(&mut pixels);
        for (x, y, line, colour) in placed {
            // A rim, so that a white class is seen.
            canvas.fill(Area::at(x, y, swatch, swatch), Paint::solid([90; 3]));
            canvas.fill(Area::at(x, y, swatch, swatch).grown(-1), Paint::solid(colour));
            if let Some(line) = line {
                let top = y + (swatch - i64::from(line.height())) / 2;
                line.paint(&mut canvas, (x + swatch + gap, top), Paint::solid([30, 30, 34]));
            }
        }
        Ok(pixels)
    }

    /// A picture with the legend under it.
    ///
    /// # Errors
    /// `Limit` if both together are too large.
    pub fn under(&self, picture: &Pixels, size: f32) -> Result<Pixels> {
        let legend = self.draw(picture.width(), size)?;
        let height = picture.height().saturating_add(legend.height());
        let mut out = Pixels::filled((height, picture.width()), Channels::Rgb, [255; 3])?;
        let mut canvas = Canvas::new(&mut out);
        canvas.paste(picture, 0, 0);
        canvas.paste(&legend, 0, i64::from(picture.height()));
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legend(n: usize) -> Legend {
        let entry =
            |label| Entry { label, name: format!("class {label}"), colour: [label as u8, 7, 9], pixels: 1 };
        Legend { entries: (0..n).map(entry).collect() }
    }

    #[test]
    fn every_entry_has_its_swatch_at_any_width() {
        for width in [1, 20, 90, 300, 2000] {
            let picture = legend(20).draw(width, 12.0).unwrap();
            assert_eq!(picture.width(), width);
            let has = |colour: Colour| picture.data().as_chunks::<3>().0.contains(&colour);
            assert!(width < 20 || (0..20).all(|label| has([label, 7, 9])), "{width}");
        }
        assert!(legend(3).draw(0, 12.0).is_err() && legend(0).draw(5, 12.0).is_ok());
    }

    #[test]
    fn a_picture_keeps_its_place_above_its_legend() {
        let picture = Pixels::filled((20, 100), Channels::Rgb, [77; 3]).unwrap();
        let both = legend(2).under(&picture, 12.0).unwrap();
        assert!(both.height() > 20 && both.pixel(19, 99) == [77; 3] && both.pixel(20, 99) == [255; 3]);
    }
}
