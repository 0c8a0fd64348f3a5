//! [`Ordered`]: what matching left behind, class by class, in the order of scores.

use super::kept::Outcomes;

/// A state, class by class, images in the order of their ids.
#[derive(Clone, Debug)]
pub struct Ordered<'a> {
    outcomes: &'a Outcomes,
    /// For each class its cells as (image's rank, first detection, how many).
    cells: Vec<Vec<(u32, u32, u32)>>,
    counts: Vec<Vec<u64>>,
}

/// A detection of a class: its place in the state, and its rank within its cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// The place in the state.
    pub detection: u32,
    /// 0 for the best of its image and class.
    pub rank: u32,
}

impl<'a> Ordered<'a> {
    pub(super) fn new(
        outcomes: &'a Outcomes,
        cells: Vec<Vec<(u32, u32, u32)>>,
        counts: Vec<Vec<u64>>,
    ) -> Ordered<'a> {
        Ordered { outcomes, cells, counts }
    }

    /// The state.
    pub fn outcomes(&self) -> &'a Outcomes {
        self.outcomes
    }

    /// The number of truths of a class that count, one number a range.
    pub fn truths(&self, class: usize) -> &[u64] {
        self.counts.get(class).map_or(&[], Vec::as_slice)
    }

    /// True if nothing was detected of a class.
    pub fn nothing_found(&self, class: usize) -> bool {
        self.cells.get(class).is_none_or(Vec::is_empty)
    }

    /// How many detections of a class were kept.
    pub fn found(&self, class: usize) -> usize {
        self.cells.get(class).map_or(0, |cells| cells.iter().map(|(.., found)| *found as usize).sum())
    }

    /// The detections of a class in descending scores; equal scores by image id, then by rank in the image;
    /// scores that are NaN last.
    pub fn ranked(&self, class: usize) -> Vec<Ranked> {
        let mut out = Vec::new();
        self.rank(class, &mut out);
        out
    }

    /// [`Ordered::ranked`] into a list whose room is used again.
    pub(in crate::eval) fn rank(&self, class: usize, out: &mut Vec<Ranked>) {
        let cells = self.cells.get(class).map_or(&[][..], Vec::as_slice);
        let all: Vec<Ranked> = cells
            .iter()
            .flat_map(|(_, first, found)| {
                (0..*found).map(move |rank| Ranked { detection: first + rank, rank })
            })
            .collect();
        let key =
            |place: u64| descending(all.get(place as u32 as usize).map_or(f64::NAN, |own| self.score(*own)));
        // By the upper half of the key and the place in one number: those are all different, and numbers are sorted
        // fastest. What the lower half decides is put right after.
        let mut order: Vec<u64> = (0..all.len() as u64).map(|place| key(place) >> 32 << 32 | place).collect();
        order.sort_unstable();
        for alike in order.chunk_by_mut(|a, b| a >> 32 == b >> 32).filter(|alike| alike.len() > 1) {
            alike.sort_by_key(|place| key(*place));
        }
        out.clear();
        out.extend(order.iter().filter_map(|place| all.get(*place as u32 as usize)));
    }

    /// The score of a detection.
    pub fn score(&self, ranked: Ranked) -> f64 {
        self.outcomes.scores().get(ranked.detection as usize).copied().unwrap_or(f64::NAN)
    }
}

/// A key that sorts scores from high to low, −0 with 0, NaN last.
#[inline]
pub fn descending(score: f64) -> u64 {
    if score.is_nan() {
        return u64::MAX;
    }
    let bits = (score + 0.0).to_bits(); // −0 + 0 is 0.
    let ascending = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    !ascending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_scores_from_high_to_low() {
        let scores = [f64::INFINITY, 2.0, 1.0, 1e-300, 0.0, -1e-300, -1.0, f64::NEG_INFINITY, f64::NAN];
        let keys: Vec<u64> = scores.iter().map(|score| descending(*score)).collect();
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
        assert_eq!(descending(0.0), descending(-0.0));
        assert_eq!(descending(f64::NAN), descending(-f64::NAN));
    }
}
