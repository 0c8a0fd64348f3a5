//! From owners of pixels to a picture.
//!
//! The picture follows the owners and never the reverse: edges and shadows are read off them, and nothing is
//! blended over an edge, so that a mask ends exactly where a colour does.

use super::canvas::{FIRST_OBJECT, Owner};
use super::scene::Scene;
use crate::error::Result;
use crate::image::{Channels, Colour, Pixels};

impl Scene {
    /// The picture, upright; gray if the file is to be.
    ///
    /// # Errors
    /// None for the sizes that are drawn.
    pub(super) fn pixels(&self) -> Result<Pixels> {
        let (height, width) = (self.canvas.height, self.canvas.width);
        let mut colours: Vec<Colour> = vec![[0; 3]; height * width];
        let shadow = (height.min(width) / 110).max(1);
        for (y, line) in colours.chunks_exact_mut(width).enumerate() {
            let owners = &self.canvas.owners[y * width..][..width];
            let mut x = 0;
            for run in owners.chunk_by(|a, b| a == b) {
                self.paint(run[0], y, x, &mut line[x..x + run.len()]);
                x += run.len();
            }
            if y >= shadow {
                self.shade(owners, &self.canvas.owners[(y - shadow) * width..][..width], shadow, line);
            }
            let above = if y == 0 { owners } else { &self.canvas.owners[(y - 1) * width..][..width] };
            edge(owners, above, line);
        }
        let pixels =
            Pixels::new((self.facts.height, self.facts.width), Channels::Rgb, colours.into_flattened())?;
        Ok(if self.facts.gray { pixels.to_gray() } else { pixels })
    }

    fn paint(&self, owner: Owner, y: usize, x: usize, line: &mut [Colour]) {
        let surface = match owner.checked_sub(FIRST_OBJECT) {
            Some(object) => self.objects.get(usize::from(object)).map(|placed| &placed.surface),
            None => self.ground.get(usize::from(owner)).map(|piece| &piece.surface),
        };
        if let Some(surface) = surface {
            surface.paint(y as i32, x as i32, line);
        }
    }

    /// What lies in front throws a shadow to the lower right.
    fn shade(&self, owners: &[Owner], upper: &[Owner], by: usize, line: &mut [Colour]) {
        for ((owner, caster), pixel) in owners.iter().skip(by).zip(upper).zip(line.iter_mut().skip(by)) {
            if *caster >= FIRST_OBJECT && caster > owner {
                *pixel = pixel.map(|c| (u16::from(c) * 11 / 16) as u8);
            }
        }
    }
}

/// The upper and left edges of objects are darker, and what is right of and below them.
fn edge(owners: &[Owner], above: &[Owner], line: &mut [Colour]) {
    let mut left = owners.first().copied().unwrap_or_default();
    for ((owner, above), pixel) in owners.iter().zip(above).zip(line) {
        if (*owner != left && left.max(*owner) >= FIRST_OBJECT)
            || (owner != above && *above.max(owner) >= FIRST_OBJECT)
        {
            *pixel = pixel.map(|c| (u16::from(c) * 5 / 8) as u8);
        }
        left = *owner;
    }
}
