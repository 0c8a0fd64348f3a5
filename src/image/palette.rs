//! Colours of indices, and indices of colours: [`voc_colormap`], [`ColourTable`].
//!
//! The invariant of a [`ColourTable`]: each colour names the first index that has it. It does not guess: a
//! colour that is not in the table has no index, however near another one is.

use std::collections::HashMap;

/// Red, green and blue, 8 bits each.
pub type Colour = [u8; 3];

/// The colour of an index in the VOC devkit's colour map: in eight rounds the three lowest bits go to red,
/// green and blue, from their highest bit down.
///
/// ```
/// use lensframe::image::voc_colour;
/// assert_eq!([0, 1, 2, 15, 255].map(voc_colour), [
///     [0, 0, 0], [128, 0, 0], [0, 128, 0], [192, 128, 128], [224, 224, 192],
/// ]);
/// ```
pub const fn voc_colour(index: u8) -> Colour {
    let (mut r, mut g, mut b) = (0, 0, 0);
    let (mut rest, mut shift) = (index, 8);
    while rest > 0 && shift > 0 {
        shift -= 1;
        r |= (rest & 1) << shift;
        g |= (rest >> 1 & 1) << shift;
        b |= (rest >> 2 & 1) << shift;
        rest >>= 3;
    }
    [r, g, b]
}

/// The first `n` colours of the VOC colour map, at most 256; index 255 is the devkit's *void*, (224, 224, 192).
pub fn voc_colormap(n: usize) -> Vec<Colour> {
    (0..=u8::MAX).take(n).map(voc_colour).collect()
}

/// Which index a colour stands for.
///
/// ```
/// use lensframe::image::{ColourTable, voc_colormap};
/// let table = ColourTable::new(&voc_colormap(256));
/// assert_eq!((table.index([128, 0, 0]), table.index([129, 0, 0])), (Some(1), None));
/// ```
#[derive(Clone, Debug)]
pub struct ColourTable {
    index: HashMap<Colour, u8>,
}

impl ColourTable {
    /// The table of these colours, in the order of their indices; what is past 256 has no index.
    pub fn new(colours: &[Colour]) -> ColourTable {
        let mut index = HashMap::with_capacity(colours.len().min(256));
        for (i, colour) in (0..=u8::MAX).zip(colours) {
            index.entry(*colour).or_insert(i);
        }
        ColourTable { index }
    }

    /// The first index of a colour.
    pub fn index(&self, colour: Colour) -> Option<u8> {
        self.index.get(&colour).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_map_is_the_devkits() {
        // Hex RGB of classes 0 to 20, as published with the VOC label names.
        let hex = "000000800000008000808000000080800080008080808080400000c00000408000c08000400080c00080408080c0\
                   808000400080400000c00080c000004080";
        let text: String = voc_colormap(21).iter().flatten().map(|c| format!("{c:02x}")).collect();
        assert_eq!(text, hex);
        let all = voc_colormap(300);
        assert_eq!((all.len(), all[255]), (256, [224, 224, 192]));
        let table = ColourTable::new(&all);
        for i in 0..=255u8 {
            assert_eq!(table.index(voc_colour(i)), Some(i), "colours are distinct");
        }
    }

    #[test]
    fn a_colour_that_stands_twice_names_the_first_index() {
        let table = ColourTable::new(&[[1, 1, 1], [2, 2, 2], [1, 1, 1]]);
        assert_eq!(table.index([1, 1, 1]), Some(0));
        let long = vec![[9, 9, 9]; 256].into_iter().chain([[7, 7, 7]]).collect::<Vec<_>>();
        assert_eq!(ColourTable::new(&long).index([7, 7, 7]), None);
    }
}
