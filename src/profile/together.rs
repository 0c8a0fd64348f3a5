//! [`Together`]: which classes are in images together.

use super::classes::Class;
use super::tally::NEXT;

/// In how many images two classes are, of each two of some classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Together {
    /// The classes, by their place in [`Profile::classes`](super::Profile::classes): those in the most images, in the
    /// order of the table.
    pub classes: Vec<usize>,
    /// Images with both, row after row; on the diagonal, images with the class.
    pub images: Vec<u64>,
}

impl Together {
    /// Counts pairs among the classes of images, of at most `most` classes.
    pub(super) fn of(classes: &[Class], known: usize, present: &[u32], most: usize) -> Together {
        let mut chosen: Vec<usize> =
            (0..known.min(classes.len())).filter(|at| classes[*at].images > 0).collect();
        chosen.sort_by_key(|at| (std::cmp::Reverse(classes[*at].images), *at));
        chosen.truncate(most);
        chosen.sort_unstable();
        let mut place = vec![None; classes.len()];
        for (at, class) in chosen.iter().enumerate() {
            place[*class] = Some(at);
        }
        let side = chosen.len();
        let mut images = vec![0; side * side];
        let mut own: Vec<usize> = Vec::new();
        for class in present {
            if *class != NEXT {
                own.extend(place.get(*class as usize).copied().flatten());
                continue;
            }
            for a in &own {
                own.iter().for_each(|b| images[a * side + b] += 1);
            }
            own.clear();
        }
        Together { classes: chosen, images }
    }

    /// Images with the classes at two places of the list.
    pub fn count(&self, a: usize, b: usize) -> u64 {
        let side = self.classes.len();
        if a >= side || b >= side { 0 } else { self.images.get(a * side + b).copied().unwrap_or(0) }
    }
}
