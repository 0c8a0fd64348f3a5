//! All detections of an image in one text, as Kaggle's contests have it: how it is cut, [`Groups`].
//!
//! Six words a detection are `label confidence xmin ymin xmax ymax`; five are `confidence x y width height` of the one
//! class there is. A text of thirty words can be either: the confidences decide.

use crate::error::{Error, ErrorKind, Result};

/// How many words a detection has, as far as texts have shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Groups {
    six: bool,
    five: bool,
}

impl Default for Groups {
    fn default() -> Groups {
        Groups { six: true, five: true }
    }
}

impl Groups {
    /// Holds a text against both ways, and gives the coordinates by the way that is left, or none.
    pub(super) fn add(&mut self, text: &str, coordinates: &mut Vec<f64>) {
        coordinates.clear();
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |word: &&str| word.parse::<f64>().ok().filter(|value| value.is_finite());
        let fits = |size: usize, skip: usize| {
            words.len().is_multiple_of(size)
                && words.chunks(size).all(|group| {
                    let mut numbers = group.iter().skip(skip).map(number);
                    let score = numbers.next().flatten();
                    score.is_some_and(|score| (0.0..=1.0).contains(&score))
                        && numbers.all(|value| value.is_some())
                })
        };
        let upright = || {
            words.chunks(6).all(|group| match group {
                [_, _, rest @ ..] => match rest.iter().map(number).collect::<Vec<_>>().as_slice() {
                    [Some(left), Some(top), Some(right), Some(bottom)] => left <= right && top <= bottom,
                    _ => false,
                },
                _ => false,
            })
        };
        self.six &= fits(6, 1) && upright();
        self.five &= fits(5, 0);
        let (size, skip) = if self.six { (6, 2) } else { (5, 1) };
        coordinates.extend(words.chunks(size).flat_map(|group| group.iter().skip(skip).filter_map(number)));
    }

    /// Checks that one way is left.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] if none is.
    pub(super) fn settle(&self) -> Result<()> {
        match self.six || self.five {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Format, "a PredictionString is no list of detections")
                .remedy("write label, confidence, xmin, ymin, xmax, ymax of each, with spaces between")),
        }
    }

    /// Words a detection: 6 or 5.
    pub(super) fn size(&self) -> usize {
        if self.six { 6 } else { 5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_show_how_many_a_detection_has() {
        let of = |texts: &[&str]| {
            let mut groups = Groups::default();
            texts.iter().for_each(|text| groups.add(text, &mut Vec::new()));
            groups.settle().map(|()| groups.size())
        };
        assert_eq!(of(&["", "cat 0.9 1 2 3 4"]).unwrap(), 6);
        assert_eq!(of(&["0.9 1 2 3 4"]).unwrap(), 5);
        // Thirty words: six fives are no five sixes.
        let fives = "0.9 10 2 3 4 ".repeat(6);
        assert_eq!(of(&[&fives]).unwrap(), 5);
        assert!(of(&["cat 0.9 1 2 3"]).unwrap_err().to_string().contains("PredictionString"));
    }
}
