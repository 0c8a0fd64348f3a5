//! One image of a state: held against what another state has of it, and taken over from there.
//!
//! Classes of the other state may have other numbers here. Both states have one grid.

use std::ops::Range;

use super::kept::Outcomes;
use crate::eval::images::ImageId;

/// A class, and where its detections on an image are.
type Found = (u32, Range<usize>);

impl Outcomes {
    /// True if matching left the same of an image here and of one there, bit by bit; `class` gives the number here of a
    /// class there.
    pub(in crate::eval) fn is_same(
        &self,
        image: usize,
        other: &Outcomes,
        of: usize,
        class: impl Fn(u32) -> u32,
    ) -> bool {
        let here = |class: u32| class;
        let (own, theirs) = (sorted(self.truths_of(image), here), sorted(other.truths_of(of), &class));
        if own != theirs {
            return false;
        }
        let (own, theirs) = (sorted(self.found_of(image), here), sorted(other.found_of(of), &class));
        let alike = |(own, theirs): (&Found, &Found)| {
            let (scores, others) = (self.scores_of(&own.1), other.scores_of(&theirs.1));
            own.0 == theirs.0
                && scores.iter().map(|s| s.to_bits()).eq(others.iter().map(|s| s.to_bits()))
                && self.bits_of(&own.1) == other.bits_of(&theirs.1)
        };
        own.len() == theirs.len() && own.iter().zip(&theirs).all(alike)
    }

    /// Begins an image with what another state has of one.
    pub(in crate::eval) fn take_image(
        &mut self,
        id: ImageId,
        other: &Outcomes,
        of: usize,
        class: impl Fn(u32) -> u32,
    ) {
        self.image(id);
        for (class, counts) in sorted(other.truths_of(of), &class) {
            self.truths(class, counts);
        }
        for (class, found) in sorted(other.found_of(of), &class) {
            self.run(class, found.len());
            self.score.extend_from_slice(other.scores_of(&found));
            self.bits.extend_from_slice(other.bits_of(&found));
        }
    }

    fn scores_of(&self, found: &Range<usize>) -> &[f64] {
        self.score.get(found.clone()).unwrap_or_default()
    }

    fn bits_of(&self, found: &Range<usize>) -> &[u8] {
        let each = 2 * self.grid.bytes();
        self.bits.get(found.start * each..found.end * each).unwrap_or_default()
    }
}

/// What there is of each class, classes under other numbers and in their order.
fn sorted<T>(of: impl Iterator<Item = (usize, T)>, class: impl Fn(u32) -> u32) -> Vec<(u32, T)> {
    let mut own: Vec<(u32, T)> = of.map(|(number, what)| (class(number as u32), what)).collect();
    own.sort_by_key(|(class, _)| *class);
    own
}

#[cfg(test)]
mod tests {
    use super::super::{Grid, Judged};
    use super::*;

    fn state(classes: [u32; 2], score: f64) -> Outcomes {
        let mut out = Outcomes::new(Grid { thresholds: 3, ranges: 2 }).unwrap();
        for id in [1, 2] {
            out.image(id.into());
            for class in classes {
                out.truths(class, &[1, 2]);
                let judged = [Judged { hit: 5, ignored: 2 }, Judged { hit: 1, ignored: 0 }];
                out.found(class, [(score, &judged[..]), (0.5, &judged[..])].into_iter());
            }
        }
        out
    }

    #[test]
    fn an_image_is_the_same_under_other_numbers_of_classes_and_not_with_another_bit() {
        let (own, other) = (state([0, 1], 0.75), state([4, 3], 0.75));
        let class = |class: u32| 4 - class;
        assert!(own.is_same(0, &other, 1, class));
        assert!(!own.is_same(0, &other, 1, |class| class));
        assert!(!own.is_same(0, &state([4, 3], 0.75 + f64::EPSILON), 1, class));
        let mut taken = Outcomes::new(own.grid()).unwrap();
        [0, 1].into_iter().for_each(|image| {
            let id = other.images()[image].clone();
            taken.take_image(id, &other, image, class);
        });
        assert_eq!(taken, own);
    }
}
