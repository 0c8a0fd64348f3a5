//! Segment ids that look like the colour of their class when they are shown as one.
//!
//! The first segment of a class in a picture gets its class's colour, further ones colours near it, as COCO's
//! converters give them; which ones depends on the class and their number alone. An id is never 0, which is
//! void, and never given twice in a picture.

use std::collections::HashSet;

use crate::image::{Colour, pack_id, voc_colour};
use crate::random::Random;
use crate::schema::classes::ClassTable;

/// How far from the class's colour a channel may be, at first; it grows where colours run out.
const NEAR: u64 = 30;
/// Draws before the distance grows.
const DRAWS: u64 = 64;

/// Gives out the ids of one picture.
///
/// ```
/// use lensframe::convert::panoptic::SegmentIds;
/// use lensframe::schema::classes::{Class, ClassTable};
/// let sky = Class { color: Some([10, 20, 30]), ..Class::named("sky") };
/// let mut ids = SegmentIds::new(&ClassTable::new(vec![sky]));
/// assert_eq!(ids.next(Some(0)), 10 + 20 * 256 + 30 * 65536);
/// assert_ne!(ids.next(Some(0)), ids.next(Some(0)));
/// ```
#[derive(Clone, Debug)]
pub struct SegmentIds {
    colours: Vec<Colour>,
    taken: HashSet<u32>,
    given: u64,
}

impl SegmentIds {
    /// Ids for segments of these classes. A class without a colour has that of its label in VOC's colour map.
    pub fn new(classes: &ClassTable) -> SegmentIds {
        let colour = |(label, class): (usize, &crate::schema::classes::Class)| {
            // Label 0 would be black, which is void.
            class.color.unwrap_or_else(|| voc_colour(u8::try_from(label % 255).unwrap_or(0) + 1))
        };
        SegmentIds {
            colours: classes.iter().enumerate().map(colour).collect(),
            taken: HashSet::from([0]),
            given: 0,
        }
    }

    /// An id that was not given before, for a segment of this label.
    pub fn next(&mut self, label: Option<i64>) -> u32 {
        let position = label.and_then(|label| usize::try_from(label).ok());
        let base = position.and_then(|at| self.colours.get(at)).copied().unwrap_or([128; 3]);
        self.given += 1;
        if self.taken.insert(pack_id(base)) {
            return pack_id(base);
        }
        let mut random = Random::keyed(&[self.given, u64::from(pack_id(base))]);
        // 2^24 colours and 2^28 pixels: the distance grows until all colours are near.
        for round in 0.. {
            let near = NEAR.saturating_mul(1 + round / DRAWS).min(255);
            let id = pack_id(base.map(|channel| {
                let moved = u64::from(channel) + random.below(2 * near + 1);
                u8::try_from(moved.saturating_sub(near).min(255)).unwrap_or(u8::MAX)
            }));
            if self.taken.insert(id) {
                return id;
            }
            if round > 4096 {
                break;
            }
        }
        let free = (1..1 << 24).find(|id| !self.taken.contains(id)).unwrap_or(0);
        self.taken.insert(free);
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::classes::Class;

    #[test]
    fn ids_are_distinct_near_their_colour_and_the_same_every_time() {
        let red = Class { color: Some([250, 0, 0]), ..Class::named("red") };
        let classes = ClassTable::new(vec![red, Class::named("none")]);
        let draw = || {
            let mut ids = SegmentIds::new(&classes);
            (0..500).map(|n| ids.next(Some(n % 2))).collect::<Vec<u32>>()
        };
        let ids = draw();
        assert_eq!(ids, draw());
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 500);
        assert!(!ids.contains(&0) && ids.iter().all(|id| *id < 1 << 24));
        assert_eq!((ids[0], ids[1]), (250, pack_id(voc_colour(2))));
        let near = ids.iter().step_by(2).all(|id| id & 255 >= 220 && (id >> 8) & 255 <= 30 && id >> 16 <= 30);
        assert!(near, "{ids:?}");
    }

    #[test]
    fn there_are_ids_for_a_class_far_beyond_what_is_near() {
        let mut ids = SegmentIds::new(&ClassTable::from_names(["a"]));
        let many: HashSet<u32> = (0..200_000).map(|_| ids.next(Some(0))).collect();
        assert_eq!(many.len(), 200_000);
        assert_ne!(ids.next(None), ids.next(Some(-1)));
    }
}
